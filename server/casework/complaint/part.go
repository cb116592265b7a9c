// Package complaint has what residents report of the world outside: that they were refused
// something at a counter, and that somebody used a list that nobody has published.
//
//	filed -> answered (by a supervisor)
//	  \-- late, once its clock has run out; it stays filed, and can still be answered
//
// Whoever is refused something first learns what the law of the rulebooks says to it
// ([mingjing.AnswerRefusal]). Where no listing carries the measure, they can have that
// stated and signed: for one measure, for an hour, and never the opposite. The clock is the
// days that the bureau has to decide about its own error (Procedure.BureauDays; Shanghai
// 2017: 5 working days). The sums are public.
package complaint

import (
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The kinds of job.
const (
	JobComplaint = "complaint" // the clock of a complaint
)

// Complaints answers people who were refused something, and takes their complaints. It is
// safe for use by many goroutines.
type Complaints struct {
	city    *kernel.City
	notices *notice.Notices
}

// New returns the part.
func New(city *kernel.City, notices *notice.Notices) *Complaints {
	return &Complaints{city: city, notices: notices}
}

// Jobs returns the jobs that the part does.
func (c *Complaints) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobComplaint: c.complaintDue,
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

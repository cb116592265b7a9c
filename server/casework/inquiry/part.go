// Package inquiry has inquiries about looks.
package inquiry

import (
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The kinds of job.
const (
	JobInquiry = "inquiry" // the clock of an inquiry about a look
)

// Inquiries are the questions that residents ask about looks at their data. It is safe for use by many goroutines.
type Inquiries struct {
	city    *kernel.City
	explain func(agency string) string
	notices *notice.Notices
	cases   *cases.Cases
}

// New makes the part.
func New(city *kernel.City, explain func(agency string) string, notices *notice.Notices, cases *cases.Cases) *Inquiries {
	return &Inquiries{city: city, explain: explain, notices: notices, cases: cases}
}

// Jobs are the jobs that the part does.
func (c *Inquiries) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobInquiry: c.inquiryDue,
	}
}

// db is the part's own port on a transaction. The store has all of them.
func db(t *kernel.Tx) Port { return t.Port.(Port) }

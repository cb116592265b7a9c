// Package inquiry has the questions of residents about looks at their data.
//
//	asked -> answered (by who looked, or an officer of their agency)
//	    \        \ (the resident is not satisfied: once)
//	     \---> escalated -> answered (by a supervisor or an auditor: the end)
//	   (silence)   \-> unexplained -> answered (the look stays marked)
//	                (silence)
//
// [mingjing.Inquiry.MayFollow] is the same as a table. Both clocks are the days that
// the procedure gives an agency to answer a dispute (Procedure.AgencyDays; Shanghai
// 2017: 5 working days). Nobody answers the second time about a look of their own.
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

// A Responder answers the first time for agencies that do so without an officer, an
// hour of the law's time after the resident has asked.
type Responder interface {
	// Respond returns an agency's answer to why it looked; "" where an officer answers.
	Respond(agency string) string
}

// Inquiries are the questions that residents ask about entries of their access logs. It
// is safe for use by many goroutines.
type Inquiries struct {
	city      *kernel.City
	responder Responder
	notices   *notice.Notices
	cases     *cases.Cases
}

// New returns the part. The responder is nil where officers answer for every agency.
func New(city *kernel.City, responder Responder, notices *notice.Notices, cases *cases.Cases) *Inquiries {
	return &Inquiries{city: city, responder: responder, notices: notices, cases: cases}
}

// Jobs returns the jobs that the part does.
func (c *Inquiries) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobInquiry: c.inquiryDue,
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

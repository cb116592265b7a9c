package mingjing

import (
	"slices"
	"strings"
	"time"
)

// Limits on an inquiry about an entry of the access log.
const (
	MaxInquiriesADay   = 30   // inquiries that a resident may make
	MaxInquiryQuestion = 300  // characters of what the resident adds
	MinInquiryAnswer   = 10   // characters
	MaxInquiryAnswer   = 1000 // characters
)

// An InquiryState is the state of an inquiry.
type InquiryState string

// The states of an inquiry.
const (
	// InquiryAsked: the person who read the data, or their agency, has to answer.
	InquiryAsked InquiryState = "asked"
	// InquiryEscalated: they did not answer in time, or not so that the resident is
	// satisfied, or are not known. A supervisor or an auditor has to answer.
	InquiryEscalated InquiryState = "escalated"
	// InquiryUnexplained: nobody answered the second time either. It can still be
	// answered, and the entry stays marked.
	InquiryUnexplained InquiryState = "unexplained"
	InquiryAnswered    InquiryState = "answered"
)

// InquiryStates are all states of an inquiry, in order.
var InquiryStates = []InquiryState{InquiryAsked, InquiryEscalated, InquiryUnexplained, InquiryAnswered}

// An InquiryOutcome is the result of an answer to an inquiry.
type InquiryOutcome string

// The outcomes. The person who read the data explains why; a supervisor or an auditor
// says whether there was good reason for it.
const (
	InquiryExplained InquiryOutcome = "explained"
	InquiryFounded   InquiryOutcome = "founded"
	InquiryUnfounded InquiryOutcome = "unfounded"
)

// InquiryOutcomes are all outcomes, in order.
var InquiryOutcomes = []InquiryOutcome{InquiryExplained, InquiryFounded, InquiryUnfounded}

// InquiryFindings are the outcomes that end an inquiry, in the order in which they are
// offered.
var InquiryFindings = []InquiryOutcome{InquiryFounded, InquiryUnfounded}

// An Inquiry is a resident's question why somebody read their data. It is about one
// entry of the access log and has a deadline.
type Inquiry struct {
	ID string `json:"id"`
	// Entry is the entry of the access log that it is about.
	Entry AccessEntry `json:"look"`
	// Question is what the resident added; it may be empty.
	Question string       `json:"question,omitempty"`
	AskedAt  time.Time    `json:"asked_at"`
	State    InquiryState `json:"state"`
	// Due is when the clock that runs now ends, or the last one ended.
	Due time.Time `json:"due"`
	// Late says that the person who read the data did not answer in time; Unexplained
	// that nobody did the second time either. Both are final.
	Late        bool `json:"late,omitempty"`
	Unexplained bool `json:"unexplained,omitempty"`
	// Answers are one, or two where the first was not enough.
	Answers []InquiryAnswer `json:"answers"`
	// Satisfied is what the resident said to the first answer; nil for nothing.
	Satisfied *bool `json:"satisfied,omitempty"`
}

// An InquiryAnswer is one answer to an inquiry, by a named person.
type InquiryAnswer struct {
	Outcome InquiryOutcome `json:"outcome"`
	Text    string         `json:"text"`
	By      string         `json:"by"`
	Role    Role           `json:"role"`
	At      time.Time      `json:"at"`
}

// Ended reports whether a supervisor or an auditor has answered, after which nothing
// follows.
func (q Inquiry) Ended() bool {
	n := len(q.Answers)
	return n > 0 && q.Answers[n-1].Outcome != InquiryExplained
}

// MayFollow returns the states that can follow. It is the state machine that package
// casework draws, as a table.
func (q Inquiry) MayFollow() []InquiryState {
	switch q.State {
	case InquiryAsked:
		return []InquiryState{InquiryAnswered, InquiryEscalated}
	case InquiryEscalated:
		return []InquiryState{InquiryAnswered, InquiryUnexplained}
	case InquiryUnexplained:
		return []InquiryState{InquiryAnswered}
	case InquiryAnswered:
		if !q.Ended() && q.Satisfied == nil {
			return []InquiryState{InquiryEscalated}
		}
	}
	return nil
}

// May reports whether the state can follow.
func (q Inquiry) May(to InquiryState) bool { return slices.Contains(q.MayFollow(), to) }

// Askable reports whether the resident can ask why their data was read. Three kinds of
// entry can't be asked about: the resident's own, those of the product's own jobs,
// whose reasons are published, and those that an inquiry has caused.
func (l AccessEntry) Askable() bool {
	return (l.Role.Staff() || l.Role == RoleAgency) && !strings.HasPrefix(l.Action, "inquiry")
}

// StandingActions are the actions whose reason is published (i18n "standing.<action>"),
// so that nobody has to be asked.
var StandingActions = []string{"collect", "score", "rescore", "clock", "ask_agency", "notify", "export", "mandate", "inquiry",
	"inquiry_answer", "release_case"}

// An InquirySummary is an inquiry in the list of those who answer it. It names no
// resident.
type InquirySummary struct {
	ID    string       `json:"id"`
	State InquiryState `json:"state"`
	// Staff is the staff number of the person who read the data, Agency the code of
	// their agency; both are empty where it is not known.
	Staff   string    `json:"staff,omitempty"`
	Agency  string    `json:"agency,omitempty"`
	AskedAt time.Time `json:"asked_at"`
	Due     time.Time `json:"due"`
	Late    bool      `json:"late,omitempty"`
	// Mine says that the actor or their agency read the data.
	Mine bool `json:"mine,omitempty"`
	// Open says that the actor may read it.
	Open bool `json:"open,omitempty"`
}

// An InquiriesView is a page of the inquiries that wait for an answer, the actor's
// own first, then by clock.
type InquiriesView struct {
	Inquiries []InquirySummary `json:"inquiries"`
	// Escalated and Unexplained are how many of each there are; an agency sees its own.
	Escalated   int `json:"escalated"`
	Unexplained int `json:"unexplained"`
	// Next is the cursor of the next page, empty at the end.
	Next string `json:"next,omitempty"`
}

// An InquiryCase is an inquiry as shown to those who answer it.
type InquiryCase struct {
	Inquiry
	// Resident is who asks.
	Resident string `json:"resident"`
	// Agency is the code of the agency that read the data; empty for staff.
	Agency string `json:"agency,omitempty"`
	// CaseID is the case for which the data was read, and Item the catalogue code that
	// the case is about; both are empty outside of a case.
	CaseID string `json:"case_id,omitempty"`
	Item   string `json:"item,omitempty"`
	// Outcomes are the answers that the actor may give now; none where they only read.
	Outcomes []InquiryOutcome `json:"outcomes"`
}

package mingjing

import (
	"slices"
	"strings"
	"time"
)

// Limits on an inquiry about a look.
const (
	MaxInquiryQuestion = 300  // characters of what the resident adds
	MinInquiryAnswer   = 10   // characters
	MaxInquiryAnswer   = 1000 // characters
)

// An InquiryState is where an inquiry about a look stands.
type InquiryState string

// The states of an inquiry.
const (
	// InquiryAsked: whoever looked, or their agency, has to answer.
	InquiryAsked InquiryState = "asked"
	// InquiryEscalated: they did not answer in time, or not so that the resident is
	// satisfied, or are not known. A supervisor or an auditor has to answer.
	InquiryEscalated InquiryState = "escalated"
	// InquiryUnexplained: nobody answered the second time either. It can still be
	// answered, and the look stays marked.
	InquiryUnexplained InquiryState = "unexplained"
	InquiryAnswered    InquiryState = "answered"
)

// InquiryStates in order.
var InquiryStates = []InquiryState{InquiryAsked, InquiryEscalated, InquiryUnexplained, InquiryAnswered}

// An InquiryOutcome is what an answer to an inquiry says.
type InquiryOutcome string

// The outcomes. Whoever looked explains the look; a supervisor or an auditor says
// whether there was good reason for it.
const (
	InquiryExplained InquiryOutcome = "explained"
	InquiryFounded   InquiryOutcome = "founded"
	InquiryUnfounded InquiryOutcome = "unfounded"
)

// InquiryOutcomes in order.
var InquiryOutcomes = []InquiryOutcome{InquiryExplained, InquiryFounded, InquiryUnfounded}

// InquiryFindings are those that end an inquiry, in the order in which they are
// offered.
var InquiryFindings = []InquiryOutcome{InquiryFounded, InquiryUnfounded}

// An Inquiry is the resident's question why somebody looked at their data. It is
// about one line of the access log and answered on a clock.
type Inquiry struct {
	ID string `json:"id"`
	// Look is the line that it is about.
	Look Look `json:"look"`
	// Question is what the resident added; it may be empty.
	Question string       `json:"question,omitempty"`
	AskedAt  time.Time    `json:"asked_at"`
	State    InquiryState `json:"state"`
	// Due is when the clock that runs now ends, or the last one ended.
	Due time.Time `json:"due"`
	// Late says that whoever looked did not answer in time; Unexplained that nobody
	// did the second time either. Both stay for good.
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

// Ended says whether a supervisor or an auditor has answered: nothing follows then.
func (q Inquiry) Ended() bool {
	n := len(q.Answers)
	return n > 0 && q.Answers[n-1].Outcome != InquiryExplained
}

// MayFollow are the states that can follow: the state machine that package
// casework draws.
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

// May says whether the state can follow.
func (q Inquiry) May(to InquiryState) bool { return slices.Contains(q.MayFollow(), to) }

// Askable says whether the resident can ask why of a look: not of their own, not of
// the product's own worker, whose reasons are published, and not of looks that an
// inquiry itself has caused.
func (l Look) Askable() bool {
	return (l.Role.Staff() || l.Role == RoleAgency) && !strings.HasPrefix(l.Action, "inquiry")
}

// StandingLooks are the actions whose reason is published (i18n "standing.<action>"),
// so that nobody has to be asked.
var StandingLooks = []string{"collect", "score", "rescore", "clock", "ask_agency", "notify", "export", "mandate", "inquiry", "inquiry_answer"}

// An InquiryLine is an inquiry in the list of those who answer. No resident is in it.
type InquiryLine struct {
	ID    string       `json:"id"`
	State InquiryState `json:"state"`
	// Staff is the staff number of who looked, Agency the code of their agency; both
	// are empty where it is not known.
	Staff   string    `json:"staff,omitempty"`
	Agency  string    `json:"agency,omitempty"`
	AskedAt time.Time `json:"asked_at"`
	Due     time.Time `json:"due"`
	Late    bool      `json:"late,omitempty"`
	// Mine says that it is the actor's own look, or their agency's.
	Mine bool `json:"mine,omitempty"`
	// Open says that the actor may read it.
	Open bool `json:"open,omitempty"`
}

// An InquiriesView is a page of the inquiries that wait for an answer, the actor's
// own first, then by clock.
type InquiriesView struct {
	Inquiries []InquiryLine `json:"inquiries"`
	// Escalated and Unexplained are how many of each there are; an agency sees its own.
	Escalated   int `json:"escalated"`
	Unexplained int `json:"unexplained"`
	// Next is the cursor of the next page, empty at the end.
	Next string `json:"next,omitempty"`
}

// An InquiryCase is an inquiry as those see it who answer it.
type InquiryCase struct {
	Inquiry
	// Resident is who asks.
	Resident string `json:"resident"`
	// Agency is the code of the agency whose look it is; empty for staff.
	Agency string `json:"agency,omitempty"`
	// CaseID is the case that the look belongs to, Item the code of what that is
	// about; empty where it belongs to none.
	CaseID string `json:"case_id,omitempty"`
	Item   string `json:"item,omitempty"`
	// Outcomes are the answers that the actor may give now; none where they only read.
	Outcomes []InquiryOutcome `json:"outcomes"`
}

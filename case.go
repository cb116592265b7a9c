package mingjing

import (
	"strings"
	"time"
	"unicode"
)

// A CaseKind is the kind of a case: what is decided in it.
type CaseKind string

// The kinds of case. All are worked on in one queue, with the same clocks,
// evidence and timeline, and end in a decision by a person.
const (
	// CaseDispute: the resident objects to a record or listing.
	CaseDispute CaseKind = "dispute"
	// CaseRepair: the resident has met the condition for getting off a list early.
	CaseRepair CaseKind = "repair"
	// CaseReview: a supervisor who was not involved decides about a decision again.
	CaseReview CaseKind = "review"
	// CaseListing: an agency proposes a listing, and two people of the bureau decide.
	CaseListing CaseKind = "listing"
	// CaseMissing: the resident asks for a record that an agency has not sent.
	CaseMissing CaseKind = "missing"
)

// CaseKinds are all kinds of case, in the order in which they are offered.
var CaseKinds = []CaseKind{CaseDispute, CaseRepair, CaseMissing, CaseReview, CaseListing}

// Outcomes returns the decisions that are possible in a case of the kind, in the order
// in which they are offered.
func (k CaseKind) Outcomes() []Outcome {
	switch k {
	case CaseRepair:
		return []Outcome{OutcomeGranted, OutcomeRefused}
	case CaseListing:
		return []Outcome{OutcomeApproved, OutcomeRefused}
	case CaseMissing:
		return []Outcome{OutcomeUpheld, OutcomeRejected}
	}
	return []Outcome{OutcomeUpheld, OutcomePartly, OutcomeRejected}
}

// A DisputeReason is why a resident objects.
type DisputeReason string

// The reasons, in the order in which they are offered.
const (
	ReasonNotMe              DisputeReason = "not_me"
	ReasonWrongFacts         DisputeReason = "wrong_facts"
	ReasonNoDocument         DisputeReason = "no_document"
	ReasonAlreadyPerformed   DisputeReason = "already_performed"
	ReasonExpired            DisputeReason = "expired"
	ReasonUnpublishedMeasure DisputeReason = "unpublished_measure"
	ReasonOther              DisputeReason = "other"
)

// DisputeReasons are all reasons, in the order in which they are offered.
var DisputeReasons = []DisputeReason{ReasonNotMe, ReasonWrongFacts, ReasonNoDocument,
	ReasonAlreadyPerformed, ReasonExpired, ReasonUnpublishedMeasure, ReasonOther}

// A CaseState is the state of a case.
type CaseState string

// The states of a dispute.
const (
	CaseFiled          CaseState = "filed"
	CaseAssigned       CaseState = "assigned"
	CaseAgencyAsked    CaseState = "agency_asked"
	CaseAgencyAnswered CaseState = "agency_answered"
	// CaseAgencySilent: the agency missed its clock. What is disputed is
	// suspended, and a second notice runs.
	CaseAgencySilent CaseState = "agency_silent"
	// CaseAgencyLost: the agency missed the second notice too. What was disputed
	// is removed; the decision that is left to make can only say so.
	CaseAgencyLost CaseState = "agency_lost"
	// CaseRecommended: the first of two people has recommended a decision.
	CaseRecommended CaseState = "recommended"
	// CaseToServe: a listing was approved and has to be served on the resident.
	CaseToServe CaseState = "to_serve"
	CaseDecided CaseState = "decided"
)

// CaseStates are all states of a case, in order.
var CaseStates = []CaseState{CaseFiled, CaseAssigned, CaseAgencyAsked,
	CaseAgencyAnswered, CaseAgencySilent, CaseAgencyLost, CaseRecommended, CaseToServe, CaseDecided}

// An Outcome is the result of a decision.
type Outcome string

// The outcomes; see [CaseKind.Outcomes]. Upheld removes the record or lifts the
// listing; partly corrects the record or shortens the listing; rejected leaves it
// as it was.
const (
	OutcomeUpheld   Outcome = "upheld"
	OutcomePartly   Outcome = "partly"
	OutcomeRejected Outcome = "rejected"
	// OutcomeGranted ends a listing by repair.
	OutcomeGranted Outcome = "granted"
	// OutcomeApproved lets a proposed listing be served.
	OutcomeApproved Outcome = "approved"
	// OutcomeRefused leaves a listing as it is (repair), or ends a proposed listing
	// before it has effect.
	OutcomeRefused Outcome = "refused"
)

// Outcomes are the outcomes of all kinds of case.
var Outcomes = []Outcome{OutcomeUpheld, OutcomePartly, OutcomeRejected, OutcomeGranted, OutcomeApproved, OutcomeRefused}

// Limits on what a resident may attach to one dispute.
const (
	MaxStatement     = 2000     // characters
	MaxFurther       = 5        // statements that are added to a case
	MaxEvidence      = 10       // files a dispute
	MaxEvidenceBytes = 10 << 20 // bytes a file
)

// An EvidenceState is how far a file has come.
type EvidenceState string

// The states of a file: received and waiting for its check, checked, or refused by it.
const (
	EvidenceChecking EvidenceState = "checking"
	EvidenceChecked  EvidenceState = "checked"
	EvidenceRefused  EvidenceState = "refused"
)

// Evidence is a file attached to a dispute. Its bytes are stored apart and are only
// ever sent as an attachment.
type Evidence struct {
	ID string `json:"id"`
	// Name is a safe file name, made from what the resident's device called it.
	Name string `json:"name"`
	// Type is the media type by content: PDF, JPEG or PNG; empty until it was checked.
	Type    string    `json:"type"`
	Size    int64     `json:"size"`
	AddedAt time.Time `json:"added_at"`
	// State says whether it was checked. Only a file that was can be opened.
	State EvidenceState `json:"state,omitempty"`
	// Why is the code of the error (i18n "error.<why>") of a file that was refused; of it
	// nothing is stored.
	Why string `json:"why,omitempty"`
	// CheckedAt is when it was checked.
	CheckedAt time.Time `json:"checked_at,omitzero"`
	// HandlerOpenedAt is when a handler or supervisor first opened it, AgencyOpenedAt when
	// the agency that was asked did.
	HandlerOpenedAt time.Time `json:"handler_opened_at,omitzero"`
	AgencyOpenedAt  time.Time `json:"agency_opened_at,omitzero"`
	// Pages is how many pages a PDF has.
	Pages int `json:"pages,omitempty"`
	// Stripped says that programs and attached files were removed from a PDF.
	Stripped bool `json:"stripped,omitempty"`
	// Scanned says that a scanner has looked for malware in it.
	Scanned bool `json:"scanned,omitempty"`
	// Answer is the handler's answer to this piece; empty until decided.
	Answer string `json:"answer,omitempty"`
	// Late says that it came after the decision: it is stored, and goes into the next
	// dispute as new evidence.
	Late bool `json:"late,omitempty"`
}

// Checked reports whether the file was checked and can be opened.
func (e Evidence) Checked() bool { return e.State == EvidenceChecked || e.State == "" }

// AgencyPosition is the position that an agency takes in a dispute.
type AgencyPosition string

// The positions of an agency: it stands by the record, admits that it is wrong,
// or offers a correction.
const (
	PositionMaintained AgencyPosition = "maintained"
	PositionWithdrawn  AgencyPosition = "withdrawn"
	PositionCorrected  AgencyPosition = "corrected"
	// PositionSupplied: it holds the record that is missing, and sends its document.
	PositionSupplied AgencyPosition = "supplied"
)

// An AgencyAnswer is the agency's answer to a dispute.
type AgencyAnswer struct {
	Position AgencyPosition `json:"position"`
	Text     Text           `json:"text"`
	At       time.Time      `json:"at"`
	// Occurred is the corrected date when Position is corrected.
	Occurred Date `json:"occurred,omitempty"`
	// By is the officer who answered; empty where the agency's computer did.
	By string `json:"by,omitempty"`
	// Document is what the officer attached, which is opened like evidence.
	Document *Evidence `json:"document,omitempty"`
}

// ClockCodes are the codes of the clocks of all kinds of case.
var ClockCodes = []string{
	"mark",    // the disputed mark
	"forward", // the bureau puts the dispute to the agency
	"agency",  // the agency answers
	"second",  // a silent agency answers a second notice
	"decide",  // the bureau decides
	"check",   // a proposed listing is checked and decided
	"serve",   // an approved listing is served
	"repair",  // an application for repair is answered
	"review",  // a supervisor decides again
}

// A Clock is one deadline of a case.
type Clock struct {
	// Code names the clock (i18n "clock.<code>"), one of [ClockCodes].
	Code string    `json:"code"`
	Due  time.Time `json:"due"`
	// VeryLateAt is the time from which the clock is very late; zero for never.
	VeryLateAt time.Time `json:"very_late_at,omitzero"`
	// MetAt is when it was met; nil while it runs.
	MetAt *time.Time `json:"met_at,omitempty"`
	// Missed says that Due passed before it was met.
	Missed bool `json:"missed,omitempty"`
}

// TimelineCodes are the codes of everything that can happen in a case, or to a
// listing.
var TimelineCodes = []string{"filed", "filed_counter", "evidence_added", "evidence_late", "statement_added", "nothing_to_add", "assigned",
	"released", "agency_asked",
	"agency_answered",
	"agency_silent", "agency_lost", "extended", "escalated", "recommended", "decided",
	"proposed", "approved", "refused", "served", "in_effect", "disputed", "suspended", "resumed", "corrected",
	"repaired", "expired", "lifted", "annulled"}

// A TimelineEntry is one thing that happened in a case, or to a listing.
type TimelineEntry struct {
	At time.Time `json:"at"`
	// Code names what happened (i18n "timeline.<code>"), one of [TimelineCodes].
	Code string `json:"code"`
	Role Role   `json:"role"`
	Who  string `json:"who,omitempty"`
	// For is the resident for whom Who acted, by a [Mandate].
	For string `json:"for,omitempty"`
}

// A Decision is the end of a case, by a named person with written reasons.
type Decision struct {
	Outcome Outcome   `json:"outcome"`
	Reasons string    `json:"reasons"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	// Corrected is the new date of the record when the outcome is partly.
	Corrected Date `json:"corrected,omitempty"`
	// Opened says whether who decided had opened all evidence before: yes or no; empty where
	// there was none.
	Opened string `json:"evidence_opened,omitempty"`
	// Rule is the rule of the procedure that decided, where nobody decided in time
	// (i18n "decision_rule.<rule>"): unchecked, unserved, withdrawn. By and Reasons are empty
	// then. It only ever decides for the resident.
	Rule string `json:"rule,omitempty"`
}

// A Recommendation is the decision that the first of two people proposes.
type Recommendation struct {
	Outcome Outcome   `json:"outcome"`
	Reasons string    `json:"reasons"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// The lanes: what a resident can do after a decision.
const (
	// LaneEvidence: a new dispute with new evidence, before a fresh handler.
	LaneEvidence = "evidence"
	// LaneReview: a supervisor who was not involved decides again.
	LaneReview = "review"
	// LaneCourt: a printable file for the court.
	LaneCourt = "court"
)

// A Case is about one record or one listing, the other being nil. Its Kind says what
// it is: a dispute (the resident's objection), an application for repair, a review of
// a decision, a proposed listing, or a request for a missing record.
type Case struct {
	ID   string   `json:"id"`
	Kind CaseKind `json:"kind"`
	// Previous is the ID of the case that this one follows; empty for none.
	Previous string   `json:"previous,omitempty"`
	Record   *Record  `json:"record,omitempty"`
	Listing  *Listing `json:"listing,omitempty"`
	// Missing is what the resident asks for where the case is about a record that is not
	// held; once it is taken up, Record is it.
	Missing *MissingRecord `json:"missing,omitempty"`
	// Reason is empty but for a dispute.
	Reason    DisputeReason `json:"reason,omitempty"`
	Statement string        `json:"statement"`
	State     CaseState     `json:"state"`
	FiledAt   time.Time     `json:"filed_at"`
	Handler   string        `json:"handler,omitempty"`
	Evidence  []Evidence    `json:"evidence"`
	// Further is what was added in words since it was filed, oldest first.
	Further []FurtherStatement `json:"further,omitempty"`
	Answer  *AgencyAnswer      `json:"agency_answer,omitempty"`
	// Opened says whether the agency had opened all evidence when it answered: yes or no;
	// empty where there was none, or no answer.
	Opened   string          `json:"evidence_opened,omitempty"`
	Decision *Decision       `json:"decision,omitempty"`
	Clocks   []Clock         `json:"clocks"`
	Timeline []TimelineEntry `json:"timeline"`
	// Extended says that the case got more time for new evidence, which is possible
	// once.
	Extended bool `json:"extended,omitempty"`
	// Escalated says that a clock of the bureau was missed, and that supervisors now
	// have the case.
	Escalated bool `json:"escalated,omitempty"`
	// Recommendation is the first person's, where two decide.
	Recommendation *Recommendation `json:"recommendation,omitempty"`
	// AgencyOpened lists the evidence that the agency has opened, by whom and when.
	AgencyOpened []Opening `json:"agency_opened,omitempty"`
	// ReadyAt is when the resident said that they have nothing to add; nil until they do,
	// and again once they add something.
	ReadyAt *time.Time `json:"ready_at,omitempty"`
	// Sooner is the bureau's last instant to decide if the resident says now that they have
	// nothing to add; nil where that would not shorten its time.
	Sooner *time.Time `json:"sooner,omitempty"`
	// Changes are the scores that are better than before the case was filed, since it was
	// won; only the resident sees them.
	Changes []ScoreChange `json:"changes,omitempty"`
	// Feedback is what the resident thinks of how a decided case was dealt with, one of
	// [Feedbacks]; empty until they say so. Nobody else sees it.
	Feedback string `json:"feedback,omitempty"`
	// Lanes are the ways on that the resident may take, until LanesUntil.
	Lanes      []string `json:"lanes,omitempty"`
	LanesUntil Date     `json:"lanes_until,omitempty"`
	// ActingFor is the resident for whom the reader acts; empty for their own case.
	// ActingUntil is the last day on which they may.
	ActingFor   string `json:"acting_for,omitempty"`
	ActingUntil Date   `json:"acting_until,omitempty"`
	// Mandates are the mandates of the case; only the resident sees them.
	Mandates []Mandate `json:"mandates,omitempty"`
}

// AllOpened returns yes or no by whether all files were opened that can be and that came
// before the decision; "" where there is none. at returns when a file was opened.
func AllOpened(all []Evidence, at func(Evidence) time.Time) string {
	opened := ""
	for _, e := range all {
		switch {
		case !e.Checked() || e.Late:
		case at(e).IsZero():
			return OpenedNo
		default:
			opened = OpenedYes
		}
	}
	return opened
}

// What [AllOpened] returns.
const (
	OpenedYes = "yes"
	OpenedNo  = "no"
)

// A FurtherStatement is what the resident, or who helps them, has added in words to a case.
type FurtherStatement struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Words returns the statement and all that was added to it in words.
func (d Case) Words() string {
	all := []string{d.Statement}
	for _, f := range d.Further {
		all = append(all, f.Text)
	}
	return strings.Join(all, "\n\n")
}

// Outcomes returns the decisions that are possible in the case, in the order in which they
// are offered. A missing record is taken up or it is not, also where that is reviewed.
func (d Case) Outcomes() []Outcome {
	if d.Missing != nil {
		return CaseMissing.Outcomes()
	}
	return d.Kind.Outcomes()
}

// Positions returns what the agency may answer in the case, in the order in which that is
// offered.
func (k CaseKind) Positions() []AgencyPosition {
	if k == CaseMissing {
		return []AgencyPosition{PositionSupplied, PositionMaintained}
	}
	return []AgencyPosition{PositionMaintained, PositionCorrected, PositionWithdrawn}
}

// Agency returns the code of the agency whose record or listing the case is about.
func (d Case) Agency() string {
	if d.Record != nil {
		return d.Record.Agency
	}
	if d.Listing != nil {
		return d.Listing.Agency
	}
	if d.Missing != nil {
		return d.Missing.Agency
	}
	return ""
}

// Code returns the catalogue code of the record or listing that the case is about.
func (d Case) Code() string {
	if d.Record != nil {
		return d.Record.Code
	}
	if d.Listing != nil {
		return d.Listing.Code
	}
	if d.Missing != nil {
		return d.Missing.Code
	}
	return ""
}

// A CaseView is a case as a handler sees it, with what is needed to decide and
// nothing more about the resident.
type CaseView struct {
	Case
	// Resident is the resident's name; IDMasked the ID number, masked.
	Resident string `json:"resident"`
	IDMasked string `json:"id_masked"`
	// Handler's staff number, empty while nobody has taken it.
	HandlerID string `json:"handler_id,omitempty"`
	// Closed says that the case was not opened, since it is not the actor's: nothing of its
	// resident is in it. Who needs it all the same opens it with a reason.
	Closed bool `json:"closed,omitempty"`
	// Next is the nearest clock still running; nil when there is none.
	Next *Clock `json:"next,omitempty"`
	// Allowed are the steps that the actor may take now, some of [CaseSteps].
	Allowed []string `json:"allowed"`
	// Notes are what staff wrote for each other, oldest first.
	Notes []Note `json:"notes,omitempty"`
	// ReplyLang is the language in which the resident reads; "" where it is not known.
	ReplyLang string `json:"reply_lang,omitempty"`
	// IDNumber is the full ID number, in the answer to who asked for it with a reason
	// and nowhere else.
	IDNumber string `json:"id_number,omitempty"`
}

// What a resident can say of how their case was dealt with.
const (
	FeedbackGood = "good"
	FeedbackPoor = "poor"
)

// Feedbacks are all that can be said.
var Feedbacks = []string{FeedbackGood, FeedbackPoor}

// CaseSteps are the steps that staff may take in a case.
var CaseSteps = []string{"assign", "ask_agency", "extend", "recommend", "decide", "serve"}

// MayFollow returns the steps that are possible in a case of the kind and state,
// whoever takes them. It is the state machine that package casework draws, as a table.
func (d Case) MayFollow() []string {
	switch d.State {
	case CaseFiled:
		return []string{"assign"}
	case CaseAssigned:
		switch d.Kind {
		case CaseListing:
			return []string{"assign", "recommend"}
		case CaseReview:
			return []string{"assign", "extend", "decide"}
		}
		return []string{"assign", "ask_agency", "extend", "decide"}
	case CaseAgencyAsked, CaseAgencyAnswered, CaseAgencySilent, CaseAgencyLost:
		return []string{"assign", "extend", "decide"}
	case CaseRecommended:
		return []string{"assign", "decide"}
	case CaseToServe:
		return []string{"serve"}
	}
	return nil
}

// Words returns the number of words of a text. Text between spaces is one word, and so
// are two Chinese characters, since most Chinese words have two.
func Words(text string) int {
	words, han, within := 0, 0, false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
			within = false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if !within {
				words++
			}
			within = true
		case unicode.IsSpace(r):
			within = false
		}
	}
	return words + (han+1)/2
}

package mingjing

import "time"

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

// DisputeReasons in the order in which they are offered.
var DisputeReasons = []DisputeReason{ReasonNotMe, ReasonWrongFacts, ReasonNoDocument,
	ReasonAlreadyPerformed, ReasonExpired, ReasonUnpublishedMeasure, ReasonOther}

// A DisputeState is where a dispute stands.
type DisputeState string

// The states of a dispute.
const (
	DisputeFiled          DisputeState = "filed"
	DisputeAssigned       DisputeState = "assigned"
	DisputeAgencyAsked    DisputeState = "agency_asked"
	DisputeAgencyAnswered DisputeState = "agency_answered"
	// DisputeAgencySilent: the agency missed its clock and has lost the point.
	DisputeAgencySilent DisputeState = "agency_silent"
	DisputeDecided      DisputeState = "decided"
)

// DisputeStates in order.
var DisputeStates = []DisputeState{DisputeFiled, DisputeAssigned, DisputeAgencyAsked,
	DisputeAgencyAnswered, DisputeAgencySilent, DisputeDecided}

// An Outcome is what was decided on a dispute.
type Outcome string

// The outcomes. Upheld removes the record or lifts the listing; partly corrects
// the record; rejected leaves it as it was.
const (
	OutcomeUpheld   Outcome = "upheld"
	OutcomePartly   Outcome = "partly"
	OutcomeRejected Outcome = "rejected"
)

// Outcomes in the order in which they are offered.
var Outcomes = []Outcome{OutcomeUpheld, OutcomePartly, OutcomeRejected}

// Limits on what a resident may attach to one dispute.
const (
	MaxStatement     = 2000     // characters
	MaxEvidence      = 10       // files a dispute
	MaxEvidenceBytes = 10 << 20 // bytes a file
)

// Evidence is a file attached to a dispute. The bytes are kept elsewhere and
// served as an attachment only.
type Evidence struct {
	ID string `json:"id"`
	// Name is a safe file name, made from what the resident's device called it.
	Name string `json:"name"`
	// Type is the media type by content: PDF, JPEG or PNG.
	Type    string    `json:"type"`
	Size    int64     `json:"size"`
	AddedAt time.Time `json:"added_at"`
	// Answer is the handler's answer to this piece; empty until decided.
	Answer string `json:"answer,omitempty"`
}

// AgencyPosition is what the agency says to a dispute.
type AgencyPosition string

// The positions of an agency: it stands by the record, admits that it is wrong,
// or offers a correction.
const (
	PositionMaintained AgencyPosition = "maintained"
	PositionWithdrawn  AgencyPosition = "withdrawn"
	PositionCorrected  AgencyPosition = "corrected"
)

// An AgencyAnswer is the agency's word on a dispute.
type AgencyAnswer struct {
	Position AgencyPosition `json:"position"`
	Text     Text           `json:"text"`
	At       time.Time      `json:"at"`
	// Occurred is the corrected date when Position is corrected.
	Occurred Date `json:"occurred,omitempty"`
}

// A Clock is one deadline of a case.
type Clock struct {
	// Code names the clock (i18n "clock.<code>"): mark, forward, agency, decide.
	Code string    `json:"code"`
	Due  time.Time `json:"due"`
	// VeryLateAt is when it is not only late but very late; zero for never.
	VeryLateAt time.Time `json:"very_late_at,omitzero"`
	// MetAt is when it was met; nil while it runs.
	MetAt *time.Time `json:"met_at,omitempty"`
	// Missed says that Due passed before it was met.
	Missed bool `json:"missed,omitempty"`
}

// A TimelineEntry is one thing that happened in a case.
type TimelineEntry struct {
	At time.Time `json:"at"`
	// Code names what happened (i18n "timeline.<code>"): filed, evidence_added,
	// assigned, agency_asked, agency_answered, agency_silent, decided.
	Code string `json:"code"`
	Role Role   `json:"role"`
	Who  string `json:"who,omitempty"`
}

// A Decision is how a dispute ended: by a named person, with written reasons.
type Decision struct {
	Outcome Outcome   `json:"outcome"`
	Reasons string    `json:"reasons"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	// Corrected is the new date of the record when the outcome is partly.
	Corrected Date `json:"corrected,omitempty"`
}

// A Dispute is the resident's objection to one record or one listing, the other
// being nil.
type Dispute struct {
	ID        string          `json:"id"`
	Record    *Record         `json:"record,omitempty"`
	Listing   *Listing        `json:"listing,omitempty"`
	Reason    DisputeReason   `json:"reason"`
	Statement string          `json:"statement"`
	State     DisputeState    `json:"state"`
	FiledAt   time.Time       `json:"filed_at"`
	Handler   string          `json:"handler,omitempty"`
	Evidence  []Evidence      `json:"evidence"`
	Answer    *AgencyAnswer   `json:"agency_answer,omitempty"`
	Decision  *Decision       `json:"decision,omitempty"`
	Clocks    []Clock         `json:"clocks"`
	Timeline  []TimelineEntry `json:"timeline"`
}

// Agency is the code of the agency whose record or listing is disputed.
func (d Dispute) Agency() string {
	if d.Record != nil {
		return d.Record.Agency
	}
	if d.Listing != nil {
		return d.Listing.Agency
	}
	return ""
}

// Code is the catalogue code of what is disputed.
func (d Dispute) Code() string {
	if d.Record != nil {
		return d.Record.Code
	}
	if d.Listing != nil {
		return d.Listing.Code
	}
	return ""
}

// A Case is a dispute as a handler sees it, with what is needed to decide and
// nothing more about the resident.
type Case struct {
	Dispute
	// Resident is the resident's name; IDMasked the ID number, masked.
	Resident string `json:"resident"`
	IDMasked string `json:"id_masked"`
	// Handler's staff number, empty while nobody has taken it.
	HandlerID string `json:"handler_id,omitempty"`
	// Next is the nearest clock still running; nil when there is none.
	Next *Clock `json:"next,omitempty"`
	// Allowed are the steps that the actor may take now: assign, ask_agency, decide.
	Allowed []string `json:"allowed"`
}

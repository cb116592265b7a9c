package mingjing

import "time"

// AudienceAgency returns the audience of an agency's officers.
func AudienceAgency(code string) string { return "agency:" + code }

// AgencyPositions are all positions of an agency, in the order in which they are
// offered.
var AgencyPositions = []AgencyPosition{PositionMaintained, PositionCorrected, PositionWithdrawn}

// An Opening is the receipt for a piece of evidence that an agency has opened: who
// opened what, and when first.
type Opening struct {
	EvidenceID string    `json:"evidence_id"`
	Name       string    `json:"name"`
	Agency     string    `json:"agency"`
	Who        string    `json:"who"`
	At         time.Time `json:"at"`
}

// An AgencyKey is the key with which an agency's computer signs its batches. Its
// secret is derived and stored nowhere.
type AgencyKey struct {
	ID        string     `json:"id"`
	Agency    string     `json:"agency"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// An AgencyQuestion is a dispute as its agency sees it: it has what the agency needs
// for an answer, and nothing more about the resident.
type AgencyQuestion struct {
	ID string `json:"id"`
	// Ref is the agency's own reference of the record or listing.
	Ref   string    `json:"ref"`
	Code  string    `json:"code"`
	Kind  CaseKind  `json:"kind"`
	State CaseState `json:"state"`
	// Notice is 1, or 2 when the first was not answered in time.
	Notice int `json:"notice"`
	// Clock is the deadline that the agency has to meet.
	Clock Clock `json:"clock"`
	// The rest is set only where one question is read, which is in the resident's
	// access log.
	Resident  string        `json:"resident,omitempty"`
	Subject   string        `json:"subject,omitempty"`
	Reason    DisputeReason `json:"reason,omitempty"`
	Statement string        `json:"statement,omitempty"`
	Occurred  Date          `json:"occurred,omitempty"`
	Document  *Document     `json:"document,omitempty"`
	Evidence  []Evidence    `json:"evidence,omitempty"`
	// Opened is the receipt of what the agency has opened.
	Opened []Opening     `json:"opened,omitempty"`
	Answer *AgencyAnswer `json:"agency_answer,omitempty"`
	// Open says that the question can be answered now.
	Open bool `json:"open"`
}

// An AgencyQuestionsView is a page of an agency's open questions, the nearest clock
// first.
type AgencyQuestionsView struct {
	Questions []AgencyQuestion `json:"questions"`
	Next      string           `json:"next,omitempty"`
}

// An AgencyHolding is a record or listing that an agency has supplied, without the
// person whom it is about.
type AgencyHolding struct {
	// Kind is record or listing.
	Kind  string `json:"kind"`
	Ref   string `json:"ref"`
	Code  string `json:"code"`
	State string `json:"state"`
	// Resident is set only in a search by reference, which is in the resident's access
	// log.
	Resident string `json:"resident,omitempty"`
}

// An AgencyRecordsView is a page of what an agency has supplied, newest first.
type AgencyRecordsView struct {
	Holdings []AgencyHolding `json:"holdings"`
	// Ref is the reference that was searched for; empty for all.
	Ref  string `json:"ref,omitempty"`
	Next string `json:"next,omitempty"`
}

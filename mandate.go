package mingjing

import "time"

// A Relation is who the helper is to the resident.
type Relation string

// The relations, in the order in which they are offered.
const (
	RelationParent Relation = "parent"
	RelationChild  Relation = "child"
	RelationSpouse Relation = "spouse"
	RelationLawyer Relation = "lawyer"
	RelationOther  Relation = "other"
)

// Relations in the order in which they are offered.
var Relations = []Relation{RelationParent, RelationChild, RelationSpouse, RelationLawyer, RelationOther}

// A MandateState is where a mandate stands.
type MandateState string

// The states of a mandate. Only an accepted one lets anybody act.
const (
	MandateOffered  MandateState = "offered"
	MandateAccepted MandateState = "accepted"
	MandateDeclined MandateState = "declined"
	MandateRevoked  MandateState = "revoked"
	MandateEnded    MandateState = "ended"
)

// Open says whether the mandate can still be revoked.
func (s MandateState) Open() bool { return s == MandateOffered || s == MandateAccepted }

const (
	// MandateMonths is how long a mandate lasts at most.
	MandateMonths = 6
	// MaxMandates is how many open mandates one case has at most.
	MaxMandates = 3
)

// A Mandate is the resident's word that another resident may act for them in one
// case, and in what goes on from it, until a date.
type Mandate struct {
	ID     string `json:"id"`
	CaseID string `json:"case_id"`
	// Helper is the helper's ID number as the resident gave it, masked. Whether
	// anybody is enrolled under it is not told.
	Helper string `json:"helper"`
	// Name is the helper's, from when they accept; before, nobody is told it.
	Name string `json:"name,omitempty"`
	// Resident is the name of whom the helper acts for.
	Resident string    `json:"resident,omitempty"`
	Relation Relation  `json:"relation"`
	From     time.Time `json:"from"`
	// Until is the last day.
	Until Date         `json:"until"`
	State MandateState `json:"state"`
}

// A MandatesView is the cases that the reader helps with, or is asked to help
// with, newest first.
type MandatesView struct {
	Mandates []Mandate `json:"mandates"`
}

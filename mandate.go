package mingjing

import "time"

// A Relation is what the helper is to the resident, such as a parent or a lawyer.
type Relation string

// The relations, in the order in which they are offered.
const (
	RelationParent Relation = "parent"
	RelationChild  Relation = "child"
	RelationSpouse Relation = "spouse"
	RelationLawyer Relation = "lawyer"
	RelationOther  Relation = "other"
)

// Relations are all relations, in the order in which they are offered.
var Relations = []Relation{RelationParent, RelationChild, RelationSpouse, RelationLawyer, RelationOther}

// A MandateState is the state of a mandate.
type MandateState string

// The states of a mandate. Only an accepted one lets anybody act.
const (
	MandateOffered  MandateState = "offered"
	MandateAccepted MandateState = "accepted"
	MandateDeclined MandateState = "declined"
	MandateRevoked  MandateState = "revoked"
	MandateEnded    MandateState = "ended"
)

// Open reports whether the mandate can still be revoked.
func (s MandateState) Open() bool { return s == MandateOffered || s == MandateAccepted }

const (
	// MandateMonths is how long a mandate lasts at most.
	MandateMonths = 6
	// MaxMandates is how many open mandates one case has at most.
	MaxMandates = 3
	// MaxOffersADay is how many mandates a resident may offer in a day.
	MaxOffersADay = 10
)

// A Mandate is a resident's permission for another resident to act for them in one
// case, and in the cases that follow it, until a date.
type Mandate struct {
	ID     string `json:"id"`
	CaseID string `json:"case_id"`
	// Helper is the helper's ID number as the resident gave it, masked. Whether
	// anybody is enrolled under it is not told.
	Helper string `json:"helper"`
	// Name is the helper's name, empty until they accept.
	Name string `json:"name,omitempty"`
	// Resident is the name of whom the helper acts for.
	Resident string    `json:"resident,omitempty"`
	Relation Relation  `json:"relation"`
	From     time.Time `json:"from"`
	// Until is the last day.
	Until Date         `json:"until"`
	State MandateState `json:"state"`
}

// A MandatesView shows the cases in which the reader helps, or is asked to help,
// newest first.
type MandatesView struct {
	Mandates []Mandate `json:"mandates"`
}

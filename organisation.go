package mingjing

import "time"

// A RepresentativeState is the state of a mandate to act for an organisation.
type RepresentativeState string

// The states: only one that is acting lets anybody act.
const (
	RepresentativeProposed RepresentativeState = "proposed"
	RepresentativeActing   RepresentativeState = "acting"
	RepresentativeEnded    RepresentativeState = "ended"
)

// A Representative is somebody who acts for an organisation, as staff see them.
type Representative struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	IDMasked string `json:"id_masked"`
	// Source names the extract of the business register.
	Source      string              `json:"source"`
	State       RepresentativeState `json:"state"`
	At          time.Time           `json:"at"`
	ProposedBy  string              `json:"proposed_by"`
	ConfirmedBy string              `json:"confirmed_by,omitempty"`
	// Confirm says that the actor may confirm it: a second person.
	Confirm bool `json:"confirm"`
}

// An OrganisationView is an organisation as staff see it; Name is empty where it is not
// registered.
type OrganisationView struct {
	Code OrganisationCode `json:"code"`
	Name string           `json:"name"`
	// Doubtful warns that the check character is another one than the standard says.
	Doubtful        bool             `json:"doubtful"`
	Representatives []Representative `json:"representatives,omitempty"`
}

// An Organisation is one for which a resident acts.
type Organisation struct {
	ID    string           `json:"id"`
	Name  string           `json:"name"`
	Code  OrganisationCode `json:"code"`
	Since time.Time        `json:"since"`
}

// An OrganisationsView is the organisations for which a resident acts.
type OrganisationsView struct {
	Organisations []Organisation `json:"organisations"`
	// ActingFor is the id of the one whose area is open; "" for one's own.
	ActingFor string `json:"acting_for,omitempty"`
}

// An OrganisationPublic is what the law publishes of an organisation.
type OrganisationPublic struct {
	// Code is that which was looked up; "" for none. Name is "" where none is registered by it.
	Code     OrganisationCode `json:"code"`
	Name     string           `json:"name"`
	Doubtful bool             `json:"doubtful"`
	// Listings are those in effect.
	Listings []PublicListing `json:"listings"`
}

// A PublicListing is a listing in effect as anybody may see it.
type PublicListing struct {
	Code       string `json:"code"`
	Agency     string `json:"agency"`
	LegalBasis Text   `json:"legal_basis"`
	From       Date   `json:"from"`
	Ends       Date   `json:"ends"`
	Exit       Text   `json:"exit"`
}

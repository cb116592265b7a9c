package mingjing

// A ListKind tells a blacklist (失信名单) from a redlist (守信名单).
type ListKind string

// The kinds of list.
const (
	Blacklist ListKind = "blacklist"
	Redlist   ListKind = "redlist"
)

// A ListingState is where a listing is in its life.
type ListingState string

// The states of a listing. Only ListingInEffect has effect.
const (
	// ListingUnserved: the resident was given no notice, so it has no effect.
	ListingUnserved ListingState = "unserved"
	ListingInEffect ListingState = "in_effect"
	ListingDisputed ListingState = "disputed"
	// ListingSuspended: the agency missed its clock.
	ListingSuspended ListingState = "suspended"
	ListingLifted    ListingState = "lifted"
)

// A Measure is one thing that a listing does to the resident's life, or for it.
type Measure struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
	// LegalBasis is the published text that allows the measure.
	LegalBasis Text `json:"legal_basis"`
}

// A Listing is presence on a list, with measures, a term and a way off.
type Listing struct {
	ID   string   `json:"id"`
	Kind ListKind `json:"kind"`
	// Code is the catalogue code of the rulebook.
	Code string `json:"code"`
	// Agency is the code of the authority that listed.
	Agency     string    `json:"agency"`
	Subject    string    `json:"subject,omitempty"`
	Ground     Text      `json:"ground"`
	LegalBasis Text      `json:"legal_basis"`
	Measures   []Measure `json:"measures"`
	Document   Document  `json:"document"`
	// NoticeOn is the day on which notice was served; "" means that none was,
	// and that the listing has no effect.
	NoticeOn Date `json:"notice_on,omitempty"`
	// From and Ends are the first day of effect and the first day without it.
	From Date `json:"from"`
	Ends Date `json:"ends"`
	// Exit says how to get off sooner.
	Exit      Text         `json:"exit"`
	State     ListingState `json:"state"`
	DisputeID string       `json:"dispute_id,omitempty"`
}

// Effective says whether the listing has effect on the day: served, in effect,
// undisputed and within its term.
func (l Listing) Effective(on Date) bool {
	return l.State == ListingInEffect && l.NoticeOn != "" && l.NoticeOn <= on &&
		l.From <= on && l.Ends != "" && on < l.Ends
}

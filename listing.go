package mingjing

import "time"

// A ListKind is the kind of a list: a blacklist (失信名单) or a redlist (守信名单).
type ListKind string

// The kinds of list.
const (
	Blacklist ListKind = "blacklist"
	Redlist   ListKind = "redlist"
)

// A ListingState is the state of a listing.
type ListingState string

// The states of a listing. Only ListingInEffect has effect. Package casework draws
// how one follows from another.
const (
	// ListingProposed: an agency has proposed it, and nobody has decided.
	ListingProposed ListingState = "proposed"
	// ListingRefused: it was not approved and never had effect.
	ListingRefused ListingState = "refused"
	// ListingDecided: it was approved and has to be served.
	ListingDecided ListingState = "decided"
	// ListingServed: the resident has the notice, and may answer until AnswerBy.
	ListingServed ListingState = "served"
	// ListingUnserved: an authority lists without ever having given notice.
	ListingUnserved ListingState = "unserved"
	ListingInEffect ListingState = "in_effect"
	ListingDisputed ListingState = "disputed"
	// ListingSuspended: the agency or the bureau missed a clock.
	ListingSuspended ListingState = "suspended"
	// ListingRepaired: the resident met the condition and got off early.
	ListingRepaired ListingState = "repaired"
	// ListingExpired: its term is over.
	ListingExpired ListingState = "expired"
	// ListingLifted: a dispute was upheld, or the authority gave it up.
	ListingLifted ListingState = "lifted"
	// ListingAnnulled: it had no basis, or was not served in time; it counts as never
	// made.
	ListingAnnulled ListingState = "annulled"
)

// ListingStates are all states of a listing, in the order of its life.
var ListingStates = []ListingState{ListingProposed, ListingRefused, ListingDecided, ListingServed, ListingUnserved,
	ListingInEffect, ListingDisputed, ListingSuspended, ListingRepaired, ListingExpired, ListingLifted, ListingAnnulled}

// Over reports whether the state is final.
func (s ListingState) Over() bool {
	switch s {
	case ListingRefused, ListingRepaired, ListingExpired, ListingLifted, ListingAnnulled:
		return true
	}
	return false
}

// The ways in which a listing is served.
const (
	// ServedInApp: the resident has confirmed in the app that they have the notice.
	ServedInApp = "app"
	// ServedByPost: by registered mail, on the receipt's day.
	ServedByPost = "post"
	// ServedInPerson: handed over against a signature.
	ServedInPerson = "in_person"
	// ServedByAgency: by the authority itself, before the listing was taken over.
	ServedByAgency = "agency"
)

// A Measure is one effect of a listing on the resident's life: a restriction or a
// benefit.
type Measure struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
	// LegalBasis is the published text that allows the measure.
	LegalBasis Text `json:"legal_basis"`
}

// A Listing is an entry of a resident on a list, with measures, a term, and a
// condition for getting off.
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
	// Exit is the condition for getting off the list before the term ends.
	Exit      Text         `json:"exit"`
	State     ListingState `json:"state"`
	DisputeID string       `json:"dispute_id,omitempty"`
	// Tier is how grave its ground is: a code of the procedure's tiers.
	Tier string `json:"tier,omitempty"`
	// TermMonths is how long it lasts from the day on which it takes effect.
	TermMonths int `json:"term_months,omitempty"`
	// CaseID is the case in which it was decided; empty for one that was taken over
	// from the authority.
	CaseID string `json:"case_id,omitempty"`
	// Served is how it was served; empty until then.
	Served string `json:"served,omitempty"`
	// AnswerBy is the end of the answer period; nil until it was served.
	AnswerBy *time.Time `json:"answer_by,omitempty"`
	// RepairFrom is the first day on which repair can be applied for; "" for never.
	RepairFrom Date `json:"repair_from,omitempty"`
	// Statement is the resident's own statement, which stays on file beside the
	// listing.
	Statement string `json:"statement,omitempty"`
	// Shown says that the resident wishes a redlisting to be shown.
	Shown bool `json:"shown,omitempty"`
	// Life is what has happened to it, oldest first.
	Life []TimelineEntry `json:"life,omitempty"`
}

// Pending reports whether the listing was decided in a case here and has not taken
// effect.
func (l Listing) Pending() bool { return l.CaseID != "" && l.From == "" }

// Waits reports whether the resident still has to confirm the notice of the listing,
// or may still answer it until AnswerBy.
func (l Listing) Waits(now time.Time) bool {
	return l.State == ListingDecided || l.State == ListingServed && l.AnswerBy != nil && l.AnswerBy.After(now)
}

// A ListingDate is one date of a listing: an instant, or else a whole day.
type ListingDate struct {
	// Name is answer, from or ends.
	Name string
	At   time.Time
	Day  Date
}

// Coming returns the dates of the listing that are still to come; none once the
// listing has ended.
func (l Listing) Coming(now time.Time, today Date) []ListingDate {
	var dates []ListingDate
	if l.State.Over() {
		return nil
	}
	if l.AnswerBy != nil && l.AnswerBy.After(now) {
		dates = append(dates, ListingDate{Name: "answer", At: *l.AnswerBy})
	}
	if l.From >= today {
		dates = append(dates, ListingDate{Name: "from", Day: l.From})
	}
	if l.Ends >= today {
		dates = append(dates, ListingDate{Name: "ends", Day: l.Ends})
	}
	return dates
}

// Effective reports whether the listing has effect on the day: it is in effect, its
// notice was served, it is undisputed and within its term.
func (l Listing) Effective(on Date) bool {
	return l.State == ListingInEffect && l.NoticeOn != "" && l.NoticeOn <= on &&
		l.From <= on && l.Ends != "" && on < l.Ends
}

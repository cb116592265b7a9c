package mingjing

import (
	"cmp"
	"slices"
	"time"
)

// An Input is everything that a score is made from, besides the rulebook.
type Input struct {
	Records  []Record  `json:"records"`
	Listings []Listing `json:"listings"`
	// Missing are the codes of the agencies that had not answered; none of them
	// counts against the resident.
	Missing []string `json:"missing"`
	// AsOf is the day of the score in the rulebook's zone.
	AsOf Date `json:"as_of"`
}

// A Score is a value with its band and its explanation, made by one version of a
// rulebook. The value is the sum of the points of the explanation.
type Score struct {
	ID       string      `json:"id,omitempty"`
	Rulebook RulebookRef `json:"rulebook"`
	Value    int         `json:"value"`
	Band     string      `json:"band"`
	AsOf     Date        `json:"as_of"`
	// Explanation adds up to Value: it starts with the base.
	Explanation []Contribution `json:"explanation"`
	// NotCounted are the records and listings that do not count, each with why.
	NotCounted []NotCounted `json:"not_counted"`
	Missing    []string     `json:"missing"`
	// Cause is why it was made (i18n "cause.<cause>"), one of [Causes].
	Cause string    `json:"cause,omitempty"`
	At    time.Time `json:"at,omitzero"`
}

// Causes are the reasons for which a score is made.
var Causes = []string{"request", "dispute_filed", "dispute_decided", "agency_silent", "agency_lost", "repair_decided",
	"listing_in_effect", "listing_ended", "record_changed", "expiry", "new_version"}

// The kinds of contribution.
const (
	ContributionBase    = "base"
	ContributionRecord  = "record"
	ContributionListing = "listing"
	// ContributionCap has no points; the band can't be better than Cap.
	ContributionCap = "cap"
	// ContributionCriterion is what a criterion's table gives.
	ContributionCriterion = "criterion"
	// ContributionFactor is the weighted part of a factor.
	ContributionFactor = "factor"
	// ContributionBound brings the sum back between Min and Max of the rulebook.
	ContributionBound = "bound"
)

// A Contribution is one step of the explanation.
type Contribution struct {
	Kind string `json:"kind"`
	// RecordID or ListingID name what contributes; both are empty for base and bound.
	RecordID  string `json:"record_id,omitempty"`
	ListingID string `json:"listing_id,omitempty"`
	// Rule is the catalogue code, or that of the criterion or the factor.
	Rule   string `json:"rule,omitempty"`
	Points int    `json:"points"`
	// Factor is the factor in which it counts: its own points are then Raw, and the factor's
	// line has those of the value. The Raw of a factor's line is their sum within its bounds.
	Factor string `json:"factor,omitempty"`
	Raw    int    `json:"raw,omitempty"`
	// Tabled says that a criterion looks at it.
	Tabled bool `json:"tabled,omitempty"`
	// Count is what a criterion has counted: records, or months.
	Count int    `json:"count,omitempty"`
	Cap   string `json:"cap,omitempty"`
	// Ends is the first day on which it no longer counts.
	Ends Date `json:"ends,omitempty"`
}

// NotCounted is a record or listing that does not count, with the reason.
type NotCounted struct {
	RecordID  string `json:"record_id,omitempty"`
	ListingID string `json:"listing_id,omitempty"`
	Rule      string `json:"rule"`
	// Why is a code (i18n "not_counted.<why>"): disputed, suspended, removed,
	// lifted, expired, pending, not_yet, unserved, no_document, wrong_document,
	// not_in_catalogue, not_from_agency, no_rule.
	Why string `json:"why"`
}

// The reasons for which a record or listing does not count.
const (
	WhyDisputed  = "disputed"
	WhySuspended = "suspended"
	WhyRemoved   = "removed"
	WhyLifted    = "lifted"
	WhyExpired   = "expired"
	// WhyPending: it was not decided or not served, or the answer period runs.
	WhyPending = "pending"
	// WhyNotYet: it is dated after the day of the score.
	WhyNotYet = "not_yet"
	// WhyUnserved: no notice of the listing was served by the day of the score.
	WhyUnserved = "unserved"
	// WhyNoDocument: the document is incomplete, or leaves out the day on which it
	// happened or, of a listing, the term.
	WhyNoDocument = "no_document"
	// WhyWrongDocument: the item requires another kind of document.
	WhyWrongDocument = "wrong_document"
	// WhyNotInCatalogue: the catalogue has no such item, or not of this kind.
	WhyNotInCatalogue = "not_in_catalogue"
	// WhyNotFromAgency: the agency may not supply the item.
	WhyNotFromAgency = "not_from_agency"
	// WhyNoRule: the item is shown and never counts.
	WhyNoRule = "no_rule"
)

// Whys are all reasons for which a record or listing does not count.
var Whys = []string{WhyDisputed, WhySuspended, WhyRemoved, WhyLifted, WhyExpired, WhyPending, WhyNotYet,
	WhyUnserved, WhyNoDocument, WhyWrongDocument, WhyNotInCatalogue, WhyNotFromAgency, WhyNoRule}

// A Change is a day on which the score will change if nothing new happens.
type Change struct {
	On    Date   `json:"on"`
	Value int    `json:"value"`
	Band  string `json:"band"`
	// Rules are the catalogue codes that stop counting on that day.
	Rules []string `json:"rules"`
	// Starts are the catalogue codes that begin to count on that day, such as a
	// listing that was served and has effect from then on.
	Starts []string `json:"starts,omitempty"`
}

// MaxOutlook is the greatest number of days that [Outlook] returns at most; on each of them
// something begins or ends.
const MaxOutlook = 200

// MakeScore makes a score of a rulebook, records and listings. It is a pure function
// and does not depend on the order of the input, so that whoever has the rulebook and
// the records gets the same result. It sets everything but ID, Cause and At.
//
// A record counts when its state is active or corrected, its agency may supply
// its item, a complete document of a required kind stands behind it, and AsOf is
// within its time. A listing counts when besides it is of the item's kind and
// [Listing.Effective]; one that is [Listing.Pending] is no part of the score. What does not count is in NotCounted with the first reason
// that applies. With an empty AsOf nothing counts.
//
// The explanation is the base, then what adds points by day and id, then what criteria and
// factors make of it, then the caps, then the bound. The slices of the result are never nil.
func MakeScore(book *Rulebook, in Input) Score {
	return NewScorer(book).score(in)
}

func (s *Scorer) score(in Input) Score {
	return s.Explain(AppendFacts(make([]Fact, 0, len(in.Records)+len(in.Listings)), in), in.Missing, in.AsOf)
}

// A step is the contribution of one record or listing on one day, or the reason why it
// makes none.
type step struct {
	Contribution
	on  Date
	why string
}

func recordStateWhy(s RecordState) string {
	switch s {
	case RecordActive, RecordCorrected:
		return ""
	case RecordDisputed:
		return WhyDisputed
	case RecordRemoved:
		return WhyRemoved
	default: // an unknown state must not count against anyone
		return WhySuspended
	}
}

func listingStateWhy(s ListingState) string {
	switch s {
	case ListingInEffect:
		return ""
	case ListingUnserved:
		return WhyUnserved
	case ListingDisputed:
		return WhyDisputed
	case ListingLifted, ListingRepaired:
		return WhyLifted
	case ListingAnnulled, ListingRefused:
		return WhyRemoved
	case ListingExpired:
		return WhyExpired
	case ListingProposed, ListingDecided, ListingServed:
		return WhyPending
	default:
		return WhySuspended
	}
}

// Ends returns the first day on which a record of the item no longer counts, if it
// happened on the day occurred; "" when occurred is no date.
func Ends(item Item, occurred Date) Date {
	ends := occurred.AddMonths(item.CountsMonths)
	if len(ends) > len(time.DateOnly) { // five-digit years do not compare as strings
		return "9999-12-31"
	}
	return ends
}

// listingEnds returns the first day on which the listing no longer counts: its own end
// or that of the item, whichever is sooner; "" when either is not known.
func listingEnds(item *Item, l *Listing) Date {
	ends := Ends(*item, l.From)
	if ends == "" || !l.Ends.valid() {
		return ""
	}
	return min(ends, l.Ends)
}

func (d Date) valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

func bandIndex(book *Rulebook, code string) int {
	return max(0, slices.IndexFunc(book.Bands, func(b Band) bool { return b.Code == code }))
}

// compareSteps compares two steps by everything that a step shows, so that steps which
// compare as equal can't be told apart.
func compareSteps(a, b step) int {
	aCap, bCap := a.Kind == ContributionCap, b.Kind == ContributionCap
	if aCap != bCap {
		if aCap {
			return 1
		}
		return -1
	}
	if n := cmp.Compare(a.on, b.on); n != 0 {
		return n
	}
	if n := cmp.Compare(a.RecordID+a.ListingID, b.RecordID+b.ListingID); n != 0 {
		return n
	}
	return cmp.Or( // reached only when two have one day and one id
		cmp.Compare(a.RecordID, b.RecordID),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.why, b.why),
		cmp.Compare(a.Points, b.Points),
		cmp.Compare(a.Cap, b.Cap),
		cmp.Compare(a.Ends, b.Ends),
	)
}

func sortedCodes(codes []string) []string {
	sorted := append([]string{}, codes...)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// Outlook returns the days after AsOf on which the value or the band will change if
// nothing new happens, earliest first: what counts today ends, and what was served or
// dated ahead begins. It considers the next [MaxOutlook] such days.
func Outlook(book *Rulebook, in Input) []Change {
	changes := []Change{}
	scorer := NewScorer(book)
	before := scorer.score(in)
	for _, day := range turningDays(book, in) {
		in.AsOf = day
		after := scorer.score(in)
		if after.Value != before.Value || after.Band != before.Band {
			changes = append(changes, Change{
				On:     day,
				Value:  after.Value,
				Band:   after.Band,
				Rules:  rulesOnlyIn(before, after),
				Starts: rulesOnlyIn(after, before),
			})
		}
		before = after
	}
	return changes
}

// turningDays returns the days after AsOf on which something begins or ends.
func turningDays(book *Rulebook, in Input) []Date {
	var days []Date
	add := func(d Date) {
		if d.valid() && d > in.AsOf {
			days = append(days, d)
		}
	}
	for i := range in.Records {
		r := &in.Records[i]
		if item := book.item(r.Code); item != nil && recordStateWhy(r.State) == "" {
			add(r.Occurred)
			add(Ends(*item, r.Occurred))
			for _, d := range tableDays(book, item.Code, r.Occurred) {
				add(d)
			}
		}
	}
	for i := range in.Listings {
		l := &in.Listings[i]
		if item := book.item(l.Code); item != nil && listingStateWhy(l.State) == "" {
			add(l.NoticeOn)
			add(l.From)
			add(listingEnds(item, l))
			for _, d := range tableDays(book, item.Code, l.From) {
				add(d)
			}
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	return days[:min(len(days), MaxOutlook)]
}

// tableDays returns the days on which something of an item that happened on a day leaves a
// criterion, or reaches another row of its table.
func tableDays(book *Rulebook, code string, from Date) (days []Date) {
	for i := range book.Criteria {
		c := &book.Criteria[i]
		if !slices.Contains(c.Items, code) {
			continue
		}
		if c.Months > 0 {
			days = append(days, from.AddMonths(c.Months))
		}
		for _, row := range c.Table {
			if c.Kind != CriterionCount && row.From > 0 {
				days = append(days, from.AddMonths(row.From))
			}
		}
	}
	return days
}

// rulesOnlyIn returns the codes of what counts in a and not in b, sorted.
func rulesOnlyIn(a, b Score) []string {
	counted := map[Contribution]int{}
	for _, c := range b.Explanation {
		counted[c]++
	}
	var rules []string
	for _, c := range a.Explanation {
		if counted[c]--; counted[c] < 0 && c.Rule != "" {
			rules = append(rules, c.Rule)
		}
	}
	return sortedCodes(rules)
}

// EffectOfRecord returns the effect of the record on the score on the day, with its
// legal basis and end when the catalogue has it. What does not count has a Why and
// neither points nor cap.
func EffectOfRecord(book *Rulebook, r Record, asOf Date) Effect {
	return effect(book, FactOf(&r), asOf)
}

// EffectOfListing returns the effect of the listing on the score on the day; see
// [EffectOfRecord].
func EffectOfListing(book *Rulebook, l Listing, asOf Date) Effect {
	return effect(book, FactOfListing(&l), asOf)
}

// effect returns the effect of one fact: by a rulebook that has no more than its item and its
// agency, since a scorer of a whole one takes time to make.
func effect(book *Rulebook, f Fact, asOf Date) Effect {
	one := *book
	one.Catalogue, one.Agencies = nil, nil
	if item := book.item(f.Code); item != nil {
		one.Catalogue = []Item{*item}
	}
	if a := book.agency(f.Agency); a != nil {
		one.Agencies = []Agency{*a}
	}
	s := NewScorer(&one)
	v := s.judge(&f, dayOf(asOf))
	st := s.step(&f, v)
	e := Effect{Rulebook: s.book.ID, Points: st.Points + st.Raw, Cap: st.Cap, Why: st.why, Ends: st.Ends}
	if v.item >= 0 {
		e.LegalBasis = s.items[v.item].LegalBasis
	}
	return e
}

// Same reports whether two scores agree in everything that is computed: rulebook,
// value, band, day, explanation, what was not counted and what was missing.
func Same(a, b Score) bool {
	return a.Rulebook == b.Rulebook && a.Value == b.Value && a.Band == b.Band && a.AsOf == b.AsOf &&
		slices.Equal(a.Explanation, b.Explanation) &&
		slices.Equal(a.NotCounted, b.NotCounted) &&
		slices.Equal(a.Missing, b.Missing)
}

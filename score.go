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
	// ContributionBound brings the sum back between Min and Max of the rulebook.
	ContributionBound = "bound"
)

// A Contribution is one step of the explanation.
type Contribution struct {
	Kind string `json:"kind"`
	// RecordID or ListingID name what contributes; both are empty for base and bound.
	RecordID  string `json:"record_id,omitempty"`
	ListingID string `json:"listing_id,omitempty"`
	// Rule is the catalogue code.
	Rule   string `json:"rule,omitempty"`
	Points int    `json:"points"`
	Cap    string `json:"cap,omitempty"`
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
// The explanation is the base, then what adds points by day and id, then the
// caps, then the bound. The slices of the result are never nil.
func MakeScore(book *Rulebook, in Input) Score {
	n := len(in.Records) + len(in.Listings)
	steps := make([]step, 0, n)
	for i := range in.Records {
		steps = append(steps, recordStep(book, &in.Records[i], in.AsOf))
	}
	for i := range in.Listings {
		if in.Listings[i].Pending() {
			continue
		}
		steps = append(steps, listingStep(book, &in.Listings[i], in.AsOf))
	}
	slices.SortFunc(steps, compareSteps)

	s := Score{
		Rulebook:    book.Ref(),
		Value:       book.Base,
		AsOf:        in.AsOf,
		Explanation: make([]Contribution, 1, n+2),
		NotCounted:  []NotCounted{},
		Missing:     sortedCodes(in.Missing),
	}
	s.Explanation[0] = Contribution{Kind: ContributionBase, Points: book.Base}
	band := 0
	for i := range steps {
		st := &steps[i]
		if st.why != "" {
			s.NotCounted = append(s.NotCounted, NotCounted{
				RecordID: st.RecordID, ListingID: st.ListingID, Rule: st.Rule, Why: st.why,
			})
			continue
		}
		if st.Kind == ContributionCap {
			band = max(band, bandIndex(book, st.Cap))
		}
		s.Value += st.Points
		s.Explanation = append(s.Explanation, st.Contribution)
	}
	if bound := min(max(s.Value, book.Min), book.Max) - s.Value; bound != 0 {
		s.Value += bound
		s.Explanation = append(s.Explanation, Contribution{Kind: ContributionBound, Points: bound})
	}
	for i := range book.Bands {
		if s.Value >= book.Bands[i].From {
			band = max(band, i)
			break
		}
	}
	if len(book.Bands) > 0 {
		s.Band = book.Bands[band].Code
	}
	return s
}

// A step is the contribution of one record or listing on one day, or the reason why it
// makes none.
type step struct {
	Contribution
	on  Date
	why string
}

func recordStep(book *Rulebook, r *Record, asOf Date) step {
	st := step{
		Contribution: Contribution{Kind: ContributionRecord, RecordID: r.ID, Rule: r.Code},
		on:           r.Occurred,
	}
	item := book.item(r.Code)
	if item == nil || item.Listing != "" {
		st.why = WhyNotInCatalogue
		return st
	}
	st.Ends = Ends(*item, r.Occurred)
	st.why = cmp.Or(
		recordStateWhy(r.State),
		sourceWhy(book, item, r.Agency, r.Document),
		termWhy(r.Occurred, st.Ends, asOf),
	)
	st.apply(item)
	return st
}

func listingStep(book *Rulebook, l *Listing, asOf Date) step {
	st := step{
		Contribution: Contribution{Kind: ContributionListing, ListingID: l.ID, Rule: l.Code},
		on:           l.From,
	}
	item := book.item(l.Code)
	if item == nil || item.Listing == "" || item.Listing != l.Kind {
		st.why = WhyNotInCatalogue
		return st
	}
	st.Ends = listingEnds(item, l)
	st.why = cmp.Or(
		listingStateWhy(l.State),
		servedWhy(l.NoticeOn, asOf),
		sourceWhy(book, item, l.Agency, l.Document),
		termWhy(l.From, st.Ends, asOf),
	)
	st.apply(item)
	return st
}

// apply sets the item's points or cap, unless the step does not count.
func (st *step) apply(item *Item) {
	switch {
	case st.why != "":
	case item.Cap != "":
		st.Kind, st.Cap = ContributionCap, item.Cap
	case item.Points != 0:
		st.Points = item.Points
	default:
		st.why = WhyNoRule
	}
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

func servedWhy(noticeOn, asOf Date) string {
	if !noticeOn.valid() || noticeOn > asOf {
		return WhyUnserved
	}
	return ""
}

func sourceWhy(book *Rulebook, item *Item, agency string, doc Document) string {
	switch a := book.agency(agency); {
	case a == nil || !slices.Contains(a.Holds, item.Code):
		return WhyNotFromAgency
	case !doc.Complete():
		return WhyNoDocument
	case !slices.Contains(item.Documents, doc.Kind):
		return WhyWrongDocument
	}
	return ""
}

// termWhy returns why something does not count on the day, by its term. Its argument
// ends is "" when the first or the last day is not known.
func termWhy(first, ends, asOf Date) string {
	switch {
	case ends == "":
		return WhyNoDocument
	case first > asOf:
		return WhyNotYet
	case ends <= asOf:
		return WhyExpired
	}
	return ""
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
	before := MakeScore(book, in)
	for _, day := range turningDays(book, in) {
		in.AsOf = day
		after := MakeScore(book, in)
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
		}
	}
	for i := range in.Listings {
		l := &in.Listings[i]
		if item := book.item(l.Code); item != nil && listingStateWhy(l.State) == "" {
			add(l.NoticeOn)
			add(l.From)
			add(listingEnds(item, l))
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	return days[:min(len(days), MaxOutlook)]
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
	st := recordStep(book, &r, asOf)
	return st.effect(book)
}

// EffectOfListing returns the effect of the listing on the score on the day; see
// [EffectOfRecord].
func EffectOfListing(book *Rulebook, l Listing, asOf Date) Effect {
	st := listingStep(book, &l, asOf)
	return st.effect(book)
}

func (st *step) effect(book *Rulebook) Effect {
	e := Effect{Rulebook: book.ID, Points: st.Points, Cap: st.Cap, Why: st.why, Ends: st.Ends}
	if item := book.item(st.Rule); item != nil && st.why != WhyNotInCatalogue {
		e.LegalBasis = item.LegalBasis
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

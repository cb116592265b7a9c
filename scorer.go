package mingjing

import (
	"slices"
	"strings"
)

// A Fact is all that the scoring function sees of a record or a listing. It has no name, ID
// number, sex, birth date, area or language, and nothing else of the person: so none of
// these can change a score.
type Fact struct {
	// ID only orders the explanation.
	ID string
	// Code is the catalogue code, and Agency the code of the agency that supplied it.
	Code, Agency string
	// Listed says that it is a listing, of the kind List.
	Listed bool
	List   ListKind
	// Document is the kind of the document behind it; "" when the document is not complete.
	Document string
	// From is the day on which it happened or took effect. Ends, of a listing, is the first
	// day without it, and Notice the day on which notice of it was served.
	From, Ends, Notice Date
	// Why is why its state does not let it count; "" when it does.
	Why string
}

// FactOf returns what the scoring function sees of a record.
func FactOf(r *Record) Fact {
	f := Fact{ID: r.ID, Code: r.Code, Agency: r.Agency, From: r.Occurred, Why: recordStateWhy(r.State)}
	if r.Document.Complete() {
		f.Document = r.Document.Kind
	}
	return f
}

// FactOfListing returns what the scoring function sees of a listing.
func FactOfListing(l *Listing) Fact {
	f := Fact{ID: l.ID, Code: l.Code, Agency: l.Agency, Listed: true, List: l.Kind, From: l.From, Ends: l.Ends, Notice: l.NoticeOn,
		Why: listingStateWhy(l.State)}
	if l.Document.Complete() {
		f.Document = l.Document.Kind
	}
	return f
}

// AppendFacts appends what the scoring function sees of an input. A listing that is
// [Listing.Pending] is no part of a score.
func AppendFacts(facts []Fact, in Input) []Fact {
	for i := range in.Records {
		facts = append(facts, FactOf(&in.Records[i]))
	}
	for i := range in.Listings {
		if !in.Listings[i].Pending() {
			facts = append(facts, FactOfListing(&in.Listings[i]))
		}
	}
	return facts
}

// A Scorer makes scores by one version of a rulebook. It is made once for many scores, and
// is safe for use by many goroutines; the rulebook must not change meanwhile.
type Scorer struct {
	book     *Rulebook
	items    []scorerItem
	byCode   map[string]int32
	agencies map[string][]uint64 // by code, a bit for each item that it holds
	criteria []Criterion
	factors  []Factor
}

// A scorerItem is an item with what its codes stand for.
type scorerItem struct {
	*Item
	// cap is the number of the best band; -1 for none.
	cap int
	// factor is the number of its factor from 1; 0 for none.
	factor int
	// criteria are the numbers of the criteria that it is in.
	criteria []int
}

// NewScorer returns a scorer of a rulebook.
func NewScorer(book *Rulebook) *Scorer {
	s := &Scorer{book: book, items: make([]scorerItem, len(book.Catalogue)), byCode: make(map[string]int32, len(book.Catalogue)),
		agencies: make(map[string][]uint64, len(book.Agencies)), criteria: book.Criteria[:min(len(book.Criteria), MaxCriteria)],
		factors: book.Factors[:min(len(book.Factors), MaxFactors)]}
	for i := range book.Catalogue {
		item := &book.Catalogue[i]
		s.items[i] = scorerItem{Item: item, cap: -1, factor: s.factor(item.Factor)}
		if item.Cap != "" {
			s.items[i].cap = bandIndex(book, item.Cap)
		}
		if _, twice := s.byCode[item.Code]; !twice {
			s.byCode[item.Code] = int32(i)
		}
	}
	for k := range s.criteria {
		for _, code := range s.criteria[k].Items {
			if i, ok := s.byCode[code]; ok {
				s.items[i].criteria = append(s.items[i].criteria, k)
			}
		}
	}
	words := len(s.items)/64 + 1
	all := make([]uint64, words*len(book.Agencies))
	for i := range book.Agencies {
		a := &book.Agencies[i]
		if s.agencies[a.Code] != nil {
			continue
		}
		holds := all[i*words : (i+1)*words]
		for _, code := range a.Holds {
			if n, ok := s.byCode[code]; ok {
				holds[n/64] |= 1 << (n % 64)
			}
		}
		s.agencies[a.Code] = holds
	}
	return s
}

// factor returns the number of a factor from 1; 0 for none.
func (s *Scorer) factor(code string) int {
	return 1 + slices.IndexFunc(s.factors, func(f Factor) bool { return f.Code == code })
}

// A verdict is what a fact does on one day.
type verdict struct {
	// item is the number of its item; -1 for none.
	item int
	from day
	// ends is the first day on which it no longer counts.
	ends day
	// why is why it does not count; "" when it does.
	why string
}

// judge returns what a fact does on a day. Of several reasons why it does not count, it is
// the first in this order: item, state, notice, agency, document, term.
func (s *Scorer) judge(f *Fact, on day) verdict {
	n, ok := s.byCode[f.Code]
	if !ok {
		return verdict{item: -1, why: WhyNotInCatalogue}
	}
	item := &s.items[n]
	if f.Listed != (item.Listing != "") || f.Listed && item.Listing != f.List {
		return verdict{item: -1, why: WhyNotInCatalogue}
	}
	v := verdict{item: int(n), from: dayOf(f.From)}
	if v.ends = v.from.addMonths(item.CountsMonths); f.Listed && v.ends != noDay {
		v.ends = min(v.ends, dayOf(f.Ends)) // noDay is before every day
	}
	holds := s.agencies[f.Agency]
	switch {
	case f.Why != "":
		v.why = f.Why
	case f.Listed && !served(f.Notice, on):
		v.why = WhyUnserved
	case holds == nil || holds[n/64]&(1<<(n%64)) == 0:
		v.why = WhyNotFromAgency
	case f.Document == "":
		v.why = WhyNoDocument
	case !slices.Contains(item.Documents, f.Document):
		v.why = WhyWrongDocument
	case v.ends == noDay:
		v.why = WhyNoDocument
	case v.from > on:
		v.why = WhyNotYet
	case v.ends <= on:
		v.why = WhyExpired
	case item.cap < 0 && item.Points == 0 && len(item.criteria) == 0:
		v.why = WhyNoRule
	}
	return v
}

func served(notice Date, on day) bool {
	d := dayOf(notice)
	return d != noDay && d <= on
}

// A tally is what a criterion has seen.
type tally struct {
	n              int
	oldest, newest day
}

// A running is the sum of a score while facts are added to it, in any order.
type running struct {
	// sums are the points by factor; the first is of what is in none.
	sums    [MaxFactors + 1]int
	tallies [MaxCriteria]tally
	worst   int
}

func (s *Scorer) add(r *running, v verdict, on day) {
	item := &s.items[v.item]
	if item.cap >= 0 {
		r.worst = max(r.worst, item.cap)
	} else {
		r.sums[item.factor] += item.Points
	}
	for _, k := range item.criteria {
		if months := s.criteria[k].Months; months > 0 && v.from.addMonths(months) <= on {
			continue
		}
		t := &r.tallies[k]
		if t.n == 0 || v.from < t.oldest {
			t.oldest = v.from
		}
		t.newest = max(t.newest, v.from)
		t.n++
	}
}

// Value returns the value that facts have on a day, and the number of the band, 0 for the
// best. It is the value of [Scorer.Explain], without the explanation and without allocating
// memory. It does not depend on the order of the facts.
func (s *Scorer) Value(facts []Fact, asOf Date) (value, band int) {
	var r running
	on := dayOf(asOf)
	for i := range facts {
		if v := s.judge(&facts[i], on); v.why == "" {
			s.add(&r, v, on)
		}
	}
	value = s.book.Base
	for k := range s.criteria {
		points, _ := s.criteria[k].points(&r.tallies[k], on)
		r.sums[s.factor(s.criteria[k].Factor)] += points
	}
	value += r.sums[0]
	for i := range s.factors {
		_, points := s.factors[i].weigh(r.sums[i+1])
		value += points
	}
	value = min(max(value, s.book.Min), s.book.Max)
	return value, max(r.worst, s.bandOf(value))
}

// CountsAlike reports whether facts count the same by two versions of a rulebook on a day:
// each of them, each criterion and each factor. It may be false where it would take more to
// see that they do. It allocates no memory.
func (s *Scorer) CountsAlike(o *Scorer, facts []Fact, asOf Date) bool {
	a, b := s.book, o.book
	if a.Base != b.Base || a.Min != b.Min || a.Max != b.Max || len(s.criteria) != len(o.criteria) || len(s.factors) != len(o.factors) {
		return false
	}
	var mine, theirs running
	on := dayOf(asOf)
	for i := range facts {
		v, w := s.judge(&facts[i], on), o.judge(&facts[i], on)
		if (v.why == "") != (w.why == "") {
			return false
		}
		if v.why != "" {
			continue
		}
		x, y := &s.items[v.item], &o.items[w.item]
		if x.Points != y.Points || x.Cap != y.Cap || x.Factor != y.Factor {
			return false
		}
		s.add(&mine, v, on)
		o.add(&theirs, w, on)
	}
	for k := range s.criteria {
		x, y := &s.criteria[k], &o.criteria[k]
		p, _ := x.points(&mine.tallies[k], on)
		q, _ := y.points(&theirs.tallies[k], on)
		if p != q || x.Code != y.Code || x.Factor != y.Factor {
			return false
		}
		mine.sums[s.factor(x.Factor)] += p
		theirs.sums[o.factor(y.Factor)] += q
	}
	for i := range s.factors {
		_, p := s.factors[i].weigh(mine.sums[i+1])
		_, q := o.factors[i].weigh(theirs.sums[i+1])
		if p != q || s.factors[i].Code != o.factors[i].Code {
			return false
		}
	}
	return true
}

// bandOf returns the number of the band of a value.
func (s *Scorer) bandOf(value int) int {
	for i := range s.book.Bands {
		if value >= s.book.Bands[i].From {
			return i
		}
	}
	return 0
}

// Explain returns the score that facts make on a day, with its explanation: everything but
// ID, Cause and At. See [MakeScore].
func (s *Scorer) Explain(facts []Fact, missing []string, asOf Date) Score {
	var r running
	on := dayOf(asOf)
	steps := make([]step, 0, len(facts))
	for i := range facts {
		v := s.judge(&facts[i], on)
		if v.why == "" {
			s.add(&r, v, on)
		}
		steps = append(steps, s.step(&facts[i], v))
	}
	slices.SortFunc(steps, compareSteps)

	score := Score{
		Rulebook:    s.book.Ref(),
		AsOf:        asOf,
		Explanation: make([]Contribution, 1, len(facts)+len(s.criteria)+len(s.factors)+2),
		NotCounted:  []NotCounted{},
		Missing:     sortedCodes(missing),
	}
	score.Explanation[0] = Contribution{Kind: ContributionBase, Points: s.book.Base}
	var caps []Contribution
	for i := range steps {
		switch st := &steps[i]; {
		case st.why != "":
			score.NotCounted = append(score.NotCounted, NotCounted{
				RecordID: st.RecordID, ListingID: st.ListingID, Rule: st.Rule, Why: st.why,
			})
		case st.Kind == ContributionCap:
			caps = append(caps, st.Contribution)
		default:
			score.Explanation = append(score.Explanation, st.Contribution)
		}
	}
	score.Explanation = append(s.tables(score.Explanation, &r, on), caps...)
	for _, c := range score.Explanation {
		score.Value += c.Points
	}
	if bound := min(max(score.Value, s.book.Min), s.book.Max) - score.Value; bound != 0 {
		score.Value += bound
		score.Explanation = append(score.Explanation, Contribution{Kind: ContributionBound, Points: bound})
	}
	if len(s.book.Bands) > 0 {
		score.Band = s.book.Bands[max(r.worst, s.bandOf(score.Value))].Code
	}
	return score
}

// tables appends a line for each criterion and each factor.
func (s *Scorer) tables(lines []Contribution, r *running, on day) []Contribution {
	for k := range s.criteria {
		c := &s.criteria[k]
		points, count := c.points(&r.tallies[k], on)
		line := Contribution{Kind: ContributionCriterion, Rule: c.Code, Points: points, Count: count}
		if n := s.factor(c.Factor); n > 0 {
			r.sums[n] += points
			line.Factor, line.Raw, line.Points = c.Factor, points, 0
		}
		lines = append(lines, line)
	}
	for i := range s.factors {
		raw, points := s.factors[i].weigh(r.sums[i+1])
		lines = append(lines, Contribution{Kind: ContributionFactor, Rule: s.factors[i].Code, Factor: s.factors[i].Code, Raw: raw,
			Points: points})
	}
	return lines
}

// step returns the line of a fact.
func (s *Scorer) step(f *Fact, v verdict) step {
	st := step{Contribution: Contribution{Kind: ContributionRecord, RecordID: f.ID, Rule: f.Code}, on: f.From, why: v.why}
	if f.Listed {
		st.Kind, st.RecordID, st.ListingID = ContributionListing, "", f.ID
	}
	if v.item < 0 {
		return st
	}
	item := &s.items[v.item]
	st.Ends = v.ends.date()
	if v.why != "" {
		return st
	}
	switch {
	case item.cap >= 0:
		st.Kind, st.Cap = ContributionCap, item.Cap
	case item.factor > 0:
		st.Factor, st.Raw = item.Factor, item.Points
	default:
		st.Points = item.Points
	}
	st.Tabled = len(item.criteria) > 0
	return st
}

// A day is a calendar day as a number, year, month and day; noDay is none, and before every
// day. It is a [Date] that is computed with.
type day int32

const (
	noDay   day = -1
	lastDay day = 9999_12_31
)

// dayOf returns the day of a date; noDay for "" or what is no date.
func dayOf(d Date) day {
	if len(d) != len("2006-01-02") || d[4] != '-' || d[7] != '-' {
		return noDay
	}
	var n day
	for i := range len(d) {
		if i == 4 || i == 7 {
			continue
		}
		c := d[i] - '0'
		if c > 9 {
			return noDay
		}
		n = n*10 + day(c)
	}
	if month := n / 100 % 100; month < 1 || month > 12 || n%100 < 1 || n%100 > monthDays(n/10000, month) {
		return noDay
	}
	return n
}

func monthDays(year, month day) day {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// addMonths returns the day n months later; a day that the month lacks becomes its last.
// What is after the year 9999 is its last day.
func (d day) addMonths(n int) day {
	if d == noDay {
		return noDay
	}
	month := d/10000*12 + d/100%100 - 1 + day(n)
	year := month / 12
	if year > 9999 {
		return lastDay
	}
	month = month%12 + 1
	return year*10000 + month*100 + min(d%100, monthDays(year, month))
}

// months returns how many whole months later the day to is.
func (d day) months(to day) int {
	n := int(to/10000*12+to/100%100) - int(d/10000*12+d/100%100)
	if n > 0 && d.addMonths(n) > to {
		n--
	}
	return max(n, 0)
}

// date returns the day as a date; "" for none.
func (d day) date() Date {
	if d == noDay {
		return ""
	}
	var b strings.Builder
	for i, unit := 0, day(1000_00_00); unit > 0; i, unit = i+1, unit/10 {
		if i == 4 || i == 6 {
			b.WriteByte('-')
		}
		b.WriteByte(byte('0' + d/unit%10))
	}
	return Date(b.String())
}

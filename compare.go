package mingjing

import (
	"cmp"
	"slices"
)

// LittleHeld is the number of records and listings that count below which a score says
// little about anybody, whatever its band is.
const LittleHeld = 3

// Counted returns how many records and listings count in the score.
func (s *Score) Counted() int {
	n := 0
	for _, c := range s.Explanation {
		if c.RecordID+c.ListingID != "" {
			n++
		}
	}
	return n
}

// Little reports whether so little counts that a good band says more about where everybody
// starts than about anybody.
func (s *Score) Little() bool { return s.Counted() < LittleHeld }

// A Comparison is what one rulebook makes of what is on file.
type Comparison struct {
	Book  *Rulebook
	Score Score
	// Makes is what each record and listing that counts does to it, the greatest first: its
	// Points are what the value would lack without it.
	Makes []Flip
}

// Compare returns what each of several rulebooks makes of the same records and listings, in
// the order of the rulebooks. Where another city's own body would supply a record, it is
// taken as if it had: see [Elsewhere].
func Compare(books []*Rulebook, in Input) []Comparison {
	out := make([]Comparison, 0, len(books))
	for _, b := range books {
		there := Elsewhere(books, b, in)
		c := Comparison{Book: b, Score: MakeScore(b, there)}
		flips, _ := Flips(b, there)
		for _, f := range flips {
			if !f.Counts {
				f.Points = -f.Points
				c.Makes = append(c.Makes, f)
			}
		}
		slices.SortStableFunc(c.Makes, func(x, y Flip) int {
			return cmp.Or(cmp.Compare(len(y.Cap), 0)-cmp.Compare(len(x.Cap), 0), cmp.Compare(max(y.Points, -y.Points), max(x.Points, -x.Points)))
		})
		out = append(out, c)
	}
	return out
}

// Elsewhere returns the input as it would be by another city's rulebook, one of books: what
// came from an agency that the rulebook does not have, and that may supply it by another of
// them, is taken as supplied by the body that may do so there. The document stays the same,
// so that it may still not be one that the other rulebook asks for.
func Elsewhere(books []*Rulebook, there *Rulebook, in Input) Input {
	agency := func(code, item string) string {
		may := func(b *Rulebook) bool {
			a := b.agency(code)
			return a != nil && slices.Contains(a.Holds, item)
		}
		if there.agency(code) != nil || !slices.ContainsFunc(books, may) {
			return code
		}
		for i := range there.Agencies {
			if slices.Contains(there.Agencies[i].Holds, item) {
				return there.Agencies[i].Code
			}
		}
		return code
	}
	in.Records, in.Listings = slices.Clone(in.Records), slices.Clone(in.Listings)
	for i := range in.Records {
		in.Records[i].Agency = agency(in.Records[i].Agency, in.Records[i].Code)
	}
	for i := range in.Listings {
		in.Listings[i].Agency = agency(in.Listings[i].Agency, in.Listings[i].Code)
	}
	return in
}

// A Move is what becomes of one record or listing when another rulebook counts.
type Move struct {
	// Rule is its catalogue code.
	Rule string
	// Here and There are what it does by the first rulebook and by the other one; nil where
	// it does not count.
	Here, There *Flip
}

// Moves returns what changes with the rulebook: of each record and listing that counts by
// one of the two at least, what it does by both.
func Moves(here, there Comparison) []Move {
	var out []Move
	for i := range here.Makes {
		f := &here.Makes[i]
		out = append(out, Move{Rule: f.Rule, Here: f, There: there.makes(f)})
	}
	for i := range there.Makes {
		if f := &there.Makes[i]; here.makes(f) == nil {
			out = append(out, Move{Rule: f.Rule, There: f})
		}
	}
	return out
}

// makes returns what the same record or listing does; nil where it does not count.
func (c *Comparison) makes(of *Flip) *Flip {
	i := slices.IndexFunc(c.Makes, func(f Flip) bool { return f.RecordID == of.RecordID && f.ListingID == of.ListingID })
	if i < 0 {
		return nil
	}
	return &c.Makes[i]
}

// A CompareView is the page on which residents compare rulebooks. The device makes it.
type CompareView struct {
	// Books are the rulebooks in force, the city's own one first.
	Books []RulebookVersion `json:"books"`
	// Codes are the catalogue codes that can count in any of them.
	Codes []string `json:"codes"`
}

package mingjing

import "slices"

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
	var out []Comparison
	for _, b := range books {
		there := Elsewhere(books, b, in)
		c := Comparison{Book: b, Score: MakeScore(b, there)}
		flips, _ := Flips(b, there)
		for _, f := range flips {
			if f.Counts {
				continue
			}
			f.Points = -f.Points
			c.Makes = append(c.Makes, f)
			for i := len(c.Makes) - 1; i > 0 && c.Makes[i].weight() > c.Makes[i-1].weight(); i-- {
				c.Makes[i], c.Makes[i-1] = c.Makes[i-1], c.Makes[i]
			}
		}
		out = append(out, c)
	}
	return out
}

// weight returns how much a change does, to sort by: what caps the band does the most.
func (f *Flip) weight() int {
	if f.Cap != "" {
		return 1 << 30
	}
	return max(f.Points, -f.Points)
}

// Elsewhere returns the input as it would be by another city's rulebook, one of books: what
// came from an agency that the rulebook does not have, and that may supply it by another of
// them, is taken as supplied by the body that may do so there. The document stays the same,
// so that it may still not be one that the other rulebook asks for.
func Elsewhere(books []*Rulebook, there *Rulebook, in Input) Input {
	in.Records, in.Listings = slices.Clone(in.Records), slices.Clone(in.Listings)
	for i := range in.Records {
		r := &in.Records[i]
		r.Agency = agencyThere(books, there, r.Agency, r.Code)
	}
	for i := range in.Listings {
		l := &in.Listings[i]
		l.Agency = agencyThere(books, there, l.Agency, l.Code)
	}
	return in
}

// agencyThere returns which agency supplies by a rulebook what an agency has supplied.
func agencyThere(books []*Rulebook, there *Rulebook, code, item string) string {
	if there.agency(code) != nil {
		return code
	}
	for _, b := range books {
		if a := b.agency(code); a != nil && slices.Contains(a.Holds, item) {
			for i := range there.Agencies {
				if slices.Contains(there.Agencies[i].Holds, item) {
					return there.Agencies[i].Code
				}
			}
		}
	}
	return code
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
	for i := range c.Makes {
		if f := &c.Makes[i]; f.RecordID == of.RecordID && f.ListingID == of.ListingID {
			return f
		}
	}
	return nil
}

// A CompareView is the page on which residents compare rulebooks. The device makes it.
type CompareView struct {
	// Books are the rulebooks in force, the city's own one first.
	Books []RulebookVersion `json:"books"`
	// Codes are the catalogue codes that can count in any of them.
	Codes []string `json:"codes"`
}

package law

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// A Preview is what a version of a rulebook would change for those who have a score by it
// today, in numbers of residents. A number that is nil is below [mingjing.FewestShown], so
// that nobody can be recognised.
type Preview struct {
	// Residents have a score and a consent that stands.
	Residents int
	// Up and Down are those whose value would be higher and lower.
	Up, Down *int
	// Bands are the changes of band, the most frequent first.
	Bands []BandMove
	// Items are the items that would count differently, those of the most residents
	// first; "" is the base and the bounds of the scale.
	Items []ItemMove
}

// A BandMove is a change from one band to another, by their codes.
type BandMove struct {
	From, To  string
	Residents *int
}

// An ItemMove is an item that would count differently, and for how many.
type ItemMove struct {
	Code      string
	Residents *int
}

// previewStep is how many residents are read in one transaction.
const previewStep = 50

// Preview counts what another version of a rulebook would change for everybody who has a
// score by it. Nothing is kept but an entry of the system in the access
// log of each of them. It is for the operator, and no request reaches it.
func (c *Law) Preview(ctx context.Context, book *mingjing.Rulebook) (Preview, error) {
	var (
		count *comparison
		run   = kernel.NewID()
		after mingjing.ResidentID
		facts []mingjing.Fact
	)
	for {
		type span struct {
			from, to int // in facts
			missing  []string
		}
		var (
			spans     []span
			residents []mingjing.ResidentID
		)
		err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			spans, facts = nil, facts[:0] // it may run more than once
			rd := t.As(c.city.Entry(kernel.System, "preview", "", "score").Once(run))
			if residents, err = db(t).Consenting(ctx, book.ID, after, previewStep); err != nil || len(residents) == 0 {
				return err
			}
			if count == nil {
				inForce, err := c.city.Book(book.ID)
				if err != nil {
					return err
				}
				count = compareBooks(inForce, book, c.city.TodayBy(inForce))
			}
			for _, r := range residents {
				s := span{from: len(facts)}
				var ok bool
				if facts, s.missing, ok, err = c.scores.Facts(ctx, rd, r, count.inForce, facts); err != nil {
					return err
				}
				if s.to = len(facts); ok {
					spans = append(spans, s)
				}
			}
			return nil
		})
		if err != nil {
			return Preview{}, fmt.Errorf("preview: %w", err)
		}
		for _, s := range spans {
			count.add(facts[s.from:s.to], s.missing)
		}
		if len(residents) < previewStep {
			return count.preview(), nil
		}
		after = residents[len(residents)-1]
	}
}

// A comparison counts what one version of a rulebook would change in the place of another.
type comparison struct {
	inForce, other *mingjing.Rulebook
	is, would      *mingjing.Scorer
	asOf           mingjing.Date

	residents, up, down int
	bands               map[[2]int]int // by the numbers of the bands
	items               map[string]int
}

func compareBooks(inForce, other *mingjing.Rulebook, asOf mingjing.Date) *comparison {
	return &comparison{inForce: inForce, other: other, is: mingjing.NewScorer(inForce), would: mingjing.NewScorer(other), asOf: asOf,
		bands: map[[2]int]int{}, items: map[string]int{}}
}

// add counts one resident. It allocates memory only for one of whose items one counts
// differently.
func (p *comparison) add(facts []mingjing.Fact, missing []string) {
	p.residents++
	is, band := p.is.Value(facts, p.asOf)
	would, toBand := p.would.Value(facts, p.asOf)
	switch {
	case would > is:
		p.up++
	case would < is:
		p.down++
	}
	if from, to := p.band(p.inForce, band), p.band(p.other, toBand); from != to {
		p.bands[[2]int{band, toBand}]++
	}
	if p.is.CountsAlike(p.would, facts, p.asOf) {
		return
	}
	for _, r := range score.RuleChanges(p.is.Explain(facts, missing, p.asOf), p.would.Explain(facts, missing, p.asOf)) {
		p.items[r.Rule]++
	}
}

// band returns the code of a band; "" for a rulebook without bands.
func (*comparison) band(b *mingjing.Rulebook, n int) string {
	if len(b.Bands) == 0 {
		return ""
	}
	return b.Bands[n].Code
}

// preview returns what was counted. p may be nil.
func (p *comparison) preview() Preview {
	if p == nil {
		p = &comparison{}
	}
	v := Preview{Residents: p.residents, Up: suppressSmall(p.up), Down: suppressSmall(p.down)}
	for move, n := range p.bands {
		v.Bands = append(v.Bands, BandMove{p.band(p.inForce, move[0]), p.band(p.other, move[1]), suppressSmall(n)})
	}
	for code, n := range p.items {
		v.Items = append(v.Items, ItemMove{code, suppressSmall(n)})
	}
	// By what is shown and then by the codes, so that the order does not tell a number.
	slices.SortFunc(v.Bands, func(a, b BandMove) int {
		return cmp.Or(compare(b.Residents, a.Residents), strings.Compare(a.From+" "+a.To, b.From+" "+b.To))
	})
	slices.SortFunc(v.Items, func(a, b ItemMove) int {
		return cmp.Or(compare(b.Residents, a.Residents), strings.Compare(a.Code, b.Code))
	})
	return v
}

// suppressSmall returns the number, or nil if it is so small that somebody could be
// recognised; 0 is nobody.
func suppressSmall(n int) *int {
	if n > 0 && n < mingjing.FewestShown {
		return nil
	}
	return &n
}

func compare(a, b *int) int {
	shown := func(n *int) int {
		if n == nil {
			return 0
		}
		return *n
	}
	return cmp.Compare(shown(a), shown(b))
}

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

// Preview makes the score of everybody who has one by the rulebook with another version of
// it, and returns counts alone. Nothing is kept but an entry of the system in the access
// log of each of them. It is for the operator, and no request reaches it.
func (c *Law) Preview(ctx context.Context, book *mingjing.Rulebook) (Preview, error) {
	var p Preview
	up, down, run := 0, 0, kernel.NewID()
	bands, items := map[[2]string]int{}, map[string]int{}
	after := mingjing.ResidentID("")
	for {
		type pair struct{ is, would mingjing.Score }
		var (
			pairs     []pair
			residents []mingjing.ResidentID
		)
		err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			pairs = nil // it may run more than once
			rd := t.As(c.city.Entry(kernel.System, "preview", "", "score").Once(run))
			if residents, err = db(t).Consenting(ctx, book.ID, after, previewStep); err != nil {
				return err
			}
			for _, r := range residents {
				is, would, ok, err := c.scores.Try(ctx, rd, r, book)
				if err != nil {
					return err
				}
				if ok {
					pairs = append(pairs, pair{is, would})
				}
			}
			return nil
		})
		if err != nil {
			return p, fmt.Errorf("preview: %w", err)
		}
		for _, x := range pairs {
			p.Residents++
			switch {
			case x.would.Value > x.is.Value:
				up++
			case x.would.Value < x.is.Value:
				down++
			}
			if x.would.Band != x.is.Band {
				bands[[2]string{x.is.Band, x.would.Band}]++
			}
			for _, r := range score.RuleChanges(x.is, x.would) {
				items[r.Rule]++
			}
		}
		if len(residents) < previewStep {
			break
		}
		after = residents[len(residents)-1]
	}
	p.Up, p.Down = suppressSmall(up), suppressSmall(down)
	for move, n := range bands {
		p.Bands = append(p.Bands, BandMove{move[0], move[1], suppressSmall(n)})
	}
	for code, n := range items {
		p.Items = append(p.Items, ItemMove{code, suppressSmall(n)})
	}
	// By what is shown and then by the codes, so that the order does not tell a number.
	slices.SortFunc(p.Bands, func(a, b BandMove) int {
		return cmp.Or(compare(b.Residents, a.Residents), strings.Compare(a.From+" "+a.To, b.From+" "+b.To))
	})
	slices.SortFunc(p.Items, func(a, b ItemMove) int {
		return cmp.Or(compare(b.Residents, a.Residents), strings.Compare(a.Code, b.Code))
	})
	return p, nil
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

package cases

import (
	"context"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// maxBefore is how many of a resident's newest scores by a rulebook are compared.
const maxBefore = 60

// changes returns the scores that are better than before a case that was won: each by its
// last score before the case was filed, and its last with the decision or before it. What is
// disputed stops counting when the dispute is filed, so that the decision alone may change
// nothing.
func (c *Cases) changes(ctx context.Context, rd *kernel.Reader, d Case) ([]mingjing.ScoreChange, error) {
	if d.Decision == nil || d.Kind == mingjing.CaseListing {
		return nil, nil
	}
	switch d.Decision.Outcome {
	case mingjing.OutcomeUpheld, mingjing.OutcomePartly, mingjing.OutcomeGranted:
	default:
		return nil, nil
	}
	var out []mingjing.ScoreChange
	for _, b := range c.city.Books() {
		all, err := read(rd).Scores(ctx, d.Resident, b.ID, maxBefore)
		if err != nil {
			return nil, err
		}
		var before, after *mingjing.Score
		for i, s := range all {
			switch {
			case s.At.Before(d.FiledAt):
				before = &all[i]
			case before == nil:
			case after == nil || after.At.Before(d.Decision.At):
				after = &all[i]
			}
		}
		if before != nil && after != nil && after.Value > before.Value {
			out = append(out, mingjing.ScoreChange{Rulebook: after.Rulebook, Before: stateOf(b, *before), After: stateOf(b, *after)})
		}
	}
	return out, nil
}

func stateOf(b *mingjing.Rulebook, s mingjing.Score) mingjing.ScoreState {
	band, _ := b.Band(s.Band)
	return mingjing.ScoreState{Value: s.Value, Band: s.Band, BandName: band.Name}
}

package casework

import (
	"context"
	"errors"

	"mingjing"
)

// Overview is what the actor sees first.
func (c *Casework) Overview(ctx context.Context, a mingjing.Actor) (mingjing.OverviewView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.OverviewView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.OverviewView, error) {
		v := mingjing.OverviewView{Latest: []mingjing.ScoreCard{}, OpenDisputes: []mingjing.Dispute{}, Awaiting: []mingjing.Listing{}}
		if err := t.look(ctx, a, me, c.Now(), "overview", "", "own"); err != nil {
			return v, err
		}
		for _, book := range c.books {
			scores, err := t.Scores(ctx, me, book.ID)
			if err != nil {
				return v, err
			}
			if len(scores) > 0 {
				v.Latest = append(v.Latest, card(book, scores[len(scores)-1]))
			}
		}
		r, err := t.OpenRequest(ctx, me)
		if err == nil {
			shown, err := c.showRequest(ctx, t, r)
			if err != nil {
				return v, err
			}
			v.Open = &shown
		} else if !errors.Is(err, ErrNotFound) {
			return v, err
		}
		records, err := t.Records(ctx, me)
		if err != nil {
			return v, err
		}
		for _, r := range records {
			if r.State != mingjing.RecordRemoved {
				v.Records++
			}
		}
		listings, err := t.Listings(ctx, me)
		if err != nil {
			return v, err
		}
		for _, l := range listings {
			if l.Waits(c.Now()) {
				v.Awaiting = append(v.Awaiting, l.Listing)
			}
			if l.Kind == mingjing.Blacklist && !l.State.Over() && !l.Pending() {
				v.Blacklisted++
				if l.Effective(c.today()) {
					v.Restricted++
				}
			}
		}
		disputes, err := t.Disputes(ctx, me)
		if err != nil {
			return v, err
		}
		for _, d := range disputes {
			if d.State != mingjing.DisputeDecided {
				shown, err := c.showDispute(ctx, t, d)
				if err != nil {
					return v, err
				}
				v.OpenDisputes = append(v.OpenDisputes, shown)
			}
		}
		v.RecentLooks, err = t.Looks(ctx, me, true, 0, 3)
		return v, err
	})
}

// Ask is what the actor reads before asking for a score, but for the rulebooks.
func (c *Casework) Ask(ctx context.Context, a mingjing.Actor) (mingjing.AskView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.AskView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.AskView, error) {
		v := mingjing.AskView{Key: newID()}
		t.because(a, "request", "", "own")
		r, err := t.OpenRequest(ctx, me)
		if errors.Is(err, ErrNotFound) {
			return v, nil
		} else if err != nil {
			return v, err
		}
		shown, err := c.showRequest(ctx, t, r)
		if err != nil {
			return v, err
		}
		v.Open = &shown
		return v, nil
	})
}

package register

import (
	"context"
	"errors"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// Overview returns the actor's first page.
func (c *Register) Overview(ctx context.Context, a mingjing.Actor) (mingjing.OverviewView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.OverviewView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.OverviewView, error) {
		v := mingjing.OverviewView{Latest: []mingjing.ScoreCard{}, OpenDisputes: []mingjing.Case{}, Awaiting: []mingjing.Listing{}}
		rd := t.As(c.city.Entry(a, "overview", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		var err error
		if v.Latest, err = score.LatestCards(ctx, rd, me, c.city); err != nil {
			return v, err
		}
		r, err := read(rd).OpenRequest(ctx, me)
		if err == nil {
			shown, err := c.scores.ShowRequest(ctx, rd, r)
			if err != nil {
				return v, err
			}
			v.Open = &shown
		} else if !errors.Is(err, kernel.ErrNotFound) {
			return v, err
		}
		records, err := read(rd).Records(ctx, me)
		if err != nil {
			return v, err
		}
		for _, r := range records {
			if r.State != mingjing.RecordRemoved {
				v.Records++
			}
		}
		listings, err := read(rd).Listings(ctx, me)
		if err != nil {
			return v, err
		}
		for _, l := range listings {
			if l.Waits(c.city.Now()) {
				v.Awaiting = append(v.Awaiting, l.Listing)
			}
			if l.Kind == mingjing.Blacklist && !l.State.Over() && !l.Pending() {
				v.Blacklisted++
				if l.Effective(c.city.Today()) {
					v.Restricted++
				}
			}
		}
		open, err := read(rd).OpenCasesOf(ctx, me)
		if err != nil {
			return v, err
		}
		if v.OpenDisputes, err = c.cases.ShowCases(ctx, rd, me, open); err != nil {
			return v, err
		}
		v.RecentEntries, err = read(rd).AccessEntries(ctx, me, true, 0, 3)
		return v, err
	})
}

// Ask returns what the form for a new score shows the actor, without the rulebooks.
func (c *Register) Ask(ctx context.Context, a mingjing.Actor) (mingjing.AskView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.AskView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AskView, error) {
		var v mingjing.AskView
		rd := t.As(c.city.Entry(a, "request", "", "own"))
		r, err := read(rd).OpenRequest(ctx, me)
		if errors.Is(err, kernel.ErrNotFound) {
			return v, nil
		} else if err != nil {
			return v, err
		}
		shown, err := c.scores.ShowRequest(ctx, rd, r)
		if err != nil {
			return v, err
		}
		v.Open = &shown
		return v, nil
	})
}

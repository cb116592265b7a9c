package casework

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"mingjing"
)

// Records are the actor's records with their rule and effect, newest first.
func (c *Casework) Records(ctx context.Context, a mingjing.Actor) (mingjing.RecordsView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.RecordsView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.RecordsView, error) {
		v := mingjing.RecordsView{Records: []mingjing.RecordView{}}
		if err := t.look(ctx, a, me, c.Now(), "records", "", "own"); err != nil {
			return v, err
		}
		records, err := t.Records(ctx, me)
		if err != nil {
			return v, err
		}
		for _, r := range records {
			shown, err := c.showRecord(ctx, t, r)
			if err != nil {
				return v, err
			}
			v.Records = append(v.Records, shown)
		}
		slices.SortStableFunc(v.Records, func(x, y mingjing.RecordView) int {
			return cmp.Compare(y.Record.Occurred, x.Record.Occurred)
		})
		return v, nil
	})
}

// Record is one of the actor's records.
func (c *Casework) Record(ctx context.Context, a mingjing.Actor, id string) (mingjing.RecordView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.RecordView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.RecordView, error) {
		t.because(a, "record", id, "own")
		r, err := t.Record(ctx, id)
		if err != nil {
			return mingjing.RecordView{}, err
		}
		if r.Resident != me {
			return mingjing.RecordView{}, ErrNotFound
		}
		return c.showRecord(ctx, t, r)
	})
}

func (c *Casework) showRecord(ctx context.Context, t *tx, r Record) (mingjing.RecordView, error) {
	v := mingjing.RecordView{Record: r.Record, Effect: []mingjing.Effect{}, Open: disputable(r.State)}
	if v.Open && r.State == mingjing.RecordSuspended {
		var err error
		if v.Open, err = decided(ctx, t, r.DisputeID); err != nil {
			return v, err
		}
	}
	for _, b := range c.books {
		item, ok := b.Item(r.Code)
		if !ok {
			continue
		}
		v.Area = item.Area
		e := mingjing.EffectOfRecord(b, r.Record, c.today())
		v.Effect = append(v.Effect, e)
		if e.Ends > v.Ends {
			v.Ends = e.Ends
		}
	}
	return v, nil
}

// decided says whether nothing is left open of the last dispute: what an agency
// has lost is suspended while the case still waits for its decision.
func decided(ctx context.Context, t *tx, dispute string) (bool, error) {
	d, err := t.Dispute(ctx, dispute)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return d.State == mingjing.DisputeDecided, err
}

func disputable(s mingjing.RecordState) bool {
	return s == mingjing.RecordActive || s == mingjing.RecordCorrected || s == mingjing.RecordSuspended
}

func listingDisputable(s mingjing.ListingState) bool {
	return s == mingjing.ListingInEffect || s == mingjing.ListingServed || s == mingjing.ListingUnserved || s == mingjing.ListingSuspended
}

// Listings are the actor's listings, newest first.
func (c *Casework) Listings(ctx context.Context, a mingjing.Actor) (mingjing.ListingsView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.ListingsView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.ListingsView, error) {
		v := mingjing.ListingsView{Listings: []mingjing.ListingView{}}
		if err := t.look(ctx, a, me, c.Now(), "listings", "", "own"); err != nil {
			return v, err
		}
		listings, err := t.Listings(ctx, me)
		if err != nil {
			return v, err
		}
		for _, l := range listings {
			shown, err := c.showListing(ctx, t, l)
			if err != nil {
				return v, err
			}
			v.Listings = append(v.Listings, shown)
		}
		slices.SortStableFunc(v.Listings, func(x, y mingjing.ListingView) int {
			return cmp.Compare(y.Listing.From, x.Listing.From)
		})
		return v, nil
	})
}

// Listing is one of the actor's listings.
func (c *Casework) Listing(ctx context.Context, a mingjing.Actor, id string) (mingjing.ListingView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.ListingView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.ListingView, error) {
		t.because(a, "listing", id, "own")
		l, err := t.Listing(ctx, id)
		if err != nil {
			return mingjing.ListingView{}, err
		}
		if l.Resident != me {
			return mingjing.ListingView{}, ErrNotFound
		}
		v, err := c.showListing(ctx, t, l)
		if err != nil {
			return v, err
		}
		v.Without, err = c.without(ctx, t, l)
		return v, err
	})
}

func (c *Casework) showListing(ctx context.Context, t *tx, l Listing) (mingjing.ListingView, error) {
	v := mingjing.ListingView{Listing: l.Listing, Effective: l.Effective(c.today()), Key: newID(),
		Effect: []mingjing.Effect{}, Open: listingDisputable(l.State)}
	if v.Open {
		open, err := caseOpen(ctx, t, l.DisputeID)
		if err != nil {
			return v, err
		}
		v.Open = !open
	}
	var err error
	if v.RepairWhy, err = c.repairWhy(ctx, t, l); err != nil {
		return v, err
	}
	v.Repair = v.RepairWhy == ""
	for _, b := range c.books {
		if _, ok := b.Item(l.Code); ok {
			v.Effect = append(v.Effect, mingjing.EffectOfListing(b, l.Listing, c.today()))
		}
	}
	return v, nil
}

// without is what each score that the resident has would be today if the listing
// were not there.
func (c *Casework) without(ctx context.Context, t *tx, l Listing) ([]mingjing.ScoreIf, error) {
	var out []mingjing.ScoreIf
	for _, b := range c.books {
		scores, err := t.Scores(ctx, l.Resident, b.ID)
		if err != nil {
			return nil, err
		}
		if _, ok := b.Item(l.Code); !ok || len(scores) == 0 {
			continue
		}
		in, err := c.input(ctx, t, l.Resident, b, scores[len(scores)-1].Missing)
		if err != nil {
			return nil, err
		}
		in.Listings = slices.DeleteFunc(in.Listings, func(x mingjing.Listing) bool { return x.ID == l.ID })
		s := mingjing.MakeScore(b, in)
		out = append(out, mingjing.ScoreIf{Rulebook: b.ID, Value: s.Value, Band: s.Band})
	}
	return out, nil
}

// Sources are the agencies of all rulebooks, what each may hold, and what it
// holds on the actor.
func (c *Casework) Sources(ctx context.Context, a mingjing.Actor) (mingjing.SourcesView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.SourcesView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.SourcesView, error) {
		v := mingjing.SourcesView{Sources: []mingjing.SourceView{}}
		if err := t.look(ctx, a, me, c.Now(), "sources", "", "own"); err != nil {
			return v, err
		}
		held := map[string]int{}
		records, err := t.Records(ctx, me)
		if err != nil {
			return v, err
		}
		for _, r := range records {
			if r.State != mingjing.RecordRemoved {
				held[r.Agency]++
			}
		}
		listings, err := t.Listings(ctx, me)
		if err != nil {
			return v, err
		}
		for _, l := range listings {
			if !l.State.Over() {
				held[l.Agency]++
			}
		}
		asked := map[string]Source{}
		r, err := t.LatestRequest(ctx, me)
		if err == nil {
			sources, err := c.sources(ctx, t, r)
			if err != nil {
				return v, err
			}
			for _, s := range sources {
				asked[s.Agency] = s
			}
		} else if !errors.Is(err, ErrNotFound) {
			return v, err
		}
		seen := map[string]int{}
		for _, b := range c.books {
			for _, ag := range b.Agencies {
				if i, ok := seen[ag.Code]; ok {
					for _, code := range ag.Holds {
						if !slices.Contains(v.Sources[i].Holds, code) {
							v.Sources[i].Holds = append(v.Sources[i].Holds, code)
						}
					}
					continue
				}
				seen[ag.Code] = len(v.Sources)
				v.Sources = append(v.Sources, mingjing.SourceView{Agency: ag.Code, Holds: slices.Clone(ag.Holds),
					Records: held[ag.Code], State: asked[ag.Code].State, At: asked[ag.Code].AnsweredAt})
			}
		}
		slices.SortStableFunc(v.Sources, func(x, y mingjing.SourceView) int { return y.Records - x.Records })
		return v, nil
	})
}

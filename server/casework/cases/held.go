package cases

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// Records returns the actor's records with their rule and effect, newest first.
func (c *Cases) Records(ctx context.Context, a mingjing.Actor) (mingjing.RecordsView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.RecordsView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RecordsView, error) {
		v := mingjing.RecordsView{Records: []mingjing.RecordView{}}
		rd := t.As(c.city.Entry(a, "records", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		records, err := read(rd).Records(ctx, me)
		if err != nil {
			return v, err
		}
		open, err := OpenCasesOf(ctx, t, me)
		if err != nil {
			return v, err
		}
		slices.SortStableFunc(records, func(x, y holding.Record) int { return cmp.Compare(y.Occurred, x.Occurred) })
		for _, r := range records[:min(len(records), MaxShown)] {
			v.Records = append(v.Records, c.RecordView(r, open))
		}
		return v, nil
	})
}

// Record returns one of the actor's records.
func (c *Cases) Record(ctx context.Context, a mingjing.Actor, id string) (mingjing.RecordView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.RecordView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RecordView, error) {
		rd := t.As(c.city.Entry(a, "record", id, "own"))
		r, err := read(rd).Record(ctx, id)
		if err != nil {
			return mingjing.RecordView{}, err
		}
		if r.Resident != me {
			return mingjing.RecordView{}, kernel.ErrNotFound
		}
		open, err := OpenCasesOf(ctx, t, me)
		return c.RecordView(r, open), err
	})
}

// RecordView returns a record with its rule and effect by each rulebook.
func (c *Cases) RecordView(r holding.Record, open OpenCases) mingjing.RecordView {
	v := mingjing.RecordView{Record: r.Record, Effect: []mingjing.Effect{}, Open: open.RecordDisputable(r)}
	for _, b := range c.city.Books() {
		item, ok := b.Item(r.Code)
		if !ok {
			continue
		}
		v.Area = item.Area
		e := mingjing.EffectOfRecord(b, r.Record, c.city.Today())
		v.Effect = append(v.Effect, e)
		if e.Ends > v.Ends {
			v.Ends = e.Ends
		}
	}
	return v
}

// MaxShown is how many records, listings or cases of a resident a page shows at most,
// the newest. What they take along has all.
const MaxShown = 500

// OpenCases are the cases of one resident that are not decided, by ID. What an agency
// has lost is suspended while its case still waits for the decision.
type OpenCases map[string]bool

// OpenCasesOf returns the open cases of a resident.
func OpenCasesOf(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID) (OpenCases, error) {
	ids, err := db(t).OpenCaseIDs(ctx, resident)
	open := make(OpenCases, len(ids))
	for _, id := range ids {
		open[id] = true
	}
	return open, err
}

// RecordDisputable reports whether a case can be made of a record.
func (o OpenCases) RecordDisputable(r holding.Record) bool {
	return disputable(r.State) && !o[r.DisputeID]
}

// ListingDisputable reports whether a case can be made of a listing.
func (o OpenCases) ListingDisputable(l holding.Listing) bool {
	return listingDisputable(l.State) && !o[l.DisputeID]
}

// decided reports whether the last case is decided: what an agency has lost is suspended
// while the case still waits for its decision.
func decided(ctx context.Context, rd *kernel.Reader, dispute string) (bool, error) {
	d, err := read(rd).Case(ctx, dispute)
	if errors.Is(err, kernel.ErrNotFound) {
		return true, nil
	}
	return d.State == mingjing.CaseDecided, err
}

func disputable(s mingjing.RecordState) bool {
	return s == mingjing.RecordActive || s == mingjing.RecordCorrected || s == mingjing.RecordSuspended
}

func listingDisputable(s mingjing.ListingState) bool {
	return s == mingjing.ListingInEffect || s == mingjing.ListingServed || s == mingjing.ListingUnserved || s == mingjing.ListingSuspended
}

// Listings returns the actor's listings, newest first.
func (c *Cases) Listings(ctx context.Context, a mingjing.Actor) (mingjing.ListingsView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ListingsView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ListingsView, error) {
		v := mingjing.ListingsView{Listings: []mingjing.ListingView{}}
		rd := t.As(c.city.Entry(a, "listings", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		listings, err := read(rd).Listings(ctx, me)
		if err != nil {
			return v, err
		}
		open, err := OpenCasesOf(ctx, t, me)
		if err != nil {
			return v, err
		}
		slices.SortStableFunc(listings, func(x, y holding.Listing) int { return cmp.Compare(y.From, x.From) })
		for _, l := range listings[:min(len(listings), MaxShown)] {
			v.Listings = append(v.Listings, c.ListingView(l, open))
		}
		return v, nil
	})
}

// Listing returns one of the actor's listings.
func (c *Cases) Listing(ctx context.Context, a mingjing.Actor, id string) (mingjing.ListingView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ListingView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ListingView, error) {
		rd := t.As(c.city.Entry(a, "listing", id, "own"))
		l, err := read(rd).Listing(ctx, id)
		if err != nil {
			return mingjing.ListingView{}, err
		}
		if l.Resident != me {
			return mingjing.ListingView{}, kernel.ErrNotFound
		}
		open, err := OpenCasesOf(ctx, t, me)
		if err != nil {
			return mingjing.ListingView{}, err
		}
		v := c.ListingView(l, open)
		v.Without, err = c.without(ctx, rd, l)
		return v, err
	})
}

// ListingView returns a listing with its effect by each rulebook, and whether repair is open.
func (c *Cases) ListingView(l holding.Listing, open OpenCases) mingjing.ListingView {
	v := mingjing.ListingView{Listing: l.Listing, Effective: l.Effective(c.city.Today()), Key: kernel.NewID(),
		Effect: []mingjing.Effect{}, Open: open.ListingDisputable(l), RepairWhy: c.repairWhy(l, open[l.DisputeID])}
	v.Repair = v.RepairWhy == ""
	for _, b := range c.city.Books() {
		if _, ok := b.Item(l.Code); ok {
			v.Effect = append(v.Effect, mingjing.EffectOfListing(b, l.Listing, c.city.Today()))
		}
	}
	return v
}

// without returns what each score of the resident would be today without the listing.
func (c *Cases) without(ctx context.Context, rd *kernel.Reader, l holding.Listing) ([]mingjing.ScoreIf, error) {
	var out []mingjing.ScoreIf
	for _, b := range c.city.Books() {
		if _, ok := b.Item(l.Code); !ok {
			continue
		}
		last, err := read(rd).LatestScore(ctx, l.Resident, b.ID)
		if errors.Is(err, kernel.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		in, err := c.scores.Input(ctx, rd, l.Resident, b, last.Missing)
		if err != nil {
			return nil, err
		}
		in.Listings = slices.DeleteFunc(in.Listings, func(x mingjing.Listing) bool { return x.ID == l.ID })
		s := mingjing.MakeScore(b, in)
		out = append(out, mingjing.ScoreIf{Rulebook: b.ID, Value: s.Value, Band: s.Band})
	}
	return out, nil
}

// Sources returns the agencies of all rulebooks, what each may hold, and what it
// holds on the actor.
func (c *Cases) Sources(ctx context.Context, a mingjing.Actor) (mingjing.SourcesView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.SourcesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.SourcesView, error) {
		v := mingjing.SourcesView{Sources: []mingjing.SourceView{}}
		rd := t.As(c.city.Entry(a, "sources", "", "own"))
		if err := rd.Log(ctx, me); err != nil {
			return v, err
		}
		held := map[string]int{}
		records, err := read(rd).Records(ctx, me)
		if err != nil {
			return v, err
		}
		for _, r := range records {
			if r.State != mingjing.RecordRemoved {
				held[r.Agency]++
			}
		}
		listings, err := read(rd).Listings(ctx, me)
		if err != nil {
			return v, err
		}
		for _, l := range listings {
			if !l.State.Over() {
				held[l.Agency]++
			}
		}
		asked := map[string]score.Source{}
		r, err := read(rd).LatestRequest(ctx, me)
		if err == nil {
			sources, err := c.scores.SourcesOf(ctx, rd, r)
			if err != nil {
				return v, err
			}
			for _, s := range sources {
				asked[s.Agency] = s
			}
		} else if !errors.Is(err, kernel.ErrNotFound) {
			return v, err
		}
		seen := map[string]int{}
		for _, b := range c.city.Books() {
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

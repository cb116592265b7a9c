package listing

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// Listings returns the actor's listings, newest first.
func (c *Listings) Listings(ctx context.Context, a mingjing.Actor) (mingjing.ListingsView, error) {
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
		open, err := cases.OpenCasesOf(ctx, t, me)
		if err != nil {
			return v, err
		}
		slices.SortStableFunc(listings, func(x, y holding.Listing) int { return cmp.Compare(y.From, x.From) })
		for _, l := range listings[:min(len(listings), cases.MaxShown)] {
			v.Listings = append(v.Listings, c.ListingView(l, open))
		}
		return v, nil
	})
}

// Listing returns one of the actor's listings.
func (c *Listings) Listing(ctx context.Context, a mingjing.Actor, id string) (mingjing.ListingView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ListingView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ListingView, error) {
		rd := t.As(c.city.Entry(a, "listing", id, "own"))
		l, err := holding.OwnListing(ctx, rd, me, id)
		if err != nil {
			return mingjing.ListingView{}, err
		}
		open, err := cases.OpenCasesOf(ctx, t, me)
		if err != nil {
			return mingjing.ListingView{}, err
		}
		v := c.ListingView(l, open)
		v.Without, err = c.without(ctx, rd, l)
		return v, err
	})
}

// ListingView returns a listing with its effect by each rulebook, and whether repair is open.
func (c *Listings) ListingView(l holding.Listing, open holding.OpenCases) mingjing.ListingView {
	v := mingjing.ListingView{Listing: l.Listing, Effective: l.Effective(c.city.Today()),
		Effect: []mingjing.Effect{}, Open: open.ListingDisputable(l), RepairWhy: c.holdings.RepairWhy(l, open[l.DisputeID])}
	v.Repair = v.RepairWhy == ""
	for _, b := range c.city.HeldBooks() {
		if _, ok := b.Item(l.Code); ok {
			v.Effect = append(v.Effect, mingjing.EffectOfListing(b, l.Listing, c.city.Today()))
		}
	}
	return v
}

// without returns what each score of the resident would be today without the listing.
func (c *Listings) without(ctx context.Context, rd *kernel.Reader, l holding.Listing) ([]mingjing.ScoreIf, error) {
	var out []mingjing.ScoreIf
	for _, b := range c.city.HeldBooks() {
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

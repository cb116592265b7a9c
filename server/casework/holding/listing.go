package holding

import (
	"context"
	"slices"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// listingMoves are the states that may follow each state of a listing; "" is
// before there is one. A listing that was taken over from an authority begins
// unserved or in effect. Nothing gets into effect but through served, or out of a
// dispute or suspension back to where it was.
var listingMoves = map[mingjing.ListingState][]mingjing.ListingState{
	"":                       {mingjing.ListingProposed, mingjing.ListingUnserved, mingjing.ListingInEffect},
	mingjing.ListingProposed: {mingjing.ListingDecided, mingjing.ListingRefused},
	mingjing.ListingDecided:  {mingjing.ListingServed, mingjing.ListingAnnulled},
	mingjing.ListingServed:   {mingjing.ListingInEffect, mingjing.ListingDisputed, mingjing.ListingLifted, mingjing.ListingAnnulled},
	mingjing.ListingUnserved: {mingjing.ListingDisputed, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled},
	mingjing.ListingInEffect: {mingjing.ListingDisputed, mingjing.ListingSuspended, mingjing.ListingRepaired, mingjing.ListingExpired,
		mingjing.ListingLifted, mingjing.ListingAnnulled},
	mingjing.ListingDisputed: {mingjing.ListingServed, mingjing.ListingUnserved, mingjing.ListingInEffect, mingjing.ListingSuspended,
		mingjing.ListingRepaired, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled},
	mingjing.ListingSuspended: {mingjing.ListingServed, mingjing.ListingUnserved, mingjing.ListingInEffect, mingjing.ListingDisputed,
		mingjing.ListingRepaired, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled},
}

// MayListingMove reports whether a listing in one state may come into another.
func MayListingMove(from, to mingjing.ListingState) bool {
	return slices.Contains(listingMoves[from], to)
}

// Move changes the state of a listing, publishes it, and notifies the resident where the
// procedure says so. A change that the state machine does not have is a listing_state
// error, with what could follow.
func (c *Holdings) Move(ctx context.Context, rd *kernel.Reader, l *Listing, to mingjing.ListingState, by mingjing.Actor) error {
	if !MayListingMove(l.State, to) {
		err := mingjing.NewError(mingjing.Conflict, "listing_state", "state", string(l.State))
		for _, s := range listingMoves[l.State] {
			err.Allowed = append(err.Allowed, string(s))
		}
		return err
	}
	now := c.city.Now().UTC()
	code := string(to)
	switch to {
	case mingjing.ListingDecided:
		code = "approved"
	case mingjing.ListingServed, mingjing.ListingUnserved:
		if l.State == mingjing.ListingDisputed || l.State == mingjing.ListingSuspended {
			code = "resumed"
		}
	case mingjing.ListingInEffect:
		if l.State == mingjing.ListingDisputed || l.State == mingjing.ListingSuspended {
			code = "resumed"
		} else if l.From == "" {
			c.setTerm(l)
		}
	case mingjing.ListingDisputed, mingjing.ListingSuspended:
		if l.State != mingjing.ListingDisputed {
			l.Before = l.State
		}
	}
	l.State = to
	entry := mingjing.TimelineEntry{At: now, Code: code, Role: by.Role, Who: by.Name}
	if by.Role == mingjing.RoleResident {
		entry.Who = ""
	}
	l.Life = append(l.Life, entry)
	if err := db(rd).PutListing(ctx, *l); err != nil {
		return err
	}
	if err := rd.Emit(ctx, string(l.Resident), mingjing.EventRecord, l.ID, now); err != nil {
		return err
	}
	switch to {
	case mingjing.ListingServed:
		return rd.Enqueue(ctx, kernel.Job{Kind: JobListing, ID: l.ID, At: *l.AnswerBy})
	case mingjing.ListingInEffect:
		if code == "in_effect" {
			if err := c.notices.NotifyItem(ctx, rd, l.Resident, mingjing.Notice{Kind: mingjing.NoticeListingInEffect, Page: "listing",
				Subject: l.ID, Item: l.Code}); err != nil {
				return err
			}
		}
		return rd.Enqueue(ctx, kernel.Job{Kind: JobListing, ID: l.ID, At: l.Ends.Time(c.city.Zone())})
	case mingjing.ListingRefused, mingjing.ListingRepaired, mingjing.ListingExpired, mingjing.ListingLifted, mingjing.ListingAnnulled:
		return c.notices.NotifyItem(ctx, rd, l.Resident, mingjing.Notice{Kind: mingjing.NoticeListingEnded, Code: code, Page: "listing",
			Subject: l.ID, Item: l.Code})
	}
	return nil
}

// setTerm sets a listing's first and last day, on the day on which it takes effect, and
// the day from which repair is open.
func (c *Holdings) setTerm(l *Listing) {
	l.From = c.city.Today()
	l.Ends = l.From.AddMonths(l.TermMonths)
	c.capByTier(l)
}

// capByTier limits a listing to its tier: it ends no later than the tier allows, and
// repair is open from the tier's day on.
func (c *Holdings) capByTier(l *Listing) {
	tier, ok := c.city.Procedure(l.Code).Tier(l.Tier)
	if !ok || l.From == "" {
		return
	}
	// One with no end has no effect, and does not get one by being given an end.
	if last := l.From.AddMonths(tier.MaxMonths); last != "" && l.Ends > last {
		l.Ends = last
	}
	l.RepairFrom = l.From.AddMonths(tier.MinMonths)
}

// ListingItem returns the rulebook and the item of a list, by its catalogue code.
func (c *Holdings) ListingItem(code string) (*mingjing.Rulebook, mingjing.Item, bool) {
	for _, b := range c.city.HeldBooks() {
		if item, ok := b.Item(code); ok && item.Listing != "" {
			return b, item, true
		}
	}
	return nil, mingjing.Item{}, false
}

// Disputable reports whether a case can be made of a listing in its state.
func (l Listing) Disputable() bool {
	return l.State == mingjing.ListingInEffect || l.State == mingjing.ListingServed || l.State == mingjing.ListingUnserved ||
		l.State == mingjing.ListingSuspended
}

// RepairWhy returns why repair can't be applied for; "" when it can. open means that the
// listing's last case is not decided.
func (c *Holdings) RepairWhy(l Listing, open bool) string {
	switch {
	case l.Kind != mingjing.Blacklist:
		return "no_condition"
	case l.State == mingjing.ListingDisputed:
		return "case_open"
	case l.State != mingjing.ListingInEffect:
		return "not_in_effect"
	case l.RepairFrom == "":
		return "no_condition"
	case open:
		return "case_open"
	case c.city.Today() < l.RepairFrom:
		return "too_early"
	}
	return ""
}

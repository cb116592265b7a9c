package cases

import (
	"context"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// sooner returns the place of the bureau's clock in a case, and that clock as it would be if
// the resident said now that they have nothing to add: half of the procedure's days from
// now, rounded up. The place is -1 where that is not sooner, or while the agency is waited
// for.
func (c *Cases) sooner(d Case) (place int, clock mingjing.Clock) {
	switch {
	case d.Decision != nil || d.ReadyAt != nil || d.Kind == mingjing.CaseListing:
		return -1, clock
	case d.State == mingjing.CaseAgencyAsked || d.State == mingjing.CaseAgencySilent:
		return -1, clock
	}
	proc := c.city.Procedure(d.CatalogueCode)
	days := map[string]int{"repair": proc.RepairDays, "review": proc.ReviewDays}
	if WasAsked(d) || d.Missing != nil && d.Answer != nil {
		days["decide"] = proc.BureauDays
	}
	for i, k := range d.Clocks {
		n := days[k.Code]
		if n == 0 || !IsRunning(k) || c.city.Now().After(k.Due) {
			continue
		}
		if clock = c.city.ClockFor(k.Code, (n+1)/2); clock.Due.Before(k.Due) {
			return i, clock
		}
	}
	return -1, clock
}

// NothingToAdd stores that the resident, or who helps them, has nothing to add to a case.
// The bureau then has half of its time, from now, and never more than it had. It has the
// whole again when something is added.
func (c *Cases) NothingToAdd(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd, d, m, err := c.enterCase(ctx, t, a, id, "dispute")
		if err != nil {
			return err
		}
		i, clock := c.sooner(d)
		if i < 0 {
			return mingjing.NewError(mingjing.Conflict, "not_sooner")
		}
		now := c.city.Now().UTC()
		before := d.Clocks[i]
		d.ReadyAt, d.Before, d.Clocks[i] = &now, &before, clock
		d.Timeline = append(d.Timeline, entryBy(a, m, now, "nothing_to_add"))
		d.NextDue = NextDue(d.Clocks)
		if err := c.WatchClocks(ctx, t, d); err != nil {
			return err
		}
		if err := c.SetCase(ctx, t, d); err != nil {
			return err
		}
		return c.Tell(ctx, rd, d)
	})
	if err != nil {
		return mingjing.Case{}, kernel.Public(err)
	}
	return c.Dispute(ctx, a, id)
}

// moreToAdd gives the bureau the whole of its time again, since the resident adds something
// after all. A clock that is late stays late.
func (c *Cases) moreToAdd(ctx context.Context, t *kernel.Tx, d *Case) error {
	if d.Before == nil {
		return nil
	}
	for i, k := range d.Clocks {
		if k.Code == d.Before.Code && IsRunning(k) && !c.city.Now().After(k.Due) {
			d.Clocks[i] = *d.Before
		}
	}
	d.ReadyAt, d.Before, d.NextDue = nil, nil, NextDue(d.Clocks)
	return c.WatchClocks(ctx, t, *d)
}

package cases

import (
	"context"
	"errors"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// IsBureauClock reports whether a clock is the bureau's own and ends a case's wait:
// decide, check, serve, repair, review.
func IsBureauClock(code string) bool {
	return slices.Contains([]string{"decide", "check", "serve", "repair", "review"}, code)
}

// MarkMet marks a running clock as met, and as missed if that is after its time.
func MarkMet(clocks []mingjing.Clock, code string, at time.Time) {
	for i, k := range clocks {
		if k.Code == code && k.MetAt == nil {
			clocks[i].MetAt = &at
			clocks[i].Missed = at.After(k.Due)
		}
	}
}

// IsRunning reports whether the clock is unmet; an overdue clock is still running.
func IsRunning(k mingjing.Clock) bool { return k.MetAt == nil && !k.Missed }

// NextDue returns the nearest clock that still runs; zero when none does.
func NextDue(clocks []mingjing.Clock) time.Time {
	var next time.Time
	for _, k := range clocks {
		if IsRunning(k) && (next.IsZero() || k.Due.Before(next)) {
			next = k.Due
		}
	}
	return next
}

// markMissed marks a running clock as missed for good.
func markMissed(clocks []mingjing.Clock, code string) {
	for i, k := range clocks {
		if k.Code == code && IsRunning(k) {
			clocks[i].Missed = true
		}
	}
}

// RestartBureauClock sets the bureau's clock of a case to n working days from now. A
// clock that is late already stays late.
func (c *Cases) RestartBureauClock(ctx context.Context, t *kernel.Tx, d *Case, n int) error {
	for i, k := range d.Clocks {
		if IsBureauClock(k.Code) && IsRunning(k) && !c.city.Now().After(k.Due) {
			d.Clocks[i] = c.city.ClockFor(k.Code, n)
		}
	}
	return c.WatchClocks(ctx, t, *d)
}

// WatchClocks schedules a check of the bureau's own clock at its due time.
func (c *Cases) WatchClocks(ctx context.Context, t *kernel.Tx, d Case) error {
	for _, k := range d.Clocks {
		if IsBureauClock(k.Code) && IsRunning(k) {
			if err := t.Enqueue(ctx, kernel.Job{Kind: JobClock, ID: d.ID, At: k.Due}); err != nil {
				return err
			}
		}
	}
	return nil
}

// clockDue is the job that does what the procedure says when a clock of the bureau's own
// has run out: never anything that is worse for the resident.
func (c *Cases) clockDue(ctx context.Context, id string) (time.Duration, error) {
	var wait time.Duration
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		wait = 0
		// Nothing of the resident is opened, and nothing is logged, unless one has run out.
		line, err := db(t).CaseSummary(ctx, id)
		if err != nil || line.State == mingjing.CaseDecided || line.Escalated {
			return err
		}
		now := c.city.Now().UTC()
		for _, k := range line.Clocks {
			if !IsBureauClock(k.Code) || !IsRunning(k) {
				continue
			}
			if left := k.Due.Sub(now); left >= 0 {
				wait = left + time.Millisecond
				return nil
			}
			rd := t.As(c.city.Entry(kernel.System, "clock", id, Purpose(kernel.System, line)))
			d, err := read(rd).Case(ctx, id)
			if err != nil {
				return err
			}
			return c.overdue(ctx, rd, d, k.Code, now)
		}
		return nil
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	if errors.Is(err, kernel.ErrConflict) { // somebody decided meanwhile
		return time.Second, nil
	}
	return wait, err
}

func (c *Cases) overdue(ctx context.Context, rd *kernel.Reader, d Case, code string, now time.Time) error {
	add := func(what string) {
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: what, Role: mingjing.RoleSystem})
	}
	cause := ""
	move := func(to mingjing.ListingState) error {
		l, err := read(rd).Listing(ctx, d.ListingID)
		if err != nil || !holding.MayListingMove(l.State, to) {
			return err
		}
		return c.holdings.Move(ctx, rd, &l, to, kernel.System)
	}
	switch code {
	case "check":
		add("refused")
		MarkMet(d.Clocks, "check", now)
		d.State, d.Decision = mingjing.CaseDecided, &mingjing.Decision{Outcome: mingjing.OutcomeRefused, At: now, Rule: "unchecked"}
		if err := move(mingjing.ListingRefused); err != nil {
			return err
		}
	case "serve":
		add("annulled")
		MarkMet(d.Clocks, "serve", now)
		d.State, d.Decision.Rule = mingjing.CaseDecided, "unserved"
		if err := move(mingjing.ListingAnnulled); err != nil {
			return err
		}
	case "repair":
		d.Escalated, cause = true, "agency_silent"
		add("escalated")
		if err := move(mingjing.ListingSuspended); err != nil {
			return err
		}
	default:
		d.Escalated = true
		add("escalated")
	}
	d.NextDue = NextDue(d.Clocks)
	if d.Decision != nil { // by rule
		if err := c.WriteLetter(ctx, rd, &d); err != nil {
			return err
		}
	}
	if err := c.SetCase(ctx, rd.Tx, d); err != nil {
		return err
	}
	if d.Escalated {
		if err := c.CaseMoved(ctx, rd, d, "escalated"); err != nil {
			return err
		}
	}
	if cause != "" {
		if err := c.scores.Rescore(ctx, rd, d.Resident, cause, ""); err != nil {
			return err
		}
	}
	return c.Tell(ctx, rd, d)
}

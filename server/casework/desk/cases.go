package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// Cases returns a page of the work queue, by nearest clock. The queue shows no person:
// only a search, which names one already, shows names, and then each resident
// found has the look in their access log.
func (c *Desk) Cases(ctx context.Context, a mingjing.Actor, f mingjing.CaseFilter, cursor string) (mingjing.QueueView, error) {
	const page = 25
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.QueueView{}, err
	}
	if f.Kind != "" && !slices.Contains(mingjing.CaseKinds, f.Kind) {
		return mingjing.QueueView{}, mingjing.NewError(mingjing.Invalid, "invalid_filter")
	}
	if len(f.Search) > 200 || !slices.Contains([]mingjing.Lateness{mingjing.OnTime, mingjing.Late, mingjing.VeryLate}, f.Late) ||
		len(f.Agency) > 100 || len(cursor) > 200 ||
		(f.State != "" && f.State != "open" && f.State != "all" && !slices.Contains(mingjing.CaseStates, mingjing.CaseState(f.State))) {
		return mingjing.QueueView{}, mingjing.NewError(mingjing.Invalid, "invalid_filter")
	}
	f.Search = strings.TrimSpace(f.Search)
	q := cases.CaseQuery{CaseFilter: f, Now: c.city.Now(), Cursor: cursor, Limit: page + 1}
	if f.Mine {
		q.HandlerID = a.ID
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.QueueView, error) {
		v := mingjing.QueueView{Filter: f, Cases: []mingjing.CaseView{}}
		for _, e := range c.city.CalendarEnds() {
			if e.Days <= mingjing.CalendarNotice {
				v.Calendars = append(v.Calendars, e)
			}
		}
		var err error
		if v.Scores, err = c.scores.Late(ctx, t); err != nil {
			return v, err
		}
		found, err := db(t).Cases(ctx, q)
		if err != nil {
			return v, err
		}
		if len(found) > page {
			found = found[:page]
			v.Next = found[page-1].Cursor()
		}
		near, err := cases.NearTo(ctx, t, a)
		if err != nil {
			return v, err
		}
		named := map[mingjing.ResidentID]kernel.Resident{} // one entry for each, however many cases
		for _, d := range found {
			if d.Near = near[d.Resident]; d.Near != nil {
				continue // it is theirs to see as a resident
			}
			k := c.showSummary(a, d)
			if f.Search != "" {
				r, known := named[d.Resident]
				if !known {
					if r, err = read(t.As(c.city.Entry(a, "search", d.ID, cases.Purpose(a, d)))).Resident(ctx, d.Resident); err != nil {
						return v, err
					}
					named[d.Resident] = r
				}
				k.Resident, k.IDMasked = r.Name, r.IDNumber.Masked()
			}
			v.Cases = append(v.Cases, k)
		}
		if v.Counts, err = db(t).CaseCounts(ctx); err != nil {
			return v, err
		}
		late, very, err := db(t).LateCounts(ctx, q.Now)
		v.Counts["late"], v.Counts["very_late"], v.Counts["missed"] = late, very, late+very
		return v, err
	})
}

// showSummary returns a case as the queue shows it, without the person.
func (c *Desk) showSummary(a mingjing.Actor, d cases.Case) mingjing.CaseView {
	k := mingjing.CaseView{Case: d.Case, HandlerID: d.HandlerID, Allowed: append([]string{}, steps(a, d)...)}
	k.Evidence, k.Timeline = []mingjing.Evidence{}, []mingjing.TimelineEntry{}
	switch {
	case d.Missing != nil: // it says itself what it is about
	case d.RecordID != "":
		k.Record = &mingjing.Record{ID: d.RecordID, Code: d.CatalogueCode, Agency: d.AgencyCode}
	default:
		k.Listing = &mingjing.Listing{ID: d.ListingID, Code: d.CatalogueCode, Agency: d.AgencyCode}
		if _, item, ok := c.holdings.ListingItem(d.CatalogueCode); ok {
			k.Listing.Kind = item.Listing
		}
	}
	k.Clocks = c.cases.Missed(d.Clocks)
	k.Next = nearest(d.Clocks, k.Clocks)
	return k
}

// nearest returns the nearest running clock of a case, as it is shown. In the stored
// clocks only those that were lost are missed.
func nearest(stored, shown []mingjing.Clock) (next *mingjing.Clock) {
	for i, clock := range stored {
		if cases.IsRunning(clock) && (next == nil || clock.Due.Before(next.Due)) {
			next = &shown[i]
		}
	}
	return next
}

// Case returns one case. The resident sees in the access log that it was read. One that
// is not the actor's to open ([cases.OpenedBy]) is returned closed.
func (c *Desk) Case(ctx context.Context, a mingjing.Actor, id string) (mingjing.CaseView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.CaseView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CaseView, error) {
		rd, err := cases.OpenedBy(ctx, t, c.city, a, "case", id)
		if errors.Is(err, cases.ErrNotOpened) {
			return c.showClosed(ctx, t, a, id)
		} else if err != nil {
			return mingjing.CaseView{}, err
		}
		return c.showOpen(ctx, rd, a, id)
	})
}

// showOpen returns a case with its resident, unless the actor is near to them.
func (c *Desk) showOpen(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, id string) (mingjing.CaseView, error) {
	d, err := cases.CaseFor(ctx, rd, a, id)
	if err == nil {
		err = d.Near
	}
	if err != nil {
		return mingjing.CaseView{}, err
	}
	return c.showDesk(ctx, rd, a, d)
}

// showClosed returns a case as the queue shows it. Nothing of its resident is opened.
func (c *Desk) showClosed(ctx context.Context, t *kernel.Tx, a mingjing.Actor, id string) (mingjing.CaseView, error) {
	d, err := db(t).CaseSummary(ctx, id)
	if err != nil {
		return mingjing.CaseView{}, err
	}
	k := c.showSummary(a, d)
	k.Closed, k.Timeline = true, append(k.Timeline, d.Timeline...) // who has taken it
	return k, nil
}

// Open opens a case that is not the actor's, for an hour and for a reason that its
// resident reads in the access log. That it was opened is counted for auditors.
func (c *Desk) Open(ctx context.Context, a mingjing.Actor, id, reason string) (mingjing.CaseView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CaseView{}, err
	}
	reason = kernel.TypedText(reason)
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CaseView, error) {
		_, err := cases.OpenedBy(ctx, t, c.city, a, "case", id)
		switch {
		case err == nil:
			return mingjing.CaseView{}, mingjing.NewError(mingjing.Conflict, "case_open_already")
		case !errors.Is(err, cases.ErrNotOpened):
			return mingjing.CaseView{}, err
		case reason == "" || !utf8.ValidString(reason):
			return mingjing.CaseView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "reason", Code: "open_reason_required"})
		case utf8.RuneCountInString(reason) > mingjing.MaxOpenReason:
			return mingjing.CaseView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "reason", Code: "too_long"})
		}
		e := c.city.Entry(a, "case", id, mingjing.PurposeOtherCase)
		e.Reason = reason
		if err := db(t).AddOpening(ctx, a.ID, id, c.city.Now().UTC()); err != nil {
			return mingjing.CaseView{}, err
		}
		return c.showOpen(ctx, t.As(e), a, id)
	})
}

func (c *Desk) showCase(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, d cases.Case) (mingjing.CaseView, error) {
	shown, err := c.cases.ShowCase(ctx, rd, d)
	if err != nil {
		return mingjing.CaseView{}, err
	}
	resident, err := read(rd).Resident(ctx, d.Resident)
	if err != nil {
		return mingjing.CaseView{}, err
	}
	k := mingjing.CaseView{Case: shown, Resident: resident.Name, IDMasked: resident.IDNumber.Masked(),
		HandlerID: d.HandlerID, Allowed: []string{}}
	k.Next = nearest(d.Clocks, shown.Clocks)
	k.Allowed = append(k.Allowed, steps(a, d)...)
	return k, nil
}

// steps returns what the actor may do with a case now.
func steps(a mingjing.Actor, d cases.Case) []string {
	var can []string
	for _, name := range mingjing.CaseSteps {
		if step(name)(a, d) == nil {
			can = append(can, name)
		}
	}
	return can
}

// mayWork returns an error unless the actor may work on a case at all: it is open, not
// their own, and not about what they decided themselves.
func mayWork(a mingjing.Actor, d cases.Case) error {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return err
	}
	if d.Near != nil {
		return d.Near
	}
	if slices.Contains(d.Barred, a.ID) {
		return mingjing.NewError(mingjing.Forbidden, "case_involved")
	}
	if d.State == mingjing.CaseDecided {
		return mingjing.NewError(mingjing.Conflict, "case_decided")
	}
	return nil
}

// step returns a check of whether an actor may take a step in a case: the case is
// theirs, the state machine has the step, and where two people decide they are the right
// one.
func step(name string) func(mingjing.Actor, cases.Case) error {
	return func(a mingjing.Actor, d cases.Case) error {
		if err := mayWork(a, d); err != nil {
			return err
		}
		follows := slices.Contains(d.MayFollow(), name)
		switch {
		case name == "assign" && follows:
			return mayAssign(a, d)
		case name == "serve" && follows:
			return nil
		case d.HandlerID != a.ID && d.State != mingjing.CaseToServe:
			return mingjing.NewError(mingjing.Conflict, "case_not_yours")
		case !follows && name == "ask_agency" && d.Kind != mingjing.CaseReview && d.Kind != mingjing.CaseListing:
			return mingjing.NewError(mingjing.Conflict, "agency_already_asked")
		case !follows:
			return mingjing.NewError(mingjing.Conflict, "step_impossible")
		case name == "extend" && d.Extended:
			return mingjing.NewError(mingjing.Conflict, "extended_already")
		case name == "extend" && !d.NewEvidence:
			return mingjing.NewError(mingjing.Conflict, "no_new_evidence")
		case name == "decide" && needsSecond(d):
			return second(a, d)
		}
		return nil
	}
}

// needsSecond reports whether the next person to work on a case decides as the second of
// two, or instead of those who decided before.
func needsSecond(d cases.Case) bool {
	return d.Kind == mingjing.CaseReview || d.State == mingjing.CaseRecommended
}

// second returns an error unless the actor is a supervisor who is not the first of the
// two.
func second(a mingjing.Actor, d cases.Case) error {
	if a.Role != mingjing.RoleSupervisor || a.ID == d.RecommenderID {
		return mingjing.NewError(mingjing.Forbidden, "second_person")
	}
	return nil
}

func mayAssign(a mingjing.Actor, d cases.Case) error {
	if needsSecond(d) {
		if err := second(a, d); err != nil {
			return err
		}
	}
	if d.HandlerID == a.ID || (d.HandlerID != "" && a.Role != mingjing.RoleSupervisor) {
		return mingjing.NewError(mingjing.Conflict, "case_taken")
	}
	return nil
}

// withAllowedSteps adds to a conflict error what the actor can do instead.
func withAllowedSteps(err error, a mingjing.Actor, d cases.Case) error {
	e, ok := errors.AsType[*mingjing.Error](err)
	if !ok || e.Kind != mingjing.Conflict {
		return err
	}
	with := *e
	with.Allowed = append([]string{}, steps(a, d)...)
	return &with
}

// handle changes one case in one transaction, if check allows it.
func (c *Desk) handle(ctx context.Context, a mingjing.Actor, id, action string,
	check func(mingjing.Actor, cases.Case) error, change func(*kernel.Reader, *cases.Case, time.Time) error) (mingjing.CaseView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CaseView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CaseView, error) {
		rd, err := cases.ReaderOf(ctx, t, c.city, a, action, id)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		d, err := cases.CaseFor(ctx, rd, a, id)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		if err := check(a, d); err != nil {
			return mingjing.CaseView{}, withAllowedSteps(err, a, d)
		}
		return c.handleIn(ctx, rd, a, d, change)
	})
}

// handleIn changes a case in the transaction of the reader, and returns it as it is
// then.
func (c *Desk) handleIn(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, d cases.Case,
	change func(*kernel.Reader, *cases.Case, time.Time) error) (mingjing.CaseView, error) {
	now := c.city.Now().UTC()
	if err := change(rd, &d, now); err != nil {
		return mingjing.CaseView{}, withAllowedSteps(err, a, d)
	}
	d.NextDue = cases.NextDue(d.Clocks)
	if err := c.cases.SetCase(ctx, rd.Tx, d); err != nil {
		return mingjing.CaseView{}, err
	}
	if err := c.cases.Tell(ctx, rd, d); err != nil {
		return mingjing.CaseView{}, err
	}
	return c.showDesk(ctx, rd, a, d)
}

// Assign gives the case to the actor. A supervisor may take it from a handler.
func (c *Desk) Assign(ctx context.Context, a mingjing.Actor, id string) (mingjing.CaseView, error) {
	return c.handle(ctx, a, id, "case", step("assign"), c.take(ctx, a, TakenByChoice))
}

// take returns the change that gives a case to the actor, and counts how they took it.
func (c *Desk) take(ctx context.Context, a mingjing.Actor, way string) func(*kernel.Reader, *cases.Case, time.Time) error {
	return func(rd *kernel.Reader, d *cases.Case, now time.Time) error {
		d.HandlerID, d.Handler = a.ID, a.Name
		if d.State == mingjing.CaseFiled {
			d.State = mingjing.CaseAssigned
		}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "assigned", Role: a.Role, Who: a.Name})
		if err := db(rd).SetDeskCase(ctx, Case{Dispute: d.ID, Handler: a.ID, Name: a.Name, Way: way, TakenAt: now}); err != nil {
			return err
		}
		return c.cases.CaseMoved(ctx, rd, *d, "assigned")
	}
}

// AskAgency puts the dispute to the agency, whose clock starts; the bureau's own
// runs on from the agency's.
func (c *Desk) AskAgency(ctx context.Context, a mingjing.Actor, id string) (mingjing.CaseView, error) {
	return c.handle(ctx, a, id, "ask_agency", step("ask_agency"), func(rd *kernel.Reader, d *cases.Case, now time.Time) error {
		proc := c.city.Procedure(d.CatalogueCode)
		d.State = mingjing.CaseAgencyAsked
		cases.MarkMet(d.Clocks, "forward", now)
		d.Clocks = append(d.Clocks, c.city.ClockFor("agency", proc.AgencyDays))
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "agency_asked", Role: a.Role, Who: a.Name})
		if err := c.cases.RestartBureauClock(ctx, rd.Tx, d, proc.AgencyDays+proc.BureauDays); err != nil {
			return err
		}
		if err := c.cases.CaseMoved(ctx, rd, *d, "agency_asked"); err != nil {
			return err
		}
		return rd.Enqueue(ctx, kernel.Job{Kind: cases.JobQuestion, ID: d.ID})
	})
}

// Extend gives a case more time, once, and only where evidence came after it was
// filed.
func (c *Desk) Extend(ctx context.Context, a mingjing.Actor, id string) (mingjing.CaseView, error) {
	return c.handle(ctx, a, id, "case", step("extend"), func(rd *kernel.Reader, d *cases.Case, now time.Time) error {
		d.Extended = true
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "extended", Role: a.Role, Who: a.Name})
		for i, k := range d.Clocks {
			if longer := c.city.ClockFor(k.Code, c.city.Procedure(d.CatalogueCode).ExtensionDays); cases.IsBureauClock(k.Code) &&
				cases.IsRunning(k) && longer.Due.After(k.Due) {
				d.Clocks[i] = longer
			}
		}
		if err := c.cases.WatchClocks(ctx, rd.Tx, *d); err != nil {
			return err
		}
		return c.cases.NotifyCase(ctx, rd, *d, mingjing.NoticeCaseExtended, "")
	})
}

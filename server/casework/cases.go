package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"mingjing"
)

// Cases is a page of the work queue, by nearest clock. The queue shows no person:
// only a search, which names one already, shows names, and then each resident
// found has the look in their access log.
func (c *Casework) Cases(ctx context.Context, a mingjing.Actor, f mingjing.CaseFilter, cursor string) (mingjing.QueueView, error) {
	const page = 25
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.QueueView{}, err
	}
	if len(f.Search) > 200 || len(f.Agency) > 100 || len(cursor) > 200 ||
		(f.State != "" && f.State != "open" && f.State != "all" && !slices.Contains(mingjing.DisputeStates, mingjing.DisputeState(f.State))) {
		return mingjing.QueueView{}, mingjing.Errorf(mingjing.Invalid, "invalid_filter")
	}
	f.Search = strings.TrimSpace(f.Search)
	q := CaseQuery{CaseFilter: f, Cursor: cursor, Limit: page + 1}
	if f.Mine {
		q.HandlerID = a.ID
	}
	return within(ctx, c, func(t *tx) (mingjing.QueueView, error) {
		v := mingjing.QueueView{Filter: f, Cases: []mingjing.Case{}}
		found, err := t.Cases(ctx, q)
		if err != nil {
			return v, err
		}
		if len(found) > page {
			found = found[:page]
			v.Next = found[page-1].Cursor()
		}
		for _, d := range found {
			if notOwn(a, d) != nil {
				continue // it is theirs to see as a resident
			}
			k, err := c.showCase(ctx, t, a, d)
			if err != nil {
				return v, err
			}
			k = short(k)
			if f.Search == "" {
				k.Resident, k.IDMasked = "", ""
			} else if err := t.look(ctx, a, d.Resident, c.Now(), "search", d.ID, purpose(a)); err != nil {
				return v, err
			}
			v.Cases = append(v.Cases, k)
		}
		if v.Counts, err = t.CaseCounts(ctx); err != nil {
			return v, err
		}
		v.Counts["missed"], err = c.missed(ctx, t)
		return v, err
	})
}

// short leaves of a case what a line of the queue shows.
func short(k mingjing.Case) mingjing.Case {
	k.Statement, k.Answer, k.Decision = "", nil, nil
	k.Evidence, k.Timeline = []mingjing.Evidence{}, []mingjing.TimelineEntry{}
	if k.Record != nil {
		k.Record = &mingjing.Record{ID: k.Record.ID, Code: k.Record.Code, Agency: k.Record.Agency}
	}
	if k.Listing != nil {
		k.Listing = &mingjing.Listing{ID: k.Listing.ID, Code: k.Listing.Code, Agency: k.Listing.Agency, Kind: k.Listing.Kind}
	}
	return k
}

// maxMissed is how far the cases are counted whose clock has run out.
const maxMissed = 100

// missed is how many open cases have a clock that has run out, maxMissed at the
// most: they are the first of the queue.
func (c *Casework) missed(ctx context.Context, t *tx) (int, error) {
	nearest, err := t.Cases(ctx, CaseQuery{Limit: maxMissed})
	if err != nil {
		return 0, err
	}
	now := c.clock.Now()
	n := slices.IndexFunc(nearest, func(d Dispute) bool { return d.NextDue.IsZero() || !d.NextDue.Before(now) })
	if n < 0 {
		n = len(nearest)
	}
	return n, nil
}

// Case is one case on one screen. The resident sees the look in the access log.
func (c *Casework) Case(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.Case{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Case, error) {
		d, err := t.Dispute(ctx, id)
		if err != nil {
			return mingjing.Case{}, err
		}
		if err := notOwn(a, d); err != nil {
			return mingjing.Case{}, err
		}
		out, err := c.showCase(ctx, t, a, d)
		if err != nil {
			return out, err
		}
		return out, t.look(ctx, a, d.Resident, c.Now(), "case", id, purpose(a))
	})
}

func (c *Casework) showCase(ctx context.Context, t *tx, a mingjing.Actor, d Dispute) (mingjing.Case, error) {
	shown, err := c.showDispute(ctx, t, d)
	if err != nil {
		return mingjing.Case{}, err
	}
	resident, err := t.Resident(ctx, d.Resident)
	if err != nil {
		return mingjing.Case{}, err
	}
	k := mingjing.Case{Dispute: shown, Resident: resident.Name, IDMasked: resident.IDNumber.Masked(),
		HandlerID: d.HandlerID, Allowed: []string{}}
	for i, clock := range d.Clocks { // as stored, where only what was lost is missed
		if runs(clock) && (k.Next == nil || clock.Due.Before(k.Next.Due)) {
			k.Next = &shown.Clocks[i]
		}
	}
	for _, step := range []struct {
		name  string
		check func(mingjing.Actor, Dispute) error
	}{{"assign", mayAssign}, {"ask_agency", mayAsk}, {"decide", mayDecide}} {
		if step.check(a, d) == nil {
			k.Allowed = append(k.Allowed, step.name)
		}
	}
	return k, nil
}

// notOwn refuses a case of the actor's own.
func notOwn(a mingjing.Actor, d Dispute) error {
	if a.Self != "" && a.Self == d.Resident {
		return mingjing.Errorf(mingjing.Forbidden, "case_own")
	}
	return nil
}

// mayWork says whether the actor may work on a case at all: it is open, and not
// their own.
func mayWork(a mingjing.Actor, d Dispute) error {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return err
	}
	if err := notOwn(a, d); err != nil {
		return err
	}
	if d.State == mingjing.DisputeDecided {
		return mingjing.Errorf(mingjing.Conflict, "case_decided")
	}
	return nil
}

func mayAssign(a mingjing.Actor, d Dispute) error {
	if err := mayWork(a, d); err != nil {
		return err
	}
	if d.HandlerID == a.ID || (d.HandlerID != "" && a.Role != mingjing.RoleSupervisor) {
		return mingjing.Errorf(mingjing.Conflict, "case_taken")
	}
	return nil
}

// mayDecide says whether the actor may move a case on: it is theirs.
func mayDecide(a mingjing.Actor, d Dispute) error {
	if err := mayWork(a, d); err != nil {
		return err
	}
	if d.HandlerID != a.ID {
		return mingjing.Errorf(mingjing.Conflict, "case_not_yours")
	}
	return nil
}

func mayAsk(a mingjing.Actor, d Dispute) error {
	if err := mayDecide(a, d); err != nil {
		return err
	}
	if d.State != mingjing.DisputeAssigned {
		return mingjing.Errorf(mingjing.Conflict, "agency_already_asked")
	}
	return nil
}

// handle changes one dispute in one transaction, after check allows it.
func (c *Casework) handle(ctx context.Context, a mingjing.Actor, id, action string, check func(mingjing.Actor, Dispute) error, change func(*tx, *Dispute, time.Time) error) (mingjing.Case, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.Case{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.Case, error) {
		d, err := t.Dispute(ctx, id)
		if err != nil {
			return mingjing.Case{}, err
		}
		if err := check(a, d); err != nil {
			return mingjing.Case{}, err
		}
		now := c.Now().UTC()
		if err := t.look(ctx, a, d.Resident, now, action, id, purpose(a)); err != nil {
			return mingjing.Case{}, err
		}
		if err := change(t, &d, now); err != nil {
			return mingjing.Case{}, err
		}
		d.NextDue = nextDue(d.Clocks)
		if err := t.SetDispute(ctx, d); err != nil {
			return mingjing.Case{}, err
		}
		if err := c.tell(ctx, t, d); err != nil {
			return mingjing.Case{}, err
		}
		return c.showCase(ctx, t, a, d)
	})
}

// Assign gives the case to the actor. A supervisor may take it from a handler.
func (c *Casework) Assign(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	return c.handle(ctx, a, id, "case", mayAssign, func(t *tx, d *Dispute, now time.Time) error {
		d.HandlerID, d.Handler = a.ID, a.Name
		if d.State == mingjing.DisputeFiled {
			d.State = mingjing.DisputeAssigned
		}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "assigned", Role: a.Role, Who: a.Name})
		return c.notify(ctx, t, d.Resident, mingjing.NoticeCaseMoved, "assigned", "dispute", d.ID)
	})
}

// AskAgency puts the dispute to the agency, whose clock starts.
func (c *Casework) AskAgency(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	return c.handle(ctx, a, id, "ask_agency", mayAsk, func(t *tx, d *Dispute, now time.Time) error {
		d.State = mingjing.DisputeAgencyAsked
		meet(d.Clocks, "forward", now)
		d.Clocks = append(d.Clocks, mingjing.Clock{Code: "agency", Due: c.due(AgencyDays)})
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "agency_asked", Role: a.Role, Who: a.Name})
		if err := c.notify(ctx, t, d.Resident, mingjing.NoticeCaseMoved, "agency_asked", "dispute", d.ID); err != nil {
			return err
		}
		return t.Enqueue(ctx, Job{Kind: JobQuestion, ID: d.ID})
	})
}

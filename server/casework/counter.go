package casework

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"mingjing"
)

const (
	// visitTime is how long a look-up at the counter lasts.
	visitTime = time.Hour
	// missTime is for how long one that finds nobody counts.
	missTime = time.Hour
)

// Counter looks up a resident who came to the counter. The look is in their access
// log before anything of theirs is shown: the name, the masked number, and what can
// be disputed. A look-up that finds nobody is counted, so that numbers can't be
// guessed here.
func (c *Casework) Counter(ctx context.Context, a mingjing.Actor, n mingjing.IDNumber) (mingjing.CounterView, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CounterView{}, err
	}
	missed := false
	v, err := within(ctx, c, func(t *tx) (mingjing.CounterView, error) {
		now := c.Now().UTC()
		misses, first, err := t.Misses(ctx, a.ID, now.Add(-missTime))
		if err != nil {
			return mingjing.CounterView{}, err
		}
		if misses >= mingjing.MaxMisses {
			wait := max(1, int(first.Add(missTime).Sub(now).Seconds()))
			return mingjing.CounterView{}, mingjing.Errorf(mingjing.Limited, "too_many_attempts", "seconds", strconv.Itoa(wait))
		}
		who, err := t.ResidentByIDNumber(ctx, n)
		if missed = errors.Is(err, ErrNotFound); missed {
			return mingjing.CounterView{}, t.AddMiss(ctx, a.ID, now)
		} else if err != nil {
			return mingjing.CounterView{}, err
		}
		visit := Visit{ID: newID(), Staff: a.ID, Resident: who, At: now}
		if err := mayServe(ctx, t, a, who); err != nil {
			return mingjing.CounterView{}, err
		}
		if err := t.AddVisit(ctx, visit); err != nil {
			return mingjing.CounterView{}, err
		}
		return c.showCounter(ctx, t, a, visit)
	})
	if err == nil && missed {
		c.log.Warn("a look-up at the counter found nobody", "staff", a.ID)
		err = mingjing.InvalidFields(mingjing.FieldError{Field: "id_number", Code: "resident_unknown"})
	}
	return v, err
}

// CounterAgain is a look-up of the actor's that has not ended, as it was shown.
func (c *Casework) CounterAgain(ctx context.Context, a mingjing.Actor, visit string) (mingjing.CounterView, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CounterView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.CounterView, error) {
		v, err := c.visit(ctx, t, a, visit)
		if err != nil {
			return mingjing.CounterView{}, err
		}
		return c.showCounter(ctx, t, a, v)
	})
}

// mayServe refuses the actor themselves and who is near to them.
func mayServe(ctx context.Context, t *tx, a mingjing.Actor, resident mingjing.ResidentID) error {
	near, err := nearTo(ctx, t, a)
	if err != nil {
		return err
	}
	return notOwn(a, Dispute{Resident: resident, Near: near[resident]})
}

func (c *Casework) visit(ctx context.Context, t *tx, a mingjing.Actor, id string) (Visit, error) {
	v, err := t.Visit(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && (v.Staff != a.ID || c.Now().Sub(v.At) > visitTime) {
		return Visit{}, mingjing.Errorf(mingjing.Conflict, "visit_over")
	} else if err != nil {
		return Visit{}, err
	}
	return v, mayServe(ctx, t, a, v.Resident)
}

func (c *Casework) showCounter(ctx context.Context, t *tx, a mingjing.Actor, visit Visit) (mingjing.CounterView, error) {
	if err := t.look(ctx, a, visit.Resident, c.Now(), "counter", "", "counter"); err != nil {
		return mingjing.CounterView{}, err
	}
	r, err := t.Resident(ctx, visit.Resident)
	if err != nil {
		return mingjing.CounterView{}, err
	}
	v := mingjing.CounterView{Visit: visit.ID, Resident: r.Name, IDMasked: r.IDNumber.Masked(), Key: newID(),
		Records: []mingjing.CounterItem{}, Listings: []mingjing.CounterItem{}}
	open := func(f Filing) (bool, error) {
		_, err := c.about(ctx, t, r.ID, f)
		if _, refused := errors.AsType[*mingjing.Error](err); refused {
			return false, nil
		}
		return err == nil, err
	}
	records, err := t.Records(ctx, r.ID)
	if err != nil {
		return v, err
	}
	for _, rec := range records {
		can, err := open(Filing{RecordID: rec.ID, kind: mingjing.CaseDispute})
		if err != nil {
			return v, err
		}
		v.Records = append(v.Records, mingjing.CounterItem{ID: rec.ID, Agency: rec.Agency, Code: rec.Code, State: string(rec.State), Open: can})
	}
	listings, err := t.Listings(ctx, r.ID)
	if err != nil {
		return v, err
	}
	for _, l := range listings {
		can, err := open(Filing{ListingID: l.ID, kind: mingjing.CaseDispute})
		if err != nil {
			return v, err
		}
		v.Listings = append(v.Listings, mingjing.CounterItem{ID: l.ID, Agency: l.Agency, Code: l.Code, State: string(l.State), Open: can})
	}
	return v, nil
}

// FileAtCounter files a dispute for a resident who came, in their own words. Who
// files it may not decide it.
func (c *Casework) FileAtCounter(ctx context.Context, a mingjing.Actor, visit string, f Filing) (mingjing.Case, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.Case{}, err
	}
	f.kind, f.Previous, f.counter = mingjing.CaseDispute, "", true
	wrong := f.check()
	id := ""
	// Who it is for, and whether there is anything to dispute, comes before the costly
	// look at files.
	prepare := func(t *tx) (me mingjing.ResidentID, err error) {
		id = ""
		t.part(a, "counter", "", "counter", visit)
		v, err := c.visit(ctx, t, a, visit)
		if err != nil {
			return "", err
		}
		if len(wrong) > 0 {
			return "", mingjing.InvalidFields(wrong...)
		}
		if id, err = disputeOfKey(ctx, t, v.Resident, f.Key); id != "" || err != nil {
			return v.Resident, err
		}
		_, err = c.about(ctx, t, v.Resident, f)
		return v.Resident, err
	}
	err := c.tx(ctx, func(t *tx) error {
		_, err := prepare(t)
		return err
	})
	if err != nil {
		return mingjing.Case{}, public(err)
	}
	var files []cleanFile
	if id == "" {
		if files, err = cleanAll(ctx, f.Evidence); err != nil {
			return mingjing.Case{}, err
		}
	}
	k, err := within(ctx, c, func(t *tx) (mingjing.Case, error) {
		me, err := prepare(t)
		if err != nil {
			return mingjing.Case{}, err
		}
		if id == "" {
			id = newID()
			if err := c.fileIn(ctx, t, a, me, f, id, files); err != nil {
				return mingjing.Case{}, err
			}
		} else if err := t.look(ctx, a, me, c.Now(), "case", id, "counter"); err != nil {
			return mingjing.Case{}, err
		}
		d, err := caseFor(ctx, t, a, id)
		if err != nil {
			return mingjing.Case{}, err
		}
		return c.showDesk(ctx, t, a, d)
	})
	if errors.Is(err, ErrExists) { // the resident's own device was faster
		err = errDisputeOpen
	}
	return k, err
}

// atCounter marks a dispute as filed by staff, who may not decide it.
func atCounter(d *Dispute, a mingjing.Actor) {
	d.Timeline[0].Code, d.Timeline[0].Who = "filed_counter", a.Name
	if !slices.Contains(d.Barred, a.ID) {
		d.Barred = append(d.Barred, a.ID)
	}
}

// tellOfCounter writes a filing at the counter into the resident's access log, and
// tells the resident.
func (c *Casework) tellOfCounter(ctx context.Context, t *tx, a mingjing.Actor, d Dispute, now time.Time) error {
	if err := t.look(ctx, a, d.Resident, now, "counter_filed", d.ID, "counter"); err != nil {
		return err
	}
	return c.moved(ctx, t, d, "filed_counter")
}

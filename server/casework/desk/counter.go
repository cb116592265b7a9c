package desk

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

const (
	// visitTime is how long a look-up at the counter lasts.
	visitTime = time.Hour
	// missTime is for how long one that finds nobody counts.
	missTime = time.Hour
)

// Counter looks up a resident who came to the counter. The entry is in their access log
// before anything of theirs is shown: the name, the masked number, and what can be
// disputed. A look-up that finds nobody is counted, so that numbers can't be guessed
// here.
func (c *Desk) Counter(ctx context.Context, a mingjing.Actor, n mingjing.IDNumber) (mingjing.CounterView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CounterView{}, err
	}
	missed := false
	v, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CounterView, error) {
		now := c.city.Now().UTC()
		misses, first, err := db(t).Misses(ctx, a.ID, now.Add(-missTime))
		if err != nil {
			return mingjing.CounterView{}, err
		}
		if misses >= mingjing.MaxMisses {
			wait := max(1, int(first.Add(missTime).Sub(now).Seconds()))
			return mingjing.CounterView{}, mingjing.NewError(mingjing.Limited, "too_many_attempts", "seconds", strconv.Itoa(wait))
		}
		who, err := db(t).ResidentByIDNumber(ctx, n)
		if missed = errors.Is(err, kernel.ErrNotFound); missed {
			return mingjing.CounterView{}, db(t).AddMiss(ctx, a.ID, now)
		} else if err != nil {
			return mingjing.CounterView{}, err
		}
		visit := Visit{ID: kernel.NewID(), Staff: a.ID, Resident: who, At: now}
		if err := c.MayServe(ctx, t, a, who); err != nil {
			return mingjing.CounterView{}, err
		}
		if err := db(t).AddVisit(ctx, visit); err != nil {
			return mingjing.CounterView{}, err
		}
		return c.showCounter(ctx, t, a, visit)
	})
	if err == nil && missed {
		c.city.Log().Warn("a look-up at the counter found nobody", "staff", a.ID)
		err = mingjing.InvalidFields(mingjing.FieldError{Field: "id_number", Code: "resident_unknown"})
	}
	return v, err
}

// CounterAgain returns what a look-up of the actor's shows, as long as it has not ended.
func (c *Desk) CounterAgain(ctx context.Context, a mingjing.Actor, visit string) (mingjing.CounterView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CounterView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CounterView, error) {
		v, err := c.VisitIn(ctx, t, a, visit)
		if err != nil {
			return mingjing.CounterView{}, err
		}
		return c.showCounter(ctx, t, a, v)
	})
}

// MayServe returns an error if the resident is the actor or near to them.
func (c *Desk) MayServe(ctx context.Context, t *kernel.Tx, a mingjing.Actor, resident mingjing.ResidentID) error {
	near, err := cases.NearTo(ctx, t, a)
	return cmp.Or(err, near[resident])
}

// VisitIn returns a look-up of the actor's that has not ended; a visit_over error (Conflict)
// otherwise.
func (c *Desk) VisitIn(ctx context.Context, t *kernel.Tx, a mingjing.Actor, id string) (Visit, error) {
	v, err := db(t).Visit(ctx, id)
	if errors.Is(err, kernel.ErrNotFound) || err == nil && (v.Staff != a.ID || c.city.Now().Sub(v.At) > visitTime) {
		return Visit{}, mingjing.NewError(mingjing.Conflict, "visit_over")
	} else if err != nil {
		return Visit{}, err
	}
	return v, c.MayServe(ctx, t, a, v.Resident)
}

func (c *Desk) showCounter(ctx context.Context, t *kernel.Tx, a mingjing.Actor, visit Visit) (mingjing.CounterView, error) {
	rd := t.As(c.city.Entry(a, "counter", "", "counter"))
	if err := rd.Log(ctx, visit.Resident); err != nil {
		return mingjing.CounterView{}, err
	}
	r, err := read(rd).Resident(ctx, visit.Resident)
	if err != nil {
		return mingjing.CounterView{}, err
	}
	v := mingjing.CounterView{Visit: visit.ID, Resident: r.Name, IDMasked: r.IDNumber.Masked(),
		Records: []mingjing.CounterItem{}, Listings: []mingjing.CounterItem{}}
	open, err := cases.OpenCasesOf(ctx, t, r.ID)
	if err != nil {
		return v, err
	}
	records, err := read(rd).Records(ctx, r.ID)
	if err != nil {
		return v, err
	}
	for _, rec := range records {
		v.Records = append(v.Records, mingjing.CounterItem{ID: rec.ID, Agency: rec.Agency, Code: rec.Code, State: string(rec.State),
			Open: open.RecordDisputable(rec)})
	}
	listings, err := read(rd).Listings(ctx, r.ID)
	if err != nil {
		return v, err
	}
	for _, l := range listings {
		v.Listings = append(v.Listings, mingjing.CounterItem{ID: l.ID, Agency: l.Agency, Code: l.Code, State: string(l.State),
			Open: open.ListingDisputable(l)})
	}
	return v, nil
}

// FileAtCounter files a dispute for a resident who came, in their own words. The member
// of staff who files it may not decide it.
func (c *Desk) FileAtCounter(ctx context.Context, a mingjing.Actor, visit string, f cases.Filing) (mingjing.CaseView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.CaseView{}, err
	}
	f.Kind, f.Previous, f.Counter = mingjing.CaseDispute, "", true
	wrong := f.Check()
	// Who it is for, and whether there is anything to dispute, comes before the costly
	// look at files.
	prepare := func(t *kernel.Tx) (rd *kernel.Reader, me mingjing.ResidentID, err error) {
		rd = t.As(c.city.Entry(a, "counter", "", "counter").Once(visit))
		v, err := c.VisitIn(ctx, t, a, visit)
		if err != nil {
			return nil, "", err
		}
		if len(wrong) > 0 {
			return nil, "", mingjing.InvalidFields(wrong...)
		}
		_, err = c.cases.CheckFiling(ctx, rd, v.Resident, f)
		return rd, v.Resident, err
	}
	err := c.city.Tx(ctx, func(t *kernel.Tx) error {
		_, _, err := prepare(t)
		return err
	})
	if err != nil {
		return mingjing.CaseView{}, kernel.Public(err)
	}
	files, err := cases.CleanAll(ctx, c.city, a, f.Evidence)
	if err != nil {
		return mingjing.CaseView{}, err
	}
	k, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.CaseView, error) {
		rd, me, err := prepare(t)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		id := kernel.NewID()
		if err := c.cases.FileIn(ctx, rd, a, me, f, id, files); err != nil {
			return mingjing.CaseView{}, err
		}
		d, err := cases.CaseFor(ctx, rd, a, id)
		if err != nil {
			return mingjing.CaseView{}, err
		}
		return c.showDesk(ctx, rd, a, d)
	})
	if errors.Is(err, kernel.ErrExists) { // the resident's own device was faster
		err = cases.ErrDisputeOpen
	}
	return k, err
}

package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// saveTime bounds how long an agency's answer takes to be stored.
const saveTime = 30 * time.Second

// questionDue is the job that has the agency asked about a dispute until it answers or its
// clock runs out. It waits for no agency: an answer is stored when it comes. When the clock
// has run out, what is disputed is suspended and a second notice runs; when that runs out
// too, the agency has lost the point and the record or listing is removed.
func (c *Cases) questionDue(ctx context.Context, id string) (time.Duration, error) {
	var (
		d Case
		q Question
	)
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		rd := t.As(c.city.Entry(kernel.System, "ask_agency", id, "dispute").Once(id))
		if d, err = read(rd).Case(ctx, id); err != nil {
			return err
		}
		r, err := read(rd).Resident(ctx, d.Resident)
		if err != nil {
			return err
		}
		q = Question{CaseID: d.ID, Notice: 1, IDNumber: r.IDNumber, Code: d.CatalogueCode, Reason: d.Reason, Statement: d.Words()}
		switch {
		case d.Missing != nil: // an officer sends it; there is no reference to ask a computer for
			return nil
		case d.RecordID != "":
			rec, err := read(rd).Record(ctx, d.RecordID)
			q.Ref = rec.Ref
			return err
		}
		l, err := read(rd).Listing(ctx, d.ListingID)
		q.Ref = l.Ref
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("question: %w", err)
	}
	clock := "agency"
	switch d.State {
	case mingjing.CaseAgencyAsked:
	case mingjing.CaseAgencySilent:
		clock, q.Notice = "second", 2
	default:
		return 0, nil
	}
	for _, k := range d.Clocks {
		if k.Code == clock {
			q.Due = k.Due
		}
	}
	now := c.city.Now().UTC()
	switch left := q.Due.Sub(now); {
	case left > 0 && d.Missing != nil:
		return left + time.Millisecond, nil
	case left > 0:
		agency, state := d.AgencyCode, d.State
		c.city.Asker().Ask(agency, "question "+id, func(asking context.Context) { c.askOnce(asking, agency, q, state) })
		// Once an hour by the law's clock, once more a minute before the end, and at the end.
		if last := left - c.city.Scaled(time.Minute); last > 0 {
			left = last
		}
		return min(max(c.city.Scaled(time.Hour), time.Second), left), nil
	}
	state, wait := d.State, time.Duration(0)
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		wait = 0
		rd := t.As(c.city.Entry(kernel.System, "ask_agency", id, "dispute").Once(id))
		d, err := read(rd).Case(ctx, id)
		if err != nil || d.State != state {
			return err
		}
		if err := c.AgencySilent(ctx, t, &d, clock, now); err != nil {
			return err
		}
		if d.State == mingjing.CaseAgencySilent {
			wait = time.Millisecond // the second notice is put at once
		}
		return nil
	})
	if errors.Is(err, kernel.ErrConflict) { // somebody decided meanwhile
		return time.Second, nil
	}
	return wait, err
}

// askOnce asks an agency about a case once, and stores the answer if it is in time and the
// case is still in this state. An agency that does not answer is asked again by the job.
func (c *Cases) askOnce(ctx context.Context, agency string, q Question, state mingjing.CaseState) {
	asking, stop := context.WithTimeout(ctx, kernel.JobBudget)
	answer, err := c.agencies.Ask(asking, agency, q)
	stop()
	if err != nil || answer == nil {
		c.city.Log().Debug("agency did not answer the question", "agency", agency, "err", err)
		return
	}
	word := *answer // only an officer signs, and attaches what is kept here
	word.By, word.Document = "", nil
	ctx, stop = context.WithTimeout(context.WithoutCancel(ctx), saveTime) // the agency may not say it again
	defer stop()
	for range 5 {
		err = c.city.Tx(ctx, func(t *kernel.Tx) error {
			rd := t.As(c.city.Entry(kernel.System, "ask_agency", q.CaseID, "dispute").Once(q.CaseID))
			d, err := read(rd).Case(ctx, q.CaseID)
			if now := c.city.Now().UTC(); err == nil && d.State == state && !now.After(q.Due) {
				err = c.AgencyAnswered(ctx, rd, d, word, now)
			}
			return err
		})
		if !errors.Is(err, kernel.ErrConflict) { // somebody has changed the case meanwhile
			break
		}
	}
	if err != nil && !errors.Is(err, kernel.ErrNotFound) { // it is asked again
		c.city.Log().Warn("store an agency's answer to a question", "case", q.CaseID, "err", err)
	}
}

// AgencyAnswered stores the agency's answer to a dispute, and notifies the resident.
func (c *Cases) AgencyAnswered(ctx context.Context, rd *kernel.Reader, d Case, word mingjing.AgencyAnswer, now time.Time) error {
	word.At = now
	evidence, err := read(rd).Evidence(ctx, d.ID)
	if err != nil {
		return err
	}
	d.Opened = mingjing.AllOpened(evidence, func(e mingjing.Evidence) time.Time { return e.AgencyOpenedAt })
	d.Answer, d.State = &word, mingjing.CaseAgencyAnswered
	MarkMet(d.Clocks, "agency", now)
	MarkMet(d.Clocks, "second", now)
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "agency_answered", Role: mingjing.RoleSystem})
	d.ReadyAt, d.Before = nil, nil // the answer is new to the resident
	if err := c.RestartBureauClock(ctx, rd.Tx, &d, c.city.Procedure(d.CatalogueCode).BureauDays); err != nil {
		return err
	}
	return c.saveAndNotify(ctx, rd, d, "agency_answered")
}

// AgencySilent does what the procedure says when a clock of the agency has run out.
func (c *Cases) AgencySilent(ctx context.Context, t *kernel.Tx, d *Case, clock string, now time.Time) error {
	proc := c.city.Procedure(d.CatalogueCode)
	markMissed(d.Clocks, clock)
	cause, days := "agency_silent", proc.SecondNoticeDays+proc.BureauDays
	if clock == "agency" {
		d.State = mingjing.CaseAgencySilent
		d.Clocks = append(d.Clocks, c.city.ClockFor("second", proc.SecondNoticeDays))
	} else {
		d.State, cause, days = mingjing.CaseAgencyLost, "agency_lost", proc.BureauDays
	}
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: cause, Role: mingjing.RoleSystem})
	if err := c.RestartBureauClock(ctx, t, d, days); err != nil {
		return err
	}
	rd := t.As(c.city.Entry(kernel.System, "clock", d.ID, "dispute"))
	if err := rd.Log(ctx, d.Resident); err != nil {
		return err
	}
	if d.Missing != nil { // there is nothing yet that could stop counting
		return c.saveAndNotify(ctx, rd, *d, cause)
	}
	if err := c.applySilence(ctx, rd, *d); err != nil {
		return err
	}
	if err := c.saveAndNotify(ctx, rd, *d, cause); err != nil {
		return err
	}
	return c.scores.Rescore(ctx, rd, d.Resident, cause, "")
}

// saveAndNotify stores a case that went on without staff, and notifies the resident.
func (c *Cases) saveAndNotify(ctx context.Context, rd *kernel.Reader, d Case, code string) error {
	d.NextDue = NextDue(d.Clocks)
	if err := c.SetCase(ctx, rd.Tx, d); err != nil {
		return err
	}
	if err := c.CaseMoved(ctx, rd, d, code); err != nil {
		return err
	}
	return c.Tell(ctx, rd, d)
}

// applySilence does to the record or listing what follows from an agency's silence: it
// is suspended at first, and removed after the second notice.
func (c *Cases) applySilence(ctx context.Context, rd *kernel.Reader, d Case) error {
	gone := d.State == mingjing.CaseAgencyLost
	if d.RecordID != "" {
		r, err := read(rd).Record(ctx, d.RecordID)
		if err != nil {
			return err
		}
		r.State = mingjing.RecordSuspended
		if gone {
			r.Remove(c.city.Today())
		}
		if err := db(rd).PutRecord(ctx, r); err != nil {
			return err
		}
		return rd.Emit(ctx, string(d.Resident), mingjing.EventRecord, d.RecordID, c.city.Now())
	}
	l, err := read(rd).Listing(ctx, d.ListingID)
	if err != nil {
		return err
	}
	to := mingjing.ListingSuspended
	if gone {
		to = mingjing.ListingLifted
	}
	if l.State == to || l.State.Over() {
		return nil
	}
	return c.holdings.Move(ctx, rd, &l, to, kernel.System)
}

// WasAsked reports whether a case was put to its agency.
func WasAsked(d Case) bool {
	return slices.ContainsFunc(d.Clocks, func(k mingjing.Clock) bool { return k.Code == "agency" })
}

package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mingjing"
)

// question asks the agency about a dispute until it answers or its clock runs
// out. Then what is disputed is suspended and a second notice runs; when that runs
// out too, the agency has lost the point and it is removed.
func (c *Casework) question(ctx context.Context, id string) (time.Duration, error) {
	var (
		d Dispute
		q Question
	)
	err := c.tx(ctx, func(t *tx) (err error) {
		t.part(system, "ask_agency", id, "dispute", id)
		if d, err = t.Dispute(ctx, id); err != nil {
			return err
		}
		r, err := t.Resident(ctx, d.Resident)
		if err != nil {
			return err
		}
		q = Question{CaseID: d.ID, Notice: 1, IDNumber: r.IDNumber, Code: d.CatalogueCode, Reason: d.Reason, Statement: d.Statement}
		if d.RecordID != "" {
			rec, err := t.Record(ctx, d.RecordID)
			q.Ref = rec.Ref
			return err
		}
		l, err := t.Listing(ctx, d.ListingID)
		q.Ref = l.Ref
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("question: %w", err)
	}
	clock := "agency"
	switch d.State {
	case mingjing.DisputeAgencyAsked:
	case mingjing.DisputeAgencySilent:
		clock, q.Notice = "second", 2
	default:
		return 0, nil
	}
	for _, k := range d.Clocks {
		if k.Code == clock {
			q.Due = k.Due
		}
	}
	asking, stop := context.WithTimeout(ctx, stint)
	answer, askErr := c.agencies.Ask(asking, d.AgencyCode, q)
	stop()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if askErr != nil {
		c.log.Debug("agency did not take the question", "agency", d.AgencyCode, "err", askErr)
	}
	now := c.Now().UTC()
	if (askErr != nil || answer == nil) && now.Before(q.Due) {
		// Once an hour by the law's clock, and at the deadline itself.
		return min(max(c.scaled(time.Hour), time.Second), q.Due.Sub(now)), nil
	}
	state, wait := d.State, time.Duration(0)
	err = c.tx(ctx, func(t *tx) error {
		wait = 0
		t.part(system, "ask_agency", id, "dispute", id)
		d, err := t.Dispute(ctx, id)
		if err != nil || d.State != state {
			return err
		}
		if answer != nil && askErr == nil && !now.After(q.Due) {
			word := *answer // only an officer signs, and attaches what is kept here
			word.By, word.Document = "", nil
			return c.agencyAnswered(ctx, t, d, word, now)
		}
		if err := c.agencySilent(ctx, t, &d, clock, now); err != nil {
			return err
		}
		if d.State == mingjing.DisputeAgencySilent {
			wait = time.Millisecond // the second notice is put at once
		}
		return nil
	})
	if errors.Is(err, ErrConflict) { // somebody decided meanwhile
		return time.Second, nil
	}
	return wait, err
}

// agencyAnswered keeps the agency's word on a dispute.
func (c *Casework) agencyAnswered(ctx context.Context, t *tx, d Dispute, word mingjing.AgencyAnswer, now time.Time) error {
	word.At = now
	d.Answer, d.State = &word, mingjing.DisputeAgencyAnswered
	meet(d.Clocks, "agency", now)
	meet(d.Clocks, "second", now)
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "agency_answered", Role: mingjing.RoleSystem})
	if err := c.rewind(ctx, t, &d, c.procedure(d.CatalogueCode).BureauDays); err != nil {
		return err
	}
	return c.went(ctx, t, d, "agency_answered")
}

// agencySilent is what the procedure does when the agency's clock has run out.
func (c *Casework) agencySilent(ctx context.Context, t *tx, d *Dispute, clock string, now time.Time) error {
	proc := c.procedure(d.CatalogueCode)
	lose(d.Clocks, clock)
	cause, days := "agency_silent", proc.SecondNoticeDays+proc.BureauDays
	if clock == "agency" {
		d.State = mingjing.DisputeAgencySilent
		d.Clocks = append(d.Clocks, c.clockFor("second", proc.SecondNoticeDays))
	} else {
		d.State, cause, days = mingjing.DisputeAgencyLost, "agency_lost", proc.BureauDays
	}
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: cause, Role: mingjing.RoleSystem})
	if err := c.rewind(ctx, t, d, days); err != nil {
		return err
	}
	if err := t.look(ctx, system, d.Resident, now, "clock", d.ID, "dispute"); err != nil {
		return err
	}
	if err := c.lapse(ctx, t, *d); err != nil {
		return err
	}
	if err := c.went(ctx, t, *d, cause); err != nil {
		return err
	}
	return c.rescore(ctx, t, d.Resident, cause, "")
}

// went keeps a dispute that went on by itself, and tells of it.
func (c *Casework) went(ctx context.Context, t *tx, d Dispute, code string) error {
	d.NextDue = nextDue(d.Clocks)
	if err := c.setDispute(ctx, t, d); err != nil {
		return err
	}
	if err := c.moved(ctx, t, d, code); err != nil {
		return err
	}
	return c.tell(ctx, t, d)
}

// lapse is what an agency's silence does to the record or listing: at first it is
// suspended, after the second notice removed.
func (c *Casework) lapse(ctx context.Context, t *tx, d Dispute) error {
	gone := d.State == mingjing.DisputeAgencyLost
	if d.RecordID != "" {
		r, err := t.Record(ctx, d.RecordID)
		if err != nil {
			return err
		}
		r.State = mingjing.RecordSuspended
		if gone {
			r.remove(c.today())
		}
		if err := t.PutRecord(ctx, r); err != nil {
			return err
		}
		return t.emit(ctx, string(d.Resident), mingjing.EventRecord, d.RecordID, c.Now())
	}
	l, err := t.Listing(ctx, d.ListingID)
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
	return c.moveListing(ctx, t, &l, to, system)
}

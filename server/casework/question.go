package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mingjing"
)

// question asks the agency about a dispute until it answers or its clock runs
// out; then it has lost the point.
func (c *Casework) question(ctx context.Context, id string) (time.Duration, error) {
	var (
		d Dispute
		q Question
	)
	err := c.tx(ctx, func(t *tx) (err error) {
		if d, err = t.Dispute(ctx, id); err != nil {
			return err
		}
		r, err := t.Resident(ctx, d.Resident)
		if err != nil {
			return err
		}
		q = Question{CaseID: d.ID, IDNumber: r.IDNumber, Code: d.CatalogueCode, Reason: d.Reason, Statement: d.Statement}
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
	if d.State != mingjing.DisputeAgencyAsked {
		return 0, nil
	}
	for _, k := range d.Clocks {
		if k.Code == "agency" {
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
	err = c.tx(ctx, func(t *tx) error {
		d, err := t.Dispute(ctx, id)
		if err != nil || d.State != mingjing.DisputeAgencyAsked {
			return err
		}
		if answer != nil && askErr == nil && !now.After(q.Due) {
			word := *answer
			word.At = now
			d.Answer, d.State = &word, mingjing.DisputeAgencyAnswered
			meet(d.Clocks, "agency", now)
			d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "agency_answered", Role: mingjing.RoleSystem})
		} else {
			d.State = mingjing.DisputeAgencySilent
			for i, k := range d.Clocks {
				if k.Code == "agency" {
					d.Clocks[i].Missed = true
				}
			}
			d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "agency_silent", Role: mingjing.RoleSystem})
			if err := c.suspend(ctx, t, d); err != nil {
				return err
			}
		}
		d.NextDue = nextDue(d.Clocks)
		if err := t.SetDispute(ctx, d); err != nil {
			return err
		}
		if err := c.notify(ctx, t, d.Resident, mingjing.NoticeCaseMoved, string(d.State), "dispute", d.ID); err != nil {
			return err
		}
		return c.tell(ctx, t, d)
	})
	if errors.Is(err, ErrConflict) { // somebody decided meanwhile
		return time.Second, nil
	}
	return 0, err
}

// suspend is what a missed clock does to the record or listing: whatever comes of
// the dispute, it does not go back into effect by itself.
func (c *Casework) suspend(ctx context.Context, t *tx, d Dispute) error {
	if d.RecordID != "" {
		r, err := t.Record(ctx, d.RecordID)
		if err != nil {
			return err
		}
		r.State, r.Before = mingjing.RecordSuspended, mingjing.RecordSuspended
		if err := t.PutRecord(ctx, r); err != nil {
			return err
		}
	} else {
		l, err := t.Listing(ctx, d.ListingID)
		if err != nil {
			return err
		}
		l.State, l.Before = mingjing.ListingSuspended, mingjing.ListingSuspended
		if err := t.PutListing(ctx, l); err != nil {
			return err
		}
	}
	if err := t.emit(ctx, string(d.Resident), mingjing.EventRecord, d.RecordID+d.ListingID, c.Now()); err != nil {
		return err
	}
	return c.rescore(ctx, t, d.Resident, "agency_silent", "")
}

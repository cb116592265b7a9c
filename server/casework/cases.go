package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
)

// MaxReasons bounds a decision's reasons and each answer to evidence, in
// characters.
const MaxReasons = 4000

// Cases is a page of the work queue, by nearest clock. The queue shows no person:
// only a search, which names one already, shows names, and then each resident
// found has the look in their access log.
func (c *Casework) Cases(ctx context.Context, a mingjing.Actor, f mingjing.CaseFilter, cursor string) (mingjing.QueueView, error) {
	const page = 25
	v := mingjing.QueueView{Filter: f}
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return v, err
	}
	if len(f.Search) > 200 || len(f.Agency) > 100 || len(cursor) > 200 ||
		(f.State != "" && f.State != "open" && f.State != "all" && !slices.Contains(mingjing.DisputeStates, mingjing.DisputeState(f.State))) {
		return v, mingjing.Errorf(mingjing.Invalid, "invalid_filter")
	}
	f.Search = strings.TrimSpace(f.Search)
	q := CaseQuery{CaseFilter: f, Cursor: cursor, Limit: page + 1}
	if f.Mine {
		q.HandlerID = a.ID
	}
	err := c.tx(ctx, func(t *tx) error {
		v.Cases, v.Next = []mingjing.Case{}, ""
		found, err := t.Cases(ctx, q)
		if err != nil {
			return err
		}
		if len(found) > page {
			found = found[:page]
			v.Next = found[page-1].Cursor()
		}
		for _, d := range found {
			k, err := c.showCase(ctx, t, a, d)
			if err != nil {
				return err
			}
			if f.Search != "" {
				if err := t.look(ctx, a, d.Resident, c.Now(), "search", d.ID, "dispute"); err != nil {
					return err
				}
			} else {
				k.Resident, k.IDMasked = "", ""
			}
			k.Statement, k.Evidence, k.Timeline, k.Answer, k.Decision = "", nil, nil, nil, nil
			if k.Record != nil {
				k.Record = &mingjing.Record{ID: k.Record.ID, Code: k.Record.Code, Agency: k.Record.Agency}
			}
			if k.Listing != nil {
				k.Listing = &mingjing.Listing{ID: k.Listing.ID, Code: k.Listing.Code, Agency: k.Listing.Agency, Kind: k.Listing.Kind}
			}
			v.Cases = append(v.Cases, k)
		}
		v.Counts, err = t.CaseCounts(ctx)
		return err
	})
	return v, public(err)
}

// Case is one case on one screen. The resident sees the look in the access log.
func (c *Casework) Case(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	var out mingjing.Case
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return out, err
	}
	err := c.tx(ctx, func(t *tx) error {
		d, err := t.Dispute(ctx, id)
		if err != nil {
			return err
		}
		if a.Self != "" && a.Self == d.Resident {
			return mingjing.Errorf(mingjing.Forbidden, "case_own")
		}
		if out, err = c.showCase(ctx, t, a, d); err != nil {
			return err
		}
		return t.look(ctx, a, d.Resident, c.Now(), "case", id, "dispute")
	})
	return out, public(err)
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
	for _, clock := range shown.Clocks {
		if clock.MetAt == nil && (k.Next == nil || clock.Due.Before(k.Next.Due)) {
			k.Next = &clock
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

func mayAssign(a mingjing.Actor, d Dispute) error {
	switch {
	case asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor) != nil:
		return asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor)
	case a.Self != "" && a.Self == d.Resident:
		return mingjing.Errorf(mingjing.Forbidden, "case_own")
	case d.State == mingjing.DisputeDecided:
		return mingjing.Errorf(mingjing.Conflict, "case_decided")
	case d.HandlerID == a.ID, d.HandlerID != "" && a.Role != mingjing.RoleSupervisor:
		return mingjing.Errorf(mingjing.Conflict, "case_taken")
	}
	return nil
}

// mayHandle says whether the actor may move a case on: it is open, and theirs.
func mayHandle(a mingjing.Actor, d Dispute) error {
	switch {
	case asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor) != nil:
		return asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor)
	case a.Self != "" && a.Self == d.Resident:
		return mingjing.Errorf(mingjing.Forbidden, "case_own")
	case d.State == mingjing.DisputeDecided:
		return mingjing.Errorf(mingjing.Conflict, "case_decided")
	case d.HandlerID != a.ID:
		return mingjing.Errorf(mingjing.Conflict, "case_not_yours")
	}
	return nil
}

func mayAsk(a mingjing.Actor, d Dispute) error {
	if err := mayHandle(a, d); err != nil {
		return err
	}
	if d.State != mingjing.DisputeAssigned {
		return mingjing.Errorf(mingjing.Conflict, "agency_already_asked")
	}
	return nil
}

func mayDecide(a mingjing.Actor, d Dispute) error { return mayHandle(a, d) }

// mayReject says whether the agency's word is there to reject a dispute on.
func mayReject(d Dispute) error {
	switch {
	case d.State == mingjing.DisputeAgencyAsked:
		return mingjing.Errorf(mingjing.Conflict, "agency_waiting")
	case d.State == mingjing.DisputeAgencySilent:
		return mingjing.Errorf(mingjing.Conflict, "agency_lost")
	case d.Answer == nil:
		return mingjing.Errorf(mingjing.Conflict, "agency_needed")
	case d.Answer.Position == mingjing.PositionWithdrawn:
		return mingjing.Errorf(mingjing.Conflict, "agency_lost")
	}
	return nil
}

// handle changes one dispute in one transaction, after check allows it.
func (c *Casework) handle(ctx context.Context, a mingjing.Actor, id string, check func(mingjing.Actor, Dispute) error, change func(*tx, *Dispute, time.Time) error) (mingjing.Case, error) {
	if err := asStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.Case{}, err
	}
	var out mingjing.Case
	err := c.tx(ctx, func(t *tx) error {
		d, err := t.Dispute(ctx, id)
		if err != nil {
			return err
		}
		if err := check(a, d); err != nil {
			return err
		}
		now := c.Now().UTC()
		if err := change(t, &d, now); err != nil {
			return err
		}
		d.NextDue = nextDue(d.Clocks)
		if err := t.SetDispute(ctx, d); err != nil {
			return err
		}
		if err := t.look(ctx, a, d.Resident, now, "case", id, "dispute"); err != nil {
			return err
		}
		if err := c.tell(ctx, t, d); err != nil {
			return err
		}
		out, err = c.showCase(ctx, t, a, d)
		return err
	})
	return out, public(err)
}

// Assign gives the case to the actor. A supervisor may take it from a handler.
func (c *Casework) Assign(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	return c.handle(ctx, a, id, mayAssign, func(_ *tx, d *Dispute, now time.Time) error {
		d.HandlerID, d.Handler = a.ID, a.Name
		if d.State == mingjing.DisputeFiled {
			d.State = mingjing.DisputeAssigned
		}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "assigned", Role: a.Role, Who: a.Name})
		return nil
	})
}

// AskAgency puts the dispute to the agency, whose clock starts.
func (c *Casework) AskAgency(ctx context.Context, a mingjing.Actor, id string) (mingjing.Case, error) {
	return c.handle(ctx, a, id, mayAsk, func(t *tx, d *Dispute, now time.Time) error {
		d.State = mingjing.DisputeAgencyAsked
		meet(d.Clocks, "forward", now)
		d.Clocks = append(d.Clocks, mingjing.Clock{Code: "agency", Due: c.due(AgencyDays)})
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "agency_asked", Role: a.Role, Who: a.Name})
		return t.Enqueue(ctx, Job{Kind: JobQuestion, ID: d.ID})
	})
}

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
			answer.At = now
			d.Answer, d.State = answer, mingjing.DisputeAgencyAnswered
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
	return c.rescore(ctx, t, d.Resident, "agency_silent")
}

// A Ruling is how a handler decides a case.
type Ruling struct {
	Outcome mingjing.Outcome
	Reasons string
	// CorrectTo is needed for partly: the right date of the record, or the day on
	// which the listing ends instead.
	CorrectTo string
	// Answers are by evidence id; every piece needs one.
	Answers map[string]string
}

// Decide ends a case and does what was decided: the record is removed, corrected
// or stands, the listing is lifted, shortened or stands, and the scores are made
// anew.
func (c *Casework) Decide(ctx context.Context, a mingjing.Actor, id string, r Ruling) (mingjing.Case, error) {
	r.Reasons = strings.TrimSpace(r.Reasons)
	return c.handle(ctx, a, id, mayDecide, func(t *tx, d *Dispute, now time.Time) error {
		evidence, err := t.Evidence(ctx, d.ID)
		if err != nil {
			return err
		}
		correctTo, err := c.checkRuling(r, *d, evidence)
		if err != nil {
			return err
		}
		for _, e := range evidence {
			if err := t.SetEvidenceAnswer(ctx, e.ID, strings.TrimSpace(r.Answers[e.ID])); err != nil {
				return err
			}
		}
		meet(d.Clocks, "forward", now)
		meet(d.Clocks, "decide", now)
		for i, k := range d.Clocks {
			if k.Code == "agency" && k.MetAt == nil && !k.Missed {
				d.Clocks[i].MetAt = &now // no longer needed
			}
		}
		d.State = mingjing.DisputeDecided
		d.Decision = &mingjing.Decision{Outcome: r.Outcome, Reasons: r.Reasons, By: a.Name, At: now, Corrected: correctTo}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "decided", Role: a.Role, Who: a.Name})
		if err := c.carryOut(ctx, t, *d, now); err != nil {
			return err
		}
		return c.rescore(ctx, t, d.Resident, "dispute_decided")
	})
}

func (c *Casework) checkRuling(r Ruling, d Dispute, evidence []mingjing.Evidence) (correctTo mingjing.Date, err error) {
	var wrong []mingjing.FieldError
	if !slices.Contains(mingjing.Outcomes, r.Outcome) {
		wrong = append(wrong, mingjing.FieldError{Field: "outcome", Code: "outcome_required"})
	}
	if r.Outcome == mingjing.OutcomePartly {
		correctTo, err = mingjing.ParseDate(strings.TrimSpace(r.CorrectTo))
		if err != nil || (d.RecordID != "" && correctTo > c.today()) {
			wrong = append(wrong, mingjing.FieldError{Field: "correct_to", Code: "correction_required"})
		}
	}
	if r.Reasons == "" || !utf8.ValidString(r.Reasons) {
		wrong = append(wrong, mingjing.FieldError{Field: "reasons", Code: "reasons_required"})
	} else if utf8.RuneCountInString(r.Reasons) > MaxReasons {
		wrong = append(wrong, mingjing.FieldError{Field: "reasons", Code: "too_long"})
	}
	for _, e := range evidence {
		answer := strings.TrimSpace(r.Answers[e.ID])
		if answer == "" || !utf8.ValidString(answer) {
			wrong = append(wrong, mingjing.FieldError{Field: "evidence_answer_" + e.ID, Code: "evidence_unanswered"})
		} else if utf8.RuneCountInString(answer) > MaxReasons {
			wrong = append(wrong, mingjing.FieldError{Field: "evidence_answer_" + e.ID, Code: "too_long"})
		}
	}
	if len(wrong) > 0 {
		return "", mingjing.InvalidFields(wrong...)
	}
	if r.Outcome == mingjing.OutcomeRejected {
		return "", mayReject(d)
	}
	return correctTo, nil
}

// carryOut does to the record or listing what was decided.
func (c *Casework) carryOut(ctx context.Context, t *tx, d Dispute, now time.Time) error {
	id := d.RecordID
	if d.RecordID != "" {
		r, err := t.Record(ctx, d.RecordID)
		if err != nil {
			return err
		}
		switch d.Decision.Outcome {
		case mingjing.OutcomeUpheld:
			r.State = mingjing.RecordRemoved
		case mingjing.OutcomePartly:
			r.State, r.Occurred = mingjing.RecordCorrected, d.Decision.Corrected
		default:
			r.State = r.Before
		}
		if err := t.PutRecord(ctx, r); err != nil {
			return err
		}
	} else {
		l, err := t.Listing(ctx, d.ListingID)
		if err != nil {
			return err
		}
		switch d.Decision.Outcome {
		case mingjing.OutcomeUpheld:
			l.State = mingjing.ListingLifted
		case mingjing.OutcomePartly:
			l.State = l.Before
			if l.Ends == "" || d.Decision.Corrected < l.Ends { // never longer than it was
				l.Ends = d.Decision.Corrected
			}
		default:
			l.State = l.Before
		}
		id = l.ID
		if err := t.PutListing(ctx, l); err != nil {
			return err
		}
	}
	return t.emit(ctx, string(d.Resident), mingjing.EventRecord, id, now)
}

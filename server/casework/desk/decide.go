package desk

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// MaxReasons bounds a decision's reasons and each answer to evidence, in
// characters.
const MaxReasons = 4000

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

// Decide ends a case and does what was decided: the record is removed, corrected or
// stands, the listing is lifted, shortened or stands, and new scores are made.
func (c *Desk) Decide(ctx context.Context, a mingjing.Actor, id string, r Ruling) (mingjing.CaseView, error) {
	r.Reasons = strings.TrimSpace(r.Reasons)
	return c.handle(ctx, a, id, "case", step("decide"), func(rd *kernel.Reader, d *cases.Case, now time.Time) error {
		evidence, err := read(rd).Evidence(ctx, d.ID)
		if err != nil {
			return err
		}
		correctTo, err := c.checkRuling(ctx, rd, r, *d, evidence)
		if err != nil {
			return err
		}
		for _, e := range evidence {
			if e.State == mingjing.EvidenceRefused {
				continue
			}
			e.Answer = strings.TrimSpace(r.Answers[e.ID])
			if err := db(rd).SetEvidence(ctx, e); err != nil {
				return err
			}
		}
		for _, k := range d.Clocks {
			if cases.IsRunning(k) && k.Code != "agency" && k.Code != "second" {
				cases.MarkMet(d.Clocks, k.Code, now)
			}
		}
		for i, k := range d.Clocks {
			if cases.IsRunning(k) {
				d.Clocks[i].MetAt = &now // no longer needed
			}
		}
		d.State = mingjing.CaseDecided
		d.Decision = &mingjing.Decision{Outcome: r.Outcome, Reasons: r.Reasons, By: a.Name, At: now, Corrected: correctTo,
			Opened: mingjing.AllOpened(evidence, func(e mingjing.Evidence) time.Time { return e.HandlerOpenedAt })}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "decided", Role: a.Role, Who: a.Name})
		if err := db(rd).DecideDeskCase(ctx, Case{Dispute: d.ID, Handler: a.ID, Name: a.Name, DecidedAt: now,
			Days: c.city.WorkingDaysBetween(d.FiledAt, now)}); err != nil {
			return err
		}
		if err := c.carryOut(ctx, rd, d, a, now); err != nil {
			return err
		}
		if err := c.tellDecision(ctx, rd, *d); err != nil {
			return err
		}
		return c.cases.WriteLetter(ctx, rd, d)
	})
}

// tellDecision notifies the resident of a decision, and makes the scores that follow.
func (c *Desk) tellDecision(ctx context.Context, rd *kernel.Reader, d cases.Case) error {
	cause := "dispute_decided"
	switch d.Kind {
	case mingjing.CaseRepair:
		cause = "repair_decided"
	case mingjing.CaseListing:
		if d.Decision.Outcome == mingjing.OutcomeApproved {
			return c.notices.NotifyItem(ctx, rd, d.Resident, mingjing.Notice{Kind: mingjing.NoticeListingServed, Page: "listing",
				Subject: d.ListingID, Item: d.CatalogueCode})
		}
		return nil
	}
	if err := c.cases.NotifyCase(ctx, rd, d, mingjing.NoticeCaseDecided, string(d.Decision.Outcome)); err != nil {
		return err
	}
	if d.Missing != nil && d.Decision.Outcome != mingjing.OutcomeUpheld {
		return nil // nothing has changed
	}
	return c.scores.Rescore(ctx, rd, d.Resident, cause, "")
}

// agencyConceded reports whether the agency has lost the point, by its silence or by
// withdrawing: then what is disputed does not go back into effect.
func agencyConceded(d cases.Case) bool {
	return d.State == mingjing.CaseAgencyLost ||
		(d.Answer != nil && d.Answer.Position == mingjing.PositionWithdrawn)
}

// mayRule returns an error unless a case may have the outcome. A dispute can always be
// upheld; it can be rejected only if the agency has answered.
func mayRule(d cases.Case, o mingjing.Outcome) error {
	switch {
	case o == mingjing.OutcomeUpheld || d.Kind != mingjing.CaseDispute:
		return nil
	case agencyConceded(d):
		return mingjing.NewError(mingjing.Conflict, "agency_lost")
	case d.State == mingjing.CaseAgencySilent:
		return mingjing.NewError(mingjing.Conflict, "agency_waiting")
	case o == mingjing.OutcomePartly:
		return nil
	case d.State == mingjing.CaseAgencyAsked:
		return mingjing.NewError(mingjing.Conflict, "agency_waiting")
	case d.Answer == nil:
		return mingjing.NewError(mingjing.Conflict, "agency_needed")
	}
	return nil
}

func (c *Desk) checkRuling(ctx context.Context, rd *kernel.Reader, r Ruling, d cases.Case,
	evidence []mingjing.Evidence) (correctTo mingjing.Date, err error) {
	var wrong []mingjing.FieldError
	possible := slices.Contains(d.Outcomes(), r.Outcome)
	if !possible {
		wrong = append(wrong, mingjing.FieldError{Field: "outcome", Code: "outcome_required"})
	}
	if possible && r.Outcome == mingjing.OutcomePartly {
		var ok bool
		if correctTo, ok, err = c.cases.CorrectedTo(ctx, rd, r.CorrectTo, d); err != nil {
			return "", err
		}
		if !ok {
			wrong = append(wrong, mingjing.FieldError{Field: "correct_to", Code: "correction_required"})
		}
	}
	wrong = append(wrong, checkReasons(r.Reasons)...)
	for _, e := range evidence {
		switch e.State {
		case mingjing.EvidenceRefused:
			continue
		case mingjing.EvidenceChecking:
			return "", cases.ErrNotChecked
		}
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
	if d.Missing != nil {
		return "", c.cases.MayRuleMissing(ctx, rd, d, r.Outcome)
	}
	return correctTo, mayRule(d, r.Outcome)
}

func checkReasons(reasons string) []mingjing.FieldError {
	switch {
	case reasons == "" || !utf8.ValidString(reasons):
		return []mingjing.FieldError{{Field: "reasons", Code: "reasons_required"}}
	case utf8.RuneCountInString(reasons) > MaxReasons:
		return []mingjing.FieldError{{Field: "reasons", Code: "too_long"}}
	}
	return nil
}

// carryOut changes the record or listing as it was decided.
func (c *Desk) carryOut(ctx context.Context, rd *kernel.Reader, d *cases.Case, by mingjing.Actor, now time.Time) error {
	if d.Missing != nil {
		if d.Decision.Outcome != mingjing.OutcomeUpheld {
			return nil
		}
		return c.cases.TakeUpMissing(ctx, rd, d, now)
	}
	if d.RecordID != "" {
		r, err := read(rd).Record(ctx, d.RecordID)
		if err != nil {
			return err
		}
		switch d.Decision.Outcome {
		case mingjing.OutcomeUpheld:
			r.Remove(c.city.Today())
		case mingjing.OutcomePartly:
			r.Occurred, r.State = d.Decision.Corrected, mingjing.RecordCorrected
			if r.Before == mingjing.RecordSuspended { // lost in an earlier dispute
				r.State = r.Before
			}
		default:
			r.State = r.Before
		}
		if err := db(rd).PutRecord(ctx, r); err != nil {
			return err
		}
		return rd.Emit(ctx, string(d.Resident), mingjing.EventRecord, d.RecordID, now)
	}
	l, err := read(rd).Listing(ctx, d.ListingID)
	if err != nil {
		return err
	}
	to := l.Before
	switch d.Decision.Outcome {
	case mingjing.OutcomeUpheld:
		to = mingjing.ListingLifted
		if d.Kind == mingjing.CaseReview {
			first, err := read(rd).Case(ctx, d.Previous)
			if err != nil {
				return err
			}
			if first.Kind == mingjing.CaseRepair {
				to = mingjing.ListingRepaired
			}
		}
	case mingjing.OutcomePartly:
		l.Ends = d.Decision.Corrected
	case mingjing.OutcomeGranted:
		to = mingjing.ListingRepaired
	case mingjing.OutcomeApproved:
		to = mingjing.ListingDecided
		d.State = mingjing.CaseToServe
		d.Clocks = append(d.Clocks, c.city.ClockFor("serve", c.city.Procedure(l.Code).ServeDays))
		if err := c.cases.WatchClocks(ctx, rd.Tx, *d); err != nil {
			return err
		}
	case mingjing.OutcomeRefused:
		switch {
		case d.Kind == mingjing.CaseListing:
			to = mingjing.ListingRefused
		case l.State == mingjing.ListingSuspended: // the bureau was late, and has now answered
			to = mingjing.ListingInEffect
		default:
			return nil
		}
	}
	if to == l.State || l.State.Over() { // the agency has lost it, or it has ended meanwhile
		return nil
	}
	return c.holdings.Move(ctx, rd, &l, to, by)
}

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

// Recommend stores what the first of two people would decide on a proposed listing;
// another one, a supervisor, decides.
func (c *Desk) Recommend(ctx context.Context, a mingjing.Actor, id string, r Ruling) (mingjing.CaseView, error) {
	r.Reasons = strings.TrimSpace(r.Reasons)
	return c.handle(ctx, a, id, "case", step("recommend"), func(_ *kernel.Reader, d *cases.Case, now time.Time) error {
		var wrong []mingjing.FieldError
		if !slices.Contains(d.Kind.Outcomes(), r.Outcome) {
			wrong = append(wrong, mingjing.FieldError{Field: "outcome", Code: "outcome_required"})
		}
		if wrong = append(wrong, checkReasons(r.Reasons)...); len(wrong) > 0 {
			return mingjing.InvalidFields(wrong...)
		}
		d.Recommendation = &mingjing.Recommendation{Outcome: r.Outcome, Reasons: r.Reasons, By: a.Name, At: now}
		d.RecommenderID, d.HandlerID, d.Handler = a.ID, "", ""
		d.State = mingjing.CaseRecommended
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: now, Code: "recommended", Role: a.Role, Who: a.Name})
		return nil
	})
}

// A Service is how staff served a listing on a resident who did not confirm it in
// the app.
type Service struct {
	// Method is [mingjing.ServedByPost] or [mingjing.ServedInPerson].
	Method string
	// On is the day on the receipt.
	On string
	// Proof is the number of the receipt, or of the protocol.
	Proof string
}

// Serve records that a listing was served by post or in person; the answer period begins.
func (c *Desk) Serve(ctx context.Context, a mingjing.Actor, id string, s Service) (mingjing.CaseView, error) {
	s.Proof = strings.TrimSpace(s.Proof)
	return c.handle(ctx, a, id, "case", step("serve"), func(rd *kernel.Reader, d *cases.Case, now time.Time) error {
		var wrong []mingjing.FieldError
		if s.Method != mingjing.ServedByPost && s.Method != mingjing.ServedInPerson {
			wrong = append(wrong, mingjing.FieldError{Field: "method", Code: "method_required"})
		}
		on, err := mingjing.ParseDate(strings.TrimSpace(s.On))
		if err != nil || on > c.city.Today() || on < mingjing.DateOf(d.Decision.At.In(c.city.Zone())) {
			wrong = append(wrong, mingjing.FieldError{Field: "on", Code: "served_on_invalid"})
		}
		if s.Proof == "" || utf8.RuneCountInString(s.Proof) > 100 || !utf8.ValidString(s.Proof) {
			wrong = append(wrong, mingjing.FieldError{Field: "proof", Code: "proof_required"})
		}
		if len(wrong) > 0 {
			return mingjing.InvalidFields(wrong...)
		}
		l, err := read(rd).Listing(ctx, d.ListingID)
		if err != nil {
			return err
		}
		d.ServiceProof = s.Proof
		return c.listings.MarkServed(ctx, rd, &l, d, a, s.Method, on, now)
	})
}

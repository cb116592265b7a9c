package casework_test

import (
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/score"
)

func TestADecisionNeedsReasonsAndAnAnswerToEachPieceOfEvidence(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.answered(t, a, record, "", mingjing.PositionMaintained, pdf, pdf)
	one, two := d.Evidence[0].ID, d.Evidence[1].ID
	full := map[string]string{one: "Seen.", two: "Seen too."}
	for _, bad := range []struct {
		code string
		r    desk.Ruling
	}{
		{"outcome:outcome_required", desk.Ruling{Reasons: "So.", Answers: full}},
		{"reasons:reasons_required", desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: " \n", Answers: full}},
		{"reasons:too_long", desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: strings.Repeat("长", desk.MaxReasons+1), Answers: full}},
		{"evidence_answer_" + one + ":evidence_unanswered", desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."}},
		{"evidence_answer_" + two + ":evidence_unanswered", desk.Ruling{Outcome: mingjing.OutcomeRejected,
			Reasons: "So.", Answers: map[string]string{one: "Seen.", two: " "}}},
		{"evidence_answer_" + two + ":too_long", desk.Ruling{Outcome: mingjing.OutcomeUpheld,
			Reasons: "So.", Answers: map[string]string{one: "Seen.", two: strings.Repeat("长", desk.MaxReasons+1)}}},
		{"correct_to:correction_required", desk.Ruling{Outcome: mingjing.OutcomePartly, Reasons: "So.", Answers: full}},
	} {
		_, err := c.Decide(ctx, handler, d.ID, bad.r)
		wants(t, err, bad.code)
	}
	k, err := c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: " So. ", Answers: full})
	must(t, err)
	if k.Decision.By != handler.Name || k.Decision.Reasons != "So." || k.Evidence[0].Answer != "Seen." || k.Evidence[1].Answer != "Seen too." {
		t.Errorf("decision %+v, evidence %+v", k.Decision, k.Evidence)
	}
	if len(k.Allowed) != 0 || k.Next != nil {
		t.Errorf("after it %v may be done by %v", k.Allowed, k.Next)
	}
	_, err = c.Assign(ctx, supervisor, d.ID)
	wants(t, err, "case_decided")
}

func TestOnlyTheAgencysWordRejects(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	reject := desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: "So."}
	d := c.file(t, a, record, "")
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler, d.ID, reject)
	wants(t, err, "agency_needed")
	_, err = c.AskAgency(ctx, handler, d.ID)
	must(t, err)
	wait, err := c.job(ctx, cases.JobQuestion, d.ID)
	must(t, err)
	if wait != time.Hour {
		t.Errorf("asked again after %s", wait)
	}
	_, err = c.Decide(ctx, handler, d.ID, reject)
	wants(t, err, "agency_waiting")
	c.offices.answer = says(mingjing.PositionMaintained)
	_, err = c.job(ctx, cases.JobQuestion, d.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler, d.ID, reject)
	must(t, err)
	if s := c.storedRecord(t, record).State; s != mingjing.RecordActive {
		t.Errorf("the record is %s", s)
	}
	if s := c.latest(t, a, "honest-shanghai"); !counts(s, record) || s.Cause != "dispute_decided" {
		t.Errorf("score %+v", s)
	}
}

func TestUpheldRemovesForGood(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	for _, d := range []mingjing.Case{c.file(t, a, record, ""), c.file(t, a, "", listing)} {
		_, err := c.Assign(ctx, handler, d.ID)
		must(t, err)
		_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
		must(t, err)
	}
	gone := func() {
		t.Helper()
		if r, l := c.storedRecord(t, record), c.storedListing(t, listing); r.State != mingjing.RecordRemoved ||
			l.State != mingjing.ListingLifted {
			t.Errorf("the record is %s, the listing %s", r.State, l.State)
		}
		if s := c.latest(t, a, "honest-shanghai"); s.Value != c.books[0].Base {
			t.Errorf("value %d", s.Value)
		}
	}
	gone()
	c.ready(t, a, "honest-shanghai") // the court sends both again
	gone()
	if v, err := c.Records(ctx, a); err != nil || len(v.Records) != 1 {
		t.Errorf("%d records, %v", len(v.Records), err)
	}
	_, err := c.FileDispute(ctx, a, cases.Filing{RecordID: record, Reason: mingjing.ReasonOther, Statement: "Again."})
	wants(t, err, "nothing_to_dispute")
}

func TestPartlyCorrectsAndNobodyIsWorseOff(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	d := c.answered(t, a, record, "", mingjing.PositionCorrected)
	partly := func(dispute, to string) error {
		_, err := c.Decide(ctx, handler, dispute, desk.Ruling{Outcome: mingjing.OutcomePartly, Reasons: "So.", CorrectTo: to})
		return err
	}
	for _, to := range []string{"", "yesterday", "2025-13-01", "2026-03-03", "2025-06-02"} {
		wants(t, partly(d.ID, to), "correct_to:correction_required")
	}
	must(t, partly(d.ID, "2023-01-15"))
	if r := c.storedRecord(t, record); r.State != mingjing.RecordCorrected || r.Occurred != "2023-01-15" {
		t.Errorf("the record is %s of %s", r.State, r.Occurred)
	}
	if s := c.latest(t, a, "honest-shanghai"); counts(s, record) {
		t.Error("it counts beyond its term")
	}
	e := c.answered(t, a, "", listing, mingjing.PositionCorrected)
	for _, to := range []string{"2027-06-02", "2030-01-01", "2025-06-01"} {
		wants(t, partly(e.ID, to), "correct_to:correction_required")
	}
	must(t, partly(e.ID, "2026-06-01"))
	shorter := func() {
		t.Helper()
		if l := c.storedListing(t, listing); l.State != mingjing.ListingInEffect || l.Ends != "2026-06-01" {
			t.Errorf("the listing is %s until %s", l.State, l.Ends)
		}
		if r := c.storedRecord(t, record); r.Occurred != "2023-01-15" {
			t.Errorf("the record is of %s again", r.Occurred)
		}
	}
	shorter()
	c.ready(t, a, "honest-shanghai") // the court sends both again, as they were
	shorter()
}

func TestAListingWithNoEndDoesNotGetOneByDispute(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	l := blacklisted("list")
	l.Ends = ""
	c.offices.hold("court", score.Reply{Listings: []score.ReplyListing{l}})
	c.ready(t, a, "honest-shanghai")
	v, err := c.Listings(ctx, a)
	must(t, err)
	d := c.answered(t, a, "", v.Listings[0].Listing.ID, mingjing.PositionCorrected)
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomePartly, Reasons: "So.", CorrectTo: "2027-01-01"})
	wants(t, err, "correct_to:correction_required")
}

package casework_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"mingjing"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/evidence"
)

const performed = "court.voluntary_performance"

// notSent is a request for the record of a judgment that was performed.
func notSent(evidence ...evidence.Upload) cases.MissingFiling {
	return cases.MissingFiling{Choice: performed + "@court", Occurred: "2026-01-15", Number: "(2026) 沪 执 15",
		Statement: "I paid everything in January.", Evidence: evidence}
}

// missing asks the court for a record through its bureau.
func (c *city) missing(t tb, a mingjing.Actor, evidence ...evidence.Upload) mingjing.Case {
	t.Helper()
	d, err := c.AskForMissing(ctx, a, notSent(evidence...))
	must(t, err)
	c.put(t, d.ID)
	return d
}

// rules decides a case, with an answer to each piece of evidence.
func (c *city) rules(a mingjing.Actor, d mingjing.Case, o mingjing.Outcome) error {
	answers := map[string]string{}
	for _, e := range d.Evidence {
		answers[e.ID] = "Seen."
	}
	_, err := c.Decide(ctx, a, d.ID, desk.Ruling{Outcome: o, Reasons: "So it is.", Answers: answers})
	return err
}

func sends(p mingjing.AgencyPosition) agencyside.OfficerAnswer {
	w := agencyside.OfficerAnswer{Position: p, Text: mingjing.Text{"zh-CN": "已查明。", "en": "We have looked."}}
	if p == mingjing.PositionSupplied {
		w.Document = []evidence.Upload{pdf}
	}
	return w
}

func TestWhatAnAgencySendsAfterAllIsTakenUpAndCounts(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		a := c.resident(t, 1)
		c.ready(t, a, "honest-shanghai")
		before := c.latest(t, a, "honest-shanghai").Value
		d := c.missing(t, a)
		if d.Kind != mingjing.CaseMissing || d.Missing == nil || d.Missing.Number != "(2026) 沪 执 15" || d.Record != nil ||
			d.Code() != performed ||
			d.Agency() != "court" {
			t.Fatalf("%+v", d)
		}
		wants(t, c.rules(handler, d, mingjing.OutcomeUpheld), "missing_waiting")
		q, err := c.AgencyQuestion(ctx, judge, d.ID)
		must(t, err)
		if q.Kind != mingjing.CaseMissing || q.Occurred != "2026-01-15" || q.Document.Number != d.Missing.Number || q.Resident != "居民1" {
			t.Fatalf("%+v", q)
		}
		for code, w := range map[string]agencyside.OfficerAnswer{"position:position_required": sends(mingjing.PositionWithdrawn),
			"evidence:answer_document_required": {Position: mingjing.PositionSupplied, Text: mingjing.Text{"zh-CN": "在。"}}} {
			_, err := c.AgencyAnswer(ctx, judge, d.ID, w)
			wants(t, err, code)
		}
		_, err = c.AgencyAnswer(ctx, judge, d.ID, sends(mingjing.PositionSupplied))
		must(t, err)
		wants(t, c.rules(handler, d, mingjing.OutcomePartly), "outcome:outcome_required")
		wants(t, c.rules(handler, d, mingjing.OutcomeRejected), "missing_proven")
		must(t, c.rules(handler, d, mingjing.OutcomeUpheld))
		d, err = c.Dispute(ctx, a, d.ID)
		must(t, err)
		sum := sha256.Sum256(pdf.Data)
		if r := d.Record; r == nil || r.Agency != "court" || r.Code != performed || r.Occurred != "2026-01-15" ||
			r.State != mingjing.RecordActive ||
			!r.Document.Complete() || r.Document.Hash != hex.EncodeToString(sum[:]) || r.Document.Number != d.Missing.Number {
			t.Fatalf("the record is %+v", d.Record)
		}
		s := c.latest(t, a, "honest-shanghai")
		if s.Value <= before || !counts(s, d.Record.ID) || s.Cause != "dispute_decided" {
			t.Errorf("%d before, %d after, because %s", before, s.Value, s.Cause)
		}
		if l, err := c.Letter(ctx, a, d.ID); err != nil || l.Dispute.Record == nil || l.Dispute.Decision == nil {
			t.Errorf("the letter is %+v, %v", l.Dispute, err)
		}
		_, err = c.AskForMissing(ctx, a, cases.MissingFiling{Choice: performed + "@court", Occurred: "2026-01-15", Number: d.Missing.Number,
			Statement: "Again."})
		wants(t, err, "record_held")
	})
}

func TestARequestForAMissingRecordSaysWhatIsMissing(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	for code, change := range map[string]func(*cases.MissingFiling){
		"missing:missing_choice":       func(f *cases.MissingFiling) { f.Choice = "court.unpaid_judgment@court" }, // it counts against
		"happened_on:required":         func(f *cases.MissingFiling) { f.Occurred = " " },
		"happened_on:invalid_date":     func(f *cases.MissingFiling) { f.Occurred = "2026-03-03" }, // tomorrow
		"document_number:required":     func(f *cases.MissingFiling) { f.Number = " \n" },
		"statement:statement_required": func(f *cases.MissingFiling) { f.Statement = "" },
	} {
		f := notSent()
		change(&f)
		_, err := c.AskForMissing(ctx, a, f)
		wants(t, err, code)
	}
	_, err := c.AskForMissing(ctx, a, notSent(pdf))
	must(t, err)
	_, err = c.AskForMissing(ctx, a, notSent())
	wants(t, err, "dispute_open")
	v, err := c.MissingForm(ctx, a)
	must(t, err)
	if !slices.Contains(v.Choices, mingjing.MissingChoice{Agency: "court", Code: performed}) {
		t.Errorf("%+v", v)
	}
	for _, k := range v.Choices {
		if c.CountsAgainst(k.Code) {
			t.Errorf("%s counts against people, and can be asked for", k.Code)
		}
	}
}

func TestAfterASecondSilenceTheResidentsOwnDocumentCounts(t *testing.T) {
	for _, with := range []bool{true, false} {
		c := newCity(t)
		a := c.resident(t, 1)
		var files []evidence.Upload
		if with {
			files = append(files, pdf)
		}
		c.offices.answer = says(mingjing.PositionMaintained) // a computer has no reference to look for
		d := c.missing(t, a, files...)
		for range 2 {
			wait, err := c.job(ctx, cases.JobQuestion, d.ID)
			if err != nil || wait == 0 {
				t.Fatalf("wait %s, %v", wait, err)
			}
			c.clock.pass(wait)
			must(t, c.work(cases.JobQuestion, d.ID))
		}
		d, err := c.Dispute(ctx, a, d.ID)
		must(t, err)
		if d.State != mingjing.CaseAgencyLost || len(d.Evidence) != len(files) {
			t.Fatalf("%+v", d)
		}
		if with {
			wants(t, c.rules(handler, d, mingjing.OutcomeRejected), "missing_proven")
			must(t, c.rules(handler, d, mingjing.OutcomeUpheld))
		} else { // a record without a document does not exist
			wants(t, c.rules(handler, d, mingjing.OutcomeUpheld), "missing_undocumented")
			must(t, c.rules(handler, d, mingjing.OutcomeRejected))
		}
		v, err := c.Records(ctx, a)
		must(t, err)
		if len(v.Records) != len(files) {
			t.Errorf("with %d documents there are %d records", len(files), len(v.Records))
		}
	}
}

func TestARefusedRequestForARecordCanBeReviewedOnce(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	d := c.missing(t, a, pdf)
	_, err := c.AgencyAnswer(ctx, judge, d.ID, sends(mingjing.PositionMaintained))
	must(t, err)
	must(t, c.rules(handler, d, mingjing.OutcomeRejected))
	d, err = c.Dispute(ctx, a, d.ID)
	must(t, err)
	if want := []string{mingjing.LaneReview, mingjing.LaneCourt}; !slices.Equal(d.Lanes, want) {
		t.Fatalf("the ways on are %v", d.Lanes)
	}
	r, err := c.AskForReview(ctx, a, cases.Filing{Previous: d.ID, Statement: "You did not read my receipt."})
	must(t, err)
	if r.Missing == nil || *r.Missing != *d.Missing {
		t.Fatalf("%+v", r)
	}
	d, err = c.Dispute(ctx, a, d.ID)
	if err != nil || slices.Contains(d.Lanes, mingjing.LaneReview) {
		t.Errorf("reviewed twice: %v, %v", d.Lanes, err)
	}
	_, err = c.Assign(ctx, supervisor, r.ID)
	must(t, err)
	must(t, c.rules(supervisor, r, mingjing.OutcomeUpheld)) // by the evidence of the first case
	if r, err = c.Dispute(ctx, a, r.ID); err != nil || r.Record == nil || !r.Record.Document.Complete() {
		t.Errorf("%+v, %v", r.Record, err)
	}
}

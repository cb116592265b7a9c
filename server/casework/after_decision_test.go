package casework_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/evidence"
)

func TestAfterARejectionThreeWaysAreOpen(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.rejected(t, a, record, "")
	if !slices.Equal(d.Lanes, []string{"evidence", "review", "court"}) || d.LanesUntil != "2027-03-02" {
		t.Errorf("lanes %v until %s", d.Lanes, d.LanesUntil)
	}
	again := cases.Filing{Previous: d.ID, Reason: mingjing.ReasonWrongFacts, Statement: "Here is the receipt."}
	_, err := c.FileDispute(ctx, a, again)
	wants(t, err, "evidence:evidence_required")
	again.Evidence = []evidence.Upload{pdf}
	next, err := c.FileDispute(ctx, a, again)
	must(t, err)
	if next.Previous != d.ID || next.Record == nil || next.Record.ID != record || next.Record.State != mingjing.RecordDisputed {
		t.Errorf("it goes on as %+v", next)
	}
	_, err = c.Assign(ctx, handler, next.ID)
	wants(t, err, "case_involved")
	_, err = c.Assign(ctx, handler2, next.ID)
	must(t, err)
	_, err = c.AskForReview(ctx, a, cases.Filing{Previous: d.ID, Statement: "Look again."})
	wants(t, err, "lane_closed")
}

func TestAReviewIsASupervisorsWhoWasNotInvolved(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.answered(t, a, record, "", mingjing.PositionMaintained)
	_, err := c.Assign(ctx, supervisor, d.ID) // takes it from the handler, and rejects it
	must(t, err)
	_, err = c.Decide(ctx, supervisor, d.ID, desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: "So."})
	must(t, err)
	r, err := c.AskForReview(ctx, a, cases.Filing{Previous: d.ID, Statement: "Look again."})
	must(t, err)
	if r.Kind != mingjing.CaseReview || c.storedRecord(t, record).State != mingjing.RecordDisputed {
		t.Errorf("%s; the record is %s", r.Kind, c.storedRecord(t, record).State)
	}
	_, err = c.Assign(ctx, handler2, r.ID)
	wants(t, err, "second_person")
	_, err = c.Assign(ctx, supervisor, r.ID)
	wants(t, err, "case_involved")
	other := supervisor
	other.ID, other.Name = "S-2", "Another"
	k, err := c.Assign(ctx, other, r.ID)
	must(t, err)
	if slices.Contains(k.Allowed, "ask_agency") {
		t.Errorf("a reviewer may %v", k.Allowed)
	}
	_, err = c.Decide(ctx, other, r.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "It was wrong."})
	must(t, err)
	if s := c.storedRecord(t, record).State; s != mingjing.RecordRemoved {
		t.Errorf("the record is %s", s)
	}
	r, err = c.Dispute(ctx, a, r.ID)
	must(t, err)
	if !slices.Equal(r.Lanes, []string{"court"}) {
		t.Errorf("after the review %v are open", r.Lanes)
	}
}

func TestEvidenceThatComesTooLateIsKeptForTheNextDispute(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.rejected(t, a, record, "")
	c.clock.pass(time.Hour)
	d, err := c.AddEvidence(ctx, a, d.ID, []evidence.Upload{pdf})
	must(t, err)
	if len(d.Evidence) != 1 || !d.Evidence[0].Late || d.State != mingjing.CaseDecided {
		t.Fatalf("late evidence %+v in state %s", d.Evidence, d.State)
	}
	next, err := c.FileDispute(ctx, a, cases.Filing{Previous: d.ID, Reason: mingjing.ReasonWrongFacts, Statement: "See the receipt."})
	must(t, err)
	if len(next.Evidence) != 1 || next.Evidence[0].Late || next.Evidence[0].ID == d.Evidence[0].ID {
		t.Errorf("it went on with %+v", next.Evidence)
	}
	c.opens(t, handler2, next.ID)
	_, data, err := c.EvidenceFile(ctx, handler2, next.Evidence[0].ID)
	must(t, err)
	if string(data) != string(pdf.Data) {
		t.Error("it is another file")
	}
	_, err = c.Assign(ctx, handler2, next.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler2, next.ID,
		desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So.", Answers: map[string]string{next.Evidence[0].ID: "Seen."}})
	must(t, err)
	_, err = c.AddEvidence(ctx, a, next.ID, []evidence.Upload{pdf})
	wants(t, err, "case_decided")
}

func TestTheResidentsOwnWordsStayOnFile(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	must(t, c.PutRecordStatement(ctx, a, record, " The bank was closed. "))
	must(t, c.PutListingStatement(ctx, a, listing, strings.Repeat("冤", 200)))
	if r, l := c.storedRecord(t, record), c.storedListing(t, listing); r.Statement != "The bank was closed." ||
		mingjing.Words(l.Statement) != 100 {
		t.Errorf("on file: %q and %d words", r.Statement, mingjing.Words(l.Statement))
	}
	wants(t, c.PutRecordStatement(ctx, a, record, strings.Repeat("word ", 101)), "statement_on_file:too_many_words")
	c.ready(t, a, "honest-shanghai") // the court sends both again
	if r, l := c.storedRecord(t, record), c.storedListing(t, listing); r.Statement == "" || l.Statement == "" {
		t.Error("what was on file went with the next collection")
	}
	must(t, c.PutRecordStatement(ctx, a, record, ""))
	if r := c.storedRecord(t, record); r.Statement != "" {
		t.Errorf("taken away, it says %q", r.Statement)
	}
}

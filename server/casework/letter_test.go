package casework_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/score"
	"mingjing/server/evidence"
)

// upheld files a dispute about a record and upholds it.
func (c *city) upheld(t tb, a mingjing.Actor, record string, evidence ...evidence.Upload) mingjing.Case {
	t.Helper()
	d := c.file(t, a, record, "", evidence...)
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	answers := map[string]string{}
	for _, e := range d.Evidence {
		answers[e.ID] = "Seen."
	}
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So.", Answers: answers})
	must(t, err)
	d, err = c.Dispute(ctx, a, d.ID)
	must(t, err)
	return d
}

func TestThereIsNoLetterBeforeTheDecision(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	_, err := c.Letter(ctx, a, d.ID)
	if code := codeOf(err); code != "no_decision_yet" {
		t.Errorf("%q", code)
	}
	_, err = c.CourtFile(ctx, a, d.ID)
	if code := codeOf(err); code != "no_decision_yet" {
		t.Errorf("%q", code)
	}
	_, err = c.Letter(ctx, a, "no such case")
	if code := codeOf(err); code != "not_found" {
		t.Errorf("%q", code)
	}
	if slices.ContainsFunc(c.looks(t, a), func(l mingjing.AccessEntry) bool { return l.Action == "letter" || l.Action == "court_file" }) {
		t.Error("a look is logged though nothing was shown")
	}
}

func TestALetterHasTheRuleTheScoreAndTheLastDays(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	before := c.latest(t, a, "honest-shanghai")
	c.clock.pass(time.Hour)
	d := c.upheld(t, a, record)
	c.clock.pass(40 * 24 * time.Hour)
	must(t, c.did(ctx, score.JobRescore, a.ID)) // later than the letter
	l, err := c.Letter(ctx, a, d.ID)
	must(t, err)
	item, _ := c.books[0].Item("court.unpaid_judgment")
	if l.Rulebook != c.books[0].Ref() || l.LegalBasis.In("en") != item.LegalBasis.In("en") || !slices.Equal(l.Documents, item.Documents) ||
		l.CountsMonths != item.CountsMonths {
		t.Errorf("rule %+v", l)
	}
	if len(l.Scores) != 1 || !l.Scores[0].At.Equal(d.Decision.At) || l.Scores[0].Value <= before.Value || l.Scores[0].Band.Name == nil {
		t.Errorf("scores %+v, decided %s", l.Scores, d.Decision.At)
	}
	months := c.books[0].Procedure.ReopenMonths
	day := mingjing.DateOf(d.Decision.At.In(c.Zone()))
	if l.ReopenUntil != day.AddMonths(months) || l.CourtUntil != day.AddMonths(6) {
		t.Errorf("until %s and %s", l.ReopenUntil, l.CourtUntil)
	}
	looks := c.looks(t, a)
	if looks[0].Action != "letter" || looks[0].Subject != d.ID || looks[0].Purpose != "own" {
		t.Errorf("look %+v", looks[0])
	}
}

func TestALetterStaysAsItWasDecidedWhateverComesAfter(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	c.clock.pass(time.Hour)
	first := c.upheld(t, a, record, pdf)
	second := c.rejected(t, a, "", listing)
	letter := func(id string) string {
		t.Helper()
		l, err := c.Letter(ctx, a, id)
		must(t, err)
		data, err := json.Marshal(l)
		must(t, err)
		return string(data)
	}
	was, wasListing := letter(first.ID), letter(second.ID)
	c.clock.pass(48 * time.Hour)
	c.do(t, func(tx opened) error {
		r, err := tx.Record(ctx, record)
		must(t, err)
		r.Occurred, r.Detail, r.Document.Number = "2020-01-01", mingjing.Text{"en": "Something else."}, "No. 2"
		l, err := tx.Listing(ctx, listing)
		must(t, err)
		l.Ends, l.Ground, l.Measures = "2030-01-01", mingjing.Text{"en": "Another."}, nil
		return errors.Join(tx.PutRecord(ctx, r), tx.PutListing(ctx, l))
	})
	_, err := c.AddEvidence(ctx, a, second.ID, []evidence.Upload{pdf})
	must(t, err)
	must(t, c.did(ctx, score.JobRescore, a.ID))
	if now := letter(first.ID); now != was {
		t.Errorf("the letter about the record was\n%s\nand is\n%s", was, now)
	}
	if now := letter(second.ID); now != wasListing {
		t.Errorf("the letter about the listing was\n%s\nand is\n%s", wasListing, now)
	}
	f, err := c.CourtFile(ctx, a, second.ID)
	must(t, err)
	if len(f.Case.Evidence) != 1 || len(f.Hashes) != 1 || len(f.Dispute.Evidence) != 0 || f.Case.Listing.Ends != "2030-01-01" {
		t.Errorf("the court file has %d pieces and %d hashes, %d of them in the letter; the listing ends on %s", len(f.Case.Evidence),
			len(f.Hashes), len(f.Dispute.Evidence), f.Case.Listing.Ends)
	}
	must(t, c.Withdraw(ctx, a, "honest-shanghai"))
	l, err := c.Letter(ctx, a, first.ID)
	must(t, err)
	if len(l.Scores) != 0 {
		t.Error("a score outlives the consent to it, in a letter")
	}
}

func TestTheCourtFileHasHashesAndTheLooksAtTheCaseAlone(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	_, err := c.Listing(ctx, a, listing)
	must(t, err)
	_, err = c.Record(ctx, a, record)
	must(t, err)
	d := c.upheld(t, a, record, pdf)
	f, err := c.CourtFile(ctx, a, d.ID)
	must(t, err)
	sum := sha256.Sum256(pdf.Data)
	if len(f.Hashes) != 1 || f.Hashes[d.Evidence[0].ID] != hex.EncodeToString(sum[:]) {
		t.Errorf("hashes %v", f.Hashes)
	}
	var actions []string
	for i, l := range f.Entries {
		if l.Subject != d.ID && l.Subject != record || i > 0 && l.Seq < f.Entries[i-1].Seq {
			t.Errorf("look %+v", l)
		}
		actions = append(actions, l.Action)
	}
	for _, want := range []string{"record", "dispute", "case"} {
		if !slices.Contains(actions, want) {
			t.Errorf("no %s among the looks %v", want, actions)
		}
	}
	if l := c.looks(t, a)[0]; l.Action != "court_file" || l.Subject != d.ID {
		t.Errorf("look %+v", l)
	}
}

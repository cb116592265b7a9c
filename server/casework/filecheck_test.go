package casework_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/draft"
	"mingjing/server/evidence"
)

// slowCity is a city in which no file is checked while its sender waits.
func slowCity(t *testing.T) (*city, *slow) {
	t.Helper()
	s := &slow{}
	s.soon.Store(true)
	return newCity(t, func(c *casework.Config) { c.Files = files{s} }), s
}

// oneFile returns the only file of a case as its resident sees it.
func (c *city) oneFile(t tb, a mingjing.Actor, id string) mingjing.Evidence {
	t.Helper()
	d, err := c.Dispute(ctx, a, id)
	must(t, err)
	if len(d.Evidence) != 1 {
		t.Fatalf("there are %+v", d.Evidence)
	}
	return d.Evidence[0]
}

func TestADisputeDoesNotWaitForItsFilesToBeChecked(t *testing.T) {
	c, slow := slowCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "", pdf)
	e := c.oneFile(t, a, d.ID)
	if e.State != mingjing.EvidenceChecking || e.Type != "" || e.Name != pdf.Name {
		t.Fatalf("at first it is %+v", e)
	}
	c.opens(t, handler, d.ID)
	for _, who := range []mingjing.Actor{a, handler} {
		_, data, err := c.EvidenceFile(ctx, who, e.ID)
		wants(t, err, "evidence_checking")
		if data != nil {
			t.Errorf("%s opens what was not checked", who.Role)
		}
	}
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "x", Answers: map[string]string{e.ID: "x"}})
	wants(t, err, "evidence_checking")

	slow.ever.Store(true) // the scanner is away
	if wait, err := c.job(ctx, cases.JobFile, e.ID); err != nil || wait == 0 || c.oneFile(t, a, d.ID).State != mingjing.EvidenceChecking {
		t.Errorf("while it can't be checked: again after %v, %v", wait, err)
	}
	slow.ever.Store(false)
	told := c.bus.count(a.ID, mingjing.EventDispute)
	for range 2 {
		if wait, err := c.job(ctx, cases.JobFile, e.ID); err != nil || wait != 0 {
			t.Fatalf("again after %v, %v", wait, err)
		}
	}
	e = c.oneFile(t, a, d.ID)
	if e.State != mingjing.EvidenceChecked || e.Type != "application/pdf" || !e.CheckedAt.Equal(c.Now()) || !e.HandlerOpenedAt.IsZero() {
		t.Errorf("now it is %+v", e)
	}
	if got := c.bus.count(a.ID, mingjing.EventDispute); got != told+1 {
		t.Errorf("the resident's page was told %d times", got-told)
	}
	if looks := c.looks(t, a); !slices.ContainsFunc(looks, func(l mingjing.AccessEntry) bool {
		return l.Action == "check_file" && l.Role == mingjing.RoleSystem
	}) {
		t.Errorf("the check is not in the access log: %+v", looks)
	}
	c.clock.pass(time.Minute)
	opened := c.Now()
	for range 2 {
		if _, data, err := c.EvidenceFile(ctx, handler, e.ID); err != nil || !bytes.Equal(data, pdf.Data) {
			t.Fatal(err)
		}
		c.clock.pass(time.Minute)
	}
	if e = c.oneFile(t, a, d.ID); !e.HandlerOpenedAt.Equal(opened) || !e.AgencyOpenedAt.IsZero() {
		t.Errorf("opened it is %+v", e)
	}
}

func TestAFileThatIsRefusedLaterIsToldAndNothingOfItIsKept(t *testing.T) {
	c, _ := slowCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "", evidence.Upload{Name: "a.exe", Data: []byte("MZ PROGRAM")})
	e := c.oneFile(t, a, d.ID)
	_, err := c.job(ctx, cases.JobFile, e.ID)
	must(t, err)
	if e = c.oneFile(t, a, d.ID); e.State != mingjing.EvidenceRefused || e.Why != "evidence_type" {
		t.Errorf("it is %+v", e)
	}
	c.peek(t, func(tx opened) error {
		_, data, err := tx.EvidenceData(ctx, e.ID)
		if len(data) != 0 {
			t.Errorf("%q is kept", data)
		}
		return err
	})
	must(t, c.notified(a.ID, mingjing.NoticeCaseMoved, "evidence_refused", "dispute", d.ID))
	c.opens(t, handler, d.ID)
	if _, _, err = c.EvidenceFile(ctx, handler, e.ID); codeOf(err) != "not_found" {
		t.Errorf("a handler opens it: %v", err)
	}
	d2, err := c.AddEvidence(ctx, a, d.ID, slices.Repeat([]evidence.Upload{pdf}, mingjing.MaxEvidence))
	must(t, err) // it takes no room
	if len(d2.Evidence) != mingjing.MaxEvidence+1 {
		t.Errorf("there are %d", len(d2.Evidence))
	}
}

func TestADraftDoesNotWaitForItsFilesToBeChecked(t *testing.T) {
	c, slow := slowCity(t)
	for _, a := range []mingjing.Actor{c.resident(t, 1), handler} {
		slow.soon.Store(true)
		_, err := c.SaveDraft(ctx, a, aForm, typed("x"), []evidence.Upload{pdf, {Name: "a.exe", Data: []byte("MZ")}})
		must(t, err)
		f, err := c.StartDraftFile(ctx, a, aForm, "sent.pdf", int64(len(pdf.Data)))
		must(t, err)
		f, err = c.AddToDraftFile(ctx, a, f.ID, 0, pdf.Data)
		must(t, err)
		if f.State != mingjing.DraftFileChecking {
			t.Fatalf("sent, it is %+v", f)
		}
		if f, err = c.AddToDraftFile(ctx, a, f.ID, f.Received, nil); err != nil || f.State != mingjing.DraftFileChecking || f.Name != "sent.pdf" {
			t.Errorf("asked again, it is %+v, %v", f, err)
		}
		up, err := c.DraftUploads(ctx, a, aForm)
		must(t, err)
		if len(up) != 3 || up[0].Type != "" || !bytes.Equal(up[0].Data, pdf.Data) {
			t.Errorf("the form is sent with %+v", up)
		}
		for _, f := range c.drafts(t, a)[0].Files {
			if _, err := c.DraftPicture(ctx, a, f.ID); codeOf(err) != "not_found" {
				t.Errorf("what was not checked is shown: %v", err)
			}
			if wait, err := c.job(ctx, draft.JobFile, f.ID); err != nil || wait != 0 {
				t.Fatalf("again after %v, %v", wait, err)
			}
		}
		left := c.drafts(t, a)[0].Files
		if left[0].State != mingjing.DraftFileReady || left[0].Type != "application/pdf" || left[1].Why != "evidence_type" ||
			left[2].State != mingjing.DraftFileReady {
			t.Errorf("now they are %+v", left)
		}
		must(t, c.DraftSent(ctx, a, aForm))
		if wait, err := c.job(ctx, draft.JobFile, left[0].ID); err != nil || wait != 0 {
			t.Errorf("a file that was sent: again after %v, %v", wait, err)
		}
	}
}

func TestAnOfficersDocumentThatIsNotCheckedYetWaitsInTheDraft(t *testing.T) {
	c, slow := slowCity(t)
	slow.soon.Store(false)
	_, d := c.question(t, 1)
	slow.soon.Store(true)
	_, err := c.AgencyAnswer(ctx, judge, d.ID, stands())
	wants(t, err, "evidence_later")
	slow.soon.Store(false)
	_, err = c.AgencyAnswer(ctx, judge, d.ID, stands())
	must(t, err)
}

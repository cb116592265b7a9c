package casework_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/upkeep"
	"mingjing/server/evidence"
)

// aForm is the form of a dispute on its page.
var aForm = draft.Place{Page: "disputes/new?record=1", Form: "/api/disputes"}

func typed(text string) []mingjing.DraftField {
	return []mingjing.DraftField{{Name: "reason", Value: ""}, {Name: "statement", Value: text}}
}

// drafts returns the actor's drafts.
func (c *city) drafts(t tb, a mingjing.Actor) []mingjing.FormDraft {
	t.Helper()
	v, err := c.OwnDrafts(ctx, a)
	must(t, err)
	return v.Drafts
}

func TestWhatWasTypedIsThereAgainUntilItIsSent(t *testing.T) {
	c := newCity(t)
	for _, a := range []mingjing.Actor{c.resident(t, 1), handler, administrator,
		{Role: mingjing.RoleAgency, ID: "g-1", Agency: "court", AAL: 2, Name: "Officer"}} {
		if got, err := c.DraftsOn(ctx, a, aForm.Page); err != nil || len(got) != 0 {
			t.Fatalf("at first there are %v, %v", got, err)
		}
		first, err := c.SaveDraft(ctx, a, aForm, typed("I paid"), []evidence.Upload{pdf, {Name: "a.exe", Data: []byte("MZ")}})
		must(t, err)
		c.clock.pass(time.Minute)
		second, err := c.SaveDraft(ctx, a, aForm, typed("I paid it all."), nil)
		must(t, err)
		got, err := c.DraftsOn(ctx, a, aForm.Page)
		must(t, err)
		if len(got) != 1 || got[0].ID != first.ID || second.ID != first.ID || got[0].Fields[1].Value != "I paid it all." ||
			!got[0].SavedAt.Equal(c.Now()) || !got[0].Until.Equal(c.Now().Add(30*24*time.Hour)) {
			t.Fatalf("there is %+v", got)
		}
		f := got[0].Files
		if len(f) != 2 || f[0].State != mingjing.DraftFileReady || f[0].Type != "application/pdf" ||
			f[1].State != mingjing.DraftFileRefused || f[1].Why != "evidence_type" {
			t.Errorf("the files are %+v", f)
		}
		if other, err := c.DraftsOn(ctx, a, "disputes/new?record=2"); err != nil || len(other) != 0 {
			t.Errorf("another page has %v, %v", other, err)
		}
		if _, err := c.DraftUploads(ctx, a, aForm); codeOf(err) != "evidence:evidence_type" {
			t.Errorf("a form with a refused file: %v", err)
		}
		must(t, c.RemoveDraftFile(ctx, a, f[1].ID))
		up, err := c.DraftUploads(ctx, a, aForm)
		must(t, err)
		if len(up) != 1 || string(up[0].Data) != string(pdf.Data) || up[0].Type != "application/pdf" {
			t.Errorf("sent with %+v", up)
		}
		must(t, c.DraftSent(ctx, a, aForm))
		must(t, c.DraftSent(ctx, a, aForm))
		if left := c.drafts(t, a); len(left) != 0 {
			t.Errorf("left are %+v", left)
		}
	}
}

func TestADraftWithNothingInItIsNone(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	for _, text := range []string{"", "something", " \n"} {
		d, err := c.SaveDraft(ctx, a, aForm, typed(text), nil)
		must(t, err)
		if there := strings.TrimSpace(text) != ""; (d.ID != "") != there || (len(c.drafts(t, a)) == 1) != there {
			t.Errorf("%q is draft %q of %d", text, d.ID, len(c.drafts(t, a)))
		}
	}
}

func TestAFileIsSentToADraftInPartsAndGoesOnAfterABreak(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	data := append([]byte("%PDF-"), make([]byte, 3*mingjing.DraftPart)...)
	start := func() mingjing.DraftFile {
		t.Helper()
		f, err := c.StartDraftFile(ctx, a, aForm, "receipt.pdf", int64(len(data)))
		must(t, err)
		return f
	}
	send := func(id string, from, to int) (mingjing.DraftFile, error) {
		return c.AddToDraftFile(ctx, a, id, int64(from), data[from:to])
	}
	f := start()
	_, err := send(f.ID, 0, mingjing.DraftPart)
	must(t, err)
	if again := start(); again.ID != f.ID || again.Received != mingjing.DraftPart {
		t.Errorf("begun again it is %+v", again)
	}
	for _, wrong := range [][2]int{{0, 10}, {mingjing.DraftPart + 1, mingjing.DraftPart + 2}, {mingjing.DraftPart, 2*mingjing.DraftPart + 1}} {
		var known *mingjing.Error
		if _, err := send(f.ID, wrong[0], wrong[1]); !errors.As(err, &known) || known.Code != "upload_offset" ||
			known.Values["received"] != "524288" {
			t.Errorf("bytes %v: %v", wrong, err)
		}
	}
	if _, err := c.DraftUploads(ctx, a, aForm); codeOf(err) != "evidence:evidence_unfinished" {
		t.Errorf("a form with half a file: %v", err)
	}
	for at := mingjing.DraftPart; at < len(data); at += mingjing.DraftPart {
		f, err = send(f.ID, at, min(at+mingjing.DraftPart, len(data)))
		must(t, err)
	}
	if f.State != mingjing.DraftFileReady || f.Size != int64(len(data)) {
		t.Errorf("at its end it is %+v", f)
	}
	up, err := c.DraftUploads(ctx, a, aForm)
	must(t, err)
	if len(up) != 1 || string(up[0].Data) != string(data) {
		t.Errorf("the form is sent with %d files", len(up))
	}
}

func TestAPersonKeepsNoMoreThanTheirShare(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	if _, err := c.StartDraftFile(ctx, a, aForm, "x", mingjing.MaxEvidenceBytes+1); codeOf(err) != "evidence:evidence_size" {
		t.Errorf("a file that is too large: %v", err)
	}
	for i := range mingjing.MaxEvidence {
		_, err := c.StartDraftFile(ctx, a, aForm, strings.Repeat("x", i+1), 1)
		must(t, err)
	}
	if _, err := c.StartDraftFile(ctx, a, aForm, "one more", 1); codeOf(err) != "evidence:evidence_count" {
		t.Errorf("one file too many: %v", err)
	}
	for i := range draft.MaxDrafts - 1 {
		_, err := c.SaveDraft(ctx, a, draft.Place{Page: strings.Repeat("x", i+1), Form: "f"}, typed("x"), nil)
		must(t, err)
	}
	if _, err := c.SaveDraft(ctx, a, draft.Place{Page: "more", Form: "f"}, typed("x"), nil); codeOf(err) != "drafts_full" {
		t.Errorf("one draft too many: %v", err)
	}
	if _, err := c.SaveDraft(ctx, a, aForm, typed(strings.Repeat("x", draft.MaxText)), nil); codeOf(err) != "drafts_full" {
		t.Errorf("a draft that is too long: %v", err)
	}
}

// Whoever types does not fill their own access log: saving opens nothing, and a page that
// opens a draft again is one entry.
func TestADraftIsInItsResidentsAccessLogWhenItIsOpened(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	a.Screen = mingjing.Screen{Session: "s", Opened: c.Now()}
	before := len(c.looks(t, a))
	for range 5 {
		_, err := c.DraftsOn(ctx, a, aForm.Page)
		must(t, err)
		_, err = c.SaveDraft(ctx, a, draft.Place{Page: "another", Form: "f"}, typed("x"), nil)
		must(t, err)
	}
	if n := len(c.looks(t, a)); n != before {
		t.Errorf("saving wrote %d entries", n-before)
	}
	for range 5 {
		_, err := c.DraftsOn(ctx, a, "another")
		must(t, err)
	}
	if looks := c.looks(t, a); len(looks) != before+1 || looks[0].Action != "draft" || looks[0].Purpose != "own" {
		t.Errorf("opening it five times wrote %+v", looks[:len(looks)-before])
	}
}

func TestADraftGoesAfterThirtyDays(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	_, err := c.SaveDraft(ctx, a, aForm, typed("x"), []evidence.Upload{pdf})
	must(t, err)
	for _, step := range []struct {
		wait time.Duration
		left int
	}{{30 * 24 * time.Hour, 1}, {time.Hour, 0}} {
		c.clock.pass(step.wait)
		must(t, c.did(ctx, upkeep.JobRemoveOld, "all"))
		if n := len(c.drafts(t, a)); n != step.left {
			t.Errorf("after %s more there are %d", step.wait, n)
		}
	}
}

func TestADisputeIsFiledWithTheFilesOfItsDraft(t *testing.T) {
	c := newCity(t)
	a, recordID, _ := c.owing(t, 1)
	_, err := c.SaveDraft(ctx, a, aForm, typed("x"), []evidence.Upload{pdf})
	must(t, err)
	up, err := c.DraftUploads(ctx, a, aForm)
	must(t, err)
	d, err := c.FileDispute(ctx, a, cases.Filing{RecordID: recordID, Reason: mingjing.ReasonOther, Statement: "Mine.", Evidence: up})
	must(t, err)
	if len(d.Evidence) != 1 || d.Evidence[0].Name != up[0].Name {
		t.Errorf("filed with %+v", d.Evidence)
	}
}

func TestNobodyElseReachesADraft(t *testing.T) {
	c := newCity(t)
	owner := c.resident(t, 1)
	d, err := c.SaveDraft(ctx, owner, aForm, typed("SECRET"), []evidence.Upload{pdf})
	must(t, err)
	begun, err := c.StartDraftFile(ctx, owner, aForm, "SECRET.pdf", 9)
	must(t, err)
	file := c.drafts(t, owner)[0].Files[0].ID
	before := len(c.looks(t, owner))
	pretender, weak := handler, handler
	pretender.ID, weak.AAL = owner.ID, 1
	for name, a := range map[string]mingjing.Actor{"nobody": {}, "the system": {Role: mingjing.RoleSystem, ID: owner.ID},
		"a stranger": c.resident(t, 2), "a handler": handler, "a handler with the owner's id": pretender, "a weak handler": weak,
		"an administrator": administrator, "an agency's computer": {Role: mingjing.RoleAgency, ID: owner.ID, Agency: "court"},
		"an officer": {Role: mingjing.RoleAgency, ID: owner.ID, Agency: "court", AAL: 2}} {
		may := !strings.Contains("nobody the system a weak handler an agency's computer", name)
		want := "not_found"
		if !may {
			want = "forbidden"
			if name == "a weak handler" || strings.Contains(name, "computer") {
				want = "aal2_required"
			}
		}
		var got any
		for method, call := range map[string]func() error{
			"DiscardDraft":    func() error { return c.DiscardDraft(ctx, a, d.ID) },
			"AddToDraftFile":  func() error { v, err := c.AddToDraftFile(ctx, a, begun.ID, 0, []byte("x")); got = v.Name; return err },
			"DraftFile":       func() error { v, err := c.DraftFile(ctx, a, file); got = v.Name; return err },
			"DraftPicture":    func() error { v, err := c.DraftPicture(ctx, a, file); got = string(v.Data); return err },
			"RemoveDraftFile": func() error { return c.RemoveDraftFile(ctx, a, file) },
		} {
			if got = ""; codeOf(call()) != want || got != "" {
				t.Errorf("%s by %s: %q, want %s, and got %v", method, name, codeOf(call()), want, got)
			}
		}
		mine := func(method string, n int, err error) {
			if n != 0 || may && err != nil || !may && codeOf(err) != want {
				t.Errorf("%s by %s: %d, %v", method, name, n, err)
			}
		}
		on, err := c.DraftsOn(ctx, a, aForm.Page)
		mine("DraftsOn", len(on), err)
		all, err := c.OwnDrafts(ctx, a)
		mine("OwnDrafts", len(all.Drafts), err)
		up, err := c.DraftUploads(ctx, a, aForm)
		mine("DraftUploads", len(up), err)
		mine("DraftSent", 0, c.DraftSent(ctx, a, aForm))
		if _, err := c.SaveDraft(ctx, a, aForm, typed("mine"), nil); may == (err != nil) {
			t.Errorf("SaveDraft by %s: %v", name, err)
		}
		if f, err := c.StartDraftFile(ctx, a, aForm, "SECRET.pdf", 9); may == (err != nil) || f.ID == begun.ID {
			t.Errorf("StartDraftFile by %s: %v", name, err)
		}
	}
	if n := len(c.looks(t, owner)); n != before {
		t.Errorf("others wrote %d entries", n-before)
	}
	got := c.drafts(t, owner)
	if len(got) != 1 || got[0].Fields[1].Value != "SECRET" || len(got[0].Files) != 2 {
		t.Errorf("the owner has %+v", got)
	}
}

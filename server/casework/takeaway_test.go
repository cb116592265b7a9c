package casework_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gen "github.com/google/jsonschema-go/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/casework/share"
	"mingjing/server/casework/takeaway"
	"mingjing/server/evidence"
)

// A press makes files that a test can read, and fails when the test says so.
type press struct{ jam error }

func (p *press) Letter(e mingjing.Export, l mingjing.LetterView) ([]byte, error) {
	return []byte("letter " + e.Lang + " " + l.Dispute.ID), p.jam
}

func (p *press) Export(e mingjing.Export) ([]byte, error) {
	return []byte("paper " + e.Lang + " " + e.Identity.Name), p.jam
}

func withPress(p *press) func(*casework.Config) {
	return func(c *casework.Config) { c.Printer = p }
}

func fresh(a mingjing.Actor) mingjing.Actor {
	a.Fresh = true
	return a
}

// taken returns a new export of the resident, unpacked.
func (c *city) taken(t tb, a mingjing.Actor) (mingjing.Export, map[string][]byte) {
	t.Helper()
	v, err := c.StartExport(ctx, fresh(a), "en")
	must(t, err)
	must(t, c.did(ctx, takeaway.JobExport, v.Job.ID))
	_, data, err := c.ExportFile(ctx, fresh(a))
	must(t, err)
	files := unzip(t, data)
	var e mingjing.Export
	must(t, json.Unmarshal(files["export.json"], &e))
	return e, files
}

func unzip(t tb, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	return files
}

func TestWhatIsTakenAlongIsEverything(t *testing.T) {
	c := newCity(t, withPress(&press{}))
	a, record, listing := c.owing(t, 1)
	must(t, c.RememberLanguage(ctx, a, "en"))
	c.mailbox(t, a, "lin@mail.example")
	_, err := c.AddDevice(ctx, a, "session", "Phone", phone("mine"))
	must(t, err)
	open := c.file(t, a, "", listing, pdf)
	decided := c.upheld(t, a, record, pdf)
	must(t, c.Withdraw(ctx, a, "honest-shanghai"))
	c.ready(t, a, "rongcheng")
	asked := c.ask(t, a, "honest-shanghai") // and one that waits for the rest of its sources
	c.do(t, func(tx opened) error {
		return tx.SetSource(ctx, asked.ID, score.Source{Source: mingjing.Source{Agency: "court", State: mingjing.SourceAnswered, Items: 2},
			Reply: &score.Reply{Records: []score.ReplyRecord{debt("debt")}, Listings: []score.ReplyListing{blacklisted("list")}}})
	})
	stranger := c.resident(t, 2)
	c.ready(t, stranger, "rongcheng")
	_, code := c.shared(t, a, share.NewShare{Rulebook: "rongcheng", Purpose: "A flat", Fields: []mingjing.ShareField{mingjing.ShareBand},
		Named: mingjing.ShareMasked, Views: 3, Ends: "2026-03-09"})
	_, err = c.ViewShare(ctx, code, landlord())
	must(t, err)
	c.opens(t, handler, open.ID)
	why := c.why(t, a, c.lookOf(t, a, mingjing.RoleHandler))
	helping := c.asks(t, 3, 1)
	_, err = c.AcceptMandate(ctx, a, helping)
	must(t, err)

	_, err = c.SaveDraft(ctx, a, aForm, typed("not sent yet"), []evidence.Upload{pdf})
	must(t, err)
	_, err = c.Once(ctx, sending(a, "key"), func(context.Context) ([]byte, error) { return []byte(`"done"`), nil })
	must(t, err)
	sent := c.clock.Now()

	e, files := c.taken(t, a)
	if len(e.Sendings) != 1 || !e.Sendings[0].Equal(sent) {
		t.Errorf("the forms that were sent are of %v", e.Sendings)
	}
	if len(e.Drafts) != 1 || e.Drafts[0].Draft.Fields[1].Value != "not sent yet" || len(e.Drafts[0].Files) != 1 ||
		!bytes.Equal(files[e.Drafts[0].Files[0].Path], pdf.Data) {
		t.Errorf("the drafts are %+v", e.Drafts)
	}
	r := c.storedResident(t, a)
	if e.Identity.IDNumber != string(r.IDNumber) || e.Identity.Name != r.Name || e.Lang != "en" || !e.MadeAt.Equal(c.clock.Now()) {
		t.Errorf("it is about %+v", e.Identity)
	}
	if len(e.Consents) != 3 || len(e.Requests) != 3 || len(e.Records) != 1 || len(e.Listings) != 1 || len(e.Disputes) != 2 ||
		len(e.Scores) != 1 {
		t.Errorf("%d consents, %d requests, %d records, %d listings, %d disputes, %d scores", len(e.Consents), len(e.Requests), len(e.Records),
			len(e.Listings), len(e.Disputes), len(e.Scores))
	}
	replied := false
	for _, s := range e.Requests[len(e.Requests)-1].Sources {
		replied = replied || s.Reply != nil && len(s.Reply.Records) == 1 && s.Reply.Records[0].Ref == "debt"
	}
	if !replied {
		t.Error("the reply of the court is missing")
	}
	if s := e.Scores[0]; s.Rulebook != c.books[1].Ref() || len(s.Explanation) == 0 {
		t.Errorf("the score is %+v", s)
	}
	if len(e.Counterfactuals) == 0 || e.Counterfactuals[0].ScoreID != e.Scores[len(e.Scores)-1].ID {
		t.Errorf("the changes that would lead to another band are %+v", e.Counterfactuals)
	}
	if e.Settings.Email != "lin@mail.example" || len(e.Settings.Devices) != 1 || e.Settings.Lang != "en" {
		t.Errorf("the settings are %+v", e.Settings)
	}
	if len(e.Shares) != 1 || len(e.Shares[0].Accesses) != 1 || e.Shares[0].Accesses[0].Who != "Landlord & Co." {
		t.Errorf("the shares are %+v", e.Shares)
	}
	if len(e.Inquiries) != 1 || e.Inquiries[0].ID != why.ID || e.Inquiries[0].Entry.Seq != why.Entry.Seq {
		t.Errorf("the inquiries are %+v", e.Inquiries)
	}
	if len(e.Helping) != 1 || e.Helping[0].ID != helping || e.Helping[0].State != mingjing.MandateAccepted {
		t.Errorf("the mandates are %+v", e.Helping)
	}
	stored := c.looks(t, a)
	slices.Reverse(stored)
	stored = slices.DeleteFunc(stored, func(l mingjing.AccessEntry) bool { return l.Action == "export_file" })
	e.AccessLog = slices.DeleteFunc(e.AccessLog, func(l mingjing.AccessEntry) bool { return l.Action == "test" })
	if !reflect.DeepEqual(e.AccessLog, stored) {
		t.Errorf("the log has %d lines, %d were taken along", len(stored), len(e.AccessLog))
	}
	if last := stored[len(stored)-1]; last.Action != "export" || last.Role != mingjing.RoleSystem {
		t.Errorf("the last line before it was gathered is %+v", last)
	}
	if len(e.Notices) == 0 || len(e.Notices) != len(c.inbox(t, a))-1 { // that it is ready came after it
		t.Errorf("%d notices", len(e.Notices))
	}
	// Every file is there, and is what the list says.
	listed := []string{"access-log-proof.json", "export.json", "export.pdf", "export.schema.json"}
	for _, d := range e.Disputes {
		kinds := []string{}
		for _, f := range d.Files {
			sum := sha256.Sum256(files[f.Path])
			if f.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("%s is another file", f.Path)
			}
			listed, kinds = append(listed, f.Path), append(kinds, f.Kind)
		}
		want := []string{"evidence"}
		if d.ID == decided.ID {
			want = append(want, "letter")
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("the files of %s are %v", d.ID, kinds)
		}
	}
	for _, d := range e.Drafts {
		for _, f := range d.Files {
			listed = append(listed, f.Path)
		}
	}
	if len(files) != len(listed) {
		t.Errorf("%d files, %v are listed", len(files), listed)
	}
	if got := string(files["export.pdf"]); got != "paper en "+r.Name {
		t.Error(got)
	}
	if !bytes.Equal(files["cases/"+open.ID+"/"+open.Evidence[0].ID+"-"+open.Evidence[0].Name], pdf.Data) {
		t.Error("the evidence is not what was sent")
	}
	for name, data := range files {
		if bytes.Contains(data, []byte(stranger.Name)) || bytes.Contains(data, []byte(stranger.ID)) {
			t.Errorf("%s tells of somebody else", name)
		}
	}
	holds(t, files["export.schema.json"], files["export.json"])
}

func (c *city) storedResident(t tb, a mingjing.Actor) (r kernel.Resident) {
	t.Helper()
	c.do(t, func(tx opened) (err error) { r, err = tx.Resident(ctx, mingjing.ResidentID(a.ID)); return err })
	return r
}

// holds fails unless a document has the form of its schema.
func holds(t tb, schema, doc []byte) {
	t.Helper()
	s, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	must(t, err)
	d, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	must(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	must(t, compiler.AddResource("export.schema.json", s))
	compiled, err := compiler.Compile("export.schema.json")
	must(t, err)
	must(t, compiled.Validate(d))
}

// TestTheSchemaIsThatOfTheType compares the schema with the type that it
// describes. UPDATE=1 writes it anew.
func TestTheSchemaIsThatOfTheType(t *testing.T) {
	const file = "takeaway/export.schema.json"
	s, err := gen.For[mingjing.Export](&gen.ForOptions{TypeSchemas: map[reflect.Type]*gen.Schema{
		reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"},
		reflect.TypeFor[mingjing.Text](): {Types: []string{"null", "object"}, Description: "the same words by language",
			AdditionalProperties: &gen.Schema{Type: "string"}}}})
	must(t, err)
	s.Schema, s.Title = "https://json-schema.org/draft/2020-12/schema", "Everything that Mingjing holds on a resident"
	want, err := json.MarshalIndent(s, "", "  ")
	must(t, err)
	want = append(want, '\n')
	if os.Getenv("UPDATE") != "" {
		must(t, os.WriteFile(file, want, 0o600))
	}
	got, err := os.ReadFile(file)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Error("the schema is not that of mingjing.Export: run the test with UPDATE=1")
	}
}

func TestTakingEverythingAlongNeedsAFreshLogin(t *testing.T) {
	c := newCity(t, withPress(&press{}))
	a, _, _ := c.owing(t, 1)
	stranger := c.resident(t, 2)
	_, err := c.StartExport(ctx, a, "en")
	wants(t, err, "login_stale")
	c.taken(t, a)
	n := len(c.looks(t, a))
	_, data, err := c.ExportFile(ctx, a)
	wants(t, err, "login_stale")
	if data != nil || len(c.looks(t, a)) != n {
		t.Error("a stale login got something, or a look that was none is logged")
	}
	if v, err := c.Export(ctx, a); err != nil || v.Fresh || v.Job.State != mingjing.ExportReady {
		t.Errorf("the page says %+v, %v", v, err)
	}
	_, _, err = c.ExportFile(ctx, fresh(stranger))
	wants(t, err, "no_export")
	for _, other := range []mingjing.Actor{{}, handler, supervisor, auditor, court} {
		_, _, err := c.ExportFile(ctx, fresh(other))
		wants(t, err, "forbidden")
	}
}

func TestEachMakingAndEachDownloadIsInTheAccessLog(t *testing.T) {
	c := newCity(t, withPress(&press{}))
	a, _, _ := c.owing(t, 1)
	c.taken(t, a)
	_, _, err := c.ExportFile(ctx, fresh(a))
	must(t, err)
	var got []string
	for _, l := range c.looks(t, a) {
		if strings.HasPrefix(l.Action, "export") {
			got = append(got, string(l.Role)+" "+l.Action)
		}
	}
	if want := []string{"resident export_file", "resident export_file", "system export", "resident export"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	broken := &flawed{}
	c = newCity(t, withPress(&press{}), func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
	a, _, _ = c.owing(t, 1)
	v, err := c.StartExport(ctx, fresh(a), "en")
	must(t, err)
	broken.noLooks = true
	if err := c.did(ctx, takeaway.JobExport, v.Job.ID); !errors.Is(err, kernel.ErrNoReason) {
		t.Errorf("without the log it is made: %v", err)
	}
	broken.noLooks = false
	must(t, c.did(ctx, takeaway.JobExport, v.Job.ID))
	broken.noLooks = true
	if _, data, err := c.ExportFile(ctx, fresh(a)); err == nil || data != nil {
		t.Error("without the log it is given out")
	}
}

func TestAnExportIsGoneAfterADay(t *testing.T) {
	c := newCity(t, withPress(&press{}))
	a, _, _ := c.owing(t, 1)
	c.taken(t, a)
	v, err := c.Export(ctx, a)
	must(t, err)
	id := v.Job.ID
	if !v.Job.ExpiresAt.Equal(c.clock.Now().Add(24*time.Hour)) || v.Job.Size == 0 {
		t.Errorf("it is %+v", v.Job)
	}
	c.clock.pass(24*time.Hour - time.Second)
	_, _, err = c.ExportFile(ctx, fresh(a))
	must(t, err)
	c.clock.pass(time.Second)
	_, _, err = c.ExportFile(ctx, fresh(a)) // though nothing has deleted it so far
	wants(t, err, "no_export")
	if v, err := c.Export(ctx, a); err != nil || v.Job != nil {
		t.Errorf("the page says %+v, %v", v, err)
	}
	must(t, c.did(ctx, takeaway.JobDeleteExport, id))
	must(t, c.did(ctx, takeaway.JobDeleteExport, id)) // once more is no harm
	c.noExport(t, id)
}

// noExport fails unless nothing of an export is left.
func (c *city) noExport(t tb, id string) {
	t.Helper()
	for what, read := range map[string]func(opened) error{
		"row":  func(tx opened) error { _, err := tx.Export(ctx, id); return err },
		"file": func(tx opened) error { _, err := tx.ExportData(ctx, id); return err },
	} {
		if err := c.store.Tx(ctx, func(tx casework.Tx) error { return read(withReader(tx, "test")) }); !errors.Is(err, kernel.ErrNotFound) {
			t.Errorf("the %s is left: %v", what, err)
		}
	}
}

func TestOneExportAtATime(t *testing.T) {
	c := newCity(t, withPress(&press{}))
	a, _, _ := c.owing(t, 1)
	one, err := c.StartExport(ctx, fresh(a), "en")
	must(t, err)
	_, _, err = c.ExportFile(ctx, fresh(a))
	wants(t, err, "export_not_ready")
	same, err := c.StartExport(ctx, fresh(a), "en")
	must(t, err)
	if same.Job.ID != one.Job.ID {
		t.Error("a second one is made at once")
	}
	must(t, c.did(ctx, takeaway.JobExport, one.Job.ID))
	two, err := c.StartExport(ctx, fresh(a), "en")
	must(t, err)
	if two.Job.ID == one.Job.ID || two.Job.State != mingjing.ExportMaking {
		t.Errorf("the next one is %+v", two.Job)
	}
	c.noExport(t, one.Job.ID)
	_, err = c.DeleteExport(ctx, a)
	must(t, err)
	must(t, c.did(ctx, takeaway.JobExport, two.Job.ID)) // nobody wants it any more
	c.noExport(t, two.Job.ID)
}

func TestAnExportThatWasInterruptedIsMadeInTheEnd(t *testing.T) {
	p := &press{jam: errDown}
	c := newCity(t, withPress(p))
	a, record, _ := c.owing(t, 1)
	c.upheld(t, a, record)
	v, err := c.StartExport(ctx, fresh(a), "en")
	must(t, err)
	if err := c.did(ctx, takeaway.JobExport, v.Job.ID); !errors.Is(err, errDown) {
		t.Errorf("the press is jammed, and %v", err)
	}
	if v, err := c.Export(ctx, a); err != nil || v.Job.State != mingjing.ExportMaking || v.Job.Percent == 0 {
		t.Errorf("it is %+v, %v", v.Job, err)
	}
	p.jam = nil
	must(t, c.did(ctx, takeaway.JobExport, v.Job.ID))
	_, data, err := c.ExportFile(ctx, fresh(a))
	must(t, err)
	must(t, c.did(ctx, takeaway.JobExport, v.Job.ID)) // the same job once more
	_, again, err := c.ExportFile(ctx, fresh(a))
	must(t, err)
	if !bytes.Equal(data, again) {
		t.Error("the job made another file")
	}
	ready := 0
	for _, n := range c.inbox(t, a) {
		if n.Kind == mingjing.NoticeExportReady {
			ready++
			if n.Subject != "" || n.Page != "export" {
				t.Errorf("the notice is %+v", n.Notice)
			}
		}
	}
	if ready != 1 {
		t.Errorf("%d notices say that it is ready", ready)
	}
	if n := c.bus.count(a.ID, mingjing.EventExport); n < 5 {
		t.Errorf("open screens heard of it %d times", n)
	}
}

func TestTooMuchToTakeAlongIsSaid(t *testing.T) {
	c := newCity(t, withPress(&press{}))
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	c.do(t, func(tx opened) error {
		return tx.AddEvidence(ctx, d.ID, mingjing.Evidence{ID: "huge", Name: "huge.pdf", Size: mingjing.MaxExportBytes + 1,
			AddedAt: c.clock.Now()}, []byte("x"))
	})
	v, err := c.StartExport(ctx, fresh(a), "en")
	must(t, err)
	must(t, c.did(ctx, takeaway.JobExport, v.Job.ID))
	if v, err = c.Export(ctx, a); err != nil || v.Job.State != mingjing.ExportFailed || v.Job.Why != "export_too_large" {
		t.Errorf("it is %+v, %v", v.Job, err)
	}
	_, _, err = c.ExportFile(ctx, fresh(a))
	wants(t, err, "export_not_ready")
	if n := c.inbox(t, a)[0]; n.Kind != mingjing.NoticeExportReady || n.Code != "failed" {
		t.Errorf("the notice is %+v", n.Notice)
	}
}

func TestTheWorkerMakesAnExportAndDeletesIt(t *testing.T) {
	c := newCity(t, withPress(&press{}))
	a, _, _ := c.owing(t, 1)
	heard := make(chan mingjing.Event, 100)
	c.bus.tell = func(audience string, e mingjing.Event) {
		if audience == a.ID && e.Kind == mingjing.EventExport {
			heard <- e
		}
	}
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.bureau.Work(working) }()
	defer func() { stop(); must(t, <-done) }()
	_, err := c.StartExport(ctx, fresh(a), "en")
	must(t, err)
	until := func(what string, ok func(mingjing.ExportView) bool) {
		t.Helper()
		limit := time.After(30 * time.Second)
		for {
			v, err := c.Export(ctx, a)
			must(t, err)
			if ok(v) {
				return
			}
			select {
			case <-heard:
			case <-limit:
				t.Fatalf("not %s in time: %+v", what, v.Job)
			}
		}
	}
	until("ready", func(v mingjing.ExportView) bool { return v.Job.State == mingjing.ExportReady })
}

package main

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mingjing"
)

// stale makes the browser's login an hour old, as Kratos has it.
func (b *browser) stale() {
	b.t.Helper()
	id := ""
	for _, s := range list[mingjing.Session](b.json("GET", "/api/sessions", nil)) {
		if s.Current {
			id = s.ID
		}
	}
	files, err := filepath.Glob(filepath.Join(b.c.dir, "kratos", "*.sqlite"))
	if err != nil || len(files) != 1 {
		b.t.Fatalf("Kratos keeps its sessions in %v, %v", files, err)
	}
	db, err := sql.Open("sqlite", files[0]+"?_pragma=busy_timeout(10000)")
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	res, err := db.ExecContext(b.t.Context(), `UPDATE sessions SET authenticated_at = ? WHERE id = ?`,
		time.Now().UTC().Add(-time.Hour).Format("2006-01-02 15:04:05.999999999"), id)
	if err != nil {
		b.t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != 1 || err != nil {
		b.t.Fatalf("%d sessions are %s, %v", n, id, err)
	}
	for _, key := range b.c.redis.Keys() { // what is remembered of it
		if v, err := b.c.redis.Get(key); err == nil && strings.Contains(v, id) {
			b.c.redis.Del(key)
		}
	}
}

func (b *browser) export() mingjing.ExportView {
	b.t.Helper()
	return into[mingjing.ExportView](b.json("GET", "/api/export", nil).want(200))
}

// taken waits until the export is ready and unpacks it.
func (b *browser) taken() map[string][]byte {
	b.t.Helper()
	eventually(b.t, 45*time.Second, "the export is ready", func() bool {
		j := b.export().Job
		return j != nil && j.State == mingjing.ExportReady
	})
	a := b.send("GET", "/api/export/file", nil, "Accept", acceptHTML).want(200)
	if a.header.Get("Content-Type") != "application/zip" || a.header.Get("Cache-Control") != "no-store" ||
		!strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment; filename=mingjing-") ||
		!strings.HasPrefix(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
		b.t.Errorf("it is sent with %v", a.header)
	}
	z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		b.t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			b.t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			b.t.Fatal(err)
		}
	}
	return files
}

func TestAResidentTakesEverythingAlong(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 13")
	b.ready("honest-shanghai")
	records := list[mingjing.Record](b.json("GET", "/api/records", nil))
	records = slices.DeleteFunc(records, func(r mingjing.Record) bool { return r.State != mingjing.RecordActive })
	if len(records) == 0 {
		t.Fatal("this resident has no active record")
	}
	decided := b.upheld(records[len(records)/2].ID) // other tests take the first and the last
	ws, _, err := b.stream("")
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	v := into[mingjing.ExportView](b.json("POST", "/api/export", map[string]any{"lang": "en"}).want(202))
	if !v.Fresh || v.Job.State != mingjing.ExportMaking {
		t.Errorf("it begins as %+v", v)
	}
	files := b.taken()
	heard := 0
	for heard < 5 {
		e, err := hear(t, ws)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == mingjing.EventExport && e.ID == v.Job.ID {
			heard++
		}
	}
	var e mingjing.Export
	if err := json.Unmarshal(files["export.json"], &e); err != nil {
		t.Fatal(err)
	}
	me := c.account(t, "ordinary 13")
	if e.Identity.IDNumber != string(me.IDNumber) || e.Identity.Name != me.Name || len(e.Scores) == 0 || len(e.Records) < len(records) ||
		e.Lang != "en" {
		t.Errorf("it is about %+v with %d scores and %d records", e.Identity, len(e.Scores), len(e.Records))
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(files["export.schema.json"]))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(files["export.json"]))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("s.json", schema); err != nil {
		t.Fatal(err)
	}
	if s, err := compiler.Compile("s.json"); err != nil {
		t.Fatal(err)
	} else if err := s.Validate(doc); err != nil {
		t.Error(err)
	}
	letter := b.send("GET", "/api/disputes/"+decided.ID+"/letter.pdf?lang=en", nil).want(200)
	if !bytes.Equal(files["cases/"+decided.ID+"/letter.pdf"], letter.body) {
		t.Error("the letter is another file than the one on its page")
	}
	if !bytes.HasPrefix(files["export.pdf"], []byte("%PDF-")) || !bytes.Contains(files["export.pdf"], []byte("/Lang (en)")) {
		t.Errorf("the readable copy has %d bytes", len(files["export.pdf"]))
	}
	var actions []string
	for _, l := range list[mingjing.AccessEntry](b.json("GET", "/api/access-log", nil)) {
		if l.Subject == v.Job.ID {
			actions = append(actions, string(l.Role)+" "+l.Action)
		}
	}
	if want := []string{"resident export_file", "system export", "resident export"}; !slices.Equal(actions, want) {
		t.Errorf("the log says %v, want %v", actions, want)
	}
	if n := list[mingjing.Notice](b.json("GET", "/api/notices", nil))[0]; n.Kind != mingjing.NoticeExportReady || n.Page != "export" {
		t.Errorf("the notice is %+v", n)
	}
	// Nobody else has it, though they know that it is there.
	other := c.resident(t, "ordinary 9")
	if code := other.json("GET", "/api/export/file", nil).problem(404); code != "no_export" {
		t.Error(code)
	}
	if page := b.page("export").want(200); page.html().Find(`a[href^="/api/export/file"]`).Length() != 1 ||
		shown[mingjing.ExportView](page).Job.State != mingjing.ExportReady {
		t.Error("the page does not lead to the file")
	}
	if to := b.form("/api/export/delete", url.Values{}).to(); to != "/en/export?done=export_deleted" {
		t.Error(to)
	}
	if code := b.json("GET", "/api/export/file", nil).problem(404); code != "no_export" {
		t.Error(code)
	}
	b.json("POST", "/api/export/delete", map[string]any{}).want(200) // there is none any more
}

func TestAStaleLoginIsAskedForThePasswordFirst(t *testing.T) {
	c := theOpenCity(t)
	b, me := c.resident(t, "ordinary 4"), c.account(t, "ordinary 4")
	b.json("POST", "/api/export", map[string]any{}).want(202)
	b.taken()
	b.stale()
	const confirm = "/en/confirm?next=export"
	for _, what := range []string{"/api/export", "/api/export/file"} {
		method := "POST"
		if what == "/api/export/file" {
			method = "GET"
		}
		if code := b.json(method, what, nil).problem(403); code != "login_stale" {
			t.Errorf("%s: %s", what, code)
		}
	}
	if to := b.form("/api/export", url.Values{}).to(); to != confirm {
		t.Errorf("the form leads to %s", to)
	}
	if to := b.page("/api/export/file?lang=en").to(); to != confirm {
		t.Errorf("the file leads to %s", to)
	}
	page := b.page("export").want(200).html()
	if page.Find(`a[href="`+confirm+`"]`).Length() != 1 || page.Find(`a[href^="/api/export/file"], form[action="/api/export"]`).Length() != 0 {
		t.Error("the page does not lead to the password, or past it")
	}
	b.page(confirm).want(200)
	sessions := len(list[mingjing.Session](b.json("GET", "/api/sessions", nil)))
	// Somebody else's password is not the one that is asked for.
	for _, wrong := range []string{"nonsense", c.account(t, "ordinary 9").Password, ""} {
		a := b.form("/api/confirm", url.Values{"password": {wrong}, "next": {"export"}}).want(422)
		if v := a.view(); v.Page != "confirm" || v.Path != "confirm?next=export" || len(v.Problem.Fields) != 1 || v.Form["password"] != "" {
			t.Errorf("a wrong password shows %s at %s with %+v", v.Page, v.Path, v.Problem)
		}
	}
	if code := b.json("POST", "/api/export", nil).problem(403); code != "login_stale" {
		t.Errorf("after wrong passwords: %s", code)
	}
	a := b.form("/api/confirm", url.Values{"password": {me.Password}, "next": {"export"}})
	if to := a.to(); to != "/en/export?done=confirmed" {
		t.Errorf("it leads to %s", to)
	}
	if n := len(list[mingjing.Session](b.json("GET", "/api/sessions", nil))); n != sessions {
		t.Errorf("there were %d sessions, and are %d", sessions, n)
	}
	b.send("GET", "/api/export/file", nil, "Accept", acceptHTML).want(200)
	// With scripts off the form that is shown again has another address.
	if to := b.form("/api/confirm", url.Values{"password": {me.Password}, "next": {"export"}},
		"Referer", c.url+"/api/confirm").to(); to != "/en/export?done=confirmed" {
		t.Errorf("the form leads to %s", to)
	}
	b.json("POST", "/api/confirm", map[string]any{"password": me.Password}).want(200)
	// Nobody is led away from here.
	for _, next := range []string{"https://evil.example/", "//evil.example", "../../evil", "admin"} {
		a := b.form("/api/confirm", url.Values{"password": {me.Password}}, "Referer", c.url+"/en/confirm?"+url.Values{"next": {next}}.Encode())
		if to := a.to(); to != "/en/overview?done=confirmed" {
			t.Errorf("next %s leads to %s", next, to)
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mingjing"
	"mingjing/server/casework/law"
	"mingjing/server/store/pgtest"
	"mingjing/web/rulebooks"
)

// folderOf writes a folder of rulebooks: the samples, and besides them more.
func folderOf(t *testing.T, more map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for _, files := range []map[string][]byte{rulebooks.Files(), more} {
		for name, data := range files {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// nextVersion returns the sample of Rongcheng as a version from a later day.
func nextVersion(t *testing.T, version string, from mingjing.Date) []byte {
	t.Helper()
	var b map[string]any
	if err := json.Unmarshal(rulebooks.Files()["rongcheng.json"], &b); err != nil {
		t.Fatal(err)
	}
	b["version"], b["from"] = version, from
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAVersionIsPublishedOnceForAllServersAndServedForEver(t *testing.T) {
	t.Parallel()
	theOpenCity(t) // what is sent is checked against its description
	dir := filepath.Join(t.TempDir(), "data")
	s, err := testSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Rulebooks, s.DatabaseURL = folderOf(t, nil), pgtest.Start(t)
	first, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	hash := hashOf(first.p.law.Rulebooks, "rongcheng")
	b := first.browser(t)
	old := b.send("GET", "/web/rulebooks/"+hash+".json", nil).want(200)
	if !strings.Contains(old.header.Get("Cache-Control"), "immutable") {
		t.Errorf("a version that never changes is sent with %q", old.header.Get("Cache-Control"))
	}
	if now := b.send("GET", "/web/rulebooks/rongcheng.json", nil).want(200); !bytes.Equal(now.body, old.body) ||
		now.header.Get("Cache-Control") != "no-cache" {
		t.Error("the address without a version has something else, or is kept")
	}

	// Another server, with one file more, does not work beside the first.
	next := nextVersion(t, "2099.1", "2099-01-01")
	other := s
	draft := bytes.Replace(nextVersion(t, "2099.2", "2099-06-01"), []byte(`"agency_days": 5`), []byte(`"agency_days": 9`), 1)
	draft = append([]byte(`{"draft": true, "why": {"en": "More time.", "zh-CN": "多给时间。"},`), draft[1:]...)
	other.Rulebooks = folderOf(t, map[string][]byte{"rongcheng-2099.1.json": next, "rongcheng-2099.2.json": draft})
	other.Addr = "127.0.0.1:0"
	set := func(folder string) func(string) string {
		return env("DATA", dir, "DATABASE_URL", s.DatabaseURL, "DEMO", "1", "RULEBOOKS", folder)
	}
	if _, err := start(other); !isDiffering(err) || !strings.Contains(err.Error(), "rongcheng 2099.1") {
		t.Fatalf("with other files it says %v", err)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"rulebook", "publish"}, set(other.Rulebooks), &out, &errs); code != 0 ||
		!strings.Contains(out.String(), "published: rongcheng 2099.1") {
		t.Fatalf("publish: exit %d\n%s%s", code, &out, &errs)
	}
	if err := first.p.checkLaw(t.Context()); !isDiffering(err) {
		t.Errorf("the first server goes on by its own files: %v", err)
	}
	if err := first.end(); err != nil {
		t.Fatal(err)
	}

	// From here on the folder has the later version alone, which takes over from now.
	moved := nextVersion(t, "2099.1", "2098-01-01")
	out.Reset()
	changed := folderOf(t, map[string][]byte{"rongcheng-2099.1.json": moved})
	if code := run(t.Context(), []string{"rulebook", "publish"}, set(changed), &out, &errs); code != 1 ||
		!strings.Contains(errs.String(), "a version never changes") {
		t.Errorf("a published version was changed: exit %d\n%s%s", code, &out, &errs)
	}
	third, err := start(other)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := third.end(); err != nil {
			t.Error(err)
		}
	}()
	for _, v := range third.p.law.Rulebooks {
		third.browser(t).send("GET", "/web/rulebooks/"+v.Ref().Hash+".json", nil).want(200)
	}
	// A draft is public: what it changes, why, and from when.
	proposed := third.p.casework.City.Drafts()
	if len(proposed) != 1 {
		t.Fatalf("%d versions are proposed", len(proposed))
	}
	page := third.browser(t).page("rulebooks/" + proposed[0].Ref().Hash).want(200)
	for _, want := range []string{"working days for the agency to answer: 5 becomes 9", "More time.", "1 June 2099"} {
		if !strings.Contains(string(page.body), want) {
			t.Errorf("the page of the draft does not say %q", want)
		}
	}
	// A tool beside the server tries the version of 2099, which counts nothing else.
	resident := third.resident(t, "guarantor")
	resident.ready("rongcheng")
	if v := into[mingjing.ScoreView](resident.json("GET", "/api/score", nil).want(200)); v.Score.Rulebook.Hash != hash ||
		len(v.Drafts) != 1 || v.Drafts[0].Hash != proposed[0].Ref().Hash {
		t.Errorf("the score is by %s, with the drafts %+v", v.Score.Rulebook.Hash, v.Drafts)
	}
	out.Reset()
	errs.Reset()
	if code := run(t.Context(), []string{"rulebook", "preview", filepath.Join(other.Rulebooks, "rongcheng-2099.1.json")}, set(other.Rulebooks),
		&out, &errs); code != 0 || !strings.Contains(out.String(), "version 2099.1 instead of 2026.4: residents with a score: 1") ||
		!strings.Contains(out.String(), "nothing would change for anybody") {
		t.Errorf("preview: exit %d\n%s%s", code, &out, &errs)
	}
	if books := third.p.law.inForce(time.Now()); hashOf(books, "rongcheng") != hash {
		t.Error("a version of 2099 holds today")
	}
}

// hashOf returns the hash of the only rulebook with an id; "" when there is none, or another.
func hashOf(books []*mingjing.Rulebook, id string) string {
	found := ""
	for _, b := range books {
		switch {
		case b.ID != id:
		case found != "":
			return ""
		default:
			found = b.Ref().Hash
		}
	}
	return found
}

func TestAVersionThatTheFolderNoLongerHasIsServedAndExplains(t *testing.T) {
	l, err := readLaw("")
	if err != nil {
		t.Fatal(err)
	}
	gone := nextVersion(t, "2020.1", "2020-01-01")
	book, err := mingjing.DecodeRulebook(gone)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.keep([]law.File{{Hash: book.Ref().Hash, Kind: law.KindRulebook, Data: gone}}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(l.public["rulebooks/"+book.Ref().Hash+".json"], gone) || len(l.kept) != 1 || l.kept[0].Ref() != book.Ref() {
		t.Error("it is not served, or explains nothing")
	}
}

func TestAFolderOfRulebooksSaysWhatIsWrongWithIt(t *testing.T) {
	for name, c := range map[string]struct {
		more map[string][]byte
		want string
	}{
		"a name":             {map[string][]byte{"other.json": nextVersion(t, "2099.1", "2099-01-01")}, "call the file rongcheng-2099.1.json"},
		"one version twice":  {map[string][]byte{"rongcheng-2026.4.json": nextVersion(t, "2026.4", "2099-01-01")}, "both version 2026.4"},
		"one day twice":      {map[string][]byte{"rongcheng-2099.1.json": nextVersion(t, "2099.1", "2023-01-01")}, "both hold from 2023-01-01"},
		"a day that is none": {map[string][]byte{"rongcheng-2099.1.json": nextVersion(t, "2099.1", "2099-02-30")}, "/from"},
		"no JSON":            {map[string][]byte{"x.json": []byte("{")}, "x.json"},
	} {
		if _, err := readLaw(folderOf(t, c.more)); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), "RULEBOOKS") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := readLaw("/nowhere"); err == nil {
		t.Error("a folder that is not there is read")
	}
	if _, err := readLaw(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no rulebook") {
		t.Errorf("an empty folder: %v", err)
	}
}

func isDiffering(err error) bool {
	_, ok := errors.AsType[*law.DiffersError](err)
	return ok
}

// TestPublishedLawFindsItsSchemaBesideItself: a file of law names its schema by a relative
// address, from which anybody can check it.
func TestPublishedLawFindsItsSchemaBesideItself(t *testing.T) {
	c := theOpenCity(t)
	for _, path := range []string{"/web/rulebooks/honest-shanghai.json", "/web/rulebooks/calendars/china.json"} {
		file := c.browser(t).send("GET", path, nil).want(200)
		var law struct {
			Schema string `json:"$schema"`
		}
		if err := json.Unmarshal(file.body, &law); err != nil {
			t.Fatal(err)
		}
		a := c.browser(t).send("GET", "/web/rulebooks/"+law.Schema, nil).want(200)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
		if err != nil || a.header.Get("Content-Type") != "application/schema+json" ||
			strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Fatalf("%s: %v %v", law.Schema, err, a.header)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("mem:///schema", doc); err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(file.body))
		if err == nil {
			err = compiler.MustCompile("mem:///schema").Validate(value)
		}
		if err != nil {
			t.Errorf("%s is against %s: %v", path, law.Schema, err)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"mingjing"
	"mingjing/server/demo"
	"mingjing/web/rulebooks"
)

// TestTheSecondStartHasKeptEverything runs the program on a data folder, stops it and
// starts it again: accounts, keys and data are the same.
func TestTheSecondStartHasKeptEverything(t *testing.T) {
	t.Parallel()
	theOpenCity(t) // inspect needs it for descriptions
	dir := filepath.Join(t.TempDir(), "data")
	s, err := testSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	b := c.resident(t, "guarantor")
	score := b.ready("rongcheng").Score
	listing := list[mingjing.Listing](b.json("GET", "/api/listings", nil))[0].ID
	d := into[mingjing.Case](b.upload("/api/disputes", "application/json",
		map[string]string{"listing_id": listing, "reason": "already_performed", "statement": typedStatement}, []file{{"r.pdf", pdf}}).want(201))
	looks := len(list[mingjing.AccessEntry](b.json("GET", "/api/access-log", nil)))
	accounts, err := os.ReadFile(filepath.Join(dir, "demo-accounts.json"))
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := os.ReadFile(filepath.Join(dir, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.end(); err != nil {
		t.Fatal("stopping:", err)
	}
	for _, wrong := range c.spilt(c.logs.String(), true) {
		t.Errorf("the log tells %s", wrong)
	}

	s.Addr = "127.0.0.1:0"
	again, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := again.end(); err != nil {
			t.Error("stopping again:", err)
		}
	}()
	b2 := again.with(t, b.http) // the cookie of before, for the same host
	if v := into[mingjing.ScoreView](b2.json("GET", "/api/score", nil).want(200)); v.History[0].Value != score.Value {
		t.Errorf("the score was %d and is %d", score.Value, v.History[0].Value)
	}
	if k := into[mingjing.Case](b2.json("GET", "/api/disputes/"+d.ID, nil).want(200)); k.Statement != typedStatement || len(k.Evidence) != 1 {
		t.Errorf("the dispute is %+v", k)
	}
	if got := b2.send("GET", "/api/evidence/"+d.Evidence[0].ID, nil).want(200); !bytes.Equal(got.body, pdf) {
		t.Error("the evidence is another")
	}
	if n := len(list[mingjing.AccessEntry](b2.json("GET", "/api/access-log", nil))); n <= looks {
		t.Errorf("the access log had %d lines and has %d", looks, n)
	}
	again.resident(t, "guarantor") // by the password of before
	for name, before := range map[string][]byte{"secrets.json": secrets} {
		if after, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s has changed: %v", name, err)
		}
	}
	var was, is []demo.Account
	after, err := os.ReadFile(filepath.Join(dir, "demo-accounts.json"))
	if err != nil || json.Unmarshal(accounts, &was) != nil || json.Unmarshal(after, &is) != nil || len(was) != len(is) {
		t.Fatalf("the accounts: %v", err)
	}
	for i := range was {
		if was[i].Password != is[i].Password || was[i].TOTPSecret != is[i].TOTPSecret || was[i].IDNumber != is[i].IDNumber {
			t.Errorf("%v has other secrets now", was[i])
		}
	}
}

// BenchmarkSecondStart measures a start on a data folder that has everything already,
// with the demo city.
func BenchmarkSecondStart(b *testing.B) {
	s, err := testSettings(filepath.Join(b.TempDir(), "data"))
	if err != nil {
		b.Fatal(err)
	}
	for first := true; b.Loop(); first = false {
		s.Addr = "127.0.0.1:0"
		c, err := start(s)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := c.end(); err != nil {
			b.Fatal(err)
		}
		if first { // the first start enrols everybody
			b.ResetTimer()
		}
		b.StartTimer()
	}
}

func TestTheFolderIsForItsOwnerAlone(t *testing.T) {
	c := theOpenCity(t)
	for name, want := range map[string]os.FileMode{"demo-accounts.json": 0o600, "secrets.json": 0o600, "kratos": 0o700,
		"kratos/secrets.json": 0o600, "kratos/kratos.sqlite": 0o600, "mingjing.db": 0o600} {
		f, err := os.Stat(filepath.Join(c.dir, name))
		if err != nil || f.Mode().Perm() != want {
			t.Errorf("%s: %v, want %v (%v)", name, f.Mode().Perm(), want, err)
		}
	}
}

func TestTheAccountsFileIsAsPromised(t *testing.T) {
	c := theOpenCity(t)
	data, err := os.ReadFile(filepath.Join(c.dir, "demo-accounts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	stories, roles := map[string]bool{}, map[string]bool{}
	for _, a := range all {
		stories[a["story"]], roles[a["role"]] = true, true
		switch {
		case a["role"] == "resident" && (a["story"] == "" || a["id_number"] == "" || a["password"] == "" && a["activation_code"] == ""):
			t.Errorf("a resident without: %v", keys(a))
		case a["role"] != "resident" && (a["login"] == "" || a["password"] == "" || a["totp_secret"] == ""):
			t.Errorf("staff without: %v", keys(a))
		}
		if a["id_number"] != "" {
			if _, err := mingjing.ParseIDNumber(a["id_number"], time.Now()); err != nil || !strings.HasPrefix(a["id_number"], "999999") {
				t.Errorf("the ID number of %s: %v", a["story"], err)
			}
		}
		if a["totp_secret"] != "" {
			if _, err := totp.GenerateCode(a["totp_secret"], time.Now()); err != nil {
				t.Errorf("the second factor of %s: %v", a["login"], err)
			}
		}
	}
	for _, s := range []string{"guarantor", "no-notice", "namesake", "expired-record", "model-resident", "silent-agency"} {
		if !stories[s] {
			t.Errorf("no story %s", s)
		}
	}
	for _, r := range []string{"resident", "handler", "supervisor", "auditor"} {
		if !roles[r] {
			t.Errorf("no %s", r)
		}
	}
}

func keys(m map[string]string) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func TestWrongSettingsSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	for _, k := range []struct {
		env  []string
		want string
	}{
		{[]string{"ADDR", "8080"}, "ADDR must be host:port"},
		{[]string{"METRICS_ADDR", "9464"}, "METRICS_ADDR must be host:port"},
		{[]string{"PROXY_HOPS", "-1"}, "PROXY_HOPS must be a whole number from 0 up"},
		{[]string{"PROXY_HOPS", "two"}, "PROXY_HOPS must be a whole number from 0 up"},
		{[]string{"DEMO", "perhaps"}, "DEMO must be 1 or 0"},
		{[]string{"WITNESSES", "https://witness.example"}, "WITNESSES: a witness is its key and its address"},
		{[]string{"DEMO_CLOCK_SCALE", "0"}, "DEMO_CLOCK_SCALE must be a whole number from 1 up"},
		{[]string{"LOCK_AFTER", "soon"}, "LOCK_AFTER must be a length of time"},
		{[]string{"STOP_DELAY", "-1s"}, "STOP_DELAY must be a length of time"},
		{[]string{"LOG_LEVEL", "loud"}, "LOG_LEVEL must be debug, info, warn or error"},
		{[]string{"FRESH_LOGIN", "soon"}, "FRESH_LOGIN must be a time such as 10m"},
		{[]string{"KRATOS_PUBLIC_URL", "http://kratos:4433"}, "belong together"},
		{[]string{"PUBLIC_ORIGIN", "mirror.example"}, "PUBLIC_ORIGIN must be like https://mirror.example"},
		{[]string{"PUBLIC_ORIGIN", "https://mirror.example/app"}, "PUBLIC_ORIGIN must be like https://mirror.example"},
		{[]string{"PUBLIC_ORIGIN", "ftp://mirror.example"}, "PUBLIC_ORIGIN must be like https://mirror.example"},
		{[]string{"BLOB_URL", "s3://k:s@files/b"}, "BLOB_URL needs DATABASE_URL"},
		{[]string{"BLOB_URL", "https://k:s@files/b", "DATABASE_URL", "postgres://x/y"}, "BLOB_URL: blob: the address must be like s3://"},
		{[]string{"SCAN_URL", "icap://scanner/"}, "SCAN_URL: evidence: the address of the scanner is clamd://HOST:PORT"},
		{[]string{"DEMO", "0"}, "AGENCIES must name the file"},
	} {
		var out, errs bytes.Buffer
		settings := append(slices.Clone(k.env), "DEMO", "1", "DATA", dir)
		if code := run(t.Context(), nil, env(settings...), &out, &errs); code != 2 || !strings.Contains(errs.String(), k.want) {
			t.Errorf("%v: exit %d, %s", k.env, code, &errs)
		}
	}
	// All that is wrong is said at once.
	var errs bytes.Buffer
	if code := run(t.Context(), []string{"serve"}, env("ADDR", "x", "LOG_LEVEL", "loud", "DEMO", "1"), io.Discard, &errs); code != 2 ||
		!strings.Contains(errs.String(), "ADDR") || !strings.Contains(errs.String(), "LOG_LEVEL") {
		t.Errorf("exit %d, %s", code, &errs)
	}
}

func TestAStartThatFailsSaysWhyAndLeavesNothing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "secrets.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		env  []string
		want string
	}{
		"a port that is taken":      {[]string{"ADDR", taken.Addr().String()}, "ADDR: "},
		"no Kratos":                 {[]string{"KRATOS_BIN", "/nowhere/kratos"}, "make kratos"},
		"damaged secrets":           {[]string{"DATA", damaged}, "put back the copy of your backup"},
		"a folder that is a file":   {[]string{"DATA", folder}, "DATA: "},
		"no such agencies' file":    {[]string{"DEMO", "0", "AGENCIES", "/nowhere.json"}, "AGENCIES: "},
		"an unknown database":       {[]string{"DATABASE_URL", "mysql://x"}, "mysql"},
		"a Redis URL that is wrong": {[]string{"REDIS_URL", "http://x"}, "Redis"},
	} {
		bin, err := kratosBin()
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		settings := append(slices.Clone(k.env), "DEMO", "1", "DATA", t.TempDir(), "ADDR", "127.0.0.1:0", "KRATOS_BIN", bin, "LOG_LEVEL", "error")
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		code := run(ctx, []string{"serve"}, env(settings...), &out, &errs)
		stop()
		if code != 1 || !strings.Contains(errs.String(), k.want) || out.Len() > 0 {
			t.Errorf("%s: exit %d, %s%s", name, code, &errs, &out)
		}
	}
}

func TestTheProgramSaysWhereItIsOpenAndStopsWhenTold(t *testing.T) {
	s, err := testSettings(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	done := make(chan error, 1)
	s.Notes = []string{"REDIS_URI is no setting; is REDIS_URL meant?"}
	var log logBook
	go func() { done <- serve(ctx, s, w, &log) }()
	var said strings.Builder
	where := regexp.MustCompile(`is open at (http://127\.0\.0\.1:\d+)\n`)
	buf := make([]byte, 4096)
	for !strings.Contains(said.String(), "demo-accounts.json") {
		n, err := r.Read(buf)
		if said.Write(buf[:n]); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if where.FindString(said.String()) == "" || !strings.Contains(said.String(), "guarantor") || !strings.Contains(said.String(), "h-1001") {
		t.Errorf("it says %s", said.String())
	}
	for where, text := range map[string]string{"terminal": said.String(), "log": log.String()} {
		for _, want := range []string{"Redis inside this process", "SQLite in ", "Ory Kratos as a child process", s.Notes[0]} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s does not say %q:\n%s", where, want, text)
			}
		}
	}
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Error("stopping:", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not stop")
	}
}

func TestTheCommandsExitWithWhatTheyMean(t *testing.T) {
	good := filepath.Join(t.TempDir(), "rongcheng.json")
	if err := os.WriteFile(good, rulebooks.Files()["rongcheng.json"], 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "rongcheng.json")
	if err := os.WriteFile(bad, bytes.Replace(rulebooks.Files()["rongcheng.json"], []byte(`"base": 1000`), []byte(`"base": -1`), 1),
		0o600); err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		args []string
		code int
	}{
		{[]string{"help"}, 0}, {[]string{"--help"}, 0}, {[]string{"dance"}, 2},
		{[]string{"rulebook", "check", good}, 0}, {[]string{"rulebook", "check", bad}, 1}, {[]string{"rulebook", "check", good, bad}, 1},
		{[]string{"rulebook", "check", "/nowhere.json"}, 2}, {[]string{"rulebook"}, 2}, {[]string{"health"}, 1},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), k.args, env("ADDR", "127.0.0.1:1"), &out, &errs); code != k.code || out.Len()+errs.Len() == 0 {
			t.Errorf("%v: exit %d, want %d\n%s%s", k.args, code, k.code, &out, &errs)
		}
	}
}

func TestNoSettingOfTheOperatorShortensALogin(t *testing.T) {
	asked := 0
	_, err := readSettings(func(string) string { asked++; return "" })
	if err == nil || asked == 0 {
		t.Fatalf("nothing is read: %v", err)
	}
	for _, value := range []string{"0", "1", "1ms", "true", "http://127.0.0.1:1"} {
		if s, _ := readSettings(func(string) string { return value }); s.loginFloor != 0 {
			t.Errorf("with %s everywhere a login takes %v", value, s.loginFloor)
		}
	}
}

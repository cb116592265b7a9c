package main

import (
	"bytes"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/demo"
)

// leaves has a resident leave, and waits until it is done.
func (b *browser) leaves() mingjing.Erasure {
	b.t.Helper()
	e := into[mingjing.Erasure](b.json("POST", "/api/leave", map[string]any{"confirm": true}).want(202))
	out := b.c.browser(b.t) // who has the receipt need not be logged in
	for deadline := time.Now().Add(time.Minute); e.ErasedAt == nil; {
		if time.Now().After(deadline) {
			b.t.Fatalf("not erased: %+v\n%s", e, b.c.logs)
		}
		e = into[mingjing.Erasure](out.json("GET", "/api/erasures/"+e.ID, nil).want(200))
	}
	return e
}

// copyFolder copies a data folder, as a backup does.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&(fs.ModeSocket|fs.ModeNamedPipe) != 0 {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhoLeavesIsGoneAndStaysSoWhenABackupIsRestored(t *testing.T) {
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
	b := c.resident(t, "model-resident")
	b.ready("rongcheng")
	b.json("POST", "/api/disputes", map[string]any{"record_id": list[mingjing.Record](b.json("GET", "/api/records", nil))[0].ID,
		"reason": "not_me", "statement": typedStatement}).want(201)
	if code := b.json("POST", "/api/leave", map[string]any{"confirm": true}).problem(409); code != "leave_cases_open" {
		t.Errorf("left with an open case: %s", code)
	}
	if v := b.page("leave").want(200).view(); mingjing.DataOf[mingjing.LeaveView](&v) == nil ||
		len(mingjing.DataOf[mingjing.LeaveView](&v).OpenCases) != 1 {
		t.Errorf("the page shows %+v", mingjing.DataOf[mingjing.LeaveView](&v))
	}

	gone := c.resident(t, "expired-record")
	gone.ready("rongcheng")
	if p := gone.form("/api/leave", url.Values{}).want(422).view().Problem; p.Fields[0].Code != "leave_confirm" {
		t.Errorf("left without a word: %+v", p)
	}
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	copyFolder(t, dir, backup)

	s.Addr = "127.0.0.1:0"
	if c, err = start(s); err != nil {
		t.Fatal(err)
	}
	gone = c.with(t, gone.http)
	e := gone.leaves()
	if e.ListedAt == nil || e.LoginAt == nil {
		t.Errorf("erased with steps left out: %+v", e)
	}
	if v := c.browser(t).page("left?receipt=" + e.ID).want(200).view(); mingjing.DataOf[mingjing.Erasure](&v) == nil ||
		mingjing.DataOf[mingjing.Erasure](&v).ErasedAt == nil || v.Who != nil {
		t.Errorf("the page of the receipt shows %+v", mingjing.DataOf[mingjing.Erasure](&v))
	}
	gone.json("GET", "/api/records", nil).want(401)
	a := c.account(t, "expired-record")
	login := func(c *city) answer {
		return c.browser(t).json("POST", "/api/login", map[string]any{"id_number": a.IDNumber, "password": a.Password})
	}
	if code := login(c).problem(401); code != "login_failed" {
		t.Errorf("logs in after leaving: %s", code)
	}
	c.resident(t, "model-resident") // others do
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	listed, err := os.ReadFile(filepath.Join(dir, "erasures.list"))
	if err != nil || strings.Count(string(listed), "\n") != 1 {
		t.Fatalf("the list of erasures has %q (%v)", listed, err)
	}

	// Yesterday's backup, all but the list, which is never restored.
	copyFolder(t, backup, dir)
	if err := os.WriteFile(filepath.Join(dir, "erasures.list"), listed, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wal := range []string{"mingjing.db-wal", "mingjing.db-shm"} {
		if _, err := os.Stat(filepath.Join(backup, wal)); os.IsNotExist(err) {
			_ = os.Remove(filepath.Join(dir, wal))
		}
	}
	s.Demo, s.Agencies = false, filepath.Join(t.TempDir(), "agencies.json") // the demo city would enrol everybody anew
	if err := os.WriteFile(s.Agencies, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Addr = "127.0.0.1:0"
	if c, err = start(s); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.end(); err != nil {
			t.Error(err)
		}
	}()
	if code := login(c).problem(401); code != "login_failed" {
		t.Errorf("the backup brought the login back: %s", code)
	}
	if !strings.Contains(c.logs.String(), "they are erased again") {
		t.Error("nothing says that somebody was erased again")
	}
	for _, wrong := range readable(dir, []demo.Account{a}) {
		t.Error(wrong)
	}
}

// readable returns what a thief of the folder could read of the accounts: nothing but
// what the demo city writes down so that people can log in.
func readable(dir string, accounts []demo.Account, more ...string) (wrong []string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || d.Name() == "demo-accounts.json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		upper := bytes.ToUpper(data)
		for _, a := range accounts {
			if a.Role != mingjing.RoleResident {
				continue
			}
			name := a.Name
			if slices.ContainsFunc(accounts, func(b demo.Account) bool { return b.Role != mingjing.RoleResident && b.Name == a.Name }) {
				name = "" // who works here is known by name to all who log in with them
			}
			for what, secret := range map[string]string{"the ID number": string(a.IDNumber), "the name": name, "the password": a.Password} {
				if secret != "" && bytes.Contains(upper, []byte(strings.ToUpper(secret))) {
					wrong = append(wrong, path+" shows "+what+" of "+a.String())
				}
			}
		}
		for _, secret := range more {
			if bytes.Contains(data, []byte(secret)) {
				wrong = append(wrong, path+" shows "+secret)
			}
		}
		return nil
	})
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	return wrong
}

package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/blob/blobtest"
	"mingjing/server/demo"
	"mingjing/server/ledger"
	"mingjing/server/store/pgtest"
)

// command runs a command of the program and returns its code and what it said.
func command(t *testing.T, env func(string) string, args ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	code = run(t.Context(), args, env, &out, &out)
	return code, out.String()
}

// settingsEnv are the settings of a city without a demo as environment variables.
func settingsEnv(t *testing.T, s Settings) func(string) string {
	t.Helper()
	return env("DATA", s.Data, "DATABASE_URL", s.DatabaseURL, "BLOB_URL", s.BlobURL, "AGENCIES", s.Agencies,
		"KRATOS_BIN", s.KratosBin, "WITNESSES", s.Witnesses, "LOG_LEVEL", "warn")
}

func noAgencies(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "agencies.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestABackupIsRestoredElsewhere takes a backup while the server runs, changes data after
// it, and restores the backup into another data folder.
func TestABackupIsRestoredElsewhere(t *testing.T) {
	t.Parallel()
	theOpenCity(t) // send needs it for descriptions
	for engine, newURL := range map[string]func() string{
		"sqlite":   func() string { return "" },
		"postgres": func() string { return pgtest.Start(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			restoreElsewhere(t, newURL)
		})
	}
}

func restoreElsewhere(t *testing.T, newURL func() string) {
	s, err := testSettings(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	s.DatabaseURL, s.Agencies = newURL(), noAgencies(t)
	var files *blobtest.Server
	if s.DatabaseURL != "" {
		files = blobtest.Start(t)
		s.BlobURL = files.URL
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	s.Witnesses = aWitness(t, s)
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	b, leaver := c.resident(t, "guarantor"), c.resident(t, "expired-record")
	b.ready("rongcheng")
	listing := list[mingjing.Listing](b.json("GET", "/api/listings", nil))[0].ID
	d := into[mingjing.Case](b.upload("/api/disputes", "application/json",
		map[string]string{"listing_id": listing, "reason": "already_performed", "statement": typedStatement}, []file{{"r.pdf", pdf}}).want(201))

	if files != nil {
		withoutItsFiles(t, b, files, d.Evidence[0].ID)
		_, said := command(t, settingsEnv(t, s), "doctor")
		if !strings.Contains(said, "ok       1 files in the store of files, of which one was read") {
			t.Errorf("the doctor says\n%s", said)
		}
	}
	dir := filepath.Join(t.TempDir(), "backup")
	secrets := filepath.Join(t.TempDir(), "secrets")
	if code, said := command(t, settingsEnv(t, s), "backup", dir, "--secrets", secrets); code != 0 || !strings.Contains(said, "read again") {
		t.Fatalf("backup ended with %d:\n%s", code, said)
	}
	if f, err := c.p.store.Figures(t.Context()); err != nil || time.Since(f.BackupAt) > time.Hour {
		t.Errorf("the figures know of a backup of %s, %v", f.BackupAt, err)
	}
	nothingSecret(t, dir, secrets, c.p.accounts)

	// Life goes on: somebody leaves, and the log grows.
	leaver.ready("rongcheng")
	leaver.leaves()
	eventually(t, 60*time.Second, "the witness has seen what will be lost", func() bool {
		f, err := c.p.store.Figures(t.Context())
		return err == nil && slices.Contains(slices.Collect(maps.Values(f.Witnessed)), f.LogSize)
	})
	accounts, old := c.p.accounts, s
	if err := c.end(); err != nil {
		t.Fatal(err)
	}

	s.Data, s.DatabaseURL = filepath.Join(t.TempDir(), "elsewhere"), newURL()
	s.BlobURL = strings.Replace(s.BlobURL, "/city", "/elsewhere", 1)
	s.Demo = false
	code, said := command(t, settingsEnv(t, s), "restore", dir, "--secrets", secrets, "--erasures", filepath.Join(old.Data, erasuresFile))
	if code != 0 {
		t.Fatalf("restore ended with %d:\n%s", code, said)
	}
	for _, want := range []string{"erased again: 1 residents", "witness away.example: has seen ", "and will refuse",
		"say in public what happened", "the log was shortened"} {
		if !strings.Contains(said, want) {
			t.Errorf("restore does not say %q:\n%s", want, said)
		}
	}
	code, said = command(t, settingsEnv(t, s), "restore", dir, "--secrets", secrets)
	if code != 1 || !strings.Contains(said, "is there already") {
		t.Errorf("a second restore ended with %d:\n%s", code, said)
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
	c.p.accounts = accounts
	b = c.resident(t, "guarantor")
	if k := into[mingjing.Case](b.json("GET", "/api/disputes/"+d.ID, nil).want(200)); k.Statement != typedStatement || len(k.Evidence) != 1 {
		t.Errorf("the dispute is %+v", k)
	}
	if got := b.send("GET", "/api/evidence/"+d.Evidence[0].ID, nil).want(200); !bytes.Equal(got.body, pdf) {
		t.Error("the evidence is another")
	}
	gone := c.account(t, "expired-record")
	if code := c.browser(t).json("POST", "/api/login",
		map[string]any{"id_number": gone.IDNumber, "password": gone.Password}).problem(401); code != "login_failed" {
		t.Errorf("who left is back: %s", code)
	}
}

// withoutItsFiles waits until the files have left the database, and takes their store away.
func withoutItsFiles(t *testing.T, b *browser, files *blobtest.Server, evidence string) {
	t.Helper()
	eventually(t, 30*time.Second, "the files have left the database", func() bool {
		f, err := b.c.p.store.Figures(t.Context())
		return err == nil && f.FilesInside == 0 && len(files.Objects(t)) == 1
	})
	files.Stop()
	if status, s := b.state(); status != 200 || s.Status != "degraded" || s.Missing["files"] == "" ||
		s.Works["files"] || !s.Works["logged_in"] {
		t.Errorf("without the store of files readyz says %d %+v", status, s)
	}
	if code := b.json("GET", "/api/evidence/"+evidence, nil).problem(503); code != mingjing.NoFiles {
		t.Errorf("without the store of files evidence is told %s", code)
	}
	files.Start(t)
	if got := b.send("GET", "/api/evidence/"+evidence, nil).want(200); !bytes.Equal(got.body, pdf) {
		t.Error("the evidence is another")
	}
}

// aWitness starts a witness of the log of a city that is not open yet, and returns its
// setting.
func aWitness(t *testing.T, s Settings) string {
	t.Helper()
	keys, err := readSecrets(s.Data)
	if err != nil {
		t.Fatal(err)
	}
	book, err := s.newLedger(keys.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	w, err := ledger.OpenWitness(ledger.WitnessConfig{LogKey: book.Key(), Name: "away.example", Dir: filepath.Join(t.TempDir(), "witness"),
		Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	return w.Key() + " " + srv.URL
}

// nothingSecret looks through a backup for keys and persons, and at who can read it.
func nothingSecret(t *testing.T, dir, secrets string, accounts []demo.Account) {
	t.Helper()
	for _, wrong := range readable(dir, accounts, typedStatement) {
		t.Error(wrong)
	}
	keys, err := os.ReadFile(filepath.Join(secrets, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{dir, secrets} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s can be read by others: %s", path, info.Mode())
			}
			if root == dir && !d.IsDir() {
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				if bytes.Contains(data, keys) || strings.Contains(path, "secrets") {
					t.Errorf("%s has keys", path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// aSmallBackup is the backup of a city that was just opened.
func aSmallBackup(t *testing.T) (s Settings, dir string) {
	t.Helper()
	s, err := testSettings(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	s.Demo, s.Agencies = false, noAgencies(t)
	p, err := open(context.Background(), s, &logBook{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "backup")
	if code, said := command(t, settingsEnv(t, s), "backup", dir); code != 0 {
		t.Fatalf("backup ended with %d:\n%s", code, said)
	}
	return s, dir
}

func TestABackupIsTakenWholeOrNotAtAll(t *testing.T) {
	s, dir := aSmallBackup(t)
	t.Run("what is not whole is not restored", func(t *testing.T) { notRestored(t, s, dir) })
	t.Run("it goes into an empty folder", func(t *testing.T) { intoAnEmptyFolder(t, s, dir) })
}

func notRestored(t *testing.T, s Settings, good string) {
	change := func(name string, do func(file string) error) func(dir string) error {
		return func(dir string) error { return do(filepath.Join(dir, name)) }
	}
	flip := func(file string) error {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		data[len(data)/2] ^= 1
		return os.WriteFile(file, data, 0o600)
	}
	for what, k := range map[string]struct {
		do   func(dir string) error
		want string
	}{
		"a flipped bit in the database": {change("database/mingjing.db", flip), "is not what was written"},
		"a flipped bit in a key":        {change("secrets/master.json", flip), "is not what was written"},
		"no manifest":                   {change("manifest.json", os.Remove), "was not finished"},
		"no keys":                       {change("secrets", os.RemoveAll), "say with --secrets where the keys"},
		"no Kratos":                     {change("database/kratos.sqlite", os.Remove), "no such file"},
		"another format": {change("manifest.json", func(file string) error {
			return os.WriteFile(file, []byte(`{"format": 99}`), 0o600)
		}), "of another version"},
	} {
		t.Run(what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "backup")
			copyFolder(t, good, dir)
			if err := k.do(dir); err != nil {
				t.Fatal(err)
			}
			to := s
			to.Data = filepath.Join(t.TempDir(), "to")
			code, said := command(t, settingsEnv(t, to), "restore", dir)
			if code != 1 || !strings.Contains(said, k.want) {
				t.Errorf("it ended with %d: %s", code, said)
			}
			if _, err := os.Stat(to.Data); err == nil {
				t.Error("something was restored")
			}
		})
	}
}

func intoAnEmptyFolder(t *testing.T, s Settings, dir string) {
	if code, said := command(t, settingsEnv(t, s), "backup", dir); code != 1 || !strings.Contains(said, "is not empty") {
		t.Errorf("a second backup into the same folder ended with %d: %s", code, said)
	}
	if code, said := command(t, settingsEnv(t, s), "backup"); code != 2 || !strings.Contains(said, "name one folder") {
		t.Errorf("a backup to nowhere ended with %d: %s", code, said)
	}
	for name, want := range map[string]string{"mingjing.db": "mingjing.db is there already",
		"kratos/kratos.sqlite": "kratos.sqlite is there already",
		"secrets.json":         "secrets.json has other keys than the backup"} {
		to := s
		to.Data = filepath.Join(t.TempDir(), "to")
		file := filepath.Join(to.Data, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("theirs"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if code, said := command(t, settingsEnv(t, to), "restore", dir); code != 1 || !strings.Contains(said, want) {
			t.Errorf("over %s it ended with %d: %s", name, code, said)
		}
		if data, err := os.ReadFile(file); err != nil || string(data) != "theirs" {
			t.Errorf("%s was replaced: %q, %v", name, data, err)
		}
	}
	s.Data = t.TempDir()
	if code, said := command(t, settingsEnv(t, s), "backup", filepath.Join(t.TempDir(), "b")); code != 1 ||
		!strings.Contains(said, "not the folder of a server") {
		t.Errorf("a backup of nothing ended with %d: %s", code, said)
	}
}

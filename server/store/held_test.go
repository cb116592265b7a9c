package store

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mingjing"
)

// TestAFileThatAnotherProcessHoldsIsTold: requests have an answer soon, and a start says
// what it waits for before it gives up.
func TestAFileThatAnotherProcessHoldsIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held.db")
	s := open(t, path, func(o *Options) { o.StatementWait = 200 * time.Millisecond })
	let := holdFile(t, path, "BEGIN IMMEDIATE")
	for what, do := range asked(t, s) {
		done := make(chan error, 1)
		go func() { done <- do() }()
		if err := receive(t, done, what); err != nil && !errors.Is(err, mingjing.ErrNoDatabase) ||
			err == nil && !strings.Contains(what, "read") && !strings.Contains(what, "last use") {
			t.Errorf("%s is told %v", what, err)
		}
	}
	var log bytes.Buffer
	opts := Options{IDKey: testKey, Vault: testVault, StatementWait: 100 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	if _, err := Open(t.Context(), path, opts); !errors.Is(err, ErrHeld) {
		t.Errorf("a start is told %v", err)
	}
	if !strings.Contains(log.String(), "another program that holds the database") {
		t.Errorf("meanwhile it says %q", log.String())
	}
	let()
	open(t, path)
}

func TestASecondServerOnAFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "served.db")
	serve := func(o *Options) { o.Serve = true }
	s := open(t, path, serve)
	opts := Options{IDKey: testKey, Vault: testVault, Serve: true}
	if _, err := Open(t.Context(), path, opts); !errors.Is(err, ErrServed) || !strings.Contains(err.Error(), path) {
		t.Errorf("the second is told %v", err)
	}
	open(t, path) // a command
	must(t, s.Close())
	open(t, path, serve)
}

package main

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"mingjing"
	"mingjing/logproof"
)

// unused makes the browser's session one that nobody has used for so long.
func (b *browser) unused(d time.Duration) {
	b.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.c.dir, "mingjing.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	// The newest one: that of this browser, which has just logged in.
	if _, err := db.ExecContext(b.t.Context(), `UPDATE session_use SET seen_at = ? WHERE seen_at = (SELECT max(seen_at) FROM session_use)`,
		time.Now().Add(-d).UnixMicro()); err != nil {
		b.t.Fatal(err)
	}
}

// seen returns how long ago the browser's session was used, asked as a page asks.
func (b *browser) seen() time.Duration {
	b.t.Helper()
	for _, s := range list[mingjing.Session](b.json("GET", "/api/sessions", nil, "Mingjing-Quiet", "1")) {
		if s.Current {
			return time.Since(s.SeenAt)
		}
	}
	b.t.Fatal("the session is not listed")
	return 0
}

// TestWhatAPageAsksByItselfIsNoUseOfTheSession sends every request that a page sends by
// itself, after ten minutes without use: none of them counts as use of the session.
func TestWhatAPageAsksByItselfIsNoUseOfTheSession(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 11")
	b.unused(10 * time.Minute)
	for _, path := range []string{"/api/access-log/proof", "/api/records", "/api/listings", "/api/me"} {
		b.json("GET", path, nil, "Mingjing-Quiet", "1").want(200)
	}
	for _, page := range []string{"overview", "access-log", "records", "score"} {
		b.send("GET", "/en/"+page, nil, "Accept", viewType, "Mingjing-Quiet", "1").want(200)
	}
	if ago := b.seen(); ago < 10*time.Minute {
		t.Fatalf("pages that ask by themselves have used the session %v ago", ago)
	}
	// What changes something was done by somebody, whatever it says.
	b.json("POST", "/api/sessions/stay", nil, "Mingjing-Quiet", "1").want(200)
	if ago := b.seen(); ago > 5*time.Minute {
		t.Errorf("after an action the session was used %v ago", ago)
	}
	b.unused(10 * time.Minute)
	b.send("GET", "/en/overview", nil, "Accept", viewType).want(200)
	if ago := b.seen(); ago > 5*time.Minute {
		t.Errorf("after a page was opened the session was used %v ago", ago)
	}
}

// TestAnOpenPageIsOneLineOfTheAccessLog requests pages as an open page does by itself,
// which adds one entry an hour at most, and files, each of which adds one.
func TestAnOpenPageIsOneLineOfTheAccessLog(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 11")
	b.page("access-log").want(200)
	proof := func(query string, header ...string) mingjing.AccessProof {
		t.Helper()
		return into[mingjing.AccessProof](b.json("GET", "/api/access-log/proof"+query, nil, header...).want(200))
	}
	quietly := []string{"Mingjing-Quiet", "1"}
	lines := func() int { // of which a check writes none
		t.Helper()
		pages := []mingjing.AccessProof{proof("", quietly...)}
		for next := pages[0].Next; next > 0; next = pages[len(pages)-1].Next {
			state, err := logproof.ParseCheckpoint(pages[0].Checkpoint)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, proof(fmt.Sprintf("?after=%d&size=%d", next, state.Size), quietly...))
		}
		k := logproof.Check(pages, nil, time.Now())
		if len(k.Problems) > 0 {
			t.Fatalf("%+v", k.Problems)
		}
		return k.Entries
	}
	before := lines()
	if n := lines() - before; n != 0 {
		t.Errorf("checking the log wrote %d lines", n)
	}
	for range 5 {
		b.send("GET", "/en/access-log", nil, append(quietly, "Accept", viewType)...).want(200)
	}
	if n := lines() - before; n != 0 {
		t.Errorf("the page that is open wrote %d lines", n)
	}
	for range 5 {
		b.send("GET", "/en/records", nil, append(quietly, "Accept", viewType)...).want(200)
	}
	if n := lines() - before; n != 1 {
		t.Errorf("a page that was never opened wrote %d lines, want 1", n)
	}
	before = lines()
	for range 3 {
		b.send("GET", "/api/access-log/proof.json", nil, quietly...).want(200)
	}
	proof("")
	if n := lines() - before; n != 4 {
		t.Errorf("three files and a question by a program are %d lines, want 4", n)
	}
}

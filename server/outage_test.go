//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/live"
	"mingjing/server/store/pgtest"
	"mingjing/server/vault/kmstest"
)

// A redisServer is a real Redis that a test can stop.
type redisServer struct {
	dir string
	cmd *exec.Cmd
}

func (r *redisServer) url() string { return "unix://" + filepath.Join(r.dir, "s") }

func (r *redisServer) start(t testing.TB) {
	t.Helper()
	if r.dir == "" {
		dir, err := os.MkdirTemp("", "mingjing-redis-") //nolint:usetesting // a socket's path must be short
		if err != nil {
			t.Fatal(err)
		}
		r.dir = dir
		t.Cleanup(func() {
			r.stop()
			_ = os.RemoveAll(dir)
		})
	}
	r.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", filepath.Join(r.dir, "s"), "--save", "", "--dir", r.dir)
	if err := r.cmd.Start(); err != nil {
		t.Fatalf("the tests need redis-server: apt-get install redis-server: %v", err)
	}
	eventually(t, 20*time.Second, "Redis listens", func() bool {
		c, err := net.Dial("unix", filepath.Join(r.dir, "s"))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// signal sends the server a signal.
func (r *redisServer) signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func (r *redisServer) stop() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

type readyAnswer struct {
	Status  string
	Works   map[string]bool
	Missing map[string]string
}

// state returns the status of /readyz, its word, and what is missing.
func (b *browser) state() (int, readyAnswer) {
	b.t.Helper()
	a := b.send("GET", "/readyz", nil)
	return a.status, into[readyAnswer](a)
}

// TestAnOutageLogsNobodyOut runs a server on PostgreSQL, Redis and Kratos, and stops each
// of them in turn. Everybody keeps their session.
//
//nolint:tparallel // one outage comes after the other
func TestAnOutageLogsNobodyOut(t *testing.T) {
	t.Parallel()
	theOpenCity(t) // inspect needs it for descriptions
	dir := filepath.Join(t.TempDir(), "data")
	s, err := testSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	pg, cache := pgtest.StartServer(t), &redisServer{}
	cache.start(t)
	s.DatabaseURL, s.RedisURL = pg.Database(t, "city"), cache.url()
	// A Kratos with a cheap hash.
	if s.KratosBin, err = filepath.Abs(filepath.Join("..", "e2e", "lib", "kratos")); err != nil {
		t.Fatal(err)
	}
	s.Role = serves // the clock of this city is never moved, so that it can be in two processes
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	defer c.jobsElsewhere(t, s)()
	ended := false
	defer func() {
		if !ended {
			t.Error("it ended early:", c.end())
		}
	}()
	b, who := c.resident(t, "expired-record"), c.account(t, "ordinary 6")
	b.ready("rongcheng")
	back := func() {
		t.Helper()
		eventually(t, 60*time.Second, "ready again", func() bool { status, s := b.state(); return status == 200 && s.Status == "ready" })
		b.page("overview").want(200)
		if v := b.page("overview").view(); v.Who == nil {
			t.Error("nobody is logged in any more")
		}
	}
	t.Run("without PostgreSQL", func(t *testing.T) {
		record := list[mingjing.Record](b.json("GET", "/api/records", nil))[0].ID
		page := b.page("disputes/new?record=" + record).want(200)
		pg.Stop(t)
		if status, s := b.state(); status != 503 || s.Status != "unavailable" || len(s.Missing) != 1 || s.Missing["database"] == "" ||
			s.Works["logged_in"] || !s.Works["public_pages"] {
			t.Errorf("readyz says %d %+v", status, s)
		}
		b.wantAway("database_down", askedOfAll...)
		c.wantLoginAway(t, who, "database_down")
		stranger := c.browser(t)
		if a := stranger.page("agencies").want(503); a.header.Get("Retry-After") == "" ||
			!strings.Contains(a.html().Find("main").Text(), i18n.T("en", "error.database_down")) {
			t.Errorf("a public page with figures says %v %s", a.header, a.html().Find("main").Text())
		}
		b.wantFormsAgain("database_down")
		unsent := b.fillFiles(page, "/api/disputes", map[string]string{"reason": "other", "statement": typedStatement},
			[]file{{"r.pdf", pdf}}).want(503)
		pg.Start(t)
		back()
		to := b.fillFiles(unsent, "/api/disputes", nil, []file{{"r.pdf", pdf}}).to()
		id, ok := strings.CutSuffix(strings.TrimPrefix(to, "/en/disputes/"), "?done=dispute_filed")
		if !ok {
			t.Fatalf("sending the form again leads to %s", to)
		}
		filed := into[mingjing.Case](b.json("GET", "/api/disputes/"+id, nil))
		if filed.Statement != typedStatement || filed.Record == nil || filed.Record.ID != record || filed.Reason != "other" ||
			len(filed.Evidence) != 1 {
			t.Errorf("filed is %+v", filed)
		}
	})
	t.Run("without the database of Kratos", func(t *testing.T) {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "kratos", "kratos.sqlite")+"?_pragma=busy_timeout(10000)")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		without := func(table string, do func()) {
			t.Helper()
			rename := func(from, to string) {
				if _, err := db.Exec("ALTER TABLE " + from + " RENAME TO " + to); err != nil {
					t.Fatal(err)
				}
			}
			rename(table, "taken_away")
			defer rename("taken_away", table)
			forget(t, cache.url())
			do()
		}
		without("sessions", func() {
			b.wantAway("session_down", askedOfAll...)
			forget(t, cache.url())
			b.lang = "zh-CN"
			b.wantFormsAgain("session_down")
			b.lang = "en"
		})
		without("identity_credential_identifiers", func() { c.wantLoginAway(t, who, "identity_down") })
		back()
	})
	t.Run("without Redis", func(t *testing.T) {
		cache.stop()
		eventually(t, 20*time.Second, "readyz says so", func() bool { _, s := b.state(); return s.Missing["redis"] != "" })
		if status, s := b.state(); status != 200 || s.Status != "degraded" || len(s.Missing) != 1 || !s.Works["logged_in"] || !s.Works["login"] {
			t.Errorf("readyz says %d %+v", status, s)
		}
		for range 3 {
			b.page("overview").want(200)
			b.json("GET", "/api/records", nil).want(200)
		}
		if ws, _, err := b.stream("?after=0"); err != nil {
			t.Errorf("a stream: %v", err)
		} else {
			_ = ws.Close()
		}
		if to := c.browser(t).form("/api/login", url.Values{"id_number": {string(who.IDNumber)}, "password": {who.Password}}).to(); to !=
			"/en/overview?done=logged_in" {
			t.Errorf("a login leads to %s", to)
		}
		cache.start(t)
		back()
	})
	t.Run("while it stops", func(t *testing.T) {
		ws, _, err := b.stream("")
		if err != nil {
			t.Fatal(err)
		}
		// An upload that never ends fails no stop.
		slow, err := net.Dial("tcp", c.p.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(slow, "POST /api/disputes HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: multipart/form-data; boundary=x\r\n"+
			"Content-Length: 1000000\r\n\r\n--x\r\n", c.p.listener.Addr(), b.session(u))
		c.p.grace = 2 * time.Second
		waits, goOn := make(chan time.Duration), make(chan struct{})
		c.p.StopDelay = 7 * time.Second
		c.p.wait = func(d time.Duration) { waits <- d; <-goOn }
		end := make(chan error, 1)
		go func() { end <- c.end() }()
		ended = true
		if d := <-waits; d != c.p.StopDelay {
			t.Errorf("it waits %v", d)
		}
		if status, s := b.state(); status != 503 || s.Status != "stopping" {
			t.Errorf("readyz says %d %+v", status, s)
		}
		b.page("overview").want(200)
		late, _, err := b.stream("")
		if err != nil {
			t.Fatal(err)
		}
		close(goOn)
		for _, s := range []*websocket.Conn{ws, late} {
			_, err := hear(t, s)
			for err == nil {
				_, err = hear(t, s)
			}
			told, ok := errors.AsType[*websocket.CloseError](err)
			if !ok || told.Code != live.CloseRestart {
				t.Fatalf("a stream ends with %v", err)
			}
			if ms, err := strconv.Atoi(told.Text); err != nil || ms < 0 {
				t.Errorf("a stream is told to come back after %q", told.Text)
			}
		}
		if err := <-end; err != nil {
			t.Error("stopping:", err)
		}
		if a := b.send("GET", "/healthz", nil); a.err == nil {
			t.Error("it still listens")
		}
	})
}

// TestAMasterKeyThatIsAwayLosesNothing stops the key management service that wraps the
// keysets while people use the pages. Nothing is lost, and all works again after it.
func TestAMasterKeyThatIsAwayLosesNothing(t *testing.T) {
	theOpenCity(t) // inspect needs it for descriptions
	s, err := testSettings(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	kms := kmstest.Start(t)
	s.MasterKey = kmstest.Key
	if s.KratosBin, err = filepath.Abs(filepath.Join("..", "e2e", "lib", "kratos")); err != nil {
		t.Fatal(err)
	}
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	end := func() {
		if ended {
			return
		}
		ended = true
		if err := c.end(); err != nil {
			t.Error("it ended with", err)
		}
	}
	defer end()
	b, who, h := c.resident(t, "ordinary 5"), c.account(t, "ordinary 6"), c.desk(t, "h-1001")
	for _, status := range []int{kmstest.Silent, 503} {
		kms.Fail(status)
		b.json("GET", "/api/records", nil).want(200) // what is unwrapped goes on to open
		c.p.vault.Forget()
		if status, s := b.state(); status != 503 || s.Status != "unavailable" || len(s.Missing) != 1 || s.Missing["master key"] == "" {
			t.Errorf("readyz says %d %+v", status, s)
		}
		b.wantAway(mingjing.NoKeys, askedOfAll[:6]...) // a logout and a stream need no keys
		h.wantAway(mingjing.NoKeys)
		if a := h.page("admin"); a.status != 503 || a.header.Get("Retry-After") == "" {
			t.Errorf("the queue is answered %d %v", a.status, a.header)
		}
		// Nobody's keys are needed to find out that it is they.
		late := c.browser(t)
		if to := late.form("/api/login", url.Values{"id_number": {string(who.IDNumber)}, "password": {who.Password}}).to(); to !=
			"/en/overview?done=logged_in" {
			t.Errorf("a login leads to %s", to)
		}
		late.wantAway(mingjing.NoKeys, askedOfAll[:6]...)
		kms.Fail(0)
		late.page("overview").want(200)
		b.page("overview").want(200)
		h.page("admin").want(200)
		if status, s := b.state(); status != 200 {
			t.Errorf("readyz says %d %+v", status, s)
		}
		if open := shown[mingjing.OverviewView](b.page("overview")).Open; open != nil {
			t.Fatalf("of a request that was answered with an error something is stored: %+v", open)
		}
	}
	end()
	kms.Fail(503)
	if p, err := open(t.Context(), s, io.Discard); !errors.Is(err, mingjing.ErrNoKeys) ||
		strings.Contains(err.Error(), "not that of the database") {
		t.Errorf("a start without the service is told %v", err)
		_ = p.close()
	}
}

// forget removes what is remembered of sessions.
func forget(t testing.TB, redisURL string) {
	t.Helper()
	opt, err := redis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(opt)
	defer client.Close()
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseThatIsAwayEndsNoServer(t *testing.T) {
	pauses := 0
	p := &program{log: slog.New(slog.DiscardHandler), wait: func(time.Duration) { pauses++ }}
	ctx, cancel := context.WithCancel(t.Context())
	runs := 0
	err := p.keepOn(ctx, func(context.Context) error {
		if runs++; runs == 3 {
			cancel()
		}
		return fmt.Errorf("begin: %w", mingjing.ErrNoDatabase)
	})
	if err != nil || runs != 3 || pauses != 2 {
		t.Errorf("after %d runs and %d pauses: %v", runs, pauses, err)
	}
	if err := p.keepOn(t.Context(), func(context.Context) error { return net.ErrClosed }); !errors.Is(err, net.ErrClosed) {
		t.Errorf("another error is told as %v", err)
	}
}

// TestAPartThatHangsIsMissing: readiness has an answer whatever its parts do.
func TestAPartThatHangsIsMissing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	go func() { <-asked; cancel() }()
	got := missing(ctx, map[string]func(context.Context) error{
		"hangs": func(context.Context) error { close(asked); select {} },
	})
	if len(got) != 1 || got["hangs"] == nil {
		t.Errorf("missing are %v", got)
	}
	got = missing(t.Context(), map[string]func(context.Context) error{
		"works": func(context.Context) error { return nil }, "fails": func(context.Context) error { return net.ErrClosed },
	})
	if len(got) != 1 || !errors.Is(got["fails"], net.ErrClosed) {
		t.Errorf("missing are %v", got)
	}
}

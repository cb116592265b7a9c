//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
)

// A redisServer is a real Redis that a test can stop.
type redisServer struct {
	dir string
	cmd *exec.Cmd
}

func (r *redisServer) url() string { return "unix://" + filepath.Join(r.dir, "s") }

func (r *redisServer) start(t *testing.T) {
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

// TestAnOutageLogsNobodyOut runs a city on PostgreSQL, Redis and Kratos, and takes one
// away after the other.
func TestAnOutageLogsNobodyOut(t *testing.T) {
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
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			t.Error("it ended early:", c.end())
		}
	}()
	b, who := c.resident(t, "ordinary 5"), c.account(t, "ordinary 6")
	login := url.Values{"id_number": {string(who.IDNumber)}, "password": {who.Password}}
	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	session := b.session(u).Value

	// away holds every kind of answer to a request that can't be served now.
	away := func(code string) {
		t.Helper()
		answers := map[string]answer{"a page": b.page("overview"), "another": b.page("/zh-CN/records"),
			"a view": b.send("GET", "/en/overview", nil, "Accept", viewType),
			"a form": b.form("/api/score-requests", url.Values{"rulebook": {"rongcheng"}}),
			"JSON":   b.json("GET", "/api/records", nil), "a logout": b.form("/api/logout", url.Values{}),
			"a logout as JSON":           b.json("POST", "/api/logout", nil),
			"what a page asks by itself": b.json("GET", "/api/me", nil, "Mingjing-Quiet", "1")}
		ws, res, err := b.stream("?after=0")
		if err == nil {
			_ = ws.Close()
			t.Fatal("a stream is opened")
		}
		if res != nil {
			answers["a stream"] = answer{t: t, status: res.StatusCode, header: res.Header}
		}
		for what, a := range answers {
			if a.err != nil || a.status != 503 || a.header.Get("Retry-After") == "" || len(a.header.Values("Set-Cookie")) > 0 ||
				a.header.Get("Clear-Site-Data") != "" {
				t.Errorf("%s is answered %d %v %v", what, a.status, a.header, a.err)
			}
		}
		for lang, what := range map[string]string{"en": "a page", "zh-CN": "another"} {
			if text := answers[what].html().Find("main").Text(); !strings.Contains(text, i18n.T(lang, "error."+code)) {
				t.Errorf("%s says %q", what, text)
			}
		}
		if got := answers["JSON"].problem(503); got != code {
			t.Errorf("JSON says %q", got)
		}
		if n := b.session(u); n.Value != session {
			t.Errorf("the cookies are %v", n)
		}
		if b.page("rulebooks").status != 200 {
			t.Error("a public page is not there")
		}
	}
	back := func() {
		t.Helper()
		eventually(t, 60*time.Second, "ready again", func() bool { status, s := b.state(); return status == 200 && s.Status == "ready" })
		b.page("overview").want(200)
		if v := b.page("overview").view(); v.Who == nil {
			t.Error("nobody is logged in any more")
		}
	}
	// refused says how the login answers the right password.
	refused := func(code string) {
		t.Helper()
		a := c.browser(t).form("/api/login", login).want(503)
		if a.header.Get("Retry-After") == "" || len(a.header.Values("Set-Cookie")) > 0 {
			t.Errorf("the login answers %v", a.header)
		}
		page := a.html()
		if got := page.Find("#error-summary").Text(); !strings.Contains(got, i18n.T("en", "error."+code)) {
			t.Errorf("the login says %q", got)
		}
		if v, _ := page.Find("input[name=id_number]").Attr("value"); v != string(who.IDNumber) {
			t.Errorf("the ID number that was typed is %q", v)
		}
		if strings.Contains(string(a.body), who.Password) {
			t.Error("the password is sent back")
		}
		again := c.browser(t).json("POST", "/api/login", map[string]any{"id_number": who.IDNumber, "password": who.Password})
		if got := again.problem(503); got != code {
			t.Errorf("the login says %q", got)
		}
	}

	t.Run("without PostgreSQL", func(t *testing.T) {
		pg.Stop(t)
		if status, s := b.state(); status != 503 || s.Status != "unavailable" || len(s.Missing) != 1 || s.Missing["database"] == "" ||
			s.Works["logged_in"] || !s.Works["public_pages"] {
			t.Errorf("readyz says %d %+v", status, s)
		}
		away("database_down")
		refused("database_down")
		stranger := c.browser(t)
		if a := stranger.page("agencies").want(503); a.header.Get("Retry-After") == "" ||
			!strings.Contains(a.html().Find("main").Text(), i18n.T("en", "error.database_down")) {
			t.Errorf("a public page with figures says %v %s", a.header, a.html().Find("main").Text())
		}
		pg.Start(t)
		back()
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
		without("sessions", func() { away("identity_down") })
		without("identity_credential_identifiers", func() { refused("identity_down") })
		back()
	})
	t.Run("without Redis", func(t *testing.T) {
		cache.stop()
		eventually(t, 20*time.Second, "readyz says so", func() bool { _, s := b.state(); return s.Missing["redis"] != "" })
		if status, s := b.state(); status != 200 || s.Status != "degraded" || len(s.Missing) != 1 || !s.Works["logged_in"] || s.Works["login"] {
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
		refused("identity_down")
		cache.start(t)
		back()
	})
	t.Run("while it stops", func(t *testing.T) {
		ws, _, err := b.stream("")
		if err != nil {
			t.Fatal(err)
		}
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

// forget removes what is remembered of sessions.
func forget(t *testing.T, redisURL string) {
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

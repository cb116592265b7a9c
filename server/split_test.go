//go:build unix

package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mingjing"
)

// jobsElsewhere holds what a city that only serves says where nobody does its jobs, starts
// a process that does them, and returns what ends that.
func (c *city) jobsElsewhere(t *testing.T, s Settings) (end func()) {
	t.Helper()
	b := c.resident(t, "ordinary 9")
	asked := into[mingjing.ScoreRequest](b.json("POST", "/api/score-requests", map[string]any{"rulebook": "rongcheng", "consent": true}))
	if status, s := b.state(); status != 200 || s.Status != "degraded" || s.Missing["workers"] == "" || s.Works["jobs"] ||
		!s.Works["logged_in"] {
		t.Errorf("where nobody does jobs, readyz says %d %+v", status, s)
	}
	if got := into[mingjing.ScoreRequest](b.json("GET", "/api/score-requests/"+asked.ID, nil)); got.State != mingjing.RequestQueued {
		t.Errorf("nobody does jobs, and the request is %s", got.State)
	}

	s.Role, s.Addr = works, "127.0.0.1:0"
	s.KratosPublicURL, s.KratosAdminURL = c.kratosURL(t, "public"), c.kratosURL(t, "admin")
	worker, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the request has a score", func() bool {
		return into[mingjing.ScoreRequest](b.json("GET", "/api/score-requests/"+asked.ID, nil)).State == mingjing.RequestReady
	})
	eventually(t, 20*time.Second, "everything is there", func() bool { _, s := b.state(); return s.Status == "ready" && s.Works["jobs"] })
	said := &httptest.ResponseRecorder{}
	probe := func(path string) (int, string) {
		said = httptest.NewRecorder()
		worker.p.handler.ServeHTTP(said, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return said.Code, said.Body.String()
	}
	if code, text := probe("/readyz"); code != 200 || !strings.Contains(text, `"works":{"jobs":true}`) {
		t.Errorf("who does jobs says %d %s", code, text)
	}
	if code, _ := probe("/healthz"); code != 200 {
		t.Errorf("who does jobs says %d to healthz", code)
	}
	for _, path := range []string{"/", "/en/login", "/api/me"} {
		if code, _ := probe(path); code != 404 {
			t.Errorf("who does jobs answers %s with %d", path, code)
		}
	}
	return func() {
		if err := worker.end(); err != nil {
			t.Error("the worker ended with", err)
		}
		if code, text := probe("/readyz"); code != 503 || !strings.Contains(text, `"stopping"`) {
			t.Errorf("who has stopped says %d %s", code, text)
		}
	}
}

// kratosURL returns the address of a proxy before a port of the city's own Kratos.
func (c *city) kratosURL(t testing.TB, port string) string {
	t.Helper()
	return kratosURL(t, filepath.Join(c.dir, "kratos"), port)
}

// kratosURL returns the address of a proxy before a port of the Kratos that runs in a folder.
func kratosURL(t testing.TB, dir, port string) string {
	t.Helper()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var note struct{ Sockets string }
		data, err := os.ReadFile(filepath.Join(dir, "child.json"))
		if err == nil {
			err = json.Unmarshal(data, &note)
		}
		found, _ := filepath.Glob(filepath.Join(note.Sockets, port+"-*"))
		if err != nil || len(found) != 1 {
			return nil, io.ErrUnexpectedEOF // it is being started
		}
		return (&net.Dialer{}).DialContext(ctx, "unix", found[0])
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "kratos"})
	proxy.Transport = &http.Transport{DialContext: dial}
	srv := httptest.NewServer(proxy)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestJobsAreElsewhereOnlyWhereSeveralProcessesShareTheEngines(t *testing.T) {
	shared := []string{"AGENCIES", "/nowhere.json", "DATABASE_URL", "postgres://x/y", "REDIS_URL", "redis://r", "KRATOS_PUBLIC_URL",
		"http://k:1", "KRATOS_ADMIN_URL", "http://k:2"}
	for _, k := range []struct {
		more []string
		why  string
		code int
	}{
		{[]string{"DEMO", "1"}, "DEMO=1", 0}, {[]string{"DATABASE_URL", ""}, "DATABASE_URL", 2}, {[]string{"REDIS_URL", ""}, "REDIS_URL", 2},
		{[]string{"KRATOS_PUBLIC_URL", "", "KRATOS_ADMIN_URL", ""}, "KRATOS_PUBLIC_URL", 2},
	} {
		getenv := env(append(append(k.more, "DATA", t.TempDir()), shared...)...)
		var errs strings.Builder
		if code := run(t.Context(), []string{"work"}, getenv, io.Discard, &errs); code != k.code || !strings.Contains(errs.String(), k.why) {
			t.Errorf("%v: exit %d, %s", k.more, code, &errs)
		}
		s, err := readSettings(getenv)
		if why, _ := s.alone(); err != nil || !strings.HasPrefix(why, k.why) {
			t.Errorf("%v: %q, %v", k.more, why, err)
		}
	}
	s, err := readSettings(env(shared...))
	if why, _ := s.alone(); err != nil || why != "" {
		t.Errorf("with engines of their own: %q, %v", why, err)
	}
}

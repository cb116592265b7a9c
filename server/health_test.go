package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mingjing/i18n"
)

func TestHealthAndReadinessTellTheTruth(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 5")
	state := func() (int, map[string]string) {
		status, s := b.state()
		return status, s.Missing
	}
	if status, missing := state(); status != 200 || len(missing) > 0 {
		t.Fatalf("not ready: %v", missing)
	}
	a := b.send("GET", "/healthz", nil).want(200)
	if into[struct{ Status string }](a).Status != "ok" {
		t.Errorf("%s", a.body)
	}
	probe := func() int {
		return run(t.Context(), []string{"health"}, env("ADDR", c.p.listener.Addr().String()), os.Stdout, os.Stderr)
	}
	if probe() != 0 {
		t.Error("the health command fails")
	}

	t.Run("without Kratos", func(t *testing.T) {
		end := func() {
			var note struct{ PID int }
			data, err := os.ReadFile(filepath.Join(c.dir, "kratos", "child.json"))
			if err != nil || json.Unmarshal(data, &note) != nil || note.PID <= 1 {
				t.Fatalf("the process number of Kratos: %v %s", err, data)
			}
			c.redis.FlushAll() // what was remembered of sessions
			_ = syscall.Kill(note.PID, syscall.SIGKILL)
		}
		down := func(what string, do func() bool) {
			t.Helper()
			end()
			eventually(t, 20*time.Second, what, do)
		}
		down("readyz says that identity is missing", func() bool {
			status, missing := state()
			return status == 503 && missing["identity"] != "" && len(missing) == 1
		})
		if b.send("GET", "/healthz", nil).status != 200 {
			t.Error("the process lives, and healthz does not say so")
		}
		ready(t, b)
		down("a personal page says what to do", func() bool {
			a := b.page("overview")
			return a.status == 503 && a.view().Problem.Code == "session_down" && len(a.header.Values("Set-Cookie")) == 0
		})
		ready(t, b)
		down("so does the API", func() bool {
			a := b.json("GET", "/api/records", nil)
			return a.status == 503 && a.problem(503) == "session_down"
		})
		ready(t, b)
		who := c.account(t, "ordinary 6")
		down("and the login", func() bool {
			a := b.form("/api/login", url.Values{"id_number": {string(who.IDNumber)}, "password": {who.Password}})
			return a.status == 503 && strings.Contains(a.html().Find(".page-login #error-summary").Text(), i18n.T("en", "error.identity_down"))
		})
		ready(t, b)
		down("a public page is there all the same", func() bool {
			personal := b.page("overview").status
			return b.page("rulebooks").status == 200 && personal == 503
		})
		ready(t, b)
	})
}

// ready waits until everything is there again.
func ready(t *testing.T, b *browser) {
	t.Helper()
	eventually(t, 60*time.Second, "ready again", func() bool { return b.send("GET", "/readyz", nil).status == 200 })
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mingjing"
	screens "mingjing/app/page"
	_ "mingjing/app/page/desk"
	_ "mingjing/app/page/public"
	_ "mingjing/app/page/resident"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/score"
	"mingjing/web/rulebooks"
)

// closed is a store that can't be reached: nothing that is tested here asks it.
type closed struct{ casework.Store }

var errClosed = errors.New("dial tcp 10.0.0.7:5432: connection refused")

// publicLaw returns the sample files as they are published.
func publicLaw(t testing.TB) map[string][]byte {
	t.Helper()
	set, err := rulebooks.Open("")
	if err != nil {
		t.Fatal(err)
	}
	public := map[string][]byte{}
	for _, f := range set.Files {
		public["rulebooks/"+f.Hash+".json"] = f.Data
	}
	return public
}

func (closed) Tx(context.Context, func(casework.Tx) error) error   { return errClosed }
func (closed) Read(context.Context, func(casework.Tx) error) error { return errClosed }
func (closed) Ready(context.Context) error                         { return errClosed }

// oneSession knows one session.
type oneSession struct{ Identity }

func (oneSession) Who(_ context.Context, token string) (mingjing.Login, error) {
	if token == "resident" {
		return mingjing.Login{Actor: mingjing.Actor{Role: mingjing.RoleResident, ID: "r", AAL: 1}}, nil
	}
	if token == "half" {
		return mingjing.Login{Actor: mingjing.Actor{Role: mingjing.RoleHandler, ID: "h-1", AAL: 1}}, nil
	}
	if token == "idle" {
		return mingjing.Login{}, mingjing.NewError(mingjing.Unauthenticated, "session_idle")
	}
	return mingjing.Login{}, mingjing.NewError(mingjing.Unauthenticated, "session_expired")
}

func (d oneSession) Use(ctx context.Context, token string) (mingjing.Login, error) {
	return d.Who(ctx, token)
}

func (oneSession) Lock(context.Context, string) error {
	return mingjing.NewError(mingjing.Unavailable, "identity_down")
}

// edge returns the handler alone, with nothing behind it that answers.
func edge(t *testing.T, change func(*Config)) (http.Handler, *strings.Builder) {
	t.Helper()
	books, err := rulebooks.All()
	if err != nil {
		t.Fatal(err)
	}
	calendars, err := rulebooks.Calendars()
	if err != nil {
		t.Fatal(err)
	}
	work, err := casework.New(casework.Config{Store: closed{}, Bus: silent{}, Agencies: silent{}, Books: books, Calendars: calendars,
		Clock: clock{}, ClockScale: 1})
	if err != nil {
		t.Fatal(err)
	}
	var logs strings.Builder
	c := Config{Casework: work, Identity: oneSession{}, Render: screens.Render, Title: screens.Title, Public: publicLaw(t),
		Ready: func(context.Context) map[string]error { return nil }, Logger: slog.New(slog.NewTextHandler(&logs, nil))}
	if change != nil {
		change(&c)
	}
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h, &logs
}

func ask(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAnUnknownErrorIsLoggedWholeAndToldAsAnID(t *testing.T) {
	h, logs := edge(t, nil)
	for _, accept := range []string{"application/json", "text/html"} {
		logs.Reset()
		w := ask(h, "GET", "/en/overview", "Cookie", "session=resident", "Accept", accept)
		body := w.Body.String()
		if w.Code != 500 || strings.Contains(body, "10.0.0.7") || strings.Contains(body, "refused") {
			t.Errorf("%s: %d %s", accept, w.Code, body)
		}
		_, rest, _ := strings.Cut(logs.String(), `msg="request failed" id=`)
		id, _, _ := strings.Cut(rest, " ")
		if id == "" || !strings.Contains(body, id) || !strings.Contains(logs.String(), "10.0.0.7") {
			t.Errorf("%s: the id %q is not in\n%s\nor the log says too little:\n%s", accept, id, body, logs)
		}
	}
}

func TestAPanicIsAPageWithAnID(t *testing.T) {
	for _, name := range []string{"title", "render"} {
		calls := 0
		broken := func(f func(*mingjing.View) string) func(*mingjing.View) string {
			return func(v *mingjing.View) string {
				if calls++; calls == 1 {
					panic("a secret of the page")
				}
				return f(v)
			}
		}
		h, logs := edge(t, func(c *Config) {
			if name == "title" {
				c.Title = broken(screens.Title)
			} else {
				c.Render = broken(screens.Render)
			}
		})
		w := ask(h, "GET", "/en/", "Accept", "text/html")
		if w.Code != 500 || !strings.Contains(w.Body.String(), `<html lang="en"`) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %.300s", name, w.Code, w.Body)
		}
		if !strings.Contains(logs.String(), "a secret of the page") || !strings.Contains(logs.String(), "pages.go") {
			t.Errorf("%s: the log says too little: %s", name, logs)
		}
	}
	// Also where the page of the error breaks.
	h, logs := edge(t, func(c *Config) { c.Render = func(*mingjing.View) string { panic("again") } })
	w := ask(h, "GET", "/en/", "Accept", "text/html")
	if w.Code != 500 || !strings.HasPrefix(w.Body.String(), "internal error ") || !strings.Contains(logs.String(), "status=500") {
		t.Errorf("%d %s\n%s", w.Code, w.Body, logs)
	}
}

func TestOverHTTPSTheCookieIsBoundToTheHost(t *testing.T) {
	h, _ := edge(t, func(c *Config) { c.Origin = "https://mirror.example" })
	w := ask(h, "GET", "/en/", "Cookie", "__Host-session=old", "Accept", "text/html")
	if k := w.Header().Get("Set-Cookie"); !strings.HasPrefix(k, "__Host-session=;") || !strings.Contains(k,
		"Secure") || !strings.Contains(k, "HttpOnly") || !strings.Contains(k, "SameSite=Lax") {
		t.Errorf("the cookie is %q", k)
	}
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("it does not insist on HTTPS")
	}
	if w := ask(h, "GET", "/api/me", "Cookie", "session=resident", "Accept", "application/json"); w.Code != 401 {
		t.Errorf("the cookie of plain HTTP is taken: %d", w.Code)
	}
	// Behind a proxy that asks by another name, our own pages are still ours.
	w = ask(h, "POST", "http://internal:8080/api/login", "Origin", "https://mirror.example", "Content-Type", "application/json",
		"Accept", "application/json")
	if w.Code != 422 {
		t.Errorf("our own origin: %d", w.Code)
	}
	w = ask(h, "POST", "http://internal:8080/api/login", "Origin", "https://mirror.example.evil.example", "Content-Type",
		"application/json", "Accept", "application/json")
	if w.Code != 403 {
		t.Errorf("another origin: %d", w.Code)
	}
	for _, bad := range []string{"mirror.example", "ftp://mirror.example", "https://", "://"} {
		if _, err := New(Config{Origin: bad}); err == nil {
			t.Errorf("the origin %q is taken", bad)
		}
	}
}

func TestStaffWithoutTheirSecondFactorSeeNothing(t *testing.T) {
	h, _ := edge(t, nil)
	for _, e := range Endpoints() {
		if e.Access == mingjing.Anyone || e.Access == mingjing.Machines { // a machine has no session
			continue
		}
		w := ask(h, e.Method, e.Path, "Cookie", "session=half", "Accept", "application/json")
		theirs := e.Access == mingjing.Staff || e.Access == mingjing.Everyone
		if w.Code != 403 || theirs && !strings.Contains(w.Body.String(), "aal2_required") {
			t.Errorf("%s %s: %d %s", e.Method, e.Path, w.Code, w.Body)
		}
	}
}

func TestTheClientIsWhoOurProxiesSay(t *testing.T) {
	for _, k := range []struct {
		hops      int
		forwarded []string
		want      string
	}{
		{0, []string{"203.0.113.9"}, "192.0.2.1"},
		{1, nil, "192.0.2.1"},
		{1, []string{"203.0.113.9"}, "203.0.113.9"},
		{1, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{1, []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		{2, []string{"198.51.100.1, 203.0.113.9, 10.0.0.1"}, "203.0.113.9"},
		{2, []string{"203.0.113.9"}, "192.0.2.1"},
		{1, []string{"nonsense"}, "192.0.2.1"},
		{1, []string{"2001:db8::1"}, "2001:db8::1"},
	} {
		s := &server{Config: Config{ProxyHops: k.hops}}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "192.0.2.1:4321"
		for _, f := range k.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := s.addr(r); got != k.want {
			t.Errorf("%d hops, %q: %s, want %s", k.hops, k.forwarded, got, k.want)
		}
	}
}

func TestADeviceHasAShortName(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 CriOS/140 Mobile Safari/604": "Chrome, iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile Safari/537 MicroMessenger/8.0": "WeChat, Android",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537 Edg/140":                     "Edge, Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 Version/18 Safari/605":                 "Safari, Mac",
		"curl/8": "", "": "", "X11; Linux": "Linux",
	} {
		if got := device(agent); got != want {
			t.Errorf("%s: %q, want %q", agent, got, want)
		}
	}
}

type clock struct{}

func (clock) Now() time.Time { return time.Now() }

// silent is a bus that nobody hears and the agencies that nobody asks.
type silent struct{}

func (silent) Publish(context.Context, string, mingjing.Event) error { return nil }

func (silent) Records(context.Context, string, score.RecordsQuery) (score.Reply, error) {
	return score.Reply{}, errors.New("not asked")
}

func (silent) Ask(context.Context, string, cases.Question) (*mingjing.AgencyAnswer, error) {
	return nil, errors.New("not asked")
}

func TestAPageThatWasLeftAloneLeadsToWhereNobodyIs(t *testing.T) {
	h, _ := edge(t, nil)
	for _, accept := range []string{"text/html", viewType} {
		w := ask(h, "GET", "/en/records", "Cookie", "session=idle", "Accept", accept)
		if w.Code != 303 || w.Header().Get("Location") != "/en/locked" || w.Header().Get("Clear-Site-Data") != `"cache"` ||
			!strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("as %s: %d %v", accept, w.Code, w.Header())
		}
	}
	if w := ask(h, "GET", "/api/me", "Cookie", "session=idle", "Accept",
		"application/json"); w.Code != 401 || !strings.Contains(w.Body.String(), "session_idle") {
		t.Errorf("as JSON: %d %s", w.Code, w.Body)
	}
}

// Where the session can't be ended, the browser loses it all the same.
func TestALockNeverFails(t *testing.T) {
	h, logs := edge(t, nil)
	w := ask(h, "POST", "/api/lock", "Cookie", "session=resident", "Accept", "text/html", "Accept-Language", "en")
	if w.Code != 303 || w.Header().Get("Location") != "/en/locked" || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if !strings.Contains(logs.String(), "lock a screen") {
		t.Error("nobody learns of it")
	}
}

func TestNothingIsAnsweredThatCameWithoutTLS(t *testing.T) {
	h, _ := edge(t, func(c *Config) { c.Origin = "https://mirror.example" })
	w := ask(h, "GET", "http://internal:8080/en/login?next=score", "X-Forwarded-Proto", "http")
	if w.Code != 308 || w.Header().Get("Location") != "https://mirror.example/en/login?next=score" {
		t.Errorf("a page: %d to %q", w.Code, w.Header().Get("Location"))
	}
	for _, request := range [][2]string{{"POST", "/en/login"}, {"POST", "/api/login"}, {"GET", "/api/me"}} {
		w := ask(h, request[0], "http://internal:8080"+request[1], "X-Forwarded-Proto", "http", "Accept", "application/json")
		if w.Code != 403 || !strings.Contains(w.Body.String(), "plain_http") {
			t.Errorf("%v: %d %s", request, w.Code, w.Body)
		}
	}
	if w := ask(h, "GET", "/en/login", "X-Forwarded-Proto", "https"); w.Code != 200 {
		t.Errorf("with TLS: %d", w.Code)
	}
	plain, _ := edge(t, nil)
	if w := ask(plain, "GET", "/en/login", "X-Forwarded-Proto", "http"); w.Code != 200 {
		t.Errorf("on one machine: %d", w.Code)
	}
}

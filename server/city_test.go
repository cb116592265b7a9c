package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alicebob/miniredis/v2"

	"mingjing"
	"mingjing/server/api"
	"mingjing/server/demo"
	"mingjing/server/notify/smtptest"
)

// A city is the real program, run in this process on a free port: a real Kratos,
// a real SQLite file, and a Redis that a test can take away.
type city struct {
	p     *program
	url   string
	dir   string
	logs  *logBook
	redis *miniredis.Miniredis
	mail  *smtptest.Server
	// devices has the cookie by which the browsers of a resident are known.
	devices map[mingjing.IDNumber]*http.Cookie
	end     func() error

	mu    sync.Mutex
	staff map[string]*http.Client // sessions at AAL 2, since each code is good once
}

// logBook is a log that can be read while it is written.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var (
	theCity *city // opened by the first test that needs it
	opening sync.Once
	openErr error
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == checkFile { // the program starts itself for each file
		os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
	}
	if how := os.Getenv(asProgram); how != "" { // it was started by a test, or by a script of one
		if how == attached {
			go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(1) }()
		}
		main()
	}
	flag.Parse()
	code := m.Run()
	if theCity != nil {
		if err := theCity.end(); err != nil {
			fmt.Fprintln(os.Stderr, "closing the program:", err)
			code = 1
		}
		// Everything was stored here that a city stores: none of it can be read.
		stored := readable(theCity.dir, theCity.p.accounts, typedStatement, typedPassword, typedEmail, pushToken)
		for _, wrong := range append(stored, theCity.spilt(theCity.redis.Dump(), true)...) {
			fmt.Fprintln(os.Stderr, "at rest:", wrong)
			code = 1
		}
		for _, wrong := range theCity.spilt(theCity.logs.String(), true) {
			fmt.Fprintln(os.Stderr, "the log tells", wrong)
			code = 1
		}
		if whole := flag.Lookup("test.run").Value.String() == "" && !testing.Short(); whole && code == 0 {
			for _, e := range api.Endpoints() {
				if e.Once && !theTwice.seen(e.Path) {
					fmt.Fprintln(os.Stderr, "no test has sent twice", e.Path)
					code = 1
				}
				if !described.seen(e.Method + " " + e.Path) {
					fmt.Fprintln(os.Stderr, "no test has seen a good answer of", e.Method, e.Path)
					code = 1
				}
			}
		}
		theCity.mail.Close()
		_ = os.RemoveAll(theCity.dir)
	}
	os.Exit(code)
}

// asProgram is the variable that makes the program of the tests be mingjing.
const asProgram = "MINGJING_TEST_AS_PROGRAM"

// attached is the value of [asProgram] with which the program ends with its standard input,
// and so with the test that has started it.
const attached = "attached"

func kratosBin() (string, error) {
	bin := os.Getenv("KRATOS_BIN")
	if bin == "" {
		bin = filepath.Join("..", "bin", "kratos")
	}
	if _, err := os.Stat(bin); err != nil {
		return "", fmt.Errorf("the tests need the real Ory Kratos: run `make kratos`, or set KRATOS_BIN (%w)", err)
	}
	return filepath.Abs(bin)
}

// scale of the clocks: a request may take 30 seconds.
const testScale = 2880

func testSettings(dir string) (Settings, error) {
	bin, err := kratosBin()
	s := Settings{Addr: "127.0.0.1:0", Data: dir, KratosBin: bin, Demo: true, DemoInstant: true, DemoClockScale: testScale,
		ProxyHops: 1, LockAfter: time.Hour, LogLevel: -4, loginFloor: time.Millisecond}
	return s, err
}

// start opens and runs the program until end.
func start(s Settings) (c *city, err error) {
	c = &city{dir: s.Data, logs: &logBook{}, staff: map[string]*http.Client{}}
	ctx, stop := context.WithCancel(context.Background())
	if c.p, err = open(ctx, s, c.logs); err != nil {
		stop()
		return nil, fmt.Errorf("%w\n%s", err, c.logs)
	}
	c.url = c.p.url()
	done := make(chan error, 1)
	go func() { done <- c.p.run(ctx) }()
	c.end = func() error {
		stop()
		return errors.Join(<-done, c.p.close())
	}
	return c, nil
}

// open is the city that all tests share.
func theOpenCity(t testing.TB) *city {
	t.Helper()
	opening.Do(func() {
		openErr = func() error {
			dir, err := os.MkdirTemp("", "mingjing-test-") //nolint:usetesting // it outlives the first test
			if err != nil {
				return err
			}
			s, err := testSettings(dir)
			if err != nil {
				return err
			}
			r := miniredis.NewMiniRedis()
			r.ClockTTL(true)
			if err := r.Start(); err != nil {
				return err
			}
			s.RedisURL = "redis://" + r.Addr()
			post, err := smtptest.Start()
			if err != nil {
				return err
			}
			s.SMTPURL, s.MailFrom, s.PushLocal = "smtp://"+post.Addr, "Mingjing <no-reply@mirror.example>", true
			if theCity, err = start(s); err != nil {
				return err
			}
			theCity.redis, theCity.mail = r, post
			return nil
		}()
	})
	if openErr != nil {
		t.Fatal(openErr)
	}
	return theCity
}

// account finds who can log in, by story or staff number; "ordinary N" is the
// Nth resident without a story.
func (c *city) account(t testing.TB, name string) demo.Account {
	t.Helper()
	n := 0
	if _, err := fmt.Sscanf(name, "ordinary %d", &n); err == nil {
		name = demo.StoryOrdinary
	}
	for _, a := range c.p.accounts {
		if a.Story == name || a.Login == name {
			if n--; n <= 0 {
				return a
			}
		}
	}
	t.Fatalf("nobody is %q", name)
	return demo.Account{}
}

// spilt returns which secrets of the city occur in a text. A log holds no names either.
func (c *city) spilt(text string, log bool) []string {
	var wrong []string
	upper := strings.ToUpper(text)
	for _, a := range c.p.accounts {
		for kind, secret := range map[string]string{"an ID number": string(a.IDNumber), "a password": a.Password,
			"a second factor": a.TOTPSecret} {
			if secret != "" && strings.Contains(upper, strings.ToUpper(secret)) {
				wrong = append(wrong, kind+" of "+a.String())
			}
		}
		if log && a.Role == mingjing.RoleResident && strings.Contains(text, a.Name) {
			wrong = append(wrong, "the name of "+a.String())
		}
	}
	if log {
		for _, secret := range []string{typedStatement, typedPassword, typedEmail, pushToken} {
			if strings.Contains(text, secret) {
				wrong = append(wrong, "what was typed: "+secret)
			}
		}
	}
	return wrong
}

// What tests type where nobody else may read it.
const (
	typedStatement = "I paid my whole share before the listing"
	typedPassword  = "Quiet-river-7719-lantern"
	typedEmail     = "lin.xiaoyu@mail.example"
	pushToken      = "secret-endpoint-token"
)

// inspect holds every answer of every test against what is always so.
func (c *city) inspect(a answer) {
	a.t.Helper()
	wrong := func(format string, args ...any) {
		a.t.Helper()
		a.t.Errorf("%s (%d): %s", a.what, a.status, fmt.Sprintf(format, args...))
	}
	csp := a.header.Get("Content-Security-Policy")
	if csp != api.CSP && csp != "default-src 'none'; sandbox" {
		wrong("its content security policy is %q", csp)
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("X-Frame-Options") != "DENY" ||
		a.header.Get("Referrer-Policy") != "same-origin" {
		wrong("its security headers are %v", a.header)
	}
	set := map[string]bool{}
	for _, k := range (&http.Response{Header: a.header}).Cookies() {
		if set[k.Name] || k.Name != "session" && k.Name != "device" && k.Name != "display" && k.Name != "login_wait" {
			wrong("it sets the cookies %v", a.header.Values("Set-Cookie"))
		}
		set[k.Name] = true
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/wasm") && !strings.HasPrefix(kind, "image/") {
		for _, secret := range c.spilt(string(a.body), false) {
			if a.status == 200 && strings.HasSuffix(a.what, "/id-number") && strings.HasPrefix(secret, "an ID number") {
				continue // it was asked for, with a reason
			}
			typed := slices.Contains([]string{"POST /api/login", "POST /api/activate", "POST /api/reset"}, a.what) ||
				strings.HasSuffix(a.what, "/login/wait")
			if a.status >= 400 && typed && strings.HasPrefix(secret, "an ID number") {
				continue // who typed it need not type it again
			}
			wrong("it tells %s", secret)
		}
	}
	_, path, _ := strings.Cut(a.what, " ")
	path, _, _ = strings.Cut(path, "?")
	public := strings.HasPrefix(path, "/web/") || a.status == 200 && strings.HasPrefix(path, "/log/") ||
		slices.Contains([]string{"/", "/zh-CN", "/en", "/.well-known/jwt-vc-issuer", "/.well-known/security.txt", "/app.js",
			"/desk.js", "/check.js", "/app-worker.js",
			"/wasm_exec.js",
			"/manifest.webmanifest", "/manifest.en.webmanifest", "/favicon.ico", "/apple-touch-icon.png", "/robots.txt", "/api/openapi.json",
			"/api/openapi-intake.json", "/api/openapi-asking.json"}, path)
	if !public && a.status < 500 && a.header.Get("Cache-Control") != "no-store" {
		wrong("it may be kept: %q", a.header.Get("Cache-Control"))
	}
	switch kind := a.header.Get("Content-Type"); {
	case strings.HasPrefix(kind, "text/html") && len(a.body) > 0:
		c.inspectPage(a, wrong)
	case strings.HasPrefix(kind, "application/problem+json"):
		for _, inner := range []string{".go:", "sql", "kratos", "redis", "goroutine", "panic", "127.0.0.1", "context "} {
			if bytes.Contains(bytes.ToLower(a.body), []byte(inner)) {
				wrong("it tells of the inside: %s", a.body)
			}
		}
	}
}

// inspectPage holds a page against the policy that it is sent with.
func (c *city) inspectPage(a answer, wrong func(string, ...any)) {
	a.t.Helper()
	if a.status >= 300 && a.status < 400 || a.header.Get("Content-Encoding") != "" {
		return // a link for a browser that does not follow, or packed for a test that counts bytes
	}
	doc := a.html()
	if lang, _ := doc.Find("html").Attr("lang"); !slices.Contains(mingjing.Languages, lang) || lang != a.header.Get("Content-Language") {
		wrong("its language is %q and %q", lang, a.header.Get("Content-Language"))
	}
	if n := doc.Find("h1").Length(); n != 1 {
		wrong("it has %d headings", n)
	}
	if doc.Find("title").Text() == "" {
		wrong("it has no title")
	}
	doc.Find("style, [style], iframe, object, embed, base").Each(func(_ int, s *goquery.Selection) {
		wrong("it has %s", goquery.NodeName(s))
	})
	doc.Find("script").Each(func(_ int, s *goquery.Selection) {
		src, has := s.Attr("src")
		if kind, _ := s.Attr("type"); !has && kind != "application/json" {
			wrong("it has a script of its own: %.80s", s.Text())
		}
		if has && !strings.HasPrefix(src, "/") {
			wrong("it has a script from %s", src)
		}
	})
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, at := range s.Nodes[0].Attr {
			if strings.HasPrefix(at.Key, "on") {
				wrong("it has an inline handler: %s", at.Key)
			}
			if slices.Contains([]string{"href", "src", "action"}, at.Key) {
				if _, file := s.Attr("download"); file && strings.HasPrefix(at.Val, "data:application/dc+sd-jwt;base64,") {
					continue // a signed statement that can be kept
				}
				if u, err := url.Parse(at.Val); err != nil || u.Scheme != "" && u.Scheme != "https" {
					wrong("it leads to %q", at.Val)
				}
			}
		}
	})
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		if action, _ := s.Attr("action"); !strings.HasPrefix(action, "/") {
			wrong("a form goes to %q", action)
		}
	})
	// A code that is shown to a person is a name that is missing.
	codes := c.codes()
	doc.Find("body *").Not("script").Contents().Each(func(_ int, s *goquery.Selection) {
		if s.Nodes[0].Type == 1 && codes[strings.TrimSpace(s.Nodes[0].Data)] && goquery.NodeName(s.Parent()) != "code" {
			wrong("it shows the code %s", strings.TrimSpace(s.Nodes[0].Data))
		}
	})
}

var codesOnce struct {
	sync.Once
	all map[string]bool
}

// codes returns the codes of the rulebooks that are not their own names.
func (c *city) codes() map[string]bool {
	codesOnce.Do(func() {
		codesOnce.all = map[string]bool{}
		add := func(code string, name mingjing.Text) {
			codesOnce.all[code] = true
			for _, l := range mingjing.Languages {
				if name.In(l) == code {
					delete(codesOnce.all, code)
				}
			}
		}
		for _, b := range c.p.casework.City.Books() {
			add(b.ID, b.Name)
			for _, a := range b.Agencies {
				add(a.Code, a.Name)
			}
			for _, i := range b.Catalogue {
				add(i.Code, i.Name)
			}
			for _, d := range b.Documents {
				add(d.Code, d.Name)
			}
			for _, band := range b.Bands {
				if len(band.Code) > 4 {
					add(band.Code, band.Name)
				}
			}
		}
	})
	return codesOnce.all
}

// eventually waits for a condition and stops the test when it does not come.
func eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	until := time.Now().Add(within)
	for !ok() {
		if time.Now().After(until) {
			t.Fatalf("%s: not within %v", what, within)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal(what)
		}
	}
}

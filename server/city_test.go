package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alicebob/miniredis/v2"
	"github.com/pquerna/otp/totp"

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
	end   func() error

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

// A browser is one person's, with a cookie jar and a network address of its own.
type browser struct {
	t    testing.TB
	c    *city
	http *http.Client
	addr string
	lang string
	// origin is what the browser says its page is from; the city's own unless a
	// test is hostile.
	origin, site string
}

var addresses atomic.Int32

func (c *city) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.with(t, &http.Client{Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }})
}

func (c *city) with(t testing.TB, h *http.Client) *browser {
	n := addresses.Add(1)
	return &browser{t: t, c: c, http: h, addr: fmt.Sprintf("10.1.%d.%d", n/250, 1+n%250), lang: "en", origin: c.url, site: "same-origin"}
}

// resident returns the browser of a resident who has just logged in.
func (c *city) resident(t testing.TB, name string) *browser {
	t.Helper()
	b := c.browser(t)
	a := c.account(t, name)
	b.json("POST", "/api/login", map[string]any{"id_number": a.IDNumber, "password": a.Password}).want(200)
	return b
}

// desk returns the browser of a member of staff who is logged in with a second factor.
func (c *city) desk(t testing.TB, login string) *browser {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.staff[login] == nil {
		a := c.account(t, login)
		b := c.browser(t)
		code, err := totp.GenerateCode(a.TOTPSecret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		b.json("POST", "/api/staff/login", map[string]any{"login": a.Login, "password": a.Password, "totp": code}).want(200)
		c.staff[login] = b.http
	}
	return c.with(t, c.staff[login])
}

// An answer is what came back, already found to be fit to leave the house.
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   []byte
	err    error
	// again asks for the same as the View alone.
	again func() answer
}

func (b *browser) send(method, path string, body []byte, header ...string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.c.url+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if len(body) == 0 {
		req.Body, req.ContentLength = nil, 0
	}
	req.Header.Set("X-Forwarded-For", b.addr)
	req.Header.Set("Accept-Language", b.lang)
	req.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Safari/537.36")
	if method != http.MethodGet && method != http.MethodHead {
		if b.origin != "" {
			req.Header.Set("Origin", b.origin)
		}
		if b.site != "" {
			req.Header.Set("Sec-Fetch-Site", b.site)
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.http.Do(req)
	if err != nil {
		return answer{t: b.t, what: method + " " + path, err: err, header: http.Header{}}
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	a := answer{t: b.t, what: method + " " + path, status: res.StatusCode, header: res.Header, body: data,
		again: func() answer { return b.send(method, path, body, append(header, "Accept", viewType)...) }}
	b.c.inspect(a)
	described.check(a, req, body)
	return a
}

const acceptHTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// page opens a page below the language, or any path that begins with a slash.
func (b *browser) page(path string) answer {
	b.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/" + b.lang + "/" + path
	}
	return b.send("GET", path, nil, "Accept", acceptHTML)
}

// form sends a form as a browser does without scripts.
func (b *browser) form(path string, values url.Values, header ...string) answer {
	b.t.Helper()
	if values.Get("lang") == "" {
		values.Set("lang", b.lang)
	}
	return b.send("POST", path, []byte(values.Encode()), append([]string{"Accept", acceptHTML,
		"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// json calls the API; body nil sends none.
func (b *browser) json(method, path string, body any, header ...string) answer {
	b.t.Helper()
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			b.t.Fatal(err)
		}
		header = append([]string{"Content-Type", "application/json"}, header...)
	}
	return b.send(method, path, data, append([]string{"Accept", "application/json"}, header...)...)
}

type file struct {
	name string
	data []byte
}

// upload sends a form with files; accept says how to be answered.
func (b *browser) upload(path, accept string, fields map[string]string, files []file, header ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, v := range fields {
		if err := w.WriteField(name, v); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="evidence"; filename=%q`, f.name))
		h.Set("Content-Type", "application/octet-stream")
		part, err := w.CreatePart(h)
		if err != nil {
			b.t.Fatal(err)
		}
		_, _ = part.Write(f.data)
	}
	_ = w.Close()
	return b.send("POST", path, body.Bytes(), append([]string{"Accept", accept, "Content-Type", w.FormDataContentType()}, header...)...)
}

// want stops the test at another status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.err != nil || a.status != status {
		a.t.Fatalf("%s: %d, want %d %v\n%.600s", a.what, a.status, status, a.err, a.body)
	}
	return a
}

// into reads the JSON of an answer.
func into[T any](a answer) T {
	a.t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%s: %v\n%.600s", a.what, err, a.body)
	}
	return v
}

// problem returns the code of a problem document with the status.
func (a answer) problem(status int) string {
	a.t.Helper()
	a.want(status)
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		a.t.Fatalf("%s: %d as %s", a.what, a.status, kind)
	}
	return into[struct{ Code string }](a).Code
}

// fields returns the codes of what is wrong with the form, by field.
func (a answer) fields() map[string]string {
	a.t.Helper()
	out := map[string]string{}
	for _, f := range into[struct{ Fields []mingjing.FieldError }](a).Fields {
		out[f.Field] = f.Code
	}
	return out
}

// to returns where a redirect leads.
func (a answer) to() string {
	a.t.Helper()
	a.want(http.StatusSeeOther)
	return a.header.Get("Location")
}

func (a answer) html() *goquery.Document {
	a.t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc
}

// shown returns the data of the View that a page carries.
func shown[T any](a answer) *T {
	a.t.Helper()
	v := a.view()
	return mingjing.DataOf[T](&v)
}

const viewType = "application/vnd.mingjing.view+json"

// view returns the View that a page carries for the browser's program; of a plain page,
// which carries none, it is asked for.
func (a answer) view() mingjing.View {
	a.t.Helper()
	var v mingjing.View
	island := a.html().Find("script#view")
	if island.Length() == 0 {
		again := a.again()
		if again.header.Get("Content-Type") != viewType {
			a.t.Fatalf("%s: no page, nor a view: %s", a.what, again.header.Get("Content-Type"))
		}
		return into[mingjing.View](again)
	}
	if err := json.Unmarshal([]byte(island.Text()), &v); err != nil {
		a.t.Fatalf("%s: %v", a.what, err)
	}
	return v
}

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
	if len(a.header.Values("Set-Cookie")) > 1 {
		wrong("it sets %d cookies", len(a.header.Values("Set-Cookie")))
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/wasm") && !strings.HasPrefix(kind, "image/") {
		for _, secret := range c.spilt(string(a.body), false) {
			if a.status == 200 && strings.HasSuffix(a.what, "/id-number") && strings.HasPrefix(secret, "an ID number") {
				continue // it was asked for, with a reason
			}
			wrong("it tells %s", secret)
		}
	}
	_, path, _ := strings.Cut(a.what, " ")
	path, _, _ = strings.Cut(path, "?")
	public := strings.HasPrefix(path, "/web/") || a.status == 200 && strings.HasPrefix(path, "/log/") ||
		slices.Contains([]string{"/", "/zh-CN", "/en", "/.well-known/jwt-vc-issuer", "/app.js", "/desk.js", "/check.js", "/app-worker.js",
			"/wasm_exec.js",
			"/manifest.webmanifest", "/favicon.ico", "/apple-touch-icon.png", "/robots.txt", "/api/openapi.json"}, path)
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

// ready has a resident's score made and returns the request.
func (b *browser) ready(rulebook string) mingjing.ScoreRequest {
	b.t.Helper()
	r := into[mingjing.ScoreRequest](b.json("POST", "/api/score-requests", map[string]any{"rulebook": rulebook, "consent": true}).want(202))
	eventually(b.t, 45*time.Second, "the request ends ready", func() bool {
		r = into[mingjing.ScoreRequest](b.json("GET", "/api/score-requests/"+r.ID, nil).want(200))
		return r.State == mingjing.RequestReady
	})
	return r
}

type itemsOf[T any] struct {
	Items []T
	Next  string
}

func list[T any](a answer) []T {
	a.t.Helper()
	return into[itemsOf[T]](a.want(200)).Items
}

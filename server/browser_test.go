package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/pquerna/otp/totp"

	"mingjing"
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

// resident returns the browser of a resident who has just logged in. All such browsers of
// one resident are the same one to the city: no notice of a new device comes.
func (c *city) resident(t testing.TB, name string) *browser {
	t.Helper()
	b := c.browser(t)
	a := c.account(t, name)
	at, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.devices[a.IDNumber]; k != nil {
		b.http.Jar.SetCookies(at, []*http.Cookie{k})
	}
	in := b.json("POST", "/api/login", map[string]any{"id_number": a.IDNumber, "password": a.Password}).want(200)
	for _, k := range (&http.Response{Header: in.header}).Cookies() {
		if k.Name == "device" {
			if c.devices == nil {
				c.devices = map[mingjing.IDNumber]*http.Cookie{}
			}
			c.devices[a.IDNumber] = k
		}
	}
	return b
}

// session returns the session cookie that the browser has for the city at u; an empty one
// when it has none.
func (b *browser) session(u *url.URL) *http.Cookie {
	for _, k := range b.http.Jar.Cookies(u) {
		if k.Name == "session" {
			return k
		}
	}
	return &http.Cookie{}
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

// An answer is what came back, already checked for what may never be sent.
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
	key := theTwice.key(req, body)
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
	if key != "" && a.status/100 == 2 {
		theTwice.check(req, a, b.send(method, path, body, append(header, "Idempotency-Key", key)...))
	}
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

package agency_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/score"
)

var master = []byte("0123456789abcdef0123456789abcdef")

const person = "999999198811020014"

func inquiry() score.RecordsQuery {
	return score.RecordsQuery{RequestID: "req-1", IDNumber: person, Name: "王伟", Codes: []string{"traffic.ticket"}}
}

func question() cases.Question {
	return cases.Question{CaseID: "case-1", IDNumber: person, Ref: "r1", Code: "traffic.ticket",
		Reason: mingjing.ReasonNotMe, Statement: "that was never me", Due: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// connect starts a real server for the agency "court" and the connectors to it.
func connect(t *testing.T, h http.HandlerFunc, change ...func(*agency.Config)) *agency.Agencies {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	cfg := agency.Config{Directory: map[string]string{"court": srv.URL}, Key: master, Timeout: 5 * time.Second}
	for _, c := range change {
		c(&cfg)
	}
	a := agency.New(cfg)
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func within(d time.Duration) func(*agency.Config) {
	return func(c *agency.Config) { c.Timeout = d }
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

const goodReply = `{"records":[{"ref":"r1","id":"x","agency":"y","code":"traffic.ticket","subject":"王伟",
	"detail":{"zh-CN":"闯红灯","en":"Ran a red light"},"occurred":"2026-01-02","state":"removed","dispute_id":"d",
	"document":{"kind":"penalty","issuer":"交警","number":"1","date":"2026-01-02","hash":""},
	"collected_at":"2026-01-02T00:00:00Z"}],"listings":[]}`

func TestAnAgencyIsAskedByPostWithTheIDNumberInTheBodyOnly(t *testing.T) {
	var seen atomic.Bool
	a := connect(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var q score.RecordsQuery
		if err := json.Unmarshal(body, &q); err != nil || q.IDNumber != person || q.RequestID != "req-1" || q.Name != "王伟" {
			t.Errorf("inquiry arrived as %s (%v)", body, err)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/records" || strings.Contains(r.RequestURI, person) {
			t.Errorf("asked by %s %s", r.Method, r.RequestURI)
		}
		for k, v := range r.Header {
			if strings.Contains(strings.Join(v, " "), person) {
				t.Errorf("header %s holds the ID number", k)
			}
		}
		seen.Store(true)
		reply(w, 200, goodReply)
	})
	got, err := a.Records(t.Context(), "court", inquiry())
	if err != nil || !seen.Load() {
		t.Fatal(err)
	}
	if len(got.Records) != 1 || got.Records[0].Ref != "r1" || got.Records[0].Occurred != "2026-01-02" {
		t.Fatalf("got %+v", got)
	}
	if r := got.Records[0]; r.ID != "" || r.Agency != "" || r.State != "" || r.DisputeID != "" || !r.CollectedAt.IsZero() {
		t.Errorf("the agency had a say in what is ours: %+v", r.Record)
	}
}

func TestEveryAskIsSignedAndAcceptedOnce(t *testing.T) {
	v := agency.NewVerifier(agency.KeyFor(master, "court"), nil)
	other := agency.NewVerifier(agency.KeyFor(master, "bank"), nil)
	a := connect(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sig := r.Header.Get(agency.SignatureHeader)
		if err := other.Verify(r.Method, r.URL.EscapedPath(), sig, body); err == nil {
			t.Error("another agency's key accepted it")
		}
		if err := v.Verify(r.Method, r.URL.EscapedPath(), sig, append(body, ' ')); err == nil {
			t.Error("a changed body was accepted")
		}
		if err := v.Verify(r.Method, "/questions", sig, body); err == nil {
			t.Error("another path was accepted")
		}
		if err := v.Verify(r.Method, r.URL.EscapedPath(), sig, body); err != nil {
			t.Error("ours was refused")
		}
		if err := v.Verify(r.Method, r.URL.EscapedPath(), sig, body); err == nil {
			t.Error("a replay was accepted")
		}
		reply(w, 200, goodReply)
	})
	for range 2 {
		if _, err := a.Records(t.Context(), "court", inquiry()); err != nil {
			t.Fatal(err)
		}
	}
}

// A stepClock is a clock that only the test moves.
type stepClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *stepClock) Now() time.Time      { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *stepClock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func TestASignatureIsGoodForAMinuteAndNeverTwice(t *testing.T) {
	clock := &stepClock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	type signed struct {
		sig  string
		body []byte
	}
	var last signed
	a := connect(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		last = signed{r.Header.Get(agency.SignatureHeader), b}
		reply(w, 200, goodReply)
	}, func(c *agency.Config) { c.Clock = clock })
	ask := func() signed {
		if _, err := a.Records(t.Context(), "court", inquiry()); err != nil {
			t.Fatal(err)
		}
		return last
	}
	v := agency.NewVerifier(agency.KeyFor(master, "court"), clock)
	verify := func(s signed) error { return v.Verify("POST", "/records", s.sig, s.body) }

	first := ask()
	clock.add(agency.SignatureWindow)
	if err := verify(first); err != nil {
		t.Error("refused at the end of its window")
	}
	second := ask()
	clock.add(agency.SignatureWindow + time.Second)
	if err := verify(second); !errors.Is(err, agency.ErrSignature) {
		t.Error("accepted after its window")
	}
	// From a clock that runs ahead it is good for two windows; no replay in them.
	ahead := ask()
	clock.add(-agency.SignatureWindow)
	if err := verify(ahead); err != nil {
		t.Error("refused from a clock that is a window ahead")
	}
	for range 120 {
		clock.add(time.Second)
		if err := verify(ahead); err == nil {
			t.Fatal("accepted twice")
		}
	}
	for _, bad := range []string{"", "v1", "v1;t=1;n=2;b=3;s=4", strings.Repeat(";", 4), strings.ReplaceAll(first.sig, "v1", "v2"),
		strings.Replace(first.sig, "s=", "s=00", 1), first.sig + ";x=1"} {
		if err := v.Verify("POST", "/records", bad, first.body); !errors.Is(err, agency.ErrSignature) {
			t.Errorf("accepted %q", bad)
		}
	}
}

func TestAQuestionIsAnsweredOrNotYet(t *testing.T) {
	var asked atomic.Int32
	a := connect(t, func(w http.ResponseWriter, r *http.Request) {
		var q cases.Question
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.CaseID != "case-1" || r.URL.Path != "/questions" {
			t.Errorf("question arrived as %+v at %s (%v)", q, r.URL.Path, err)
		}
		if asked.Add(1) == 1 {
			reply(w, 202, `{}`)
			return
		}
		reply(w, 200,
			`{"answer":{"position":"corrected","text":{"zh-CN":"日期\n有误","en":"The date is wrong"},`+
				`"at":"2026-01-02T03:04:05Z","occurred":"2020-01-02"}}`)
	})
	got, err := a.Ask(t.Context(), "court", question())
	if err != nil || got != nil {
		t.Fatalf("first: %v, %v", got, err)
	}
	got, err = a.Ask(t.Context(), "court", question())
	if err != nil || got == nil || got.Position != mingjing.PositionCorrected || got.Occurred != "2020-01-02" {
		t.Fatalf("second: %+v, %v", got, err)
	}
}

func TestAnAgencyThatIsStillLookingSaysWhenToAskAgainAndIsNotBroken(t *testing.T) {
	var asked atomic.Int32
	a := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) <= 20 {
			w.Header().Set("Retry-After", "7")
			reply(w, 202, `{}`)
			return
		}
		reply(w, 200, goodReply)
	})
	for range 20 {
		_, err := a.Records(t.Context(), "court", inquiry())
		if !errors.Is(err, agency.ErrNotYet) || !errors.Is(err, agency.ErrNoAnswer) {
			t.Fatal(err)
		}
		if d, ok := agency.RetryAfter(err); !ok || d != 7*time.Second {
			t.Fatalf("retry after %v, %v", d, ok)
		}
	}
	if _, err := a.Records(t.Context(), "court", inquiry()); err != nil {
		t.Fatal(err)
	}
}

// Every way in which an agency can be wrong, with the error that it becomes.
func TestWhatIsNotAnAnswerIsAnErrorThatQuotesNothing(t *testing.T) {
	secret := "秘密SECRET"
	leak := `"` + secret + person + `"`
	rec := func(change string) string { return strings.Replace(goodReply, `"ref":"r1"`, change, 1) }
	many := make([]string, score.MaxReplyItems+1)
	for i := range many {
		many[i] = `{"ref":"r` + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10)) +
			`","code":"a.b","occurred":"2026-01-02"}`
	}
	for name, tc := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"500":                  {500, leak, agency.ErrStatus},
		"404":                  {404, leak, agency.ErrStatus},
		"201":                  {201, goodReply, agency.ErrStatus},
		"204":                  {204, "", agency.ErrStatus},
		"garbage":              {200, "\x00\xff<html>" + leak, agency.ErrMalformed},
		"empty":                {200, "", agency.ErrMalformed},
		"null":                 {200, "null", agency.ErrMalformed},
		"a string":             {200, leak, agency.ErrMalformed},
		"a list":               {200, "[" + leak + "]", agency.ErrMalformed},
		"cut off":              {200, goodReply[:100], agency.ErrMalformed},
		"no lists":             {200, `{}`, agency.ErrMalformed},
		"one list":             {200, `{"records":[]}`, agency.ErrMalformed},
		"lists of strings":     {200, `{"records":[` + leak + `],"listings":[]}`, agency.ErrMalformed},
		"a number for a text":  {200, rec(`"ref":999999198811020014`), agency.ErrMalformed},
		"unknown field":        {200, rec(leak + `:1,"ref":"r1"`), agency.ErrMalformed},
		"unknown field above":  {200, `{"records":[],"listings":[],` + leak + `:1}`, agency.ErrMalformed},
		"two values":           {200, goodReply + goodReply, agency.ErrMalformed},
		"trailing garbage":     {200, goodReply + leak, agency.ErrMalformed},
		"not UTF-8":            {200, rec("\"ref\":\"\xff\xfe\""), agency.ErrMalformed},
		"half a surrogate":     {200, rec(`"ref":"\ud800"`), agency.ErrMalformed},
		"no reference":         {200, rec(`"ref":""`), agency.ErrMalformed},
		"long reference":       {200, rec(`"ref":"` + strings.Repeat("界", 129) + `"`), agency.ErrMalformed},
		"control character":    {200, rec(`"ref":"a\u0007b"`), agency.ErrMalformed},
		"reordering character": {200, rec(`"ref":"a\u202eb"`), agency.ErrMalformed},
		"impossible date":      {200, strings.Replace(goodReply, "2026-01-02", "2026-02-30", 1), agency.ErrMalformed},
		"no date":              {200, strings.Replace(goodReply, `"2026-01-02"`, `""`, 1), agency.ErrMalformed},
		"another century":      {200, strings.Replace(goodReply, "2026-01-02", "0026-01-02", 1), agency.ErrMalformed},
		"bad code":             {200, strings.Replace(goodReply, "traffic.ticket", "Traffic Ticket", 1), agency.ErrMalformed},
		"foreign language":     {200, strings.Replace(goodReply, `"en":`, `"fr":`, 1), agency.ErrMalformed},
		"long text":            {200, strings.Replace(goodReply, "闯红灯", strings.Repeat("闯", agency.MaxText+1), 1), agency.ErrMalformed},
		"too many":             {200, `{"listings":[],"records":[` + strings.Join(many, ",") + `]}`, agency.ErrMalformed},
		"same reference twice": {200, `{"listings":[],"records":[` + many[0] + "," + many[0] + `]}`, agency.ErrMalformed},
		"bad kind of list": {200, `{"records":[],"listings":[{"ref":"l","code":"a.b","kind":"greylist","from":"2026-01-02"}]}`,
			agency.ErrMalformed},
		"ends before it begins": {200,
			`{"records":[],"listings":[{"ref":"l","code":"a.b","kind":"redlist","from":"2026-01-02","ends":"2026-01-01"}]}`,
			agency.ErrMalformed},
		"202 with something": {202, `{"records":[]}`, agency.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			a := connect(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, tc.status, tc.body) },
				func(c *agency.Config) {
					c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				})
			_, err := a.Records(t.Context(), "court", inquiry())
			if !errors.Is(err, tc.want) || !errors.Is(err, agency.ErrNoAnswer) {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
			for where, s := range map[string]string{"error": err.Error(), "log": log.String()} {
				for _, w := range []string{secret, "SECRET", person, "王伟", "req-1"} {
					if strings.Contains(s, w) {
						t.Errorf("the %s quotes %q: %s", where, w, s)
					}
				}
			}
		})
	}
}

func TestAnAnswerToAQuestionIsCheckedAsWell(t *testing.T) {
	good := `{"answer":{"position":"maintained","text":{"en":"We stand by it"},"at":"2026-01-02T03:04:05Z"}}`
	if _, err := agency.DecodeAnswer([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"maintained"`, `"whatever"`}, {`"maintained"`, `"corrected"`}, {`{"en":"We stand by it"}`, `{}`},
		{`"We stand by it"`, `"   "`}, {`2026-01-02T03:04:05Z`, `0001-01-01T00:00:00Z`},
		{`"at"`, `"occurred":"2026-01-02","at"`}, {`"answer"`, `"reply"`}, {good, `{"answer":null}`}, {good, `{}`},
	} {
		if _, err := agency.DecodeAnswer([]byte(strings.Replace(good, change[0], change[1], 1))); !errors.Is(err, agency.ErrMalformed) {
			t.Errorf("accepted with %s", change[1])
		}
	}
}

func TestAnAnswerThatIsNotJSONByTypeOrIsCompressedIsRefused(t *testing.T) {
	for _, h := range []http.Header{
		{"Content-Type": {"text/html"}}, {"Content-Type": {""}},
		{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}},
	} {
		a := connect(t, func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range h {
				w.Header()[k] = v
			}
			_, _ = io.WriteString(w, goodReply)
		})
		if _, err := a.Records(t.Context(), "court", inquiry()); !errors.Is(err, agency.ErrMalformed) {
			t.Errorf("%v: %v", h, err)
		}
	}
}

func TestAnEndlessAnswerIsReadNoFurtherThanItsBound(t *testing.T) {
	wrote := make(chan int, 1)
	a := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk, n := bytes.Repeat([]byte(" "), 32<<10), 0
		for n < 256<<20 {
			k, err := w.Write(chunk)
			if n += k; err != nil {
				break
			}
		}
		wrote <- n
	})
	_, err := a.Records(t.Context(), "court", inquiry())
	if !errors.Is(err, agency.ErrTooLarge) {
		t.Fatal(err)
	}
	if n := <-wrote; n >= 64<<20 {
		t.Errorf("it could send %d bytes", n)
	}
	// One that says how long it will be is not read at all.
	a = connect(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "99999999")
		w.WriteHeader(200)
	})
	if _, err := a.Records(t.Context(), "court", inquiry()); !errors.Is(err, agency.ErrTooLarge) {
		t.Fatal(err)
	}
}

func TestALargeReplyWithinTheBoundsIsRead(t *testing.T) {
	var items []score.ReplyRecord
	for i := range score.MaxReplyItems {
		items = append(items, score.ReplyRecord{Ref: strings.Repeat("r", i/26+1) + string(rune('a'+i%26)),
			Record: mingjing.Record{Code: "traffic.ticket", Occurred: "2026-01-02", Detail: mingjing.Text{"zh-CN": strings.Repeat("界", 300)}}})
	}
	body, err := json.Marshal(score.Reply{Records: items})
	if err != nil {
		t.Fatal(err)
	}
	a := connect(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, string(body)) })
	got, err := a.Records(t.Context(), "court", inquiry())
	if err != nil || len(got.Records) != score.MaxReplyItems || len(got.Listings) != 0 {
		t.Fatalf("%d records, %v", len(got.Records), err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var reached atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Store(true)
		reply(w, 200, goodReply)
	}))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		a := connect(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", thief.URL+"/records")
			w.WriteHeader(status)
		})
		_, err := a.Records(t.Context(), "court", inquiry())
		if !errors.Is(err, agency.ErrStatus) || reached.Load() {
			t.Fatalf("%d: %v, reached %v", status, err, reached.Load())
		}
	}
}

func TestACutOrGarbledConnectionQuotesNothing(t *testing.T) {
	for _, say := range []string{"", "SECRET not HTTP\r\n\r\n", "HTTP/1.1 SECRET\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"SECRET\""} {
		a := connect(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(c, say)
			_ = c.Close()
		})
		_, err := a.Records(t.Context(), "court", inquiry())
		if !errors.Is(err, agency.ErrNoAnswer) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", say, err)
		}
	}
}

func TestADirectoryHasOnlySafeAddresses(t *testing.T) {
	for base, ok := range map[string]bool{
		"https://court.example.gov.cn":       true,
		"https://court.example.gov.cn/v1/":   true,
		"http://127.0.0.1:8080":              true,
		"http://[::1]:8080":                  true,
		"http://localhost:8080":              true,
		"http://court.example.gov.cn":        false,
		"http://10.0.0.1":                    false,
		"http://127.0.0.1.example.com":       false,
		"https://user:pw@court.example":      false,
		"https://court.example?x=1":          false,
		"https://court.example#f":            false,
		"ftp://court.example":                false,
		"//court.example":                    false,
		"court.example":                      false,
		"":                                   false,
		"https://":                           false,
		"https://court.example/\x7f":         false,
		"unix:///var/run/court.sock":         false,
		"file:///etc/passwd":                 false,
		"https://court.example.gov.cn?":      false,
		"javascript:alert(1)//court.example": false,
	} {
		if err := agency.CheckURL(base); (err == nil) != ok {
			t.Errorf("%q: %v", base, err)
		}
	}
	path := filepath.Join(t.TempDir(), "agencies.json")
	for body, ok := range map[string]bool{
		`{"court":"https://court.example","bank":"http://127.0.0.1:1"}`: true,
		`{}`:                                   true,
		`{"court":"http://court.example"}`:     false,
		`{"Court of X":"https://c.example"}`:   false,
		`{"court":1}`:                          false,
		`["https://court.example"]`:            false,
		`{"court":"https://court.example"} {}`: false,
		`null`:                                 false,
		``:                                     false,
		`{"a":"` + strings.Repeat("x", 1<<20) + `"}`: false,
	} {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		dir, err := agency.LoadDirectory(path)
		if (err == nil) != ok {
			t.Errorf("%.60q: %v, %v", body, dir, err)
		}
	}
	if _, err := agency.LoadDirectory(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

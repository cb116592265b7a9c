//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"mingjing/server/demo"
)

// The bounds of make siege.
const (
	siegeP99    = time.Second
	siegeMemory = 1 << 30
)

// A siege is hostile clients at a city, and an honest resident who uses it meanwhile.
type siege struct {
	t    testing.TB
	url  string
	host string
	// size is how many clients of each kind there are; rounds bounds what each does, 0 is
	// until the end.
	size, rounds int
	sent         atomic.Int64 // by the hostile ones

	mu    sync.Mutex
	held  []io.Closer                // what hostile clients hold open
	took  map[string][]time.Duration // of the honest requests, by what was asked
	wrong []string
}

// A besieger is one client with an address of its own.
type besieger struct {
	s    *siege
	addr string
	http *http.Client
}

// client returns a client that comes from an address of this machine.
func (s *siege) client(addr string) *besieger {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &besieger{s: s, addr: addr}
	b.http = &http.Client{Jar: jar, Timeout: 5 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return b.dial(ctx) }},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b
}

func (b *besieger) dial(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(b.addr)}}).DialContext(ctx, "tcp", b.s.host)
}

// do sends a request, reads its answer to the end, and returns the status; 0 for none.
func (b *besieger) do(ctx context.Context, method, path, kind string, body []byte) int {
	r, err := http.NewRequestWithContext(ctx, method, b.s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("X-Forwarded-For", b.addr) // where the city is behind a proxy
	r.Header.Set("Accept", "application/json")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	answer, err := b.http.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return 0
	}
	return answer.StatusCode
}

func (b *besieger) logIn(ctx context.Context, a demo.Account) int {
	body, err := json.Marshal(map[string]string{"id_number": string(a.IDNumber), "password": a.Password})
	if err != nil {
		return 0
	}
	return b.do(ctx, http.MethodPost, "/api/login", "application/json", body)
}

// holds opens a connection, sends something and reads a little of what comes, and keeps it open.
func (b *besieger) holds(ctx context.Context, beginning string, read int) {
	conn, err := b.dial(ctx)
	if err != nil {
		return
	}
	cookie := ""
	if u, err := url.Parse(b.s.url); err == nil {
		for _, k := range b.http.Jar.Cookies(u) {
			cookie += k.Name + "=" + k.Value + "; "
		}
	}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Minute))
	_, _ = io.WriteString(conn, strings.NewReplacer("HEAD", "Host: "+b.s.host+"\r\nX-Forwarded-For: "+b.addr+"\r\nCookie: "+cookie+
		"\r\nAccept: application/json\r\n").Replace(beginning))
	_, _ = io.ReadFull(conn, make([]byte, read))
	b.s.sent.Add(1)
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.held = append(b.s.held, conn)
}

// draftWith returns a form that saves a draft with a file.
func draftWith(name string, file []byte) (body []byte, kind string) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	_ = w.WriteField("draft", "/api/disputes disputes/new?record=5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911")
	_ = w.WriteField("statement", "I paid")
	part, err := w.CreateFormFile("evidence", name)
	if err == nil {
		_, _ = part.Write(file)
	}
	_ = w.Close()
	return form.Bytes(), w.FormDataContentType()
}

// bomb is a small file that takes long and much memory to open.
var bomb = sync.OnceValue(func() []byte {
	var out bytes.Buffer
	_ = png.Encode(&out, image.NewGray(image.Rect(0, 0, 6000, 6000)))
	return out.Bytes()
})

// An attack is what one kind of hostile client does, again and again; n is its number.
type attack struct {
	name string
	// own says that it needs a session.
	own bool
	do  func(ctx context.Context, b *besieger, n int)
}

var attacks = []attack{
	{"slow forms with files", true, func(ctx context.Context, b *besieger, _ int) {
		b.holds(ctx, "POST /api/drafts HTTP/1.1\r\nHEADContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n\r\n--x\r\n"+
			"Content-Disposition: form-data; name=\"evidence\"; filename=\"a.pdf\"\r\n\r\n%PDF", 0)
	}},
	{"unfinished logins", false, func(ctx context.Context, b *besieger, _ int) {
		b.holds(ctx, "POST /api/login HTTP/1.1\r\nHEADContent-Type: application/json\r\nContent-Length: 8000\r\n\r\n{\"id_number\":\""+
			strings.Repeat("1", 7000), 0)
	}},
	{"slow readers", true, func(ctx context.Context, b *besieger, _ int) {
		b.holds(ctx, "GET /api/access-log/proof.json HTTP/1.1\r\nHEAD\r\n", 16)
	}},
	{"idle connections", false, func(ctx context.Context, b *besieger, _ int) { b.holds(ctx, "", 0) }},
	{"bombs", true, func(ctx context.Context, b *besieger, _ int) {
		body, kind := draftWith("bomb.png", bomb())
		b.do(ctx, http.MethodPost, "/api/drafts", kind, body)
	}},
	{"floods of public pages", false, func(ctx context.Context, b *besieger, n int) {
		b.do(ctx, http.MethodGet, []string{"/en/", "/zh-CN/rulebooks", "/en/login", "/en/nothing", "/log/checkpoint"}[n%5], "", nil)
	}},
	{"floods of own pages", true, func(ctx context.Context, b *besieger, n int) {
		b.do(ctx, http.MethodGet, []string{"/en/overview", "/en/records", "/en/access-log", "/api/access-log/proof"}[n%4], "", nil)
	}},
	{"proofs of long logs", true, func(ctx context.Context, b *besieger, _ int) {
		b.do(ctx, http.MethodGet, "/api/access-log/proof.json", "", nil)
	}},
	{"bad logins", false, func(ctx context.Context, b *besieger, n int) {
		b.logIn(ctx, demo.Account{IDNumber: "11010519491231002X", Password: "wrong " + strconv.Itoa(n)})
	}},
	{"streams and pings", true, func(ctx context.Context, b *besieger, _ int) {
		d := websocket.Dialer{Jar: b.http.Jar, NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return b.dial(ctx) }}
		ws, res, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(b.s.url, "http")+"/api/live", http.Header{"Origin": {b.s.url},
			"X-Forwarded-For": {b.addr}})
		if res != nil {
			_ = res.Body.Close()
		}
		if err != nil {
			return
		}
		for range 100 {
			_ = ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
		}
		b.s.mu.Lock()
		defer b.s.mu.Unlock()
		b.s.held = append(b.s.held, ws)
	}},
}

// begins has all attacks done at once until ctx ends, each by clients of its own addresses; those
// that need a session use the accounts in turn. done ends when all have stopped.
func (s *siege) begins(ctx context.Context, accounts []demo.Account) (done *sync.WaitGroup) {
	done = &sync.WaitGroup{}
	var first sync.WaitGroup
	for k, a := range attacks {
		who := s.client(fmt.Sprintf("127.0.%d.9", 1+k))
		if a.own {
			if status := who.logIn(ctx, accounts[k%len(accounts)]); status != http.StatusOK && ctx.Err() == nil {
				s.t.Logf("%s: the login is answered %d", a.name, status)
			}
		}
		for n := range s.size {
			b := s.client(fmt.Sprintf("127.0.%d.%d", 1+k, 1+n%4))
			b.http.Jar = who.http.Jar
			first.Add(1)
			done.Go(func() {
				for round := 0; ctx.Err() == nil && (s.rounds == 0 || round < s.rounds); round++ {
					a.do(ctx, b, n+round)
					s.sent.Add(1)
					if round == 0 {
						first.Done()
					}
					hold(ctx, 5*time.Millisecond)
				}
			})
		}
	}
	if s.rounds > 0 {
		first.Wait()
	}
	return done
}

// honest uses the city as a resident does, once.
func (s *siege) honest(ctx context.Context, b *besieger, files bool) {
	ask := func(what, method, path, kind string, body []byte, want int) {
		at := time.Now()
		status := b.do(ctx, method, path, kind, body)
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.took[what] = append(s.took[what], time.Since(at))
		if status != want {
			s.wrong = append(s.wrong, fmt.Sprintf("%s %s: %d", method, path, status))
		}
	}
	for _, page := range []string{"overview", "records", "access-log", "inbox", "disputes"} {
		ask("a page", http.MethodGet, "/en/"+page, "", nil, http.StatusOK)
	}
	ask("a public page", http.MethodGet, "/en/rulebooks", "", nil, http.StatusOK)
	ask("a list", http.MethodGet, "/api/records", "", nil, http.StatusOK)
	if files {
		body, kind := draftWith("receipt.pdf", pdf)
		ask("a form with a file", http.MethodPost, "/api/drafts", kind, body, http.StatusOK)
	}
}

// table returns what the honest resident has met, and the longest p99.
func (s *siege) table() (lines string, worst time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %8s %8s %8s %8s\n", "the honest resident", "requests", "p50 ms", "p99 ms", "max ms")
	whats := make([]string, 0, len(s.took))
	for what := range s.took {
		whats = append(whats, what)
	}
	slices.Sort(whats)
	for _, what := range whats {
		all := slices.Clone(s.took[what])
		slices.Sort(all)
		p99 := all[min(len(all)-1, len(all)*99/100)]
		worst = max(worst, p99)
		fmt.Fprintf(&b, "%-20s %8d %8d %8d %8d\n", what, len(all), all[len(all)/2].Milliseconds(), p99.Milliseconds(),
			all[len(all)-1].Milliseconds())
	}
	return b.String(), worst
}

func (s *siege) letGo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.held {
		_ = c.Close()
	}
	s.held = nil
}

// residents returns the accounts of residents without a story, those first that other tests
// use last.
func residents(all []demo.Account) []demo.Account {
	of := slices.DeleteFunc(slices.Clone(all), func(a demo.Account) bool { return a.Story != demo.StoryOrdinary })
	slices.Reverse(of)
	return of
}

// newSiege returns a siege of the city at an address.
func newSiege(t testing.TB, at string) *siege {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	return &siege{t: t, url: at, host: u.Host, took: map[string][]time.Duration{}}
}

// TestAnHonestResidentIsServedWhileOthersAttack is a short and bounded siege: no time is
// judged, only that everything is answered while what attackers hold is still open.
func TestAnHonestResidentIsServedWhileOthersAttack(t *testing.T) {
	c := theOpenCity(t)
	s := newSiege(t, c.url)
	s.size, s.rounds = 1, 4
	all := residents(c.p.accounts)
	b := s.client("127.0.0.1")
	if status := b.logIn(t.Context(), all[0]); status != http.StatusOK {
		t.Fatalf("the login is answered %d", status)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := s.begins(ctx, all[1:4])
	defer func() { stop(); s.letGo(); done.Wait() }()
	s.honest(t.Context(), b, true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wrong) > 0 || len(s.held) == 0 {
		t.Errorf("while %d connections are held: %v", len(s.held), s.wrong)
	}
}

// TestSiege is make siege: SIEGE says for how many seconds.
func TestSiege(t *testing.T) {
	seconds, err := strconv.Atoi(os.Getenv("SIEGE"))
	if err != nil || seconds < 1 {
		t.Skip("it is make siege")
	}
	c := torture(t, false, false, 1, "PROXY_HOPS=0", "DEMO_INSTANT=1")
	s := newSiege(t, c.nodes[0].url)
	s.size = 8
	all := residents(c.people)
	b := s.client("127.0.0.1")
	if status := b.logIn(t.Context(), all[0]); status != http.StatusOK {
		t.Fatalf("the login is answered %d", status)
	}
	hostile := all[1:5]
	for _, a := range hostile { // logs that are long
		long := s.client("127.0.0.1")
		long.logIn(t.Context(), a)
		for range 300 {
			long.do(t.Context(), http.MethodGet, "/api/records", "", nil)
		}
	}
	t.Log("the siege begins")
	ctx, stop := context.WithTimeout(t.Context(), time.Duration(seconds)*time.Second)
	defer stop()
	done := s.begins(ctx, hostile)
	for ctx.Err() == nil {
		s.honest(ctx, b, true)
		hold(ctx, 200*time.Millisecond)
	}
	s.letGo()
	done.Wait()
	table, worst := s.table()
	most := mostMemory(c.nodes[0].cmd.Process.Pid)
	said := fmt.Sprintf("%s%d hostile requests in %d s; the most memory of the server was %d MB\n", table, s.sent.Load(), seconds, most>>20)
	t.Log("\n" + said)
	if to := os.Getenv("SIEGE_SAYS"); to != "" {
		if err := os.WriteFile(to, []byte(said), 0o600); err != nil {
			t.Error(err)
		}
	}
	if len(s.wrong) > 0 {
		t.Errorf("%d honest requests were not answered well: %v", len(s.wrong), s.wrong[:min(len(s.wrong), 10)])
	}
	if worst >= siegeP99 {
		t.Errorf("p99 is %s", worst)
	}
	if most >= siegeMemory {
		t.Errorf("%d MB of memory", most>>20)
	}
}

// mostMemory returns the most memory that a process has had, in bytes; 0 where the system
// does not say.
func mostMemory(pid int) int64 {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
			kb, _ := strconv.ParseInt(fields[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

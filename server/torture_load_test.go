//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"mingjing"
	"mingjing/server/demo"
)

// slowAnswer is after how long an answer is noted as a slow one.
const slowAnswer = 10 * time.Second

// A load is people who use a tortured city, and what they were told that it has stored.
type load struct {
	c       *tortured
	people  []*person
	ctx     context.Context
	end     context.CancelFunc
	running sync.WaitGroup
	pace    time.Duration
	// resting: nobody asks for another score.
	resting atomic.Bool
	// dropped are the requests that no replica has answered, but for those that took so long
	// that a replica which stops need not wait for them.
	dropped atomic.Int64

	mu       sync.Mutex
	failed   []string // requests that were not answered, or with 5xx
	odd      []string // what must never be
	lost     []string
	late     []string
	doubled  []string
	internal []string
	slow     []string
	excused  int // late, where the program did not run
}

// A person is one resident with a browser, who keeps a note of what was acknowledged.
type person struct {
	l    *load
	who  demo.Account
	http *http.Client
	addr string

	steps atomic.Int64 // requests that were answered well
	acked atomic.Int64 // of them, those that have stored something
	idle  atomic.Bool  // no request is open, and none will be

	// What follows belongs to the goroutine of the person, and after it to the check.
	open     string // the request that is open
	requests map[string]*promise
	records  []string
	next     int             // of the records, the one to dispute next
	cases    map[string]*own // by case
	said     map[string]int  // the last acknowledged statement on a record, by its number
	saying   int             // the number of the last statement that was sent

	// What follows belongs to the goroutine that listens, and after it to the check.
	cursor atomic.Int64
	gaps   []string
	resets int
	joined int
}

// A promise is a request for a score that was acknowledged.
type promise struct {
	excused bool // the clock was moved while it was open, as far as its person knows
}

// An own is a case that was acknowledged, with its files.
type own struct {
	statement string
	files     map[string][]byte // by the id of the evidence
}

func newLoad(c *tortured, people int, pace time.Duration) *load {
	c.t.Helper()
	l := &load{c: c, pace: pace}
	l.ctx, l.end = context.WithCancel(context.Background())
	c.t.Cleanup(func() {
		l.end()
		l.running.Wait()
	})
	for _, a := range c.people {
		if a.Story != demo.StoryOrdinary || len(l.people) == people {
			continue
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			c.t.Fatal(err)
		}
		p := &person{l: l, who: a, addr: fmt.Sprintf("10.2.0.%d", len(l.people)+1), requests: map[string]*promise{}, cases: map[string]*own{},
			said: map[string]int{}, http: &http.Client{Jar: jar, Timeout: torturePatience,
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		l.people = append(l.people, p)
	}
	for _, p := range l.people {
		l.running.Go(p.live)
	}
	return l
}

func (l *load) note(list *[]string, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

func (l *load) acknowledged() (n int64) {
	for _, p := range l.people {
		n += p.acked.Load()
	}
	return n
}

// goOn waits until each of the people has been answered well again.
func (l *load) goOn(t testing.TB) {
	t.Helper()
	for _, p := range l.people {
		before := p.steps.Load()
		eventually(t, torturePatience, "everybody is answered again", func() bool { return p.steps.Load() > before })
	}
}

// moveClock notes that the city's clock is moved. The requests that are open are judged by no
// deadline.
func (l *load) moveClock(by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.c.moved += by
	for _, p := range l.people {
		for _, r := range p.requests {
			r.excused = true
		}
	}
}

// send sends one request; kind is the media type of the body, or the one that is wanted. What
// was answered well is a step.
func (p *person) send(ctx context.Context, method, path, kind, key string, body []byte) (status int, out []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, p.l.c.front.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if len(body) == 0 {
		req.Body, req.ContentLength = nil, 0
	}
	accept := "application/json"
	if method == http.MethodGet {
		accept, kind = kind, ""
	}
	for name, v := range map[string]string{"X-Forwarded-For": p.addr, "Accept": accept, "Accept-Language": "en",
		"Origin": p.l.c.front.url, "Sec-Fetch-Site": "same-origin", "Content-Type": kind, "Idempotency-Key": key,
		"User-Agent": "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Safari/537.36"} {
		if v != "" {
			req.Header.Set(name, v)
		}
	}
	at := time.Now()
	defer func() {
		reached := err == nil && status != http.StatusBadGateway && (status != http.StatusServiceUnavailable || len(out) > 0)
		if !reached && ctx.Err() == nil && time.Since(at) < slowAnswer/2 {
			p.l.dropped.Add(1)
		}
		if took := time.Since(at); took > slowAnswer && ctx.Err() == nil {
			p.l.note(&p.l.slow, "%s %s: %d after %s", method, path, status, took.Round(time.Millisecond))
		}
	}()
	res, err := p.http.Do(req)
	if err == nil {
		defer res.Body.Close()
		status = res.StatusCode
		out, err = io.ReadAll(res.Body)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil || status >= 500:
		p.l.note(&p.l.failed, "%s %s: %d %v %.200s", method, path, status, err, out)
		if err == nil && status == http.StatusInternalServerError {
			p.l.note(&p.l.internal, "%s %s: %.300s", method, path, out)
		}
	case status == http.StatusUnauthorized && path != "/api/login":
		p.l.note(&p.l.lost, "%s %s: nobody is logged in any more: %.200s", method, path, out)
	case status < 400:
		p.steps.Add(1)
	}
	return status, out, err
}

// do sends a request again until it is answered; false when the load has ended.
func (p *person) do(ctx context.Context, method, path, kind, key string, body []byte) (status int, out []byte, ok bool) {
	for {
		status, out, err := p.send(ctx, method, path, kind, key, body)
		if ctx.Err() != nil {
			return 0, nil, false
		}
		if err == nil && status < 500 && status != http.StatusTooManyRequests {
			return status, out, true
		}
		hold(ctx, 100*time.Millisecond)
	}
}

// read reads JSON; false when the load has ended or there is no such thing.
func (p *person) read(ctx context.Context, path string, v any) bool {
	kind := "application/json"
	if !strings.HasPrefix(path, "/api/") {
		kind = viewType
	}
	status, out, ok := p.do(ctx, http.MethodGet, path, kind, "", nil)
	if !ok || status != http.StatusOK {
		return false
	}
	if err := json.Unmarshal(out, v); err != nil {
		p.l.note(&p.l.odd, "%s: %v: %.200s", path, err, out)
		return false
	}
	return true
}

// write sends JSON that stores something, and reads the answer.
func (p *person) write(ctx context.Context, path, key string, body, v any) (status int, ok bool) {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	status, out, ok := p.do(ctx, http.MethodPost, path, "application/json", key, data)
	if ok && status < 300 {
		p.acked.Add(1)
		err = json.Unmarshal(out, v)
	}
	if ok && (status >= 300 && status != http.StatusConflict || err != nil) {
		p.l.note(&p.l.odd, "POST %s: %d %v %.300s", path, status, err, out)
	}
	return status, ok && err == nil
}

// live is what a person does until the load ends.
func (p *person) live() {
	ctx := p.l.ctx
	if _, ok := p.write(ctx, "/api/login", "", map[string]any{"id_number": p.who.IDNumber, "password": p.who.Password}, &struct{}{}); !ok {
		return
	}
	p.l.running.Go(p.listen)
	for ctx.Err() == nil {
		p.ask(ctx)
		p.look(ctx)
		p.speak(ctx)
		p.file(ctx)
		hold(ctx, p.l.pace)
	}
}

// ask asks for a score where no request is open, and looks how the open one stands.
func (p *person) ask(ctx context.Context) {
	if p.open != "" {
		var r mingjing.ScoreRequest
		if !p.read(ctx, "/api/score-requests/"+p.open, &r) || r.State.Open() {
			return
		}
		p.l.mu.Lock()
		p.l.judge(p.open, r, p.requests[p.open].excused)
		p.l.mu.Unlock()
		if p.open = ""; r.Again != "" {
			p.asked(r.Again)
		}
		return
	}
	if p.l.resting.Load() {
		p.idle.Store(true)
		return
	}
	key, body := rand.Text(), map[string]any{"rulebook": "rongcheng", "consent": true}
	var r, again mingjing.ScoreRequest
	status, ok := p.write(ctx, "/api/score-requests", key, body, &r)
	if !ok || status != http.StatusAccepted {
		return // another request is open: the one that was made where too little was answered
	}
	p.asked(r.ID)
	if status, ok := p.write(ctx, "/api/score-requests", key, body, &again); ok && (status != http.StatusAccepted || again.ID != r.ID) {
		p.l.note(&p.l.doubled, "the same request sent twice is %s and %s (%d)", r.ID, again.ID, status)
	}
}

func (p *person) asked(id string) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	p.open, p.requests[id] = id, &promise{}
}

// look opens a page, and finds out which records there are.
func (p *person) look(ctx context.Context) {
	p.do(ctx, http.MethodGet, "/en/records", acceptHTML, "", nil)
	var list itemsOf[mingjing.Record]
	if len(p.records) > 0 || !p.read(ctx, "/api/records", &list) {
		return
	}
	for _, r := range list.Items {
		p.records = append(p.records, r.ID)
	}
}

// speak puts a statement on file; the next one takes its place.
func (p *person) speak(ctx context.Context) {
	if len(p.records) == 0 {
		return
	}
	on := p.records[len(p.records)-1]
	p.saying++
	body := map[string]any{"record_id": on, "statement_on_file": fmt.Sprintf("statement %d", p.saying)}
	if status, ok := p.write(ctx, "/api/statements", "", body, &struct{}{}); ok && status < 300 {
		p.said[on] = p.saying
	}
}

// file files a dispute with a file, each about another record.
func (p *person) file(ctx context.Context) {
	if p.next+1 >= len(p.records) {
		return
	}
	about, key, unique := p.records[p.next], rand.Text(), rand.Text()
	p.next++
	paper := bytes.Replace(pdf, []byte("trailer"), []byte("%"+unique+"\ntrailer"), 1)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, v := range map[string]string{"record_id": about, "reason": "other", "statement": "No. " + unique} {
		_ = w.WriteField(name, v)
	}
	part, _ := w.CreateFormFile("evidence", "paper.pdf")
	_, _ = part.Write(paper)
	_ = w.Close()
	for round := range 2 { // sent twice it is one case
		status, out, ok := p.do(ctx, http.MethodPost, "/api/disputes", w.FormDataContentType(), key, form.Bytes())
		var d mingjing.Case
		switch {
		case !ok || status == http.StatusConflict:
			return
		case status != http.StatusCreated || json.Unmarshal(out, &d) != nil || len(d.Evidence) != 1:
			p.l.note(&p.l.odd, "POST /api/disputes: %d %.300s", status, out)
			return
		case round == 1 && p.cases[d.ID] == nil:
			p.l.note(&p.l.doubled, "the same dispute sent twice is another one, %s", d.ID)
		}
		p.acked.Add(1)
		p.cases[d.ID] = &own{statement: "No. " + unique, files: map[string][]byte{d.Evidence[0].ID: paper}}
	}
}

// listen hears what changes, on one stream after another, each from where the last one ended.
func (p *person) listen() {
	for p.l.ctx.Err() == nil {
		ws, err := p.stream(p.l.ctx, p.cursor.Load())
		if err != nil {
			hold(p.l.ctx, 100*time.Millisecond)
			continue
		}
		p.joined++
		stop := context.AfterFunc(p.l.ctx, func() { _ = ws.Close() })
		for {
			e, err := nextEvent(ws)
			if err != nil {
				break
			}
			switch {
			case e.Kind == mingjing.EventReset:
				p.resets++
			case e.Seq != p.cursor.Load()+1:
				p.gaps = append(p.gaps, fmt.Sprintf("after event %d came %d", p.cursor.Load(), e.Seq))
			}
			p.cursor.Store(e.Seq)
		}
		stop()
		_ = ws.Close()
	}
}

// stream opens the live stream after an event.
func (p *person) stream(ctx context.Context, after int64) (*websocket.Conn, error) {
	u, err := url.Parse(p.l.c.front.url)
	if err != nil {
		return nil, err
	}
	h := http.Header{"X-Forwarded-For": {p.addr}, "Origin": {p.l.c.front.url}}
	for _, k := range p.http.Jar.Cookies(u) {
		h.Add("Cookie", k.String())
	}
	ws, res, err := websocket.DefaultDialer.DialContext(ctx, fmt.Sprintf("ws://%s/api/live?after=%d", u.Host, after), h)
	if res != nil && res.StatusCode == http.StatusInternalServerError {
		p.l.note(&p.l.internal, "GET /api/live")
	}
	return ws, err
}

func nextEvent(ws *websocket.Conn) (e mingjing.Event, err error) {
	_, data, err := ws.ReadMessage()
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	return e, err
}

package mock

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// silentFor is how long a silent agency holds a connection.
const silentFor = 10 * time.Minute

// Options say how an agency is played.
type Options struct {
	// Keys are the secrets by the ids of the keys; "" is the id of the first.
	Keys map[string][]byte
	File File
	// Delay is how long each answer takes.
	Delay time.Duration
	// Silent says that there is never an answer.
	Silent bool
	// Later is for how long after a request was first asked it is answered with 202.
	Later time.Duration
	// Wrong are the ways in which it is wrong, each of [Wrongs].
	Wrong []string
	// Clock and Logger are those of [Config].
	Clock  kernel.Clock
	Logger *slog.Logger
}

// A player is an agency that is played.
type player struct {
	Options
	ends  context.Context
	asked Memory[time.Time]
	times Memory[int]
	seen  Memory[bool]
}

// New returns the handler of an agency that is played. Requests that wait in it end with
// the context.
func New(ends context.Context, o Options) (http.Handler, error) {
	for _, w := range o.Wrong {
		if !slices.ContainsFunc(Wrongs, func(k Wrong) bool { return k.Name == w }) {
			return nil, fmt.Errorf("there is no way to be wrong named %q", w)
		}
	}
	if o.Silent {
		return Silent(ends, silentFor), nil
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	p := &player{Options: o, ends: ends}
	cfg := Config{Keys: func(id string) []byte { return o.Keys[id] }, Clock: o.Clock, Logger: o.Logger, Records: p.records,
		Questions: p.questions}
	if slices.ContainsFunc(o.Wrong, func(w string) bool { return strings.HasPrefix(w, "signature-") }) {
		cfg.verify = p.verifyWrongly
	}
	if p.is("small-requests") {
		cfg.limit = 512
	}
	cfg.strict = p.is("new-fields")
	if p.is("request-500") {
		cfg.unreadable = http.StatusInternalServerError
	}
	if p.is("request-unread") {
		cfg.unreadable = http.StatusOK
	}
	return p.around(Handler(cfg)), nil
}

func (p *player) is(wrong string) bool { return slices.Contains(p.Wrong, wrong) }

// notYet returns the answer while a request is looked up; false once it is done.
func (p *player) notYet(id string) (Answer, bool) {
	now := p.Clock.Now()
	left := p.asked.First(id, now).Add(p.Later).Sub(now)
	if p.is("never-ready") {
		left = time.Second
	}
	if left <= 0 && !(p.laterWrong() && p.times.Update(id, func(n int, _ bool) int { return n + 1 }) == 1) {
		return Answer{}, false
	}
	a := NotYet(max(left, time.Second))
	switch {
	case p.is("no-retry-after"):
		a.After = 0
	case p.is("body-202"):
		a.Body = map[string]string{"status": "working"}
	}
	return a, true
}

// laterWrong reports whether it is wrong in how it says 202, which it then says once.
func (p *player) laterWrong() bool {
	return p.is("no-retry-after") || p.is("body-202") || p.is("retry-after-date")
}

func (p *player) records(ctx context.Context, q score.RecordsQuery) Answer {
	if !Wait(ctx, p.ends, p.Delay) {
		return Answer{}
	}
	if a, wait := p.notYet("records " + q.RequestID); wait {
		return a
	}
	person, known := p.File.Person(q.IDNumber)
	switch {
	case !known && p.is("unknown-404"):
		return Answer{Status: http.StatusNotFound}
	case !known && p.is("unknown-guess") && len(p.File.People) > 0:
		person = p.File.People[0]
	}
	reply := person.Reply(q.Codes)
	if p.is("codes-all") {
		reply = score.Reply{Records: person.Records, Listings: person.Listings}
	}
	body := wire(reply)
	n := p.times.Update("forgets "+q.RequestID, func(n int, _ bool) int { return n + 1 })
	if p.is("forgets") {
		for _, r := range slices.Concat(items(body, "records"), items(body, "listings")) {
			r["ref"] = fmt.Sprint(r["ref"], "-", n)
		}
	}
	return p.spoil("records", body)
}

func (p *player) questions(ctx context.Context, q cases.Question) Answer {
	if !Wait(ctx, p.ends, p.Delay) {
		return Answer{}
	}
	if a, wait := p.notYet("questions " + q.CaseID); wait {
		return a
	}
	person, _ := p.File.Person(q.IDNumber)
	answer, ok := person.Answers[q.Ref]
	held := slices.ContainsFunc(person.Records, func(r score.ReplyRecord) bool { return r.Ref == q.Ref }) ||
		slices.ContainsFunc(person.Listings, func(l score.ReplyListing) bool { return l.Ref == q.Ref })
	switch {
	case !held && p.is("question-404"):
		return Answer{Status: http.StatusNotFound}
	case !held:
		answer = mingjing.AgencyAnswer{Position: mingjing.PositionWithdrawn, Text: mingjing.Text{"zh-CN": "经查，本部门没有这一记录。",
			"en": "We hold no such record."}}
	case !ok:
		answer = mingjing.AgencyAnswer{Position: mingjing.PositionMaintained, Text: mingjing.Text{"zh-CN": "经核对，记录与原始文书一致。",
			"en": "The record agrees with the original document."}}
	}
	if answer.At.IsZero() {
		answer.At = p.asked.First("questions "+q.CaseID, p.Clock.Now()).UTC().Truncate(time.Second)
	}
	data, _ := json.Marshal(answer)
	var of map[string]any
	_ = json.Unmarshal(data, &of)
	return p.spoil("answer", map[string]any{"answer": only(of, agency.AnswerFields)})
}

// spoil returns an answer with what is wrong with it.
func (p *player) spoil(kind string, body map[string]any) Answer {
	a := Answer{Body: body}
	for _, w := range Wrongs {
		if w.spoil != nil && p.is(w.Name) && (w.of == kind || w.of == "") {
			w.spoil(&a, body)
		}
	}
	return a
}

// wire returns a reply as an agency writes it: with nothing that is the city's.
func wire(r score.Reply) map[string]any {
	data, _ := json.Marshal(r)
	var body map[string]any
	_ = json.Unmarshal(data, &body)
	for _, v := range items(body, "records") {
		only(v, agency.RecordFields)
	}
	for _, v := range items(body, "listings") {
		only(v, agency.ListingFields)
	}
	for _, list := range []string{"records", "listings"} {
		if body[list] == nil {
			body[list] = []any{}
		}
	}
	return body
}

// only removes the other fields, and those that say nothing.
func only(of map[string]any, fields []string) map[string]any {
	for name, v := range of {
		if !slices.Contains(fields, name) || v == nil || v == "" {
			delete(of, name)
		}
	}
	return of
}

// items returns the items of a list of a reply.
func items(body map[string]any, list string) []map[string]any {
	var all []map[string]any
	found, _ := body[list].([]any)
	for _, v := range found {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// around returns the handler with what is wrong outside of the answer's body.
func (p *player) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		switch {
		case p.is("get") && r.Method == http.MethodGet:
			Write(w, Answer{Body: map[string]any{"records": []any{}, "listings": []any{}}})
			return
		case p.is("redirect"):
			http.Redirect(w, r, cmp.Or(r.URL.Path, "/")+"/", http.StatusTemporaryRedirect)
			return
		}
		if p.is("content-type") {
			h.Set("Content-Type", "text/html; charset=utf-8")
		}
		if p.is("compressed") {
			h.Set("Content-Encoding", "gzip")
		}
		if p.is("clock") {
			h.Set("Date", p.Clock.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))
		}
		if p.is("retry-after-date") {
			w = &datedWriter{ResponseWriter: w, at: p.Clock.Now().Add(time.Minute)}
		}
		next.ServeHTTP(w, r)
	})
}

// A datedWriter writes Retry-After as a date.
type datedWriter struct {
	http.ResponseWriter
	at time.Time
}

func (w *datedWriter) WriteHeader(status int) {
	if status == http.StatusAccepted {
		w.Header().Set("Retry-After", w.at.UTC().Format(http.TimeFormat))
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *datedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// verifyWrongly checks a signature, but for what the agency gets wrong.
func (p *player) verifyWrongly(r *http.Request, body []byte) error {
	if p.is("signature-unchecked") {
		return nil
	}
	id := r.Header.Get(agency.KeyHeader)
	key, ok := p.Keys[id]
	if p.is("signature-one-key") {
		first := slices.Sorted(maps.Keys(p.Keys))[0]
		key, ok = p.Keys[first], id == first
	}
	g, form := agency.ParseSignature(r.Header.Get(agency.SignatureHeader))
	if p.is("signature-any-id") && !ok {
		for _, k := range p.Keys {
			if g.Signs(k, r.Method, r.URL.EscapedPath()) {
				key, ok = k, true
			}
		}
	}
	if p.is("signature-not-needed") && r.Header.Get(agency.SignatureHeader) == "" {
		return nil
	}
	path := r.URL.EscapedPath()
	signs := form && (g.Signs(key, r.Method, path) ||
		p.is("signature-other-path") && (g.Signs(key, r.Method, "/records") || g.Signs(key, r.Method, "/questions")) ||
		p.is("signature-any-secret"))
	switch {
	case !ok, !signs:
		return agency.ErrSignature
	case !p.is("signature-other-body") && !g.Has(body):
		return agency.ErrSignature
	case !p.is("signature-stale") && !g.Fresh(p.Clock.Now()):
		return agency.ErrSignature
	}
	again := false
	p.seen.Update(string(g.Nonce[:]), func(_ bool, known bool) bool { again = known; return true })
	if again && !p.is("signature-replayed") {
		return agency.ErrSignature
	}
	return nil
}

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

const (
	// maxAsk is the greatest size of a request, in bytes. The longest statement fits.
	maxAsk = 64 << 10
	// maxOpen is how many requests and how many cases an agency remembers. It forgets
	// the oldest first; one that was forgotten begins anew when it is asked again.
	maxOpen = 4096
	// holdFor is how long an agency keeps the caller waiting before it says that
	// it is still looking.
	holdFor = 2 * time.Second
	// maxHang is how long a hanging agency holds a connection.
	maxHang = 5 * time.Minute
	// promptly and late are how long after the question, or after its due date, an
	// agency answers a question, before the clock scale.
	promptly = time.Hour
	late     = 24 * time.Hour
)

// An office is one running agency.
type office struct {
	city      context.Context
	agency    string
	behaviour Behaviour
	scale     float64
	instant   bool
	clock     kernel.Clock
	log       *slog.Logger
	verifier  *agency.Verifier
	file      *file

	mu       sync.Mutex
	requests memory[*lookup]
	cases    memory[time.Time] // when each was first asked
}

// A lookup is one request that an agency works on.
type lookup struct {
	ready time.Time // by the city's clock
	tries int
}

// newOffice returns the handler of an agency. Requests that wait in it end with city. A
// nil file is that of an agency that holds nothing on anybody.
func newOffice(city context.Context, code string, b Behaviour, cfg Config, f *file) http.Handler {
	if f == nil {
		f = &file{}
	}
	o := &office{city: city, agency: code, behaviour: b, scale: cfg.ClockScale, instant: cfg.Instant, clock: cfg.Clock,
		log: cfg.Logger, verifier: agency.NewVerifier(agency.KeyFor(cfg.Key, code), cfg.Clock), file: f}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /records", o.signed(o.records))
	mux.HandleFunc("POST /questions", o.signed(o.questions))
	return mux
}

// signed returns a handler that reads the body of a request and calls next if the
// bureau has signed it.
func (o *office) signed(next func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAsk))
		if err != nil {
			answer(w, http.StatusRequestEntityTooLarge, struct{}{})
			return
		}
		if o.behaviour.Kind == Hangs {
			o.wait(r.Context(), maxHang)
			panic(http.ErrAbortHandler)
		}
		if err := o.verifier.Verify(r.Method, r.URL.EscapedPath(), r.Header.Get(agency.SignatureHeader), body); err != nil {
			o.log.WarnContext(r.Context(), "demo agency refused a signature", "agency", o.agency)
			answer(w, http.StatusUnauthorized, struct{}{})
			return
		}
		next(w, r, body)
	}
}

// records answers what the agency holds on a person.
func (o *office) records(w http.ResponseWriter, r *http.Request, body []byte) {
	var q score.RecordsQuery
	if !read(body, &q) || q.RequestID == "" || len(q.RequestID) > 128 || len(q.Codes) > 10_000 {
		answer(w, http.StatusBadRequest, struct{}{})
		return
	}
	if o.behaviour.Delay > 0 {
		left, fail := o.work(q.RequestID)
		switch fail {
		case "":
		case "garbage":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"records":[{"ref":<html><h1>Index of /cgi-bin</h1>`)
			return
		case "cut":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"records":[`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			answer(w, http.StatusInternalServerError, struct{}{})
			return
		}
		if !o.wait(r.Context(), min(left, holdFor)) {
			return
		}
		if left > holdFor {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil((left - holdFor).Seconds()))))
			answer(w, http.StatusAccepted, struct{}{})
			return
		}
	}
	answer(w, http.StatusOK, o.file.reply(q.IDNumber, q.Codes))
}

// work begins to work on a request, or continues. It returns how long that still takes,
// and how this try fails; "" for not.
func (o *office) work(request string) (left time.Duration, fail string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.clock.Now()
	l, ok := o.requests.get(request)
	if !ok {
		l = &lookup{ready: now.Add(o.scaled(o.behaviour.Delay))}
		o.requests.put(request, l)
	}
	l.tries++
	if o.behaviour.Kind == Flaky && l.tries <= flakes(o.agency, request) {
		modes := []string{"500", "garbage", "cut"}
		return 0, modes[(hash(request, o.agency)+uint64(l.tries))%uint64(len(modes))]
	}
	return max(0, l.ready.Sub(now)), ""
}

// scaled returns a length of time as it is in the city.
func (o *office) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / o.scale) }

// wait returns true after d, or false when the caller or the city ends first.
func (o *office) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-o.city.Done():
	}
	return false
}

// questions answers what the agency says about something that it has sent.
func (o *office) questions(w http.ResponseWriter, _ *http.Request, body []byte) {
	var q cases.Question
	if !read(body, &q) || q.CaseID == "" || len(q.CaseID) > 128 {
		answer(w, http.StatusBadRequest, struct{}{})
		return
	}
	now := o.clock.Now()
	o.mu.Lock()
	asked, ok := o.cases.get(q.CaseID)
	if !ok {
		asked = now
		o.cases.put(q.CaseID, asked)
	}
	o.mu.Unlock()

	p := o.file.plan(q.IDNumber, q.Ref)
	at := asked
	switch {
	case p.when == never:
		answer(w, http.StatusAccepted, struct{}{})
		return
	case p.when == tooLate && q.Due.After(asked):
		at = q.Due.Add(o.scaled(late))
	case p.when == tooLate:
		at = asked.Add(o.scaled(late))
	case !o.instant:
		at = asked.Add(o.scaled(promptly))
	}
	if now.Before(at) {
		answer(w, http.StatusAccepted, struct{}{})
		return
	}
	answer(w, http.StatusOK, map[string]mingjing.AgencyAnswer{"answer": {
		Position: p.position, Text: p.text, At: at.UTC(), Occurred: p.occurred}})
}

// read decodes a body of JSON, and reports whether it is nothing but what into has.
func read(body []byte, into any) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	return utf8.Valid(body) && dec.Decode(into) == nil && !dec.More()
}

// answer writes a status and a body of JSON.
func answer(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

// A memory remembers up to [maxOpen] things by key and forgets the oldest first.
type memory[T any] struct {
	by    map[string]T
	order []string
}

func (m *memory[T]) get(key string) (T, bool) { v, ok := m.by[key]; return v, ok }

func (m *memory[T]) put(key string, v T) {
	if m.by == nil {
		m.by = map[string]T{}
	}
	if len(m.order) == maxOpen {
		const some = maxOpen / 8 // at a time, so that moving the rest is rare
		for _, old := range m.order[:some] {
			delete(m.by, old)
		}
		m.order = slices.Delete(m.order, 0, some)
	}
	m.by[key] = v
	m.order = append(m.order, key)
}

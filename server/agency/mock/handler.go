// Package mock serves an agency's half of the protocol of package agency: it verifies the
// city's signatures and answers /records and /questions. [Handler] is that half with any
// answers; [New] plays an agency from a file, as slow, silent or wrong as one wants to see.
//
// The package must not know how the city stores, scores or decides anything.
package mock

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"mingjing/server/agency"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

const (
	// MaxBody is the greatest size of a request, in bytes. The longest statement fits.
	MaxBody = 64 << 10
	// maxID and maxCodes are the limits of an id and of the codes of a request.
	maxID    = 128
	maxCodes = 10_000
)

// A Config has the settings of [Handler].
type Config struct {
	// Keys returns the agency's key of an id; nil if there is none. The id is "" where a
	// request names no key.
	Keys func(id string) []byte
	// Clock is what signatures are compared with; nil is the system's.
	Clock kernel.Clock
	// Logger gets a message about each request that is refused; never about a person.
	Logger *slog.Logger
	// Records and Questions answer requests whose signature and form are good.
	Records   func(ctx context.Context, q score.RecordsQuery) Answer
	Questions func(ctx context.Context, q cases.Question) Answer

	// What a mock that is wrong has otherwise: how it checks signatures, its limit of a
	// request in bytes, the status for what cannot be read, and whether fields of a later
	// version are that.
	verify     func(r *http.Request, body []byte) error
	limit      int64
	unreadable int
	strict     bool
}

// An Answer is what is written to a request.
type Answer struct {
	// Status is 200 if it is left out.
	Status int
	// After is when to ask again, for a 202.
	After time.Duration
	// Body is written as JSON; nil is the empty object.
	Body any
	// Raw is written in the place of Body.
	Raw []byte
	// Cut ends the connection in the middle of the answer.
	Cut bool
}

// NotYet returns the answer of an agency that is still looking something up.
func NotYet(after time.Duration) Answer { return Answer{Status: http.StatusAccepted, After: after} }

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = systemClock{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.verify == nil {
		c.verify = (&ring{keys: c.Keys, clock: c.Clock, verifiers: map[string]*agency.Verifier{}}).verify
	}
	if c.limit == 0 {
		c.limit = MaxBody
	}
	if c.unreadable == 0 {
		c.unreadable = http.StatusBadRequest
	}
	return c
}

// Handler returns the handler of an agency. A request that is not signed by the city is
// answered with 401, one that cannot be read with 400 or 413.
func Handler(cfg Config) http.Handler {
	cfg = cfg.withDefaults()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /records", func(w http.ResponseWriter, r *http.Request) {
		var q score.RecordsQuery
		if cfg.read(w, r, &q, func() bool { return okID(q.RequestID) && len(q.Codes) <= maxCodes }) {
			Write(w, cfg.Records(r.Context(), q))
		}
	})
	mux.HandleFunc("POST /questions", func(w http.ResponseWriter, r *http.Request) {
		var q cases.Question
		if cfg.read(w, r, &q, func() bool { return okID(q.CaseID) }) {
			Write(w, cfg.Questions(r.Context(), q))
		}
	})
	return mux
}

func okID(id string) bool { return id != "" && len(id) <= maxID }

// read reads a request, and reports whether it was signed and has its form; otherwise it
// has been answered.
func (c Config) read(w http.ResponseWriter, r *http.Request, into any, ok func() bool) bool {
	refuse := func(status int, why string) bool {
		c.Logger.WarnContext(r.Context(), "agency refused a request", "path", r.URL.Path, "status", status, "why", why)
		Write(w, Answer{Status: status})
		return false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, c.limit))
	if err != nil {
		return refuse(http.StatusRequestEntityTooLarge, "too large")
	}
	if err := c.verify(r, body); err != nil {
		return refuse(http.StatusUnauthorized, "signature")
	}
	if !decode(body, into, c.strict) || !ok() {
		return refuse(c.unreadable, "form")
	}
	return true
}

// decode reads a body that is one JSON value, and reports whether it could. Unless it is
// strict it passes over fields that it does not know, which later versions of the city may
// send.
func decode(body []byte, into any, strict bool) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	if strict {
		dec.DisallowUnknownFields()
	}
	return utf8.Valid(body) && dec.Decode(into) == nil && !dec.More()
}

// Write writes an answer.
func Write(w http.ResponseWriter, a Answer) {
	status, data := a.Status, a.Raw
	if status == 0 {
		status = http.StatusOK
	}
	if data == nil {
		body := a.Body
		if body == nil {
			body = struct{}{}
		}
		var err error
		if data, err = json.Marshal(body); err != nil {
			status, data = http.StatusInternalServerError, []byte("{}")
		}
	}
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	h.Set("Cache-Control", "no-store")
	if a.After > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.After.Seconds()))))
	}
	w.WriteHeader(status)
	_, _ = w.Write(data)
	if a.Cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Wait returns true after d, or false when the caller or the agency ends first.
func Wait(ctx, ends context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-ends.Done():
	}
	return false
}

// Silent returns the handler of an agency that takes each request and never answers. It
// holds a connection for most at the longest.
func Silent(ends context.Context, most time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, MaxBody))
		Wait(r.Context(), ends, most)
		panic(http.ErrAbortHandler)
	})
}

// A ring has a verifier for each key that has signed anything.
type ring struct {
	keys  func(id string) []byte
	clock kernel.Clock

	mu        sync.Mutex
	verifiers map[string]*agency.Verifier
}

func (g *ring) verify(r *http.Request, body []byte) error {
	id := r.Header.Get(agency.KeyHeader)
	if len(id) > maxID {
		return agency.ErrSignature
	}
	g.mu.Lock()
	v := g.verifiers[id]
	if v == nil {
		key := g.keys(id)
		if key == nil {
			g.mu.Unlock()
			return agency.ErrSignature
		}
		v = agency.NewVerifier(key, g.clock)
		g.verifiers[id] = v
	}
	g.mu.Unlock()
	return v.Verify(r.Method, r.URL.EscapedPath(), r.Header.Get(agency.SignatureHeader), body)
}

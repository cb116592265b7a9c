// Package agency asks public bodies for the records that they hold and for their
// answers in disputes. It implements [casework.Agencies] over HTTP, and is the only
// package that contacts others on a resident's behalf.
//
// Every ask is bounded in time, size and number, signed so that the agency can
// tell that it was us, and answered by somebody who may be slow, wrong, hostile
// or down. What comes back is decoded strictly and is either a well-formed reply
// or an [Error] that holds nothing of what was sent or received.
//
// The protocol, under an agency's base URL:
//
//	POST {base}/records    score.RecordsQuery -> 200 score.Reply
//	                                            202 {} while it is still looking it up
//	POST {base}/questions  cases.Question     -> 200 {"answer": mingjing.AgencyAnswer}
//	                                            202 {} while it has no answer
//
// Asking again with the same request id or case id is the same ask. A Retry-After
// header in seconds is honoured on every answer but 200. ID numbers travel in
// bodies, never in URLs. [Verifier] is the agency's half of the signature; [KeyHeader]
// names the key, so that an agency may have two while one is replaced.
//
// The package must not know what a record means, what it counts or who may see it. It
// stores nothing and retries nothing: both are decided by casework.
package agency

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/trace"
)

// Defaults of [Config].
const (
	// DefaultTimeout is the longest time for one request, from connecting to the last
	// byte.
	DefaultTimeout = 30 * time.Second
	// DefaultPerAgency is the number of requests that one agency gets at the same
	// time.
	DefaultPerAgency = 4
	// DefaultTotal is the number of requests to all agencies at the same time.
	DefaultTotal = 256
	// DefaultMaxBody is the greatest size of an answer, in bytes. A reply of
	// [score.MaxReplyItems] full records and listings fits.
	DefaultMaxBody = 1 << 20
	// DefaultFailures is the number of failures in a row that open an agency's
	// breaker.
	DefaultFailures = 5
	// DefaultOpenFor is how long a breaker stays open before one ask may try.
	DefaultOpenFor = 30 * time.Second
	// MinKey is the least length of [Config.Key] in bytes.
	MinKey = 16
	// MaxRetryAfter is the longest wait that an agency may ask for.
	MaxRetryAfter = time.Hour

	maxHeaderBytes = 64 << 10
)

// A Config has the settings of [New]. Zero values mean the defaults.
type Config struct {
	// Directory maps agency codes to base URLs: https, or http on loopback. See
	// [LoadDirectory]. An agency that is not in it does not answer.
	Directory map[string]string
	// Key is the master key from which each agency's own key is derived; see
	// [KeyFor]. At least [MinKey] bytes.
	Key []byte
	// Signer returns the key with which a request to an agency is signed, and its id;
	// nil means the agency's first key ([AskKey]).
	Signer func(ctx context.Context, agency string) (id string, key []byte, err error)
	// Timeout is the longest time for one request, without the wait for its turn.
	Timeout time.Duration
	// PerAgency and Total bound the requests at the same time.
	PerAgency, Total int
	// MaxBody is how many bytes of an answer are read; a longer one is malformed.
	MaxBody int64
	Breaker Breaker
	// Shared tells other replicas of open breakers; nil where there is one replica.
	Shared Shared
	// Clock stamps signatures, which agencies compare with their own clock: it
	// must show the real time. The default is the system's.
	Clock kernel.Clock
	// Logger gets messages about requests and breakers, by agency code; never about a
	// person.
	Logger *slog.Logger
	// Observe is told of each request and its result: [ResultAnswered], [ResultNotYet] or
	// one of the failures of [ResultOf]. It may be nil.
	Observe func(agency string, op Op, result string, took time.Duration)
	// Traces makes a span of each request; nil makes none.
	Traces *trace.Tracer
	// TLS is for agencies with a private certificate authority, or that want a
	// client certificate.
	TLS *tls.Config
}

// A Breaker decides when an agency is not asked for a while, because it failed too
// often. Each agency has its own.
type Breaker struct {
	// Failures in a row open it.
	Failures int
	// OpenFor is how long it stays open; then one ask at a time may try, and its
	// success closes it.
	OpenFor time.Duration
}

// Agencies asks the agencies of a directory. It is safe for concurrent use.
type Agencies struct {
	cfg        Config
	client     *http.Client
	total      *semaphore.Weighted
	connectors map[string]*connector
	closing    context.CancelFunc
	closed     context.Context

	mu   sync.Mutex
	open map[string]time.Time // until when other replicas do not ask
}

var _ score.Agencies = (*Agencies)(nil)

// A connector is the connection to one agency: its address, its turns and its breaker.
type connector struct {
	agency    string
	records   string
	questions string
	turns     *semaphore.Weighted
	breaker   *gobreaker.CircuitBreaker[answer]

	mu       sync.Mutex
	openedAt time.Time
}

// A signer is the key of one request, with its id.
type signer struct {
	id  string
	key []byte
}

// An answer is what came back, whole and within bounds.
type answer struct {
	status int
	body   []byte
	after  time.Duration
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// New returns the connectors. It panics when the key is shorter than [MinKey] or a
// base URL of the directory is not acceptable (see [CheckURL]): both are mistakes of
// whoever sets it up.
func New(cfg Config) *Agencies {
	if len(cfg.Key) < MinKey {
		panic("agency: the key must have at least " + strconv.Itoa(MinKey) + " bytes")
	}
	setDefault(&cfg.Timeout, DefaultTimeout)
	setDefault(&cfg.PerAgency, DefaultPerAgency)
	setDefault(&cfg.Total, DefaultTotal)
	setDefault(&cfg.MaxBody, DefaultMaxBody)
	setDefault(&cfg.Breaker.Failures, DefaultFailures)
	setDefault(&cfg.Breaker.OpenFor, DefaultOpenFor)
	if cfg.Clock == nil {
		cfg.Clock = systemClock{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(string, Op, string, time.Duration) {}
	}
	if cfg.Signer == nil {
		cfg.Signer = func(_ context.Context, agency string) (string, []byte, error) {
			return "", AskKey(cfg.Key, agency, ""), nil
		}
	}
	cfg.Directory = maps.Clone(cfg.Directory)

	a := &Agencies{
		cfg:        cfg,
		total:      semaphore.NewWeighted(int64(cfg.Total)),
		connectors: make(map[string]*connector, len(cfg.Directory)),
		client: &http.Client{
			Transport: &http.Transport{
				// No proxy: nobody stands between the bureau and an agency.
				Proxy:               nil,
				DialContext:         (&net.Dialer{Timeout: min(cfg.Timeout, 10*time.Second), KeepAlive: 30 * time.Second}).DialContext,
				TLSClientConfig:     cfg.TLS,
				TLSHandshakeTimeout: min(cfg.Timeout, 10*time.Second),
				ForceAttemptHTTP2:   true,
				// Turns bound the connections; a bound by host would make agencies
				// behind one gateway wait for one another.
				MaxIdleConnsPerHost:    cfg.PerAgency,
				MaxIdleConns:           cfg.Total,
				IdleConnTimeout:        30 * time.Second,
				MaxResponseHeaderBytes: maxHeaderBytes,
				// A small answer must not unfold into a large one.
				DisableCompression: true,
			},
			// A redirect would carry an ID number to somebody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	a.closed, a.closing = context.WithCancel(context.Background())
	for code, base := range cfg.Directory {
		if err := CheckURL(base); err != nil {
			panic("agency: " + code + ": " + err.Error())
		}
		a.connectors[code] = a.newConnector(code, strings.TrimRight(base, "/"))
	}
	if cfg.Shared != nil {
		a.readShared()
		go a.follow()
	}
	return a
}

func setDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (a *Agencies) newConnector(code, base string) *connector {
	d := &connector{
		agency:    code,
		records:   base + "/records",
		questions: base + "/questions",
		turns:     semaphore.NewWeighted(int64(a.cfg.PerAgency)),
	}
	failures := uint32(min(a.cfg.Breaker.Failures, 1<<20))
	d.breaker = gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{
		Name:        code,
		MaxRequests: 1,
		Timeout:     a.cfg.Breaker.OpenFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		// A caller who walked away says nothing about the agency.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				d.mu.Lock()
				d.openedAt = time.Now()
				d.mu.Unlock()
			}
			if to != gobreaker.StateHalfOpen {
				a.tell(code, to == gobreaker.StateOpen)
			}
			a.cfg.Logger.Warn("agency breaker", "agency", code, "from", from.String(), "to", to.String())
		},
	})
	return d
}

// Close ends the requests that are under way and closes idle connections. Later
// requests fail.
func (a *Agencies) Close() error {
	a.closing()
	a.client.CloseIdleConnections()
	return nil
}

// Breakers returns for each agency of the directory whether its breaker is open: it failed
// so often that it is not asked for a while.
func (a *Agencies) Breakers() map[string]bool {
	open := make(map[string]bool, len(a.connectors))
	for code, d := range a.connectors {
		open[code] = d.breaker.State() == gobreaker.StateOpen || a.openElsewhere(code) > 0
	}
	return open
}

// Records asks one agency for the records that it holds on one resident. The error is
// an [*Error]; [ErrNotYet] says that the agency is still looking them up.
func (a *Agencies) Records(ctx context.Context, agency string, q score.RecordsQuery) (score.Reply, error) {
	var reply score.Reply
	err := a.ask(ctx, agency, OpRecords, q, func(ans answer) error {
		if ans.status == http.StatusAccepted {
			if err := decodeEmpty(ans.body); err != nil {
				return err
			}
			return ErrNotYet
		}
		var err error
		reply, err = DecodeReply(ans.body)
		return err
	})
	if err != nil {
		return score.Reply{}, err
	}
	return reply, nil
}

// Ask puts a question about a disputed record or listing to its agency. It
// returns nil without error while the agency has not answered, and otherwise an
// [*Error] or the answer.
func (a *Agencies) Ask(ctx context.Context, agency string, q cases.Question) (*mingjing.AgencyAnswer, error) {
	var word *mingjing.AgencyAnswer
	err := a.ask(ctx, agency, OpQuestion, q, func(ans answer) error {
		if ans.status == http.StatusAccepted {
			return decodeEmpty(ans.body)
		}
		w, err := DecodeAnswer(ans.body)
		if err != nil {
			return err
		}
		word = &w
		return nil
	})
	if err != nil {
		return nil, err
	}
	return word, nil
}

// ask waits for its turn, sends one signed request, and decodes the answer.
func (a *Agencies) ask(ctx context.Context, agency string, op Op, payload any, read func(answer) error) error {
	start := time.Now()
	ctx, span := a.cfg.Traces.Start(ctx, "agency "+string(op), true)
	err := a.try(ctx, agency, op, payload, read)
	if _, known := a.connectors[agency]; known {
		span.Set("mingjing.agency", agency)
		span.Set("mingjing.result", ResultOf(err))
		a.cfg.Observe(agency, op, ResultOf(err), time.Since(start))
	}
	span.End(err != nil)
	if err == nil {
		a.cfg.Logger.DebugContext(ctx, "agency answered", "agency", agency, "op", string(op), "took", time.Since(start))
		return nil
	}
	e := &Error{Agency: agency, Op: op, err: err}
	if p, ok := errors.AsType[*failure](err); ok {
		e.Status, e.After, e.err = p.status, p.after, p.err
	}
	level := slog.LevelInfo
	if errors.Is(e, ErrNotYet) || errors.Is(e, ErrBreakerOpen) || errors.Is(e, context.Canceled) {
		level = slog.LevelDebug // expected, and many
	}
	a.cfg.Logger.Log(ctx, level, "agency did not answer", "agency", agency, "op", string(op),
		"took", time.Since(start), "error", e.Error())
	return e
}

func (a *Agencies) try(ctx context.Context, agency string, op Op, payload any, read func(answer) error) error {
	d, ok := a.connectors[agency]
	if !ok {
		return ErrUnknownAgency
	}
	target := d.records
	if op == OpQuestion {
		target = d.questions
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return errEncode
	}
	// One that is half open here may try, whatever others have seen.
	if left := a.openElsewhere(agency); left > 0 && d.breaker.State() == gobreaker.StateClosed {
		return &failure{err: ErrBreakerOpen, after: left}
	}
	// Not worth waiting for a turn; Execute below has the last word.
	if d.breaker.State() == gobreaker.StateOpen {
		return a.shut(d)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(a.closed, stop)()

	// First the agency's own turns, so that those who wait for a slow agency hold
	// none of the turns that all share.
	if err := d.turns.Acquire(ctx, 1); err != nil {
		return err
	}
	defer d.turns.Release(1)
	if err := a.total.Acquire(ctx, 1); err != nil {
		return err
	}
	defer a.total.Release(1)

	by := signer{}
	if by.id, by.key, err = a.cfg.Signer(ctx, agency); err != nil {
		return errKey
	}

	// Reading belongs to the ask: an agency that sends garbage is as down as one
	// that sends nothing. One that says "not yet" is up.
	var notYet error
	_, err = d.breaker.Execute(func() (answer, error) {
		ans, err := a.send(ctx, by, target, body)
		if err != nil {
			return ans, err
		}
		if err := read(ans); errors.Is(err, ErrNotYet) {
			notYet = &failure{err: ErrNotYet, status: ans.status, after: ans.after}
		} else if err != nil {
			return ans, &failure{err: err, status: ans.status}
		}
		return ans, nil
	})
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return a.shut(d)
	case err != nil:
		return err
	}
	return notYet
}

// shut returns the error of an open breaker, with the time for which it stays open.
func (a *Agencies) shut(d *connector) error {
	d.mu.Lock()
	left := a.cfg.Breaker.OpenFor - time.Since(d.openedAt)
	d.mu.Unlock()
	if left <= 0 { // half open: somebody else is trying just now
		left = min(a.cfg.Breaker.OpenFor, a.cfg.Timeout)
	}
	return &failure{err: ErrBreakerOpen, after: left}
}

// send makes one HTTP exchange. The answer that it returns has the status 200 or 202.
func (a *Agencies) send(ctx context.Context, by signer, target string, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return answer{}, errEncode
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "mingjing")
	if by.id != "" {
		req.Header.Set(KeyHeader, by.id)
	}
	req.Header.Set(SignatureHeader, sign(by.key, req.Method, req.URL.EscapedPath(), a.cfg.Clock.Now(), body))

	resp, err := a.client.Do(req)
	if err != nil {
		return answer{}, transportError(ctx, err)
	}
	defer resp.Body.Close()
	ans := answer{status: resp.StatusCode}
	ans.after = retryAfterHeader(resp.Header.Get("Retry-After"))
	if ans.status != http.StatusOK && ans.status != http.StatusAccepted {
		return ans, &failure{err: ErrStatus, status: ans.status, after: ans.after}
	}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || resp.Header.Get("Content-Encoding") != "" {
		return ans, &failure{err: malformed("media type"), status: ans.status}
	}
	if resp.ContentLength > a.cfg.MaxBody {
		return ans, &failure{err: ErrTooLarge, status: ans.status}
	}
	ans.body, err = io.ReadAll(io.LimitReader(resp.Body, a.cfg.MaxBody+1))
	if err != nil {
		return ans, &failure{err: transportError(ctx, err), status: ans.status}
	}
	if int64(len(ans.body)) > a.cfg.MaxBody {
		return ans, &failure{err: ErrTooLarge, status: ans.status}
	}
	return ans, nil
}

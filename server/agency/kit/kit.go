// Package kit tries an agency's server against each rule of the protocol of package
// agency, as the city would ask it, and says which rules it breaks and how.
//
// It asks about a person who is nobody, and about one whom the agency's own people name.
// It stores nothing.
package kit

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/score"
)

// Defaults of [Config].
const (
	// DefaultPatience is for how long a request is asked again that is answered with 202.
	DefaultPatience = 2 * time.Minute
)

// Nobody is the ID number of the person on whom no agency holds anything.
var Nobody = mingjing.MakeIDNumber("99999919000101990")

// A Key is one of the keys with which the city signs what it asks the agency.
type Key struct {
	// ID is "" for the first key of an agency.
	ID     string
	Secret []byte
}

// A Config says whom to try, and with what.
type Config struct {
	// URL is the agency's base URL.
	URL string
	// Keys are the good keys; the first signs, and each of them must be taken.
	Keys []Key
	// IDNumber and Name are those of a person on whom the agency holds something; empty
	// where nobody is named, and then those rules are not tried.
	IDNumber mingjing.IDNumber
	Name     string
	// Codes are the catalogue codes that are asked for.
	Codes []string
	// Item returns an item of the rulebook; nil where the rulebook is not looked at.
	Item func(code string) (mingjing.Item, bool)
	// Timeout is the longest time for one answer, Patience for how long a request is asked
	// again that is answered with 202. Zero means the defaults.
	Timeout, Patience time.Duration
	TLS               *tls.Config
	// Now and Wait are the clock; nil means the system's.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
}

// A State is what came of a rule.
type State string

// The states of a rule.
const (
	Kept    State = "kept"
	Broken  State = "broken"
	Untried State = "untried"
)

// A Finding is one thing that breaks a rule, or the reason why it was not tried.
type Finding struct {
	// Field is where in the answer it is; "" for the answer as a whole.
	Field string        `json:"field,omitempty"`
	Code  string        `json:"code"`
	Text  mingjing.Text `json:"text"`
}

// A Result is what came of one rule.
type Result struct {
	Rule     string        `json:"rule"`
	Text     mingjing.Text `json:"text"`
	State    State         `json:"state"`
	Findings []Finding     `json:"findings,omitempty"`
}

// A Report is what came of all rules, in their order.
type Report []Result

// Count returns how many rules are in a state.
func (r Report) Count(s State) int {
	n := 0
	for _, v := range r {
		if v.State == s {
			n++
		}
	}
	return n
}

// Run tries all rules. The error is that of the settings or of the context, not the
// agency's.
func Run(ctx context.Context, cfg Config) (Report, error) {
	switch {
	case len(cfg.Keys) == 0:
		return nil, errors.New("a key is needed to sign with")
	case slices.ContainsFunc(cfg.Keys, func(k Key) bool { return len(k.Secret) < agency.MinKey }):
		return nil, errors.New("a secret is too short")
	case (cfg.IDNumber == "") != (cfg.Name == ""):
		return nil, errors.New("a person needs both an ID number and a name")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = agency.DefaultTimeout
	}
	if cfg.Patience <= 0 {
		cfg.Patience = DefaultPatience
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Wait == nil {
		cfg.Wait = func(ctx context.Context, d time.Duration) error {
			select {
			case <-time.After(d):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	t := &trial{Config: cfg, ids: newIDs(cfg.Now()), client: &http.Client{
		Transport: &http.Transport{TLSClientConfig: cfg.TLS, DisableCompression: true, ForceAttemptHTTP2: true},
		// Where it would send us is a finding.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	defer t.client.CloseIdleConnections()
	var report Report
	for _, rule := range Rules {
		res := Result{Rule: rule.Name, Text: rule.Text, State: Kept}
		switch {
		case t.stopped:
			res.State, res.Findings = Untried, []Finding{finding("", "not_reached")}
		case rule.person && cfg.IDNumber == "":
			res.State, res.Findings = Untried, []Finding{finding("", "no_person")}
		default:
			t.untried = false
			if res.Findings = rule.try(ctx, t); len(res.Findings) > 0 {
				res.State = Broken
			}
			if t.untried {
				res.State = Untried
			}
		}
		if ctx.Err() != nil {
			return report, ctx.Err()
		}
		report = append(report, res)
	}
	return report, nil
}

// A trial is one run of the kit.
type trial struct {
	Config
	client *http.Client
	ids    func() string
	// seen are the answers to requests that were signed well.
	seen []exchange
	// stopped says that nothing else can be tried; untried, that the rule was not.
	stopped, untried bool
	// reply and of are the answer about the person, and what it was asked.
	reply score.Reply
	of    exchange
	asked score.RecordsQuery
}

// An exchange is one request and its answer.
type exchange struct {
	path   string
	status int
	header http.Header
	body   []byte
	took   time.Duration
	// fail is the code of what prevented an answer; "" for an answer.
	fail string
	// large says that the answer was cut off at its limit.
	large bool
	at    time.Time
}

// good reports whether there is an answer of the protocol.
func (e exchange) good() bool {
	return e.fail == "" && (e.status == http.StatusOK || e.status == http.StatusAccepted)
}

// A signing changes how a request is signed; nil leaves it as it should be.
type signing func(s *signed)

// signed is what a signature is made of.
type signed struct {
	id, method, path string
	secret           []byte
	at               time.Time
	body             []byte
	// header is the signature where it is another one; none says that there is none.
	header string
	none   bool
}

// send sends a request and returns its answer. The answers to those that are signed well
// are looked at by the rules about all answers.
func (t *trial) send(ctx context.Context, method, path string, body []byte, change signing) exchange {
	k := t.Keys[0]
	target := t.URL + path
	ctx, stop := context.WithTimeout(ctx, t.Timeout)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return exchange{path: path, fail: "address_unreadable"}
	}
	s := signed{id: k.ID, secret: k.Secret, method: method, path: req.URL.EscapedPath(), at: t.Now(), body: body}
	if change != nil {
		change(&s)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "mingjing-agency-check")
	if s.id != "" {
		req.Header.Set(agency.KeyHeader, s.id)
	}
	if s.header == "" {
		s.header = agency.Sign(s.secret, s.method, s.path, s.at, s.body)
	}
	if !s.none {
		req.Header.Set(agency.SignatureHeader, s.header)
	}
	e := exchange{path: path, at: t.Now()}
	begun := time.Now()
	resp, err := t.client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		e.status, e.header = resp.StatusCode, resp.Header
		e.body, err = io.ReadAll(io.LimitReader(resp.Body, agency.DefaultMaxBody+1))
		e.large = len(e.body) > agency.DefaultMaxBody
	}
	e.took = time.Since(begun)
	if err != nil {
		e.fail = failure(ctx, err)
	}
	if change == nil {
		t.seen = append(t.seen, e)
	}
	return e
}

// failure returns the code of what prevented an answer.
func failure(ctx context.Context, err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "certificate"
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "host_unknown"
	}
	switch {
	case ctx.Err() != nil:
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection_refused"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "cut_off"
	}
	return "connection"
}

// records asks for records, again while the answer is 202.
func (t *trial) records(ctx context.Context, q score.RecordsQuery) exchange {
	return t.until(ctx, "/records", marshal(q))
}

// question asks a question, again while the answer is 202.
func (t *trial) question(ctx context.Context, q cases.Question) exchange {
	return t.until(ctx, "/questions", marshal(q))
}

func (t *trial) until(ctx context.Context, path string, body []byte) exchange {
	for left := t.Patience; ; {
		e := t.send(ctx, http.MethodPost, path, body, nil)
		if e.status != http.StatusAccepted || e.fail != "" {
			return e
		}
		wait, _ := retryAfter(e.header)
		wait = min(max(wait, time.Second), left)
		if left -= wait; left <= 0 || t.Wait(ctx, wait) != nil {
			return e
		}
	}
}

// nobody is the question for records of a person on whom nothing is held.
func (t *trial) nobody() score.RecordsQuery {
	return score.RecordsQuery{RequestID: t.ids(), IDNumber: Nobody, Name: "测试", Codes: t.Codes}
}

func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("kit: " + err.Error()) // it has plain fields alone
	}
	return data
}

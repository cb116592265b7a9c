//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"sync"
	"testing"
	"time"
)

const (
	// checkPause is how long after one look at a replica comes the next, and checkPatience how
	// long a look waits for an answer.
	checkPause    = 100 * time.Millisecond
	checkPatience = 2 * time.Second
	// stallFrom is from when on the machine has given nobody time to run: the balancer itself,
	// which does nothing but wait, was woken so late.
	stallFrom = time.Second
)

// A balancer stands before replicas, as an operator's does: it asks each at /readyz, and sends
// requests to one that is ready. A request that has reached no replica goes to another one;
// one that has reached a replica is sent once.
type balancer struct {
	url string
	way *http.Transport

	mu       sync.Mutex
	backends []backend
	last     int
	down     []span // when no replica was ready
	stalls   []span // when the machine gave nobody time to run
	isDown   bool
	news     chan struct{} // closed at each change
}

// A backend is one replica as the balancer knows it.
type backend struct {
	addr  string // "" where none runs
	ready bool
}

// A span is a stretch of time; its end is zero while it lasts.
type span struct{ from, to time.Time }

func newBalancer(t testing.TB, replicas int) *balancer {
	t.Helper()
	b := &balancer{backends: make([]backend, replicas), news: make(chan struct{}), isDown: true,
		down: []span{{from: time.Now()}},
		// A connection that is used again may be closed by a replica that stops just when a
		// request is on its way.
		way: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	srv := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = "http", "a-replica", p.In.Host
			p.Out.Header["X-Forwarded-For"] = p.In.Header["X-Forwarded-For"]
		},
		Transport: b,
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			if errors.Is(err, errNobodyThere) {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	})
	b.url = srv.URL
	ctx, stop := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	for i := range replicas {
		looking.Go(func() { b.look(ctx, i) })
	}
	looking.Go(func() { b.feelStalls(ctx) })
	t.Cleanup(func() {
		stop()
		looking.Wait()
		srv.CloseClientConnections()
		srv.Close()
	})
	return b
}

var errNobodyThere = errors.New("no replica can be reached")

// set says where a replica is; nowhere is "".
func (b *balancer) set(i int, addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends[i] = backend{addr: addr}
	b.note(time.Now())
}

// note notes since when the program does not run, and wakes who waits for a change. b.mu is held.
func (b *balancer) note(at time.Time) {
	ready := slices.ContainsFunc(b.backends, func(k backend) bool { return k.ready })
	switch {
	case !ready && !b.isDown:
		b.down = append(b.down, span{from: at})
	case ready && b.isDown:
		b.down[len(b.down)-1].to = time.Now()
	}
	b.isDown = !ready
	close(b.news)
	b.news = make(chan struct{})
}

// look asks a replica again and again whether it is ready.
func (b *balancer) look(ctx context.Context, i int) {
	tick := time.NewTicker(checkPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		b.mu.Lock()
		addr := b.backends[i].addr
		b.mu.Unlock()
		if addr == "" {
			continue
		}
		at := time.Now()
		now := backend{addr: addr, ready: b.isReady(ctx, addr)}
		b.mu.Lock()
		if k := &b.backends[i]; k.addr == addr && *k != now {
			*k = now
			b.note(at)
		}
		b.mu.Unlock()
	}
}

func (b *balancer) isReady(ctx context.Context, addr string) bool {
	ctx, stop := context.WithTimeout(ctx, checkPatience)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := b.way.RoundTrip(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// await waits until the replicas are as wanted.
func (b *balancer) await(t testing.TB, what string, ok func([]backend) bool) {
	t.Helper()
	late := time.After(torturePatience)
	for {
		b.mu.Lock()
		there, news := ok(b.backends), b.news
		b.mu.Unlock()
		if there {
			return
		}
		select {
		case <-news:
		case <-late:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// pick returns the address of the next replica: of one that is ready, or else of any that was
// not tried yet.
func (b *balancer) pick(tried []string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	other := ""
	for range b.backends {
		b.last = (b.last + 1) % len(b.backends)
		k := b.backends[b.last]
		switch {
		case k.addr == "" || slices.Contains(tried, k.addr):
		case k.ready:
			return k.addr
		default:
			other = k.addr
		}
	}
	return other
}

// RoundTrip sends a request to a replica.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		if _ = r.Body.Close(); err != nil {
			return nil, err
		}
	}
	var tried []string
	for {
		addr := b.pick(tried)
		if addr == "" {
			return nil, errNobodyThere
		}
		out := r.Clone(r.Context())
		out.URL.Host = addr
		if out.Body = nil; len(body) > 0 {
			out.Body = io.NopCloser(bytes.NewReader(body))
		}
		res, err := b.way.RoundTrip(out)
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
			tried = append(tried, addr)
			continue
		}
		return res, err
	}
}

// feelStalls notes when the machine gives nobody time to run, until ctx ends.
func (b *balancer) feelStalls(ctx context.Context) {
	tick := time.NewTicker(checkPause)
	defer tick.Stop()
	for last := time.Now(); ; last = time.Now() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := time.Now(); now.Sub(last) > stallFrom {
			b.mu.Lock()
			b.stalls = append(b.stalls, span{last, now})
			b.mu.Unlock()
		}
	}
}

// served returns for how long the program ran between two instants: a replica was ready, and the
// machine did not stall.
func (b *balancer) served(from, to time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	var not []span
	for _, s := range slices.Concat(b.down, b.stalls) {
		if s.to.IsZero() || s.to.After(to) {
			s.to = to
		}
		if s.from.Before(from) {
			s.from = from
		}
		if s.to.After(s.from) {
			not = append(not, s)
		}
	}
	slices.SortFunc(not, func(a, b span) int { return a.from.Compare(b.from) })
	up, until := to.Sub(from), from
	for _, s := range not { // which may overlap
		if s.from.Before(until) {
			s.from = until
		}
		if s.to.After(s.from) {
			up, until = up-s.to.Sub(s.from), s.to
		}
	}
	return up
}

package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// hostTurns is how many messages are on their way to one host at the same time.
	hostTurns = 16
	// hostSilences is how many messages in a row a host may leave without an answer
	// before it is given up for hostRest. Afterwards one is enough.
	hostSilences = 3
	hostRest     = 5 * time.Minute
)

// errGivenUp: the host did not answer of late, so nothing is sent there for a time.
var errGivenUp = errors.New("notify: its host does not answer, and is given up for a time")

// hosts are the computers that messages are sent to. One that hangs takes only its own
// turns, and is given up for a time.
type hosts struct {
	rest time.Duration
	mu   sync.Mutex
	all  map[string]*host
}

type host struct {
	turns    chan struct{}
	silences int       // in a row
	until    time.Time // it is given up
	used     time.Time
}

func newHosts() *hosts { return &hosts{rest: hostRest, all: map[string]*host{}} }

// enter waits for a turn at a host. When the message was sent, or was not, leave is called
// with the error.
func (h *hosts) enter(ctx context.Context, name string) (leave func(error), err error) {
	h.mu.Lock()
	one := h.all[name]
	if one == nil {
		h.forget()
		one = &host{turns: make(chan struct{}, hostTurns)}
		h.all[name] = one
	}
	one.used = time.Now()
	h.mu.Unlock()
	if h.givenUp(one) {
		return nil, errGivenUp
	}
	select {
	case one.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("notify: wait for its host: %w", ctx.Err())
	}
	if h.givenUp(one) { // meanwhile
		<-one.turns
		return nil, errGivenUp
	}
	return func(err error) {
		defer func() { <-one.turns }()
		h.mu.Lock()
		defer h.mu.Unlock()
		if !silent(err) {
			one.silences = 0
			return
		}
		if one.silences++; one.silences >= hostSilences {
			one.until = time.Now().Add(h.rest)
		}
	}, nil
}

func (h *hosts) givenUp(one *host) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Before(one.until)
}

// forget forgets the hosts that nobody used for long, so that made-up ones don't pile up.
func (h *hosts) forget() {
	for name, one := range h.all {
		if len(one.turns) == 0 && time.Since(one.used) > 2*h.rest {
			delete(h.all, name)
		}
	}
}

// silent reports whether an error says that nobody answered in time.
func silent(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

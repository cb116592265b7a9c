package identity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"mingjing"
)

// How many attempts beyond a limit may wait at once: of one identifier from one address,
// from one address, and in all.
const (
	slowPair = 3
	slowAddr = 32
	slowAll  = 256
)

// A slowLane is where attempts wait that are beyond a limit. They are answered later instead
// of refused, so that nobody can keep the right person out by using a limit up, and are
// checked one after the other, so that those within the limits need not wait for them.
type slowLane struct {
	unit time.Duration // of waiting
	wait func(ctx context.Context, d time.Duration)
	turn *semaphore.Weighted

	mu      sync.Mutex
	waiting map[*slowTry]struct{}
}

// A slowTry is one attempt that waits.
type slowTry struct {
	pair, addr string
	drop       context.CancelCauseFunc
}

var errDropped = errors.New("another address waits")

func newSlowLane(unit time.Duration, wait func(context.Context, time.Duration)) *slowLane {
	return &slowLane{unit: unit, wait: wait, turn: semaphore.NewWeighted(1), waiting: map[*slowTry]struct{}{}}
}

// patience returns how long an attempt waits that is beyond a rate: about 5, 10 or 30
// seconds, the longer the more tries there were.
func (l *slowLane) patience(per time.Duration) time.Duration {
	switch {
	case per <= time.Minute:
		return 7 * l.unit
	case per <= time.Hour:
		return 14 * l.unit
	}
	return 42 * l.unit
}

// enter returns when an attempt may be checked that is beyond a rate; leave ends the check. The error is
// too_many_attempts where too many wait already, or that of ctx.
func (l *slowLane) enter(ctx context.Context, a attempt, per time.Duration) (leave func(), err error) {
	d := l.patience(per)
	ctx, drop := context.WithCancelCause(ctx)
	t := &slowTry{pair: a.identifier + "\x00" + a.addr, addr: a.addr, drop: drop}
	if !l.join(t) {
		drop(nil)
		return nil, errTooMany(d)
	}
	l.wait(ctx, d)
	err = context.Cause(ctx)
	if err == nil {
		err = l.turn.Acquire(ctx, 1)
	}
	l.mu.Lock()
	delete(l.waiting, t)
	l.mu.Unlock()
	dropped := errors.Is(context.Cause(ctx), errDropped)
	drop(nil)
	switch {
	case err == nil:
		return func() { l.turn.Release(1) }, nil
	case dropped:
		return nil, errTooMany(d)
	}
	return nil, fmt.Errorf("wait for a slow attempt: %w", err)
}

// join adds an attempt to those that wait, and reports whether there is room. Where there is
// none, whoever has the most waiting gives way.
func (l *slowLane) join(t *slowTry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	pairs, addrs := map[string][]*slowTry{}, map[string][]*slowTry{}
	for w := range l.waiting {
		addrs[w.addr] = append(addrs[w.addr], w)
		if w.addr == t.addr {
			pairs[w.pair] = append(pairs[w.pair], w)
		}
	}
	room := true
	switch {
	case len(pairs[t.pair]) >= slowPair:
		room = false
	case len(addrs[t.addr]) >= slowAddr:
		room = l.makeRoom(pairs, len(pairs[t.pair]))
	case len(l.waiting) >= slowAll:
		room = l.makeRoom(addrs, len(addrs[t.addr]))
	}
	if room {
		l.waiting[t] = struct{}{}
	}
	return room
}

// makeRoom drops one of the largest group, unless the newcomer's own has as many.
func (l *slowLane) makeRoom(groups map[string][]*slowTry, own int) bool {
	var most []*slowTry
	for _, g := range groups {
		if len(g) > len(most) {
			most = g
		}
	}
	if len(most) <= own+1 {
		return false
	}
	most[0].drop(errDropped)
	delete(l.waiting, most[0])
	return true
}

func errTooMany(wait time.Duration) error {
	return mingjing.NewError(mingjing.Limited, "too_many_attempts", "seconds", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
}

// Package guard keeps one client from taking what all need: connections, memory, disk and
// places of work. It knows neither what is done nor who a client is: a client is a name,
// such as that of a person who is logged in, or of a network ([Network]).
package guard

import (
	"context"
	"net/netip"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Network returns what counts as one address: an IPv4 address, or the /64 network of an
// IPv6 address, which is one connection.
func Network(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		if len(addr) > 64 {
			addr = addr[:64]
		}
		return addr
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.String()
	}
	return a.String()
}

// A Budget is an amount that clients share. It is safe for use by many goroutines.
type Budget struct {
	each, all int64
	mu        sync.Mutex
	used      int64
	by        map[string]int64
}

// NewBudget returns a budget of which each client may have a part, and all together have
// no more than all.
func NewBudget(each, all int64) *Budget { return &Budget{each: each, all: all, by: map[string]int64{}} }

// Take gives a client so much more, or reports that there is not so much left: own says
// that it is the client's own part that is used up.
func (b *Budget) Take(client string, n int64) (ok, own bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.by[client]+n > b.each:
		return false, true
	case b.used+n > b.all:
		return false, false
	}
	b.used += n
	b.by[client] += n
	return true, false
}

// Give takes so much back from a client.
func (b *Budget) Give(client string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.by[client] -= n; b.by[client] <= 0 {
		delete(b.by, client)
	}
}

// Used returns how much clients have.
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Places bound how much is done at the same time: by each client, and by all together.
// Who comes while there is no room waits, first come first served. They are safe for use
// by many goroutines.
type Places struct {
	each int64
	size int64
	all  *semaphore.Weighted
	mu   sync.Mutex
	by   map[string]*client
}

// A client is somebody who has places or waits for one.
type client struct {
	own   *semaphore.Weighted
	there int
}

// NewPlaces returns places of which each client has at most each, and all together have all.
func NewPlaces(each, all int64) *Places {
	return &Places{each: each, size: all, all: semaphore.NewWeighted(all), by: map[string]*client{}}
}

// Enter waits for room of a size, at most that of all, which counts as one place of the
// client; leave gives it back. Nobody who waits for a place of their own keeps others
// waiting. The error is that of ctx.
func (p *Places) Enter(ctx context.Context, name string, size int64) (leave func(), err error) {
	size = min(size, p.size)
	p.mu.Lock()
	c := p.by[name]
	if c == nil {
		c = &client{own: semaphore.NewWeighted(p.each)}
		p.by[name] = c
	}
	c.there++
	p.mu.Unlock()
	forget := func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if c.there--; c.there == 0 {
			delete(p.by, name)
		}
	}
	if err := c.own.Acquire(ctx, 1); err != nil {
		forget()
		return nil, err
	}
	if err := p.all.Acquire(ctx, size); err != nil {
		c.own.Release(1)
		forget()
		return nil, err
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			p.all.Release(size)
			c.own.Release(1)
			forget()
		})
	}, nil
}

// There returns how many clients have places or wait for one.
func (p *Places) There() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.by)
}

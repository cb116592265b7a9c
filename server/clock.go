package main

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

const (
	// clockLimit is how far the clocks of a server and of its database may be apart, where
	// CLOCK_LIMIT does not say.
	clockLimit = 30 * time.Second
	// clockCheck is how often they are compared.
	clockCheck = 10 * time.Second
)

// checkClock compares the clock of this machine with the database's. It returns an error
// when they are too far apart; not when the database can't be asked.
func (p *program) checkClock(ctx context.Context) error {
	apart, err := p.store.ClockApart(ctx)
	if err != nil {
		return nil //nolint:nilerr // readiness says so
	}
	return p.noteClock(apart)
}

// noteClock takes how far the clock is ahead of the database's.
func (p *program) noteClock(apart time.Duration) error {
	p.apart.Store(int64(apart))
	if limit := cmp.Or(p.ClockLimit, clockLimit); apart.Abs() > limit {
		return fmt.Errorf("the clocks of this machine and of the database are %s apart, and CLOCK_LIMIT allows %s: "+
			"run NTP on both, and start again", apart.Abs().Round(time.Millisecond), limit)
	}
	return nil
}

// watchClock returns an error when the clocks are too far apart: what such a server dates
// would be wrong. It returns nil when ctx ends.
func (p *program) watchClock(ctx context.Context) error {
	return checkEvery(ctx, clockCheck, p.checkClock)
}

// checkEvery checks something each interval, and returns the first error; nil when ctx ends.
func checkEvery(ctx context.Context, interval time.Duration, check func(context.Context) error) error {
	every := time.NewTicker(interval)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		if err := check(ctx); err != nil {
			return err
		}
	}
}

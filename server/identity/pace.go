package identity

import (
	"context"
	"time"
)

// responseFloor holds answers until the floor of time, or the next multiple of it, is
// reached: how long the work took shows only in whole floors.
type responseFloor struct {
	floor time.Duration
	wait  func(ctx context.Context, d time.Duration)
}

// start starts the time; what it returns waits.
func (p responseFloor) start(ctx context.Context) (hold func()) {
	start := time.Now()
	return func() {
		took := time.Since(start)
		until := max(p.floor, (took + p.floor - 1).Truncate(p.floor))
		p.wait(ctx, until-took)
	}
}

// wait returns after d, or when ctx ends: then nobody is left to measure.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

package identity

import (
	"context"
	"time"
)

// A responseFloor delays answers until a least time, or the next multiple of it, has
// passed: so the duration of the work shows only as whole multiples.
type responseFloor struct {
	floor time.Duration
	wait  func(ctx context.Context, d time.Duration)
}

// start starts the time; the function that it returns waits.
func (p responseFloor) start(ctx context.Context) (hold func()) {
	start := time.Now()
	return func() {
		took := time.Since(start)
		until := max(p.floor, (took + p.floor - 1).Truncate(p.floor))
		p.wait(ctx, until-took)
	}
}

// wait returns after d, or when ctx ends, because then nobody measures the time.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

package guard

import (
	"sync"
	"time"
)

// Rates bound what each client asks for: Burst at once, and as much again within each Per,
// evenly. They count in this process, by the machine's monotonic clock, and are safe for
// use by many goroutines.
type Rates struct {
	burst int64
	per   time.Duration
	now   func() time.Duration // since some moment

	mu    sync.Mutex
	free  map[string]time.Duration // when nothing counts any more
	swept int                      // how many there were after the last sweep
}

// NewRates returns rates of a burst within each per.
func NewRates(burst int64, per time.Duration) *Rates {
	start := time.Now()
	return &Rates{burst: burst, per: per, now: func() time.Duration { return time.Since(start) }, free: map[string]time.Duration{}}
}

// Spend counts a cost of a client. What is beyond the rate is not counted: wait is after
// what time it would be.
func (r *Rates) Spend(client string, cost int64) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if len(r.free) >= 2*r.swept+1000 {
		for k, end := range r.free {
			if end <= now {
				delete(r.free, k)
			}
		}
		r.swept = len(r.free)
	}
	next := max(now, r.free[client]) + r.per/time.Duration(r.burst)*time.Duration(min(cost, r.burst))
	if over := next - now - r.per; over > 0 {
		return over
	}
	r.free[client] = next
	return 0
}

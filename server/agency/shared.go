package agency

import (
	"context"
	"time"
)

// sharedInterval is how often a replica reads what the others say of agencies that fail.
const sharedInterval = time.Second

// Shared is what the replicas tell one another of agencies that failed so often that they
// are not asked for a while.
type Shared interface {
	// OpenBreakers returns until when each of them is not asked.
	OpenBreakers(ctx context.Context) (map[string]time.Time, error)
	// OpenBreaker says that an agency is not asked until then, CloseBreaker that it has
	// answered.
	OpenBreaker(ctx context.Context, agency string, until time.Time) error
	CloseBreaker(ctx context.Context, agency string) error
}

// follow reads what other replicas say, until a is closed.
func (a *Agencies) follow() {
	tick := time.NewTicker(sharedInterval)
	defer tick.Stop()
	for {
		select {
		case <-a.closed.Done():
			return
		case <-tick.C:
			a.readShared()
		}
	}
}

func (a *Agencies) readShared() {
	ctx, stop := context.WithTimeout(a.closed, sharedInterval)
	defer stop()
	open, err := a.cfg.Shared.OpenBreakers(ctx)
	if err != nil {
		return // each goes by its own failures
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open = open
}

// tell tells the other replicas that an agency is not asked, or is again.
func (a *Agencies) tell(agency string, open bool) {
	if a.cfg.Shared == nil {
		return
	}
	until := time.Now().Add(a.cfg.Breaker.OpenFor)
	a.mu.Lock()
	delete(a.open, agency)
	a.mu.Unlock()
	go func() {
		ctx, stop := context.WithTimeout(a.closed, 10*sharedInterval)
		defer stop()
		err := a.cfg.Shared.CloseBreaker(ctx, agency)
		if open {
			err = a.cfg.Shared.OpenBreaker(ctx, agency, until)
		}
		if err != nil && a.closed.Err() == nil {
			a.cfg.Logger.Warn("tell other replicas of a breaker", "agency", agency, "open", open, "err", err)
		}
	}()
}

// openElsewhere returns for how long an agency is not asked because of what another
// replica has seen.
func (a *Agencies) openElsewhere(agency string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(0, time.Until(a.open[agency]))
}

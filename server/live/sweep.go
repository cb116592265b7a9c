package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// sweep does every second what is due: it sends pings, closes the streams of sessions
// that have expired, and reads the store for groups whose turn it is.
func (h *Hub) sweep(ctx context.Context) {
	tick := time.NewTicker(min(sweepEvery, h.cfg.PollEvery, h.cfg.PingEvery))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		real, now := time.Now(), h.cfg.Clock.Now()
		h.mu.Lock()
		for _, g := range h.groups {
			for s := range g.sockets {
				if !s.expires.IsZero() && !now.Before(s.expires) {
					s.close(CloseSessionEnded, "")
				}
				if !real.Before(s.nextPing) {
					s.nextPing = real.Add(h.cfg.PingEvery)
					s.sendPing()
				}
			}
			if every := h.cfg.PollEvery; !h.live || g.replayFailed {
				if until := real.Add(every); g.nextUp.After(until) {
					g.nextUp = until
				}
			}
			if !real.Before(g.nextUp) {
				g.nextUp = real.Add(h.cfg.CatchUpEvery)
				h.replay(g)
			}
		}
		for id, at := range h.ended {
			if real.Sub(at) > rememberEnded {
				delete(h.ended, id)
			}
		}
		h.mu.Unlock()
	}
}

// recheck asks Still which sessions have ended, in case the message of their end was
// lost.
func (h *Hub) recheck(ctx context.Context) {
	tick := time.NewTicker(h.cfg.StillEvery)
	defer tick.Stop()
	var ids []string // whose turn is still to come
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if len(ids) == 0 {
			h.mu.Lock()
			ids = slices.Collect(maps.Keys(h.sessions))
			h.mu.Unlock()
		}
		for len(ids) > 0 && ctx.Err() == nil {
			n := min(len(ids), stillBatch)
			ended, err := within(ctx, h.cfg.CallbackWait, func(ctx context.Context) ([]string, error) { return h.cfg.Still(ctx, ids[:n]...) })
			if err != nil {
				h.cfg.Logger.Warn("live: asking for ended sessions failed", "error", err)
				break // the rest has its turn at the next tick
			}
			for _, id := range ended {
				h.endSessionHere(id)
			}
			ids = ids[n:]
		}
	}
}

// within returns what a callback returns, or an error when it takes longer than wait,
// even if it goes on after its context has ended.
func within[T any](ctx context.Context, wait time.Duration, callback func(context.Context) (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	done := make(chan answer, 1)
	go func() {
		defer cancel()
		v, err := callback(ctx)
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.v, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-done: // it ended as the time did
		return a.v, a.err
	default:
		var none T
		return none, fmt.Errorf("live: a callback takes too long: %w", ctx.Err())
	}
}

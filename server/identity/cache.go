package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"mingjing"
)

const (
	// cacheFor is how long an answer of Kratos about a session is used.
	cacheFor = 10 * time.Second
	// tombstoneFor is how long a session is marked as ended: longer than any answer of
	// Kratos from before can take.
	tombstoneFor = 5 * time.Minute
	// cacheTimeout is how long Redis may take before Kratos is asked instead, and
	// cachePause is how long Redis is not asked after that.
	cacheTimeout = 300 * time.Millisecond
	cachePause   = time.Second
)

var errCachePaused = errors.New("redis failed a moment ago")

// A cache stores sessions in Redis. Everything works without it, only slower.
type cache struct {
	redis redis.UniversalClient
	until atomic.Int64 // in ticks
}

var began = time.Now()

// ticks returns the nanoseconds since the start of the process, by the clock that nobody
// sets.
func ticks() int64 { return int64(time.Since(began)) }

// withCache calls f, which uses Redis, with a short time limit, and not right after a
// failure.
func withCache[T any](ctx context.Context, c *cache, f func(context.Context) (T, error)) (T, error) {
	var zero T
	if ticks() < c.until.Load() {
		return zero, errCachePaused
	}
	type answer struct {
		v   T
		err error
	}
	bound, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	done := make(chan answer, 1)
	go func() {
		v, err := f(bound)
		done <- answer{v, err}
	}()
	var a answer
	select {
	case a = <-done:
	case <-bound.Done():
		a.err = bound.Err()
	}
	if a.err != nil && !errors.Is(a.err, redis.Nil) && ctx.Err() == nil {
		c.until.Store(ticks() + int64(cachePause))
	}
	return a.v, a.err
}

// A cachedSession is what Kratos answered about a token.
type cachedSession struct {
	Login mingjing.Login
	At    time.Time
}

// cachedLogin returns what is cached about a token, unless its session has ended since.
func (i *Identity) cachedLogin(ctx context.Context, token string) (mingjing.Login, bool) {
	r, err := withCache(ctx, i.cache, func(ctx context.Context) (cachedSession, error) {
		b, err := i.redis.Get(ctx, i.keys.redis("who", token)).Bytes()
		if err != nil {
			return cachedSession{}, err
		}
		var r cachedSession
		if err := json.Unmarshal(b, &r); err != nil {
			return cachedSession{}, fmt.Errorf("read a remembered session: %w", err)
		}
		ended, err := i.redis.Exists(ctx, i.keys.redis("ended", r.Login.SessionID)).Result()
		if err != nil {
			return cachedSession{}, err
		}
		if ended > 0 {
			return cachedSession{}, redis.Nil
		}
		return r, nil
	})
	now := i.clock.Now()
	if err != nil || now.Sub(r.At).Abs() >= cacheFor || !now.Before(r.Login.ExpiresAt) {
		return mingjing.Login{}, false
	}
	return r.Login, true
}

// cacheLogin stores what Kratos answered about a token.
func (i *Identity) cacheLogin(ctx context.Context, token string, l mingjing.Login) {
	b, err := json.Marshal(cachedSession{Login: l, At: i.clock.Now()})
	if err != nil {
		return
	}
	_, _ = withCache(ctx, i.cache, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, i.redis.Set(ctx, i.keys.redis("who", token), b, cacheFor).Err()
	})
}

// sessionsEnded makes every replica forget a session that Kratos has ended, also where
// an older answer of Kratos is still on its way, and calls the functions of
// [Identity.OnEnd].
func (i *Identity) sessionsEnded(ctx context.Context, locked bool, sessionIDs ...string) {
	// The client may have gone; the session has ended all the same.
	ctx = context.WithoutCancel(ctx)
	if i.uses != nil && len(sessionIDs) > 0 {
		bound, cancel := context.WithTimeout(ctx, i.endWait)
		if err := i.uses.ForgetSessions(bound, sessionIDs...); err != nil {
			i.log.Warn("other replicas may keep the streams of an ended session for a while", "err", err)
		}
		cancel()
	}
	i.markEnded(ctx, locked, sessionIDs...)
}

// markEnded is sessionsEnded without forgetting the use of the sessions.
func (i *Identity) markEnded(ctx context.Context, locked bool, sessionIDs ...string) {
	for _, id := range sessionIDs {
		_, err := withCache(ctx, i.cache, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, i.redis.Set(ctx, i.keys.redis("ended", id), "1", tombstoneFor).Err()
		})
		if err != nil {
			i.log.Warn("an ended session may be served for some seconds more", "err", err)
		}
		i.tellEnd(ctx, id, locked)
	}
}

package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"mingjing"
)

// A counter counts uses.
type counter interface {
	// count counts n uses of a rate under the key; below zero it takes them back.
	count(ctx context.Context, key string, r Rate, n int) (usage, error)
}

// A usage is what a rate says: whether the uses were allowed, how many are left, after what
// time another is allowed, and after what time all are.
type usage struct {
	Allowed           bool
	Left              int
	Retry, ResetAfter time.Duration
}

// counters count in Redis for all replicas, and in this process while Redis is away.
type counters struct {
	shared counter // nil where there is one replica
	local  *localCounter
	log    func(err error)

	mu   sync.Mutex
	away time.Time // when Redis failed last, by the monotonic clock; zero for never
}

func newCounters(r redis.UniversalClient, alone bool, log *slog.Logger) *counters {
	c := &counters{local: newLocalCounter(), log: func(err error) { log.Warn("uses are counted without redis", "err", err) }}
	if !alone {
		c.shared = redisCounter{r}
	}
	return c
}

// sharedWait is how long Redis may take to count, and awayFor is how long it is not asked
// after it failed.
const (
	sharedWait = time.Second
	awayFor    = time.Second
)

// usable reports whether Redis is to be asked.
func (c *counters) usable() bool {
	if c.shared == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.away.IsZero() || time.Since(c.away) >= awayFor
}

// ask has Redis do f, and reports whether it has. It waits no longer than sharedWait, which
// a Redis client may ignore.
func ask[T any](ctx context.Context, c *counters, f func(context.Context) (T, error)) (v T, done bool) {
	if !c.usable() {
		return v, false
	}
	type answer struct {
		v   T
		err error
	}
	ctx, cancel := context.WithTimeout(ctx, sharedWait)
	defer cancel()
	answers := make(chan answer, 1)
	go func() {
		v, err := f(ctx)
		answers <- answer{v, err}
	}()
	var a answer
	select {
	case a = <-answers:
	case <-ctx.Done():
		a.err = context.Cause(ctx)
	}
	if a.err == nil {
		return a.v, true
	}
	c.mu.Lock()
	c.away = time.Now()
	c.mu.Unlock()
	c.log(a.err)
	return v, false
}

func (c *counters) count(ctx context.Context, key string, r Rate, n int) (usage, error) {
	if u, done := ask(ctx, c, func(ctx context.Context) (usage, error) { return c.shared.count(ctx, key, r, n) }); done {
		return u, nil
	}
	return c.local.count(ctx, key, r, n)
}

// A redisCounter counts in Redis, by Redis' clock.
type redisCounter struct{ redis redis.UniversalClient }

// countScript is the generic cell rate algorithm. Unlike that of redis_rate it stores, with
// the time at which all uses are free again, the time at which it was called: where the
// clock has stepped back since, the former steps back too, and nobody waits for longer.
var countScript = redis.NewScript(`
redis.replicate_commands()
local interval = ARGV[2] / ARGV[1]
local burst, n = tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call("TIME")
local now = (t[1] - 1483228800) + t[2] / 1000000
local free = now
local kept = redis.call("GET", KEYS[1])
if kept then
  local gap = string.find(kept, " ", 1, true)
  local at = tonumber(string.sub(kept, gap + 1))
  free = math.max(now, tonumber(string.sub(kept, 1, gap - 1)) - math.max(0, at - now))
end
local next = free + interval * n
local left = (now - (next - burst)) / interval
if left < -0.000001 then
  return {0, 0, string.format("%.6f", -left * interval), string.format("%.6f", free - now)}
end
if next > now then
  redis.call("SET", KEYS[1], string.format("%.6f %.6f", next, now), "EX", math.ceil(next - now))
else
  redis.call("DEL", KEYS[1])
end
return {1, math.floor(left + 0.000001), "0", string.format("%.6f", math.max(0, next - now))}
`)

func (c redisCounter) count(ctx context.Context, key string, r Rate, n int) (usage, error) {
	v, err := countScript.Run(ctx, c.redis, []string{countPrefix + key}, r.Count, r.Per.Seconds(), n).Slice()
	if err != nil {
		return usage{}, err
	}
	if len(v) != 4 {
		return usage{}, errors.New("redis counts in another way")
	}
	seconds := func(v any) time.Duration {
		f, _ := strconv.ParseFloat(fmt.Sprint(v), 64)
		return time.Duration(f * float64(time.Second))
	}
	left, _ := v[1].(int64)
	return usage{Allowed: v[0] == int64(1), Left: int(left), Retry: seconds(v[2]), ResetAfter: seconds(v[3])}, nil
}

// countPrefix keeps what is counted apart from what earlier versions stored.
const countPrefix = "count:"

// A localCounter counts in this process, by the machine's monotonic clock.
type localCounter struct {
	now func() time.Duration // since some moment

	mu    sync.Mutex
	free  map[string]time.Duration // when all uses of a key are free again
	marks map[string]time.Duration // when a mark ends
	swept int                      // how many there were after the last sweep
}

func newLocalCounter() *localCounter {
	start := time.Now()
	return &localCounter{now: func() time.Duration { return time.Since(start) }, free: map[string]time.Duration{},
		marks: map[string]time.Duration{}}
}

// sweep removes what is over, when there is twice as much as after the last time.
func (c *localCounter) sweep(now time.Duration) {
	if len(c.free)+len(c.marks) < 2*c.swept+1000 {
		return
	}
	for _, m := range []map[string]time.Duration{c.free, c.marks} {
		for k, end := range m {
			if end <= now {
				delete(m, k)
			}
		}
	}
	c.swept = len(c.free) + len(c.marks)
}

func (c *localCounter) count(_ context.Context, key string, r Rate, n int) (usage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.sweep(now)
	interval := r.Per / time.Duration(r.Count)
	free := max(now, c.free[key])
	next := free + interval*time.Duration(n)
	if over := next - now - interval*time.Duration(r.Count); over > 0 {
		return usage{Retry: over, ResetAfter: free - now}, nil
	}
	if next > now {
		c.free[key] = next
	} else {
		delete(c.free, key)
	}
	return usage{Allowed: true, Left: int((interval*time.Duration(r.Count) - (next - now)) / interval), ResetAfter: max(0, next-now)}, nil
}

// mark marks a key for a time, unless it is; fresh says that it was not.
func (c *localCounter) mark(key string, d time.Duration) (fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.sweep(now)
	if c.marks[key] > now {
		return false
	}
	c.marks[key] = now + d
	return true
}

func (c *localCounter) forget(keys ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		delete(c.free, k)
		delete(c.marks, k)
	}
}

// countedHere counts logins in this process.
type countedHere struct{ *localCounter }

// CountLogins implements [Attempts].
func (c countedHere) CountLogins(ctx context.Context, tries ...mingjing.LoginTry) (over int, wait time.Duration, err error) {
	for n, t := range tries {
		u, err := c.count(ctx, t.Key, Rate{t.Count, t.Per}, 1)
		if err != nil || !u.Allowed {
			return n, u.Retry, err
		}
	}
	return len(tries), 0, nil
}

// UncountLogins implements [Attempts].
func (c countedHere) UncountLogins(ctx context.Context, tries ...mingjing.LoginTry) error {
	for _, t := range tries {
		if _, err := c.count(ctx, t.Key, Rate{t.Count, t.Per}, -1); err != nil {
			return err
		}
	}
	return nil
}

// LoginOnce implements [Attempts].
func (c countedHere) LoginOnce(_ context.Context, key string, d time.Duration) (bool, error) {
	return c.mark(key, d), nil
}

// ForgetLogins implements [Attempts].
func (c countedHere) ForgetLogins(_ context.Context, keys ...string) error {
	c.forget(keys...)
	return nil
}

package identity

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// clocked are the counters, each with a clock that the test sets.
func clocked(t *testing.T) map[string]struct {
	counter
	set func(time.Time)
} {
	t.Helper()
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	local, now := newLocalCounter(), time.Unix(1_800_000_000, 0)
	local.now = func() time.Duration { return now.Sub(time.Unix(1_700_000_000, 0)) }
	server.SetTime(now)
	return map[string]struct {
		counter
		set func(time.Time)
	}{
		"redis": {redisCounter{rdb}, server.SetTime}, "local": {local, func(t time.Time) { now = t }},
	}
}

func TestARateAllowsSoManyAtOnceAndMoreEvenly(t *testing.T) {
	for name, c := range clocked(t) {
		t.Run(name, func(t *testing.T) {
			rate, now := Rate{5, time.Minute}, time.Unix(1_800_000_000, 0)
			use := func(n int, want usage) {
				t.Helper()
				got, err := c.count(t.Context(), "a", rate, n)
				round := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
				got.Retry, got.ResetAfter = round(got.Retry), round(got.ResetAfter)
				if err != nil || got != want {
					t.Errorf("it says %+v, want %+v (%v)", got, want, err)
				}
			}
			for n := range 5 {
				use(1, usage{Allowed: true, Left: 4 - n, ResetAfter: time.Duration(n+1) * 12 * time.Second})
			}
			use(1, usage{Retry: 12 * time.Second, ResetAfter: time.Minute})
			now = now.Add(13 * time.Second)
			c.set(now)
			use(1, usage{Allowed: true, ResetAfter: 59 * time.Second})
			use(-1, usage{Allowed: true, Left: 1, ResetAfter: 47 * time.Second})
		})
	}
}

// TestAClockThatStepsBackLocksNobodyOut: who has mistyped once waits no longer than before.
func TestAClockThatStepsBackLocksNobodyOut(t *testing.T) {
	c, now := clocked(t)["redis"], time.Unix(1_800_000_000, 0)
	for _, rate := range DefaultLimits.Device {
		c.set(now)
		for _, step := range []time.Duration{0, -10 * time.Minute, -2 * time.Hour, 25 * time.Hour, -25 * time.Hour} {
			now = now.Add(step)
			c.set(now)
			u, err := c.count(t.Context(), rate.Per.String(), rate, 1)
			if most := 5 * rate.Per / time.Duration(rate.Count); err != nil || !u.Allowed || u.ResetAfter > most {
				t.Errorf("%+v: after a step of %v it says %+v, %v", rate, step, u, err)
			}
		}
	}
}

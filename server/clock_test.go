package main

import (
	"strings"
	"testing"
	"time"
)

func TestAServerWhoseClockIsFarFromTheDatabasesDoesNotWork(t *testing.T) {
	for _, k := range []struct {
		limit, apart time.Duration
		works        bool
	}{
		{0, 0, true}, {0, clockLimit, true}, {0, -clockLimit, true}, {0, clockLimit + time.Second, false}, {0, -10 * time.Minute, false},
		{time.Hour, 10 * time.Minute, true}, {time.Second, 2 * time.Second, false},
	} {
		p := &program{Settings: Settings{ClockLimit: k.limit}}
		err := p.noteClock(k.apart)
		if (err == nil) != k.works || err != nil && !strings.Contains(err.Error(), "CLOCK_LIMIT") {
			t.Errorf("with the limit %v and clocks %v apart it is told %v", k.limit, k.apart, err)
		}
		if got := time.Duration(p.apart.Load()); got != k.apart {
			t.Errorf("the figure says %v, not %v", got, k.apart)
		}
	}
}

package identity

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"mingjing"
)

// loginWait is how long somebody waits for a password check to begin. Whoever would wait
// for longer is told their place and a time.
const loginWait = 75 * time.Second

// A line is the password checks that run and those that wait for one, first come first
// served.
type line struct {
	slots   int
	sem     *semaphore.Weighted
	waiting atomic.Int64
	took    atomic.Int64 // nanoseconds of one check, of late
	// behind is when somebody waited last who has not got their turn, in ticks; 0 for never.
	behind atomic.Int64
}

// newLine returns a line in which so many checks run at a time.
func newLine(slots int) *line { return &line{slots: slots, sem: semaphore.NewWeighted(int64(slots))} }

// left returns about how long it takes until a password at a place is checked.
func (l *line) left(place int64) time.Duration {
	return time.Duration(place * l.took.Load() / int64(l.slots))
}

// enter waits for the turn of a password check; leave ends it. The error is login_busy,
// with the place in the line and about how many seconds it takes, or that of ctx.
func (l *line) enter(ctx context.Context) (leave func(), err error) {
	place := l.waiting.Add(1)
	defer l.waiting.Add(-1)
	if left := l.left(place); left > loginWait {
		return nil, errBusy(place, left)
	}
	turn, cancel := context.WithTimeout(ctx, loginWait+loginWait/4)
	defer cancel()
	if err := l.sem.Acquire(turn, 1); err != nil {
		if ctx.Err() == nil {
			return nil, errBusy(l.waiting.Load(), loginWait)
		}
		return nil, fmt.Errorf("wait for a password check: %w", err)
	}
	start := ticks()
	return func() {
		took, before := ticks()-start, l.took.Load()
		if before != 0 {
			took = (7*before + took) / 8
		}
		l.took.Store(took)
		l.sem.Release(1)
	}, nil
}

// busyCode is the code of the error that too many wait.
const busyCode = "login_busy"

func errBusy(place int64, left time.Duration) error {
	return mingjing.NewError(mingjing.Unavailable, busyCode, "place", strconv.FormatInt(place, 10),
		"seconds", strconv.Itoa(int(math.Ceil(left.Seconds()))))
}

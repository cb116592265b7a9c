package kernel

import (
	"context"
	"math"
	"strconv"
	"time"

	"mingjing"
)

// An Allowance is how often a person may do something that reaches others, or makes others
// work: Count times at once, and as often again within each day, evenly.
type Allowance struct {
	// Use names it.
	Use   string
	Count int
}

// Allowances are the methods of a transaction for what a person may do only so often.
type Allowances interface {
	// Spend counts one more use of an allowance of an actor at an instant; wait is above
	// zero where it is one too many, and then the transaction must not be committed.
	Spend(ctx context.Context, a mingjing.Actor, u Allowance, now time.Time) (wait time.Duration, err error)
}

// Allow counts one more use of an allowance, in the transaction of the use. The error is
// too_many_today, with how often it may be done and from when on it may be done again; then
// nothing was counted.
func (t *Tx) Allow(ctx context.Context, a mingjing.Actor, u Allowance) error {
	now := t.c.Now()
	wait, err := t.Spend(ctx, a, u, now)
	if err != nil || wait <= 0 {
		return err
	}
	again := now.Add(wait).Truncate(time.Minute).Add(time.Minute)
	return mingjing.NewError(mingjing.Limited, "too_many_today", "count", strconv.Itoa(u.Count), "time", again.Format("2006-01-02 15:04"),
		"seconds", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

package democlock

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// A Mover moves the clock of a demo city forward. What waits for an instant comes
// due with it.
type Mover interface {
	Move(ctx context.Context, d time.Duration) error
}

// A Deadline is an instant that something waits for, and how much does.
type Deadline struct {
	Kind string // one of mingjing.DeadlineKinds
	At   time.Time
	N    int
}

// maxDeadlines is how many of the next deadlines are shown.
const maxDeadlines = 8

// DemoClock is what a tester sees of the city's clock. Only a demo city has it.
func (c *DemoClock) DemoClock(ctx context.Context, a mingjing.Actor) (mingjing.DemoClockView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.DemoClockView{}, err
	}
	if c.mover == nil {
		return mingjing.DemoClockView{}, kernel.ErrNothingThere
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.DemoClockView, error) {
		v := mingjing.DemoClockView{Now: c.city.Now(), Deadlines: []mingjing.DeadlineCount{}}
		next, err := c.deadlines(ctx, t, maxDeadlines)
		for _, d := range next {
			v.Deadlines = append(v.Deadlines, mingjing.DeadlineCount{Kind: d.Kind, At: d.At, N: d.N})
		}
		return v, err
	})
}

// deadlines are those that come next, the nearest first.
func (c *DemoClock) deadlines(ctx context.Context, t *kernel.Tx, most int) ([]Deadline, error) {
	next, err := db(t).Deadlines(ctx, c.city.Now(), c.city.Scaled(mingjing.ScoreDeadline), most)
	slices.SortStableFunc(next, func(x, y Deadline) int { return x.At.Compare(y.At) })
	return next[:min(len(next), most)], err
}

// MoveClock moves the clock of a demo city forward by one of the steps. An hour and
// working days are lengths of the law's time, as deadlines are, and shorter where
// the city's clocks run faster. A day, a month and a year are the calendar's, by
// which records expire and listings end.
func (c *DemoClock) MoveClock(ctx context.Context, a mingjing.Actor, step string) (mingjing.DemoClockView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.DemoClockView{}, err
	}
	if c.mover == nil {
		return mingjing.DemoClockView{}, kernel.ErrNothingThere
	}
	now := c.city.Now()
	var d time.Duration
	switch step {
	case "hour":
		d = c.city.Scaled(time.Hour)
	case "day":
		d = now.AddDate(0, 0, 1).Sub(now)
	case "month":
		d = now.AddDate(0, 1, 0).Sub(now)
	case "year":
		d = now.AddDate(1, 0, 0).Sub(now)
	case "working_1":
		d = c.city.Due(1).Sub(now)
	case "working_5":
		d = c.city.Due(5).Sub(now)
	case "working_10":
		d = c.city.Due(10).Sub(now)
	case "deadline":
		var next []Deadline
		err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			next, err = c.deadlines(ctx, t, 1)
			return err
		})
		if err != nil {
			return mingjing.DemoClockView{}, err
		}
		if len(next) == 0 {
			return mingjing.DemoClockView{}, mingjing.NewError(mingjing.Conflict, "no_deadline")
		}
		d = next[0].At.Sub(now)
	default:
		return mingjing.DemoClockView{}, mingjing.InvalidFields(mingjing.FieldError{Field: "step", Code: "step_required"})
	}
	// A deadline is over after its instant, and instants are kept in milliseconds.
	if err := c.mover.Move(ctx, d+time.Millisecond); err != nil {
		return mingjing.DemoClockView{}, fmt.Errorf("move the demo clock: %w", err)
	}
	return c.DemoClock(ctx, a)
}

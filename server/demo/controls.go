package demo

import (
	"context"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/api"
	"mingjing/server/casework/kernel"
)

// A Desk returns the next deadlines of a city, the nearest first.
type Desk interface {
	Deadlines(ctx context.Context, a mingjing.Actor) ([]mingjing.DeadlineCount, error)
}

// Jobs are the jobs of a city. Advance brings those that wait for their time forward
// by d.
type Jobs interface {
	Advance(ctx context.Context, d time.Duration) error
}

// Controls let the staff of the city see its clock and move it. All fields are required.
type Controls struct {
	City *kernel.City
	Desk Desk
	Jobs Jobs
	Time *Clock
}

var _ api.Demo = Controls{}

// Clock returns the city's time, and what waits for a later one.
func (c Controls) Clock(ctx context.Context, a mingjing.Actor) (mingjing.DemoClockView, error) {
	next, err := c.Desk.Deadlines(ctx, a)
	if err != nil {
		return mingjing.DemoClockView{}, err
	}
	return mingjing.DemoClockView{Now: c.City.Now(), Deadlines: next}, nil
}

// MoveClock moves the city's time forward by one of [mingjing.ClockSteps], and has all
// that falls due meanwhile done. Auditors may not.
func (c Controls) MoveClock(ctx context.Context, a mingjing.Actor, step string) (mingjing.DemoClockView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.DemoClockView{}, err
	}
	now := c.City.Now()
	to, err := c.after(ctx, a, now, step)
	if err != nil {
		return mingjing.DemoClockView{}, err
	}
	// A deadline is over after its instant, and instants are kept in milliseconds.
	d := to.Sub(now) + time.Millisecond
	if err := c.Time.Move(d); err != nil {
		return mingjing.DemoClockView{}, err
	}
	if err := c.Jobs.Advance(ctx, d); err != nil {
		return mingjing.DemoClockView{}, fmt.Errorf("move the demo clock: %w", err)
	}
	return c.Clock(ctx, a)
}

// after returns the time to which a step leads from now. An hour and working days are
// lengths of the law's time, as deadlines are, and shorter where the city's clocks run
// faster. A day, a month and a year are the calendar's, by which records expire and
// listings end.
func (c Controls) after(ctx context.Context, a mingjing.Actor, now time.Time, step string) (time.Time, error) {
	switch step {
	case "hour":
		return now.Add(c.City.Scaled(time.Hour)), nil
	case "working_1":
		return c.City.Due(1), nil
	case "working_5":
		return c.City.Due(5), nil
	case "working_10":
		return c.City.Due(10), nil
	case "day":
		return now.AddDate(0, 0, 1), nil
	case "month":
		return now.AddDate(0, 1, 0), nil
	case "year":
		return now.AddDate(1, 0, 0), nil
	case "deadline":
		next, err := c.Desk.Deadlines(ctx, a)
		if err != nil {
			return now, err
		}
		if len(next) == 0 {
			return now, mingjing.NewError(mingjing.Conflict, "no_deadline")
		}
		return next[0].At, nil
	}
	return now, mingjing.InvalidFields(mingjing.FieldError{Field: "step", Code: "step_required"})
}

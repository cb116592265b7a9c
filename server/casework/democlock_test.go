package casework_test

import (
	"context"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/democlock"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// Move makes the tests' clock one that a tester can move.
func (c *clock) Move(_ context.Context, d time.Duration) error {
	c.pass(d)
	return nil
}

func demoCity(t testing.TB, scale int) *city {
	t.Helper()
	return newCity(t, func(cfg *casework.Config) {
		cfg.Mover, _ = cfg.Clock.(democlock.Mover)
		cfg.ClockScale = scale
	})
}

func TestStepsOfDeadlinesAreTheLawsTimeAndStepsOfDaysTheCalendars(t *testing.T) {
	for _, scale := range []int{1, 500} {
		for step, law := range map[string]time.Duration{
			"hour": time.Hour,
			// From a Monday at nine to the end of Tuesday, of the next Monday, and of the one after.
			"working_1": 39 * time.Hour, "working_5": 7*24*time.Hour + 15*time.Hour, "working_10": 14*24*time.Hour + 15*time.Hour,
		} {
			c := demoCity(t, scale)
			v, err := c.MoveClock(ctx, handler, step)
			must(t, err)
			if got, want := c.clock.Now().Sub(monday), law/time.Duration(scale)+time.Millisecond; got != want {
				t.Errorf("scale %d: %s moved it by %s, want %s", scale, step, got, want)
			}
			if !v.Now.Equal(c.clock.Now()) {
				t.Errorf("%s: it says that it is %s", step, v.Now)
			}
		}
		for step, day := range map[string]string{"day": "2026-03-03", "month": "2026-04-02", "year": "2027-03-02"} {
			c := demoCity(t, scale)
			v, err := c.MoveClock(ctx, handler, step)
			must(t, err)
			if got := v.Now.Format(time.DateOnly); got != day {
				t.Errorf("scale %d: %s moved it to %s, want %s", scale, step, got, day)
			}
		}
	}
}

func TestATesterMovesToTheNextDeadlineAndSeesHowManyWait(t *testing.T) {
	c := demoCity(t, 1)
	_, err := c.MoveClock(ctx, handler, "deadline")
	wants(t, err, "no_deadline")
	a, record, _ := c.owing(t, 1)
	b, other, _ := c.owing(t, 2)
	d := c.file(t, a, record, "")
	c.file(t, b, other, "")
	v, err := c.DemoClock(ctx, auditor)
	must(t, err)
	if next := v.Deadlines[0]; next.Kind != mingjing.DeadlineCase || next.N != 2 || !next.At.Equal(d.Clocks[1].Due) {
		t.Errorf("next is %+v", next)
	}
	v, err = c.MoveClock(ctx, supervisor, "deadline")
	must(t, err)
	if c.clock.Now().Before(d.Clocks[1].Due) || c.clock.Now().After(d.Clocks[1].Due.Add(time.Second)) {
		t.Errorf("it was moved to %s, want just after %s", c.clock.Now(), d.Clocks[1].Due)
	}
	for _, next := range v.Deadlines {
		if !next.At.After(c.clock.Now()) {
			t.Errorf("%+v is over", next)
		}
	}
	q, err := c.Cases(ctx, handler, mingjing.CaseFilter{}, "")
	must(t, err)
	if q.Counts["late"] != 2 {
		t.Errorf("counts %v, want two that are late", q.Counts)
	}
}

func TestTheClockIsMovedByNobodyElseAndByNoOtherStep(t *testing.T) {
	c := demoCity(t, 1)
	for _, step := range []string{"", "decade", "-1"} {
		_, err := c.MoveClock(ctx, handler, step)
		wants(t, err, "step:step_required")
	}
	half := handler
	half.AAL = 1
	for name, who := range map[string]struct {
		actor mingjing.Actor
		sees  string
		moves string
	}{
		"nobody": {mingjing.Actor{}, "forbidden", "forbidden"}, "a resident": {c.resident(t, 1), "forbidden", "forbidden"},
		"a handler by password alone": {half, "aal2_required", "aal2_required"}, "an auditor": {auditor, "", "forbidden"},
	} {
		t.Log(name)
		_, err := c.DemoClock(ctx, who.actor)
		wants(t, err, who.sees)
		_, err = c.MoveClock(ctx, who.actor, "hour")
		wants(t, err, who.moves)
	}
	real := newCity(t)
	_, err := real.MoveClock(ctx, handler, "hour")
	wants(t, err, "not_found")
	_, err = real.DemoClock(ctx, handler)
	wants(t, err, "not_found")
	if !c.clock.Now().Equal(monday) || !real.clock.Now().Equal(monday) {
		t.Error("the clock was moved")
	}
}

func TestAJobThatWasBroughtForwardTooFarWaitsForItsTime(t *testing.T) {
	early := &eager{}
	c := newCity(t, func(cfg *casework.Config) { early.Store, cfg.Store = cfg.Store, early })
	early.job = kernel.Job{Kind: score.JobRescore, ID: "nobody", At: monday.Add(time.Hour)}
	must(t, c.bureau.Work(ctx))
	if early.wait != time.Hour || early.err != nil {
		t.Errorf("it waits %s, %v", early.wait, early.err)
	}
	c.clock.pass(time.Hour)
	must(t, c.bureau.Work(ctx))
	if early.wait != 0 {
		t.Errorf("at its time it waits %s", early.wait)
	}
}

// eager gives one job at once, whatever its time.
type eager struct {
	casework.Store
	job  kernel.Job
	wait time.Duration
	err  error
}

func (e *eager) Work(ctx context.Context, fn func(context.Context, kernel.Job) (time.Duration, error)) error {
	e.wait, e.err = fn(ctx, e.job)
	return nil
}

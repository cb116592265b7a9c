package casework_test

import (
	"context"
	"testing"
	"time"

	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

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

// eager is a store that gives one job at once, whatever its time.
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

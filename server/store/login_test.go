package store

import (
	"context"
	"testing"
	"time"

	"mingjing"
)

// aged makes what was counted look as if it had been so long ago.
func aged(t *testing.T, s *Store, d time.Duration) {
	t.Helper()
	must(t, s.execute(t.Context(), `UPDATE login_try SET free_at = free_at - ?, at = at - ?`, d.Microseconds(), d.Microseconds()))
}

func TestTriesAreCountedByTheDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		wide, narrow := mingjing.LoginTry{Key: "wide", Count: 100, Per: time.Hour}, mingjing.LoginTry{Key: "narrow", Count: 3, Per: time.Hour}
		use := func(allowed bool) time.Duration {
			t.Helper()
			over, wait, err := s.CountLogins(ctx, wide, narrow)
			must(t, err)
			if (over == 2) != allowed || (over == 1) == allowed || allowed != (wait == 0) {
				t.Errorf("the first that does not allow it is %d, for %v", over, wait)
			}
			return wait
		}
		for range 3 {
			use(true)
		}
		if wait := use(false); wait < 19*time.Minute || wait > 20*time.Minute {
			t.Errorf("it waits %v, not twenty minutes", wait)
		}
		aged(t, s, 21*time.Minute)
		use(true)
		use(false)
		must(t, s.UncountLogins(ctx, wide, narrow))
		use(true)
		// A clock that steps back locks nobody out.
		aged(t, s, -5*time.Hour)
		if wait := use(false); wait > 20*time.Minute {
			t.Errorf("after a step back it waits %v", wait)
		}
		must(t, s.ForgetLogins(ctx, "narrow", "none"))
		use(true)

		once := func(fresh bool) {
			t.Helper()
			if got, err := s.LoginOnce(ctx, "code", time.Minute); err != nil || got != fresh {
				t.Errorf("fresh is %v, %v", got, err)
			}
		}
		once(true)
		once(false)
		must(t, s.ForgetLogins(ctx, "code"))
		once(true)
		aged(t, s, 2*time.Minute)
		once(true)
		// What is over is not kept.
		aged(t, s, 3*time.Hour)
		use(true)
		must(t, s.sweepLogins(ctx))
		var n int
		must(t, s.db.QueryRowContext(ctx, `SELECT count(*) FROM login_try`).Scan(&n))
		if n != 2 {
			t.Errorf("%d rows are kept, not the last two", n)
		}
	})
}

func TestOfManyTriesAtOnceOnlyTheAllowedOnesAre(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		got, counted := make(chan bool, 8), make(chan bool, 8)
		for range cap(got) {
			go func() {
				over, _, err := s.CountLogins(context.Background(), mingjing.LoginTry{Key: "try", Count: 2, Per: time.Hour})
				fresh, err2 := s.LoginOnce(context.Background(), "code", time.Minute)
				counted <- err == nil && over == 1
				got <- err2 == nil && fresh
			}()
		}
		n, allowed := 0, 0
		for range cap(got) {
			if <-counted {
				allowed++
			}
			if <-got {
				n++
			}
		}
		if n != 1 {
			t.Errorf("one code is used %d times", n)
		}
		if allowed != 2 {
			t.Errorf("of eight tries at once %d are allowed, not two", allowed)
		}
	})
}

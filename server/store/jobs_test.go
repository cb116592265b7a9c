package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/store/pgtest"

	"github.com/pressly/goose/v3"
)

func TestAJobIsInvisibleUntilItsTransactionIsCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		ran := make(chan string, 10)
		var committing atomic.Bool
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			if j.ID == "early" && !committing.Load() {
				t.Error("the job ran before its transaction was committed")
			}
			ran <- j.ID
			return 0, nil
		})
		must(t, freely(ctx, s, func(tx *reader) error {
			must(t, tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "early"}))
			if _, ok := s.eng.(postgresEngine); ok { // SQLite has one writer: nothing goes on beside it
				do(t, s, func(ctx context.Context, tx *reader) error {
					return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "late"})
				})
				if id := receive(t, ran, "the job that was committed first"); id != "late" {
					t.Errorf("job %s ran", id)
				}
			}
			committing.Store(true)
			return nil
		}))
		if id := receive(t, ran, "the job"); id != "early" {
			t.Errorf("job %s ran", id)
		}
	})
}

func TestAJobOfAKilledProcessRunsAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "interrupted"})
		})
		if _, ok := s.eng.(sqliteEngine); ok { // one process at a time
			must(t, s.Close())
		}
		exe, err := os.Executable()
		must(t, err)
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), childEnv+"="+url)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		killed := false
		kill := func() {
			if !killed {
				killed = true
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}
		}
		defer kill()
		line := make(chan string, 1)
		go func() {
			text, _ := bufio.NewReader(out).ReadString('\n')
			line <- strings.TrimSpace(text)
		}()
		if id := receive(t, line, "the child to have the job"); id != "interrupted" {
			t.Fatalf("the child has job %q", id)
		}

		ran := make(chan string, 4*DefaultWorkers)
		note := func(_ context.Context, j kernel.Job) (time.Duration, error) {
			ran <- j.ID
			return 0, nil
		}
		if _, ok := s.eng.(sqliteEngine); ok {
			kill()
			s = open(t, url)
			work(t, s, note)
		} else {
			// Another replica does not touch the job while its worker lives. The
			// child has free hands too, so it is given enough of them.
			work(t, s, note)
			do(t, s, func(ctx context.Context, tx *reader) error {
				for i := range 3 * DefaultWorkers {
					if err := tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: fmt.Sprint("other-", i)}); err != nil {
						return err
					}
				}
				return nil
			})
			if id := receive(t, ran, "the replica to work"); id == "interrupted" {
				t.Error("the job was taken from a living worker")
			}
			kill()
		}
		for receive(t, ran, "the job to run again") != "interrupted" {
		}
		eventually(t, "every job is done", func() bool { return jobs(t, s, "state <> 'completed'") == 0 })
	})
}

func TestStoppingGivesJobsBack(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		started := make(chan struct{}, 1)
		stop := work(t, s, func(ctx context.Context, _ kernel.Job) (time.Duration, error) {
			started <- struct{}{}
			<-ctx.Done()
			return 0, ctx.Err()
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "long"})
		})
		receive(t, started, "the job")
		if err := s.Work(t.Context(), nil); !errors.Is(err, ErrWorking) {
			t.Errorf("a second Work: %v, want ErrWorking", err)
		}
		begin := time.Now()
		stop()
		if took := time.Since(begin); took > stopWait {
			t.Errorf("stopping took %v", took)
		}
		if n := jobs(t, s, "state = 'available'"); n != 1 {
			t.Errorf("%d jobs were given back, want 1", n)
		}
		ran := make(chan kernel.Job, 1)
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			ran <- j
			return 0, nil
		})
		if j := receive(t, ran, "the job in the next work"); j != (kernel.Job{Kind: score.JobCollect, ID: "long"}) {
			t.Errorf("job %+v", j)
		}
	})
}

func TestAJobRunsAgainAfterItsWait(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		s.poll = time.Hour // nothing but its own time wakes the workers
		const wait = 400 * time.Millisecond
		ran := make(chan time.Time, 3)
		runs := 0
		work(t, s, func(context.Context, kernel.Job) (time.Duration, error) {
			ran <- time.Now()
			runs++
			if runs == 1 {
				return wait, nil
			}
			return 0, nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: cases.JobQuestion, ID: "d"})
		})
		first := receive(t, ran, "the first run")
		second := receive(t, ran, "the second run")
		// The engines keep milliseconds.
		if got := second.Sub(first); got < wait-2*time.Millisecond {
			t.Errorf("ran again after %v, want %v", got, wait)
		}
		eventually(t, "the job is done", func() bool { return jobs(t, s, "state = 'completed'") == 1 })
	})
}

func TestAJobDoesNotRunBeforeItsTime(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		s.poll = time.Hour // nothing but its own time wakes the workers
		ran := make(chan time.Time, 1)
		var got kernel.Job
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			got = j
			ran <- time.Now()
			return 0, nil
		})
		at := time.Now().Add(time.Second).Truncate(time.Millisecond).UTC()
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobRescore, ID: "r", At: at})
		})
		when := receive(t, ran, "the job")
		if when.Before(at) || !got.At.Equal(at) {
			t.Errorf("job %+v ran at %v, %v early", got, when, at.Sub(when))
		}
	})
}

func TestAFailingJobIsTriedAgainAndAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		s.poll = time.Hour // nothing but its own time wakes the workers
		runs := map[string]int{}
		var mu sync.Mutex
		done := make(chan string, 3)
		work(t, s, func(ctx context.Context, j kernel.Job) (time.Duration, error) {
			mu.Lock()
			runs[j.ID]++
			run := runs[j.ID]
			mu.Unlock()
			switch {
			case run == 3:
				done <- j.ID
				return 0, nil
			case j.ID == "panics":
				panic("a word that must not be kept")
			}
			return 0, errors.New("a word that must not be kept")
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "errs"}),
				tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "panics"}))
		})
		receive(t, done, "the first job's third run")
		receive(t, done, "the second job's third run")
		eventually(t, "both are done", func() bool { return jobs(t, s, "state = 'completed'") == 2 })
		if n := jobs(t, s, "errors IS NOT NULL AND CAST(errors AS TEXT) NOT IN ('', '[]', '{}')"); n != 0 {
			t.Errorf("%d jobs keep the text of errors", n)
		}
	})
}

func TestAJobThatTakesTooLongIsTriedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url, func(o *Options) { o.JobTimeout = 50 * time.Millisecond })
		done := make(chan struct{})
		first := true
		work(t, s, func(ctx context.Context, j kernel.Job) (time.Duration, error) {
			if first {
				first = false
				<-ctx.Done()
				return 0, ctx.Err()
			}
			close(done)
			return 0, nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "slow"})
		})
		receive(t, done, "the second run")
	})
}

func TestWaitsBetweenFailuresGrowToAMinute(t *testing.T) {
	last := time.Duration(0)
	for failed := 1; failed < 1000; failed++ {
		wait := retryWait(failed)
		if wait < last || wait < firstRetry || wait > maxRetry {
			t.Fatalf("after %d failures the wait is %v, after one less %v", failed, wait, last)
		}
		last = wait
	}
	if last != maxRetry {
		t.Errorf("the longest wait is %v", last)
	}
}

func TestTheSameJobWaitsOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		later := time.Now().Add(time.Hour)
		for range 2 {
			do(t, s, func(ctx context.Context, tx *reader) error {
				for range 2 {
					for _, j := range []kernel.Job{
						{Kind: score.JobRescore, ID: "r"},
						{Kind: score.JobRescore, ID: "r", At: later},
						{Kind: score.JobRescore, ID: "r", At: later.Add(time.Minute)},
						{Kind: score.JobRescore, ID: "other"},
						{Kind: score.JobCollect, ID: "r"},
					} {
						if err := tx.Enqueue(ctx, j); err != nil {
							return err
						}
					}
				}
				return nil
			})
		}
		// The late ones wait where no worker passes them.
		if now, later := jobs(t, s, "state = 'available'"), jobs(t, s, "state = 'scheduled'"); now != 3 || later != 2 {
			t.Errorf("%d jobs wait for a worker and %d for their time", now, later)
		}
		if n := jobs(t, s, "1 = 1"); n != 5 {
			t.Errorf("there are %d jobs, want 5", n)
		}
	})
}

func TestAJobAskedForWhileItRunsRunsOnceMore(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		started, goOn := make(chan struct{}, 2), make(chan struct{})
		work(t, s, func(context.Context, kernel.Job) (time.Duration, error) {
			started <- struct{}{}
			<-goOn
			return 0, nil
		})
		ask := func() {
			do(t, s, func(ctx context.Context, tx *reader) error {
				return tx.Enqueue(ctx, kernel.Job{Kind: cases.JobQuestion, ID: "d"})
			})
		}
		ask()
		receive(t, started, "the first run")
		ask() // what changed now may be after what the first run read
		receive(t, started, "the second run")
		close(goOn)
	})
}

func TestACommittedJobWakesTheWorkersAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		woken := 0
		s.wakeup = func(wakeSet) { woken++ }
		enqueue := func(j kernel.Job, err error) int {
			woken = 0
			if got := freely(ctx, s, func(tx *reader) error { return errors.Join(tx.Enqueue(ctx, j), err) }); !errors.Is(got, err) {
				t.Fatal(got)
			}
			return woken
		}
		now := kernel.Job{Kind: score.JobCollect, ID: "now"}
		if n := enqueue(now, errors.New("no")); n != 0 {
			t.Errorf("a job that was rolled back wakes %d times", n)
		}
		if n := enqueue(kernel.Job{Kind: score.JobCollect, ID: "late", At: time.Now().Add(time.Hour)}, nil); n != 0 {
			t.Errorf("a job for later wakes %d times", n)
		}
		if n := enqueue(now, nil); n != 1 {
			t.Errorf("a job wakes %d times", n)
		}
	})
}

// A job that waits already must not run before it can see what was written by
// the transaction that asked for it again.
func TestAWaitingJobIsKeptForTheTransactionThatAskedAgain(t *testing.T) {
	s, ctx := open(t, pgtest.Start(t)), t.Context() // SQLite has one writer
	ask := func(tx *reader, id string) error {
		return tx.Enqueue(ctx, kernel.Job{Kind: cases.JobQuestion, ID: id})
	}
	must(t, freely(ctx, s, func(tx *reader) error { return ask(tx, "kept") }))
	ran := make(chan string, 10)
	must(t, freely(ctx, s, func(tx *reader) error {
		must(t, ask(tx, "kept"))
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			ran <- j.ID
			return 0, nil
		})
		must(t, freely(ctx, s, func(tx *reader) error { return ask(tx, "other") }))
		if id := receive(t, ran, "the other job"); id != "other" {
			t.Errorf("job %s ran before the transaction was committed", id)
		}
		return nil
	}))
	if id := receive(t, ran, "the job"); id != "kept" {
		t.Errorf("job %s ran", id)
	}
}

func TestJobsAreBounded(t *testing.T) {
	s := open(t, "sqlite::memory:")
	ctx := t.Context()
	for _, j := range []kernel.Job{{}, {Kind: "collect"}, {ID: "x"}, {Kind: "collect", ID: strings.Repeat("x", 129)}} {
		if err := freely(ctx, s, func(tx *reader) error { return tx.Enqueue(ctx, j) }); err == nil {
			t.Errorf("a job with a kind of %d bytes and an id of %d was accepted", len(j.Kind), len(j.ID))
		}
	}
}

// A longer wait takes another way through the queue than a short one.
func TestAJobRunsAgainAfterALongWait(t *testing.T) {
	if testing.Short() {
		t.Skip("takes six seconds")
	}
	onEach(t, func(t *testing.T, url string) {
		t.Parallel()
		s := open(t, url)
		s.poll = time.Hour // nothing but its own time wakes the workers
		const wait = 6 * time.Second
		ran := make(chan time.Time, 2)
		first := true
		work(t, s, func(context.Context, kernel.Job) (time.Duration, error) {
			ran <- time.Now()
			if first {
				first = false
				return wait, nil
			}
			return 0, nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: cases.JobQuestion, ID: "d"})
		})
		begin := receive(t, ran, "the first run")
		if got := receive(t, ran, "the second run").Sub(begin); got < wait-2*time.Millisecond {
			t.Errorf("ran again after %v, want %v", got, wait)
		} else {
			t.Logf("%v late", got-wait)
		}
	})
}

func TestWhoeverDoesJobsIsCounted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		asks := open(t, url)
		does := asks // SQLite is for one process
		if asks.eng.dialect() == goose.DialectPostgres {
			does = open(t, url)
		}
		count := func() int {
			n, err := asks.Workers(t.Context())
			must(t, err)
			return n
		}
		if n := count(); n != 0 {
			t.Errorf("%d work before anybody begins", n)
		}
		stop := work(t, does, func(context.Context, kernel.Job) (time.Duration, error) { return 0, nil })
		eventually(t, "one works", func() bool { return count() == 1 })
		if does != asks {
			work(t, asks, func(context.Context, kernel.Job) (time.Duration, error) { return 0, nil })
			eventually(t, "two work", func() bool { return count() == 2 })
			if f, err := does.Figures(t.Context()); err != nil || f.Workers != 2 {
				t.Errorf("the figures say %d, %v", f.Workers, err)
			}
		}
		stop()
		want := 0
		if does != asks {
			want = 1
		}
		eventually(t, "one fewer works", func() bool { return count() == want })
	})
}

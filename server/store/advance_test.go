package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// within fails unless something comes before long waits would be over.
func within[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

func enqueue(t testing.TB, s *Store, j kernel.Job) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx *reader) error { return tx.Enqueue(ctx, j) })
}

func TestJobsThatWaitComeDueWhenTheyAreAdvanced(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		ran := make(chan string, 10)
		first := true
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			ran <- j.ID
			if j.ID == "asks again" && first {
				first = false
				return 3 * time.Hour, nil
			}
			return 0, nil
		})
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "dated", At: time.Now().Add(2 * time.Hour)})
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "later", At: time.Now().Add(9 * time.Hour)})
		enqueue(t, s, kernel.Job{Kind: cases.JobQuestion, ID: "asks again"})
		if got := within(t, "the job that is due", ran); got != "asks again" {
			t.Fatalf("%s ran", got)
		}
		eventually(t, "it was put off", func() bool { return jobs(t, s, "state = 'running'") == 0 })
		must(t, s.Advance(t.Context(), 4*time.Hour))
		got := map[string]bool{within(t, "one job", ran): true, within(t, "the other job", ran): true}
		if !got["dated"] || !got["asks again"] {
			t.Errorf("%v ran", got)
		}
		eventually(t, "only the last one waits", func() bool { return jobs(t, s, "state IN ('available', 'scheduled', 'running')") == 1 })
		select {
		case id := <-ran:
			t.Errorf("%s ran too early", id)
		default:
		}
	})
}

func TestAJobThatIsBeingSnoozedIsAdvancedToo(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		for name, moment := range map[string]string{"while it runs": "in", "as soon as it has returned": "after"} {
			began, goOn, again := make(chan bool), make(chan bool), make(chan bool)
			var runs atomic.Int32
			stop := work(t, s, func(context.Context, kernel.Job) (time.Duration, error) {
				if runs.Add(1) > 1 {
					again <- true
					return 0, nil
				}
				began <- true
				<-goOn
				return time.Hour, nil
			})
			enqueue(t, s, kernel.Job{Kind: cases.JobQuestion, ID: name})
			within(t, "the job", began)
			if moment == "in" {
				must(t, s.Advance(t.Context(), time.Hour))
				goOn <- true
			} else {
				goOn <- true
				eventually(t, "it says that it waits", func() bool { s.advance.mu.Lock(); defer s.advance.mu.Unlock(); return s.advance.next > 0 })
				must(t, s.Advance(t.Context(), time.Hour))
			}
			within(t, name+": the job again", again)
			stop()
			s.advance = advance{}
		}
	})
}

func TestJobsAreDatedByTheStoresClock(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		ahead := func() time.Time { return time.Now().Add(48 * time.Hour) }
		s := open(t, url, func(o *Options) { o.Now = ahead })
		ran := make(chan kernel.Job, 2)
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) { ran <- j; return 0, nil })
		at := ahead().Add(-time.Hour).Truncate(time.Millisecond)
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "late", At: at})
		enqueue(t, s, kernel.Job{Kind: score.JobRescore, ID: "soon", At: ahead().Add(time.Hour)})
		if j := within(t, "the job of an hour ago", ran); j.ID != "late" {
			t.Errorf("%+v ran", j)
		}
		must(t, s.Advance(t.Context(), time.Hour))
		if j := within(t, "the job of in an hour", ran); j.ID != "soon" || j.At.Before(at) {
			t.Errorf("%+v ran", j)
		}
	})
}

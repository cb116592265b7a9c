package kernel_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"mingjing/server/casework/kernel"
)

func TestNoMoreQuestionsAreUnderWayAtOnceThanTheLimits(t *testing.T) {
	const perAgency, total, agencies, each = 3, 5, 4, 12
	a := kernel.NewAsker(kernel.Limits{PerAgency: perAgency, Total: total})
	var all, most, done atomic.Int32
	var here [agencies]atomic.Int32
	begun, release := make(chan int, agencies*each), make(chan struct{})
	for i := range agencies {
		for n := range each {
			a.Ask(fmt.Sprint(i), fmt.Sprint(i, " ", n), func(context.Context) {
				if here[i].Add(1) > perAgency {
					t.Errorf("more than %d at one agency", perAgency)
				}
				if m := all.Add(1); m > most.Load() {
					most.Store(m)
				}
				begun <- i
				<-release
				here[i].Add(-1)
				all.Add(-1)
				done.Add(1)
			})
		}
	}
	for range total {
		<-begun
	}
	if waiting, running := a.Asking(); running != total || waiting != agencies*each-total {
		t.Errorf("%d are under way and %d wait", running, waiting)
	}
	close(release)
	a.Wait()
	if done.Load() != agencies*each || most.Load() > total {
		t.Errorf("%d were asked, at most %d at a time", done.Load(), most.Load())
	}
}

func TestWhoWaitsForASlowAgencyTakesNoTurnOfAnothers(t *testing.T) {
	a := kernel.NewAsker(kernel.Limits{PerAgency: 2, Total: 3})
	release := make(chan struct{})
	for n := range 50 {
		a.Ask("slow", fmt.Sprint("slow ", n), func(context.Context) { <-release })
	}
	answered := make(chan int, 50)
	for n := range 50 {
		a.Ask("fast", fmt.Sprint("fast ", n), func(context.Context) { answered <- n })
	}
	for want := range 50 {
		if got := <-answered; got != want {
			t.Fatalf("question %d is answered in the place of %d", got, want)
		}
	}
	close(release)
	a.Wait()
}

func TestAQuestionThatWaitsOrIsUnderWayIsNotAskedTwice(t *testing.T) {
	a := kernel.NewAsker(kernel.Limits{PerAgency: 1, Total: 1})
	release := make(chan struct{})
	var asked atomic.Int32
	do := func(context.Context) { asked.Add(1); <-release }
	if !a.Ask("court", "one", do) || !a.Ask("court", "two", do) {
		t.Error("a new question is not taken")
	}
	if a.Ask("court", "one", do) || a.Ask("court", "two", do) {
		t.Error("a question is taken twice")
	}
	close(release)
	a.Wait()
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
	if !a.Ask("court", "one", do) {
		t.Error("what was answered can't be asked again")
	}
	a.Wait()
}

func TestStoppingEndsWhatIsUnderWayAndForgetsWhatWaits(t *testing.T) {
	a := kernel.NewAsker(kernel.Limits{PerAgency: 1, Total: 1})
	end := a.Begin(t.Context())
	begun := make(chan struct{})
	var once sync.Once
	var asked atomic.Int32
	for n := range 3 {
		a.Ask("court", fmt.Sprint(n), func(ctx context.Context) {
			asked.Add(1)
			once.Do(func() { close(begun) })
			<-ctx.Done()
		})
	}
	<-begun
	end()
	if asked.Load() != 1 {
		t.Errorf("%d were asked", asked.Load())
	}
	if a.Ask("court", "late", func(context.Context) {}) {
		t.Error("something is asked after the end")
	}
	a.Begin(t.Context())
	if !a.Ask("court", "again", func(context.Context) {}) {
		t.Error("nothing is asked after a new beginning")
	}
	a.Wait()
}

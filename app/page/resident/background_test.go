package resident

import (
	"context"
	"slices"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A queue runs background work when the test asks for it, and work of the page at once.
type queue []func()

func (q *queue) Async(f func()) { *q = append(*q, f) }

func (q *queue) Dispatch(f func(app.Context)) { f(app.Context{}) }

func TestWhatIsBegunLaterEndsWhatWasBegunBefore(t *testing.T) {
	var b background
	var q queue
	var ended, done []string
	begin := func(name string) {
		b.start(&q, func(ctx context.Context) func() {
			if ctx.Err() != nil {
				ended = append(ended, name)
			}
			return func() { done = append(done, name) }
		})
	}
	begin("first")
	begin("second")
	for _, f := range q {
		f()
	}
	if !slices.Equal(ended, []string{"first"}) || !slices.Equal(done, []string{"second"}) {
		t.Errorf("ended are %v, done are %v", ended, done)
	}
}

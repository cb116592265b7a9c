package resident

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A background is the work of a component beside the page, one piece at a time: what is
// begun later ends what was begun before.
type background struct {
	run    int
	cancel context.CancelFunc
}

// A scheduler runs functions beside the page and on it, as an [app.Context] does.
type scheduler interface {
	Async(func())
	Dispatch(func(app.Context))
}

// start begins a piece of work. The function that work returns is then called, unless
// another piece was begun meanwhile.
func (b *background) start(ctx scheduler, work func(context.Context) (done func())) {
	b.stop()
	b.run++
	run := b.run
	within, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	ctx.Async(func() {
		done := work(within)
		ctx.Dispatch(func(app.Context) {
			if run != b.run {
				return
			}
			cancel()
			done()
		})
	})
}

// stop ends the work that was begun last.
func (b *background) stop() {
	if b.cancel != nil {
		b.cancel()
	}
}

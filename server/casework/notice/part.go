// Package notice keeps the residents' inboxes, and sends notices to browsers and
// mailboxes.
//
// [Notices.Notify] puts a notice into an inbox in the caller's transaction, and a job
// sends it by the ways that the resident wants. A way that fails is tried again for
// about seven hours; one that is closed for good is struck off. What leaves the house
// says nothing personal. An e-mail address is used only after the code that was sent
// to it has come back.
package notice

import (
	"context"
	"mingjing"
	"time"

	"mingjing/server/casework/kernel"
)

// The kinds of job.
const (
	JobNotify  = "notify"  // send a notice by the ways that the resident wants
	JobConfirm = "confirm" // send a resident the code for an e-mail address
)

// Notices are the inboxes, and the ways by which notices leave the house. It is safe for use by many goroutines.
type Notices struct {
	city     *kernel.City
	notifier Notifier
}

// New makes the part.
func New(city *kernel.City, notifier Notifier) *Notices {
	return &Notices{city: city, notifier: notifier}
}

// Jobs are the jobs that the part does.
func (c *Notices) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobNotify: c.deliver,
		JobConfirm: func(ctx context.Context, id string) (time.Duration, error) {
			return c.sendCode(ctx, mingjing.ResidentID(id))
		},
	}
}

// db is the part's own port on a transaction, read its readings for one entry of the
// access log. The store has those of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

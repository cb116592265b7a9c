// Package notice has the residents' inboxes, and sends notices to browsers and
// mailboxes.
//
// [Notices.Notify] puts a notice into an inbox in the caller's transaction, and a job
// sends it by the ways that the resident wants. A way that fails is tried again for
// about seven hours; an address that is closed for good is removed. What is sent
// says nothing personal. An e-mail address is used only after the code that was sent
// to it has come back.
package notice

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// The kinds of job.
const (
	JobNotify  = "notify"  // send a notice by the ways that the resident wants
	JobConfirm = "confirm" // send a resident the code for an e-mail address
	JobReset   = "reset"   // send a resident the code for a new password
)

// Notices are the residents' inboxes, and the channels by which notices are sent. It is
// safe for use by many goroutines.
type Notices struct {
	city     *kernel.City
	notifier Notifier
}

// New returns the part.
func New(city *kernel.City, notifier Notifier) *Notices {
	return &Notices{city: city, notifier: notifier}
}

// Jobs returns the jobs that the part does.
func (c *Notices) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobNotify: c.deliver,
		JobReset:  c.sendReset,
		JobConfirm: func(ctx context.Context, id string) (time.Duration, error) {
			return c.sendCode(ctx, mingjing.ResidentID(id))
		},
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

// Package share has the links by which residents show a score to others.
//
//	active -> used_up (the last view), ended (its last day), revoked
//
// A share is found by a keyed hash of its code, without opening anything of the
// resident's. Each view says who looks, uses up one view, and is in the resident's
// access log before anything is read. When a decision corrects what a score was made
// of, those who saw it can be told.
package share

import (
	"context"

	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The kinds of job.
const (
	JobCorrection = "correction" // tell somebody who looked at a share that it was corrected
)

// Shares are the links by which residents show a score. It is safe for use by many goroutines.
type Shares struct {
	city    *kernel.City
	mailer  Mailer
	notices *notice.Notices
}

// New returns the part.
func New(city *kernel.City, mailer Mailer, notices *notice.Notices) *Shares {
	return &Shares{city: city, mailer: mailer, notices: notices}
}

// Jobs returns the jobs that the part does.
func (c *Shares) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobCorrection: c.sendCorrection,
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

// A Mailer sends the correction of a share; it is a [notice.Notifier].
type Mailer interface {
	MailOffered() bool
	Mail(ctx context.Context, to string, m notice.Message) error
}

// Package mandate has the mandates by which somebody acts for a resident in a case.
//
//	offered -> accepted -> revoked, declined (given back), ended
//	     \-> declined, revoked, ended
//
// A mandate is offered to an ID number, and whether anybody is enrolled under it shows
// nowhere. An accepted one lets the helper act in one case, and in what goes on from it,
// until its last day; package cases asks [Mandate.MayAct] anew at every use.
package mandate

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The kinds of job.
const (
	JobMandate = "mandate" // a mandate is offered, or ends
)

// Mandates offers, answers, takes back and ends mandates. It is safe for use by many
// goroutines.
type Mandates struct {
	city    *kernel.City
	notices *notice.Notices
}

// New returns the part.
func New(city *kernel.City, notices *notice.Notices) *Mandates {
	return &Mandates{city: city, notices: notices}
}

// Jobs returns the jobs that the part does.
func (c *Mandates) Jobs() kernel.Jobs {
	return kernel.Jobs{JobMandate: func(ctx context.Context, id string) (time.Duration, error) { return 0, c.mandateDue(ctx, id) }}
}

// A Port is what the part needs of one transaction on the store: what writes.
type Port interface {
	// PutMandate inserts a mandate that has a Number, and replaces the one with its ID
	// if it has none.
	PutMandate(ctx context.Context, m Mandate) error
}

// Readings are what the part needs of a reader of the store. A method that finds nothing
// returns [kernel.ErrNotFound]; lists may be empty.
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	// Mandate returns a mandate to one of its two residents; "" for the bureau, which reads
	// it as its owner. Only the log of who reads it has an entry: in the other's it would
	// tell who is enrolled.
	Mandate(ctx context.Context, id string, reader mingjing.ResidentID) (Mandate, error)
	// MandatesFor returns the mandates in which a resident is the helper, newest first.
	MandatesFor(ctx context.Context, helper mingjing.ResidentID) ([]Mandate, error)
	// MandatesTo returns the mandates that a resident gave to a helper's number.
	MandatesTo(ctx context.Context, owner mingjing.ResidentID, helper mingjing.IDNumber) ([]Mandate, error)
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

// Package record has what residents see of the records that are held on them, and of the
// agencies that hold them.
package record

import (
	"context"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// Records shows records to their residents. It is safe for use by many goroutines.
type Records struct {
	city     *kernel.City
	holdings *holding.Holdings
	scores   *score.Scores
}

// New returns the part.
func New(city *kernel.City, holdings *holding.Holdings, scores *score.Scores) *Records {
	return &Records{city: city, holdings: holdings, scores: scores}
}

// A Port is what the part needs of one transaction on the store: what writes.
type Port interface {
	// PutRecord inserts or replaces a record by ID.
	PutRecord(ctx context.Context, r holding.Record) error
}

// Readings are what the part needs of a reader of the store. A method that finds nothing
// returns [kernel.ErrNotFound]; lists may be empty.
type Readings interface {
	LatestRequest(ctx context.Context, resident mingjing.ResidentID) (score.Request, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

// Package listing has a listing from an agency's proposal to its end: the proposal, the
// notice and its receipt, the day on which it takes effect and the day on which it ends,
// and what its resident sees of it.
//
// Two people decide on a proposal, and a dispute about a listing is a case as any other:
// both are in packages cases and desk. The states are in package holding.
package listing

import (
	"context"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// Listings proposes, serves, shows and ends listings. It is safe for use by many
// goroutines.
type Listings struct {
	city     *kernel.City
	holdings *holding.Holdings
	scores   *score.Scores
	cases    *cases.Cases
}

// New returns the part.
func New(city *kernel.City, holdings *holding.Holdings, scores *score.Scores, cases *cases.Cases) *Listings {
	return &Listings{city: city, holdings: holdings, scores: scores, cases: cases}
}

// Jobs returns the jobs that the part does.
func (c *Listings) Jobs() kernel.Jobs { return kernel.Jobs{holding.JobListing: c.listingDue} }

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound].
type Port interface {
	// ResidentByIDNumber returns who has an ID number. Nothing of theirs is opened.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	// PutListing inserts or replaces a listing by ID.
	PutListing(ctx context.Context, l holding.Listing) error
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors are as in [Port]; lists may be empty.
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Listing(ctx context.Context, id string) (holding.Listing, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	Case(ctx context.Context, id string) (cases.Case, error)
	// LatestScore returns a resident's newest score by a rulebook.
	LatestScore(ctx context.Context, resident mingjing.ResidentID, rulebook string) (mingjing.Score, error)
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

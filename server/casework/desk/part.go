// Package desk is what staff do with cases: the work queue, taking a case, asking the
// agency, deciding, serving a listing, notes, the counter, and declared relatives.
//
// A step is allowed when the case is the actor's, the state machine of package cases
// has the step, and where two people decide the actor is the right one. Nobody works
// on a case of their own, of a relative, or of somebody whom they have helped.
package desk

import (
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// Desk is what staff do with cases. It is safe for use by many goroutines.
type Desk struct {
	city     *kernel.City
	notices  *notice.Notices
	holdings *holding.Holdings
	scores   *score.Scores
	cases    *cases.Cases
	listings *listing.Listings
}

// New returns the part.
func New(city *kernel.City, notices *notice.Notices, holdings *holding.Holdings, scores *score.Scores, cases *cases.Cases,
	listings *listing.Listings) *Desk {
	return &Desk{city: city, notices: notices, holdings: holdings, scores: scores, cases: cases, listings: listings}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

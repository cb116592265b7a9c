// Package agencyside has what agencies do: their computers submit batches of records
// and proposals, their officers answer the questions that are put to them, and their
// public figures say how they do it.
//
// A batch is answered line by line, each line in a transaction of its own. The same
// batch again gets the same answer. A question ends with the agency's second notice;
// after that the point is lost.
package agencyside

import (
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// Agencies is what agencies do and see. It is safe for use by many goroutines.
type Agencies struct {
	city     *kernel.City
	notices  *notice.Notices
	holdings *holding.Holdings
	scores   *score.Scores
	cases    *cases.Cases
	listings *listing.Listings
}

// New returns the part.
func New(city *kernel.City, notices *notice.Notices, holdings *holding.Holdings, scores *score.Scores, cases *cases.Cases,
	listings *listing.Listings) *Agencies {
	return &Agencies{city: city, notices: notices, holdings: holdings, scores: scores, cases: cases, listings: listings}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

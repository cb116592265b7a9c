// Package holding has what is held on residents: records and listings, and the states
// of a listing.
//
//	proposed -> decided -> served -> in_effect -> repaired, expired, lifted, annulled
//	     \-> refused \-> annulled       |   ^
//	                      served, in_effect, unserved <-> disputed <-> suspended
//
// A listing that is taken over from an authority begins unserved, and then has no
// effect, or in_effect. listingMoves is the same as a table, and [Holdings.Move] is
// the only way from one state to another.
package holding

import (
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The kinds of job.
const (
	JobListing = "listing" // a listing takes effect, or ends
)

// Holdings moves listings through their states. It is safe for use by many goroutines.
type Holdings struct {
	city    *kernel.City
	notices *notice.Notices
}

// New returns the part.
func New(city *kernel.City, notices *notice.Notices) *Holdings {
	return &Holdings{city: city, notices: notices}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

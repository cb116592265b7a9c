// Package agencyside has what agencies do: their computers submit batches of records
// and proposals, their officers answer the questions that are put to them, and their
// public figures say how they do it.
//
// A batch is answered line by line. Several lines are one transaction, in which what a
// refused line did is undone, and which stores their answers too; so a batch that is cut
// off goes on where it was, and the same batch again gets the same answer. A question ends with the agency's second notice;
// after that the point is lost.
package agencyside

import (
	"context"
	"time"

	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
	"mingjing/server/casework/staff"
)

// The kinds of job.
const (
	JobBatch = "batch" // lines of a batch wait to be answered; the id is its key
)

// Agencies is what agencies do and see. It is safe for use by many goroutines.
type Agencies struct {
	city     *kernel.City
	notices  *notice.Notices
	holdings *holding.Holdings
	scores   *score.Scores
	cases    *cases.Cases
	listings *listing.Listings
	staff    *staff.Staff
}

// New returns the part.
func New(city *kernel.City, notices *notice.Notices, holdings *holding.Holdings, scores *score.Scores, cases *cases.Cases,
	listings *listing.Listings, staff *staff.Staff) *Agencies {
	return &Agencies{city: city, notices: notices, holdings: holdings, scores: scores, cases: cases, listings: listings, staff: staff}
}

// Jobs returns the jobs that the part does.
func (c *Agencies) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobBatch: func(ctx context.Context, key string) (time.Duration, error) { return c.workInBackground(ctx, key) },
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

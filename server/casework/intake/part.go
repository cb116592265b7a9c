// Package intake has what agencies' computers submit: batches of records, corrections,
// revocations and proposals of listings.
//
// A batch is answered line by line. Several lines are one transaction, in which what a
// refused line did is undone, and which stores their answers too; so a batch that is cut
// off goes on where it was, and the same batch again gets the same answer. A record whose
// name is not that of the person with the ID number waits for the agency, and is nobody's.
package intake

import (
	"context"
	"time"

	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// The kinds of job.
const (
	JobBatch = "batch" // lines of a batch wait to be answered; the id is its key
)

// Intake is what agencies' computers do. It is safe for use by many goroutines.
type Intake struct {
	city     *kernel.City
	notices  *notice.Notices
	holdings *holding.Holdings
	scores   *score.Scores
	cases    *cases.Cases
	listings *listing.Listings
}

// New returns the part.
func New(city *kernel.City, notices *notice.Notices, holdings *holding.Holdings, scores *score.Scores, cases *cases.Cases,
	listings *listing.Listings) *Intake {
	return &Intake{city: city, notices: notices, holdings: holdings, scores: scores, cases: cases, listings: listings}
}

// Jobs returns the jobs that the part does.
func (c *Intake) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobBatch: func(ctx context.Context, key string) (time.Duration, error) { return c.workInBackground(ctx, key) },
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

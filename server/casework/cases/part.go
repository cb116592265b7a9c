// Package cases has cases from their filing to their end.
package cases

import (
	"context"
	"time"

	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// The kinds of job.
const (
	JobQuestion = "question" // ask an agency about a dispute, and watch its clock
	JobClock    = "clock"    // a clock of the bureau's own in a case
	JobMandate  = "mandate"  // a mandate is offered, or ends
)

// Cases are the cases as residents file and follow them. It is safe for use by many goroutines.
type Cases struct {
	city     *kernel.City
	agencies Agencies
	notices  *notice.Notices
	holdings *holding.Holdings
	scores   *score.Scores
}

// New makes the part.
func New(city *kernel.City, agencies Agencies, notices *notice.Notices, holdings *holding.Holdings, scores *score.Scores) *Cases {
	return &Cases{city: city, agencies: agencies, notices: notices, holdings: holdings, scores: scores}
}

// Jobs are the jobs that the part does.
func (c *Cases) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobQuestion:        c.questionDue,
		JobClock:           c.clockDue,
		holding.JobListing: c.listingDue,
		JobMandate:         func(ctx context.Context, id string) (time.Duration, error) { return 0, c.mandateDue(ctx, id) },
	}
}

// db is the part's own port on a transaction. The store has all of them.
func db(t *kernel.Tx) Port { return t.Port.(Port) }

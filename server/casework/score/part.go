// Package score has consents, requests for scores, and the scores made of them.
//
//	queued -> collecting -> scoring -> ready
//	   \__________\____________\-----> withdrawn   (the resident withdrew consent)
//
// A job asks every agency, keeps each answer as it comes, and makes the score when all
// have answered or the deadline has come. It can be cut off anywhere and called again.
// [Scores.Rescore] makes scores anew when something that they are made of has changed.
package score

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The kinds of job.
const (
	JobCollect = "collect" // ask the agencies for a score request
	JobRescore = "rescore" // something of a resident's ends today
)

// Scores takes requests for scores and makes the scores. It is safe for use by many goroutines.
type Scores struct {
	city     *kernel.City
	agencies Agencies
	notices  *notice.Notices
	holdings *holding.Holdings
	ready    func(took time.Duration)
}

// New returns the part. ready hears of each request that was answered, and how long it
// took.
func New(city *kernel.City, agencies Agencies, notices *notice.Notices, holdings *holding.Holdings,
	ready func(took time.Duration)) *Scores {
	return &Scores{city: city, agencies: agencies, notices: notices, holdings: holdings, ready: ready}
}

// Jobs returns the jobs that the part does.
func (c *Scores) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobCollect: c.collect,
		JobRescore: func(ctx context.Context, id string) (time.Duration, error) {
			return 0, c.scoresExpire(ctx, mingjing.ResidentID(id))
		},
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

// Package score has consents, requests for scores, and the scores made of them.
//
//	queued -> collecting -> scoring -> ready
//	   \__________\____________\-----> withdrawn   (the resident withdrew consent)
//	                \____________\---> too_little  (so few had answered that it is asked again)
//
// A job has every agency asked, beside the jobs, and each answer is stored as it comes.
// The score is made when all have answered, or so long before the deadline that it is not
// late. All of it can be cut off anywhere, and goes on.
// [Scores.Rescore] makes scores anew when something that they are made of has changed.
package score

import (
	"context"
	"sync"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The kinds of job.
const (
	JobCollect = "collect" // have the agencies asked for a score request
	JobAsk     = "ask"     // have those asked again that had not answered
	JobScore   = "score"   // make the score of a request
	JobRescore = "rescore" // something of a resident's ends today
)

// Scores takes requests for scores and makes the scores. It is safe for use by many goroutines.
type Scores struct {
	city     *kernel.City
	agencies Agencies
	notices  *notice.Notices
	holdings *holding.Holdings
	ready    func(took time.Duration)
	reserve  time.Duration
	saving   chan struct{} // one for each request whose answers are being stored

	mu          sync.Mutex
	collections map[string]*collection // by request, while agencies are asked for it
}

// DefaultReserve is how long before its deadline a request is scored, by the law's clock,
// where nothing else is set.
const DefaultReserve = 5 * time.Minute

// New returns the part. ready hears of each request that was answered, and how long it
// took; reserve is how long before its deadline a request is scored at the latest, by the
// law's clock.
func New(city *kernel.City, agencies Agencies, notices *notice.Notices, holdings *holding.Holdings,
	ready func(took time.Duration), reserve time.Duration) *Scores {
	if reserve <= 0 || reserve >= mingjing.ScoreDeadline {
		reserve = DefaultReserve
	}
	return &Scores{city: city, agencies: agencies, notices: notices, holdings: holdings, ready: ready, reserve: reserve,
		saving: make(chan struct{}, savers), collections: map[string]*collection{}}
}

// Jobs returns the jobs that the part does.
func (c *Scores) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobCollect: c.collect,
		JobAsk:     c.askAgain,
		JobScore:   c.scoreDue,
		JobRescore: func(ctx context.Context, id string) (time.Duration, error) {
			return 0, c.scoresExpire(ctx, mingjing.ResidentID(id))
		},
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

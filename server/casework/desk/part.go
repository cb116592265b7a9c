// Package desk is where staff work on cases.
package desk

import (
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
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
}

// New makes the part.
func New(city *kernel.City, notices *notice.Notices, holdings *holding.Holdings, scores *score.Scores, cases *cases.Cases) *Desk {
	return &Desk{city: city, notices: notices, holdings: holdings, scores: scores, cases: cases}
}

// db is the part's own port on a transaction. The store has all of them.
func db(t *kernel.Tx) Port { return t.Port.(Port) }

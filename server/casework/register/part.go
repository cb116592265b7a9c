// Package register has who is enrolled, and the first page that each of them sees.
package register

import (
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// Register is who is enrolled, and the first page of each. It is safe for use by many goroutines.
type Register struct {
	city   *kernel.City
	scores *score.Scores
	cases  *cases.Cases
}

// New makes the part.
func New(city *kernel.City, scores *score.Scores, cases *cases.Cases) *Register {
	return &Register{city: city, scores: scores, cases: cases}
}

// db is the part's own port on a transaction. The store has all of them.
func db(t *kernel.Tx) Port { return kernel.PortOf[Port](t) }

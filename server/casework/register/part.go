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

// db is the part's own port on a transaction, read its readings for one entry of the
// access log. The store has those of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

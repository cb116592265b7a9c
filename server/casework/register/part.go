// Package register has who is enrolled, and the first page that each of them sees.
package register

import (
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/score"
)

// Register is who is enrolled, and the first page of each resident. It is safe for use
// by many goroutines.
type Register struct {
	city     *kernel.City
	scores   *score.Scores
	mandates *mandate.Mandates
	cases    *cases.Cases
}

// New returns the part.
func New(city *kernel.City, scores *score.Scores, mandates *mandate.Mandates, cases *cases.Cases) *Register {
	return &Register{city: city, scores: scores, mandates: mandates, cases: cases}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

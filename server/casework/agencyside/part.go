// Package agencyside has what officers of agencies do: they answer the questions that are
// put to their agency and see what it has supplied; and the public figures of how agencies
// do it.
//
// A question ends with the agency's second notice; after that the point is lost.
package agencyside

import (
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
)

// Agencies is what officers of agencies do and see. It is safe for use by many goroutines.
type Agencies struct {
	city  *kernel.City
	cases *cases.Cases
}

// New returns the part.
func New(city *kernel.City, cases *cases.Cases) *Agencies { return &Agencies{city: city, cases: cases} }

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

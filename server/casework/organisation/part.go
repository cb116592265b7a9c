// Package organisation has the organisations on which records and listings are held, and who
// acts for them.
//
//	representative: nobody --propose--> proposed --confirm, by a second person--> acting
//	                                       |                                        |
//	                                       +--------------- end ------------------> ended
//
// An organisation is found by its unified social credit code. Records, listings, cases, notices,
// letters, the access log and the download of an organisation are those of a resident with an id
// of another kind ([mingjing.ResidentID.Subject]): the same code works on both. A representative
// is a resident; what they do for the organisation is done as the organisation, under their own
// name, and is in its access log and not in theirs. Only rulebooks about organisations score one,
// and nothing that is held on a person is ever read for it.
package organisation

import (
	"mingjing/server/casework/kernel"
)

// Organisations is who acts for which organisation. It is safe for use by many goroutines.
type Organisations struct {
	city *kernel.City
}

// New returns the part.
func New(city *kernel.City) *Organisations { return &Organisations{city: city} }

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

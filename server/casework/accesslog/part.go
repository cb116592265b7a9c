// Package accesslog shows the access log to the resident whose it is, and proves it.
//
// Each line of an access log is a leaf of one tree, whose states are signed by the
// log's key and cosigned by witnesses. The phone checks that its lines are in the tree
// and that the tree only grows.
package accesslog

import (
	"mingjing/server/casework/kernel"
)

// AccessLog shows an access log to the resident whose it is, and proves it to everybody.
// It is safe for use by many goroutines.
type AccessLog struct {
	city   *kernel.City
	ledger Ledger
}

// New returns the part.
func New(city *kernel.City, ledger Ledger) *AccessLog {
	return &AccessLog{city: city, ledger: ledger}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

// Package accesslog shows and proves the access log.
package accesslog

import (
	"mingjing/server/casework/kernel"
)

// AccessLog shows the access log to the resident and proves it to everybody. It is safe for use by many goroutines.
type AccessLog struct {
	city   *kernel.City
	ledger Ledger
}

// New makes the part.
func New(city *kernel.City, ledger Ledger) *AccessLog {
	return &AccessLog{city: city, ledger: ledger}
}

// db is the part's own port on a transaction. The store has all of them.
func db(t *kernel.Tx) Port { return t.Port.(Port) }

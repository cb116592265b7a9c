// Package democlock moves the clock of a demo city, and says what waits for it.
package democlock

import (
	"mingjing/server/casework/kernel"
)

// DemoClock is the clock of a demo city. It is safe for use by many goroutines.
type DemoClock struct {
	city  *kernel.City
	mover Mover
}

// New makes the part.
func New(city *kernel.City, mover Mover) *DemoClock {
	return &DemoClock{city: city, mover: mover}
}

// db is the part's own port on a transaction. The store has all of them.
func db(t *kernel.Tx) Port { return kernel.PortOf[Port](t) }

// Package agencykey has the keys by which an agency's computer and the city know each
// other: with one the agency signs what it submits, with another the city signs what it
// asks. Officers of the agency and commands make, replace and revoke them; each step is in
// the staff register.
package agencykey

import (
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/staff"
)

// Keys is what is done with the keys of agencies. It is safe for use by many goroutines.
type Keys struct {
	city  *kernel.City
	staff *staff.Staff
}

// New returns the part.
func New(city *kernel.City, staff *staff.Staff) *Keys { return &Keys{city: city, staff: staff} }

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

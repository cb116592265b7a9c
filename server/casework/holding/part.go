// Package holding has the records and listings that are held on residents.
package holding

import (
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

// The kinds of job.
const (
	JobListing = "listing" // a listing takes effect, or ends
)

// Holdings moves listings through their states. It is safe for use by many goroutines.
type Holdings struct {
	city    *kernel.City
	notices *notice.Notices
}

// New makes the part.
func New(city *kernel.City, notices *notice.Notices) *Holdings {
	return &Holdings{city: city, notices: notices}
}

// db is the part's own port on a transaction. The store has all of them.
func db(t *kernel.Tx) Port { return t.Port.(Port) }

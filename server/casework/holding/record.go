package holding

import (
	"time"

	"mingjing"
)

// Remove marks a record as removed, so that it never counts again.
func (r *Record) Remove(on mingjing.Date) { r.State, r.RemovedOn = mingjing.RecordRemoved, on }

// DayRemoved returns the day on which a record was removed, at the latest.
func (r *Record) DayRemoved(zone *time.Location) mingjing.Date {
	if r.RemovedOn != "" {
		return r.RemovedOn
	}
	return mingjing.DateOf(r.CollectedAt.In(zone))
}

// SameDocument reports whether two documents are the same one; the hash may be of
// another copy.
func SameDocument(x, y mingjing.Document) bool {
	return x.Issuer == y.Issuer && x.Number == y.Number && x.Date == y.Date
}

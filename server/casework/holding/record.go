package holding

import (
	"time"

	"mingjing"
)

// Remove takes a record out of every score, for good.
func (r *Record) Remove(on mingjing.Date) { r.State, r.RemovedOn = mingjing.RecordRemoved, on }

// DayRemoved is the day on which a record was removed, at the latest.
func (r *Record) DayRemoved(zone *time.Location) mingjing.Date {
	if r.RemovedOn != "" {
		return r.RemovedOn
	}
	return mingjing.DateOf(r.CollectedAt.In(zone))
}

// SameDocument says whether it is one document, whatever copy of it was hashed.
func SameDocument(x, y mingjing.Document) bool {
	return x.Issuer == y.Issuer && x.Number == y.Number && x.Date == y.Date
}

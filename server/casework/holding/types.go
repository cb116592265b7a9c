package holding

import (
	"mingjing"
)

// A Record is a record as it is stored.
type Record struct {
	mingjing.Record
	Resident mingjing.ResidentID
	Ref      string // the agency's reference; unique with resident and agency
	// Before is the state to return to when a dispute is rejected.
	Before mingjing.RecordState
	// Intake says that the agency submitted it, and so takes it back itself; it does
	// not go because a reply leaves it out.
	Intake bool
	// Submitted is the hash of the line that brought it.
	Submitted string
	// RemovedOn is the day on which it was removed.
	RemovedOn mingjing.Date
}

// A Listing is a listing as it is stored.
type Listing struct {
	mingjing.Listing
	Resident mingjing.ResidentID
	Ref      string
	Before   mingjing.ListingState
}

// OpenCases are the cases of one resident that are not decided, by ID. What an agency
// has lost is suspended while its case still waits for the decision.
type OpenCases map[string]bool

// NewOpenCases returns the cases with these IDs.
func NewOpenCases(ids []string) OpenCases {
	open := make(OpenCases, len(ids))
	for _, id := range ids {
		open[id] = true
	}
	return open
}

// RecordDisputable reports whether a case can be made of a record.
func (o OpenCases) RecordDisputable(r Record) bool { return r.Disputable() && !o[r.DisputeID] }

// ListingDisputable reports whether a case can be made of a listing.
func (o OpenCases) ListingDisputable(l Listing) bool { return l.Disputable() && !o[l.DisputeID] }

package cases

import (
	"context"
	"errors"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// MaxShown is how many records, listings or cases of a resident a page shows at most,
// the newest. What they take along has all.
const MaxShown = 500

// OpenCases are the cases of one resident that are not decided, by ID. What an agency
// has lost is suspended while its case still waits for the decision.
type OpenCases map[string]bool

// OpenCasesOf returns the open cases of a resident.
func OpenCasesOf(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID) (OpenCases, error) {
	ids, err := db(t).OpenCaseIDs(ctx, resident)
	open := make(OpenCases, len(ids))
	for _, id := range ids {
		open[id] = true
	}
	return open, err
}

// RecordDisputable reports whether a case can be made of a record.
func (o OpenCases) RecordDisputable(r holding.Record) bool {
	return r.Disputable() && !o[r.DisputeID]
}

// ListingDisputable reports whether a case can be made of a listing.
func (o OpenCases) ListingDisputable(l holding.Listing) bool {
	return l.Disputable() && !o[l.DisputeID]
}

// decided reports whether the last case is decided: what an agency has lost is suspended
// while the case still waits for its decision.
func decided(ctx context.Context, rd *kernel.Reader, dispute string) (bool, error) {
	d, err := read(rd).Case(ctx, dispute)
	if errors.Is(err, kernel.ErrNotFound) {
		return true, nil
	}
	return d.State == mingjing.CaseDecided, err
}

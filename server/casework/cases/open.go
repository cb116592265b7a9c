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

// OpenCasesOf returns the open cases of a resident.
func OpenCasesOf(ctx context.Context, t *kernel.Tx, resident mingjing.ResidentID) (holding.OpenCases, error) {
	ids, err := db(t).OpenCaseIDs(ctx, resident)
	return holding.NewOpenCases(ids), err
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

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

// Purpose returns the purpose of an entry when an actor handles a case: a dispute, or a
// listing that is proposed.
func Purpose(a mingjing.Actor, d Case) string {
	if d.Kind == mingjing.CaseListing && a.Role != mingjing.RoleAuditor {
		return "listing"
	}
	return kernel.Purpose(a)
}

// ReaderOf returns a reader for what an actor does with a case. The entry has the purpose
// of the case's kind; nothing of the resident is opened for that.
func ReaderOf(ctx context.Context, t *kernel.Tx, city *kernel.City, a mingjing.Actor, action, id string) (*kernel.Reader, error) {
	line, err := db(t).CaseSummary(ctx, id)
	if err != nil {
		return nil, err
	}
	return t.As(city.Entry(a, action, id, Purpose(a, line))), nil
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

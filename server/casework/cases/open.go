package cases

import (
	"context"
	"errors"
	"slices"
	"time"

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

// OpeningTime is how long a case that is not one's own stays open after a reason was
// typed.
const OpeningTime = time.Hour

// ErrNotOpened is the error for a case that is not the actor's, and that they have not
// opened with a reason.
var ErrNotOpened = mingjing.NewError(mingjing.Forbidden, "case_reason_required")

// OpenedBy returns a reader as [ReaderOf] does, for who may open the case as it is:
// auditors; its handler, and the first of two; who has the case that follows it; everybody where it only waits
// to be served; and who has typed a reason within [OpeningTime]. It returns [ErrNotOpened]
// for other handlers and supervisors, and why where they are near to the resident.
func OpenedBy(ctx context.Context, t *kernel.Tx, city *kernel.City, a mingjing.Actor, action, id string) (*kernel.Reader, error) {
	line, err := db(t).CaseSummary(ctx, id)
	if err != nil {
		return nil, err
	}
	purpose := Purpose(a, line)
	own, err := opensUnasked(ctx, t, a, line)
	if err != nil {
		return nil, err
	}
	if !own {
		near, err := NearTo(ctx, t, a)
		if err == nil {
			err = near[line.Resident]
		}
		if err != nil {
			return nil, err
		}
		opened, err := db(t).OpenedCase(ctx, a.ID, id, city.Now().Add(-OpeningTime))
		if err != nil {
			return nil, err
		}
		if !opened {
			return nil, ErrNotOpened
		}
		purpose = mingjing.PurposeOtherCase
	}
	return t.As(city.Entry(a, action, id, purpose)), nil
}

// opensUnasked reports whether the actor may open a case without a reason of its own.
func opensUnasked(ctx context.Context, t *kernel.Tx, a mingjing.Actor, line Case) (bool, error) {
	if a.Role == mingjing.RoleAuditor || line.HandlerID == a.ID || line.RecommenderID == a.ID ||
		line.State == mingjing.CaseToServe {
		return true, nil
	}
	if line.State != mingjing.CaseDecided {
		return false, nil
	}
	follow, err := db(t).Cases(ctx, CaseQuery{CaseFilter: mingjing.CaseFilter{State: "all"}, HandlerID: a.ID, Now: line.FiledAt,
		Limit: mingjing.MaxOpenCases * 5})
	return slices.ContainsFunc(follow, func(d Case) bool { return d.Previous == line.ID }), err
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

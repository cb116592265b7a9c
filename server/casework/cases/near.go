package cases

import (
	"context"

	"mingjing"
	"mingjing/server/casework/kernel"
)

var (
	errRelative = mingjing.NewError(mingjing.Forbidden, "case_relative")
	errHelped   = mingjing.NewError(mingjing.Forbidden, "case_helper")
)

// NearTo returns the residents whose cases a member of staff may not work on, with the
// reason: those for whom they have acted themselves, and declared relatives.
func NearTo(ctx context.Context, t *kernel.Tx, a mingjing.Actor) (map[mingjing.ResidentID]error, error) {
	near := map[mingjing.ResidentID]error{}
	if !a.Role.Staff() {
		return near, nil
	}
	if a.Self != "" {
		helped, err := db(t).HelpedBy(ctx, a.Self)
		if err != nil {
			return nil, err
		}
		for _, id := range helped {
			near[id] = errHelped
		}
	}
	kin, err := db(t).RelativeResidents(ctx, a.ID)
	for _, id := range kin {
		near[id] = errRelative
	}
	return near, err
}

// CaseFor returns a case with its field Near set for the actor.
func CaseFor(ctx context.Context, rd *kernel.Reader, a mingjing.Actor, id string) (Case, error) {
	d, err := read(rd).Case(ctx, id)
	if err != nil {
		return Case{}, err
	}
	near, err := NearTo(ctx, rd.Tx, a)
	d.Near = near[d.Resident]
	return d, err
}

// NotOwn returns an error for a case of the actor's own, or of somebody who is near to
// them.
func NotOwn(a mingjing.Actor, d Case) error {
	if d.Near != nil {
		return d.Near
	}
	if a.Self != "" && a.Self == d.Resident {
		return mingjing.NewError(mingjing.Forbidden, "case_own")
	}
	return nil
}

// CaseMoved notifies the resident and the helpers that a case went on.
func (c *Cases) CaseMoved(ctx context.Context, rd *kernel.Reader, d Case, code string) error {
	return c.NotifyCase(ctx, rd, d, mingjing.NoticeCaseMoved, code)
}

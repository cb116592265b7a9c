package cases

import (
	"context"
	"errors"

	"mingjing"
	"mingjing/server/casework/kernel"
)

var (
	errOwn      = mingjing.NewError(mingjing.Forbidden, "case_own")
	errRelative = mingjing.NewError(mingjing.Forbidden, "case_relative")
	errHelped   = mingjing.NewError(mingjing.Forbidden, "case_helper")
)

// NearTo returns the residents whose cases a member of staff or an officer may neither see
// nor work on, with the reason: themselves, those for whom they have acted, and declared relatives.
// Who they are is read each time, so that it holds for somebody who was enrolled since.
func NearTo(ctx context.Context, t *kernel.Tx, a mingjing.Actor) (map[mingjing.ResidentID]error, error) {
	near := map[mingjing.ResidentID]error{}
	if !a.Role.Staff() && a.Role != mingjing.RoleAgency {
		return near, nil
	}
	kin, err := db(t).RelativeResidents(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	for _, id := range kin {
		near[id] = errRelative
	}
	self, err := db(t).ResidentOfMember(ctx, a.ID)
	if errors.Is(err, kernel.ErrNotFound) {
		return near, nil
	} else if err != nil {
		return nil, err
	}
	helped, err := db(t).HelpedBy(ctx, self)
	for _, id := range helped {
		near[id] = errHelped
	}
	near[self] = errOwn
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

// CaseMoved notifies the resident and the helpers that a case went on.
func (c *Cases) CaseMoved(ctx context.Context, rd *kernel.Reader, d Case, code string) error {
	return c.NotifyCase(ctx, rd, d, mingjing.NoticeCaseMoved, code)
}

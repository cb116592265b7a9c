package register

import (
	"context"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Residents returns how many residents are enrolled.
func (c *Register) Residents(ctx context.Context) (n int, err error) {
	err = c.city.Read(ctx, func(t *kernel.Tx) (err error) {
		n, err = db(t).Residents(ctx)
		return err
	})
	return n, err
}

// Viewer returns the actor as the top of every page names them.
func (c *Register) Viewer(ctx context.Context, a mingjing.Actor) (mingjing.Viewer, error) {
	if a.Role != mingjing.RoleResident {
		return mingjing.Viewer{Role: a.Role, Name: a.Name, IDMasked: a.ID, Agency: a.Agency}, nil
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Viewer, error) {
		rd := t.As(c.city.Entry(a, "screen", "", "own").Once(string(c.city.Today()))) // it is on every page
		r, err := read(rd).Resident(ctx, mingjing.ResidentID(a.ID))
		if err != nil {
			return mingjing.Viewer{}, err
		}
		unread, err := db(t).UnreadNotices(ctx, r.ID)
		return mingjing.Viewer{Role: a.Role, Name: r.Name, IDMasked: r.IDNumber.Masked(), Unread: unread}, err
	})
}

package desk

import (
	"context"
	"slices"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// maxDeclarations bounds the lines of the log of declarations that are shown.
const maxDeclarations = 500

// Relatives returns whom the actor has declared as relatives. An auditor, who decides
// nothing, gets the log of everybody's declarations instead; nobody else sees it.
func (c *Desk) Relatives(ctx context.Context, a mingjing.Actor) (mingjing.RelativesView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor, mingjing.RoleAuditor); err != nil {
		return mingjing.RelativesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RelativesView, error) { return relatives(ctx, t, a) })
}

func relatives(ctx context.Context, t *kernel.Tx, a mingjing.Actor) (v mingjing.RelativesView, err error) {
	v = mingjing.RelativesView{Relatives: []mingjing.Relative{}, Log: []mingjing.Declaration{}}
	if a.Role == mingjing.RoleAuditor {
		v.Log, err = db(t).Declarations(ctx, maxDeclarations)
		return v, err
	}
	declared, err := db(t).Relatives(ctx, a.ID)
	for _, r := range declared {
		v.Relatives = append(v.Relatives, mingjing.Relative{ID: r.ID, IDMasked: r.IDNumber.Masked(), At: r.At})
	}
	return v, err
}

// DeclareRelative declares somebody as a relative, whose cases the actor does not
// get from then on. It does not say whether they are enrolled, and holds for when
// they are later. Declaring again changes nothing.
func (c *Desk) DeclareRelative(ctx context.Context, a mingjing.Actor, n mingjing.IDNumber) (mingjing.RelativesView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.RelativesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RelativesView, error) {
		declared, err := db(t).Relatives(ctx, a.ID)
		if err != nil {
			return mingjing.RelativesView{}, err
		}
		if slices.ContainsFunc(declared, func(r Relative) bool { return r.IDNumber == n }) {
			return relatives(ctx, t, a)
		}
		if len(declared) >= mingjing.MaxRelatives {
			return mingjing.RelativesView{}, mingjing.NewError(mingjing.Conflict, "too_many_relatives")
		}
		now := c.city.Now().UTC()
		if err := db(t).AddRelative(ctx, Relative{ID: kernel.NewID(), Staff: a.ID, IDNumber: n, At: now}); err != nil {
			return mingjing.RelativesView{}, err
		}
		if err := db(t).AddDeclaration(ctx,
			mingjing.Declaration{At: now, Staff: a.ID, Name: a.Name, Action: "declared", IDMasked: n.Masked()}); err != nil {
			return mingjing.RelativesView{}, err
		}
		return relatives(ctx, t, a)
	})
}

// RemoveRelative takes one of the actor's declarations back. The log keeps both.
func (c *Desk) RemoveRelative(ctx context.Context, a mingjing.Actor, id string) (mingjing.RelativesView, error) {
	if err := kernel.AsStaff(a, mingjing.RoleHandler, mingjing.RoleSupervisor); err != nil {
		return mingjing.RelativesView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.RelativesView, error) {
		declared, err := db(t).Relatives(ctx, a.ID)
		if err != nil {
			return mingjing.RelativesView{}, err
		}
		i := slices.IndexFunc(declared, func(r Relative) bool { return r.ID == id })
		if i < 0 {
			return mingjing.RelativesView{}, kernel.ErrNotFound
		}
		if err := db(t).DeleteRelative(ctx, a.ID, id); err != nil {
			return mingjing.RelativesView{}, err
		}
		if err := db(t).AddDeclaration(ctx, mingjing.Declaration{At: c.city.Now().UTC(), Staff: a.ID, Name: a.Name,
			Action: "removed", IDMasked: declared[i].IDNumber.Masked()}); err != nil {
			return mingjing.RelativesView{}, err
		}
		return relatives(ctx, t, a)
	})
}

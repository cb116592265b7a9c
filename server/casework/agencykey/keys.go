package agencykey

import (
	"context"
	"errors"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/staff"
)

// mayKeep returns an error unless the actor may deal with the keys of an agency: an
// officer of it, or a command on the server.
func mayKeep(a mingjing.Actor, agency string) error {
	if staff.IsCommand(a) {
		return nil
	}
	own, err := kernel.AsOfficer(a)
	if err == nil && own != agency {
		err = kernel.ErrForbidden
	}
	return err
}

// AgencyKeys returns the keys of an officer's agency, or all for a command, the newest
// first.
func (c *Keys) AgencyKeys(ctx context.Context, a mingjing.Actor) ([]mingjing.AgencyKey, error) {
	if err := mayKeep(a, a.Agency); err != nil {
		return nil, err
	}
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) ([]mingjing.AgencyKey, error) {
		keys, err := db(t).AgencyKeys(ctx)
		if err != nil {
			return nil, err
		}
		slices.Reverse(keys)
		return slices.DeleteFunc(keys, func(k mingjing.AgencyKey) bool { return !staff.IsCommand(a) && k.Agency != a.Agency }), nil
	})
}

// MakeAgencyKey makes a key for an agency of the rulebooks. The errors are forbidden;
// agency_unknown; key_use_required; and keys_too_many.
func (c *Keys) MakeAgencyKey(ctx context.Context, a mingjing.Actor, agency string, use mingjing.KeyUse) (mingjing.AgencyKey, error) {
	if err := mayKeep(a, agency); err != nil {
		return mingjing.AgencyKey{}, err
	}
	if !slices.ContainsFunc(c.city.HeldBooks(), func(b *mingjing.Rulebook) bool { _, ok := b.Agency(agency); return ok }) {
		return mingjing.AgencyKey{}, mingjing.NewError(mingjing.NotFound, "agency_unknown")
	}
	if !slices.Contains(mingjing.KeyUses, use) {
		return mingjing.AgencyKey{}, mingjing.InvalidFields(mingjing.FieldError{Field: "use", Code: "key_use_required"})
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AgencyKey, error) {
		return c.makeKey(ctx, t, a, agency, use, mingjing.StaffKeyMade)
	})
}

// makeKey adds a key, unless the agency has too many, and the entry about it.
func (c *Keys) makeKey(ctx context.Context, t *kernel.Tx, a mingjing.Actor, agency string, use mingjing.KeyUse,
	step string) (mingjing.AgencyKey, error) {
	now := c.city.Now().UTC().Truncate(time.Microsecond)
	// The entry comes first: it makes others wait who deal with keys.
	k := mingjing.AgencyKey{ID: kernel.NewID(), Agency: agency, Use: use, CreatedAt: now}
	if err := c.staff.NoteKey(ctx, t, a, step, k); err != nil {
		return mingjing.AgencyKey{}, err
	}
	all, err := db(t).AgencyKeys(ctx)
	if err != nil {
		return mingjing.AgencyKey{}, err
	}
	good := 0
	for _, other := range all {
		if other.Agency == agency && other.Use == use && other.Usable(now) {
			good++
		}
	}
	if good >= mingjing.MaxAgencyKeys {
		return mingjing.AgencyKey{}, mingjing.NewError(mingjing.Conflict, "keys_too_many")
	}
	return k, db(t).AddAgencyKey(ctx, k)
}

// RotateAgencyKey makes the key that replaces another, which is good for the overlap
// still. The errors are forbidden; not_found; overlap_invalid; keys_too_many; and key_over
// where the key was replaced or revoked already.
func (c *Keys) RotateAgencyKey(ctx context.Context, a mingjing.Actor, id string, overlap time.Duration) (mingjing.AgencyKey, error) {
	if overlap < 0 || overlap > mingjing.MaxOverlapDays*24*time.Hour {
		return mingjing.AgencyKey{}, mingjing.InvalidFields(mingjing.FieldError{Field: "overlap_days", Code: "overlap_invalid"})
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AgencyKey, error) {
		old, err := c.keyOf(ctx, t, a, id)
		if err != nil {
			return mingjing.AgencyKey{}, err
		}
		next, err := c.makeKey(ctx, t, a, old.Agency, old.Use, mingjing.StaffKeyReplaced)
		if err != nil {
			return mingjing.AgencyKey{}, err
		}
		if old, err = db(t).AgencyKey(ctx, id); err == nil && old.State(c.city.Now()) != mingjing.KeyGood {
			err = mingjing.NewError(mingjing.Conflict, "key_over")
		}
		if err != nil {
			return mingjing.AgencyKey{}, err
		}
		ends := next.CreatedAt.Add(overlap)
		old.EndsAt = &ends
		return next, db(t).SetAgencyKey(ctx, old)
	})
}

// keyOf returns a key that the actor may deal with; another agency's is not found.
func (c *Keys) keyOf(ctx context.Context, t *kernel.Tx, a mingjing.Actor, id string) (mingjing.AgencyKey, error) {
	if err := mayKeep(a, a.Agency); err != nil {
		return mingjing.AgencyKey{}, err
	}
	k, err := db(t).AgencyKey(ctx, id)
	if err == nil && mayKeep(a, k.Agency) != nil {
		err = kernel.ErrNotFound
	}
	if err != nil {
		return mingjing.AgencyKey{}, err
	}
	return k, nil
}

// RevokeAgencyKey ends a key at once; one that is revoked stays so.
func (c *Keys) RevokeAgencyKey(ctx context.Context, a mingjing.Actor, id string) (mingjing.AgencyKey, error) {
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.AgencyKey, error) {
		k, err := c.keyOf(ctx, t, a, id)
		if err != nil || k.RevokedAt != nil {
			return k, err
		}
		now := c.city.Now().UTC().Truncate(time.Microsecond)
		k.RevokedAt = &now
		if err := c.staff.NoteKey(ctx, t, a, mingjing.StaffKeyRevoked, k); err != nil {
			return mingjing.AgencyKey{}, err
		}
		return k, db(t).SetAgencyKey(ctx, k)
	})
}

// AgencyByKey returns the agency of a key that signs what it submits, as an actor; a
// key_unknown error if there is no such key or it is good no longer. The caller must know
// that the key was used rightly.
func (c *Keys) AgencyByKey(ctx context.Context, id string) (mingjing.Actor, error) {
	var k mingjing.AgencyKey
	err := c.city.Read(ctx, func(t *kernel.Tx) (err error) {
		k, err = db(t).AgencyKey(ctx, id)
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) || err == nil && (k.Use != mingjing.KeySubmit || !k.Usable(c.city.Now())) {
		return mingjing.Actor{}, mingjing.NewError(mingjing.Unauthenticated, "key_unknown")
	}
	return mingjing.Actor{Role: mingjing.RoleAgency, ID: k.ID, Agency: k.Agency}, err
}

// AskingKeys returns for each agency that has any the id of the key with which it is
// asked: one that is being replaced, until it ends, and otherwise the oldest. So the
// agency has that time to install the new one.
func (c *Keys) AskingKeys(ctx context.Context) (map[string]string, error) {
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (map[string]string, error) {
		keys, err := db(t).AgencyKeys(ctx)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(keys, func(a, b mingjing.AgencyKey) int { // they are oldest first
			switch {
			case a.EndsAt == nil && b.EndsAt == nil:
				return 0
			case a.EndsAt == nil:
				return 1
			case b.EndsAt == nil:
				return -1
			}
			return a.EndsAt.Compare(*b.EndsAt)
		})
		by := map[string]string{}
		for _, k := range keys {
			if k.Use == mingjing.KeyAsk && k.Usable(c.city.Now()) && by[k.Agency] == "" {
				by[k.Agency] = k.ID
			}
		}
		return by, nil
	})
}

package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mingjing"
)

// An ErasureList is kept apart from the database, so that who was erased stays so
// when yesterday's backup is restored. It holds random ids and nothing else.
type ErasureList interface {
	// Add is durable when it returns. Adding an id again changes nothing.
	Add(ctx context.Context, resident mingjing.ResidentID) error
	All(ctx context.Context) ([]mingjing.ResidentID, error)
}

// Accounts are the residents' logins.
type Accounts interface {
	// Forget removes the login of an ID number, and ends its sessions; that there is
	// none is no error.
	Forget(ctx context.Context, n mingjing.IDNumber) error
}

// An ErasureTx is what a [Tx] keeps of those who leave.
type ErasureTx interface {
	AddErasure(ctx context.Context, e Erasure) error // ErrExists: the resident has one
	Erasure(ctx context.Context, id string) (Erasure, error)
	ErasureOf(ctx context.Context, resident mingjing.ResidentID) (Erasure, error)
	SetErasure(ctx context.Context, e Erasure) error
	// Erase destroys the keys of a resident and the hash of the ID number, and deletes
	// all that need not stay; see [mingjing.ErasureKept]. Nothing of the resident is
	// found any more.
	Erase(ctx context.Context, resident mingjing.ResidentID) error
	// Erased says whether there is nothing of a resident, or no longer.
	Erased(ctx context.Context, resident mingjing.ResidentID) (bool, error)
}

// An Erasure is an erasure as it is stored.
type Erasure struct {
	mingjing.Erasure
	Resident mingjing.ResidentID
}

// Leaving is what the actor reads before leaving.
func (c *Casework) Leaving(ctx context.Context, a mingjing.Actor) (mingjing.LeaveView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.LeaveView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.LeaveView, error) {
		t.because(a, "leave", "", "own")
		v := mingjing.LeaveView{OpenCases: []mingjing.Dispute{}}
		open, err := openCases(ctx, t, me)
		if err != nil {
			return v, err
		}
		for _, d := range open {
			shown, err := c.showOwn(ctx, t, d)
			if err != nil {
				return v, err
			}
			v.OpenCases = append(v.OpenCases, shown)
		}
		consents, err := t.Consents(ctx, me)
		for _, k := range consents {
			v.Scoring = v.Scoring || k.WithdrawnAt == nil
		}
		return v, err
	})
}

func openCases(ctx context.Context, t *tx, me mingjing.ResidentID) (open []Dispute, err error) {
	all, err := t.Disputes(ctx, me)
	for _, d := range all {
		if d.State != mingjing.DisputeDecided {
			open = append(open, d)
		}
	}
	return open, err
}

// Leave ends scoring at once and has everything about the actor erased, which
// cannot be undone. Open cases are a leave_cases_open error: they must be decided
// first, so that nobody loses a protection by mistake. It needs a fresh login.
func (c *Casework) Leave(ctx context.Context, a mingjing.Actor) (mingjing.Erasure, error) {
	me, err := asFresh(a)
	if err != nil {
		return mingjing.Erasure{}, err
	}
	if c.erasures == nil || c.accounts == nil {
		return mingjing.Erasure{}, mingjing.Errorf(mingjing.Unavailable, "identity_down")
	}
	return within(ctx, c, func(t *tx) (mingjing.Erasure, error) {
		t.because(a, "leave", "", "own")
		old, err := t.ErasureOf(ctx, me)
		if !errors.Is(err, ErrNotFound) {
			return old.Erasure, err
		}
		open, err := openCases(ctx, t, me)
		if err != nil {
			return mingjing.Erasure{}, err
		}
		if len(open) > 0 {
			return mingjing.Erasure{}, mingjing.Errorf(mingjing.Conflict, "leave_cases_open")
		}
		now := c.Now().UTC()
		consents, err := t.Consents(ctx, me)
		if err != nil {
			return mingjing.Erasure{}, err
		}
		for _, k := range consents {
			if k.WithdrawnAt != nil {
				continue
			}
			if err := c.withdrawIn(ctx, t, me, k.Rulebook, now); err != nil {
				return mingjing.Erasure{}, err
			}
		}
		e := Erasure{Resident: me, Erasure: mingjing.Erasure{ID: newID(), AskedAt: now}}
		if err := t.AddErasure(ctx, e); err != nil {
			return mingjing.Erasure{}, err
		}
		return e.Erasure, t.Enqueue(ctx, Job{Kind: JobErase, ID: e.ID})
	})
}

// Erasure is how far an erasure has got, for whoever has its receipt.
func (c *Casework) Erasure(ctx context.Context, id string) (mingjing.Erasure, error) {
	return within(ctx, c, func(t *tx) (mingjing.Erasure, error) {
		e, err := t.Erasure(ctx, id)
		return e.Erasure, err
	})
}

// erase does an erasure, step by step; each step is kept, and it can be cut off
// anywhere and called again.
func (c *Casework) erase(ctx context.Context, id string) error {
	var (
		e Erasure
		n mingjing.IDNumber
	)
	err := c.tx(ctx, func(t *tx) (err error) {
		if e, err = t.Erasure(ctx, id); err != nil || e.ErasedAt != nil {
			return err
		}
		t.part(system, "leave", "", "own", id)
		r, err := t.Resident(ctx, e.Resident)
		n = r.IDNumber
		return err
	})
	if errors.Is(err, ErrNotFound) || err == nil && e.ErasedAt != nil {
		return nil
	}
	step := func(at **time.Time, do func(context.Context) error) {
		if err != nil || *at != nil {
			return
		}
		if err = do(ctx); err != nil {
			return
		}
		now := c.Now().UTC()
		*at = &now
		err = c.tx(ctx, func(t *tx) error { return t.SetErasure(ctx, e) })
	}
	step(&e.ListedAt, func(ctx context.Context) error { return c.erasures.Add(ctx, e.Resident) })
	step(&e.LoginAt, func(ctx context.Context) error { return c.accounts.Forget(ctx, n) })
	step(&e.ErasedAt, func(ctx context.Context) error {
		return c.tx(ctx, func(t *tx) error { return t.Erase(ctx, e.Resident) })
	})
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return nil
}

// ReplayErasures erases those on the list who are there again, as after a backup
// was restored. It comes before anybody is served.
func (c *Casework) ReplayErasures(ctx context.Context) (n int, err error) {
	list, err := c.erasures.All(ctx)
	if err != nil {
		return 0, fmt.Errorf("replay erasures: %w", err)
	}
	for _, resident := range list {
		var e Erasure
		err := c.tx(ctx, func(t *tx) error {
			gone, err := t.Erased(ctx, resident)
			if err != nil || gone {
				e = Erasure{}
				return err
			}
			if e, err = t.ErasureOf(ctx, resident); errors.Is(err, ErrNotFound) {
				e = Erasure{Resident: resident, Erasure: mingjing.Erasure{ID: newID(), AskedAt: c.Now().UTC()}}
				return t.AddErasure(ctx, e)
			} else if err != nil {
				return err
			}
			e.LoginAt, e.ErasedAt = nil, nil // it came back with the backup
			return t.SetErasure(ctx, e)
		})
		if err != nil {
			return n, fmt.Errorf("replay erasures: %w", err)
		}
		if e.ID == "" {
			continue
		}
		if err := c.erase(ctx, e.ID); err != nil {
			return n, fmt.Errorf("replay erasures: %w", err)
		}
		n++
	}
	return n, nil
}

package takeaway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
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

// An Erasure is an erasure as it is stored.
type Erasure struct {
	mingjing.Erasure
	Resident mingjing.ResidentID
}

// Leaving is what the actor reads before leaving.
func (c *Takeaway) Leaving(ctx context.Context, a mingjing.Actor) (mingjing.LeaveView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.LeaveView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.LeaveView, error) {
		t.Because(a, "leave", "", "own")
		v := mingjing.LeaveView{OpenCases: []mingjing.Dispute{}}
		open, err := openCases(ctx, t, me)
		if err != nil {
			return v, err
		}
		for _, d := range open {
			shown, err := c.cases.ShowOwn(ctx, t, d)
			if err != nil {
				return v, err
			}
			v.OpenCases = append(v.OpenCases, shown)
		}
		consents, err := db(t).Consents(ctx, me)
		for _, k := range consents {
			v.Scoring = v.Scoring || k.WithdrawnAt == nil
		}
		return v, err
	})
}

func openCases(ctx context.Context, t *kernel.Tx, me mingjing.ResidentID) (open []cases.Dispute, err error) {
	all, err := db(t).Disputes(ctx, me)
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
func (c *Takeaway) Leave(ctx context.Context, a mingjing.Actor) (mingjing.Erasure, error) {
	me, err := asFresh(a)
	if err != nil {
		return mingjing.Erasure{}, err
	}
	if c.erasures == nil || c.accounts == nil {
		return mingjing.Erasure{}, mingjing.Errorf(mingjing.Unavailable, "identity_down")
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Erasure, error) {
		t.Because(a, "leave", "", "own")
		old, err := db(t).ErasureOf(ctx, me)
		if !errors.Is(err, kernel.ErrNotFound) {
			return old.Erasure, err
		}
		open, err := openCases(ctx, t, me)
		if err != nil {
			return mingjing.Erasure{}, err
		}
		if len(open) > 0 {
			return mingjing.Erasure{}, mingjing.Errorf(mingjing.Conflict, "leave_cases_open")
		}
		now := c.city.Now().UTC()
		consents, err := db(t).Consents(ctx, me)
		if err != nil {
			return mingjing.Erasure{}, err
		}
		for _, k := range consents {
			if k.WithdrawnAt != nil {
				continue
			}
			if err := c.scores.WithdrawIn(ctx, t, me, k.Rulebook, now); err != nil {
				return mingjing.Erasure{}, err
			}
		}
		e := Erasure{Resident: me, Erasure: mingjing.Erasure{ID: kernel.NewID(), AskedAt: now}}
		if err := db(t).AddErasure(ctx, e); err != nil {
			return mingjing.Erasure{}, err
		}
		return e.Erasure, t.Enqueue(ctx, kernel.Job{Kind: JobErase, ID: e.ID})
	})
}

// Erasure is how far an erasure has got, for whoever has its receipt.
func (c *Takeaway) Erasure(ctx context.Context, id string) (mingjing.Erasure, error) {
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Erasure, error) {
		e, err := db(t).Erasure(ctx, id)
		return e.Erasure, err
	})
}

// erase does an erasure, step by step; each step is kept, and it can be cut off
// anywhere and called again.
func (c *Takeaway) erase(ctx context.Context, id string) error {
	var (
		e Erasure
		n mingjing.IDNumber
	)
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		if e, err = db(t).Erasure(ctx, id); err != nil || e.ErasedAt != nil {
			return err
		}
		t.Part(kernel.System, "leave", "", "own", id)
		r, err := db(t).Resident(ctx, e.Resident)
		n = r.IDNumber
		return err
	})
	if errors.Is(err, kernel.ErrNotFound) || err == nil && e.ErasedAt != nil {
		return nil
	}
	step := func(at **time.Time, do func(context.Context) error) {
		if err != nil || *at != nil {
			return
		}
		if err = do(ctx); err != nil {
			return
		}
		now := c.city.Now().UTC()
		*at = &now
		err = c.city.Tx(ctx, func(t *kernel.Tx) error { return db(t).SetErasure(ctx, e) })
	}
	step(&e.ListedAt, func(ctx context.Context) error { return c.erasures.Add(ctx, e.Resident) })
	step(&e.LoginAt, func(ctx context.Context) error { return c.accounts.Forget(ctx, n) })
	step(&e.ErasedAt, func(ctx context.Context) error {
		return c.city.Tx(ctx, func(t *kernel.Tx) error { return db(t).Erase(ctx, e.Resident) })
	})
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return nil
}

// ReplayErasures erases those on the list who are there again, as after a backup
// was restored. It comes before anybody is served.
func (c *Takeaway) ReplayErasures(ctx context.Context) (n int, err error) {
	list, err := c.erasures.All(ctx)
	if err != nil {
		return 0, fmt.Errorf("replay erasures: %w", err)
	}
	for _, resident := range list {
		var e Erasure
		err := c.city.Tx(ctx, func(t *kernel.Tx) error {
			gone, err := db(t).Erased(ctx, resident)
			if err != nil || gone {
				e = Erasure{}
				return err
			}
			if e, err = db(t).ErasureOf(ctx, resident); errors.Is(err, kernel.ErrNotFound) {
				e = Erasure{Resident: resident, Erasure: mingjing.Erasure{ID: kernel.NewID(), AskedAt: c.city.Now().UTC()}}
				return db(t).AddErasure(ctx, e)
			} else if err != nil {
				return err
			}
			e.LoginAt, e.ErasedAt = nil, nil // it came back with the backup
			return db(t).SetErasure(ctx, e)
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

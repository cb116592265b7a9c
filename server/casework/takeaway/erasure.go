package takeaway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mingjing"
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
	// ForgetResident is Forget for somebody whose ID number nobody knows any more. It
	// looks at every login there is.
	ForgetResident(ctx context.Context, resident mingjing.ResidentID) error
}

// An Erasure is an erasure as it is stored.
type Erasure struct {
	mingjing.Erasure
	Resident mingjing.ResidentID
}

// Leaving returns what the actor is told before leaving.
func (c *Takeaway) Leaving(ctx context.Context, a mingjing.Actor) (mingjing.LeaveView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.LeaveView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.LeaveView, error) {
		rd := t.As(c.city.Entry(a, "leave", "", "own"))
		v := mingjing.LeaveView{OpenCases: []mingjing.Case{}}
		open, err := read(rd).OpenCasesOf(ctx, me)
		if err != nil {
			return v, err
		}
		if v.OpenCases, err = c.cases.ShowAllOwn(ctx, rd, me, open); err != nil {
			return v, err
		}
		consents, err := read(rd).Consents(ctx, me)
		for _, k := range consents {
			v.Scoring = v.Scoring || k.WithdrawnAt == nil
		}
		return v, err
	})
}

// Leave ends scoring at once and erases everything about the actor, which cannot be
// undone. It returns the receipt when the erasure is in the database and on
// the list. Open cases are a leave_cases_open error: they must be decided first, so that
// nobody loses a protection by mistake. It needs a fresh login.
func (c *Takeaway) Leave(ctx context.Context, a mingjing.Actor) (mingjing.Erasure, error) {
	me, err := asFresh(a)
	if err == nil && me.Subject() != mingjing.OfResidents { // an organisation is kept by law
		err = kernel.ErrForbidden
	}
	if err != nil {
		return mingjing.Erasure{}, err
	}
	if c.erasures == nil || c.accounts == nil {
		return mingjing.Erasure{}, mingjing.NewError(mingjing.Unavailable, "identity_down")
	}
	e, err := kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Erasure, error) {
		rd := t.As(c.city.Entry(a, "leave", "", "own"))
		old, err := db(t).ErasureOf(ctx, me)
		if !errors.Is(err, kernel.ErrNotFound) {
			return old.Erasure, err
		}
		open, err := read(rd).OpenCasesOf(ctx, me)
		if err != nil {
			return mingjing.Erasure{}, err
		}
		if len(open) > 0 {
			return mingjing.Erasure{}, mingjing.NewError(mingjing.Conflict, "leave_cases_open")
		}
		now := c.city.Now().UTC()
		consents, err := read(rd).Consents(ctx, me)
		if err != nil {
			return mingjing.Erasure{}, err
		}
		for _, k := range consents {
			if k.WithdrawnAt != nil {
				continue
			}
			if err := c.scores.WithdrawIn(ctx, rd, me, k.Rulebook, now); err != nil {
				return mingjing.Erasure{}, err
			}
		}
		e := Erasure{Resident: me, Erasure: mingjing.Erasure{ID: kernel.NewID(), AskedAt: now}}
		if err := db(t).AddErasure(ctx, e); err != nil {
			return mingjing.Erasure{}, err
		}
		return e.Erasure, t.Enqueue(ctx, kernel.Job{Kind: JobErase, ID: e.ID})
	})
	if err != nil || e.ListedAt != nil {
		return e, err
	}
	// Nobody gets a receipt who could come back with a backup.
	if err := c.erasures.Add(ctx, me); err != nil {
		c.city.Log().Error("a resident has asked to leave and is not on the list of erasures", "err", err)
		return mingjing.Erasure{}, fmt.Errorf("%w: %w", kernel.ErrUnavailable, err)
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.Erasure, error) {
		e, err := db(t).ErasureOf(ctx, me) // the job may be further
		if err != nil || e.ListedAt != nil {
			return e.Erasure, err
		}
		now := c.city.Now().UTC()
		e.ListedAt = &now
		return e.Erasure, db(t).SetErasure(ctx, e)
	})
}

// Erasure returns how far an erasure has got, to whoever has its receipt.
func (c *Takeaway) Erasure(ctx context.Context, id string) (mingjing.Erasure, error) {
	return kernel.InRead(ctx, c.city, func(t *kernel.Tx) (mingjing.Erasure, error) {
		e, err := db(t).Erasure(ctx, id)
		return e.Erasure, err
	})
}

// erase is the job that does an erasure, step by step. What is done outside the database
// can be done twice, and is noted after it; the last step and its note are one
// transaction. So it can be interrupted anywhere and called again, and always ends with
// the note.
func (c *Takeaway) erase(ctx context.Context, id string) error {
	var (
		e Erasure
		n mingjing.IDNumber // "" where nothing of the resident opens any more
	)
	err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
		if e, err = db(t).Erasure(ctx, id); err != nil || e.ErasedAt != nil {
			return err
		}
		rd := t.As(c.city.Entry(kernel.System, "leave", "", "own").Once(id))
		r, err := read(rd).Resident(ctx, e.Resident)
		n = r.IDNumber
		return ignoreNotFound(err)
	})
	if errors.Is(err, kernel.ErrNotFound) || err == nil && e.ErasedAt != nil {
		return nil
	}
	step := func(at **time.Time, do func() error, inTx func(t *kernel.Tx) error) {
		if err != nil || *at != nil {
			return
		}
		if err = do(); err != nil {
			return
		}
		now := c.city.Now().UTC()
		*at = &now
		err = c.city.Tx(ctx, func(t *kernel.Tx) error {
			if err := inTx(t); err != nil {
				return err
			}
			return db(t).SetErasure(ctx, e)
		})
	}
	nothing, noted := func() error { return nil }, func(*kernel.Tx) error { return nil }
	step(&e.ListedAt, func() error { return c.erasures.Add(ctx, e.Resident) }, noted)
	step(&e.LoginAt, func() error {
		if n == "" {
			return c.accounts.ForgetResident(ctx, e.Resident)
		}
		return c.accounts.Forget(ctx, n)
	}, noted)
	step(&e.ErasedAt, nothing, func(t *kernel.Tx) error { return ignoreNotFound(db(t).Erase(ctx, e.Resident)) })
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, kernel.ErrNotFound) {
		return nil
	}
	return err
}

// ReplayErasures erases those on the list who are there again, as after a backup
// was restored, and returns how many they are. The login is removed of those too of
// whom the backup has nothing: it may be younger than the backup. ReplayErasures comes
// before anybody is served.
func (c *Takeaway) ReplayErasures(ctx context.Context) (n int, err error) {
	list, err := c.completeList(ctx)
	if err != nil {
		return 0, fmt.Errorf("replay erasures: %w", err)
	}
	for _, resident := range list {
		e, there, err := c.reopen(ctx, resident)
		if err == nil && e.ErasedAt == nil {
			err = c.erase(ctx, e.ID)
		}
		if err != nil {
			return n, fmt.Errorf("replay erasures: %w", err)
		}
		if there {
			n++
		}
	}
	return n, nil
}

// completeList returns the list, after those were added to it who are on it by the
// database alone: the file was lost, or is older.
func (c *Takeaway) completeList(ctx context.Context) ([]mingjing.ResidentID, error) {
	list, err := c.erasures.All(ctx)
	if err != nil {
		return nil, err
	}
	noted, err := kernel.InRead(ctx, c.city, func(t *kernel.Tx) ([]mingjing.ResidentID, error) { return db(t).ListedResidents(ctx) })
	for _, resident := range noted {
		if !slices.Contains(list, resident) && err == nil {
			list, err = append(list, resident), c.erasures.Add(ctx, resident)
		}
	}
	return list, err
}

// reopen returns the erasure of somebody on the list as it is to go on; there says that
// the resident is in the database.
func (c *Takeaway) reopen(ctx context.Context, resident mingjing.ResidentID) (e Erasure, there bool, err error) {
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		gone, err := db(t).Erased(ctx, resident)
		if err != nil {
			return err
		}
		there = !gone
		if e, err = db(t).ErasureOf(ctx, resident); errors.Is(err, kernel.ErrNotFound) {
			e = Erasure{Resident: resident, Erasure: mingjing.Erasure{ID: kernel.NewID(), AskedAt: c.city.Now().UTC()}}
			return db(t).AddErasure(ctx, e)
		}
		if err != nil || gone {
			return err
		}
		e.LoginAt, e.ErasedAt = nil, nil // they came back with the backup
		return db(t).SetErasure(ctx, e)
	})
	return e, there, err
}

package score

import (
	"context"
	"errors"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Consents returns what the actor agreed to, in force or withdrawn.
func (c *Scores) Consents(ctx context.Context, a mingjing.Actor) (mingjing.ConsentsView, error) {
	me, err := kernel.AsResident(a)
	if err != nil {
		return mingjing.ConsentsView{}, err
	}
	return kernel.InTx(ctx, c.city, func(t *kernel.Tx) (mingjing.ConsentsView, error) {
		rd := t.As(c.city.Entry(a, "consents", "", "own"))
		consents, err := read(rd).Consents(ctx, me)
		return mingjing.ConsentsView{Consents: consents}, err
	})
}

// Withdraw takes back the actor's consent to a rulebook: its scores go, what is
// shared of them ends, a request that is being worked on ends, and what agencies
// have answered to it goes too. Withdrawing what was not given is a
// nothing_to_withdraw error.
func (c *Scores) Withdraw(ctx context.Context, a mingjing.Actor, rulebook string) error {
	me, err := kernel.AsResident(a)
	if err != nil {
		return err
	}
	err = c.city.Tx(ctx, func(t *kernel.Tx) error {
		rd := t.As(c.city.Entry(a, "consents", rulebook, "own"))
		now := c.city.Now().UTC()
		consents, err := read(rd).Consents(ctx, me)
		if err != nil {
			return err
		}
		if !InForce(consents, rulebook) { // a rulebook may have been published once
			if _, err := c.city.Book(rulebook); err != nil {
				return err
			}
			return mingjing.NewError(mingjing.Conflict, "nothing_to_withdraw")
		}
		return c.WithdrawIn(ctx, rd, me, rulebook, now)
	})
	return kernel.Public(err)
}

// WithdrawIn withdraws a consent in the transaction of the reader.
func (c *Scores) WithdrawIn(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, rulebook string, now time.Time) error {
	if err := read(rd).WithdrawConsents(ctx, me, rulebook, now); err != nil {
		return err
	}
	if err := db(rd).DeleteScores(ctx, me, rulebook); err != nil {
		return err
	}
	if ended, err := db(rd).RevokeShares(ctx, me, rulebook, now); err != nil {
		return err
	} else if ended {
		if err := rd.Emit(ctx, string(me), mingjing.EventShare, "all", now); err != nil {
			return err
		}
	}
	r, err := read(rd).OpenRequest(ctx, me)
	switch {
	case errors.Is(err, kernel.ErrNotFound):
	case err != nil:
		return err
	case r.Rulebook.ID == rulebook:
		if err := c.endRequest(ctx, rd, r, now); err != nil {
			return err
		}
	}
	return rd.Emit(ctx, string(me), mingjing.EventConsent, rulebook, now)
}

// endRequest ends a request after its consent was withdrawn.
func (c *Scores) endRequest(ctx context.Context, rd *kernel.Reader, r Request, now time.Time) error {
	r.State, r.FinishedAt = mingjing.RequestWithdrawn, &now
	c.leave(r.ID)
	if err := db(rd).SetRequest(ctx, r); err != nil {
		return err
	}
	sources, err := read(rd).Sources(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, s := range sources {
		if s.Reply == nil {
			continue
		}
		s.Reply = nil
		if err := db(rd).SetSource(ctx, r.ID, s); err != nil {
			return err
		}
	}
	return rd.Emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, now)
}

// InForce reports whether one of the consents to a rulebook was not withdrawn.
func InForce(consents []mingjing.Consent, rulebook string) bool {
	return slices.ContainsFunc(consents, func(k mingjing.Consent) bool {
		return k.Rulebook == rulebook && k.WithdrawnAt == nil
	})
}

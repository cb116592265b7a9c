package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
)

// Enrol makes a resident known by ID number and name, and returns the random id;
// the id that is there already when the ID number is known. Only the bureau's
// own enrolment calls it, never a request from outside.
func (c *Casework) Enrol(ctx context.Context, n mingjing.IDNumber, name string) (mingjing.ResidentID, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > 100 {
		return "", mingjing.InvalidFields(mingjing.FieldError{Field: "name", Code: "required"})
	}
	id := mingjing.ResidentID(newID())
	err := c.tx(ctx, func(t *tx) error {
		if err := t.AddResident(ctx, Resident{ID: id, IDNumber: n, Name: name, CreatedAt: c.Now().UTC()}); err != nil {
			return err
		}
		return c.tellOffers(ctx, t, id)
	})
	if errors.Is(err, ErrExists) {
		err = c.tx(ctx, func(t *tx) (err error) {
			id, err = t.ResidentByIDNumber(ctx, n)
			return err
		})
	}
	if err != nil {
		return "", fmt.Errorf("enrol resident: %w", err)
	}
	return id, nil
}

// Residents is how many residents are enrolled.
func (c *Casework) Residents(ctx context.Context) (n int, err error) {
	err = c.tx(ctx, func(t *tx) (err error) {
		n, err = t.Residents(ctx)
		return err
	})
	return n, err
}

// Viewer is the actor as the top of a screen names them.
func (c *Casework) Viewer(ctx context.Context, a mingjing.Actor) (mingjing.Viewer, error) {
	if a.Role != mingjing.RoleResident {
		return mingjing.Viewer{Role: a.Role, Name: a.Name, IDMasked: a.ID, Agency: a.Agency}, nil
	}
	return within(ctx, c, func(t *tx) (mingjing.Viewer, error) {
		t.part(a, "screen", "", "own", string(c.today())) // it is on every page
		r, err := t.Resident(ctx, mingjing.ResidentID(a.ID))
		if err != nil {
			return mingjing.Viewer{}, err
		}
		unread, err := t.UnreadNotices(ctx, r.ID)
		return mingjing.Viewer{Role: a.Role, Name: r.Name, IDMasked: r.IDNumber.Masked(), Unread: unread}, err
	})
}

// AccessLog is a page of the looks at the actor's own data, newest first; others
// leaves out the actor's own looks. An unknown cursor is an invalid_cursor error.
// Reading it is a look as well.
func (c *Casework) AccessLog(ctx context.Context, a mingjing.Actor, others bool, cursor string) (mingjing.AccessLogView, error) {
	const page = 50
	me, err := asResident(a)
	if err != nil {
		return mingjing.AccessLogView{}, err
	}
	before := int64(0)
	if cursor != "" {
		before, err = strconv.ParseInt(cursor, 10, 64)
		if err != nil || before < 1 {
			return mingjing.AccessLogView{}, mingjing.Errorf(mingjing.Invalid, "invalid_cursor")
		}
	}
	return within(ctx, c, func(t *tx) (mingjing.AccessLogView, error) {
		v := mingjing.AccessLogView{Others: others}
		t.because(a, "access_log", "", "own")
		if v.Looks, err = t.Looks(ctx, me, others, before, page+1); err != nil {
			return v, err
		}
		if len(v.Looks) > page {
			v.Looks = v.Looks[:page]
			v.Next = strconv.FormatInt(v.Looks[page-1].Seq, 10)
		}
		if n := len(v.Looks); n > 0 {
			if v.Inquiries, err = inquiriesAbout(ctx, t, me, v.Looks[n-1].Seq, v.Looks[0].Seq); err != nil {
				return v, err
			}
		}
		return v, nil
	})
}

// Consents are what the actor agreed to, in force or withdrawn.
func (c *Casework) Consents(ctx context.Context, a mingjing.Actor) (mingjing.ConsentsView, error) {
	me, err := asResident(a)
	if err != nil {
		return mingjing.ConsentsView{}, err
	}
	return within(ctx, c, func(t *tx) (mingjing.ConsentsView, error) {
		t.because(a, "consents", "", "own")
		consents, err := t.Consents(ctx, me)
		return mingjing.ConsentsView{Consents: consents}, err
	})
}

// Withdraw takes back the actor's consent to a rulebook: its scores go, what is
// shared of them ends, a request that is being worked on ends, and what agencies
// have answered to it goes too. Withdrawing what was not given is a
// nothing_to_withdraw error.
func (c *Casework) Withdraw(ctx context.Context, a mingjing.Actor, rulebook string) error {
	me, err := asResident(a)
	if err != nil {
		return err
	}
	err = c.tx(ctx, func(t *tx) error {
		t.because(a, "consents", rulebook, "own")
		now := c.Now().UTC()
		consents, err := t.Consents(ctx, me)
		if err != nil {
			return err
		}
		if !inForce(consents, rulebook) { // a rulebook may have been published once
			if _, err := c.Book(rulebook); err != nil {
				return err
			}
			return mingjing.Errorf(mingjing.Conflict, "nothing_to_withdraw")
		}
		return c.withdrawIn(ctx, t, me, rulebook, now)
	})
	return public(err)
}

// withdrawIn is the transaction in which a consent is taken back.
func (c *Casework) withdrawIn(ctx context.Context, t *tx, me mingjing.ResidentID, rulebook string, now time.Time) error {
	if err := t.WithdrawConsents(ctx, me, rulebook, now); err != nil {
		return err
	}
	if err := t.DeleteScores(ctx, me, rulebook); err != nil {
		return err
	}
	if ended, err := t.RevokeShares(ctx, me, rulebook, now); err != nil {
		return err
	} else if ended {
		if err := t.emit(ctx, string(me), mingjing.EventShare, "all", now); err != nil {
			return err
		}
	}
	r, err := t.OpenRequest(ctx, me)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case r.Rulebook.ID == rulebook:
		if err := c.endRequest(ctx, t, r, now); err != nil {
			return err
		}
	}
	return t.emit(ctx, string(me), mingjing.EventConsent, rulebook, now)
}

// endRequest ends a request that the resident no longer wants.
func (c *Casework) endRequest(ctx context.Context, t *tx, r Request, now time.Time) error {
	r.State, r.FinishedAt = mingjing.RequestWithdrawn, &now
	if err := t.SetRequest(ctx, r); err != nil {
		return err
	}
	sources, err := t.Sources(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, s := range sources {
		if s.Reply == nil {
			continue
		}
		s.Reply = nil
		if err := t.SetSource(ctx, r.ID, s); err != nil {
			return err
		}
	}
	return t.emit(ctx, string(r.Resident), mingjing.EventRequest, r.ID, now)
}

func inForce(consents []mingjing.Consent, rulebook string) bool {
	return slices.ContainsFunc(consents, func(k mingjing.Consent) bool {
		return k.Rulebook == rulebook && k.WithdrawnAt == nil
	})
}

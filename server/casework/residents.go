package casework

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
		return t.AddResident(ctx, Resident{ID: id, IDNumber: n, Name: name, CreatedAt: c.Now().UTC()})
	})
	if errors.Is(err, ErrExists) {
		err = c.tx(ctx, func(t *tx) error {
			r, err := t.ResidentByIDNumber(ctx, n)
			id = r.ID
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
	err = c.store.Tx(ctx, func(t Tx) (err error) {
		n, err = t.Residents(ctx)
		return err
	})
	return n, err
}

// Viewer is the actor as the top of a screen names them.
func (c *Casework) Viewer(ctx context.Context, a mingjing.Actor) (mingjing.Viewer, error) {
	v := mingjing.Viewer{Role: a.Role, Name: a.Name, IDMasked: a.ID}
	if a.Role != mingjing.RoleResident {
		return v, nil
	}
	err := c.store.Tx(ctx, func(t Tx) error {
		r, err := t.Resident(ctx, mingjing.ResidentID(a.ID))
		v.Name, v.IDMasked = r.Name, r.IDNumber.Masked()
		return err
	})
	return v, public(err)
}

// AccessLog is a page of the looks at the actor's own data, newest first; others
// leaves out the actor's own looks. An unknown cursor is an invalid_cursor error.
func (c *Casework) AccessLog(ctx context.Context, a mingjing.Actor, others bool, cursor string) (mingjing.AccessLogView, error) {
	const page = 50
	v := mingjing.AccessLogView{Others: others, Looks: []mingjing.Look{}}
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	before := int64(0)
	if cursor != "" {
		before, err = strconv.ParseInt(cursor, 10, 64)
		if err != nil || before < 1 {
			return v, mingjing.Errorf(mingjing.Invalid, "invalid_cursor")
		}
	}
	err = c.tx(ctx, func(t *tx) error {
		looks, err := t.Looks(ctx, me, others, before, page+1)
		if err != nil {
			return err
		}
		v.Next = ""
		if len(looks) > page {
			looks = looks[:page]
			v.Next = strconv.FormatInt(looks[page-1].Seq, 10)
		}
		v.Looks = append([]mingjing.Look{}, looks...)
		return nil
	})
	return v, public(err)
}

// Consents are what the actor agreed to, in force or withdrawn.
func (c *Casework) Consents(ctx context.Context, a mingjing.Actor) (mingjing.ConsentsView, error) {
	v := mingjing.ConsentsView{}
	me, err := asResident(a)
	if err != nil {
		return v, err
	}
	err = c.tx(ctx, func(t *tx) (err error) {
		v.Consents, err = t.Consents(ctx, me)
		return err
	})
	return v, public(err)
}

// Withdraw takes back the actor's consent to a rulebook: its scores go, and a
// request that is being worked on ends. Withdrawing what was not given is a
// nothing_to_withdraw error.
func (c *Casework) Withdraw(ctx context.Context, a mingjing.Actor, rulebook string) error {
	me, err := asResident(a)
	if err != nil {
		return err
	}
	if _, err := c.Book(rulebook); err != nil {
		return err
	}
	err = c.tx(ctx, func(t *tx) error {
		now := c.Now().UTC()
		consents, err := t.Consents(ctx, me)
		if err != nil {
			return err
		}
		if !inForce(consents, rulebook) {
			return mingjing.Errorf(mingjing.Conflict, "nothing_to_withdraw")
		}
		if err := t.WithdrawConsents(ctx, me, rulebook, now); err != nil {
			return err
		}
		if err := t.DeleteScores(ctx, me, rulebook); err != nil {
			return err
		}
		r, err := t.OpenRequest(ctx, me)
		if err == nil && r.Rulebook.ID == rulebook {
			r.State, r.FinishedAt = mingjing.RequestWithdrawn, &now
			if err := t.SetRequest(ctx, r); err != nil {
				return err
			}
			if err := t.emit(ctx, a.ID, mingjing.EventRequest, r.ID, now); err != nil {
				return err
			}
		} else if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		return t.emit(ctx, a.ID, mingjing.EventConsent, rulebook, now)
	})
	return public(err)
}

func inForce(consents []mingjing.Consent, rulebook string) bool {
	for _, k := range consents {
		if k.Rulebook == rulebook && k.WithdrawnAt == nil {
			return true
		}
	}
	return false
}

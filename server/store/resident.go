package store

import (
	"context"
	"errors"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// AddResident implements [casework.Tx].
func (t *tx) AddResident(ctx context.Context, r kernel.Resident) error {
	const op = "add a resident"
	made, err := t.addKeyset(ctx, string(r.ID))
	if err != nil {
		return err
	}
	t.markLocked("resident " + string(r.ID)) // there is no row to lock yet
	doc, err := t.seal(ctx, op, sealedResident, r.ID, r, r.ID)
	if err != nil {
		return err
	}
	err = t.insert(ctx, op, `INSERT INTO resident (id, id_hash, created_at, doc) VALUES (?, ?, ?, ?)`,
		string(r.ID), t.s.hash("", string(r.IDNumber)), micros(r.CreatedAt), doc)
	if err != nil {
		delete(t.locked, "resident "+string(r.ID))
	}
	if made && errors.Is(err, kernel.ErrExists) { // the ID number is another's
		_, gone := t.exec(ctx, op, `DELETE FROM keyset WHERE resident_id = ?`, string(r.ID))
		return errors.Join(err, gone)
	}
	return err
}

// Resident implements [casework.Reader].
func (t *reader) Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error) {
	if err := t.lock(ctx, id); err != nil {
		return kernel.Resident{}, err
	}
	return one[kernel.Resident](ctx, t, "read a resident", sealedResident, `WHERE id = ?`, string(id))
}

// ResidentByIDNumber implements [casework.Tx].
func (t *tx) ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (id mingjing.ResidentID, err error) {
	err = t.row(ctx, "find a resident by ID number", []any{&id}, `SELECT id FROM resident WHERE id_hash = ?`, t.s.hash("", string(n)))
	return id, err
}

// Residents implements [casework.Tx].
func (t *tx) Residents(ctx context.Context) (n int, err error) {
	err = t.row(ctx, "count the residents", []any{&n}, `SELECT count(*) FROM resident`)
	return n, err
}

// AddConsent implements [casework.Tx].
func (t *tx) AddConsent(ctx context.Context, resident mingjing.ResidentID, c mingjing.Consent) error {
	const op = "add a consent"
	doc, err := t.seal(ctx, op, sealedConsent, resident, c, c.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO consent (id, resident_id, rulebook, given_at, withdrawn_at, doc) VALUES (?, ?, ?, ?, ?, ?)`,
		c.ID, string(resident), c.Rulebook, micros(c.GivenAt), withdrawnAt(c), doc)
}

// Consents implements [casework.Reader].
func (t *reader) Consents(ctx context.Context, resident mingjing.ResidentID) ([]mingjing.Consent, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[mingjing.Consent](ctx, t, "list consents", sealedConsent,
		`WHERE resident_id = ? ORDER BY given_at, n`, string(resident))
}

// WithdrawConsents implements [casework.Reader].
func (t *reader) WithdrawConsents(ctx context.Context, resident mingjing.ResidentID, rulebook string, at time.Time) error {
	const op = "withdraw consents"
	if err := t.lockForList(ctx, resident); err != nil {
		return err
	}
	given, err := all[mingjing.Consent](ctx, t, op, sealedConsent,
		`WHERE resident_id = ? AND rulebook = ? AND withdrawn_at IS NULL`, string(resident), rulebook)
	if err != nil {
		return err
	}
	for _, c := range given {
		c.WithdrawnAt = &at
		doc, err := t.seal(ctx, op, sealedConsent, resident, c, c.ID)
		if err != nil {
			return err
		}
		if err := t.update(ctx, op, `UPDATE consent SET withdrawn_at = ?, doc = ? WHERE id = ?`, withdrawnAt(c), doc, c.ID); err != nil {
			return err
		}
	}
	return nil
}

func withdrawnAt(c mingjing.Consent) any {
	if c.WithdrawnAt == nil {
		return nil
	}
	return micros(*c.WithdrawnAt)
}

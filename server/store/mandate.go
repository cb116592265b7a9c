package store

import (
	"context"
	"database/sql"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
)

// PutMandate implements [casework.Tx]. The helper's number is kept as the very
// hash by which a resident is found, so that it names whoever is enrolled under it
// at any time, and nobody before.
func (t *tx) PutMandate(ctx context.Context, m mandate.Mandate) error {
	const op = "put a mandate"
	doc, err := t.seal(ctx, op, sealedMandate, m.OwnerID, m, m.ID)
	if err != nil {
		return err
	}
	if m.Number == "" {
		accepted := 0
		if m.Name != "" {
			accepted = 1
		}
		return t.update(ctx, op, `UPDATE mandate SET doc = ?, accepted = ? WHERE id = ? AND resident_id = ?`, doc, accepted, m.ID,
			string(m.OwnerID))
	}
	return t.insert(ctx, op, `INSERT INTO mandate (id, dispute_id, resident_id, helper_hash, made_at, doc) VALUES (?, ?, ?, ?, ?, ?)`,
		m.ID, m.CaseID, string(m.OwnerID), t.s.hash("", string(m.Number)), micros(m.From), doc)
}

// Mandate implements [casework.Reader].
func (t *reader) Mandate(ctx context.Context, id string, by mingjing.ResidentID) (mandate.Mandate, error) {
	if err := t.lockOwner(ctx, "mandate", id); err != nil {
		return mandate.Mandate{}, err
	}
	list, err := t.mandates(ctx, "read a mandate", by, `mandate.id = ?`, id)
	if err == nil && len(list) == 0 {
		err = t.wrapError("read a mandate", sql.ErrNoRows)
	}
	if err != nil {
		return mandate.Mandate{}, err
	}
	return list[0], nil
}

// MandatesOf implements [casework.Reader].
func (t *reader) MandatesOf(ctx context.Context, dispute string) ([]mandate.Mandate, error) {
	if err := ignoreNotFound(t.lockOwner(ctx, "dispute", dispute)); err != nil {
		return nil, err
	}
	return t.mandates(ctx, "list the mandates of a case", "", `mandate.dispute_id = ? ORDER BY made_at, mandate.id`, dispute)
}

// MandatesFor implements [casework.Reader].
func (t *reader) MandatesFor(ctx context.Context, helper mingjing.ResidentID) ([]mandate.Mandate, error) {
	if err := t.lockForList(ctx, helper); err != nil {
		return nil, err
	}
	return t.mandates(ctx, "list the mandates of a helper", helper, `helper.id = ? ORDER BY made_at DESC, mandate.id DESC`, string(helper))
}

// MandatesTo implements [casework.Reader].
func (t *reader) MandatesTo(ctx context.Context, owner mingjing.ResidentID, helper mingjing.IDNumber) ([]mandate.Mandate, error) {
	if err := t.lockForList(ctx, owner); err != nil {
		return nil, err
	}
	return t.mandates(ctx, "list the mandates to a number", owner,
		`mandate.resident_id = ? AND mandate.helper_hash = ? ORDER BY made_at, mandate.id`,
		string(owner), t.s.hash("", string(helper)))
}

// HelpedBy implements [casework.Tx].
func (t *tx) HelpedBy(ctx context.Context, helper mingjing.ResidentID) ([]mingjing.ResidentID, error) {
	var found []mingjing.ResidentID
	err := t.rows(ctx, "find who was helped", func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		found = append(found, mingjing.ResidentID(id))
		return nil
	}, `SELECT DISTINCT mandate.resident_id FROM mandate JOIN resident helper ON helper.id_hash = mandate.helper_hash
		WHERE helper.id = ? AND mandate.accepted = 1 ORDER BY mandate.resident_id`, string(helper))
	return found, err
}

// mandates returns the mandates that a query finds. A mandate belongs to two residents:
// the entry is in the access log of the one who reads it, by; "" is the owner.
func (t *reader) mandates(ctx context.Context, op string, by mingjing.ResidentID, where string, args ...any) ([]mandate.Mandate, error) {
	type row struct {
		sealedRow
		helper sql.NullString
	}
	var found []row // read before any is opened
	err := t.rows(ctx, op, func(rows *sql.Rows) error {
		r := row{sealedRow: sealedRow{key: make([]any, 1)}}
		err := rows.Scan(&r.owner, &r.key[0], &r.content, &r.helper)
		if found = append(found, r); len(found) > kernel.MaxList {
			return errTooMany
		}
		return err
	}, `SELECT mandate.resident_id, mandate.id, mandate.doc, helper.id FROM mandate
		LEFT JOIN resident helper ON helper.id_hash = mandate.helper_hash WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	list := []mandate.Mandate{}
	for _, r := range found {
		m, err := decode[mandate.Mandate](t.openFor(ctx, sealedMandate, r.sealedRow, by))
		if err != nil {
			return nil, t.wrapError(op, err)
		}
		m.HelperID = mingjing.ResidentID(r.helper.String)
		list = append(list, m)
	}
	return list, nil
}

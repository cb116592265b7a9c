package store

import (
	"context"
	"database/sql"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/share"
)

// A shareDoc is the personal content of a share.
type shareDoc struct {
	Purpose string
	Fields  []mingjing.ShareField
	Named   mingjing.ShareName
}

const shareHead = `id, resident_id, rulebook, made_at, ends_at, allowed, viewed, revoked_at, corrected_at`

// scanShareHead reads a row of the columns of shareHead, and more columns after them.
func scanShareHead(scan func(...any) error, more ...any) (h share.Head, err error) {
	var (
		made, ends         int64
		revoked, corrected sql.NullInt64
		resident           string
	)
	err = scan(append([]any{&h.ID, &resident, &h.Rulebook, &made, &ends, &h.Allowed, &h.Viewed, &revoked, &corrected}, more...)...)
	h.Resident, h.MadeAt, h.EndsAt = mingjing.ResidentID(resident), fromMicros(made), fromMicros(ends)
	h.RevokedAt, h.CorrectedAt = timeOrNil(revoked), timeOrNil(corrected)
	return h, err
}

func timeOrNil(us sql.NullInt64) *time.Time {
	if !us.Valid {
		return nil
	}
	at := fromMicros(us.Int64)
	return &at
}

// AddShare implements [casework.Tx].
func (t *tx) AddShare(ctx context.Context, s share.Share, code string) error {
	const op = "add a share"
	doc, err := t.seal(ctx, op, sealedShare, s.Resident, shareDoc{s.Purpose, s.Fields, s.Named}, s.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx,
		op, `INSERT INTO share (id, resident_id, code_hash, rulebook, made_at, ends_at, allowed, viewed, revoked_at, corrected_at, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, string(s.Resident), t.s.hash("share", code), s.Rulebook, micros(s.MadeAt), micros(s.EndsAt),
		s.Allowed, s.Viewed, microsOrNull(s.RevokedAt), microsOrNull(s.CorrectedAt), doc)
}

// ShareByCode implements [casework.Tx].
func (t *tx) ShareByCode(ctx context.Context, code string) (share.Head, error) {
	var id string
	if err := t.row(ctx, "find a share", []any{&id}, `SELECT id FROM share WHERE code_hash = ?`, t.s.hash("share", code)); err != nil {
		return share.Head{}, err
	}
	return t.ShareHead(ctx, id)
}

// ShareHead implements [casework.Tx].
func (t *tx) ShareHead(ctx context.Context, id string) (share.Head, error) {
	if err := t.lockOwner(ctx, "share", id); err != nil {
		return share.Head{}, err
	}
	return scanShareHead(func(dest ...any) error {
		return t.row(ctx, "read the head of a share", dest, `SELECT `+shareHead+` FROM share WHERE id = ?`, id)
	})
}

// Share implements [casework.Reader].
func (t *reader) Share(ctx context.Context, id string) (share.Share, error) {
	if err := t.lockOwner(ctx, "share", id); err != nil {
		return share.Share{}, err
	}
	const op = "read a share"
	var doc []byte
	h, err := scanShareHead(func(dest ...any) error {
		return t.row(ctx, op, dest, `SELECT `+shareHead+`, doc FROM share WHERE id = ?`, id)
	}, &doc)
	if err != nil {
		return share.Share{}, err
	}
	s, err := t.wholeShare(ctx, h, doc)
	return s, t.wrapError(op, err)
}

func (t *reader) wholeShare(ctx context.Context, h share.Head, doc []byte) (share.Share, error) {
	d, err := unseal[shareDoc](ctx, t, sealedShare, sealedRow{owner: string(h.Resident), key: []any{h.ID}, content: doc})
	return share.Share{Head: h, Purpose: d.Purpose, Fields: d.Fields, Named: d.Named}, err
}

// Shares implements [casework.Reader].
func (t *reader) Shares(ctx context.Context, resident mingjing.ResidentID) ([]share.Share, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	const op = "list shares"
	type row struct {
		head share.Head
		doc  []byte
	}
	var found []row // read before any is opened
	err := t.rows(ctx, op, func(rows *sql.Rows) (err error) {
		var r row
		r.head, err = scanShareHead(rows.Scan, &r.doc)
		if found = append(found, r); len(found) > kernel.MaxList {
			return errTooMany
		}
		return err
	}, `SELECT `+shareHead+`, doc FROM share WHERE resident_id = ? ORDER BY n DESC`, string(resident))
	if err != nil {
		return nil, err
	}
	list := []share.Share{}
	for _, r := range found {
		s, err := t.wholeShare(ctx, r.head, r.doc)
		if err != nil {
			return nil, t.wrapError(op, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// SetShare implements [casework.Tx].
func (t *tx) SetShare(ctx context.Context, h share.Head) error {
	if err := t.lockOwner(ctx, "share", h.ID); err != nil {
		return err
	}
	return t.update(ctx, "set a share", `UPDATE share SET viewed = ?, revoked_at = ?, corrected_at = ? WHERE id = ?`,
		h.Viewed, microsOrNull(h.RevokedAt), microsOrNull(h.CorrectedAt), h.ID)
}

// RevokeShares implements [casework.Tx].
func (t *tx) RevokeShares(ctx context.Context, resident mingjing.ResidentID, rulebook string, at time.Time) (bool, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return false, err
	}
	n, err := t.exec(ctx, "revoke shares", `UPDATE share SET revoked_at = ?
		WHERE resident_id = ? AND rulebook = ? AND revoked_at IS NULL AND viewed < allowed AND ends_at > ?`,
		micros(at), string(resident), rulebook, micros(at))
	return n > 0, err
}

// AddShareView implements [casework.Tx].
func (t *tx) AddShareView(ctx context.Context, v share.View) error {
	const op = "add a view of a share"
	doc, err := t.seal(ctx, op, sealedShareView, v.Resident, v, v.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO share_view (id, share_id, resident_id, at, doc) VALUES (?, ?, ?, ?, ?)`,
		v.ID, v.Share, string(v.Resident), micros(v.At), doc)
}

// ShareView implements [casework.Reader].
func (t *reader) ShareView(ctx context.Context, id string) (share.View, error) {
	if err := t.lockOwner(ctx, "share_view", id); err != nil {
		return share.View{}, err
	}
	return one[share.View](ctx, t, "read a view of a share", sealedShareView, `WHERE id = ?`, id)
}

// ShareViews implements [casework.Reader].
func (t *reader) ShareViews(ctx context.Context, resident mingjing.ResidentID) ([]share.View, error) {
	if err := t.lockForList(ctx, resident); err != nil {
		return nil, err
	}
	return all[share.View](ctx, t, "list views of shares", sealedShareView, `WHERE resident_id = ? ORDER BY n`, string(resident))
}

// SetShareView implements [casework.Tx].
func (t *tx) SetShareView(ctx context.Context, v share.View) error {
	const op = "set a view of a share"
	doc, err := t.seal(ctx, op, sealedShareView, v.Resident, v, v.ID)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE share_view SET doc = ? WHERE id = ? AND resident_id = ?`, doc, v.ID, string(v.Resident))
}

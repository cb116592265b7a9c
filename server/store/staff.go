package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"time"

	"mingjing"
	"mingjing/server/casework/staff"
	"mingjing/server/vault"
)

// AddMember implements [casework.Tx].
func (t *tx) AddMember(ctx context.Context, m staff.Member) error {
	const op = "add a member of staff"
	doc, err := t.seal(ctx, op, sealedMember, vault.Bureau, m, m.Login)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO staff_member (login, doc) VALUES (?, ?)`, m.Login, doc)
}

// SetMember implements [casework.Tx].
func (t *tx) SetMember(ctx context.Context, m staff.Member) error {
	const op = "set a member of staff"
	doc, err := t.seal(ctx, op, sealedMember, vault.Bureau, m, m.Login)
	if err != nil {
		return err
	}
	return t.update(ctx, op, `UPDATE staff_member SET doc = ? WHERE login = ?`, doc, m.Login)
}

// Member implements [casework.Tx].
func (t *tx) Member(ctx context.Context, login string) (staff.Member, error) {
	return one[staff.Member](ctx, t, "read a member of staff", sealedMember, `WHERE login = ?`, login)
}

// Members implements [casework.Tx].
func (t *tx) Members(ctx context.Context) ([]staff.Member, error) {
	return all[staff.Member](ctx, t, "list the members of staff", sealedMember, `ORDER BY login`)
}

// LinkMember implements [casework.Tx].
func (t *tx) LinkMember(ctx context.Context, login string, n mingjing.IDNumber) error {
	return t.update(ctx, "link a member of staff", `UPDATE staff_member SET self_hash = ? WHERE login = ?`, t.s.hash("", string(n)), login)
}

// ResidentOfMember implements [casework.Tx].
func (t *tx) ResidentOfMember(ctx context.Context, login string) (id mingjing.ResidentID, err error) {
	err = t.row(ctx, "find a member of staff among the residents", []any{&id},
		`SELECT resident.id FROM staff_member JOIN resident ON resident.id_hash = staff_member.self_hash WHERE staff_member.login = ?`, login)
	return id, err
}

// LockStaff implements [casework.Tx].
func (t *tx) LockStaff(ctx context.Context) error {
	return t.update(ctx, "lock the staff", `UPDATE staff_lock SET n = n + 1 WHERE id = 1`)
}

// SetStaffCode implements [casework.Tx].
func (t *tx) SetStaffCode(ctx context.Context, login, code string, until time.Time) error {
	var hash, end any
	if code != "" {
		hash, end = t.s.hash("staff code", login+"\x00"+code), micros(until)
	}
	return t.update(ctx, "set a one-time code", `UPDATE staff_member SET code_hash = ?, code_until = ? WHERE login = ?`, hash, end, login)
}

// HasStaffCode implements [casework.Tx].
func (t *tx) HasStaffCode(ctx context.Context, login, code string, now time.Time) (bool, error) {
	var (
		hash  []byte
		until sql.NullInt64
	)
	if err := t.row(ctx, "read a one-time code", []any{&hash, &until},
		`SELECT code_hash, code_until FROM staff_member WHERE login = ?`, login); err != nil {
		return false, err
	}
	return until.Valid && micros(now) <= until.Int64 &&
		subtle.ConstantTimeCompare(hash, t.s.hash("staff code", login+"\x00"+code)) == 1, nil
}

// AddStaffEntry implements [casework.Tx].
func (t *tx) AddStaffEntry(ctx context.Context, e mingjing.StaffEntry) error {
	const op = "add to the staff register"
	doc, err := t.seal(ctx, op, sealedStaffEntry, vault.Bureau, e, e.Seq)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO staff_entry (seq, at, login, hash, doc) VALUES (?, ?, ?, ?, ?)`, e.Seq, micros(e.At), e.Login,
		e.Hash, doc)
}

// StaffEntries implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) StaffEntries(ctx context.Context, before int64, limit int) ([]mingjing.StaffEntry, error) {
	rest, args := ``, []any(nil)
	if before > 0 {
		rest, args = `WHERE seq < ? `, []any{before}
	}
	return all[mingjing.StaffEntry](ctx, t, "list the staff register", sealedStaffEntry, rest+`ORDER BY seq DESC LIMIT ?`,
		append(args, pageLimit(limit))...)
}

// AddProposal implements [casework.Tx].
func (t *tx) AddProposal(ctx context.Context, p mingjing.StaffProposal) error {
	const op = "add a proposal"
	doc, err := t.seal(ctx, op, sealedProposal, vault.Bureau, p, p.ID)
	if err != nil {
		return err
	}
	return t.insert(ctx, op, `INSERT INTO staff_proposal (id, doc) VALUES (?, ?)`, p.ID, doc)
}

// Proposals implements [casework.Tx].
func (t *tx) Proposals(ctx context.Context) ([]mingjing.StaffProposal, error) {
	return all[mingjing.StaffProposal](ctx, t, "list proposals", sealedProposal, `ORDER BY n`)
}

// DeleteProposal implements [casework.Tx].
func (t *tx) DeleteProposal(ctx context.Context, id string) error {
	return t.update(ctx, "delete a proposal", `DELETE FROM staff_proposal WHERE id = ?`, id)
}

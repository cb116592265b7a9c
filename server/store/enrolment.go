package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/register"
)

// codeHash returns the keyed hash of a resident's activation code.
func (t *tx) codeHash(resident mingjing.ResidentID, code string) []byte {
	return t.s.hash("activation code", string(resident)+"\x00"+code)
}

// AddEnrolment implements [casework.Tx].
func (t *tx) AddEnrolment(ctx context.Context, resident mingjing.ResidentID, addressed bool) error {
	has := 0
	if addressed {
		has = 1
	}
	return t.insert(ctx, "add an enrolment", `INSERT INTO enrolment (resident_id, addressed) VALUES (?, ?)`, string(resident), has)
}

// SetActivationCode implements [casework.Tx].
func (t *tx) SetActivationCode(ctx context.Context, resident mingjing.ResidentID, code string, until time.Time) error {
	_, err := t.exec(ctx, "set an activation code", `INSERT INTO enrolment (resident_id, addressed, code_hash, code_until) VALUES (?, 0, ?, ?)
		ON CONFLICT (resident_id) DO UPDATE SET code_hash = excluded.code_hash, code_until = excluded.code_until`,
		string(resident), t.codeHash(resident, code), micros(until))
	return err
}

// UseActivationCode implements [casework.Tx].
func (t *tx) UseActivationCode(ctx context.Context, resident mingjing.ResidentID, code string, now time.Time) (register.UsedCode, error) {
	const op = "use an activation code"
	var (
		until     int64
		activated sql.NullInt64
	)
	hash := t.codeHash(resident, code)
	if err := t.row(ctx, op, []any{&until, &activated}, `SELECT code_until, activated_at FROM enrolment
		WHERE resident_id = ? AND code_hash = ? AND code_until >= ?`, string(resident), hash, micros(now)); err != nil {
		return register.UsedCode{}, err
	}
	// Somebody else may use it at the same time.
	err := t.update(ctx, op, `UPDATE enrolment SET code_hash = NULL, code_until = NULL, activated_at = coalesce(activated_at, ?)
		WHERE resident_id = ? AND code_hash = ?`, micros(now), string(resident), hash)
	return register.UsedCode{Until: fromMicros(until), ActivatedAt: timeOrNil(activated)}, err
}

// ReturnActivationCode implements [casework.Tx].
func (t *tx) ReturnActivationCode(ctx context.Context, resident mingjing.ResidentID, code string, used register.UsedCode) error {
	_, err := t.exec(ctx, "give an activation code back", `UPDATE enrolment SET code_hash = ?, code_until = ?, activated_at = ?
		WHERE resident_id = ? AND code_hash IS NULL`, t.codeHash(resident, code), micros(used.Until), microsOrNull(used.ActivatedAt),
		string(resident))
	return err
}

// Activated implements [casework.Tx].
func (t *tx) Activated(ctx context.Context, resident mingjing.ResidentID) (bool, error) {
	var at sql.NullInt64
	err := t.row(ctx, "find whether somebody is activated", []any{&at}, `SELECT activated_at FROM enrolment WHERE resident_id = ?`,
		string(resident))
	return at.Valid, ignoreNotFound(err)
}

// AwaitingLetters implements [casework.Tx]. The limit is at most [MaxPage].
func (t *tx) AwaitingLetters(ctx context.Context, before time.Time, skip, limit int) ([]mingjing.ResidentID, error) {
	where, args := `letter_at IS NULL ORDER BY n`, []any(nil)
	if !before.IsZero() {
		where, args = `letter_at < ? ORDER BY letter_at, n`, []any{micros(before)}
	}
	var list []mingjing.ResidentID
	err := t.rows(ctx, "list who awaits a letter", func(rows *sql.Rows) error {
		var id mingjing.ResidentID
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	}, `SELECT resident_id FROM enrolment WHERE addressed = 1 AND activated_at IS NULL AND `+where+` LIMIT ? OFFSET ?`,
		append(args, pageLimit(limit), skip)...)
	return list, err
}

// SetLetter implements [casework.Tx].
func (t *tx) SetLetter(ctx context.Context, resident mingjing.ResidentID, before, at time.Time, code string, until time.Time) error {
	sent, args := `letter_at IS NULL`, []any(nil)
	if !before.IsZero() {
		sent, args = `letter_at < ?`, []any{micros(before)}
	}
	err := t.update(ctx, "note a letter", `UPDATE enrolment SET letter_at = ?, code_hash = ?, code_until = ?
		WHERE resident_id = ? AND addressed = 1 AND activated_at IS NULL AND `+sent,
		append([]any{micros(at), t.codeHash(resident, code), micros(until), string(resident)}, args...)...)
	if errors.Is(err, kernel.ErrNotFound) {
		return kernel.ErrConflict
	}
	return err
}

// AddLetterFile implements [casework.Tx].
func (t *tx) AddLetterFile(ctx context.Context, id string, at time.Time, letters int) error {
	return t.insert(ctx, "add a file of letters", `INSERT INTO letter_file (id, at, letters) VALUES (?, ?, ?)`, id, micros(at), letters)
}

// HasLetterFile implements [casework.Tx].
func (t *tx) HasLetterFile(ctx context.Context, id string) (bool, error) {
	var n int
	err := t.row(ctx, "find a file of letters", []any{&n}, `SELECT count(*) FROM letter_file WHERE id = ?`, id)
	return n > 0, err
}

package store

import (
	"context"
	"time"

	"mingjing"
)

// resetHash returns the keyed hash of a resident's one-time code.
func (t *tx) resetHash(resident mingjing.ResidentID, code string) []byte {
	return t.s.hash("reset code", string(resident)+"\x00"+code)
}

// PutResetCode implements [casework.Tx].
func (t *tx) PutResetCode(ctx context.Context, resident mingjing.ResidentID, code string, until, now time.Time) error {
	const op = "store a reset code"
	if err := t.lock(ctx, resident); err != nil {
		return err
	}
	if _, err := t.exec(ctx, op, `DELETE FROM password_reset WHERE until < ?`, micros(now)); err != nil {
		return err
	}
	return t.update(ctx, op, `INSERT INTO password_reset (resident_id, code_hash, until, guesses) VALUES (?, ?, ?, 0)
		ON CONFLICT (resident_id) DO UPDATE SET code_hash = excluded.code_hash, until = excluded.until, guesses = 0`,
		string(resident), t.resetHash(resident, code), micros(until))
}

// UseResetCode implements [casework.Tx]. One that is right is deleted by the statement that
// finds it, so that it is right once.
func (t *tx) UseResetCode(ctx context.Context, resident mingjing.ResidentID, code string, guesses int, now time.Time) (bool, error) {
	const op = "use a reset code"
	n, err := t.exec(ctx, op, `DELETE FROM password_reset WHERE resident_id = ? AND code_hash = ? AND until >= ? AND guesses < ?`,
		string(resident), t.resetHash(resident, code), micros(now), guesses)
	if err != nil || n > 0 {
		return n > 0, err
	}
	_, err = t.exec(ctx, op, `UPDATE password_reset SET guesses = guesses + 1 WHERE resident_id = ?`, string(resident))
	return false, err
}

// DropResetCode implements [casework.Tx].
func (t *tx) DropResetCode(ctx context.Context, resident mingjing.ResidentID) error {
	_, err := t.exec(ctx, "drop a reset code", `DELETE FROM password_reset WHERE resident_id = ?`, string(resident))
	return err
}

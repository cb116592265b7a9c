package store

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// Spend implements [casework.Tx].
func (t *tx) Spend(ctx context.Context, a mingjing.Actor, u kernel.Allowance, now time.Time) (wait time.Duration, err error) {
	const op = "count what a person does in a day"
	step := (24 * time.Hour / time.Duration(u.Count)).Microseconds()
	if _, err := t.exec(ctx, op, `DELETE FROM allowance WHERE free_at < ?`, micros(now)); err != nil {
		return 0, err
	}
	var free int64
	err = t.row(ctx, op, []any{&free}, `INSERT INTO allowance (use_hash, free_at) VALUES (?, ?)
		ON CONFLICT (use_hash) DO UPDATE SET free_at = `+t.s.eng.greatest("allowance.free_at", t.s.eng.number("?"))+` + `+t.s.eng.number("?")+`
		RETURNING free_at`, t.s.hash("allowance", string(a.Role)+" "+a.ID+" "+u.Use), micros(now)+step, micros(now), step)
	return fromMicros(free).Add(-24 * time.Hour).Sub(now), err
}

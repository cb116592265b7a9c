package store

import (
	"context"
	"testing"
	"time"
)

func TestAResetCodeIsRightOnceAndStoredAsAHash(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		a, b := resident(1).ID, resident(2).ID
		do(t, s, func(ctx context.Context, r *reader) error {
			must(t, r.AddResident(ctx, resident(1)))
			return r.AddResident(ctx, resident(2))
		})
		until := day.Add(time.Hour)
		use := func(who, code string, at time.Time, want bool) {
			t.Helper()
			do(t, s, func(ctx context.Context, r *reader) error {
				id := a
				if who == "b" {
					id = b
				}
				if ok, err := r.UseResetCode(ctx, id, code, 5, at); ok != want || err != nil {
					t.Errorf("%s with %s at %v: %v, %v", who, code, at, ok, err)
				}
				return nil
			})
		}
		put := func(code string) {
			t.Helper()
			do(t, s, func(ctx context.Context, r *reader) error { return r.PutResetCode(ctx, a, code, until, day) })
		}
		put("20448173")
		use("b", "20448173", day, false)
		use("a", "20448173", until.Add(time.Microsecond), false)
		use("a", "20448174", day, false)
		use("a", "20448173", until, true)
		use("a", "20448173", day, false)
		put("20448173")
		put("11112222")
		use("a", "20448173", day, false)
		for range 4 {
			use("a", "00000000", day, false)
		}
		use("a", "11112222", day, false) // five wrong guesses
		put("33334444")
		do(t, s, func(ctx context.Context, r *reader) error {
			return r.PutResetCode(ctx, b, "5", until.Add(2*time.Hour), until.Add(time.Hour))
		})
		var left int
		must(t, s.db.QueryRowContext(t.Context(), `SELECT count(*) FROM password_reset`).Scan(&left))
		if left != 1 {
			t.Errorf("%d codes are stored, of which one is still good", left)
		}
		do(t, s, func(ctx context.Context, r *reader) error { return r.DropResetCode(ctx, b) })
		use("b", "5", until, false)
		do(t, s, func(ctx context.Context, r *reader) error { return r.DropResetCode(ctx, b) })
	})
}

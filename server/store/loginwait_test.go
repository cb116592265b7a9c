package store

import (
	"testing"
	"time"

	"mingjing"
)

// unasked makes it look as if nobody had asked for the place of a login for so long, nor a server
// taken it.
func unasked(t *testing.T, s *Store, id string, d time.Duration) {
	t.Helper()
	must(t, s.execute(t.Context(), `UPDATE login_wait SET asked_at = asked_at - ?, taken_at = taken_at - ? WHERE id_hash = ?`, d.Microseconds(),
		d.Microseconds(), s.hash("login wait", id)))
}

func TestLoginsWaitInTheirOrderAndWhoStaysAwayIsPassedOver(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		find := func(id string, place, waiting int) mingjing.LoginWait {
			t.Helper()
			w, err := s.LoginWait(ctx, id)
			must(t, err)
			if w.Place != place || w.Waiting != waiting {
				t.Errorf("%s is at %d of %d, not %d of %d", id, w.Place, w.Waiting, place, waiting)
			}
			return w
		}
		take := func(id string, want bool) {
			t.Helper()
			if got, err := s.TakeLoginWait(ctx, id); err != nil || got != want {
				t.Errorf("%s is taken: %v, %v", id, got, err)
			}
		}
		find("a", 0, 0)
		for _, id := range []string{"a", "b", "c"} {
			must(t, s.AddLoginWait(ctx, id, []byte("typed by "+id)))
		}
		if w := find("a", 1, 3); string(w.Sealed) != "typed by a" || w.Answer != nil || w.Taken {
			t.Errorf("a is %+v", w)
		}
		find("c", 3, 3)
		// A browser that stays away keeps nobody waiting, and has its place when it comes back.
		unasked(t, s, "a", 2*waitsAway)
		find("c", 2, 2)
		find("a", 1, 2)
		find("c", 3, 3)
		// One server checks a password. Where it dies, another one does.
		take("a", true)
		take("a", false)
		if w := find("a", 1, 3); !w.Taken {
			t.Error("nobody knows that a is being checked")
		}
		unasked(t, s, "a", 2*waitsTaken)
		if w := find("a", 1, 2); w.Taken {
			t.Error("a dead server still checks a")
		}
		take("a", true)
		must(t, s.AnswerLoginWait(ctx, "a", nil))
		take("a", true)
		// With the answer goes what was typed.
		must(t, s.AnswerLoginWait(ctx, "a", []byte("logged in")))
		if w, err := s.LoginWait(ctx, "a"); err != nil || w.Sealed != nil || string(w.Answer) != "logged in" {
			t.Errorf("a is answered %+v, %v", w, err)
		}
		take("a", false)
		find("c", 2, 2)
		unasked(t, s, "a", 2*time.Hour)
		unasked(t, s, "b", 2*time.Hour)
		for _, want := range []bool{true, false} {
			if left, err := s.EndLoginWaits(ctx, time.Hour); err != nil || left != want {
				t.Errorf("others are left: %v, %v", left, err)
			}
			unasked(t, s, "c", 2*time.Hour)
		}
		find("b", 0, 0)
	})
}

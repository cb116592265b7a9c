package store

import (
	"context"
	"testing"
	"time"

	"mingjing/server/casework/notice"
)

func TestTheLastUseOfASessionIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx, r := open(t, url), t.Context(), resident(1)
		enrol(t, s, r)
		seen := func(session string) (time.Time, int) {
			t.Helper()
			uses, err := s.SessionUses(ctx, session, "nobody's")
			must(t, err)
			if use, known := uses[session]; known == use.SeenAt.IsZero() || len(uses) > 1 {
				t.Errorf("of %s is known %+v", session, uses)
			}
			return uses[session].SeenAt, uses[session].Minutes
		}
		if at, minutes := seen("phone"); !at.IsZero() || minutes != 0 {
			t.Errorf("a session that nobody used was used at %v, and ends after %d minutes", at, minutes)
		}
		must(t, s.UseSession(ctx, "phone", r.ID))
		must(t, s.UseSession(ctx, "desk", ""))
		must(t, s.SetLockAfter(ctx, r.ID, 2))
		must(t, s.SetLockAfter(ctx, r.ID, 15))
		if at, minutes := seen("phone"); at.IsZero() || minutes != 15 {
			t.Errorf("used at %v, and ends after %d minutes", at, minutes)
		}
		if _, minutes := seen("desk"); minutes != 0 {
			t.Errorf("the resident's choice is another's too: %d minutes", minutes)
		}
		if uses, err := s.SessionUses(ctx, "desk", "phone"); err != nil || len(uses) != 2 || uses["phone"].Minutes != 15 ||
			uses["desk"].Minutes != 0 {
			t.Errorf("together they are %+v, %v", uses, err)
		}
		must(t, s.UseSession(ctx, "over", r.ID))
		must(t, s.UseSession(ctx, "over too", r.ID))
		must(t, s.ForgetSessions(ctx))
		must(t, s.ForgetSessions(ctx, "over", "over too"))
		if uses, err := s.SessionUses(ctx, "over", "over too", "phone"); err != nil || len(uses) != 1 || uses["phone"].SeenAt.IsZero() {
			t.Errorf("after two have ended: %+v, %v", uses, err)
		}
		if uses, err := s.SessionUses(ctx); err != nil || len(uses) != 0 {
			t.Errorf("of none is known %+v, %v", uses, err)
		}
		ago := func(d time.Duration) {
			must(t, s.execute(ctx, `UPDATE session_use SET seen_at = seen_at - ?, factor_at = factor_at - ?`, d.Microseconds(), d.Microseconds()))
		}
		// How long ago it was is told by the database's clock, whatever that of this machine is.
		s.now, s.machine = func() time.Time { return day }, func() time.Time { return day }
		ago(time.Hour)
		if use, _ := s.SessionUses(ctx, "phone"); use["phone"].Unused < time.Hour || use["phone"].Unused > 2*time.Hour ||
			use["phone"].Cookie != "" || use["phone"].Factor {
			t.Errorf("an hour ago it was %+v", use["phone"])
		}
		// The cookie and the second factor stay where it is used further.
		must(t, s.RenewSession(ctx, "phone", r.ID, "first", true))
		must(t, s.RenewSession(ctx, "phone", r.ID, "second", false))
		ago(time.Minute)
		must(t, s.UseSession(ctx, "phone", r.ID))
		if use, _ := s.SessionUses(ctx, "phone"); use["phone"].Unused > time.Minute || use["phone"].Cookie != "second" || !use["phone"].Factor ||
			use["phone"].FactorAge < time.Minute {
			t.Errorf("renewed it is %+v", use["phone"])
		}
		// A use that is older than any session can be is removed.
		ago(usesKept + time.Hour)
		must(t, s.UseSession(ctx, "phone", r.ID))
		if at, _ := seen("desk"); !at.IsZero() {
			t.Errorf("a use of long ago is still kept: %v", at)
		}
	})
}

func TestTheDevicesOfAllOtherSessionsAreForgotten(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		left := func() (list []notice.Device) {
			return mustGet(t, s, func(ctx context.Context, tx *reader) ([]notice.Device, error) { return tx.Devices(ctx, r.ID) })
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			for _, d := range []notice.Device{device(r, "here", "https://push.example/1", "this"),
				device(r, "there", "https://push.example/2", "that"),
				device(r, "old", "https://push.example/3", ""), device(other, "theirs", "https://push.example/4", "theirs")} {
				must(t, tx.PutDevice(ctx, d))
			}
			return tx.DeleteDevicesBut(ctx, r.ID, "this")
		})
		if got := ids(left(), func(d notice.Device) string { return d.ID }); got != "here" {
			t.Errorf("left are %s", got)
		}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.DeleteDevicesBut(ctx, r.ID, "") })
		theirs := mustGet(t, s, func(ctx context.Context, tx *reader) ([]notice.Device, error) { return tx.Devices(ctx, other.ID) })
		if n := len(left()); n != 0 || len(theirs) != 1 {
			t.Errorf("left are %d, and %d of the other's", n, len(theirs))
		}
	})
}

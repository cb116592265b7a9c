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
		must(t, s.UseSession(ctx, "phone", r.ID, day))
		must(t, s.UseSession(ctx, "desk", "", day))
		must(t, s.SetLockAfter(ctx, r.ID, 2))
		must(t, s.SetLockAfter(ctx, r.ID, 15))
		must(t, s.UseSession(ctx, "phone", r.ID, day.Add(-time.Minute))) // of a replica that was slower
		if at, minutes := seen("phone"); !at.Equal(day) || minutes != 15 {
			t.Errorf("used at %v, and ends after %d minutes", at, minutes)
		}
		if _, minutes := seen("desk"); minutes != 0 {
			t.Errorf("the resident's choice is another's too: %d minutes", minutes)
		}
		if uses, err := s.SessionUses(ctx, "desk", "phone"); err != nil || len(uses) != 2 || uses["phone"].Minutes != 15 ||
			uses["desk"].Minutes != 0 {
			t.Errorf("together they are %+v, %v", uses, err)
		}
		must(t, s.UseSession(ctx, "over", r.ID, day))
		must(t, s.UseSession(ctx, "over too", r.ID, day))
		must(t, s.ForgetSessions(ctx))
		must(t, s.ForgetSessions(ctx, "over", "over too"))
		if uses, err := s.SessionUses(ctx, "over", "over too", "phone"); err != nil || len(uses) != 1 || uses["phone"].SeenAt.IsZero() {
			t.Errorf("after two have ended: %+v, %v", uses, err)
		}
		if uses, err := s.SessionUses(ctx); err != nil || len(uses) != 0 {
			t.Errorf("of none is known %+v, %v", uses, err)
		}
		// A use that is older than any session can be is removed.
		must(t, s.UseSession(ctx, "phone", r.ID, day.Add(usesKept+time.Hour)))
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

package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
)

func aNotice(r kernel.Resident, id string) notice.Notice {
	return notice.Notice{Resident: r.ID, Waiting: []string{notice.WayMail}, Notice: mingjing.Notice{ID: id,
		Kind: mingjing.NoticeCaseMoved, Code: "assigned", Page: "dispute", Subject: "d", At: day}}
}

func device(r kernel.Resident, id, endpoint, session string) notice.Device {
	return notice.Device{Resident: r.ID, Session: session, PushDevice: mingjing.PushDevice{ID: id, Name: "Phone", AddedAt: day},
		PushAddress: notice.PushAddress{Endpoint: endpoint, P256dh: "key", Auth: "auth"}}
}

func noticesOf(t *testing.T, s *Store, r kernel.Resident, before int64, limit int) []notice.Notice {
	t.Helper()
	return mustGet(t, s, func(ctx context.Context, tx *reader) ([]notice.Notice, error) {
		return tx.Notices(ctx, r.ID, before, limit)
	})
}

func unread(t *testing.T, s *Store, r kernel.Resident) int {
	t.Helper()
	return mustGet(t, s, func(ctx context.Context, tx *reader) (int, error) { return tx.UnreadNotices(ctx, r.ID) })
}

func noticeIDs(list []notice.Notice) string {
	return ids(list, func(n notice.Notice) string { return n.ID })
}

func TestTheInboxIsNumberedPerResidentAndReadNewestFirst(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		do(t, s, func(ctx context.Context, tx *reader) error {
			for i := range 5 {
				must(t, tx.AddNotice(ctx, aNotice(r, fmt.Sprint("n", i))))
			}
			return tx.AddNotice(ctx, aNotice(other, "theirs"))
		})
		if got := noticeIDs(noticesOf(t, s, r, 0, 3)); got != "n4 n3 n2" {
			t.Errorf("the first page is %s", got)
		}
		if got := noticeIDs(noticesOf(t, s, r, 3, 3)); got != "n1 n0" {
			t.Errorf("the second page is %s", got)
		}
		want := aNotice(r, "n2")
		want.Seq = 3
		same(t, "a notice", mustGet(t, s, func(ctx context.Context, tx *reader) (notice.Notice, error) { return tx.Notice(ctx, "n2") }), want)

		at := day.Add(time.Hour)
		do(t, s, func(ctx context.Context, tx *reader) error {
			n := want
			n.ReadAt, n.Waiting, n.Tries = &at, nil, 2
			return tx.SetNotice(ctx, n)
		})
		want.ReadAt, want.Waiting, want.Tries = &at, nil, 2
		same(t, "a notice that was read", mustGet(t, s, func(ctx context.Context, tx *reader) (notice.Notice, error) {
			return tx.Notice(ctx, "n2")
		}), want)
		if n := unread(t, s, r); n != 4 {
			t.Errorf("%d are unread, want 4", n)
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.ReadNotices(ctx, r.ID, day.Add(2*time.Hour))
		})
		for _, n := range noticesOf(t, s, r, 0, 10) {
			if n.ReadAt == nil || n.ID == "n2" && !n.ReadAt.Equal(at) {
				t.Errorf("%s was read at %v", n.ID, n.ReadAt)
			}
		}
		if unread(t, s, r) != 0 || unread(t, s, other) != 1 {
			t.Errorf("%d and %d are unread, want 0 and 1", unread(t, s, r), unread(t, s, other))
		}
	})
}

func TestNoticeSettingsAreKeptOncePerResident(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		p := notice.Prefs{Resident: r.ID, Lang: "en", Off: []mingjing.NoticeKind{mingjing.NoticeScoreReady}, Email: "a@b.example", Until: day,
			CodesOn: "2026-03-02"}
		for _, lang := range []string{"zh-CN", "en"} {
			p.Lang = lang
			do(t, s, func(ctx context.Context, tx *reader) error { return tx.SetNoticePrefs(ctx, p) })
		}
		same(t, "settings", mustGet(t, s, func(ctx context.Context, tx *reader) (notice.Prefs, error) {
			return tx.NoticePrefs(ctx, r.ID)
		}), p)
		if _, err := get(t, s, func(ctx context.Context, tx *reader) (notice.Prefs, error) {
			return tx.NoticePrefs(ctx, other.ID)
		}); err == nil {
			t.Error("another has them too")
		}
	})
}

func TestADeviceIsOnceWhoeverIsThere(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		devices := func(r kernel.Resident) string {
			return ids(mustGet(t, s, func(ctx context.Context, tx *reader) ([]notice.Device, error) { return tx.Devices(ctx, r.ID) }),
				func(d notice.Device) string { return d.ID + "@" + d.Endpoint + "/" + d.Session })
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.PutDevice(ctx, device(r, "a", "one", "s1")))
			must(t, tx.PutDevice(ctx, device(r, "b", "two", "s2")))
			return tx.PutDevice(ctx, device(r, "c", "three", ""))
		})
		if got := devices(r); got != "a@one/s1 b@two/s2 c@three/" {
			t.Errorf("the devices are %s", got)
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.PutDevice(ctx, device(other, "d", "one", "s3"))
		})
		if devices(r) != "b@two/s2 c@three/" || devices(other) != "d@one/s3" {
			t.Errorf("after one was handed on they are %s and %s", devices(r), devices(other))
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.DeleteDevicesOf(ctx, "s2"))
			return tx.DeleteDevicesOf(ctx, "s1") // handed on since
		})
		if devices(r) != "c@three/" || devices(other) != "d@one/s3" {
			t.Errorf("after the sessions ended they are %s and %s", devices(r), devices(other))
		}
		if err := freely(t.Context(), s, func(tx *reader) error { return tx.DeleteDevice(t.Context(), r.ID, "d") }); err == nil {
			t.Error("another's device was deleted")
		}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.DeleteDevice(ctx, r.ID, "c") })
		if got := devices(r); got != "" {
			t.Errorf("left is %s", got)
		}
	})
}

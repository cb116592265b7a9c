package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/share"
)

func aShare(r kernel.Resident, id string) share.Share {
	return share.Share{Head: share.Head{ID: id, Resident: r.ID, Rulebook: "rongcheng", MadeAt: day, EndsAt: day.AddDate(0, 0, 7), Allowed: 3},
		Purpose: "purpose-words", Fields: []mingjing.ShareField{mingjing.ShareBand}, Named: mingjing.ShareMasked}
}

func shareView(r kernel.Resident, id, of string) share.View {
	return share.View{ID: id, Share: of, Resident: r.ID, At: day, Who: "who-words", Email: "mail-words@x.example", Lang: "en", ScoreID: "s"}
}

func TestAShareIsFoundByItsCodeAndKeepsWhatItWas(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, other := open(t, url), resident(1), resident(2)
		enrol(t, s, r, other)
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddShare(ctx, aShare(r, "one"), "code one"))
			must(t, tx.AddShare(ctx, aShare(r, "two"), "code two"))
			return tx.AddShare(ctx, aShare(other, "theirs"), "code three")
		})
		err := s.Tx(t.Context(), func(tx casework.Tx) error { return tx.AddShare(t.Context(), aShare(r, "again"), "code one") })
		if !errors.Is(err, kernel.ErrExists) {
			t.Errorf("a code is given twice: %v", err)
		}
		h := mustGet(t, s, func(ctx context.Context, tx *reader) (share.Head, error) {
			return tx.ShareByCode(ctx, "code one")
		})
		same(t, "a share by its code", h, aShare(r, "one").Head)
		all := mustGet(t, s, func(ctx context.Context, tx *reader) ([]share.Share, error) { return tx.Shares(ctx, r.ID) })
		same(t, "the shares", all, []share.Share{aShare(r, "two"), aShare(r, "one")})

		at := day.Add(time.Hour)
		h.Viewed, h.CorrectedAt, h.Allowed, h.Rulebook = 3, &at, 9, "other"
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.SetShare(ctx, h) })
		want := aShare(r, "one")
		want.Viewed, want.CorrectedAt = 3, &at // and nothing else
		same(t, "a share that was used up", mustGet(t, s, func(ctx context.Context, tx *reader) (share.Share, error) {
			return tx.Share(ctx, "one")
		}), want)

		for _, end := range []struct {
			book string
			at   time.Time
			want bool
		}{{"other", at, false}, {"rongcheng", day.AddDate(0, 0, 7), false}, {"rongcheng", at, true}, {"rongcheng", at, false}} {
			got := mustGet(t, s, func(ctx context.Context, tx *reader) (bool, error) {
				return tx.RevokeShares(ctx, r.ID, end.book, end.at)
			})
			if got != end.want {
				t.Errorf("of %s any were ended: %v", end.book, got)
			}
		}
		all = mustGet(t, s, func(ctx context.Context, tx *reader) ([]share.Share, error) { return tx.Shares(ctx, r.ID) })
		if all[0].RevokedAt == nil || all[1].RevokedAt != nil {
			t.Errorf("the one that was open was ended at %v, the one that was used up at %v", all[0].RevokedAt, all[1].RevokedAt)
		}
		if h := mustGet(t, s, func(ctx context.Context, tx *reader) (share.Head, error) {
			return tx.ShareHead(ctx, "theirs")
		}); h.RevokedAt != nil {
			t.Error("another's share was ended")
		}
	})
}

func TestViewsOfSharesAreKeptInTheirOrder(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddShare(ctx, aShare(r, "h"), "code"))
			must(t, tx.AddShareView(ctx, shareView(r, "b", "h")))
			return tx.AddShareView(ctx, shareView(r, "a", "h"))
		})
		at := day.Add(time.Hour)
		v := shareView(r, "b", "h")
		v.ToldAt, v.Mail, v.Email = &at, "sent", ""
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.SetShareView(ctx, v) })
		all := mustGet(t, s, func(ctx context.Context, tx *reader) ([]share.View, error) {
			return tx.ShareViews(ctx, r.ID)
		})
		same(t, "the views", all, []share.View{v, shareView(r, "a", "h")})
		same(t, "one", mustGet(t, s, func(ctx context.Context, tx *reader) (share.View, error) { return tx.ShareView(ctx, "b") }), v)
	})
}

// The database itself refuses a view too many, whatever the code above it does.
func TestNoShareIsViewedMoreOftenThanItMay(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddShare(ctx, aShare(r, "h"), "code") })
		h := aShare(r, "h").Head
		h.Viewed = h.Allowed + 1
		if err := s.Tx(t.Context(), func(tx casework.Tx) error { return tx.SetShare(t.Context(), h) }); err == nil {
			t.Error("it was viewed once too often")
		}
	})
}

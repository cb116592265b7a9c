package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/law"
)

func TestAFileOfPublishedLawIsKeptForEver(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		one := law.File{Hash: "0a", Kind: law.KindRulebook, Code: "b", Version: "1", Zone: "Asia/Shanghai", From: "2026-01-01",
			Data: []byte("one\x00")}
		two := law.File{Hash: "0b", Kind: law.KindCalendar, Code: "c", Version: "2", Draft: true, Data: []byte("two")}
		do(t, s, func(ctx context.Context, tx *reader) error {
			if _, err := tx.LawSet(ctx); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("before the first: %v", err)
			}
			must(t, tx.SetLawSet(ctx, nil, []string{"0a", "0b"}))
			for _, f := range []law.File{two, one, two} {
				must(t, tx.AddLawFile(ctx, f))
			}
			return nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			files, err := tx.LawFiles(ctx)
			must(t, err)
			if len(files) != 2 || fmt.Sprint(files[0]) != fmt.Sprint(two) || fmt.Sprint(files[1]) != fmt.Sprint(one) {
				t.Errorf("kept are %+v", files)
			}
			// Two servers that publish at once: the later one hears of it.
			must(t, tx.SetLawSet(ctx, []string{"0a", "0b"}, []string{"0b"}))
			if err := tx.SetLawSet(ctx, []string{"0a", "0b"}, []string{"0a"}); !errors.Is(err, kernel.ErrConflict) {
				t.Errorf("from a set that is no more: %v", err)
			}
			if err := tx.SetLawSet(ctx, nil, []string{"0a"}); !errors.Is(err, kernel.ErrConflict) {
				t.Errorf("for the first time, once more: %v", err)
			}
			set, err := tx.LawSet(ctx)
			must(t, err)
			if !slices.Equal(set, []string{"0b"}) {
				t.Errorf("the set is %v", set)
			}
			return nil
		})
	})
}

func TestWhoConsentsIsListedOnceAndInPages(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		var want []mingjing.ResidentID
		for n := range 5 {
			r := resident(n)
			enrol(t, s, r)
			if n > 0 {
				want = append(want, r.ID)
			}
			do(t, s, func(ctx context.Context, tx *reader) error {
				for i := range 2 {
					at := day.Add(time.Duration(i) * time.Hour)
					must(t, tx.AddConsent(ctx, r.ID, mingjing.Consent{ID: fmt.Sprint("k", n, i), Rulebook: "b", GivenAt: at}))
				}
				must(t, tx.AddConsent(ctx, r.ID, mingjing.Consent{ID: fmt.Sprint("o", n), Rulebook: "other", GivenAt: day}))
				if n == 0 {
					return tx.WithdrawConsents(ctx, r.ID, "b", day)
				}
				return nil
			})
		}
		slices.Sort(want)
		var got []mingjing.ResidentID
		do(t, s, func(ctx context.Context, tx *reader) error {
			after := mingjing.ResidentID("")
			for {
				page, err := tx.Consenting(ctx, "b", after, 3)
				must(t, err)
				if got = append(got, page...); len(page) < 3 {
					return nil
				}
				after = page[len(page)-1]
			}
		})
		if !slices.Equal(got, want) {
			t.Errorf("listed are %v, want %v", got, want)
		}
	})
}

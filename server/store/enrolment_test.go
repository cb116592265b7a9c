package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

const activationCode = "123456789012"

func TestAnActivationCodeIsOfOneResidentForItsTimeAndOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, a, b := open(t, url), resident(1), resident(2)
		enrol(t, s, a, b)
		until := day.Add(time.Hour)
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddEnrolment(ctx, a.ID, true))
			must(t, tx.SetActivationCode(ctx, a.ID, "000000000000", until))
			must(t, tx.SetActivationCode(ctx, a.ID, activationCode, until)) // ends the older one
			return tx.SetActivationCode(ctx, b.ID, "999999999999", until)   // nobody has enrolled them with this table
		})
		use := func(of mingjing.ResidentID, code string, at time.Time) error {
			return freely(t.Context(), s, func(tx *reader) error { return second(tx.UseActivationCode(t.Context(), of, code, at)) })
		}
		for what, err := range map[string]error{
			"the older one":    use(a.ID, "000000000000", day),
			"another's":        use(b.ID, activationCode, day),
			"nobody's":         use("nobody", activationCode, day),
			"one too old":      use(a.ID, activationCode, until.Add(time.Microsecond)),
			"no code":          use(a.ID, "", day),
			"part of the code": use(a.ID, activationCode[:11], day),
		} {
			if !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("%s is used: %v", what, err)
			}
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			if done, err := tx.Activated(ctx, a.ID); done || err != nil {
				t.Errorf("activated before the code was used: %v", err)
			}
			used, err := tx.UseActivationCode(ctx, a.ID, activationCode, until)
			must(t, err)
			if done, err := tx.Activated(ctx, a.ID); !done || err != nil {
				t.Errorf("not activated by the code: %v", err)
			}
			if _, err := tx.UseActivationCode(ctx, a.ID, activationCode, day); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("it is used twice: %v", err)
			}
			// Given back it is as it was.
			must(t, tx.ReturnActivationCode(ctx, a.ID, activationCode, used))
			if done, err := tx.Activated(ctx, a.ID); done || err != nil {
				t.Errorf("activated though the code was given back: %v", err)
			}
			used, err = tx.UseActivationCode(ctx, a.ID, activationCode, until)
			must(t, err)
			// A newer code is not replaced by one that is given back.
			must(t, tx.SetActivationCode(ctx, a.ID, "222222222222", until))
			must(t, tx.ReturnActivationCode(ctx, a.ID, activationCode, used))
			_, err = tx.UseActivationCode(ctx, a.ID, "222222222222", day)
			return err
		})
	})
}

func TestLettersAreWrittenOnceToWhoAwaitsOne(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		var want []string
		do(t, s, func(ctx context.Context, tx *reader) error {
			for n := 1; n <= 5; n++ {
				r := resident(n)
				must(t, tx.AddResident(ctx, r))
				must(t, tx.AddEnrolment(ctx, r.ID, n != 3)) // 3 has no address
				if n != 3 {
					want = append(want, string(r.ID))
				}
			}
			return nil
		})
		awaiting := func(before time.Time, limit int) string {
			return strings.Join(strs(mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.ResidentID, error) {
				return tx.AwaitingLetters(ctx, before, 0, limit)
			})), " ")
		}
		if got := awaiting(time.Time{}, 9); got != strings.Join(want, " ") {
			t.Errorf("letters wait for %s, want %v in the order of their enrolment", got, want)
		}
		if got := awaiting(time.Time{}, 2); got != strings.Join(want[:2], " ") {
			t.Errorf("the first two are %s", got)
		}
		rest := mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.ResidentID, error) {
			return tx.AwaitingLetters(ctx, time.Time{}, 2, 9)
		})
		if got := strings.Join(strs(rest), " "); got != strings.Join(want[2:], " ") {
			t.Errorf("after the first two come %s", got)
		}
		first, later := mingjing.ResidentID(want[0]), day.Add(time.Hour)
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.SetLetter(ctx, first, time.Time{}, day, activationCode, later))
			if err := tx.SetLetter(ctx, first, time.Time{}, day, "111111111111", later); !errors.Is(err, kernel.ErrConflict) {
				t.Errorf("a second letter without being asked: %v", err)
			}
			must(t, tx.AddLetterFile(ctx, "file", day, 1))
			for id, want := range map[string]bool{"file": true, "other": false} {
				if has, err := tx.HasLetterFile(ctx, id); has != want || err != nil {
					t.Errorf("%s is whole: %t, %v", id, has, err)
				}
			}
			return nil
		})
		if got := awaiting(time.Time{}, 9); got != strings.Join(want[1:], " ") {
			t.Errorf("then letters wait for %s", got)
		}
		if got := awaiting(day, 9) + "|" + awaiting(later, 9); got != "|"+want[0] {
			t.Errorf("once more they wait for %s", got)
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.SetLetter(ctx, first, later, later, "333333333333", later))
			if _, err := tx.UseActivationCode(ctx, first, activationCode, day); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("the code of the first letter is good: %v", err)
			}
			_, err := tx.UseActivationCode(ctx, first, "333333333333", day)
			return err
		})
		if got := awaiting(later.Add(time.Hour), 9); got != "" {
			t.Errorf("who is active gets letters: %s", got)
		}
	})
}

func strs(ids []mingjing.ResidentID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}

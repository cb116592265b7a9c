package store

import (
	"context"
	"errors"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
)

func TestPartsOfOneTransactionEachSayWhyTheyRead(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		reads := func(ctx context.Context, why string) error {
			return s.Tx(ctx, func(tx casework.Tx) error {
				_, err := tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{At: day, Role: mingjing.RoleResident, Who: "王", Action: why,
					Purpose: "own"}}).Resident(ctx, r.ID)
				return err
			})
		}
		lines := func() (actions []string) {
			do(t, s, func(ctx context.Context, tx *reader) error {
				looks, err := tx.AccessEntries(ctx, r.ID, false, 0, 10)
				for _, l := range looks {
					actions = append(actions, l.Action)
				}
				return err
			})
			return actions
		}
		counted, n := Counted(t.Context())
		must(t, s.Together(counted, func(ctx context.Context) error {
			must(t, reads(ctx, "records"))
			if err := reads(ctx, ""); !errors.Is(err, kernel.ErrNoReason) {
				t.Errorf("it is read without a reason, as the part before had one: %v", err)
			}
			return reads(ctx, "screen")
		}))
		if got := lines(); len(got) != 2 || got[0] != "screen" || got[1] != "records" || n.Load() != 1 {
			t.Errorf("%v in %d transactions", got, n.Load())
		}
		fails := errors.New("the page can't be shown")
		err := s.Together(t.Context(), func(ctx context.Context) error {
			must(t, reads(ctx, "score"))
			return fails
		})
		if got := lines(); !errors.Is(err, fails) || len(got) != 2 {
			t.Errorf("nothing was shown, and the log says %v: %v", got, err)
		}
	})
}

func TestOnlyOneProcessAtATimeRunsAlone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		a, b := open(t, url), open(t, url)
		order := make(chan string, 2)
		second := make(chan error, 1)
		must(t, a.Alone(t.Context(), func() error {
			begun := make(chan struct{})
			go func() {
				close(begun)
				second <- b.Alone(t.Context(), func() error { order <- "second"; return nil })
			}()
			<-begun
			must(t, a.Ping(t.Context()))
			order <- "first"
			return nil
		}))
		must(t, receive(t, second, "the second"))
		if got := <-order + " " + <-order; got != "first second" {
			t.Errorf("the order is %s", got)
		}
	})
}

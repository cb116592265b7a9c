package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/store/pgtest"
)

func TestARolledBackTransactionLeavesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r, no := open(t, url), resident(1), errors.New("no")
		ctx := t.Context()
		err := freely(ctx, s, func(tx *reader) error {
			must(t, tx.AddResident(ctx, r))
			must(t, tx.AddRequest(ctx, request(r, "q")))
			must(t, tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "q"}))
			_, err := tx.AddEvent(ctx, string(r.ID), mingjing.Event{Kind: mingjing.EventRequest, ID: "q", At: day})
			must(t, err)
			return no
		})
		if !errors.Is(err, no) {
			t.Fatalf("Tx returned %v, want fn's error", err)
		}
		if n := jobs(t, s, "1 = 1"); n != 0 {
			t.Errorf("%d jobs were left", n)
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			if _, err := tx.Resident(ctx, r.ID); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("Resident: %v, want ErrNotFound", err)
			}
			if seq, err := tx.LastEvent(ctx, string(r.ID)); seq != 0 || err != nil {
				t.Errorf("LastEvent is %d, %v", seq, err)
			}
			return nil
		})
	})
}

func TestAPanicRollsBackAndLeavesTheStoreUsable(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		func() {
			defer func() { _ = recover() }()
			_ = freely(ctx, s, func(tx *reader) error {
				must(t, tx.AddResident(ctx, resident(1)))
				panic("no")
			})
		}()
		enrol(t, s, resident(1))
	})
}

// race runs fn in many goroutines. It fails unless exactly one succeeds and the others
// get ErrExists.
func race(t *testing.T, s *Store, fn func(ctx context.Context, tx *reader, i int) error) {
	t.Helper()
	ctx := t.Context()
	start := make(chan struct{})
	errs := make(chan error)
	const n = 24
	for i := range n {
		go func() {
			<-start
			errs <- freely(ctx, s, func(tx *reader) error { return fn(ctx, tx, i) })
		}()
	}
	close(start)
	won := 0
	for range n {
		switch err := receive(t, errs, "a racer"); {
		case err == nil:
			won++
		case !errors.Is(err, kernel.ErrExists):
			t.Errorf("a loser got %v, want ErrExists", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestOfManyAtOnceExactlyOneWins(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		other := resident(2)
		enrol(t, s, other)
		t.Run("ID number", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				same := resident(500)
				same.ID = mingjing.ResidentID(fmt.Sprintf("same-%d", i))
				return tx.AddResident(ctx, same)
			})
		})
		t.Run("open request", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				return tx.AddRequest(ctx, request(r, fmt.Sprintf("open-%d", i)))
			})
		})
		t.Run("idempotency key", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				return tx.AddSending(ctx, sending(other, fmt.Sprintf("content-%d", i)), day, day)
			})
		})
		t.Run("record reference", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				c := record(r, fmt.Sprintf("record-%d", i))
				c.Ref = "7"
				return tx.PutRecord(ctx, c)
			})
		})
		t.Run("listing reference", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				l := listing(r, fmt.Sprintf("listing-%d", i))
				l.Ref = "7"
				return tx.PutListing(ctx, l)
			})
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.PutRecord(ctx, record(r, "c")), tx.PutListing(ctx, listing(r, "l")), tx.PutRecord(ctx, record(r, "k")))
		})
		t.Run("open dispute of a record", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				return tx.AddCase(ctx, dispute(r, fmt.Sprintf("of-record-%d", i), "c"))
			})
		})
		t.Run("open dispute of a listing", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				d := dispute(r, fmt.Sprintf("of-listing-%d", i), "")
				d.ListingID = "l"
				return tx.AddCase(ctx, d)
			})
		})
	})
}

func TestAfterErrExistsTheTransactionGoesOn(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddRequest(ctx, request(r, "first")) })
		do(t, s, func(ctx context.Context, tx *reader) error {
			if err := tx.AddRequest(ctx, request(r, "again")); !errors.Is(err, kernel.ErrExists) {
				t.Errorf("AddRequest: %v, want ErrExists", err)
			}
			got, err := tx.OpenRequest(ctx, r.ID)
			if got.ID != "first" {
				t.Errorf("the open request is %q", got.ID)
			}
			return err
		})
	})
}

func TestTransactionsOnOneResidentRunOneAfterTheOther(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddRequest(ctx, request(r, "q")) })
		ctx := t.Context()
		const n = 40
		errs := make(chan error)
		for range n {
			go func() {
				errs <- freely(ctx, s, func(tx *reader) error {
					q, err := tx.Request(ctx, "q")
					if err != nil {
						return err
					}
					q.ScoreID += "x" // a lost update would lose one
					return tx.SetRequest(ctx, q)
				})
			}()
		}
		for range n {
			must(t, receive(t, errs, "a transaction"))
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			q, err := tx.Request(ctx, "q")
			if len(q.ScoreID) != n {
				t.Errorf("%d of %d updates were kept", len(q.ScoreID), n)
			}
			return err
		})
	})
}

func TestTransactionsThatCollideAreRunAgain(t *testing.T) {
	s := open(t, pgtest.Start(t))
	ctx := t.Context()
	// Each locks the row that the other locks next: one deadlock.
	both := make(chan struct{})
	var met sync.WaitGroup
	met.Add(2)
	go func() { met.Wait(); close(both) }()
	errs := make(chan error)
	var runs atomic.Int32
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		first := true
		go func() {
			errs <- freely(ctx, s, func(tx *reader) error {
				runs.Add(1)
				if _, err := tx.AddEvent(ctx, order[0], mingjing.Event{At: day}); err != nil {
					return err
				}
				if first {
					first = false
					met.Done()
					<-both
				}
				if _, err := tx.AddEvent(ctx, order[1], mingjing.Event{At: day}); err != nil {
					return fmt.Errorf("rewrapped without the cause: %v", err) //nolint:errorlint // that is what is tried
				}
				return nil
			})
		}()
	}
	for range 2 {
		must(t, receive(t, errs, "a transaction"))
	}
	if n := runs.Load(); n < 3 {
		t.Errorf("fn ran %d times, want at least 3", n)
	}
	do(t, s, func(ctx context.Context, tx *reader) error {
		for _, audience := range []string{"a", "b"} {
			if seq, err := tx.LastEvent(ctx, audience); seq != 2 || err != nil {
				t.Errorf("last event of %s is %d, %v", audience, seq, err)
			}
		}
		return nil
	})
}

func TestABusyFileIsACollision(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	_, other, err := openSQLite(path, DefaultStatementWait)
	must(t, err)
	defer other.Close()
	conn, err := other.Conn(t.Context())
	must(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 0")
	must(t, err)
	do(t, s, func(ctx context.Context, _ *reader) error {
		_, err := conn.BeginTx(ctx, nil)
		if err == nil || !s.eng.collided(err) {
			t.Errorf("a second writer got %v, which is no collision", err)
		}
		return nil
	})
}

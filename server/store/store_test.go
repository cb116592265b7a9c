package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/store/pgtest"
)

func TestEventsComeInTheOrderOfCommitWithoutGaps(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		const writers, each = 12, 15
		errs := make(chan error)
		for w := range writers {
			go func() {
				for i := range each {
					err := freely(ctx, s, func(tx *reader) error {
						e, err := tx.AddEvent(ctx, mingjing.AudienceStaff, mingjing.Event{Kind: mingjing.EventDispute, ID: fmt.Sprint(w, "-", i), At: day})
						if err == nil && e.Seq == 0 {
							err = errors.New("no seq")
						}
						return err
					})
					if err != nil {
						errs <- err
						return
					}
				}
				errs <- nil
			}()
		}
		// Who goes on from the last event that they saw misses none.
		seen := map[string]bool{}
		var last int64
		read := func() {
			do(t, s, func(ctx context.Context, tx *reader) error {
				events, err := tx.EventsAfter(ctx, mingjing.AudienceStaff, last, 7)
				for _, e := range events {
					if e.Seq != last+1 || seen[e.ID] || !e.At.Equal(day) || e.Kind != mingjing.EventDispute {
						t.Errorf("event %+v came after %d", e, last)
					}
					last, seen[e.ID] = e.Seq, true
				}
				return err
			})
		}
		for running := writers; running > 0; {
			select {
			case err := <-errs:
				must(t, err)
				running--
			default:
				read()
			}
		}
		for before := int64(-1); before != last; {
			before = last
			read()
		}
		if len(seen) != writers*each {
			t.Errorf("%d of %d events were read", len(seen), writers*each)
		}
	})
}

func TestTheLastStaffEventIsNotNewerThanTheCasesRead(t *testing.T) {
	s := open(t, pgtest.Start(t))
	add := func() {
		do(t, s, func(ctx context.Context, tx *reader) error {
			_, err := tx.AddEvent(ctx, mingjing.AudienceStaff, mingjing.Event{At: day})
			return err
		})
	}
	add()
	do(t, s, func(ctx context.Context, tx *reader) error {
		if _, err := tx.Cases(ctx, cases.CaseQuery{Limit: 1}); err != nil {
			return err
		}
		add()
		seq, err := tx.LastEvent(ctx, mingjing.AudienceStaff)
		if seq != 1 {
			t.Errorf("the view claims to have seen event %d, want 1", seq)
		}
		return err
	})
}

func TestLooksAreNumberedPerResidentAndReadNewestFirst(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r, resident(2))
		do(t, s, func(ctx context.Context, tx *reader) error {
			for i := range 6 {
				role := mingjing.RoleResident
				if i%2 == 0 {
					role = mingjing.RoleHandler
				}
				must(t, tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{At: day, Role: role, Who: "王", Action: "records", Purpose: "own"}}).Log(
					ctx, r.ID))
				must(t, tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{At: day, Role: role, Action: "records"}}).Log(ctx, resident(2).ID))
			}
			return nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			for _, c := range []struct {
				others bool
				before int64
				limit  int
				want   string
			}{
				{false, 0, 10, "6 5 4 3 2 1"},
				{false, 5, 2, "4 3"},
				{true, 0, 10, "5 3 1"},
				{true, 3, 10, "1"},
			} {
				looks, err := tx.AccessEntries(ctx, r.ID, c.others, c.before, c.limit)
				must(t, err)
				var got []string
				for _, l := range looks {
					got = append(got, fmt.Sprint(l.Seq))
					if l.Who != "王" || !l.At.Equal(day) {
						t.Errorf("look %+v", l)
					}
				}
				if strings.Join(got, " ") != c.want {
					t.Errorf("looks (%v, %d, %d) are %v, want %s", c.others, c.before, c.limit, got, c.want)
				}
			}
			if err := tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{Action: "case"}}).Log(ctx, "nobody"); !errors.Is(err,
				kernel.ErrNotFound) {
				t.Errorf("a look at nobody: %v", err)
			}
			return nil
		})
	})
}

func TestClosingEndsWork(t *testing.T) {
	s := open(t, "sqlite::memory:")
	done, started := make(chan error, 1), make(chan struct{})
	go func() {
		done <- s.Work(context.Background(), func(ctx context.Context, _ kernel.Job) (time.Duration, error) {
			close(started)
			<-ctx.Done()
			return 0, ctx.Err()
		})
	}()
	do(t, s, func(ctx context.Context, tx *reader) error {
		return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "x"})
	})
	receive(t, started, "the job")
	must(t, s.Close())
	must(t, receive(t, done, "Work to return"))
	if err := s.Ping(context.Background()); err == nil {
		t.Error("a closed store answers")
	}
}

func TestManyMayOpenOneDatabaseAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		errs := make(chan error)
		const n = 5
		for i := range n {
			go func() {
				errs <- func() error {
					ctx := context.Background()
					s, err := Open(ctx, url, Options{IDKey: testKey, Vault: testVault, Logger: slog.New(slog.DiscardHandler)})
					if err != nil {
						return err
					}
					defer s.Close()
					return freely(ctx, s, func(tx *reader) error { return tx.AddResident(ctx, resident(i)) })
				}()
			}()
		}
		for range n {
			must(t, receive(t, errs, "an opening"))
		}
		s := open(t, url) // the tables are there already
		must(t, s.Ping(t.Context()))
		do(t, s, func(ctx context.Context, tx *reader) error {
			if got, err := tx.Residents(ctx); got != n || err != nil {
				t.Errorf("%d residents, %v, want %d", got, err, n)
			}
			return nil
		})
	})
}

func TestWhatCannotBeOpenedSaysWhy(t *testing.T) {
	for url, key := range map[string][]byte{
		"mysql://x/y":            testKey,
		"":                       testKey,
		"sqlite:":                testKey,
		"postgres://%zz":         testKey,
		"sqlite::memory:":        testKey[:31],
		"sqlite:///proc/no/x.db": testKey,
	} {
		if s, err := Open(t.Context(), url, Options{IDKey: key, Vault: testVault}); err == nil {
			s.Close()
			t.Errorf("%q was opened", url)
		}
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "a b?c#d%.db")
	s := open(t, "sqlite://"+path)
	enrol(t, s, resident(1))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		must(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", suffix, mode)
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		must(t, s.db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}

func TestARestartKeepsEverything(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		enrol(t, s, resident(1))
		must(t, s.Close())
		do(t, open(t, url), func(ctx context.Context, tx *reader) error {
			_, err := tx.ResidentByIDNumber(ctx, resident(1).IDNumber)
			return err
		})
	})
}

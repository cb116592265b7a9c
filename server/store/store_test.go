package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/store/pgtest"
	"mingjing/server/vault"
)

// childEnv is the url that a child process works on until it is killed.
const childEnv = "STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if url := os.Getenv(childEnv); url != "" {
		if err := child(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child says which job it has and never finishes one.
func child(url string) error {
	s, err := Open(context.Background(), url, Options{IDKey: testKey, Vault: testVault})
	if err != nil {
		return err
	}
	return s.Work(context.Background(), func(_ context.Context, j kernel.Job) (time.Duration, error) {
		fmt.Println(j.ID)
		select {}
	})
}

var testVault = vault.Memory()

var testKey = []byte("0123456789abcdef0123456789abcdef")

// patience is how long a condition may take that holds on a busy machine.
const patience = 60 * time.Second

// onEach runs the test on a fresh database of each engine.
func onEach(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db")) })
	t.Run("postgres", func(t *testing.T) { fn(t, pgtest.Start(t)) })
}

func open(t testing.TB, url string, opts ...func(*Options)) *Store {
	t.Helper()
	o := Options{IDKey: testKey, Vault: testVault, Logger: slog.New(slog.DiscardHandler)}
	for _, set := range opts {
		set(&o)
	}
	s, err := Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// freely is s.Tx in which everything is read without an entry in the access log, which is
// not what most of these tests are about.
func freely(ctx context.Context, s *Store, fn func(*reader) error) error {
	return s.Tx(ctx, func(t casework.Tx) error { return fn(t.(*tx).upkeep()) })
}

// do runs fn in a transaction that must be committed.
func do(t testing.TB, s *Store, fn func(ctx context.Context, tx *reader) error) {
	t.Helper()
	ctx := t.Context()
	must(t, freely(ctx, s, func(tx *reader) error { return fn(ctx, tx) }))
}

// work runs Work in the background until the func returned is called.
func work(t testing.TB, s *Store, fn func(context.Context, kernel.Job) (time.Duration, error)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Work(ctx, fn) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Work: %v", err)
			}
		case <-time.After(patience):
			t.Error("Work did not return")
		}
	})
	t.Cleanup(stop)
	return stop
}

// receive waits for a value with patience.
func receive[T any](t testing.TB, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func jobs(t testing.TB, s *Store, where string) (n int) {
	t.Helper()
	must(t, s.db.QueryRowContext(t.Context(), `SELECT count(*) FROM river_job WHERE `+where).Scan(&n))
	return n
}

var day = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func resident(n int) kernel.Resident {
	return kernel.Resident{
		ID:        mingjing.ResidentID(fmt.Sprintf("resident-%d", n)),
		IDNumber:  mingjing.MakeIDNumber(fmt.Sprintf("999999198001%02d%03d", 1+n/1000, n%1000)),
		Name:      fmt.Sprintf("林小%d", n),
		CreatedAt: day,
	}
}

func request(r kernel.Resident, id string) score.Request {
	return score.Request{
		ScoreRequest: mingjing.ScoreRequest{
			ID: id, State: mingjing.RequestQueued, CreatedAt: day, Deadline: day.Add(mingjing.ScoreDeadline),
			Rulebook: mingjing.RulebookRef{ID: "rongcheng", Version: "1"},
		},
		Resident: r.ID,
	}
}

func record(r kernel.Resident, id string) holding.Record {
	return holding.Record{
		Record: mingjing.Record{
			ID: id, Agency: "traffic", Code: "drunk-driving", Occurred: "2025-11-03", State: mingjing.RecordActive,
			Detail: mingjing.Text{"en": "Drove drunk"}, CollectedAt: day,
		},
		Resident: r.ID, Ref: "ref of " + id,
	}
}

func listing(r kernel.Resident, id string) holding.Listing {
	return holding.Listing{
		Listing: mingjing.Listing{
			ID: id, Kind: mingjing.Blacklist, Agency: "court", Code: "judgment-debtor", State: mingjing.ListingInEffect,
			From: "2026-01-01", Ends: "2028-01-01",
		},
		Resident: r.ID, Ref: "ref of " + id,
	}
}

func dispute(r kernel.Resident, id, record string) cases.Case {
	return cases.Case{
		Case: mingjing.Case{
			ID: id, Reason: mingjing.ReasonNotMe, Statement: "That was not me.", State: mingjing.DisputeFiled, FiledAt: day,
			Clocks: []mingjing.Clock{{Code: "mark", Due: day.Add(24 * time.Hour)}},
		},
		Resident: r.ID, ResidentName: r.Name, RecordID: record, AgencyCode: "traffic", CatalogueCode: "drunk-driving",
		NextDue: day.Add(24 * time.Hour),
	}
}

func enrol(t testing.TB, s *Store, rs ...kernel.Resident) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx *reader) error {
		for _, r := range rs {
			if err := tx.AddResident(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

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

func TestAJobIsInvisibleUntilItsTransactionIsCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		ran := make(chan string, 10)
		var committing atomic.Bool
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			if j.ID == "early" && !committing.Load() {
				t.Error("the job ran before its transaction was committed")
			}
			ran <- j.ID
			return 0, nil
		})
		must(t, freely(ctx, s, func(tx *reader) error {
			must(t, tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "early"}))
			if _, ok := s.eng.(postgresEngine); ok { // SQLite has one writer: nothing goes on beside it
				do(t, s, func(ctx context.Context, tx *reader) error {
					return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "late"})
				})
				if id := receive(t, ran, "the job that was committed first"); id != "late" {
					t.Errorf("job %s ran", id)
				}
			}
			committing.Store(true)
			return nil
		}))
		if id := receive(t, ran, "the job"); id != "early" {
			t.Errorf("job %s ran", id)
		}
	})
}

// race runs fn in many goroutines and wants exactly one to win and the others to
// be told that it exists.
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
		t.Run("request key", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				q := request(other, fmt.Sprintf("key-%d", i))
				q.Key, q.State = "once", mingjing.RequestReady
				return tx.AddRequest(ctx, q)
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
		t.Run("dispute key", func(t *testing.T) {
			race(t, s, func(ctx context.Context, tx *reader, i int) error {
				d := dispute(r, fmt.Sprintf("key-%d", i), "k")
				d.Key, d.State = "once", mingjing.DisputeDecided
				return tx.AddCase(ctx, d)
			})
		})
	})
}

func TestAfterErrExistsTheTransactionGoesOn(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		first := request(r, "first")
		first.Key = "key"
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddRequest(ctx, first) })
		do(t, s, func(ctx context.Context, tx *reader) error {
			again := request(r, "again")
			again.Key = "key"
			if err := tx.AddRequest(ctx, again); !errors.Is(err, kernel.ErrExists) {
				t.Errorf("AddRequest: %v, want ErrExists", err)
			}
			got, err := tx.RequestByKey(ctx, r.ID, "key")
			if got.ID != "first" {
				t.Errorf("the key is %q's", got.ID)
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
	// Each takes what the other wants next: a deadlock, once.
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
	_, other, err := openSQLite(path)
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
		// A reader that goes on from the last that it saw misses none.
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
				must(t, tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{At: day, Role: role, Who: "王", Action: "records", Purpose: "own"}}).Log(ctx, r.ID))
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
				looks, err := tx.Looks(ctx, r.ID, c.others, c.before, c.limit)
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
			if err := tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{Action: "case"}}).Log(ctx, "nobody"); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("a look at nobody: %v", err)
			}
			return nil
		})
	})
}

func TestAJobOfAKilledProcessRunsAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "interrupted"})
		})
		if _, ok := s.eng.(sqliteEngine); ok { // one process at a time
			must(t, s.Close())
		}
		exe, err := os.Executable()
		must(t, err)
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), childEnv+"="+url)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		killed := false
		kill := func() {
			if !killed {
				killed = true
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}
		}
		defer kill()
		line := make(chan string, 1)
		go func() {
			text, _ := bufio.NewReader(out).ReadString('\n')
			line <- strings.TrimSpace(text)
		}()
		if id := receive(t, line, "the child to have the job"); id != "interrupted" {
			t.Fatalf("the child has job %q", id)
		}

		ran := make(chan string, 4*DefaultWorkers)
		note := func(_ context.Context, j kernel.Job) (time.Duration, error) {
			ran <- j.ID
			return 0, nil
		}
		if _, ok := s.eng.(sqliteEngine); ok {
			kill()
			s = open(t, url)
			work(t, s, note)
		} else {
			// Another replica does not touch the job while its worker lives. The
			// child has free hands too, so it is given enough of them.
			work(t, s, note)
			do(t, s, func(ctx context.Context, tx *reader) error {
				for i := range 3 * DefaultWorkers {
					if err := tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: fmt.Sprint("other-", i)}); err != nil {
						return err
					}
				}
				return nil
			})
			if id := receive(t, ran, "the replica to work"); id == "interrupted" {
				t.Error("the job was taken from a living worker")
			}
			kill()
		}
		for receive(t, ran, "the job to run again") != "interrupted" {
		}
		eventually(t, "every job is done", func() bool { return jobs(t, s, "state <> 'completed'") == 0 })
	})
}

func TestStoppingGivesJobsBack(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		started := make(chan struct{}, 1)
		stop := work(t, s, func(ctx context.Context, _ kernel.Job) (time.Duration, error) {
			started <- struct{}{}
			<-ctx.Done()
			return 0, ctx.Err()
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "long"})
		})
		receive(t, started, "the job")
		if err := s.Work(t.Context(), nil); !errors.Is(err, ErrWorking) {
			t.Errorf("a second Work: %v, want ErrWorking", err)
		}
		begin := time.Now()
		stop()
		if took := time.Since(begin); took > stopWait {
			t.Errorf("stopping took %v", took)
		}
		if n := jobs(t, s, "state = 'available'"); n != 1 {
			t.Errorf("%d jobs were given back, want 1", n)
		}
		ran := make(chan kernel.Job, 1)
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			ran <- j
			return 0, nil
		})
		if j := receive(t, ran, "the job in the next work"); j != (kernel.Job{Kind: score.JobCollect, ID: "long"}) {
			t.Errorf("job %+v", j)
		}
	})
}

func TestAJobRunsAgainAfterItsWait(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		const wait = 400 * time.Millisecond
		ran := make(chan time.Time, 3)
		runs := 0
		work(t, s, func(context.Context, kernel.Job) (time.Duration, error) {
			ran <- time.Now()
			runs++
			if runs == 1 {
				return wait, nil
			}
			return 0, nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: cases.JobQuestion, ID: "d"})
		})
		first := receive(t, ran, "the first run")
		second := receive(t, ran, "the second run")
		// The engines keep milliseconds.
		if got := second.Sub(first); got < wait-2*time.Millisecond {
			t.Errorf("ran again after %v, want %v", got, wait)
		}
		eventually(t, "the job is done", func() bool { return jobs(t, s, "state = 'completed'") == 1 })
	})
}

func TestAJobDoesNotRunBeforeItsTime(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		ran := make(chan time.Time, 1)
		var got kernel.Job
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			got = j
			ran <- time.Now()
			return 0, nil
		})
		at := time.Now().Add(time.Second).Truncate(time.Millisecond).UTC()
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobRescore, ID: "r", At: at})
		})
		when := receive(t, ran, "the job")
		if when.Before(at) || !got.At.Equal(at) {
			t.Errorf("job %+v ran at %v, %v early", got, when, at.Sub(when))
		}
	})
}

func TestAFailingJobIsTriedAgainAndAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		runs := map[string]int{}
		var mu sync.Mutex
		done := make(chan string, 3)
		work(t, s, func(ctx context.Context, j kernel.Job) (time.Duration, error) {
			mu.Lock()
			runs[j.ID]++
			run := runs[j.ID]
			mu.Unlock()
			switch {
			case run == 3:
				done <- j.ID
				return 0, nil
			case j.ID == "panics":
				panic("a word that must not be kept")
			}
			return 0, errors.New("a word that must not be kept")
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "errs"}),
				tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "panics"}))
		})
		receive(t, done, "the first job's third run")
		receive(t, done, "the second job's third run")
		eventually(t, "both are done", func() bool { return jobs(t, s, "state = 'completed'") == 2 })
		if n := jobs(t, s, "errors IS NOT NULL AND CAST(errors AS TEXT) NOT IN ('', '[]', '{}')"); n != 0 {
			t.Errorf("%d jobs keep the text of errors", n)
		}
	})
}

func TestAJobThatTakesTooLongIsTriedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url, func(o *Options) { o.JobTimeout = 50 * time.Millisecond })
		done := make(chan struct{})
		first := true
		work(t, s, func(ctx context.Context, j kernel.Job) (time.Duration, error) {
			if first {
				first = false
				<-ctx.Done()
				return 0, ctx.Err()
			}
			close(done)
			return 0, nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: "slow"})
		})
		receive(t, done, "the second run")
	})
}

func TestWaitsBetweenFailuresGrowToAMinute(t *testing.T) {
	last := time.Duration(0)
	for failed := 1; failed < 1000; failed++ {
		wait := retryWait(failed)
		if wait < last || wait < firstRetry || wait > maxRetry {
			t.Fatalf("after %d failures the wait is %v, after one less %v", failed, wait, last)
		}
		last = wait
	}
	if last != maxRetry {
		t.Errorf("the longest wait is %v", last)
	}
}

func TestTheSameJobWaitsOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		later := time.Now().Add(time.Hour)
		for range 2 {
			do(t, s, func(ctx context.Context, tx *reader) error {
				for range 2 {
					for _, j := range []kernel.Job{
						{Kind: score.JobRescore, ID: "r"},
						{Kind: score.JobRescore, ID: "r", At: later},
						{Kind: score.JobRescore, ID: "r", At: later.Add(time.Minute)},
						{Kind: score.JobRescore, ID: "other"},
						{Kind: score.JobCollect, ID: "r"},
					} {
						if err := tx.Enqueue(ctx, j); err != nil {
							return err
						}
					}
				}
				return nil
			})
		}
		// The late ones wait where no worker passes them.
		if now, later := jobs(t, s, "state = 'available'"), jobs(t, s, "state = 'scheduled'"); now != 3 || later != 2 {
			t.Errorf("%d jobs wait for a worker and %d for their time", now, later)
		}
		if n := jobs(t, s, "1 = 1"); n != 5 {
			t.Errorf("there are %d jobs, want 5", n)
		}
	})
}

func TestAJobAskedForWhileItRunsRunsOnceMore(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		started, goOn := make(chan struct{}, 2), make(chan struct{})
		work(t, s, func(context.Context, kernel.Job) (time.Duration, error) {
			started <- struct{}{}
			<-goOn
			return 0, nil
		})
		ask := func() {
			do(t, s, func(ctx context.Context, tx *reader) error {
				return tx.Enqueue(ctx, kernel.Job{Kind: cases.JobQuestion, ID: "d"})
			})
		}
		ask()
		receive(t, started, "the first run")
		ask() // what changed now may be after what the first run read
		receive(t, started, "the second run")
		close(goOn)
	})
}

func TestACommittedJobWakesTheWorkersAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		woken := 0
		s.wakeup = func() { woken++ }
		enqueue := func(j kernel.Job, err error) int {
			woken = 0
			if got := freely(ctx, s, func(tx *reader) error { return errors.Join(tx.Enqueue(ctx, j), err) }); !errors.Is(got, err) {
				t.Fatal(got)
			}
			return woken
		}
		now := kernel.Job{Kind: score.JobCollect, ID: "now"}
		if n := enqueue(now, errors.New("no")); n != 0 {
			t.Errorf("a job that was rolled back wakes %d times", n)
		}
		if n := enqueue(kernel.Job{Kind: score.JobCollect, ID: "late", At: time.Now().Add(time.Hour)}, nil); n != 0 {
			t.Errorf("a job for later wakes %d times", n)
		}
		if n := enqueue(now, nil); n != 1 {
			t.Errorf("a job wakes %d times", n)
		}
	})
}

// A job that waits already must not run before it can see what was written by
// the transaction that asked for it again.
func TestAWaitingJobIsKeptForTheTransactionThatAskedAgain(t *testing.T) {
	s, ctx := open(t, pgtest.Start(t)), t.Context() // SQLite has one writer
	ask := func(tx *reader, id string) error {
		return tx.Enqueue(ctx, kernel.Job{Kind: cases.JobQuestion, ID: id})
	}
	must(t, freely(ctx, s, func(tx *reader) error { return ask(tx, "kept") }))
	ran := make(chan string, 10)
	must(t, freely(ctx, s, func(tx *reader) error {
		must(t, ask(tx, "kept"))
		work(t, s, func(_ context.Context, j kernel.Job) (time.Duration, error) {
			ran <- j.ID
			return 0, nil
		})
		must(t, freely(ctx, s, func(tx *reader) error { return ask(tx, "other") }))
		if id := receive(t, ran, "the other job"); id != "other" {
			t.Errorf("job %s ran before the transaction was committed", id)
		}
		return nil
	}))
	if id := receive(t, ran, "the job"); id != "kept" {
		t.Errorf("job %s ran", id)
	}
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

func TestJobsAreBounded(t *testing.T) {
	s := open(t, "sqlite::memory:")
	ctx := t.Context()
	for _, j := range []kernel.Job{{}, {Kind: "collect"}, {ID: "x"}, {Kind: "collect", ID: strings.Repeat("x", 129)}} {
		if err := freely(ctx, s, func(tx *reader) error { return tx.Enqueue(ctx, j) }); err == nil {
			t.Errorf("a job with a kind of %d bytes and an id of %d was accepted", len(j.Kind), len(j.ID))
		}
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

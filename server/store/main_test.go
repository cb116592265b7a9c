package store

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/blob"
	"mingjing/server/blob/blobtest"
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

// holdEnv is the SQLite file that a child process holds until its input ends, as a backup
// tool may.
const holdEnv = "STORE_TEST_HOLD"

func hold(path, how string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{how, "SELECT count(*) FROM river_job"} {
		if _, err := db.Exec(q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// holdFile has another process hold a SQLite file by a statement until the func returned is called.
func holdFile(t *testing.T, path, how string) (let func()) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env, child.Stderr = append(os.Environ(), holdEnv+"="+path, holdEnv+"_BY="+how), t.Output()
	in, err := child.StdinPipe()
	must(t, err)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	let = sync.OnceFunc(func() { _ = in.Close(); _ = child.Wait() })
	t.Cleanup(let)
	if said, err := bufio.NewReader(out).ReadString('\n'); err != nil || said != "held\n" {
		t.Fatalf("the file is not held: %q, %v", said, err)
	}
	return let
}

func TestMain(m *testing.M) {
	if url := os.Getenv(childEnv); url != "" {
		if err := child(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv(holdEnv); path != "" {
		if err := hold(path, os.Getenv(holdEnv+"_BY")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child prints the job that it was given, and finishes none.
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

// patience is how long a test waits for a condition, also on a busy machine.
const patience = 60 * time.Second

// onEach runs the test on a fresh database of each engine.
func onEach(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db")) })
	t.Run("postgres", func(t *testing.T) { fn(t, pgtest.Start(t)) })
}

// onEachAndOutside runs the test also with a real store of files, into which everything is
// moved as soon as it is committed.
func onEachAndOutside(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	onEach(t, fn)
	t.Run("postgres and files outside", func(t *testing.T) {
		url := pgtest.Start(t)
		outside.Store(url, outsideFiles(t, blobtest.Start(t)))
		fn(t, url)
	})
}

// outside has the store of files of a database, by its url.
var outside sync.Map

func outsideFiles(t testing.TB, server *blobtest.Server) *blob.Store {
	t.Helper()
	files, err := blob.Open(server.URL, nil)
	must(t, err)
	return files
}

func open(t testing.TB, url string, opts ...func(*Options)) *Store {
	t.Helper()
	o := Options{IDKey: testKey, Vault: testVault, Logger: slog.New(slog.DiscardHandler)}
	if files, ok := outside.Load(url); ok {
		o.Files = files.(*blob.Store)
	}
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
	err := s.Tx(ctx, func(t casework.Tx) error { return fn(t.(*tx).upkeep()) })
	if err == nil && s.files != nil {
		err = s.moveAll(ctx)
	}
	return err
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
			ID: id, Reason: mingjing.ReasonNotMe, Statement: "That was not me.", State: mingjing.CaseFiled, FiledAt: day,
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

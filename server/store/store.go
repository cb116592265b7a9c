// Package store keeps everything that package casework must not forget, in
// SQLite or PostgreSQL, and hands out the jobs that were committed with it.
//
// It knows tables, transactions and the job queue. It does not know who may do
// what, what a state means, or what time it is: that is casework's. Personal
// content is in the doc columns alone, sealed by package vault with the keyset of
// the resident whose it is; every other column holds ids, states, instants, codes
// or keyed hashes, or is sealed with the bureau's keyset and names nobody.
//
// A transaction has two types: tx has the methods that write, and that read what opens
// nothing of a resident; reader, which is made for one entry of the access log, has
// those that open something.
//
// On both engines a transaction sees what was committed before it about the
// residents that it touches, and two transactions about the same resident run
// one after the other: SQLite has one writer, and on PostgreSQL each method first
// takes the lock of its resident's row.
package store

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/trace"
	"mingjing/server/vault"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
)

// IDKeySize is the length of [Options] IDKey in bytes.
const IDKeySize = 32

// Options are the settings of a store.
type Options struct {
	// IDKey keys the hashes by which ID numbers, idempotency keys and agencies'
	// references are found: [IDKeySize] random bytes, the same at every opening,
	// kept apart from the database. Required.
	IDKey []byte
	// Vault seals everything personal. Required, with the same master key at every
	// opening.
	Vault *vault.Vault
	// Files takes what people sent and exports, sealed, out of the database; nil leaves
	// them there.
	Files Files
	// Workers is how many jobs of one queue run at a time; 0 is [DefaultWorkers].
	Workers int
	// JobTimeout is how long a job may run before its context ends and it is
	// tried again; 0 is [DefaultJobTimeout].
	JobTimeout time.Duration
	// Serve opens the store for a server: where a SQLite file has one already, the error is
	// [ErrServed]. Commands open it beside a server.
	Serve bool
	// MaxConns is how many connections are opened to PostgreSQL at most; 0 is
	// [DefaultMaxConns]. SQLite has one that writes.
	MaxConns int
	// Now is the time by which jobs are dated, where that is not the machine's; nil
	// is [time.Now].
	Now func() time.Time
	// JobRun hears of each run of a job: its kind, how long it took, and its error. It
	// may be nil.
	JobRun func(kind string, took time.Duration, err error)
	// Traces begins the trace of each run of a job; nil makes none.
	Traces *trace.Tracer
	// StatementWait is how long one statement, the begin of a transaction and its commit
	// may take each; 0 is [DefaultStatementWait].
	StatementWait time.Duration
	// Logger gets warnings and errors; nil is [slog.Default].
	Logger *slog.Logger
}

// The settings where [Options] has none.
const (
	// DefaultWorkers suits jobs that mostly wait for other computers.
	DefaultWorkers = 16
	// DefaultJobTimeout is the longest run of one job; longer work asks to be
	// run again.
	DefaultJobTimeout = time.Minute
	// DefaultMaxConns leaves room for three replicas under PostgreSQL's own
	// default of 100.
	DefaultMaxConns = 25
)

// Limits on what is stored.
const (
	// MaxDoc is the greatest size in bytes of a row's content, evidence apart. A
	// full reply of an agency is well below it.
	MaxDoc = 8 << 20
	// MaxPage is the greatest number of rows of one page.
	MaxPage = 1000
)

const (
	// maxTries bounds how often a transaction that collided is run.
	maxTries = 12
	// maxTryWait bounds the wait before the next try.
	maxTryWait = 250 * time.Millisecond
	// stopWait bounds how long jobs that were told to stop are waited for.
	stopWait = 10 * time.Second
)

// ErrWorking says that [Store.Work] is running already.
var ErrWorking = errors.New("store is working already")

// A Store is a [casework.Store] on SQLite or PostgreSQL. It is safe for use by
// many goroutines. SQLite serves one working process, PostgreSQL any number.
type Store struct {
	db     *sql.DB
	reads  *sql.DB // for transactions that write nothing; db itself where those need no other connections
	eng    engine
	let    func() // ends serving it
	idKey  []byte
	vault  *vault.Vault
	logger *slog.Logger
	files  Files

	workers    int
	jobTimeout time.Duration
	jobRun     func(kind string, took time.Duration, err error)
	traces     *trace.Tracer
	now        func() time.Time
	queue      *river.Client[*sql.Tx] // inserts only
	poll       time.Duration          // between two looks for jobs that nothing announced

	statementWait time.Duration
	machine       func() time.Time // the machine's clock, which the database's is compared with
	writes        writability

	mu      sync.Mutex
	wakeup  func(wakeSet) // wakes the running workers; nil when none run
	stop    func()        // ends Work; nil when none runs
	stopped chan struct{} // closed when that Work has returned

	advance advance
}

var _ casework.Store = (*Store)(nil)

// Open opens the store at url and brings its tables up to date; several
// processes may do so at once. The url is "sqlite:///absolute/path.db", a plain
// path, "sqlite::memory:" (gone when closed), or "postgres://…". A missing
// SQLite file and its directory are created, for the owner only.
func Open(ctx context.Context, url string, opts Options) (_ *Store, err error) {
	if len(opts.IDKey) != IDKeySize {
		return nil, fmt.Errorf("open store: IDKey has %d bytes, wants %d", len(opts.IDKey), IDKeySize)
	}
	if opts.Workers < 0 || opts.JobTimeout < 0 || opts.MaxConns < 0 || opts.StatementWait < 0 {
		return nil, errors.New("open store: a setting is below zero")
	}
	if opts.Vault == nil {
		return nil, errors.New("open store: no vault")
	}
	s := &Store{
		vault:      opts.Vault,
		idKey:      append([]byte(nil), opts.IDKey...),
		logger:     opts.Logger,
		files:      opts.Files,
		workers:    opts.Workers,
		jobTimeout: opts.JobTimeout,
		now:        opts.Now,
		jobRun:     opts.JobRun,
		traces:     opts.Traces,

		statementWait: cmp.Or(opts.StatementWait, DefaultStatementWait),
		machine:       time.Now,
		writes:        writability{refusals: refusedFor},
	}
	if s.jobRun == nil {
		s.jobRun = func(string, time.Duration, error) {}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if s.workers == 0 {
		s.workers = DefaultWorkers
	}
	if s.jobTimeout == 0 {
		s.jobTimeout = DefaultJobTimeout
	}
	maxConns := opts.MaxConns
	if maxConns == 0 {
		maxConns = DefaultMaxConns
	}

	if s.eng, s.db, err = openEngine(url, maxConns, s.statementWait); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s.poll = s.eng.pollInterval()
	s.let = func() {}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open store: %w", errors.Join(err, s.db.Close()))
			s.let()
		}
	}()
	if opts.Serve {
		let, err := s.eng.serve()
		if err != nil {
			return nil, err
		}
		s.let = let
	}
	if err := s.migrate(ctx); err != nil {
		return nil, err
	}
	if err := s.needFiles(ctx); err != nil {
		s.db.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	if s.queue, err = s.newQueue(nil, nil); err != nil {
		return nil, fmt.Errorf("make the job queue: %w", err)
	}
	if s.reads, err = s.eng.readers(s.db); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends [Store.Work], if it runs, and closes the database.
func (s *Store) Close() error {
	s.mu.Lock()
	stop, stopped := s.stop, s.stopped
	s.mu.Unlock()
	if stop != nil {
		stop()
		<-stopped
	}
	defer s.let()
	if s.reads != s.db {
		return errors.Join(s.reads.Close(), s.db.Close())
	}
	return s.db.Close()
}

// Ping returns an error if the database does not answer.
func (s *Store) Ping(ctx context.Context) error {
	ctx, end := s.within(ctx)
	var one int
	if err := end(s.db.QueryRowContext(ctx, "SELECT 1").Scan(&one)); err != nil {
		return s.sayAway(fmt.Errorf("ping store: %w", err))
	}
	return nil
}

// Tx implements [casework.Store]. A transaction that collides with another is
// rolled back and fn run again, a bounded number of times. fn must not call Tx:
// on SQLite it would wait for itself until ctx ends.
func (s *Store) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	if t, ok := ctx.Value(shared{}).(*tx); ok && t.s == s {
		return fn(t)
	}
	return s.run(ctx, func(t *tx) error { return fn(t) })
}

// Read implements [casework.Store]. It sees what was committed when it began to read,
// all of one moment. On a SQLite file it waits for nobody who writes, and nobody waits
// for it. Within [Store.Together] it is a part of that transaction.
func (s *Store) Read(ctx context.Context, fn func(casework.Tx) error) error {
	if t, ok := ctx.Value(shared{}).(*tx); ok && t.s == s {
		return s.Tx(ctx, fn)
	}
	return s.runAs(ctx, readsOnly, func(t *tx) error { return fn(t) })
}

// A mode is what a transaction is for: to write, or only to read.
type mode bool

const (
	writes    mode = false
	readsOnly mode = true
)

// shared is the context key of the transaction that [Store.Together] has begun.
type shared struct{}

// Together runs fn so that all that is read with its context is one transaction. It is
// for the reads of one page. A part that fails undoes nothing of the others unless fn
// fails too, and what a part publishes may be heard before it is committed. fn may be
// called again.
func (s *Store) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.run(ctx, func(t *tx) error { return fn(context.WithValue(ctx, shared{}, t)) })
}

// counter is the context key of the number of transactions.
type counter struct{}

// Counted returns a context that counts the transactions that are begun with it.
func Counted(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, counter{}, n), n
}

func (s *Store) run(ctx context.Context, fn func(*tx) error) error { return s.runAs(ctx, writes, fn) }

// engineNames are the names of the engines in traces.
var engineNames = map[goose.Dialect]string{goose.DialectPostgres: "postgresql", goose.DialectSQLite3: "sqlite"}

func (s *Store) runAs(ctx context.Context, m mode, fn func(*tx) error) (err error) {
	try, start := 1, time.Now()
	if _, span := trace.Start(ctx, "transaction", true); span != nil {
		defer func() {
			span.Set("db.system.name", engineNames[s.eng.dialect()])
			span.Set("mingjing.tries", try)
			span.End(mingjing.AwayCode(err) != "")
		}()
	}
	for ; ; try++ {
		var again bool
		err := s.onGood(func() (begun bool, err error) {
			again, err = s.tryTx(ctx, m, fn)
			return !errors.Is(err, errBegin), err
		})
		if !again || ctx.Err() != nil {
			return s.sayAway(err)
		}
		if try == maxTries || time.Since(start) > s.wait()/2 {
			return s.sayAway(fmt.Errorf("store: transaction collided %d times: %w", try, err))
		}
		limit := min(time.Millisecond<<try, maxTryWait)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(limit/2 + rand.N(limit/2)):
		}
	}
}

// sayAway adds [mingjing.ErrNoDatabase] to an error that says that the engine is away,
// and [mingjing.ErrNoKeys] to one that says that the master key is.
func (s *Store) sayAway(err error) error {
	switch {
	case err == nil:
	case errors.Is(err, mingjing.ErrNoFiles): // with an error of the network in it, as the engine's have
	case errors.Is(err, vault.ErrNoMaster):
		return fmt.Errorf("%w: %w", mingjing.ErrNoKeys, err)
	case s.eng.away(err), errors.Is(err, errSilent):
		away := fmt.Errorf("%w: %w", mingjing.ErrNoDatabase, err)
		if s.eng.refused(err) {
			s.writes.refuse(away)
		}
		return away
	}
	return err
}

// maxBroken is more than the connections of a pool that can have broken.
const maxBroken = 100

// onGood calls do until it has begun on a connection that had not broken before. Each
// connection that had is given up.
func (s *Store) onGood(do func() (begun bool, err error)) error {
	for n := 1; ; n++ {
		begun, err := do()
		if begun || n == maxBroken || errors.Is(err, errSilent) || !s.eng.broke(err) {
			return err
		}
	}
}

// execute executes a statement of its own that does no harm when it is executed again.
func (s *Store) execute(ctx context.Context, query string, args ...any) error {
	return s.onGood(func() (begun bool, err error) {
		ctx, end := s.within(ctx)
		_, err = s.db.ExecContext(ctx, s.eng.rebind(query), args...) //nolint:gosec // callers give constants
		return err == nil, end(err)
	})
}

// errBegin: a transaction did not begin.
var errBegin = errors.New("store: begin")

// tryTx runs fn once in a transaction, and reports whether it may succeed when it is run
// again.
func (s *Store) tryTx(ctx context.Context, m mode, fn func(*tx) error) (again bool, err error) {
	if n, ok := ctx.Value(counter{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	db, opts := s.db, s.eng.txOptions()
	if m == readsOnly {
		db, opts = s.reads, s.eng.readOptions()
	}
	bound, wait := s.boundTx(ctx)
	defer wait.end()
	defer func() { err = wait.tell(bound, err) }()
	sqlTx, err := db.BeginTx(bound, opts)
	if err != nil {
		return s.eng.collided(err), fmt.Errorf("%w: %w", errBegin, err)
	}
	wait.begun()
	// After a commit this does nothing; after a panic of fn it lets go.
	defer func() { _ = sqlTx.Rollback() }()

	t := &tx{s: s, sql: sqlTx, mode: m}
	if err = fn(t); err == nil {
		err = cmp.Or(t.broken, t.lost)
	}
	if err == nil && t.collision == nil {
		err = t.growTree(ctx)
	}
	if err == nil && t.collision == nil {
		wait.ending()
		if err = sqlTx.Commit(); err == nil {
			if t.wake != 0 {
				s.wake(t.wake)
			}
			for _, in := range t.soon {
				s.wakeIn(in)
			}
			return false, nil
		}
		return s.eng.collided(err), fmt.Errorf("store: commit: %w", err)
	}
	// fn may have swallowed or rewrapped the collision.
	if t.collision != nil {
		if err == nil {
			err = t.collision
		}
		return true, err
	}
	return false, err
}

// hash returns the keyed hash by which a value is found that must not be readable.
// Values of different kinds never have the same hash.
func (s *Store) hash(kind, value string) []byte {
	mac := hmac.New(sha256.New, s.idKey)
	if kind != "" {
		mac.Write([]byte(kind))
		mac.Write([]byte{0})
	}
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

// hashOrNull returns the hash, or NULL for "", which is never equal to another.
func (s *Store) hashOrNull(kind, value string) any {
	if value == "" {
		return nil
	}
	return s.hash(kind, value)
}

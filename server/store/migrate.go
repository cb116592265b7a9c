package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"
)

// migrateWait bounds the time for bringing the tables up to date, waiting for
// other replicas that do the same included.
const migrateWait = 5 * time.Minute

func (s *Store) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrateWait)
	defer cancel()
	said := sync.OnceFunc(func() {
		s.logger.WarnContext(ctx, "the start waits for another process that has the database", slog.Any("at_most", migrateWait))
	})
	for start := time.Now(); ; {
		err := s.eng.alone(ctx, s.db, said, func() error { return s.migrateAlone(ctx) })
		// On a busy machine the bound of a statement may come before SQLite gives up.
		if file := s.eng.dialect() == goose.DialectSQLite3; !s.eng.collided(err) && !(file && errors.Is(err, errSilent)) {
			return err
		}
		if held := heldTries * s.statementWait; time.Since(start) > held {
			return fmt.Errorf("%w: %w", ErrHeld, err)
		}
		s.logger.WarnContext(ctx, "the start waits for another program that holds the database", slog.Any("since", time.Since(start)),
			slog.Any("err", err))
	}
}

// Alone runs fn while no other process runs Alone, or brings the tables up to date, on the
// same database.
func (s *Store) Alone(ctx context.Context, fn func() error) error {
	return s.sayAway(s.eng.alone(ctx, s.db, func() {}, fn))
}

// heldTries is for how many times the bound of a statement the start waits for a program
// that holds the database.
const heldTries = 3

// ErrHeld is wrapped by the error of opening a database that another program holds for too
// long.
var ErrHeld = errors.New("another program holds the database, such as a backup tool or a database shell with an open transaction; " +
	"end it, and start again")

// ErrServed is wrapped by the error of [Open] where another process serves the file.
var ErrServed = errors.New("another server uses this SQLite file, which is for one server alone; " +
	"end it first, or use PostgreSQL for several servers")

// migrateAlone brings the tables up to date while no other process does.
func (s *Store) migrateAlone(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	if err := s.refuseNewer(ctx); err != nil {
		return err
	}
	// The queue's tables come first: ours has an index on them.
	queue, err := rivermigrate.New(s.eng.driver(s.db), &rivermigrate.Config{Logger: s.quiet()})
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	ours, err := s.migrations()
	if err != nil {
		return err
	}
	if _, err := ours.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := s.addOldLeaves(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := s.sealOld(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func (s *Store) migrations() (*goose.Provider, error) {
	p, err := goose.NewProvider(s.eng.dialect(), s.db, s.eng.migrations(), goose.WithDisableGlobalRegistry(true),
		// Their numbers say which belong together, not when each was published.
		goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return p, nil
}

// refuseNewer returns an error if a newer program has changed the tables, ours or the
// queue's. This one would read and write them as they were.
func (s *Store) refuseNewer(ctx context.Context) error {
	ours, err := s.migrations()
	if err != nil {
		return err
	}
	has, err := ours.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's number: %w", err)
	}
	if knows := Schema(); has > knows {
		return newerError("schema", has, knows)
	}
	if has == 0 { // it is empty
		return nil
	}
	queue, err := rivermigrate.New(s.eng.driver(s.db), &rivermigrate.Config{Logger: s.quiet()})
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	// The library's own list of what was applied is an error where it knows less.
	var applied int
	if err := s.db.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM river_migration").Scan(&applied); err != nil {
		return fmt.Errorf("read the version of the job queue: %w", err)
	}
	newest := 0
	for _, m := range queue.AllVersions() {
		newest = max(newest, m.Version)
	}
	if applied > newest {
		return newerError("job queue", int64(applied), int64(newest))
	}
	return nil
}

// ErrNewer is wrapped by the error of opening a database that a newer program has changed.
var ErrNewer = errors.New("the database was changed by a newer version of this program")

func newerError(what string, has, knows int64) error {
	return fmt.Errorf("%w: its %s is number %d, and this version knows up to %d; "+
		"run the newer version, or restore the backup that was made before the upgrade", ErrNewer, what, has, knows)
}

// Schema returns the number of the newest database schema that this program knows, the
// same for both engines.
func Schema() int64 {
	var newest int64
	files, _ := fs.Glob(sqliteEngine{}.migrations(), "*.sql") // the pattern is well formed
	for _, name := range files {
		if n, err := goose.NumericComponent(name); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}

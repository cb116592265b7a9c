package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

// readConns is how many transactions that write nothing run at a time on a SQLite
// file; they are short, and more would only wait for a processor.
const readConns = 4

// busyTimeout returns the setting that makes a statement wait for another process that
// holds the file. It is shorter than the statement may take, so that the error says why.
func busyTimeout(wait time.Duration) string {
	return fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds())
}

type sqliteEngine struct {
	dir  string        // of the database; "" for one in memory
	path string        // of the file; "" for one in memory
	name string        // of the file, as part of a URL
	wait time.Duration // of a statement
}

func openSQLite(path string, wait time.Duration) (engine, *sql.DB, error) {
	if path == "" {
		return nil, nil, errors.New("sqlite: no path")
	}
	eng := sqliteEngine{wait: wait}
	name := ":memory:"
	if path != ":memory:" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, nil, fmt.Errorf("sqlite: %w", err)
		}
		eng.dir = filepath.Dir(abs)
		if err := os.MkdirAll(eng.dir, 0o700); err != nil {
			return nil, nil, fmt.Errorf("sqlite: make the directory: %w", err)
		}
		// SQLite would create it readable by all; its companions copy its mode.
		f, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("sqlite: create the file: %w", err)
		}
		if err := f.Close(); err != nil {
			return nil, nil, fmt.Errorf("sqlite: create the file: %w", err)
		}
		name = (&url.URL{Path: abs}).EscapedPath()
		eng.path, eng.name = abs, name
	}
	q := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {busyTimeout(wait / 2), "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"},
	}
	db, err := sql.Open("sqlite", "file:"+name+"?"+q.Encode())
	if err != nil {
		return nil, nil, fmt.Errorf("sqlite: %w", err)
	}
	// One connection: transactions queue in Go, in order, instead of polling for
	// the file's lock; and a database in memory lives as long as it.
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	return eng, db, nil
}

func (sqliteEngine) rebind(query string) string { return query }

func (sqliteEngine) txOptions() *sql.TxOptions { return nil }

func (sqliteEngine) readOptions() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

// readers: whoever reads the write-ahead log waits for no writer. A database in
// memory is seen by its one connection alone.
func (e sqliteEngine) readers(db *sql.DB) (*sql.DB, error) {
	if e.name == "" {
		return db, nil
	}
	q := url.Values{"_pragma": {busyTimeout(e.wait / 4), "query_only(ON)"}}
	reads, err := sql.Open("sqlite", "file:"+e.name+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	reads.SetMaxOpenConns(readConns)
	reads.SetMaxIdleConns(readConns)
	return reads, nil
}

func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

func (sqliteEngine) collided(err error) bool {
	code := sqliteCode(err) & 0xff // the low byte is the primary code
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

func (e sqliteEngine) away(err error) bool {
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL: // others hold it for too long
		return true
	}
	return e.refused(err)
}

func (sqliteEngine) refused(err error) bool {
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

func (sqliteEngine) broke(error) bool { return false }

func (sqliteEngine) constraint(err error) constraint {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return constraintUnique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return constraintForeignKey
	}
	return constraintNone
}

func (sqliteEngine) rowLock(string) string { return "" }

func (sqliteEngine) clock() string { return "" }

func (sqliteEngine) number(parameter string) string { return parameter }

func (sqliteEngine) binary(parameter string) string { return parameter }

func (sqliteEngine) greatest(a, b string) string { return "max(" + a + ", " + b + ")" }

func (sqliteEngine) now() string { return `CAST(unixepoch('subsec') * 1000000 AS INTEGER)` }

func (sqliteEngine) dialect() goose.Dialect { return goose.DialectSQLite3 }

func (sqliteEngine) migrations() fs.FS { return mustSub(sqliteMigrations, "migrations/sqlite") }

func (sqliteEngine) driver(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riversqlite.New(db) }

func (e sqliteEngine) alone(ctx context.Context, _ *sql.DB, waiting func(), fn func() error) error {
	if e.dir == "" {
		return fn()
	}
	unlock, err := lockDir(ctx, e.dir, waiting)
	if err != nil {
		return fmt.Errorf("lock %s: %w", e.dir, err)
	}
	defer unlock()
	return fn()
}

// serve locks a file beside the database.
func (e sqliteEngine) serve() (let func(), err error) {
	if e.path == "" {
		return func() {}, nil
	}
	let, err = lockFile(e.path + ".server")
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%w: %s", ErrServed, e.path)
	}
	return let, err
}

// waitingJob names its index: the terms of a partial index count only where they
// stand in the query as they are, and a query that can't use it is an error.
func (sqliteEngine) waitingJob(due bool) string {
	const found = `SELECT id FROM river_job INDEXED BY casework_job_waiting
		WHERE json_extract(CAST(args AS TEXT), '$.id') = ? AND state IN ('available', 'scheduled')
			AND json_extract(CAST(args AS TEXT), '$.kind') = ?`
	if due {
		return found + ` AND scheduled_at <= datetime('now', 'subsec') LIMIT 1`
	}
	return found + ` AND json_extract(CAST(args AS TEXT), '$.at') = ? LIMIT 1`
}

// advance: the queue writes a time in one of two ways, of which the second has
// nanoseconds and a zone behind what SQLite can read.
func (sqliteEngine) advance(only string) string {
	return `WITH moved (by) AS (SELECT '-' || printf('%.3f', CAST(? AS REAL)) || ' seconds')
		UPDATE river_job SET scheduled_at = coalesce(
			datetime(substr(scheduled_at, 1, 23), (SELECT by FROM moved), 'subsec'),
			datetime(substr(scheduled_at, 1, 19), (SELECT by FROM moved), 'subsec'))
		WHERE state IN ('available', 'scheduled', 'retryable')` + only
}

func (sqliteEngine) release(ahead time.Duration) string {
	return fmt.Sprintf(`UPDATE river_job SET state = 'available' WHERE state IN ('retryable', 'scheduled')
		AND scheduled_at <= datetime('now', '+%d seconds', 'subsec')`, ahead/time.Second)
}

// ownRuns: one process works on the file.
func (sqliteEngine) ownRuns(string) (query string, args []any) {
	return `SELECT id, attempt FROM river_job WHERE state = 'running'`, nil
}

func (sqliteEngine) giveBack() string {
	return `UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0), scheduled_at = datetime('now', 'subsec')
		WHERE id = ? AND attempt = ? AND state = 'running'`
}

func (sqliteEngine) dueJobs() string {
	const columns = `SELECT json_extract(CAST(args AS TEXT), '$.kind') AS kind,
			CAST((julianday('now') - coalesce(julianday(substr(scheduled_at, 1, 23)), julianday(substr(scheduled_at, 1, 19)))) * 86400e6 AS INTEGER)
				AS age,
			coalesce(json_extract(CAST(metadata AS TEXT), '$.output.failed'), 0) AS failed FROM river_job `
	return columns + `WHERE state IN ('available', 'running') UNION ALL ` +
		columns + `WHERE state IN ('retryable', 'scheduled') AND scheduled_at <= datetime('now', '+2 minutes', 'subsec')`
}

// pollInterval is longer, since only commands commit jobs beside the server, and each look
// is compiled anew: eight queues that looked every 150 ms used a tenth of a processor.
func (sqliteEngine) pollInterval() time.Duration { return time.Second }

func (sqliteEngine) workers(here bool) string {
	if here {
		return "1"
	}
	return "0"
}

func (sqliteEngine) listsNeedValues() bool { return true }

func (sqliteEngine) jobAt() string {
	return `CAST(json_extract(CAST(args AS TEXT), '$.at') AS INTEGER)`
}

// recover: the file serves one working process, so whatever is running or
// leading at the start was left behind by one that died.
func (sqliteEngine) recover(ctx context.Context, s *Store, _ string) (func(), error) {
	for _, q := range []string{
		`UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0), scheduled_at = datetime('now', 'subsec')
			WHERE state = 'running'`,
		// What it was asking agencies is asked again.
		`UPDATE river_job SET state = 'available', scheduled_at = datetime('now', 'subsec')
			WHERE state = 'scheduled' AND queue = 'ask' AND attempt > 0`,
		`DELETE FROM river_leader`,
	} {
		if _, err := s.db.ExecContext(ctx, q); err != nil {
			return nil, err
		}
	}
	return func() {}, nil
}

func mustSub(fsys fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(err) // dir is a constant that is embedded
	}
	return sub
}

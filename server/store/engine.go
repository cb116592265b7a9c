package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
)

// An engine is what differs between SQLite and PostgreSQL.
type engine interface {
	// rebind turns the ? of a query into the engine's own placeholders.
	rebind(query string) string
	txOptions() *sql.TxOptions
	// readOptions returns those of a transaction that writes nothing, and readers the
	// connections for it, which may be those of db.
	readOptions() *sql.TxOptions
	readers(db *sql.DB) (*sql.DB, error)
	// collided reports whether a transaction failed only because of another one.
	collided(err error) bool
	// away reports whether an error says that the engine can't be used now, and that it
	// may be later.
	away(err error) bool
	// refused reports whether an error says that nothing can be written: the disk is full
	// or read-only, or another server is the primary.
	refused(err error) bool
	// broke reports whether an error says that a connection had broken, perhaps while
	// nobody used it: another may be good.
	broke(err error) bool
	// constraint returns which rule of the schema an error broke.
	constraint(err error) constraint
	// rowLock returns what a SELECT of rows of the alias ends with to keep them until
	// the transaction ends; empty where there is one writer anyway.
	rowLock(alias string) string

	// clock selects the database's time in microseconds; "" where it is the machine's.
	clock() string
	// now is the database's time in microseconds, as an expression.
	now() string
	// number and binary are a parameter that is a whole number, or bytes, as an expression.
	number(parameter string) string
	binary(parameter string) string
	// greatest is the greater of two values, as an expression.
	greatest(a, b string) string

	dialect() goose.Dialect
	migrations() fs.FS
	driver(db *sql.DB) riverdriver.Driver[*sql.Tx]
	// alone runs fn while no other process runs it on the same database. It calls waiting
	// when it has to wait for one.
	alone(ctx context.Context, db *sql.DB, waiting func(), fn func() error) error
	// serve returns [ErrServed] while another process serves the same database, where one
	// at a time may; let ends serving it.
	serve() (let func(), err error)

	// waitingJob finds a job that waits with the same kind, id and time as args;
	// one that is due now is kept from the workers until the transaction ends.
	waitingJob(due bool) string
	// advance brings the waiting jobs that match only forward by so many seconds.
	advance(only string) string
	// release makes scheduled jobs available whose time comes within so many whole seconds,
	// without waiting for the queue's leader.
	release(ahead time.Duration) string
	// ownRuns selects id and attempt of the jobs that run as clientID; giveBack makes one
	// of them, by id and attempt, available again.
	ownRuns(clientID string) (query string, args []any)
	giveBack() string
	// dueJobs selects the jobs that are due within two minutes, which is longer than a
	// failed one waits: kind, age in microseconds since it is due, and how often it has
	// failed in a row.
	dueJobs() string
	// pollInterval is how late a job may be that nothing announces.
	pollInterval() time.Duration
	// workers is an SQL expression for how many processes do jobs; here says whether this
	// one does.
	workers(here bool) string
	// listsNeedValues reports whether a list of rows in IN begins with VALUES.
	listsNeedValues() bool
	// jobAt returns the time that a job was made for, in microseconds; 0 for at once.
	jobAt() string
	// recover gives the jobs of dead processes back, at the start of work as
	// clientID and, where others may die meanwhile, until ctx ends. The func
	// returned says that clientID works no more. River's rescuer (RescueStuckJobsAfter)
	// alone would be too late: it knows a dead worker only by the age of a job, so not
	// before the job's own timeout, and counts the run as failed, with a wait.
	recover(ctx context.Context, s *Store, clientID string) (done func(), err error)
}

type constraint int

const (
	constraintNone constraint = iota
	constraintUnique
	constraintForeignKey
)

// openEngine opens the database at url. wait is how long a statement may take.
func openEngine(url string, maxConns int, wait time.Duration) (engine, *sql.DB, error) {
	switch {
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(url, maxConns)
	case strings.HasPrefix(url, "sqlite:"):
		return openSQLite(strings.TrimPrefix(strings.TrimPrefix(url, "sqlite:"), "//"), wait)
	case url == "":
		return nil, nil, errors.New("no database url")
	case strings.Contains(url, "://"):
		scheme, _, _ := strings.Cut(url, "://")
		return nil, nil, fmt.Errorf("database url: unknown scheme %q; sqlite and postgres are known", scheme)
	}
	return openSQLite(url, wait)
}

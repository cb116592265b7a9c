package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
)

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

// migrationLock is the advisory lock under which one replica migrates.
const migrationLock int64 = 0x6d696e676a696e67 // "mingjing"

type postgresEngine struct{ rebound *sync.Map }

func openPostgres(url string, maxConns int) (engine, *sql.DB, error) {
	config, conns, err := readPostgresURL(url, maxConns)
	if err != nil {
		return nil, nil, err
	}
	for name, value := range map[string]string{
		"application_name": "mingjing",
		"timezone":         "UTC",
		// A replica that hangs in the middle of a transaction lets go of its locks.
		"idle_in_transaction_session_timeout": "60000",
	} {
		if _, ok := config.RuntimeParams[name]; !ok {
			config.RuntimeParams[name] = value
		}
	}
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second,
		Count: 3}, Control: boundUnanswered}).DialContext
	db := stdlib.OpenDB(*config, stdlib.OptionShouldPing(pingIdle))
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return postgresEngine{rebound: new(sync.Map)}, db, nil
}

// pingWait is how long a connection that nobody used for a second may take to answer
// before it is given up.
const pingWait = 2 * time.Second

// pingIdle looks whether a connection of the pool is still good, and closes one that is
// not.
func pingIdle(ctx context.Context, p stdlib.ShouldPingParams) bool {
	if p.IdleDuration <= time.Second {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, pingWait)
	defer cancel()
	return p.Conn.Ping(ctx) != nil // then the ping that follows finds it closed
}

func (e postgresEngine) rebind(query string) string {
	if q, ok := e.rebound.Load(query); ok {
		return q.(string) //nolint:errcheck // only strings are stored
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	e.rebound.Store(query, b.String())
	return b.String()
}

func (postgresEngine) txOptions() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}

// readOptions: all statements see one moment, and none can write.
func (postgresEngine) readOptions() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (postgresEngine) readers(db *sql.DB) (*sql.DB, error) { return db, nil }

func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func (postgresEngine) collided(err error) bool {
	switch postgresCode(err) {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	}
	return false
}

func (e postgresEngine) away(err error) bool {
	if code := postgresCode(err); code != "" {
		switch {
		case strings.HasPrefix(code, "08"), // connection exceptions
			strings.HasPrefix(code, "53"),  // insufficient resources: too many connections, disk full
			strings.HasPrefix(code, "57P"): // shutting down, crashed, starting up
			return true
		}
		return e.collided(err) || e.refused(err)
	}
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok || e.broke(err)
}

func (postgresEngine) refused(err error) bool {
	switch postgresCode(err) {
	case "53100", "58030", // the disk is full, or fails
		"25006": // read only: it is no longer the primary server
		return true
	}
	return false
}

func (postgresEngine) broke(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return false
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.ErrUnexpectedEOF) ||
		strings.HasPrefix(postgresCode(err), "57P")
}

func (postgresEngine) constraint(err error) constraint {
	switch postgresCode(err) {
	case "23505":
		return constraintUnique
	case "23503":
		return constraintForeignKey
	}
	return constraintNone
}

// rowLock returns the weakest lock that excludes itself, so that inserts of rows that
// refer to the resident don't wait for it.
func (postgresEngine) rowLock(alias string) string { return " FOR NO KEY UPDATE OF " + alias }

func (e postgresEngine) clock() string { return "SELECT " + e.now() }

func (postgresEngine) number(parameter string) string { return parameter + "::bigint" }

func (postgresEngine) binary(parameter string) string { return parameter + "::bytea" }

func (postgresEngine) greatest(a, b string) string { return "GREATEST(" + a + ", " + b + ")" }

func (postgresEngine) now() string {
	return `(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`
}

func (postgresEngine) dialect() goose.Dialect { return goose.DialectPostgres }

func (postgresEngine) migrations() fs.FS { return mustSub(postgresMigrations, "migrations/postgres") }

func (postgresEngine) driver(db *sql.DB) riverdriver.Driver[*sql.Tx] {
	return riverdatabasesql.New(db)
}

func (postgresEngine) alone(ctx context.Context, db *sql.DB, waiting func(), fn func() error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	// Throwing the connection away lets go of the lock whatever happened.
	defer discard(conn)
	var version int
	if err := conn.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("read the version: %w", err)
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	// Asking again and again holds no snapshot open, which waiting inside one
	// statement would.
	for waits := false; ; waits = true {
		if waits {
			waiting()
		}
		var got bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", migrationLock).Scan(&got); err != nil {
			return fmt.Errorf("take the migration lock: %w", err)
		}
		if got {
			return fn()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the migration lock: %w", ctx.Err())
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// serve: any number of processes may.
func (postgresEngine) serve() (let func(), err error) { return func() {}, nil }

func (postgresEngine) waitingJob(due bool) string {
	const found = `SELECT id FROM river_job WHERE args ->> 'id' = ? AND args ->> 'kind' = ? AND state IN ('available', 'scheduled')`
	if due {
		// The lock keeps the job from a worker that would not yet see what this
		// transaction writes.
		return found + ` AND scheduled_at <= clock_timestamp() LIMIT 1 FOR UPDATE SKIP LOCKED`
	}
	return found + ` AND (args ->> 'at')::bigint = ? LIMIT 1`
}

func (postgresEngine) advance(only string) string {
	return `UPDATE river_job SET scheduled_at = scheduled_at - make_interval(secs => CAST(? AS double precision))
		WHERE state IN ('available', 'scheduled', 'retryable')` + only
}

// release leaves out what another replica, or the leader, makes available at the moment.
func (postgresEngine) release(ahead time.Duration) string {
	return fmt.Sprintf(`UPDATE river_job SET state = 'available' WHERE id IN (SELECT id FROM river_job
		WHERE state IN ('retryable', 'scheduled') AND priority >= 0 AND queue IS NOT NULL
			AND scheduled_at <= now() + interval '%d seconds' FOR UPDATE SKIP LOCKED)`, ahead/time.Second)
}

func (postgresEngine) ownRuns(clientID string) (query string, args []any) {
	return `SELECT id, attempt FROM river_job WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = ?`, []any{clientID}
}

func (postgresEngine) giveBack() string {
	return `UPDATE river_job SET state = 'available', attempt = greatest(attempt - 1, 0), scheduled_at = now()
		WHERE id = ? AND attempt = ? AND state = 'running'`
}

func (postgresEngine) dueJobs() string {
	const columns = `SELECT args ->> 'kind' AS kind, (extract(epoch FROM clock_timestamp() - scheduled_at) * 1000000)::bigint AS age,
			coalesce((metadata -> 'output' ->> 'failed')::bigint, 0) AS failed FROM river_job `
	return columns + `WHERE state IN ('available', 'running') UNION ALL ` +
		columns + `WHERE state IN ('retryable', 'scheduled') AND scheduled_at <= now() + interval '2 minutes'`
}

// pollInterval is short, since other replicas commit jobs, or have no free worker for
// theirs; the look is a prepared statement.
func (postgresEngine) pollInterval() time.Duration { return 150 * time.Millisecond }

// workersLock is the advisory lock that every working replica shares.
const workersLock int64 = 0x6d6a776f726b6572 // "mjworker"

func (postgresEngine) workers(bool) string {
	return fmt.Sprintf(`(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
		AND classid = %d AND objid = %d AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
		workersLock>>32, workersLock&math.MaxUint32)
}

func (postgresEngine) listsNeedValues() bool { return false }

func (postgresEngine) jobAt() string { return `(args ->> 'at')::bigint` }

// takeoverInterval is how often a replica looks for dead ones.
const takeoverInterval = 2 * time.Second

// recover: every working replica holds an advisory lock on its name, which ends
// with its connection; jobs that run under a name that can be locked have lost
// their worker. Where a connection hangs instead of ending, River's rescuer
// gives the jobs back after their timeout.
func (postgresEngine) recover(ctx context.Context, s *Store, clientID string) (func(), error) {
	conn, err := claim(ctx, s, clientID)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			if conn != nil {
				discard(conn)
			}
		}()
		tick := time.NewTicker(takeoverInterval)
		defer tick.Stop()
		for {
			if conn == nil {
				conn, err = claim(ctx, s, clientID)
			}
			if err == nil {
				err = takeOver(ctx, s, conn, clientID)
			}
			if err != nil && ctx.Err() == nil {
				s.logger.WarnContext(ctx, "looking for jobs of dead replicas failed", slog.Any("err", err))
			}
			if err != nil && conn != nil {
				discard(conn)
				conn = nil
			}
			err = nil
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() { cancel(); <-ended }, nil
}

// claim returns a connection that holds the lock on the name.
func claim(ctx context.Context, s *Store, clientID string) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0)), pg_advisory_lock_shared($2)", clientID,
		workersLock); err != nil {
		discard(conn)
		return nil, fmt.Errorf("lock the worker's name: %w", err)
	}
	return conn, nil
}

func takeOver(ctx context.Context, s *Store, conn *sql.Conn, clientID string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	rows, err := conn.QueryContext(ctx, `
		SELECT attempted_by[array_upper(attempted_by, 1)] FROM river_job WHERE state = 'running' AND cardinality(attempted_by) > 0
		UNION SELECT attempted_by[array_upper(attempted_by, 1)] FROM river_job
			WHERE state = 'scheduled' AND queue = 'ask' AND cardinality(attempted_by) > 0
		UNION SELECT leader_id FROM river_leader`)
	if err != nil {
		return fmt.Errorf("list working replicas: %w", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("list working replicas: %w", err)
		}
		if name != clientID {
			names = append(names, name)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list working replicas: %w", err)
	}
	for _, name := range names {
		var dead bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name).Scan(&dead); err != nil {
			return fmt.Errorf("ask after a replica: %w", err)
		}
		if !dead {
			continue
		}
		for _, q := range []string{
			`UPDATE river_job SET state = 'available', attempt = greatest(attempt - 1, 0), scheduled_at = now()
				WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`,
			// What it was asking agencies is asked again.
			`UPDATE river_job SET state = 'available', scheduled_at = now(), attempted_by = NULL
				WHERE state = 'scheduled' AND queue = 'ask' AND attempted_by[array_upper(attempted_by, 1)] = $1`,
			`DELETE FROM river_leader WHERE leader_id = $1`,
			`SELECT pg_advisory_unlock(hashtextextended($1, 0))`,
		} {
			if _, err := conn.ExecContext(ctx, q, name); err != nil {
				return fmt.Errorf("take over from a dead replica: %w", err)
			}
		}
		s.logger.WarnContext(ctx, "took over the jobs of a dead replica", slog.String("replica", name))
		s.wake(allQueues)
	}
	return nil
}

// discard closes a connection for good, with the locks of its session.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/vault"
)

// A tx is one transaction. It opens nothing that is a resident's, which takes a
// [reader]. It belongs to one goroutine.
type tx struct {
	s   *Store
	sql *sql.Tx
	// mode says whether the transaction writes.
	mode mode
	// collision is the first error that another transaction caused.
	collision error
	// lost is the first error that says that the engine can't be used: SQLite has undone the
	// whole transaction then, and what follows fails for another reason.
	lost error
	// broken is why a part that failed could not be undone; then nothing is committed.
	broken error
	// wake says in which queues a job is due as soon as the transaction is committed.
	wake wakeSet
	// soon says when jobs will be due that are not due yet.
	soon []soon
	// locked has the residents, and the rows of residents, that this transaction has
	// locked.
	locked map[string]bool
	vault  *vault.Session
	// staffSeq is the number of the last staff event when everyone's cases were first
	// read; nil before that.
	staffSeq *int64
	// leaves are added to the tree of the access log before the commit.
	leaves []leaf
}

// wrapError adds what was tried to an error, and turns the engine's error into
// casework's.
func (t *tx) wrapError(op string, err error) error {
	if err == nil {
		return nil
	}
	if t.s.eng.collided(err) && t.collision == nil {
		t.collision = err
	}
	switch {
	case t.lost != nil:
		err = fmt.Errorf("%w: %w", t.lost, err)
	case t.s.eng.away(err):
		t.lost = err
	}
	switch t.s.eng.constraint(err) {
	case constraintUnique:
		return fmt.Errorf("store: %s: %w", op, kernel.ErrExists)
	case constraintForeignKey: // it belongs to something that is not there
		return fmt.Errorf("store: %s: %w", op, kernel.ErrNotFound)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, vault.ErrDestroyed): // what was destroyed is not there
		err = kernel.ErrNotFound
	case errors.Is(err, vault.ErrSealed):
		err = fmt.Errorf("%w: %w", kernel.ErrAltered, err)
	}
	return fmt.Errorf("store: %s: %w", op, err)
}

// Try implements [casework.Tx].
func (t *tx) Try(ctx context.Context, fn func() error) error {
	const op = "try a part of a transaction"
	if _, err := t.exec(ctx, op, "SAVEPOINT part"); err != nil {
		return err
	}
	leaves, wake, locked := len(t.leaves), t.wake, maps.Clone(t.locked)
	if err := fn(); err != nil {
		if t.collision != nil {
			return err // all of it is run again
		}
		t.leaves, t.wake, t.locked = t.leaves[:leaves], wake, locked
		for _, undo := range []string{"ROLLBACK TO SAVEPOINT part", "RELEASE SAVEPOINT part"} {
			if _, failed := t.exec(ctx, op, undo); failed != nil {
				t.broken = failed
				return errors.Join(err, failed)
			}
		}
		return err
	}
	_, err := t.exec(ctx, op, "RELEASE SAVEPOINT part")
	return err
}

// exec runs a statement, and returns how many rows it has changed.
func (t *tx) exec(ctx context.Context, op, query string, args ...any) (int64, error) {
	if t.lost != nil { // it would be committed by itself
		return 0, fmt.Errorf("store: %s: %w", op, t.lost)
	}
	ctx, end := t.s.within(ctx)
	res, err := t.sql.ExecContext(ctx, t.s.eng.rebind(query), args...)
	if err = end(err); err != nil {
		return 0, t.wrapError(op, err)
	}
	n, err := res.RowsAffected()
	return n, t.wrapError(op, err)
}

// insert runs an INSERT … ON CONFLICT DO NOTHING, which unlike a plain one leaves
// the transaction usable on PostgreSQL when the row exists.
func (t *tx) insert(ctx context.Context, op, query string, args ...any) error {
	n, err := t.exec(ctx, op, query+" ON CONFLICT DO NOTHING", args...)
	if err == nil && n == 0 {
		err = fmt.Errorf("store: %s: %w", op, kernel.ErrExists)
	}
	return err
}

// update runs a statement that must change a row; [kernel.ErrNotFound] says that there
// was none.
func (t *tx) update(ctx context.Context, op, query string, args ...any) error {
	n, err := t.exec(ctx, op, query, args...)
	if err == nil && n == 0 {
		err = fmt.Errorf("store: %s: %w", op, kernel.ErrNotFound)
	}
	return err
}

// row reads the one row that a query finds into dest.
func (t *tx) row(ctx context.Context, op string, dest []any, query string, args ...any) error {
	return t.wrapError(op, t.queryRow(ctx, query, args...).Scan(dest...))
}

// rows calls each for every row that a query finds.
func (t *tx) rows(ctx context.Context, op string, each func(*sql.Rows) error, query string, args ...any) error {
	bound, end := t.s.within(ctx)
	rows, err := t.sql.QueryContext(bound, t.s.eng.rebind(query), args...)
	if err != nil {
		return t.wrapError(op, end(err))
	}
	defer rows.Close()
	for rows.Next() && err == nil {
		err = each(rows)
	}
	if err == nil {
		err = rows.Err()
	}
	return t.wrapError(op, end(err))
}

// lock waits until no other transaction works on the resident, and excludes others until
// the end of this one. Where the engine locks rows, a resident who is not there is
// ErrNotFound; elsewhere the statement after it finds out.
func (t *tx) lock(ctx context.Context, resident mingjing.ResidentID) error {
	suffix := t.rowLock("resident")
	if suffix == "" || t.locked["resident "+string(resident)] {
		return nil
	}
	var one int
	err := t.row(ctx, "lock a resident", []any{&one}, `SELECT 1 FROM resident WHERE id = ?`+suffix, string(resident))
	if err == nil {
		t.markLocked("resident " + string(resident))
	}
	return err
}

// lockForList is lock for a list: a resident who is not there has an empty one.
func (t *tx) lockForList(ctx context.Context, resident mingjing.ResidentID) error {
	return ignoreNotFound(t.lock(ctx, resident))
}

// lockOwner locks the resident to whom a row of the table belongs.
func (t *tx) lockOwner(ctx context.Context, table, id string) error {
	suffix := t.rowLock("resident")
	name := table + " " + id
	if suffix == "" || t.locked[name] {
		return nil
	}
	var owner string
	err := t.row(ctx, "lock the resident of a "+table, []any{&owner},
		`SELECT resident.id FROM resident JOIN `+table+` ON `+table+`.resident_id = resident.id WHERE `+table+`.id = ?`+suffix, id)
	if err == nil {
		t.markLocked(name)
		t.markLocked("resident " + owner)
	}
	return err
}

// rowLock returns what the engine adds to a query to lock its rows; "" in a transaction
// that only reads, which sees one moment anyway.
func (t *tx) rowLock(alias string) string {
	if t.mode == readsOnly {
		return ""
	}
	return t.s.eng.rowLock(alias)
}

func ignoreNotFound(err error) error {
	if errors.Is(err, kernel.ErrNotFound) {
		return nil
	}
	return err
}

func (t *tx) markLocked(name string) {
	if t.locked == nil {
		t.locked = map[string]bool{}
	}
	t.locked[name] = true
}

// nextSeq adds one to a counter and returns it. Others who add to it wait until this
// transaction ends, so that numbers are in the order of commit.
func (t *tx) nextSeq(ctx context.Context, op, name string) (seq int64, err error) {
	err = t.row(ctx, op, []any{&seq},
		`INSERT INTO counter (name, seq) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET seq = counter.seq + 1 RETURNING seq`, name)
	return seq, err
}

// micros returns an instant as a column holds it: in microseconds since 1970.
func micros(t time.Time) int64 { return t.UnixMicro() }

// fromMicros returns the instant that a column holds.
func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// pageLimit returns a limit between 1 and [MaxPage].
func pageLimit(limit int) int { return min(max(limit, 1), MaxPage) }

// ownLimit returns a limit on rows of one resident between 1 and one more than
// [kernel.MaxList], so that too many are noticed.
func ownLimit(limit int) int {
	if limit >= kernel.MaxList {
		return kernel.MaxList + 1
	}
	return max(limit, 1)
}

// errTooMany says that a list would not be complete.
var errTooMany = fmt.Errorf("more than %d rows", kernel.MaxList)

// nullable returns NULL for "".
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

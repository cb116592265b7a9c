package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// DefaultStatementWait is well above what a statement of a request takes, and short
// enough for a person to wait.
const DefaultStatementWait = 10 * time.Second

// wait returns the bound of a statement, also of a store that only looks.
func (s *Store) wait() time.Duration { return cmp.Or(s.statementWait, DefaultStatementWait) }

// errSilent: the database did not answer in time. It may be half-open: a connection that
// nobody has closed and nobody answers.
var errSilent = errors.New("store: the database does not answer in time")

// within returns a context for one statement, which ends when the database takes too
// long, and a function that ends it and tells an error that is due to that.
func (s *Store) within(ctx context.Context) (bound context.Context, end func(error) error) {
	bound, cancel := context.WithTimeout(ctx, s.wait())
	return bound, func(err error) error {
		late := err != nil && bound.Err() != nil && ctx.Err() == nil
		cancel()
		if late {
			return fmt.Errorf("%w: %w", errSilent, err)
		}
		return err
	}
}

// A row is the one row of a query.
type row interface{ Scan(dest ...any) error }

// A boundRow is a row of a query that ends with its Scan.
type boundRow struct {
	row *sql.Row
	end func(error) error
}

// Scan implements row.
func (r boundRow) Scan(dest ...any) error { return r.end(r.row.Scan(dest...)) }

// queryRow runs a query for one row.
func (t *tx) queryRow(ctx context.Context, query string, args ...any) row {
	ctx, end := t.s.within(ctx)
	return boundRow{t.sql.QueryRowContext(ctx, t.s.eng.rebind(query), args...), end}
}

// A txBound bounds how long a transaction waits to begin and to commit; its statements
// have bounds of their own.
type txBound struct {
	wait   time.Duration
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

// boundTx returns a context for a transaction whose begin is bound.
func (s *Store) boundTx(ctx context.Context) (context.Context, *txBound) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &txBound{wait: s.wait(), cancel: cancel}
	p.timer = time.AfterFunc(p.wait, func() { cancel(errSilent) })
	return ctx, p
}

// begun ends the bound of the begin, and ending begins that of the commit.
func (p *txBound) begun()  { p.timer.Stop() }
func (p *txBound) ending() { p.timer.Reset(p.wait) }

// end ends the transaction's context.
func (p *txBound) end() {
	p.timer.Stop()
	p.cancel(nil)
}

// tell returns the error of a transaction; one that waited for too long says so.
func (p *txBound) tell(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errSilent) {
		return fmt.Errorf("%w: %w", errSilent, err)
	}
	return err
}

package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"mingjing"
)

// CountLogins counts a try under each of the keys, in their order, as far as they allow it. over
// is the first one that does not, or their number, and wait after what time it does. Time is
// that of the database; where its clock has stepped back, nobody waits for longer.
func (s *Store) CountLogins(ctx context.Context, tries ...mingjing.LoginTry) (over int, wait time.Duration, err error) {
	free, err := s.loginsLeft(ctx, tries)
	if err != nil {
		return 0, 0, s.sayAway(fmt.Errorf("store: read the tries: %w", err))
	}
	// Who is beyond a limit is only read: a flood writes nothing.
	for over = range len(tries) + 1 {
		if over == len(tries) {
			break
		}
		if wait = free[over] + interval(tries[over]) - tries[over].Per; wait > 0 {
			break
		}
	}
	if over == 0 {
		return over, max(0, wait), nil
	}
	// Others may have been counted at the same time: what is stored decides.
	left, err := s.addLogins(ctx, 1, tries[:over])
	if err != nil {
		return 0, 0, s.sayAway(fmt.Errorf("store: count tries: %w", err))
	}
	for n, try := range tries[:over] {
		if more := left[n] - try.Per; more > 0 {
			return n, more, nil
		}
	}
	return over, max(0, wait), nil
}

// UncountLogins takes tries back that were counted.
func (s *Store) UncountLogins(ctx context.Context, tries ...mingjing.LoginTry) error {
	if _, err := s.addLogins(ctx, -1, tries); err != nil {
		return s.sayAway(fmt.Errorf("store: take tries back: %w", err))
	}
	return nil
}

// interval is for how long one try counts.
func interval(t mingjing.LoginTry) time.Duration { return t.Per / time.Duration(t.Count) }

// loginsLeft returns after what time all tries under each key are free again.
func (s *Store) loginsLeft(ctx context.Context, tries []mingjing.LoginTry) ([]time.Duration, error) {
	args := make([]any, len(tries))
	for n, t := range tries {
		args[n] = s.hash("login", t.Key)
	}
	return s.loginTimes(ctx, s.reads, `SELECT try_hash, free_at - `+s.eng.greatest("0", "at - "+s.eng.now())+` - `+s.eng.now()+`
		FROM login_try WHERE try_hash IN (?`+strings.Repeat(", ?", len(tries)-1)+`)`, args, args)
}

// addLogins counts n tries under each key, and returns after what time all are free again.
func (s *Store) addLogins(ctx context.Context, n int64, tries []mingjing.LoginTry) ([]time.Duration, error) {
	if len(tries) == 0 {
		return nil, nil
	}
	var rows []string
	var args, hashes []any
	for _, t := range tries {
		step, hash := n*interval(t).Microseconds(), s.hash("login", t.Key)
		rows, args, hashes = append(rows, "("+s.eng.binary("?")+", "+s.eng.number("?")+")"), append(args, hash, step), append(hashes, hash)
	}
	times, err := s.loginTimes(ctx, s.db, `INSERT INTO login_try (try_hash, free_at, at)
		SELECT t.column1, n.now + t.column2, n.now
		FROM (VALUES `+strings.Join(rows, ", ")+`) AS t, (SELECT `+s.eng.now()+` AS now) AS n WHERE true
		ON CONFLICT (try_hash) DO UPDATE SET at = excluded.at, free_at = excluded.free_at - excluded.at +
		`+s.eng.greatest("excluded.at", "login_try.free_at - "+s.eng.greatest("0", "login_try.at - excluded.at"))+`
		RETURNING try_hash, free_at - at`, args, hashes)
	if err == nil && rand.N(triesPerSweep) == 0 {
		err = s.sweepLogins(ctx)
	}
	return times, err
}

// triesPerSweep is after about how many tries those that are over are removed.
const triesPerSweep = 100

func (s *Store) sweepLogins(ctx context.Context) error {
	return s.execute(ctx, `DELETE FROM login_try WHERE free_at < `+s.eng.now()+` - ?`, time.Hour.Microseconds())
}

// loginTimes returns the times that a query tells for each of the hashes; 0 for none.
func (s *Store) loginTimes(ctx context.Context, db *sql.DB, query string, args, hashes []any) ([]time.Duration, error) {
	times := make([]time.Duration, len(hashes))
	return times, s.onGood(func() (begun bool, err error) {
		ctx, end := s.within(ctx)
		rows, err := db.QueryContext(ctx, s.eng.rebind(query), args...)
		if err != nil {
			return false, end(err)
		}
		defer rows.Close()
		for rows.Next() && err == nil {
			var hash []byte
			var left int64
			err = rows.Scan(&hash, &left)
			for n := range hashes {
				if known, ok := hashes[n].([]byte); ok && bytes.Equal(known, hash) {
					times[n] = max(0, fromDelta(left))
				}
			}
		}
		return true, end(errors.Join(err, rows.Err()))
	})
}

// LoginOnce notes that something is used up for a time, and reports whether it was not yet.
func (s *Store) LoginOnce(ctx context.Context, key string, d time.Duration) (fresh bool, err error) {
	now := s.eng.now()
	err = s.onGood(func() (begun bool, err error) {
		ctx, end := s.within(ctx)
		res, err := s.db.ExecContext(ctx, s.eng.rebind(`INSERT INTO login_try (try_hash, free_at, at)
			SELECT `+s.eng.binary("?")+`, now + `+s.eng.number("?")+`, now FROM (SELECT `+now+` AS now) AS t WHERE true
			ON CONFLICT (try_hash) DO UPDATE SET free_at = excluded.free_at, at = excluded.at WHERE login_try.free_at <= excluded.at`),
			s.hash("login", key), d.Microseconds())
		if err := end(err); err != nil {
			return false, err
		}
		rows, err := res.RowsAffected()
		fresh = rows > 0
		return true, err
	})
	if err != nil {
		return false, s.sayAway(fmt.Errorf("store: use something once: %w", err))
	}
	return fresh, nil
}

// ForgetLogins removes what was counted or used up under keys.
func (s *Store) ForgetLogins(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := s.execute(ctx, `DELETE FROM login_try WHERE try_hash = ?`, s.hash("login", key)); err != nil {
			return s.sayAway(fmt.Errorf("store: forget tries: %w", err))
		}
	}
	return nil
}

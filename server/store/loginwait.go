package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"mingjing"
)

const (
	// waitsAway is after what time a login is passed over whose browser no longer asks for its
	// place. It gets its place again when it does.
	waitsAway = time.Minute
	// waitsTaken is after what time a password that is being checked is checked by another
	// server: the one that began it has died.
	waitsTaken = 3 * time.Minute
	// waitsNoted is how often it is noted, at most, that a browser has asked.
	waitsNoted = 10 * time.Second
)

// AddLoginWait puts a login at the end of those that wait. Whoever has the id alone finds it.
func (s *Store) AddLoginWait(ctx context.Context, id string, sealed []byte) error {
	err := s.execute(ctx, `INSERT INTO login_wait (id_hash, sealed, asked_at) SELECT `+s.eng.binary("?")+`, `+s.eng.binary("?")+`, `+
		s.eng.now()+` WHERE true ON CONFLICT (id_hash) DO NOTHING`, s.hash("login wait", id), sealed)
	if err != nil {
		return s.sayAway(fmt.Errorf("store: let a login wait: %w", err))
	}
	return nil
}

// LoginWait returns a login that waits, and notes that its browser asked for it. Its Place is
// 0 where there is none.
func (s *Store) LoginWait(ctx context.Context, id string) (w mingjing.LoginWait, err error) {
	hash := s.hash("login wait", id)
	var asked int64
	err = s.onGood(func() (begun bool, err error) {
		ctx, end := s.within(ctx)
		var taken sql.NullInt64
		err = s.reads.QueryRowContext(ctx, s.eng.rebind(`SELECT 1 + (SELECT count(*) FROM login_wait o WHERE o.seq < w.seq AND o.answer IS NULL
				AND o.asked_at > n.now - `+s.eng.number("?")+`),
				(SELECT count(*) FROM login_wait o WHERE o.answer IS NULL AND o.asked_at > n.now - `+s.eng.number("?")+`),
				w.sealed, w.answer, n.now - w.asked_at, n.now - w.taken_at
			FROM login_wait w, (SELECT `+s.eng.now()+` AS now) AS n WHERE w.id_hash = ?`), waitsAway.Microseconds(), waitsAway.Microseconds(), hash).
			Scan(&w.Place, &w.Waiting, &w.Sealed, &w.Answer, &asked, &taken)
		w.Taken = taken.Valid && fromDelta(taken.Int64) < waitsTaken
		return err == nil, end(err)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return mingjing.LoginWait{}, nil
	}
	if err == nil && (fromDelta(asked) > waitsNoted || asked < 0) {
		err = s.execute(ctx, `UPDATE login_wait SET asked_at = `+s.eng.now()+` WHERE id_hash = ?`, hash)
	}
	if err != nil {
		return mingjing.LoginWait{}, s.sayAway(fmt.Errorf("store: find the place of a login: %w", err))
	}
	return w, nil
}

// TakeLoginWait reports whether the caller is the one who checks the password of a login that
// waits.
func (s *Store) TakeLoginWait(ctx context.Context, id string) (taken bool, err error) {
	err = s.onGood(func() (begun bool, err error) {
		ctx, end := s.within(ctx)
		res, err := s.db.ExecContext(ctx, s.eng.rebind(`UPDATE login_wait SET taken_at = `+s.eng.now()+` WHERE id_hash = ? AND answer IS NULL
			AND (taken_at IS NULL OR taken_at < `+s.eng.now()+` - `+s.eng.number("?")+` OR taken_at > `+s.eng.now()+`)`),
			s.hash("login wait", id), waitsTaken.Microseconds())
		if err := end(err); err != nil {
			return false, err
		}
		rows, err := res.RowsAffected()
		taken = rows > 0
		return true, err
	})
	if err != nil {
		return false, s.sayAway(fmt.Errorf("store: take a login that waits: %w", err))
	}
	return taken, nil
}

// AnswerLoginWait stores the answer to a login, and forgets what was typed. With a nil answer
// the login waits on in its place.
func (s *Store) AnswerLoginWait(ctx context.Context, id string, answer []byte) error {
	query, args := `UPDATE login_wait SET taken_at = NULL WHERE id_hash = ?`, []any{s.hash("login wait", id)}
	if answer != nil {
		query, args = `UPDATE login_wait SET sealed = NULL, answer = ? WHERE id_hash = ?`, []any{answer, args[0]}
	}
	if err := s.execute(ctx, query, args...); err != nil {
		return s.sayAway(fmt.Errorf("store: answer a login that waits: %w", err))
	}
	return nil
}

// EndLoginWaits removes the logins for whose place nobody has asked for a time, and reports
// whether others are left.
func (s *Store) EndLoginWaits(ctx context.Context, unasked time.Duration) (left bool, err error) {
	err = s.execute(ctx, `DELETE FROM login_wait WHERE asked_at < `+s.eng.now()+` - `+s.eng.number("?"), unasked.Microseconds())
	if err == nil {
		err = s.onGood(func() (begun bool, err error) {
			ctx, end := s.within(ctx)
			err = s.reads.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM login_wait)`).Scan(&left)
			return err == nil, end(err)
		})
	}
	if err != nil {
		return true, s.sayAway(fmt.Errorf("store: end logins that wait: %w", err))
	}
	return left, nil
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"mingjing"
)

// usesKept is how long the last use of a session is stored: far longer than any login
// lasts, so that one that ended by itself never looks like a new one.
const usesKept = 30 * 24 * time.Hour

// SessionUses returns the last use of each session, by session. Sessions of which
// nothing is known are left out.
func (s *Store) SessionUses(ctx context.Context, sessions ...string) (map[string]mingjing.SessionUse, error) {
	uses := make(map[string]mingjing.SessionUse, len(sessions))
	in, args, byHash := s.sessionsIn(sessions)
	if in == "" {
		return uses, nil
	}
	var rows *sql.Rows
	ctx, end := s.within(ctx)
	err := s.onGood(func() (begun bool, err error) {
		//nolint:rowserrcheck,sqlclosecheck // it is checked and closed below
		rows, err = s.reads.QueryContext(ctx, s.eng.rebind(`SELECT u.session_hash, u.seen_at, `+s.eng.now()+` - u.seen_at,
			l.minutes, u.cookie, `+s.eng.now()+` - u.factor_at FROM session_use u
			LEFT JOIN screen_lock l ON l.resident_id = u.resident_id WHERE u.session_hash IN `+in), args...)
		return err == nil, err
	})
	if err != nil {
		return nil, s.sayAway(fmt.Errorf("store: read the last use of sessions: %w", end(err)))
	}
	defer func() { _ = rows.Close(); _ = end(nil) }()
	for rows.Next() {
		var (
			hash            []byte
			at, unused      int64
			minutes, factor sql.NullInt64
			cookie          sql.NullString
		)
		if err := rows.Scan(&hash, &at, &unused, &minutes, &cookie, &factor); err != nil {
			return nil, s.sayAway(fmt.Errorf("store: read the last use of sessions: %w", err))
		}
		uses[byHash[string(hash)]] = mingjing.SessionUse{SeenAt: time.UnixMicro(at).UTC(), Unused: fromDelta(unused), Minutes: int(minutes.Int64),
			Cookie: cookie.String, Factor: factor.Valid, FactorAge: fromDelta(factor.Int64)}
	}
	if err := rows.Err(); err != nil {
		return nil, s.sayAway(fmt.Errorf("store: read the last use of sessions: %w", end(err)))
	}
	return uses, nil
}

// ForgetSessions deletes the uses of sessions that have ended.
func (s *Store) ForgetSessions(ctx context.Context, sessions ...string) error {
	in, args, _ := s.sessionsIn(sessions)
	if in == "" {
		return nil
	}
	if err := s.execute(ctx, `DELETE FROM session_use WHERE session_hash IN `+in, args...); err != nil {
		return s.sayAway(fmt.Errorf("store: forget the use of sessions: %w", err))
	}
	return nil
}

// sessionsIn returns the list of the sessions' hashes as SQL, with its values, and whose
// hash is whose; "" for none.
func (s *Store) sessionsIn(sessions []string) (in string, args []any, byHash map[string]string) {
	if len(sessions) == 0 {
		return "", nil, nil
	}
	byHash = make(map[string]string, len(sessions))
	for _, session := range sessions {
		hash := s.hash("session", session)
		byHash[string(hash)] = session
		args = append(args, hash)
	}
	return "(?" + strings.Repeat(", ?", len(args)-1) + ")", args, byHash
}

func fromDelta(micros int64) time.Duration { return time.Duration(micros) * time.Microsecond }

// UseSession stores that a session is used now, by the database's clock; resident is "" for
// staff.
func (s *Store) UseSession(ctx context.Context, session string, resident mingjing.ResidentID) error {
	return s.noteSession(ctx, session, resident, "", false)
}

// RenewSession is UseSession, and stores the keyed hash of the only cookie by which the
// session goes on. factor says that its second factor was given now.
func (s *Store) RenewSession(ctx context.Context, session string, resident mingjing.ResidentID, cookie string, factor bool) error {
	return s.noteSession(ctx, session, resident, cookie, factor)
}

func (s *Store) noteSession(ctx context.Context, session string, resident mingjing.ResidentID, cookie string, factor bool) error {
	text := func(v string) any {
		if v == "" {
			return nil
		}
		return v
	}
	now, given := s.eng.now(), "NULL"
	if factor {
		given = now
	}
	err := s.execute(ctx, `INSERT INTO session_use (session_hash, resident_id, cookie, seen_at, factor_at)
		VALUES (?, ?, ?, `+now+`, `+given+`)
		ON CONFLICT (session_hash) DO UPDATE SET seen_at = excluded.seen_at, cookie = COALESCE(excluded.cookie, session_use.cookie),
			factor_at = COALESCE(excluded.factor_at, session_use.factor_at)`,
		s.hash("session", session), text(string(resident)), text(cookie))
	if err == nil {
		err = s.execute(ctx, `DELETE FROM session_use WHERE seen_at < `+now+` - ?`, usesKept.Microseconds())
	}
	if err != nil {
		return s.sayAway(fmt.Errorf("store: note the use of a session: %w", err))
	}
	return nil
}

// SetLockAfter stores after how many minutes without use a resident's sessions end.
func (s *Store) SetLockAfter(ctx context.Context, resident mingjing.ResidentID, minutes int) error {
	err := s.execute(ctx, `INSERT INTO screen_lock (resident_id, minutes) VALUES (?, ?)
		ON CONFLICT (resident_id) DO UPDATE SET minutes = excluded.minutes`, string(resident), minutes)
	if err != nil {
		return s.sayAway(fmt.Errorf("store: set the screen lock: %w", err))
	}
	return nil
}

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
		rows, err = s.reads.QueryContext(ctx, s.eng.rebind(`SELECT u.session_hash, u.seen_at, l.minutes FROM session_use u
			LEFT JOIN screen_lock l ON l.resident_id = u.resident_id WHERE u.session_hash IN `+in), args...)
		return err == nil, err
	})
	if err != nil {
		return nil, s.sayAway(fmt.Errorf("store: read the last use of sessions: %w", end(err)))
	}
	defer func() { _ = rows.Close(); _ = end(nil) }()
	for rows.Next() {
		var (
			hash    []byte
			at      int64
			minutes sql.NullInt64
		)
		if err := rows.Scan(&hash, &at, &minutes); err != nil {
			return nil, s.sayAway(fmt.Errorf("store: read the last use of sessions: %w", err))
		}
		uses[byHash[string(hash)]] = mingjing.SessionUse{SeenAt: time.UnixMicro(at).UTC(), Minutes: int(minutes.Int64)}
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

// UseSession stores the time at which a session was used; resident is "" for staff. It
// never replaces a later time.
func (s *Store) UseSession(ctx context.Context, session string, resident mingjing.ResidentID, at time.Time) error {
	var owner any
	if resident != "" {
		owner = string(resident)
	}
	err := s.execute(ctx, `INSERT INTO session_use (session_hash, resident_id, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (session_hash) DO UPDATE SET seen_at = excluded.seen_at WHERE session_use.seen_at < excluded.seen_at`,
		s.hash("session", session), owner, micros(at))
	if err == nil {
		err = s.execute(ctx, `DELETE FROM session_use WHERE seen_at < ?`, micros(at.Add(-usesKept)))
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

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"mingjing"
)

// usesKept is how long the last use of a session is remembered: far longer than
// any login lasts, so that one that ended by itself never looks like a new one.
const usesKept = 30 * 24 * time.Hour

// SessionUse is when a session was last used, and after how many minutes without
// use its owner wants it to end; zero values where nothing is known.
func (s *Store) SessionUse(ctx context.Context, session string) (seen time.Time, minutes int, err error) {
	var at int64
	var chosen sql.NullInt64
	err = s.db.QueryRowContext(ctx, s.eng.rebind(`SELECT u.seen_at, l.minutes FROM session_use u
		LEFT JOIN screen_lock l ON l.resident_id = u.resident_id WHERE u.session_hash = ?`), s.hash("session", session)).Scan(&at, &chosen)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, 0, nil
	}
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("store: read the last use of a session: %w", err)
	}
	return time.UnixMicro(at).UTC(), int(chosen.Int64), nil
}

// UseSession notes that a session is used; resident is "" for staff. A later use
// that is known already stays.
func (s *Store) UseSession(ctx context.Context, session string, resident mingjing.ResidentID, at time.Time) error {
	var owner any
	if resident != "" {
		owner = string(resident)
	}
	_, err := s.db.ExecContext(ctx, s.eng.rebind(`INSERT INTO session_use (session_hash, resident_id, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (session_hash) DO UPDATE SET seen_at = excluded.seen_at WHERE session_use.seen_at < excluded.seen_at`),
		s.hash("session", session), owner, micros(at))
	if err == nil {
		_, err = s.db.ExecContext(ctx, s.eng.rebind(`DELETE FROM session_use WHERE seen_at < ?`), micros(at.Add(-usesKept)))
	}
	if err != nil {
		return fmt.Errorf("store: note the use of a session: %w", err)
	}
	return nil
}

// SetLockAfter keeps after how many minutes without use a resident's sessions end.
func (s *Store) SetLockAfter(ctx context.Context, resident mingjing.ResidentID, minutes int) error {
	_, err := s.db.ExecContext(ctx, s.eng.rebind(`INSERT INTO screen_lock (resident_id, minutes) VALUES (?, ?)
		ON CONFLICT (resident_id) DO UPDATE SET minutes = excluded.minutes`), string(resident), minutes)
	if err != nil {
		return fmt.Errorf("store: set the screen lock: %w", err)
	}
	return nil
}

package store

import (
	"context"
	"database/sql"
	"time"
)

// OpenBreakers implements [agency.Shared].
func (s *Store) OpenBreakers(ctx context.Context) (map[string]time.Time, error) {
	open := map[string]time.Time{}
	err := s.runAs(ctx, readsOnly, func(t *tx) error {
		clear(open)
		return t.rows(ctx, "list open breakers", func(rows *sql.Rows) error {
			var (
				agency string
				until  int64
			)
			if err := rows.Scan(&agency, &until); err != nil {
				return err
			}
			open[agency] = fromMicros(until)
			return nil
		}, `SELECT agency, open_until FROM breaker WHERE open_until > ?`, micros(time.Now()))
	})
	return open, err
}

// OpenBreaker implements [agency.Shared].
func (s *Store) OpenBreaker(ctx context.Context, agency string, until time.Time) error {
	return s.execute(ctx, `INSERT INTO breaker (agency, open_until) VALUES (?, ?)
		ON CONFLICT (agency) DO UPDATE SET open_until = excluded.open_until`, agency, micros(until))
}

// CloseBreaker implements [agency.Shared].
func (s *Store) CloseBreaker(ctx context.Context, agency string) error {
	return s.execute(ctx, `DELETE FROM breaker WHERE agency = ?`, agency)
}

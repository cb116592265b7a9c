package store

import (
	"context"
	"fmt"
	"time"
)

// ClockApart returns how far the clock of this machine is ahead of the database's, below
// zero where it is behind, less what the way to the database leaves open. A SQLite file has
// the clock of its machine.
func (s *Store) ClockApart(ctx context.Context) (time.Duration, error) {
	query := s.eng.clock()
	if query == "" {
		return 0, nil
	}
	ctx, end := s.within(ctx)
	var micros int64
	sent, start := s.machine(), time.Now()
	if err := end(s.db.QueryRowContext(ctx, query).Scan(&micros)); err != nil {
		return 0, s.sayAway(fmt.Errorf("store: read the database's clock: %w", err))
	}
	half := time.Since(start) / 2
	apart := sent.Add(half).Sub(fromMicros(micros))
	if apart < 0 {
		return min(0, apart+half), nil
	}
	return max(0, apart-half), nil
}

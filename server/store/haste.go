package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"
)

// settleWait bounds how long it takes the queue to write down that a job was put
// off.
const settleWait = 2 * time.Second

// A haste is how far the jobs of this process were brought forward. It is there
// for those that are being put off at that very moment.
type haste struct {
	mu   sync.Mutex
	time time.Duration
	// put are the last jobs that were put off, in a ring: the queue may not have
	// written down yet until when.
	put  [256]int64
	next int
}

func (h *haste) passed() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.time
}

// putOff is how long a job still has to wait that began when so much had passed.
func (h *haste) putOff(job int64, began, wait time.Duration) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.put[h.next%len(h.put)] = job
	h.next++
	return max(wait-(h.time-began), 0)
}

// pass adds to it, and returns the jobs that were put off just before.
func (h *haste) pass(d time.Duration) []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.time += d
	return slices.Clone(h.put[:min(h.next, len(h.put))])
}

// Hasten brings every job that waits for its time forward by d, as if so much
// had passed: for a clock that was moved. A job that comes too early for it asks to
// wait again. Jobs that run meanwhile are only those of this process.
func (s *Store) Hasten(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	// What runs now and was put off already is not written down yet, and what was is
	// brought forward with the others: twice at the most, never not at all.
	var settling []int64
	put := s.haste.pass(d)
	rows, err := s.db.QueryContext(ctx, `SELECT id FROM river_job WHERE state = 'running'`)
	if err != nil {
		return fmt.Errorf("store: hasten jobs: %w", err)
	}
	if err := each(rows, func(id int64) {
		if slices.Contains(put, id) {
			settling = append(settling, id)
		}
	}); err != nil {
		return fmt.Errorf("store: hasten jobs: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, s.eng.rebind(s.eng.hasten("")), d.Seconds()); err != nil {
		return fmt.Errorf("store: hasten jobs: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, s.eng.release()); err != nil {
		return fmt.Errorf("store: hasten jobs: %w", err)
	}
	s.wake()
	for _, id := range settling {
		if err := s.hastenSettled(ctx, id, d); err != nil {
			return err
		}
	}
	return nil
}

// hastenSettled brings a job forward once it no longer runs.
func (s *Store) hastenSettled(ctx context.Context, id int64, d time.Duration) error {
	ctx, stop := context.WithTimeout(ctx, settleWait)
	defer stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var running int
		err := s.db.QueryRowContext(ctx, s.eng.rebind(`SELECT count(*) FROM river_job WHERE id = ? AND state = 'running'`), id).Scan(&running)
		if err == nil && running == 0 { // it is written down, or done for good
			if _, err = s.db.ExecContext(ctx, s.eng.rebind(s.eng.hasten(" AND id = ?")), d.Seconds(), id); err == nil {
				if _, err = s.db.ExecContext(ctx, s.eng.release()); err != nil {
					continue
				}
				s.wake()
				return nil
			}
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("store: hasten a job: %w", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil // it runs again already, and will count what has passed itself
		}
	}
}

func each(rows *sql.Rows, fn func(int64)) error {
	defer rows.Close()
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return err
		}
		fn(v)
	}
	return rows.Err()
}

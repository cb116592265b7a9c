package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// snoozeWait bounds how long the queue takes to write down that a job was snoozed.
const snoozeWait = 2 * time.Second

// An advance is how far the jobs of this process were brought forward in all. A job
// that is being snoozed meanwhile subtracts it from its own wait.
type advance struct {
	mu  sync.Mutex
	sum time.Duration
	// snoozed are the last jobs that were snoozed, in a ring. The queue may not have
	// written down yet until when they wait.
	snoozed [256]int64
	next    int
}

// total returns how far the jobs were brought forward until now.
func (a *advance) total() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sum
}

// snooze returns how much of its wait a job has left, which began at the total began.
func (a *advance) snooze(job int64, began, wait time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.snoozed[a.next%len(a.snoozed)] = job
	a.next++
	return max(wait-(a.sum-began), 0)
}

// add adds d to the total and returns the jobs that were snoozed just before.
func (a *advance) add(d time.Duration) []int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sum += d
	return slices.Clone(a.snoozed[:min(a.next, len(a.snoozed))])
}

// Advance brings every job that waits for its time forward by d, after the clock of
// [Options.Now] was moved forward by as much. A job that then comes too early asks to
// wait again. It knows the running jobs of this process only.
func (s *Store) Advance(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	// A job that was snoozed and still counts as running is not written down yet. If it
	// is written down before the update, it is brought forward twice, but never not at all.
	snoozed := s.advance.add(d)
	running, err := s.runningJobs(ctx)
	if err != nil {
		return fmt.Errorf("store: advance jobs: %w", err)
	}
	if err := s.advanceJobs(ctx, "", d.Seconds()); err != nil {
		return err
	}
	for _, id := range running {
		if !slices.Contains(snoozed, id) {
			continue
		}
		if err := s.advanceSnoozed(ctx, id, d); err != nil {
			return err
		}
	}
	return nil
}

// advanceJobs brings the waiting jobs forward that match only, and wakes the workers.
func (s *Store) advanceJobs(ctx context.Context, only string, args ...any) error {
	if _, err := s.db.ExecContext(ctx, s.eng.rebind(s.eng.advance(only)), args...); err != nil {
		return fmt.Errorf("store: advance jobs: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, s.eng.release(leaderInterval)); err != nil {
		return fmt.Errorf("store: advance jobs: %w", err)
	}
	s.wake(allQueues)
	return nil
}

// advanceSnoozed brings a snoozed job forward once it no longer counts as running. If
// that takes too long, the job runs again already and subtracts the advance itself.
func (s *Store) advanceSnoozed(ctx context.Context, id int64, d time.Duration) error {
	ctx, stop := context.WithTimeout(ctx, snoozeWait)
	defer stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		running, err := s.runningJobs(ctx)
		if err == nil && !slices.Contains(running, id) {
			err = s.advanceJobs(ctx, " AND id = ?", d.Seconds(), id)
			if err == nil {
				return nil
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("store: advance a job: %w", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// runningJobs returns the ids of the jobs that are being worked on.
func (s *Store) runningJobs(ctx context.Context) (ids []int64, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id FROM river_job WHERE state = 'running'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

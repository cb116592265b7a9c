package store

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// orphanInterval is how often a process looks for jobs of its own that nobody runs. One is
// run again when it was seen so twice.
const orphanInterval = time.Second

// releaseInterval is how often a process makes jobs available whose time has come.
const releaseInterval = 2 * time.Second

// A run is one run of a job.
type run struct {
	id      int64
	attempt int
}

// runs are the jobs that this process runs now.
type runs struct {
	mu  sync.Mutex
	now map[int64]int // how many runs of a job
}

func (r *runs) begin(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		r.now = map[int64]int{}
	}
	r.now[id]++
}

func (r *runs) end(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now[id]--; r.now[id] <= 0 {
		delete(r.now, id)
	}
}

func (r *runs) has(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now[id] > 0
}

// adoptOrphans gives back, until ctx ends, the jobs of this process that the database
// calls running though nobody runs them: the answer to the query for them was lost, or
// the end of their run could not be written down, because the database was away.
func (s *Store) adoptOrphans(ctx context.Context, w *worker) {
	tick := time.NewTicker(orphanInterval)
	defer tick.Stop()
	seen := map[run]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := s.orphans(ctx, w)
		if err != nil { // seen before the database was away is not seen now
			seen = nil
			continue
		}
		again := map[run]bool{}
		for _, r := range now {
			if !seen[r] {
				again[r] = true
				continue
			}
			if err := s.execute(ctx, s.eng.giveBack(), r.id, r.attempt); err != nil {
				s.logger.WarnContext(ctx, "a job that nobody runs could not be given back", slog.Any("err", err))
				continue
			}
			s.logger.WarnContext(ctx, "a job that nobody ran is run again", slog.Int64("job", r.id))
			s.wake(allQueues)
		}
		seen = again
	}
}

// orphans returns the jobs that this process runs by the database, but not by itself.
func (s *Store) orphans(ctx context.Context, w *worker) (list []run, err error) {
	ctx, stop := context.WithTimeout(ctx, orphanInterval)
	defer stop()
	query, args := s.eng.ownRuns(w.clientID)
	rows, err := s.db.QueryContext(ctx, s.eng.rebind(query), args...) //nolint:gosec // the statement is a constant
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r run
		if err := rows.Scan(&r.id, &r.attempt); err != nil {
			return nil, err
		}
		if !w.running.has(r.id) {
			list = append(list, r)
		}
	}
	return list, rows.Err()
}

// releaseJobs makes jobs available whose time has come, until ctx ends. The queue's leader does
// that too; but for a time after an outage there may be none: each process waits for longer after
// each failure to become the leader, and one to which the answer was lost that it is waits for its
// own term to end.
func (s *Store) releaseJobs(ctx context.Context) {
	tick := time.NewTicker(releaseInterval)
	defer tick.Stop()
	for lost := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		bound, stop := context.WithTimeout(ctx, releaseInterval)
		res, err := s.db.ExecContext(bound, s.eng.release(0)) //nolint:gosec // the statement is a constant
		stop()
		if err != nil {
			lost = true // the database is away, of which others tell, or has done it all the same
			continue
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 || lost {
			s.wake(allQueues)
		}
		lost = false
	}
}

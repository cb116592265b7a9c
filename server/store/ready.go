package store

import (
	"context"
	"sync"
	"time"
)

const (
	// provenFor is for how long a write that was tried shows that the database can write.
	provenFor = time.Second
	// refusedFor is for how long after a write that the disk refused the store is not
	// ready: a smaller write may succeed all the same.
	refusedFor = 10 * time.Second
)

// A writability is what the last writes have shown. Its times are read from the machine's
// monotonic clock.
type writability struct {
	refusals time.Duration

	mu      sync.Mutex
	proven  time.Time // zero for never
	refused time.Time
	failure error // of the write that was refused; nil for never
}

// refuse takes the error of a write that the disk refused, and prove a write that was tried
// with success.
func (w *writability) refuse(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused, w.failure = time.Now(), err
}

func (w *writability) prove() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proven = time.Now()
}

// known returns whether a write was tried with success a moment ago, or the error of one
// that was refused.
func (w *writability) known() (writes bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure != nil && time.Since(w.refused) < w.refusals {
		return false, w.failure
	}
	return !w.proven.IsZero() && time.Since(w.proven) < provenFor, nil
}

// Ready returns nil if the database can be read and written, or the reason why not. A
// full disk and a standby can be read, and are not ready.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	if writes, err := s.writes.known(); err != nil || writes {
		return err
	}
	err := s.run(ctx, func(t *tx) error {
		_, err := t.nextSeq(ctx, "try to write", "ready")
		return err
	})
	if err == nil {
		s.writes.prove()
	}
	return err
}

package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/store/pgtest"
)

// benchEach measures something on each engine as a city runs it, which writes commits through
// to the disk; and on a PostgreSQL whose commit takes 5 ms longer, as one with a standby in
// another house does.
func benchEach(b *testing.B, fn func(b *testing.B, s *Store)) {
	b.Run("sqlite", func(b *testing.B) { fn(b, open(b, filepath.Join(b.TempDir(), "store.db"))) })
	b.Run("postgres", func(b *testing.B) { fn(b, open(b, pgtest.StartDurable(b))) })
	b.Run("postgres-commit-5ms", func(b *testing.B) {
		between, through := pgtest.StartBetween(b, pgtest.StartDurable(b))
		s := open(b, through)
		between.SlowCommits(5 * time.Millisecond)
		fn(b, s)
	})
}

// BenchmarkTx adds score requests as casework does: the request, its job and its first
// event in one transaction, each for another resident.
func BenchmarkTx(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Store) {
		r := resident(1)
		enrol(b, s, r)
		ctx := b.Context()
		for n := 0; b.Loop(); n++ {
			q := request(r, fmt.Sprintf("q%d", n))
			q.State = mingjing.RequestReady // one resident has one open request
			must(b, freely(ctx, s, func(tx *reader) error {
				if err := tx.AddRequest(ctx, q); err != nil {
					return err
				}
				if err := tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: q.ID}); err != nil {
					return err
				}
				_, err := tx.AddEvent(ctx, string(r.ID), mingjing.Event{Kind: mingjing.EventRequest, ID: q.ID, At: day})
				return err
			}))
		}
	})
}

// BenchmarkPickUp measures the time from enqueuing a job, the commit included, until it
// runs.
func BenchmarkPickUp(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Store) {
		ran := make(chan struct{}, 1)
		work(b, s, func(context.Context, kernel.Job) (time.Duration, error) {
			ran <- struct{}{}
			return 0, nil
		})
		ctx := b.Context()
		for n := 0; b.Loop(); n++ {
			must(b, freely(ctx, s, func(tx *reader) error {
				return tx.Enqueue(ctx, kernel.Job{Kind: score.JobCollect, ID: fmt.Sprint(n)})
			}))
			receive(b, ran, "the job")
		}
	})
}

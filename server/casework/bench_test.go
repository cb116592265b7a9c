package casework_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"mingjing/server/store"
	"mingjing/server/store/pgtest"
	"mingjing/server/vault"
	"mingjing/web/rulebooks"
)

// BenchmarkRequestToReady measures requests from asked to ready with the whole
// rulebook's agencies, which answer at once: on SQLite in a file, on a PostgreSQL that writes
// commits through to the disk, and on one whose commit takes 5 ms longer.
func BenchmarkRequestToReady(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchReady(b, "sqlite://"+filepath.Join(b.TempDir(), "bench.db"), func() {}) })
	b.Run("postgres", func(b *testing.B) { benchReady(b, pgtest.StartDurable(b), func() {}) })
	b.Run("postgres-commit-5ms", func(b *testing.B) {
		between, through := pgtest.StartBetween(b, pgtest.StartDurable(b))
		benchReady(b, through, func() { between.SlowCommits(5 * time.Millisecond) })
	})
}

// benchReady measures requests on the database at url; slow is called when it is open.
func benchReady(b *testing.B, url string, slow func()) {
	books, err := rulebooks.All()
	must(b, err)
	s, err := store.Open(ctx, url, store.Options{IDKey: bytes.Repeat([]byte("k"), store.IDKeySize), Vault: vault.Memory()})
	must(b, err)
	defer func() { must(b, s.Close()) }()
	slow()
	c := cityOn(b, s, func(cfg *casework.Config) { cfg.Clock, cfg.Books = wallClock{}, books })
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("debt")}, Listings: []score.ReplyListing{blacklisted("list")}})
	ready := make(chan mingjing.Event, 16)
	c.bus.tell = func(_ string, e mingjing.Event) {
		if e.Kind == mingjing.EventScore {
			ready <- e
		}
	}
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.bureau.Work(working) }()
	residents := make([]mingjing.Actor, b.N)
	for i := range residents {
		id, err := c.Enrol(ctx, mingjing.MakeIDNumber(fmt.Sprintf("999999%011d", i)), "居民")
		must(b, err)
		residents[i] = mingjing.Actor{Role: mingjing.RoleResident, ID: string(id), AAL: 1}
	}
	b.ResetTimer()
	for _, a := range residents {
		go func() {
			if _, err := c.RequestScore(ctx, a, "honest-shanghai", true); err != nil {
				b.Error(err)
			}
		}()
	}
	for range residents {
		<-ready
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	stop()
	must(b, <-done)
}

// BenchmarkTenThousandRequestsAtOnce measures how long it takes until each of four slow
// agencies was asked for each of ten thousand residents who ask at the same time, on
// SQLite in a file. The agencies think for longer than that, so that none has answered.
func BenchmarkTenThousandRequestsAtOnce(b *testing.B) {
	const residents = 10_000
	s, err := store.Open(ctx, "sqlite://"+filepath.Join(b.TempDir(), "bench.db"),
		store.Options{IDKey: bytes.Repeat([]byte("k"), store.IDKeySize), Vault: vault.Memory()})
	must(b, err)
	defer func() { must(b, s.Close()) }()
	all := kernel.Limits{PerAgency: residents, Total: residents * len(few)}
	c := cityOn(b, s, func(cfg *casework.Config) { cfg.Clock, cfg.Asks = wallClock{}, all })
	asked := make(chan struct{}, residents*len(few))
	c.offices.records = func(ctx context.Context, _ string, _ score.RecordsQuery) (score.Reply, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return score.Reply{}, ctx.Err()
	}
	people := make([]mingjing.Actor, residents)
	for i := range people {
		id, err := c.Enrol(ctx, mingjing.MakeIDNumber(fmt.Sprintf("999999%011d", i)), "居民")
		must(b, err)
		people[i] = mingjing.Actor{Role: mingjing.RoleResident, ID: string(id), AAL: 1}
		c.ask(b, people[i], "rongcheng")
	}
	b.ResetTimer()
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.bureau.Work(working) }()
	for range residents * len(few) {
		<-asked
	}
	b.StopTimer()
	b.ReportMetric(b.Elapsed().Seconds(), "s/all-asked")
	stop()
	must(b, <-done)
}

package casework_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/intake"
	"mingjing/server/store"
	"mingjing/server/vault"
)

// BenchmarkBatchOf1000Lines measures a batch of 1,000 lines about 200 residents who have
// a score, on SQLite in a file.
func BenchmarkBatchOf1000Lines(b *testing.B) { benchBatch(b, intake.MaxLinesAtOnce, 200) }

// BenchmarkBatchOf10000Lines measures the largest batch, about 2,000 residents who have a
// score, from when it is sent until the work on it in the background is done.
func BenchmarkBatchOf10000Lines(b *testing.B) { benchBatch(b, intake.MaxLines, 2000) }

func benchBatch(b *testing.B, lines, residents int) {
	s, err := store.Open(ctx, "sqlite://"+filepath.Join(b.TempDir(), "bench.db"),
		store.Options{IDKey: bytes.Repeat([]byte("k"), store.IDKeySize), Vault: vault.Memory()})
	must(b, err)
	defer func() { must(b, s.Close()) }()
	c := cityOn(b, s, func(cfg *casework.Config) { cfg.Clock = wallClock{} })
	for round := 0; b.Loop(); round++ {
		b.StopTimer()
		batch := intake.Batch{ID: fmt.Sprint("round ", round)}
		numbers := make([]mingjing.IDNumber, residents)
		for i := range numbers {
			numbers[i] = mingjing.MakeIDNumber(fmt.Sprintf("99999919%02d%02d01%03d", 80+i/1000, 1+round%12, i%1000))
			id, err := c.Enrol(ctx, numbers[i], "居民")
			must(b, err)
			c.ready(b, mingjing.Actor{Role: mingjing.RoleResident, ID: string(id), AAL: 1}, "honest-shanghai")
		}
		for i := range lines {
			l := owes(1, fmt.Sprintf("%d-%d", round, i))
			l.IDNumber, l.Subject, l.Document.Number = string(numbers[i%residents]), "居民", l.Ref
			batch.Lines = append(batch.Lines, l)
		}
		b.StartTimer()
		out, err := c.Submit(ctx, court, batch)
		must(b, err)
		for state := out; out.State != mingjing.BatchDone; state = out {
			wait, err := c.job(ctx, intake.JobBatch, state.Key)
			must(b, err)
			out, err = c.Batch(ctx, court, batch.ID, "", "")
			must(b, err)
			if wait == 0 && out.State != mingjing.BatchDone {
				b.Fatalf("the work has ended, and the batch is %+v", out.BatchSummary)
			}
		}
		if out.Accepted != lines {
			b.Fatalf("%+v", out.BatchSummary)
		}
	}
}

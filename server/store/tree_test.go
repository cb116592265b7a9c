package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
	"mingjing/logproof"
	"mingjing/server/casework"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/kernel"
)

// proofOf returns a resident's whole access log with its proofs, made from what the store
// has alone.
func proofOf(t testing.TB, s *Store, r mingjing.ResidentID) []mingjing.AccessProof {
	t.Helper()
	key, err := logproof.NewKey("log.example", make([]byte, 32))
	must(t, err)
	p := mingjing.AccessProof{Key: key.Verifier(), Resident: r}
	do(t, s, func(ctx context.Context, tx *reader) error {
		size, err := tx.TreeSize(ctx)
		must(t, err)
		tree := tlog.HashReaderFunc(func(ids []int64) ([]tlog.Hash, error) { return tx.TreeHashes(ctx, ids) })
		root, err := tlog.TreeHash(size, tree)
		must(t, err)
		p.Checkpoint = key.Sign(size, root)
		p.Entries, err = tx.ProvenEntries(ctx, r, 0, size, MaxPage)
		must(t, err)
		for i, e := range p.Entries {
			p.Entries[i].Proof, err = tlog.ProveRecord(size, e.Leaf, tree)
			must(t, err)
		}
		return nil
	})
	return []mingjing.AccessProof{p}
}

// proven fails unless a resident has so many entries and each is proved.
func proven(t testing.TB, s *Store, r mingjing.ResidentID, n int) {
	t.Helper()
	if k := logproof.Check(proofOf(t, s, r), nil, day); len(k.Problems) > 0 || k.Entries != n {
		t.Errorf("%d looks of %s, with %+v; want %d and nothing wrong", k.Entries, r, k.Problems, n)
	}
}

func anEntry(n int) mingjing.AccessEntry {
	return mingjing.AccessEntry{At: day.Add(time.Duration(n) * time.Minute), Role: mingjing.RoleHandler, Who: "王",
		Action: "records", Purpose: "dispute"}
}

func TestEveryLookIsInTheTreeWhoeverElseLooks(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		const people, each = 5, 12
		var all sync.WaitGroup
		for n := range people {
			enrol(t, s, resident(n+1))
		}
		for n := range people {
			all.Go(func() {
				for i := range each {
					must(t, s.Tx(context.Background(), func(tx casework.Tx) error {
						if err := tx.As(kernel.Entry{AccessEntry: anEntry(i)}).Log(context.Background(), resident(n+1).ID); err != nil {
							return err
						}
						return tx.As(kernel.Entry{AccessEntry: anEntry(i)}).Log(context.Background(), resident(n+1).ID) // two in one
					}))
				}
			})
		}
		all.Wait()
		for n := range people {
			proven(t, s, resident(n+1).ID, 2*each)
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			size, err := tx.TreeSize(ctx)
			must(t, err)
			var stored int64
			must(t, tx.row(ctx, "count", []any{&stored}, `SELECT count(*) FROM tree_hash`))
			if size != people*each*2 || stored != tlog.StoredHashCount(size) {
				t.Errorf("%d leaves, %d hashes", size, stored)
			}
			return nil
		})
	})
}

func TestWithoutALeafNothingIsCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, r := open(t, url), resident(1)
		enrol(t, s, r)
		for i := range 3 {
			do(t, s, func(ctx context.Context, tx *reader) error {
				return tx.As(kernel.Entry{AccessEntry: anEntry(i)}).Log(ctx, r.ID)
			})
		}
		_, err := s.db.ExecContext(t.Context(), `DELETE FROM tree_hash WHERE id = 3`) // the third leaf, which the fourth needs
		must(t, err)
		err = s.Tx(t.Context(), func(tx casework.Tx) error {
			must(t, tx.PutRecord(t.Context(), record(r, "c")))
			return tx.As(kernel.Entry{AccessEntry: anEntry(4)}).Log(t.Context(), r.ID)
		})
		if err == nil {
			t.Fatal("it was committed")
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			if _, err := tx.Record(ctx, "c"); !errors.Is(err, kernel.ErrNotFound) {
				t.Errorf("what came with it is there: %v", err)
			}
			if size, err := tx.TreeSize(ctx); err != nil || size != 3 {
				t.Errorf("%d leaves, %v", size, err)
			}
			return nil
		})
	})
}

func TestLooksFromBeforeTheTreeAreProvenToo(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		const n = oldLeavesAtOnce + 7
		enrol(t, s, resident(1), resident(2))
		do(t, s, func(ctx context.Context, tx *reader) error {
			for i := range n { // as they were written then
				for _, r := range []kernel.Resident{resident(1), resident(2)} {
					seq, err := tx.nextSeq(ctx, "look", entryCounter(r.ID))
					must(t, err)
					l := anEntry(i)
					l.Seq = seq
					doc, err := tx.seal(ctx, "look", sealedEntry, r.ID, l, r.ID, seq)
					must(t, err)
					must(t, tx.insert(ctx, "look", `INSERT INTO look (resident_id, seq, others, at, doc) VALUES (?, ?, 1, ?, ?)`,
						string(r.ID), seq, micros(l.At), doc))
				}
			}
			return nil
		})
		must(t, s.addOldLeaves(t.Context()))
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.As(kernel.Entry{AccessEntry: anEntry(n)}).Log(ctx, resident(1).ID)
		})
		proven(t, s, resident(1).ID, n+1)
		proven(t, s, resident(2).ID, n)
		must(t, s.addOldLeaves(t.Context()))
		proven(t, s, resident(2).ID, n)
	})
}

func TestWhatAWitnessHasCosignedOnlyGrows(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		do(t, s, func(ctx context.Context, tx *reader) error {
			for _, k := range []accesslog.Cosigned{{Witness: "b", Size: 4, Note: "4"}, {Witness: "a", Size: 9, Note: "9"},
				{Witness: "a", Size: 8, Note: "8"}, {Witness: "b", Size: 4, Note: "4 again"}} {
				must(t, tx.SetCosigned(ctx, k))
			}
			list, err := tx.Cosigned(ctx)
			if got := fmt.Sprint(list); err != nil || got != "[{a 9 9} {b 4 4 again}]" {
				t.Errorf("%s, %v", got, err)
			}
			return nil
		})
	})
}

// BenchmarkLook reads with an entry in the access log: with its leaf in the tree and, for
// comparison, without.
func BenchmarkLook(b *testing.B) {
	for _, tree := range []bool{true, false} {
		b.Run(map[bool]string{true: "in_the_tree", false: "without"}[tree], func(b *testing.B) {
			benchEach(b, func(b *testing.B, s *Store) {
				r := resident(1)
				enrol(b, s, r)
				ctx := b.Context()
				var took []time.Duration
				for n := 0; b.Loop(); n++ {
					begin := time.Now()
					must(b, s.Tx(ctx, func(ct casework.Tx) error {
						rd := ct.As(kernel.Entry{AccessEntry: anEntry(n)})
						if err := rd.Log(ctx, r.ID); err != nil {
							return err
						}
						if !tree {
							ct.(*tx).leaves = nil
						}
						_, err := rd.Resident(ctx, r.ID)
						return err
					}))
					took = append(took, time.Since(begin))
				}
				percentiles(b, took)
			})
		})
	}
}

// percentiles reports the median and the 99th of a hundred, in microseconds.
func percentiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50_us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99_us")
}

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
)

func TestBatchesAreKnownByTheirAgencyAndId(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		b := intake.BatchRow{Agency: "court", ID: "one", Key: "key", At: time.Unix(1, 0).UTC(), Digest: "d", Total: 2}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddBatch(ctx, b) })
		err := freely(t.Context(), s, func(tx *reader) error { return tx.AddBatch(t.Context(), b) })
		if !errors.Is(err, kernel.ErrExists) {
			t.Error(err)
		}
		b.Accepted, b.Parts = 1, 1
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.SetBatch(ctx, b) })
		same(t, "the batch", mustGet(t, s, func(ctx context.Context, tx *reader) (intake.BatchRow, error) {
			return tx.Batch(ctx, "court", "one")
		}), b)
		same(t, "the batch by its key", mustGet(t, s, func(ctx context.Context, tx *reader) (intake.BatchRow, error) {
			return tx.BatchByKey(ctx, "key")
		}), b)
		if _, err := get(t, s, func(ctx context.Context, tx *reader) (intake.BatchRow, error) {
			return tx.Batch(ctx, "tax", "one")
		}); !errors.Is(err, kernel.ErrNotFound) {
			t.Error(err)
		}
		other := b
		other.Agency, other.Key = "tax", "other"
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddBatch(ctx, other) })
		for i := range 4 {
			next := b
			next.ID, next.Key, next.At = fmt.Sprint("next ", i), fmt.Sprint("k", i), time.Unix(2+int64(i/2), 0).UTC()
			do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddBatch(ctx, next) })
		}
		var keys []string
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			do(t, s, func(ctx context.Context, tx *reader) error {
				list, next, err := tx.Batches(ctx, "court", cursor, 2)
				for _, b := range list {
					keys = append(keys, b.Key)
				}
				cursor = next
				return err
			})
			if pages > 3 {
				t.Fatal("the pages never end")
			}
		}
		same(t, "the pages", keys, []string{"k3", "k2", "k1", "k0", "key"})
		if _, err := get(t, s, func(ctx context.Context, tx *reader) (string, error) {
			_, _, err := tx.Batches(ctx, "court", "x", 2)
			return "", err
		}); !errors.Is(err, kernel.ErrCursor) {
			t.Error(err)
		}
	})
}

func TestABatchHasPartsAndABodyUntilTheyAreRemoved(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		body := bytes.Repeat([]byte("long "), maxBodyPart/4)
		do(t, s, func(ctx context.Context, tx *reader) error {
			must(t, tx.AddBatch(ctx, intake.BatchRow{Agency: "court", ID: "one", Key: "key", At: time.Unix(1, 0).UTC()}))
			must(t, tx.AddBatchPart(ctx, "key", 0, []mingjing.LineAnswer{{Line: 1, Ref: "a"}, {Line: 3, Ref: "c"}}))
			must(t, tx.AddBatchPart(ctx, "key", 1, []mingjing.LineAnswer{{Line: 2, Ref: "b"}}))
			return tx.PutBatchBody(ctx, "key", body)
		})
		err := freely(t.Context(), s, func(tx *reader) error { return tx.AddBatchPart(t.Context(), "key", 1, nil) })
		if !errors.Is(err, kernel.ErrExists) {
			t.Error(err)
		}
		parts := func() []mingjing.LineAnswer {
			return mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.LineAnswer, error) { return tx.BatchParts(ctx, "key") })
		}
		same(t, "the answers", parts(), []mingjing.LineAnswer{{Line: 1, Ref: "a"}, {Line: 3, Ref: "c"}, {Line: 2, Ref: "b"}})
		got := mustGet(t, s, func(ctx context.Context, tx *reader) ([]byte, error) { return tx.BatchBody(ctx, "key") })
		if !bytes.Equal(got, body) {
			t.Errorf("%d bytes of %d", len(got), len(body))
		}
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.DeleteBatchBody(ctx, "key"), tx.DeleteBatchParts(ctx, "key"))
		})
		if left := parts(); len(left) != 0 {
			t.Errorf("%+v", left)
		}
		if _, err := get(t, s, func(ctx context.Context, tx *reader) ([]byte, error) { return tx.BatchBody(ctx, "key") }); !errors.Is(err,
			kernel.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestWhatWaitsForAnAgencyIsThereOnceAndGoesWithThePerson(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		a, b := resident(1), resident(2)
		enrol(t, s, a, b)
		add := func(of kernel.Resident, ref string, asked bool, at int64) {
			do(t, s, func(ctx context.Context, tx *reader) error {
				return tx.AddUnmatched(ctx, "court", of.ID, mingjing.UnmatchedRecord{Ref: ref, Code: "c", Asked: asked, At: time.Unix(at, 0).UTC()})
			})
		}
		add(a, "one", true, 1)
		add(a, "one", false, 2)
		add(a, "two", false, 3)
		add(b, "one", true, 4)
		waiting := func(agency string) string {
			list := mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.UnmatchedRecord, error) {
				return tx.Unmatched(ctx, agency, 10)
			})
			return ids(list, func(u mingjing.UnmatchedRecord) string { return fmt.Sprint(u.Ref, u.At.Unix(), u.Asked) })
		}
		record := func(of ...string) string { return ids(of, func(s string) string { return s }) }
		same(t, "all", waiting("court"), record("one4 true", "two3 false", "one1 true"))
		same(t, "another agency's", waiting("tax"), record())
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.DeleteUnmatchedAnswers(ctx, "court", a.ID) })
		same(t, "without answers", waiting("court"), record("one4 true", "two3 false"))
		remove := func(of mingjing.ResidentID, ref string) bool {
			return mustGet(t, s, func(ctx context.Context, tx *reader) (bool, error) { return tx.DeleteUnmatched(ctx, "court", of, ref) })
		}
		if !remove(a.ID, "two") || remove(a.ID, "two") || remove(a.ID, "one") {
			t.Error("what is removed was not there, or the other way round")
		}
		same(t, "without one", waiting("court"), record("one4 true"))
		if !remove("", "one") {
			t.Error("it was somebody's")
		}
		same(t, "without any", waiting("court"), record())
	})
}

func TestWhatFailsInATryIsUndoneAndTheRestStays(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		a := resident(1)
		enrol(t, s, a)
		failed := errors.New("failed")
		do(t, s, func(ctx context.Context, tx *reader) error {
			try := func(id string, result error) {
				err := tx.Try(ctx, func() error {
					must(t, tx.PutRecord(ctx, record(a, id)))
					must(t, tx.As(kernel.Entry{AccessEntry: mingjing.AccessEntry{Role: mingjing.RoleAgency, Action: id}}).Log(ctx, a.ID))
					return result
				})
				if !errors.Is(err, result) {
					t.Errorf("%s: %v", id, err)
				}
			}
			try("one", nil)
			try("two", failed)
			try("three", nil)
			return nil
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			records, err := tx.Records(ctx, a.ID)
			same(t, "the records", ids(records, func(r holding.Record) string { return r.ID }),
				ids([]string{"one", "three"}, func(s string) string { return s }))
			entries, err2 := tx.AccessEntries(ctx, a.ID, true, 0, 10)
			same(t, "the access log", ids(slices.DeleteFunc(entries, func(l mingjing.AccessEntry) bool { return l.Role != mingjing.RoleAgency }),
				func(l mingjing.AccessEntry) string { return l.Action }), ids([]string{"three", "one"}, func(s string) string { return s }))
			return errors.Join(err, err2)
		})
	})
}

func TestAgencyKeysAreKeptWithoutASecret(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		k := mingjing.AgencyKey{ID: "one", Agency: "court", Use: mingjing.KeyAsk, CreatedAt: time.Unix(1, 0).UTC()}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddAgencyKey(ctx, k) })
		now := time.Unix(2, 0).UTC()
		until := time.Unix(3, 0).UTC()
		k.RevokedAt, k.EndsAt = &now, &until
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.SetAgencyKey(ctx, k) })
		key := func(id string) (mingjing.AgencyKey, error) {
			return get(t, s, func(ctx context.Context, tx *reader) (mingjing.AgencyKey, error) { return tx.AgencyKey(ctx, id) })
		}
		got, err := key("one")
		must(t, err)
		same(t, "the key", got, k)
		if _, err := key("none"); !errors.Is(err, kernel.ErrNotFound) {
			t.Error(err)
		}
		same(t, "all keys", mustGet(t, s, func(ctx context.Context, tx *reader) ([]mingjing.AgencyKey, error) { return tx.AgencyKeys(ctx) }),
			[]mingjing.AgencyKey{k})
	})
}

func TestWhatAnAgencyHasSuppliedIsFoundByItsReference(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		a, b := resident(1), resident(2)
		enrol(t, s, a, b)
		put := func(r kernel.Resident, id, ref string) {
			rec, l := record(r, id), listing(r, "l"+id)
			rec.Ref, l.Ref, rec.Agency, l.Agency = ref, ref, "court", "court"
			do(t, s, func(ctx context.Context, tx *reader) error {
				return errors.Join(tx.PutRecord(ctx, rec), tx.PutListing(ctx, l))
			})
		}
		put(a, "1", "same")
		put(b, "2", "same")
		put(a, "3", "other")
		find := func(agency, ref string) [2]string {
			var out [2]string
			do(t, s, func(ctx context.Context, tx *reader) error {
				r, l, err := tx.HeldByRef(ctx, agency, ref, "", 10)
				id := func(s string) string { return s }
				out = [2]string{ids(r, id), ids(l, id)}
				return err
			})
			return out
		}
		same(t, "two residents'", find("court", "same"), [2]string{ids([]string{"1", "2"}, func(s string) string { return s }),
			ids([]string{"l1", "l2"}, func(s string) string { return s })})
		same(t, "another agency's", find("tax", "same"), [2]string{})
		same(t, "no reference", find("court", ""), [2]string{})
		var refs []string
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			do(t, s, func(ctx context.Context, tx *reader) error {
				list, next, err := tx.Holdings(ctx, "court", cursor, 2)
				for _, h := range list {
					refs = append(refs, h.Kind+" "+h.Ref)
				}
				cursor = next
				return err
			})
			if pages > 3 {
				t.Fatal("the pages never end")
			}
		}
		same(t, "the pages", refs, []string{"record other", "record same", "record same", "listing other", "listing same", "listing same"})
	})
}

func TestAnAnswersDocumentIsReadAsEvidenceIs(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		a := resident(1)
		enrol(t, s, a)
		do(t, s, func(ctx context.Context, tx *reader) error {
			return errors.Join(tx.PutRecord(ctx, record(a, "r")), tx.AddCase(ctx, dispute(a, "d", "r")))
		})
		e := mingjing.Evidence{ID: "e", Name: "a.pdf", Type: "application/pdf", Size: 3, AddedAt: time.Unix(1, 0).UTC()}
		do(t, s, func(ctx context.Context, tx *reader) error {
			return tx.AddAnswerDocument(ctx, "d", e, []byte("pdf"))
		})
		do(t, s, func(ctx context.Context, tx *reader) error {
			d, err := tx.EvidenceCase(ctx, "e")
			must(t, err)
			got, data, err := tx.EvidenceData(ctx, "e")
			if d != "d" || got != e || string(data) != "pdf" {
				t.Errorf("%s %+v %q", d, got, data)
			}
			list, err2 := tx.Evidence(ctx, "d")
			if len(list) != 0 {
				t.Error("it is evidence, which the handler would have to answer")
			}
			return errors.Join(err, err2)
		})
		if err := freely(t.Context(), s, func(tx *reader) error { return tx.AddAnswerDocument(t.Context(), "none", e, nil) }); !errors.Is(err,
			kernel.ErrNotFound) {
			t.Error(err)
		}
	})
}

package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/kernel"
)

func TestBatchesAreKnownByTheirAgencyAndId(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		b := agencyside.BatchRow{Agency: "court", ID: "one", At: time.Unix(1, 0).UTC(), Digest: "d"}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddBatch(ctx, b) })
		err := freely(t.Context(), s, func(tx *reader) error { return tx.AddBatch(t.Context(), b) })
		if !errors.Is(err, kernel.ErrExists) {
			t.Error(err)
		}
		b.Answer = &agencyside.BatchAnswer{ID: "one", Accepted: 1,
			Lines: []agencyside.LineAnswer{{Line: 1, Ref: "r", Status: agencyside.LineAccepted, ID: "x"}}}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.SetBatch(ctx, b) })
		same(t, "the batch", mustGet(t, s, func(ctx context.Context, tx *reader) (agencyside.BatchRow, error) {
			return tx.Batch(ctx, "court", "one")
		}), b)
		if _, err := get(t, s, func(ctx context.Context, tx *reader) (agencyside.BatchRow, error) {
			return tx.Batch(ctx, "tax", "one")
		}); !errors.Is(err, kernel.ErrNotFound) {
			t.Error(err)
		}
		other := b
		other.Agency = "tax"
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddBatch(ctx, other) })
	})
}

func TestAgencyKeysAreKeptWithoutASecret(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		k := mingjing.AgencyKey{ID: "one", Agency: "court", CreatedAt: time.Unix(1, 0).UTC()}
		do(t, s, func(ctx context.Context, tx *reader) error { return tx.AddAgencyKey(ctx, k) })
		now := time.Unix(2, 0).UTC()
		k.RevokedAt = &now
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

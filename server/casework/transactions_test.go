package casework_test

import (
	"context"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/evidence"
)

// A countingStore counts its transactions.
type countingStore struct {
	casework.Store
	n int
}

func (s *countingStore) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	s.n++
	return s.Store.Tx(ctx, fn)
}

func (s *countingStore) Read(ctx context.Context, fn func(casework.Tx) error) error {
	s.n++
	return s.Store.Read(ctx, fn)
}

func TestFilingADisputeIsTwoTransactionsAtMost(t *testing.T) {
	counting := &countingStore{}
	c := newCity(t, func(cfg *casework.Config) { counting.Store = cfg.Store; cfg.Store = counting })
	a, record, listing := c.owing(t, 1)
	filing := cases.Filing{RecordID: record, Reason: mingjing.ReasonNotMe, Statement: "That was not me.",
		Evidence: []evidence.Upload{pdf}}
	for _, w := range []struct {
		what   string
		filing cases.Filing
		most   int
	}{
		{"with evidence", filing, 2},
		{"without evidence", cases.Filing{ListingID: listing, Reason: mingjing.ReasonNotMe, Statement: "Nor that."}, 1},
	} {
		counting.n = 0
		d, err := c.FileDispute(ctx, a, w.filing)
		must(t, err)
		if counting.n > w.most || d.ID == "" || d.State != mingjing.CaseFiled {
			t.Errorf("%s: %d transactions, want %d at most; the case is %+v", w.what, counting.n, w.most, d)
		}
	}
}

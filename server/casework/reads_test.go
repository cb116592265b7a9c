package casework_test

import (
	"context"
	"slices"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// A singles store counts what is read one by one, and what is opened by its id.
type singles struct {
	casework.Store
	single map[string]int
	opened []string
}

func (s *singles) Tx(ctx context.Context, fn func(casework.Tx) error) error {
	return s.Store.Tx(ctx, func(t casework.Tx) error { return fn(singlesTx{t, s}) })
}

// reset forgets what was counted.
func (s *singles) reset() { s.single, s.opened = map[string]int{}, nil }

type singlesTx struct {
	casework.Tx
	s *singles
}

func (t singlesTx) As(e kernel.Entry) casework.Reader { return singlesReader{t.Tx.As(e), t.s} }

type singlesReader struct {
	casework.Reader
	s *singles
}

func (t singlesReader) count(what, id string) {
	t.s.single[what]++
	t.s.opened = append(t.s.opened, id)
}

func (t singlesReader) Record(ctx context.Context, id string) (holding.Record, error) {
	t.count("record", id)
	return t.Reader.Record(ctx, id)
}

func (t singlesReader) Listing(ctx context.Context, id string) (holding.Listing, error) {
	t.count("listing", id)
	return t.Reader.Listing(ctx, id)
}

func (t singlesReader) Case(ctx context.Context, id string) (cases.Case, error) {
	t.count("dispute", id)
	return t.Reader.Case(ctx, id)
}

func (t singlesReader) Evidence(ctx context.Context, dispute string) ([]mingjing.Evidence, error) {
	t.count("evidence", dispute)
	return t.Reader.Evidence(ctx, dispute)
}

func (t singlesReader) Sources(ctx context.Context, request string) ([]score.Source, error) {
	t.count("sources", request)
	return t.Reader.Sources(ctx, request)
}

func (t singlesReader) Scores(ctx context.Context, r mingjing.ResidentID, rulebook string, limit int) ([]mingjing.Score, error) {
	t.s.single["scores"]++
	return t.Reader.Scores(ctx, r, rulebook, limit)
}

func singlesCity(t *testing.T) (*city, *singles) {
	s := &singles{single: map[string]int{}}
	l := &leavers{}
	return newCity(t, func(cfg *casework.Config) {
		s.Store = cfg.Store
		cfg.Store, cfg.Erasures, cfg.Accounts = s, l, l
	}), s
}

func TestNoListReadsItsRowsOneByOne(t *testing.T) {
	c, s := singlesCity(t)
	a, record, listing := c.owing(t, 1)
	first := c.file(t, a, record, "", pdf).ID
	c.file(t, a, "", listing)
	number, err := mingjing.ParseIDNumber(idNumber(1), c.clock.Now())
	must(t, err)
	visit, err := c.Counter(ctx, handler, number)
	must(t, err)
	for name, read := range map[string]func() error{
		"records":  func() error { v, err := c.Records(ctx, a); atLeast(t, "records", len(v.Records), 1); return err },
		"listings": func() error { v, err := c.Listings(ctx, a); atLeast(t, "listings", len(v.Listings), 1); return err },
		"disputes": func() error { v, err := c.Disputes(ctx, a); atLeast(t, "disputes", len(v.Disputes), 2); return err },
		"overview": func() error { v, err := c.Overview(ctx, a); atLeast(t, "open", len(v.OpenDisputes), 2); return err },
		"leaving":  func() error { v, err := c.Leaving(ctx, a); atLeast(t, "leaving", len(v.OpenCases), 2); return err },
		"counter":  func() error { _, err := c.CounterAgain(ctx, handler, visit.Visit); return err },
		"sharing":  func() error { _, err := c.ShareForm(ctx, a); return err },
	} {
		s.reset()
		if err := read(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(s.single) > 0 {
			t.Errorf("%s reads one by one: %v", name, s.single)
		}
	}
	// What a case shows in a list is what it shows alone.
	list, err := c.Disputes(ctx, a)
	must(t, err)
	alone, err := c.Dispute(ctx, a, first)
	must(t, err)
	i := slices.IndexFunc(list.Disputes, func(d mingjing.Case) bool { return d.ID == first })
	if got := list.Disputes[i]; got.Record == nil || got.Record.ID != alone.Record.ID || got.Record.State != alone.Record.State ||
		len(got.Evidence) != len(alone.Evidence) || !slices.Equal(got.Lanes, alone.Lanes) {
		t.Errorf("in the list it is %+v, alone %+v", got, alone)
	}
	s.reset()
	c.taken(t, a)
	for _, what := range []string{"record", "listing", "evidence", "sources"} {
		if s.single[what] > 0 {
			t.Errorf("what is taken along reads %d times one %s", s.single[what], what)
		}
	}
}

func atLeast(t *testing.T, what string, got, want int) {
	t.Helper()
	if got < want {
		t.Errorf("%s: %d, wants %d", what, got, want)
	}
}

// An agency's reference may be that of a judgment about many people.
func TestWhoElseIsUnderAReferenceIsNotOpened(t *testing.T) {
	c, s := singlesCity(t)
	ids := map[int]string{}
	for n := 1; n <= 3; n++ {
		c.resident(t, n)
		ids[n] = c.lineIs(t, owes(n, "judgment"), "accepted")
	}
	s.reset()
	c.lineIs(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "judgment", Reason: "依据已撤销。"}, "id_number:ref_ambiguous")
	if len(s.opened) > 0 {
		t.Errorf("%v were opened to say that there are several", s.opened)
	}
	got, id := c.line(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "judgment", IDNumber: idNumber(2), Reason: "依据已撤销。"})
	if got != "accepted" || id != ids[2] {
		t.Errorf("the line is %s, about %s", got, id)
	}
	if slices.Contains(s.opened, ids[1]) || slices.Contains(s.opened, ids[3]) || !slices.Contains(s.opened, ids[2]) {
		t.Errorf("%v were opened, and it is about %s", s.opened, ids[2])
	}
}

package mingjing_test

import (
	"encoding/json"
	"testing"

	"mingjing"
)

func conductBook(t testing.TB) *mingjing.Rulebook {
	t.Helper()
	for _, b := range allBooks(t) {
		if b.Of == mingjing.OfAgencies {
			return b
		}
	}
	t.Fatal("there is no rulebook for agencies")
	return nil
}

func TestAnAgencyIsRatedByItsPublishedFiguresAlone(t *testing.T) {
	book, n := conductBook(t), func(n int) *int { return &n }
	for name, k := range map[string]struct {
		figures      mingjing.AgencyFigures
		value, known int
		band         string
	}{
		"always in time":               {mingjing.AgencyFigures{Asked: n(200), InTime: n(200), Late: n(0), Silent: n(0)}, 100, 2, "in_order"},
		"late four times of a hundred": {mingjing.AgencyFigures{Asked: n(200), Late: n(8), Silent: n(0)}, 100, 2, "in_order"},
		"late five times of a hundred": {mingjing.AgencyFigures{Asked: n(200), Late: n(9), Silent: n(0)}, 96, 2, "in_order"}, // 4.5 is 5
		"one of three is silent":       {mingjing.AgencyFigures{Asked: n(3), Late: n(0), Silent: n(1)}, 70, 2, "some_faults"},
		"overturned, unopened, refused": {mingjing.AgencyFigures{Upheld: n(5), Partly: n(1), Rejected: n(4), Evidence: n(4), Unopened: n(2),
			Rows: n(100), RowsRefused: n(2)}, 47, 3, "many_faults"},
		"unexplained, and the number of questions is hidden": {mingjing.AgencyFigures{Late: n(4), Inquiries: n(10), Unexplained: n(1)}, 85, 1,
			"some_faults"},
	} {
		k.figures.Agency = "court"
		got := mingjing.MakeConduct(book, k.figures, "2026-06-01")
		if got == nil || got.Value != k.value || got.Known != k.known || got.Band != k.band || got.Rulebook != book.Ref() {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		sum := book.Base
		for _, points := range got.Points {
			sum += points
		}
		if sum != got.Value || len(got.Points) != k.known {
			t.Errorf("%s: its points %v do not add up to %d", name, got.Points, got.Value)
		}
	}
	for name, f := range map[string]mingjing.AgencyFigures{"nothing": {}, "numbers that are hidden": {Disputes: n(9)},
		"no cases at all": {Asked: n(0), Late: n(0), Silent: n(0), Rows: n(0), RowsRefused: n(0)}} {
		if got := mingjing.MakeConduct(book, f, "2026-06-01"); got != nil {
			t.Errorf("%s: it is rated: %+v", name, got)
		}
	}
}

func TestTheRatingOfAnAgencyComesOutTheSameFromWhatIsSent(t *testing.T) {
	book, n := conductBook(t), func(n int) *int { return &n }
	f := mingjing.AgencyFigures{Agency: "court", Disputes: n(40), Asked: n(40), Late: n(7), Silent: n(3), Inquiries: n(0), Unexplained: n(0)}
	sent, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var got mingjing.AgencyFigures
	if err := json.Unmarshal(sent, &got); err != nil {
		t.Fatal(err)
	}
	a, b := mingjing.MakeConduct(book, f, "2026-06-01"), mingjing.MakeConduct(book, got, "2026-06-01")
	if a == nil || b == nil || a.Value != b.Value || a.Band != b.Band || a.Value != 75 {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestNothingOfOneKindOfSubjectCountsForAnother(t *testing.T) {
	all := allBooks(t)
	for _, of := range all {
		for _, by := range all {
			if of.Of == by.Of {
				continue
			}
			for _, item := range of.Catalogue {
				in := mingjing.Input{AsOf: today}
				if item.Listing != "" {
					in.Listings = []mingjing.Listing{listing(t, of, "l", item.Code)}
				} else {
					in = records(t, of, item.Code)
				}
				in = mingjing.Elsewhere(all, by, in)
				if s := mingjing.MakeScore(by, in); s.Value != mingjing.MakeScore(by, mingjing.Input{AsOf: in.AsOf}).Value || s.Counted() != 0 {
					t.Errorf("%s of %q counts by %s: %+v", item.Code, of.Of, by.ID, s.Explanation)
				}
			}
		}
	}
}

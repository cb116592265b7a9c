package mingjing_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mingjing"
	"mingjing/web/rulebooks"
)

func allBooks(t testing.TB) []*mingjing.Rulebook {
	t.Helper()
	all, err := rulebooks.All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func comparison(t testing.TB, all []mingjing.Comparison, id string) mingjing.Comparison {
	t.Helper()
	i := slices.IndexFunc(all, func(c mingjing.Comparison) bool { return c.Book.ID == id })
	if i < 0 {
		t.Fatalf("%s is not compared", id)
	}
	return all[i]
}

func TestTheSameRecordsAreComparedEachOnItsOwnScale(t *testing.T) {
	in := records(t, books(t)["honest-shanghai"], "traffic.ticket", "award.city", "volunteer.hours")
	all := mingjing.Compare(allBooks(t), in)
	for id, want := range map[string]struct {
		value, counts int
		band          string
	}{
		"honest-shanghai": {114, 3, "good"}, "rongcheng": {1030, 3, "aa"}, "only-debts-and-bills": {100, 0, "kept"},
		"suqian": {1023, 3, "bbb"}, "suining": {1020, 3, "a"}, "schufa": {759, 0, "good"},
	} {
		c := comparison(t, all, id)
		if c.Score.Value != want.value || c.Score.Band != want.band || c.Score.Counted() != want.counts || len(c.Makes) != want.counts {
			t.Errorf("%s: %d %s of %d: %+v", id, c.Score.Value, c.Score.Band, c.Score.Counted(), c.Makes)
		}
	}
	if c := comparison(t, all, "honest-shanghai"); c.Makes[0].Rule != "award.city" || c.Makes[0].Points != 12 || c.Makes[2].Points != -1 {
		t.Errorf("the greatest is not the first: %+v", c.Makes)
	}
}

func TestADebtThatAGuarantorLeftUnpaidIsADebt(t *testing.T) {
	in := records(t, books(t)["honest-shanghai"], "contract.guarantee_default")
	c := comparison(t, mingjing.Compare(allBooks(t), in), "only-debts-and-bills")
	if c.Score.Counted() != 1 || c.Score.Value != 90 || c.Score.Band != "some_open" {
		t.Errorf("%d %s: %+v", c.Score.Value, c.Score.Band, c.Score.NotCounted)
	}
}

func TestWhatCapsTheBandIsTheFirstThatMakesTheDifference(t *testing.T) {
	in := records(t, books(t)["rongcheng"], "award.city", "traffic.drunk_driving")
	c := comparison(t, mingjing.Compare(allBooks(t), in), "rongcheng")
	if c.Makes[0].Rule != "traffic.drunk_driving" || c.Makes[0].Cap != "c" {
		t.Errorf("%+v", c.Makes)
	}
}

func TestARecordOfAnotherBodyIsTakenAsThatCitysOwn(t *testing.T) {
	all := allBooks(t)
	in := records(t, books(t)["honest-shanghai"], "court.unpaid_judgment")
	in.Records[0].Agency = "court_second" // which no other city has
	c := comparison(t, mingjing.Compare(all, in), "rongcheng")
	if c.Score.Counted() != 1 || c.Score.Value != 970 {
		t.Errorf("it is %+v", c.Score)
	}
	if in.Records[0].Agency != "court_second" {
		t.Error("comparing changed the record")
	}
}

func TestWhatNobodyMaySupplyCountsInNoCity(t *testing.T) {
	in := records(t, books(t)["honest-shanghai"], "traffic.ticket")
	in.Records[0].Agency = "library"
	for _, c := range mingjing.Compare(allBooks(t), in) {
		if c.Score.Counted() != 0 {
			t.Errorf("%s counts it", c.Book.ID)
		}
	}
}

func TestAMoveSaysWhatCountsOnlyHereAndOnlyThereAndWhatChanges(t *testing.T) {
	all := allBooks(t)
	in := records(t, books(t)["honest-shanghai"], "traffic.ticket", "product.unsafe_sale")
	pedestrian := record(t, books(t)["suining"], "p", "traffic.pedestrian")
	in.Records = append(in.Records, pedestrian)
	made := mingjing.Compare(all, in)
	got := map[string][2]int{}
	for _, m := range mingjing.Moves(comparison(t, made, "honest-shanghai"), comparison(t, made, "suining")) {
		var n [2]int
		for i, f := range []*mingjing.Flip{m.Here, m.There} {
			if n[i] = 99; f != nil {
				n[i] = f.Points
			}
		}
		got[m.Rule] = n
	}
	want := map[string][2]int{"traffic.ticket": {-1, -5}, "product.unsafe_sale": {-15, 99}, "traffic.pedestrian": {99, -2}}
	if len(got) != len(want) {
		t.Fatalf("it moves %v", got)
	}
	for code, n := range want {
		if got[code] != n {
			t.Errorf("%s: %v, want %v", code, got[code], n)
		}
	}
}

func TestAComparisonIsTheScoreOfEachRulebookItself(t *testing.T) {
	all := allBooks(t)
	byID := books(t)
	rapid.Check(t, func(t *rapid.T) {
		book := drawBook(t, byID)
		in := drawInput(t, book)
		for _, c := range mingjing.Compare(all, in) {
			if c.Book.ID == book.ID && !mingjing.Same(c.Score, mingjing.MakeScore(book, in)) {
				t.Fatalf("by its own rulebook it is another score: %+v", c.Score)
			}
			for _, f := range c.Makes {
				item, _ := mingjing.PublishedRegister().Item(f.Rule)
				if item.Effect == mingjing.EffectAdds && f.Points < 0 || item.Effect == mingjing.EffectTakes && f.Points > 0 {
					t.Fatalf("%s: %s does the contrary: %+v", c.Book.ID, f.Rule, f)
				}
			}
		}
	})
}

func TestLittleIsSaidApartFromGood(t *testing.T) {
	book := books(t)["honest-shanghai"]
	for n, little := range map[int]bool{0: true, 2: true, 3: false} {
		codes := []string{"award.city", "award.department", "volunteer.hours"}[:n]
		s := mingjing.MakeScore(book, records(t, book, codes...))
		if s.Little() != little {
			t.Errorf("%d that count are little: %v", n, s.Little())
		}
	}
}

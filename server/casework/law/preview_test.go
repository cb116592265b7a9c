package law

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"mingjing"
	"mingjing/server/casework/score"
	"mingjing/web/rulebooks"
)

const today mingjing.Date = "2026-03-02"

func book(t testing.TB, file string) *mingjing.Rulebook {
	t.Helper()
	b, err := rulebooks.Parse(rulebooks.Files()[file])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// weighted returns a rulebook with a factor, and a criterion that is in it or not.
func weighted(b *mingjing.Rulebook, of string) *mingjing.Rulebook {
	w := *b
	w.Catalogue = append([]mingjing.Item(nil), b.Catalogue...)
	w.Factors = []mingjing.Factor{{Code: "one", Base: 50, Ceiling: 100, Weight: 80}}
	w.Criteria = []mingjing.Criterion{{Code: "many", Kind: mingjing.CriterionCount, Months: 24, Factor: of,
		Table: []mingjing.TableRow{{From: 0, Points: 0}, {From: 1, Points: -5}, {From: 2, Points: -20}}}}
	for i := range w.Catalogue {
		if i%2 == 0 {
			w.Catalogue[i].Factor = "one"
		}
		w.Criteria[0].Items = append(w.Criteria[0].Items, w.Catalogue[i].Code)
	}
	return &w
}

// facts returns some of a rulebook's items, of which some do not count.
func facts(b *mingjing.Rulebook, chances *rand.Rand) (list []mingjing.Fact) {
	for n := range chances.IntN(12) {
		item := b.Catalogue[chances.IntN(len(b.Catalogue))]
		f := mingjing.Fact{ID: fmt.Sprint(n), Code: item.Code, Listed: item.Listing != "", List: item.Listing, Document: item.Documents[0],
			From: today.AddDays(-chances.IntN(1500)), Ends: today.AddDays(chances.IntN(900) - 100), Notice: today.AddDays(-chances.IntN(1500))}
		for _, a := range b.Agencies {
			for _, code := range a.Holds {
				if code == f.Code {
					f.Agency = a.Code
				}
			}
		}
		list = append(list, f)
	}
	return list
}

// changed returns another version with something else in it.
func changed(b *mingjing.Rulebook, chances *rand.Rand) *mingjing.Rulebook {
	two := *b
	two.Catalogue = append([]mingjing.Item(nil), b.Catalogue...)
	two.Factors = append([]mingjing.Factor(nil), b.Factors...)
	two.Criteria = append([]mingjing.Criterion(nil), b.Criteria...)
	x := &two.Catalogue[chances.IntN(len(two.Catalogue))]
	switch chances.IntN(7) {
	case 0:
		x.Points += 5
	case 1:
		x.CountsMonths = 1 + chances.IntN(12)
	case 2:
		x.Documents = []string{"other"}
	case 3:
		x.Points, x.Cap = 0, two.Bands[len(two.Bands)-1].Code
	case 4:
		two.Base++
	case 5:
		if len(two.Factors) > 0 {
			two.Factors[0].Floor += 20
		}
	case 6:
		if len(two.Criteria) > 0 {
			two.Criteria[0].Months = 3
		}
	}
	return &two
}

// The preview looks at values alone where it can, and counts what explanations would say.
func TestAPreviewCountsWhatTheWholeScoresSay(t *testing.T) {
	alike := 0
	shanghai, rongcheng := book(t, "honest-shanghai.json"), book(t, "rongcheng.json")
	for n, one := range []*mingjing.Rulebook{shanghai, rongcheng, weighted(shanghai, "one"), weighted(rongcheng, "")} {
		for seed := range uint64(40) {
			chances := rand.New(rand.NewPCG(seed, 0))
			two := changed(one, chances)
			got, want := compareBooks(one, two, today), compareBooks(one, two, today)
			for range 60 {
				list := facts(one, chances)
				got.add(list, nil)
				is, would := want.is.Explain(list, nil, today), want.would.Explain(list, nil, today)
				want.residents++
				if would.Value > is.Value {
					want.up++
				} else if would.Value < is.Value {
					want.down++
				}
				if would.Band != is.Band {
					_, from := want.is.Value(list, today)
					_, to := want.would.Value(list, today)
					want.bands[[2]int{from, to}]++
				}
				changes := score.RuleChanges(is, would)
				for _, r := range changes {
					want.items[r.Rule]++
				}
				if len(changes) == 0 {
					alike++
				}
			}
			if !reflect.DeepEqual(got.preview(), want.preview()) {
				t.Fatalf("rulebook %d, seed %d: counted %+v, explained %+v", n, seed, got.preview(), want.preview())
			}
		}
	}
	if alike < 1000 {
		t.Errorf("a version changes nothing for %d residents only: that is hardly tried", alike)
	}
}

func TestAPreviewOfSomebodyWhoseScoreStaysAllocatesNothing(t *testing.T) {
	one := book(t, "honest-shanghai.json")
	list := facts(one, rand.New(rand.NewPCG(1, 0)))
	p := compareBooks(one, one, today)
	if n := testing.AllocsPerRun(100, func() { p.add(list, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkPreview counts residents of whom the new version changes nothing.
func BenchmarkPreview(b *testing.B) {
	one := book(b, "honest-shanghai.json")
	list := facts(one, rand.New(rand.NewPCG(1, 0)))
	p := compareBooks(one, one, today)
	b.ReportAllocs()
	for b.Loop() {
		p.add(list, nil)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "residents/s")
}

package mingjing_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mingjing"
)

// few is how many records and listings a resident has whose sets of changes are all
// tried: each of them doubles the work.
const few = 9

func drawFew(t *rapid.T, book *mingjing.Rulebook) mingjing.Input {
	in := mingjing.Input{AsOf: today}
	n := rapid.SampledFrom([]int{0, 1, 3, 5, 7, 8, few, few}).Draw(t, "n") // more of them than a range would draw
	for i := range n {
		in = drawOne(t, book, in, fmt.Sprint(i))
	}
	// One kind of record several times makes several sets of one size.
	for i := range in.Records {
		if i > 0 && rapid.IntRange(0, 2).Draw(t, "same") == 0 {
			id := in.Records[i].ID
			in.Records[i] = in.Records[0]
			in.Records[i].ID = id
		}
	}
	// A proposed listing that was served, and what is disputed, may count one day.
	if len(in.Listings) > 0 && rapid.Bool().Draw(t, "served") {
		l := &in.Listings[0]
		l.State, l.CaseID, l.NoticeOn, l.From, l.Ends, l.TermMonths = mingjing.ListingServed, "c", "", "", "", 12
	}
	if len(in.Records) > 0 && rapid.Bool().Draw(t, "disputed") {
		in.Records[0].State = mingjing.RecordDisputed
	}
	return in
}

// setsOf returns the sets that the choices describe, each as text.
func setsOf(choices []mingjing.Choice) []string {
	var all []string
	for _, c := range choices {
		sets := [][]mingjing.Flip{nil}
		for _, p := range c {
			var next [][]mingjing.Flip
			for _, s := range sets {
				subsets(p.Of, p.Take, func(some []mingjing.Flip) { next = append(next, append(slices.Clone(s), some...)) })
			}
			sets = next
		}
		for _, s := range sets {
			all = append(all, setText(s))
		}
	}
	slices.Sort(all)
	return all
}

func subsets(of []mingjing.Flip, n int, f func([]mingjing.Flip)) {
	if n == 0 {
		f(nil)
		return
	}
	for i := range of {
		subsets(of[i+1:], n-1, func(rest []mingjing.Flip) { f(append([]mingjing.Flip{of[i]}, rest...)) })
	}
}

func setText(s []mingjing.Flip) string {
	names := make([]string, 0, len(s))
	for _, f := range s {
		names = append(names, fmt.Sprint(f.RecordID, "/", f.ListingID, f.Counts))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// byTrying finds the smallest sets that lead to each band or beyond it, by trying all.
func byTrying(book *mingjing.Rulebook, in mingjing.Input, flips []mingjing.Flip) map[string][]string {
	here := bandAt(book, mingjing.MakeScore(book, in).Band)
	sets, sizes := map[string][]string{}, map[string]int{}
	for mask := 1; mask < 1<<len(flips); mask++ {
		var set []mingjing.Flip
		for i, f := range flips {
			if mask&(1<<i) != 0 {
				set = append(set, f)
			}
		}
		reached := bandAt(book, mingjing.MakeScore(book, mingjing.Flipped(book, in, set...)).Band)
		for target, b := range book.Bands {
			if target == here || target < here && reached > target || target > here && reached < target {
				continue
			}
			if n, ok := sizes[b.Code]; !ok || len(set) < n {
				sizes[b.Code], sets[b.Code] = len(set), nil
			}
			if sizes[b.Code] == len(set) {
				sets[b.Code] = append(sets[b.Code], setText(set))
			}
		}
	}
	for _, s := range sets {
		slices.Sort(s)
	}
	return sets
}

// compare fails unless the counterfactuals are those that trying all sets finds.
func compare(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input, got mingjing.Counterfactuals, want map[string][]string) {
	here := bandAt(book, mingjing.MakeScore(book, in).Band)
	shown := map[string]bool{}
	for _, c := range got.Bands {
		shown[c.Band] = true
		if c.Sets != len(want[c.Band]) || c.Sets == 0 || c.Changes != len(strings.Fields(want[c.Band][0])) {
			t.Fatalf("%s: %d sets of %d changes, trying finds %q", c.Band, c.Sets, c.Changes, want[c.Band])
		}
		if c.Better != (bandAt(book, c.Band) < here) {
			t.Fatalf("%s is better: %v", c.Band, c.Better)
		}
		switch sets := setsOf(c.Choices); {
		case len(sets) == c.Sets:
			if !slices.Equal(sets, want[c.Band]) {
				t.Fatalf("%s: %q, trying finds %q", c.Band, sets, want[c.Band])
			}
		case len(c.Choices) < mingjing.MaxChoices:
			t.Fatalf("%s: %d choices describe %d of %d sets", c.Band, len(c.Choices), len(sets), c.Sets)
		default:
			for _, s := range sets {
				if !slices.Contains(want[c.Band], s) {
					t.Fatalf("%s: %q does not lead there", c.Band, s)
				}
			}
		}
	}
	// A band that is left out can't be reached, or its sets lead beyond it.
	for target, b := range book.Bands {
		if shown[b.Code] || len(want[b.Code]) == 0 {
			continue
		}
		step := 1
		if target < here {
			step = -1
		}
		if beyond := target + step; beyond < 0 || beyond >= len(book.Bands) ||
			!slices.Equal(want[b.Code], want[book.Bands[beyond].Code]) {
			t.Fatalf("%s can be reached and is left out: %q", b.Code, want[b.Code])
		}
	}
}

// Each resident has up to nine records and listings, and all 512 sets of them are tried.
// `make counterfactuals` compares 10,000 residents.
func TestCounterfactualsAreTheSmallestSetsThatLeadToAnotherBand(t *testing.T) {
	all := books(t)
	all["weighted"] = weighted(t)
	check := func(t *rapid.T) {
		book := drawBook(t, all)
		in := drawFew(t, book)
		flips, additive := mingjing.Flips(book, in)
		if additive != (len(book.Criteria)+len(book.Factors) == 0) && len(flips) > 0 {
			t.Fatalf("of %s the points of one do not depend on another: %v", book.ID, additive)
		}
		want := byTrying(book, in, flips)
		got := mingjing.MakeCounterfactuals(book, in)
		compare(t, book, in, got, want)
		if len(flips) <= 6 { // the other way to find them, for rulebooks whose lines depend on one another
			tried := mingjing.TriedCounterfactuals(book, in)
			compare(t, book, in, tried, want)
			if tried.UpTo != 0 {
				t.Fatalf("sets of more than %d changes were not tried", tried.UpTo)
			}
		}
	}
	for range 5 { // 500 residents; each check draws 100, unless -rapid.checks says otherwise
		rapid.Check(t, check)
	}
}

func TestAChangeMovesTheSumByItsPoints(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		before, _ := json.Marshal(in)
		sum := func(in mingjing.Input) (n int) {
			for _, c := range mingjing.MakeScore(book, in).Explanation {
				if c.Kind != mingjing.ContributionBound {
					n += c.Points
				}
			}
			return n
		}
		flips, additive := mingjing.Flips(book, in)
		for _, f := range flips {
			after := mingjing.Flipped(book, in, f)
			got := sum(after) - sum(in)
			if !additive {
				got = mingjing.MakeScore(book, after).Value - mingjing.MakeScore(book, in).Value
			}
			if got != f.Points {
				t.Fatalf("%+v moves the sum by %d", f, got)
			}
			counts := slices.ContainsFunc(mingjing.MakeScore(book, after).Explanation, func(c mingjing.Contribution) bool {
				return c.RecordID == f.RecordID && c.ListingID == f.ListingID && c.Rule != ""
			})
			if counts != f.Counts {
				t.Fatalf("%+v: it counts afterwards: %v", f, counts)
			}
		}
		mingjing.MakeCounterfactuals(book, in)
		if after, _ := json.Marshal(in); string(after) != string(before) {
			t.Fatal("the input was changed")
		}
	})
}

func TestManyEqualChangesAreDescribedAtOnce(t *testing.T) {
	book := books(t)["rongcheng"]
	in := mingjing.Input{AsOf: today}
	for i := range 40 {
		in.Records = append(in.Records, mingjing.Record{ID: fmt.Sprint(i), Agency: "traffic", Code: "traffic.ticket", Occurred: "2026-03-01",
			Document: document("penalty_decision"), State: mingjing.RecordActive})
	}
	if s := mingjing.MakeScore(book, in); s.Value != 800 || s.Band != "c" {
		t.Fatalf("the score is %d %s", s.Value, s.Band)
	}
	got := mingjing.MakeCounterfactuals(book, in).Bands
	// From 800 to 850 by ten of forty tickets, and to 960 by 32.
	if len(got) < 2 || got[0].Band != "b" || got[0].Changes != 10 || got[0].Sets != 847_660_528 || len(got[0].Choices) != 1 ||
		got[0].Choices[0][0].Take != 10 || len(got[0].Choices[0][0].Of) != 40 || got[1].Band != "a" || got[1].Changes != 32 {
		t.Errorf("got %+v", got)
	}
}

func TestACapHasToGoOnlyForABandThatItKeepsAway(t *testing.T) {
	book := books(t)["honest-shanghai"]
	in := mingjing.Input{AsOf: today, Records: []mingjing.Record{
		record(t, book, "cap", "traffic.drunk_driving"), record(t, book, "fraud", "fraud.fraud_adjudged"),
		record(t, book, "theft", "utility.theft"), record(t, book, "plus", "award.heroic_act")}}
	got := mingjing.MakeCounterfactuals(book, in).Bands
	if len(got) != 2 || got[0].Band != "good" || !slices.Equal(setsOf(got[0].Choices), []string{"fraud/false", "theft/false"}) ||
		got[1].Band != "very_good" || !slices.Equal(setsOf(got[1].Choices), []string{"cap/false fraud/false theft/false"}) {
		t.Errorf("got %+v", got)
	}
}

// BenchmarkCounterfactuals is of a resident with 25 records and listings; `make bench`
// runs it in WebAssembly too.
func BenchmarkCounterfactuals(b *testing.B) {
	for _, id := range []string{"honest-shanghai", "rongcheng"} {
		book := books(b)[id]
		in := mingjing.Input{AsOf: today}
		for i := 0; len(in.Records)+len(in.Listings) < 25; i++ {
			agency := book.Agencies[i*7%len(book.Agencies)]
			item, _ := book.Item(agency.Holds[i%len(agency.Holds)])
			if item.Cap != "" || item.Points == 0 {
				continue
			}
			doc := document(item.Documents[0])
			if item.Listing == "" {
				in.Records = append(in.Records, mingjing.Record{ID: fmt.Sprint(i), Agency: agency.Code, Code: item.Code, Occurred: "2026-05-01",
					Document: doc, State: mingjing.RecordActive})
			} else {
				in.Listings = append(in.Listings, mingjing.Listing{ID: fmt.Sprint(i), Kind: item.Listing, Code: item.Code, Agency: agency.Code,
					Document: doc, NoticeOn: "2026-05-01", From: "2026-05-01", Ends: "2028-05-01", State: mingjing.ListingInEffect})
			}
		}
		b.Run(id, func(b *testing.B) {
			for b.Loop() {
				mingjing.MakeCounterfactuals(book, in)
			}
		})
	}
}

func TestSomethingNewCountsAsItsItemDoes(t *testing.T) {
	for _, book := range books(t) {
		for _, item := range book.Catalogue {
			in := mingjing.WithNew(book, mingjing.Input{AsOf: today}, item.Code, "new")
			lines := slices.DeleteFunc(mingjing.MakeScore(book, in).Explanation, func(c mingjing.Contribution) bool {
				return c.RecordID+c.ListingID != "new"
			})
			if !slices.Contains(book.Counting(), item.Code) {
				if len(lines) != 0 {
					t.Errorf("%s counts: %+v", item.Code, lines)
				}
				continue
			}
			if len(lines) != 1 || lines[0].Points+lines[0].Raw != item.Points || lines[0].Cap != item.Cap || lines[0].Factor != item.Factor {
				t.Errorf("%s, %s: %+v", book.ID, item.Code, lines)
			}
		}
	}
}

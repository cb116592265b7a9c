package mingjing_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"mingjing"
	"mingjing/web/rulebooks"
)

func drawBook(t *rapid.T, all map[string]*mingjing.Rulebook) *mingjing.Rulebook {
	return all[rapid.SampledFrom(slices.Sorted(maps.Keys(all))).Draw(t, "book")]
}

// weighted returns the rulebook of Rongcheng with criteria of each kind, and two factors.
func weighted(t testing.TB) *mingjing.Rulebook {
	t.Helper()
	book, err := rulebooks.Parse(rulebooks.Files()["rongcheng.json"])
	if err != nil {
		t.Fatal(err)
	}
	book.ID = "weighted"
	book.Factors = []mingjing.Factor{
		{Code: "obligations", Base: 100, Floor: -200, Ceiling: 300, Weight: 65},
		{Code: "service", Base: 0, Floor: 0, Ceiling: 90, Weight: 35}}
	row := func(from, points int) mingjing.TableRow { return mingjing.TableRow{From: from, Points: points} }
	book.Criteria = []mingjing.Criterion{
		{Code: "bills.late", Kind: mingjing.CriterionCount, Items: []string{"utility.late_fees", "bank.loan_arrears"}, Months: 6,
			Table: []mingjing.TableRow{row(0, 20), row(1, 7), row(3, -45)}, Factor: "obligations"},
		{Code: "debts.newest", Kind: mingjing.CriterionNewest, Items: []string{"court.unpaid_judgment", "contract.lease_breach"},
			Table: []mingjing.TableRow{row(0, -33), row(6, -10), row(12, 0)}, None: 5},
		{Code: "service.oldest", Kind: mingjing.CriterionOldest, Items: []string{"volunteer.hours"},
			Table: []mingjing.TableRow{row(0, 1), row(5, 11), row(9, 21)}, Factor: "service"},
		{Code: "awards", Kind: mingjing.CriterionCount, Items: []string{"award.city", "award.department", "award.model_worker"},
			Table: []mingjing.TableRow{row(0, 0), row(1, 3), row(2, 4)}}}
	for i := range book.Catalogue {
		switch item := &book.Catalogue[i]; item.Code {
		case "utility.late_fees", "court.unpaid_judgment": // counted by a table alone
			item.Points = 0
		case "bank.loan_arrears", "utility.theft", "fraud.fake_goods":
			item.Factor = "obligations"
		case "volunteer.hours", "award.heroic_act":
			item.Factor = "service"
		}
	}
	return book
}

// drawInput generates the input of a score: mostly what counts, and some of each kind
// that does not.
func drawInput(t *rapid.T, book *mingjing.Rulebook) mingjing.Input {
	in := mingjing.Input{AsOf: today}
	n := rapid.IntRange(0, 25).Draw(t, "n")
	for i := range n {
		in = drawOne(t, book, in, strconv.Itoa(i))
	}
	for range rapid.IntRange(0, 4).Draw(t, "missing") {
		in.Missing = append(in.Missing, rapid.SampledFrom(book.Agencies).Draw(t, "agency").Code)
	}
	return in
}

func drawOne(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input, id string) mingjing.Input {
	usual := func(name string) bool { return rapid.IntRange(0, 9).Draw(t, name) > 0 }
	agency := rapid.SampledFrom(book.Agencies).Draw(t, "agency")
	code := rapid.SampledFrom(agency.Holds).Draw(t, "code")
	item, _ := book.Item(code)
	doc := document(rapid.SampledFrom(item.Documents).Draw(t, "document"))
	if !usual("complete") {
		doc.Hash = ""
	}
	if !usual("required") {
		doc.Kind = "horoscope"
	}
	if !usual("holds") {
		agency.Code = rapid.SampledFrom(book.Agencies).Draw(t, "other").Code
	}
	day := today.AddDays(rapid.IntRange(-1500, 60).Draw(t, "day"))
	if !usual("dated") {
		day = rapid.SampledFrom([]mingjing.Date{"", "2026-13-01", "0001-01-01", "9999-12-31"}).Draw(t, "odd")
	}
	if item.Listing == "" {
		r := mingjing.Record{ID: id, Agency: agency.Code, Code: code, Occurred: day, Document: doc, State: mingjing.RecordActive}
		if !usual("active") {
			r.State = rapid.SampledFrom([]mingjing.RecordState{mingjing.RecordCorrected, mingjing.RecordDisputed,
				mingjing.RecordSuspended, mingjing.RecordRemoved}).Draw(t, "state")
		}
		in.Records = append(in.Records, r)
		return in
	}
	l := mingjing.Listing{ID: id, Kind: item.Listing, Code: code, Agency: agency.Code, Document: doc,
		NoticeOn: day.AddDays(rapid.IntRange(-20, 20).Draw(t, "notice")), From: day,
		Ends: day.AddDays(rapid.IntRange(0, 1500).Draw(t, "term")), State: mingjing.ListingInEffect}
	if !usual("in effect") {
		l.State = rapid.SampledFrom([]mingjing.ListingState{mingjing.ListingUnserved, mingjing.ListingDisputed,
			mingjing.ListingSuspended, mingjing.ListingLifted}).Draw(t, "state")
	}
	in.Listings = append(in.Listings, l)
	return in
}

func bandAt(book *mingjing.Rulebook, code string) int {
	return slices.IndexFunc(book.Bands, func(b mingjing.Band) bool { return b.Code == code })
}

// property checks a property for generated residents, with both rulebooks.
func property(t *testing.T, check func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input)) {
	t.Helper()
	all := books(t)
	all["weighted"] = weighted(t)
	rapid.Check(t, func(t *rapid.T) {
		book := drawBook(t, all)
		check(t, book, drawInput(t, book))
	})
}

func TestTheExplanationAddsUpAndAccountsForEverything(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		s := mingjing.MakeScore(book, in)
		sum, worst, shown := 0, 0, len(s.NotCounted)
		for i, c := range s.Explanation {
			sum += c.Points
			switch c.Kind {
			case mingjing.ContributionBase:
				if i != 0 || c.Points != book.Base {
					t.Fatalf("the base is step %d with %d points", i, c.Points)
				}
				continue
			case mingjing.ContributionBound, mingjing.ContributionCriterion, mingjing.ContributionFactor:
				continue
			case mingjing.ContributionCap:
				worst = max(worst, bandAt(book, c.Cap))
			}
			shown++
			if c.Ends == "" || c.Ends <= today || c.RecordID+c.ListingID == "" {
				t.Fatalf("it counts without an end or a name: %+v", c)
			}
		}
		if sum != s.Value {
			t.Fatalf("the explanation adds up to %d, the value is %d", sum, s.Value)
		}
		if s.Value < book.Min || s.Value > book.Max {
			t.Fatalf("%d is outside %d to %d", s.Value, book.Min, book.Max)
		}
		if shown != len(in.Records)+len(in.Listings) {
			t.Fatalf("%d of %d records and listings are accounted for", shown, len(in.Records)+len(in.Listings))
		}
		at := bandAt(book, s.Band)
		if at < worst || at > worst && (s.Value < book.Bands[at].From || s.Value >= book.Bands[at-1].From) {
			t.Fatalf("value %d and caps down to band %d give band %d", s.Value, worst, at)
		}
	})
}

func TestTheOrderOfTheInputDoesNotMatter(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		want, _ := json.Marshal(mingjing.MakeScore(book, in))
		outlook, _ := json.Marshal(mingjing.Outlook(book, in))
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for _, n := range []struct {
			len  int
			swap func(i, j int)
		}{
			{len(in.Records), func(i, j int) { in.Records[i], in.Records[j] = in.Records[j], in.Records[i] }},
			{len(in.Listings), func(i, j int) { in.Listings[i], in.Listings[j] = in.Listings[j], in.Listings[i] }},
			{len(in.Missing), func(i, j int) { in.Missing[i], in.Missing[j] = in.Missing[j], in.Missing[i] }},
		} {
			shuffle.Shuffle(n.len, n.swap)
		}
		got, _ := json.Marshal(mingjing.MakeScore(book, in))
		again, _ := json.Marshal(mingjing.Outlook(book, in))
		if string(got) != string(want) || string(again) != string(outlook) {
			t.Fatalf("shuffled\n%s\nbefore\n%s", got, want)
		}
	})
}

func TestScoringDoesNotTouchItsInput(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		before, _ := json.Marshal(in)
		bookBefore, _ := json.Marshal(book)
		mingjing.MakeScore(book, in)
		mingjing.Outlook(book, in)
		after, _ := json.Marshal(in)
		bookAfter, _ := json.Marshal(book)
		if string(before) != string(after) || string(bookBefore) != string(bookAfter) {
			t.Fatal("scoring changed what it was given")
		}
	})
}

func TestAMissingAgencyChangesNothingButMissing(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		got := mingjing.MakeScore(book, in)
		if !slices.Equal(got.Missing, slices.Compact(slices.Sorted(slices.Values(in.Missing)))) {
			t.Fatalf("%v are missing, the score names %v", in.Missing, got.Missing)
		}
		in.Missing = nil
		want := mingjing.MakeScore(book, in)
		want.Missing = got.Missing
		if !mingjing.Same(got, want) {
			t.Fatalf("with agencies missing %+v, without %+v", got, want)
		}
	})
}

func TestWhatIsDisputedNeverCounts(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		for i := range in.Records {
			in.Records[i].State = mingjing.RecordDisputed
		}
		for i := range in.Listings {
			in.Listings[i].State = mingjing.ListingDisputed
		}
		s := mingjing.MakeScore(book, in)
		none := mingjing.MakeScore(book, mingjing.Input{AsOf: in.AsOf})
		if s.Value != none.Value || len(s.Explanation) != len(none.Explanation) || len(mingjing.Outlook(book, in)) != 0 {
			t.Fatalf("everything is disputed and still the value is %d: %+v", s.Value, s.Explanation)
		}
	})
}

func TestAListingThatHasNoEffectDoesNotCount(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		counted := map[string]bool{}
		for _, c := range mingjing.MakeScore(book, in).Explanation {
			counted[c.ListingID] = true
		}
		for _, l := range in.Listings {
			if counted[l.ID] && !l.Effective(today) {
				t.Fatalf("it counts without effect: %+v", l)
			}
		}
	})
}

func TestAPositiveRecordNeverHurtsAndANegativeOneNeverHelps(t *testing.T) {
	all := books(t)
	all["weighted"] = weighted(t)
	rapid.Check(t, func(t *rapid.T) {
		book := drawBook(t, all)
		in := drawInput(t, book)
		before := mingjing.MakeScore(book, in)
		in = drawOne(t, book, in, "new")
		after := mingjing.MakeScore(book, in)
		var code string
		if n := len(in.Records); n > 0 && in.Records[n-1].ID == "new" {
			code = in.Records[n-1].Code
		} else {
			code = in.Listings[len(in.Listings)-1].Code
		}
		item, _ := mingjing.PublishedRegister().Item(code)
		b, a := bandAt(book, before.Band), bandAt(book, after.Band)
		helps := item.Effect == mingjing.EffectAdds
		if helps && (after.Value < before.Value || a > b) {
			t.Fatalf("%s adds points and the score fell from %d %s to %d %s", code, before.Value, before.Band, after.Value, after.Band)
		}
		if !helps && (after.Value > before.Value || a < b) {
			t.Fatalf("%s takes points and the score rose from %d %s to %d %s", code, before.Value, before.Band, after.Value, after.Band)
		}
	})
}

func TestTheOutlookIsWhatTheDaysBring(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		changes := mingjing.Outlook(book, in)
		last := mingjing.MakeScore(book, in)
		value, band := last.Value, last.Band
		// For more than five years, a day has a change in the outlook or the score stays.
		next := 0
		for n := 1; n <= 1900; n++ {
			if rapid.IntRange(0, 30).Draw(t, "skip") != 0 && (next == len(changes) || changes[next].On != today.AddDays(n)) {
				continue
			}
			in.AsOf = today.AddDays(n)
			s := mingjing.MakeScore(book, in)
			if next < len(changes) && changes[next].On == in.AsOf {
				c := changes[next]
				next++
				if c.Value == value && c.Band == band {
					t.Fatalf("nothing changes on %s: %+v", in.AsOf, c)
				}
				if len(c.Rules)+len(c.Starts) == 0 {
					t.Fatalf("nothing ends or begins on %s: %+v", in.AsOf, c)
				}
				value, band = c.Value, c.Band
			}
			if s.Value != value || s.Band != band {
				t.Fatalf("on %s the score is %d %s, the outlook said %d %s", in.AsOf, s.Value, s.Band, value, band)
			}
		}
		for ; next < len(changes); next++ {
			if changes[next].On <= today.AddDays(1900) {
				t.Fatalf("the outlook is not in order: %+v", changes)
			}
		}
	})
}

func TestTheValueIsThatOfTheExplanation(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		s := mingjing.NewScorer(book)
		facts := mingjing.AppendFacts(nil, in)
		value, band := s.Value(facts, in.AsOf)
		score := mingjing.MakeScore(book, in)
		if value != score.Value || book.Bands[band].Code != score.Band {
			t.Fatalf("the value is %d in band %d, the score %d %s", value, band, score.Value, score.Band)
		}
		if !mingjing.Same(s.Explain(facts, in.Missing, in.AsOf), score) {
			t.Fatal("the scorer and the function make different scores")
		}
	})
}

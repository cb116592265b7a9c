package mingjing_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mingjing"
	"mingjing/web/rulebooks"
)

const today = mingjing.Date("2026-06-15")

// books returns the published rulebooks by id.
func books(t testing.TB) map[string]*mingjing.Rulebook {
	t.Helper()
	all, err := rulebooks.All()
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]*mingjing.Rulebook{}
	for _, b := range all {
		byID[b.ID] = b
	}
	return byID
}

func document(kind string) mingjing.Document {
	return mingjing.Document{
		Kind: kind, Issuer: "issuer", Number: "(2026) 1", Date: "2026-01-01", Hash: strings.Repeat("a1", 32),
	}
}

// holder returns an agency that may supply the item.
func holder(t testing.TB, book *mingjing.Rulebook, code string) string {
	t.Helper()
	for _, a := range book.Agencies {
		if slices.Contains(a.Holds, code) {
			return a.Code
		}
	}
	t.Fatalf("%s: nobody holds %s", book.ID, code)
	return ""
}

// record returns one that counts on the day today.
func record(t testing.TB, book *mingjing.Rulebook, id, code string) mingjing.Record {
	t.Helper()
	item, ok := book.Item(code)
	if !ok {
		t.Fatalf("%s has no item %s", book.ID, code)
	}
	return mingjing.Record{
		ID: id, Agency: holder(t, book, code), Code: code, Occurred: today.AddDays(-10),
		Document: document(item.Documents[0]), State: mingjing.RecordActive,
	}
}

// listing returns one that has effect on the day today.
func listing(t testing.TB, book *mingjing.Rulebook, id, code string) mingjing.Listing {
	t.Helper()
	item, ok := book.Item(code)
	if !ok {
		t.Fatalf("%s has no item %s", book.ID, code)
	}
	return mingjing.Listing{
		ID: id, Kind: item.Listing, Code: code, Agency: holder(t, book, code),
		Document: document(item.Documents[0]), NoticeOn: today.AddDays(-40),
		From: today.AddDays(-30), Ends: today.AddDays(700), State: mingjing.ListingInEffect,
	}
}

func records(t testing.TB, book *mingjing.Rulebook, codes ...string) mingjing.Input {
	t.Helper()
	in := mingjing.Input{AsOf: today}
	for i, code := range codes {
		in.Records = append(in.Records, record(t, book, "r"+strconv.Itoa(i), code))
	}
	return in
}

func TestRongchengScoresAsReported(t *testing.T) {
	book := books(t)["rongcheng"]
	for _, c := range []struct {
		name  string
		codes []string
		value int
		band  string
	}{
		{"everyone starts at 1000", nil, 1000, "a"},
		{"a ticket takes five", []string{"traffic.ticket"}, 995, "a"},
		{"a department's award adds five", []string{"award.department"}, 1005, "a"},
		{"a city award adds thirty", []string{"award.city"}, 1030, "aa"},
		{"so does a heroic act", []string{"award.heroic_act", "award.city"}, 1060, "aaa"},
		{"drunk driving caps at C and takes no points", []string{"traffic.drunk_driving"}, 1000, "c"},
		{"awards do not buy off the cap", []string{"traffic.drunk_driving", "award.city", "award.heroic_act"}, 1060, "c"},
		{"a lending breach takes twenty", []string{"contract.lending_breach"}, 980, "a"},
		{"a lease breach takes twenty", []string{"contract.lease_breach"}, 980, "a"},
		{"a private loan breach takes twenty", []string{"contract.private_loan_breach"}, 980, "a"},
		{"a breach found by a court takes fifty", []string{"court.breach_adjudged"}, 950, "b"},
		{"arrears take ten a month", []string{"bank.loan_arrears", "bank.loan_arrears", "bank.loan_arrears"}, 970, "a"},
		{"illegal fundraising takes forty", []string{"fraud.illegal_fundraising"}, 960, "a"},
		{"an unpaid judgment takes thirty", []string{"court.unpaid_judgment"}, 970, "a"},
		{"pyramid selling takes thirty", []string{"fraud.pyramid_selling"}, 970, "a"},
		{"fraud takes thirty", []string{"fraud.fraud_adjudged"}, 970, "a"},
		{"fake goods take thirty", []string{"fraud.fake_goods"}, 970, "a"},
		{"late fees take twenty", []string{"utility.late_fees"}, 980, "a"},
		{"adjudged fees take fifty", []string{"utility.fees_adjudged"}, 950, "b"},
		{"heating theft takes fifty", []string{"utility.heating_theft"}, 950, "b"},
		{"utility theft takes sixty", []string{"utility.theft"}, 940, "b"},
		{"damage takes a hundred", []string{"utility.damage"}, 900, "b"},
		{"B ends at 850", []string{"utility.damage", "utility.heating_theft"}, 850, "b"},
		{"C begins below it", []string{"utility.damage", "utility.heating_theft", "traffic.ticket"}, 845, "c"},
		{"D begins below 600", slices.Repeat([]string{"utility.damage"}, 5), 500, "d"},
		{"a licence is shown and never counts", []string{"licence.qualified"}, 1000, "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := mingjing.MakeScore(book, records(t, book, c.codes...))
			if got.Value != c.value || got.Band != c.band {
				t.Errorf("%v score %d %s, want %d %s", c.codes, got.Value, got.Band, c.value, c.band)
			}
		})
	}
}

func TestOfTwoCapsTheStricterHoldsInWhateverOrder(t *testing.T) {
	book := books(t)["rongcheng"]
	for i := range book.Catalogue {
		switch item := &book.Catalogue[i]; item.Code {
		case "contract.lease_breach":
			item.Points, item.Cap = 0, "b"
		case "utility.theft":
			item.Points, item.Cap = 0, "d"
		}
	}
	in := records(t, book, "utility.theft", "contract.lease_breach", "traffic.drunk_driving") // d, b and c
	// each is the latest once, and each the first of one day
	for first := range in.Records {
		for i := range in.Records {
			in.Records[i].Occurred = today.AddDays(-i)
		}
		in.Records[first].Occurred = today.AddDays(-100)
		if got := mingjing.MakeScore(book, in); got.Band != "d" || got.Value != 1000 {
			t.Errorf("with %s first the score is %d %s, want 1000 d", in.Records[first].Code, got.Value, got.Band)
		}
	}
}

func TestHonestShanghaiScoresByItsBook(t *testing.T) {
	book := books(t)["honest-shanghai"]
	for _, c := range []struct {
		name     string
		records  []string
		listings []string
		value    int
		band     string
	}{
		{"everyone starts good", nil, nil, 100, "good"},
		{"a model resident is very good", []string{"award.city", "volunteer.hours"}, []string{"volunteer.honour_redlist"}, 123, "very_good"},
		{"the court's list makes it bad", nil, []string{"court.enforcement_blacklist"}, 55, "bad"},
		{"drunk driving cannot be very good", []string{"traffic.drunk_driving", "award.city", "award.heroic_act"}, nil, 132, "good"},
		{"nobody falls below zero", slices.Repeat([]string{"utility.theft"}, 9), nil, 0, "bad"},
		{"nobody rises above two hundred", slices.Repeat([]string{"award.heroic_act"}, 9), nil, 200, "very_good"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := records(t, book, c.records...)
			for i, code := range c.listings {
				in.Listings = append(in.Listings, listing(t, book, "l"+strconv.Itoa(i), code))
			}
			got := mingjing.MakeScore(book, in)
			if got.Value != c.value || got.Band != c.band {
				t.Errorf("score %d %s, want %d %s", got.Value, got.Band, c.value, c.band)
			}
		})
	}
}

func TestWhatDoesNotCountSaysWhy(t *testing.T) {
	book := books(t)["rongcheng"]
	for _, c := range []struct {
		why  string
		make func(*mingjing.Record)
	}{
		{"", func(*mingjing.Record) {}},
		{"", func(r *mingjing.Record) { r.State = mingjing.RecordCorrected }},
		{mingjing.WhyDisputed, func(r *mingjing.Record) { r.State = mingjing.RecordDisputed }},
		{mingjing.WhySuspended, func(r *mingjing.Record) { r.State = mingjing.RecordSuspended }},
		{mingjing.WhySuspended, func(r *mingjing.Record) { r.State = "unheard_of" }},
		{mingjing.WhyRemoved, func(r *mingjing.Record) { r.State = mingjing.RecordRemoved }},
		{mingjing.WhyExpired, func(r *mingjing.Record) { r.Occurred = today.AddMonths(-12) }},
		{"", func(r *mingjing.Record) { r.Occurred = today.AddMonths(-12).AddDays(1) }},
		{mingjing.WhyNotYet, func(r *mingjing.Record) { r.Occurred = today.AddDays(1) }},
		{"", func(r *mingjing.Record) { r.Occurred = today }},
		{mingjing.WhyNoDocument, func(r *mingjing.Record) { r.Document = mingjing.Document{} }},
		{mingjing.WhyNoDocument, func(r *mingjing.Record) { r.Document.Hash = strings.ToUpper(r.Document.Hash) }},
		{mingjing.WhyNoDocument, func(r *mingjing.Record) { r.Document.Number = "" }},
		{mingjing.WhyNoDocument, func(r *mingjing.Record) { r.Occurred = "" }},
		{mingjing.WhyNoDocument, func(r *mingjing.Record) { r.Occurred = "2026-02-30" }},
		{mingjing.WhyWrongDocument, func(r *mingjing.Record) { r.Document.Kind = "commendation" }},
		{mingjing.WhyNotFromAgency, func(r *mingjing.Record) { r.Agency = "water" }},
		{mingjing.WhyNotFromAgency, func(r *mingjing.Record) { r.Agency = "nobody" }},
		{mingjing.WhyNotInCatalogue, func(r *mingjing.Record) { r.Code = "friends.score" }},
		{mingjing.WhyNotInCatalogue, func(r *mingjing.Record) { r.Code = "court.enforcement_blacklist" }},
		{mingjing.WhyNoRule, func(r *mingjing.Record) { r.Code = "licence.qualified"; r.Document.Kind = "certificate" }},
	} {
		r := record(t, book, "r", "traffic.ticket")
		c.make(&r)
		s := mingjing.MakeScore(book, mingjing.Input{Records: []mingjing.Record{r}, AsOf: today})
		e := mingjing.EffectOfRecord(book, r, today)
		if c.why == "" {
			if len(s.NotCounted) != 0 || s.Value != 995 || e.Points != -5 || e.Why != "" {
				t.Errorf("%+v: value %d, not counted %v, effect %+v; it should count", r, s.Value, s.NotCounted, e)
			}
			continue
		}
		want := []mingjing.NotCounted{{RecordID: "r", Rule: r.Code, Why: c.why}}
		if s.Value != 1000 || !slices.Equal(s.NotCounted, want) || e.Points != 0 || e.Why != c.why {
			t.Errorf("value %d, not counted %v, effect %+v; want %v", s.Value, s.NotCounted, e, want)
		}
	}
}

func TestAListingCountsOnlyServedAndWithinItsTerm(t *testing.T) {
	book := books(t)["honest-shanghai"]
	for _, c := range []struct {
		why  string
		make func(*mingjing.Listing)
	}{
		{"", func(*mingjing.Listing) {}},
		{"", func(l *mingjing.Listing) { l.NoticeOn = today }},
		{mingjing.WhyUnserved, func(l *mingjing.Listing) { l.NoticeOn = "" }},
		{mingjing.WhyUnserved, func(l *mingjing.Listing) { l.NoticeOn = today.AddDays(1) }},
		{mingjing.WhyUnserved, func(l *mingjing.Listing) { l.State = mingjing.ListingUnserved }},
		{mingjing.WhyDisputed, func(l *mingjing.Listing) { l.State = mingjing.ListingDisputed }},
		{mingjing.WhySuspended, func(l *mingjing.Listing) { l.State = mingjing.ListingSuspended }},
		{mingjing.WhySuspended, func(l *mingjing.Listing) { l.State = "unheard_of" }},
		{mingjing.WhyLifted, func(l *mingjing.Listing) { l.State = mingjing.ListingLifted }},
		{mingjing.WhyNotYet, func(l *mingjing.Listing) { l.From = today.AddDays(1) }},
		{mingjing.WhyExpired, func(l *mingjing.Listing) { l.Ends = today }},
		{"", func(l *mingjing.Listing) { l.Ends = today.AddDays(1) }},
		{mingjing.WhyExpired, func(l *mingjing.Listing) { l.From = today.AddMonths(-24) }},
		{mingjing.WhyNoDocument, func(l *mingjing.Listing) { l.Ends = "" }},
		{mingjing.WhyNoDocument, func(l *mingjing.Listing) { l.Document.Hash = "" }},
		{mingjing.WhyWrongDocument, func(l *mingjing.Listing) { l.Document.Kind = "judgment" }},
		{mingjing.WhyNotFromAgency, func(l *mingjing.Listing) { l.Agency = "tax" }},
		{mingjing.WhyNotInCatalogue, func(l *mingjing.Listing) { l.Kind = mingjing.Redlist }},
		{mingjing.WhyNotInCatalogue, func(l *mingjing.Listing) { l.Code = "traffic.ticket" }},
	} {
		l := listing(t, book, "l", "court.enforcement_blacklist")
		c.make(&l)
		s := mingjing.MakeScore(book, mingjing.Input{Listings: []mingjing.Listing{l}, AsOf: today})
		e := mingjing.EffectOfListing(book, l, today)
		if c.why == "" {
			if s.Value != 55 || e.Points != -45 || e.Why != "" || e.Rulebook != book.ID || e.LegalBasis.In("en") == "" {
				t.Errorf("%+v: value %d, effect %+v; it should count", l, s.Value, e)
			}
			continue
		}
		want := []mingjing.NotCounted{{ListingID: "l", Rule: l.Code, Why: c.why}}
		if s.Value != 100 || !slices.Equal(s.NotCounted, want) || e.Why != c.why || e.Points != 0 {
			t.Errorf("value %d, not counted %v, effect %+v; want %v", s.Value, s.NotCounted, e, want)
		}
	}
}

func TestAListingEndsWithItsOwnTermOrItsItemsWhicheverIsSooner(t *testing.T) {
	book := books(t)["honest-shanghai"]
	l := listing(t, book, "l", "court.enforcement_blacklist") // counts 24 months
	l.From = "2026-01-31"
	for ends, want := range map[mingjing.Date]mingjing.Date{
		"2027-01-31": "2027-01-31",
		"2029-01-31": "2028-01-31",
	} {
		l.Ends = ends
		if got := mingjing.EffectOfListing(book, l, today).Ends; got != want {
			t.Errorf("a listing until %s counts until %s, want %s", ends, got, want)
		}
	}
}

func TestEndsIsTheFirstDayWithoutEffect(t *testing.T) {
	for _, c := range []struct {
		months         int
		occurred, want mingjing.Date
	}{
		{12, "2025-06-15", "2026-06-15"},
		{12, "2024-02-29", "2025-02-28"},
		{48, "2024-02-29", "2028-02-29"},
		{1, "2025-01-31", "2025-02-28"},
		{60, "2025-12-01", "2030-12-01"},
		{60, "9998-01-01", "9999-12-31"},
		{12, "", ""},
		{12, "yesterday", ""},
	} {
		if got := mingjing.Ends(mingjing.Item{CountsMonths: c.months}, c.occurred); got != c.want {
			t.Errorf("%s counts %d months, until %q, want %q", c.occurred, c.months, got, c.want)
		}
	}
}

func TestTheExplanationStartsWithTheBaseAndEndsWithCapsAndTheBound(t *testing.T) {
	book := books(t)["honest-shanghai"]
	in := records(t, book, "traffic.drunk_driving", "award.heroic_act", "award.heroic_act", "award.heroic_act",
		"award.heroic_act", "award.heroic_act", "award.heroic_act", "utility.late_fees")
	for i := range in.Records {
		in.Records[i].Occurred = today.AddDays(-i)
	}
	got := mingjing.MakeScore(book, in)
	var kinds []string
	for _, c := range got.Explanation {
		kinds = append(kinds, c.Kind+c.RecordID)
	}
	want := []string{"base", "recordr7", "recordr6", "recordr5", "recordr4", "recordr3", "recordr2", "recordr1", "capr0", "bound"}
	if !slices.Equal(kinds, want) {
		t.Errorf("explained as %v, want %v", kinds, want)
	}
}

func TestOutlookTellsWhatEndsAndWhatBegins(t *testing.T) {
	book := books(t)["rongcheng"]
	in := records(t, book, "traffic.ticket", "court.breach_adjudged", "traffic.drunk_driving")
	in.Records[0].Occurred = "2025-07-01"
	in.Records[1].Occurred = "2024-01-10"
	in.Records[2].Occurred = "2024-01-10"
	ahead := listing(t, book, "l", "volunteer.honour_redlist")
	ahead.From = "2026-08-01"
	ahead.Ends = "2027-08-01"
	in.Listings = []mingjing.Listing{ahead}
	got, _ := json.Marshal(mingjing.Outlook(book, in))
	want := `[{"on":"2026-07-01","value":950,"band":"c","rules":["traffic.ticket"]},` +
		`{"on":"2026-08-01","value":960,"band":"c","rules":[],"starts":["volunteer.honour_redlist"]},` +
		`{"on":"2027-01-10","value":1010,"band":"a","rules":["court.breach_adjudged","traffic.drunk_driving"]},` +
		`{"on":"2027-08-01","value":1000,"band":"a","rules":["volunteer.honour_redlist"]}]`
	if string(got) != want {
		t.Errorf("outlook\n%s\nwant\n%s", got, want)
	}
}

func TestOutlookIsBounded(t *testing.T) {
	book := books(t)["rongcheng"]
	in := records(t, book, slices.Repeat([]string{"award.city"}, 2*mingjing.MaxOutlook)...)
	for i := range in.Records {
		in.Records[i].Occurred = today.AddDays(-i)
	}
	if n := len(mingjing.Outlook(book, in)); n > mingjing.MaxOutlook {
		t.Errorf("%d changes, at most %d", n, mingjing.MaxOutlook)
	}
}

func TestAScoreSurvivesJSON(t *testing.T) {
	property(t, func(t *rapid.T, book *mingjing.Rulebook, in mingjing.Input) {
		want := mingjing.MakeScore(book, in)
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "null") {
			t.Fatalf("a list is null: %s", data)
		}
		var got mingjing.Score
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		again, _ := json.Marshal(got)
		if !mingjing.Same(got, want) || string(again) != string(data) {
			t.Fatalf("came back as %s, was %s", again, data)
		}
		if got.Rulebook != book.Ref() || got.Rulebook.Hash == "" {
			t.Fatalf("pinned to %+v", got.Rulebook)
		}
	})
}

func TestThePhoneAndTheServerAgreeOnTheSameInputOnly(t *testing.T) {
	book := books(t)["rongcheng"]
	in := records(t, book, "traffic.ticket", "licence.qualified")
	a := mingjing.MakeScore(book, in)
	b := mingjing.MakeScore(book, in)
	b.ID, b.Cause = "s1", "request"
	b.Missing = nil
	if !mingjing.Same(a, b) {
		t.Error("id, cause and an empty list make a difference")
	}
	for name, change := range map[string]func(*mingjing.Score){
		"rulebook":    func(s *mingjing.Score) { s.Rulebook.Hash = strings.Repeat("0", 64) },
		"value":       func(s *mingjing.Score) { s.Value++ },
		"band":        func(s *mingjing.Score) { s.Band = "d" },
		"day":         func(s *mingjing.Score) { s.AsOf = s.AsOf.AddDays(1) },
		"explanation": func(s *mingjing.Score) { s.Explanation = slices.Clone(s.Explanation); s.Explanation[1].Points-- },
		"not counted": func(s *mingjing.Score) { s.NotCounted = nil },
		"missing":     func(s *mingjing.Score) { s.Missing = []string{"court"} },
	} {
		c := mingjing.MakeScore(book, in)
		change(&c)
		if mingjing.Same(a, c) {
			t.Errorf("another %s makes no difference", name)
		}
	}
}

// benchInput is a resident with eighteen records and two listings.
func benchInput(b *testing.B, book *mingjing.Rulebook) mingjing.Input {
	b.Helper()
	var codes []string
	for _, item := range book.Catalogue {
		if item.Listing == "" && len(codes) < 18 {
			codes = append(codes, item.Code)
		}
	}
	in := records(b, book, codes...)
	in.Listings = []mingjing.Listing{
		listing(b, book, "l0", "court.enforcement_blacklist"),
		listing(b, book, "l1", "volunteer.honour_redlist"),
	}
	in.Missing = []string{"water"}
	return in
}

func perSecond(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "residents/s")
}

// BenchmarkMakeScore makes one score of one resident, with its explanation.
func BenchmarkMakeScore(b *testing.B) {
	book := books(b)["honest-shanghai"]
	in := benchInput(b, book)
	b.ReportAllocs()
	for b.Loop() {
		mingjing.MakeScore(book, in)
	}
	perSecond(b)
}

// BenchmarkExplain makes the scores of many residents, with their explanations.
func BenchmarkExplain(b *testing.B) {
	book := books(b)["honest-shanghai"]
	s, facts := mingjing.NewScorer(book), mingjing.AppendFacts(nil, benchInput(b, book))
	b.ReportAllocs()
	for b.Loop() {
		s.Explain(facts, nil, today)
	}
	perSecond(b)
}

// BenchmarkValue makes the values and bands of many residents, of twenty records and
// listings each. The aim is 500,000 residents a second and core.
func BenchmarkValue(b *testing.B) {
	book := books(b)["honest-shanghai"]
	s, facts := mingjing.NewScorer(book), mingjing.AppendFacts(nil, benchInput(b, book))
	b.ReportAllocs()
	for b.Loop() {
		s.Value(facts, today)
	}
	perSecond(b)
}

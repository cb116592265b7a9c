package mingjing_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"mingjing"
	"mingjing/web/rulebooks"
)

func TestWhatTheScoringFunctionSeesHasNothingOfThePerson(t *testing.T) {
	allowed := []string{"ID", "Code", "Agency", "Listed", "List", "Document", "From", "Ends", "Notice", "Why"}
	of := reflect.TypeFor[mingjing.Fact]()
	for i := range of.NumField() {
		f := of.Field(i)
		if !slices.Contains(allowed, f.Name) {
			t.Errorf("a fact has %s: name, number, sex, birth date, area and language must not reach the score", f.Name)
		}
		if k := f.Type.Kind(); k != reflect.String && k != reflect.Bool {
			t.Errorf("%s is a %s, which could hold more", f.Name, k)
		}
	}
	for _, name := range []string{"Value", "Explain"} {
		m, _ := reflect.TypeFor[*mingjing.Scorer]().MethodByName(name)
		for i := 1; i < m.Type.NumIn(); i++ {
			switch in := m.Type.In(i); in {
			case reflect.TypeFor[[]mingjing.Fact](), reflect.TypeFor[mingjing.Date](), reflect.TypeFor[[]string]():
			default:
				t.Errorf("%s takes a %s", name, in)
			}
		}
	}
}

func TestCriteriaAndFactorsCountByTheirTables(t *testing.T) {
	book := weighted(t)
	at := func(in mingjing.Input, code string, days int) mingjing.Input {
		r := record(t, book, strconv.Itoa(len(in.Records)), code)
		r.Occurred = today.AddDays(-days)
		in.Records = append(in.Records, r)
		return in
	}
	line := func(in mingjing.Input, rule, kind string) (k mingjing.Contribution) {
		for _, c := range mingjing.MakeScore(book, in).Explanation {
			if c.Rule == rule && c.Kind == kind {
				k = c
			}
		}
		return k
	}
	none := mingjing.Input{AsOf: today}
	one := at(none, "utility.late_fees", 10)
	three := at(at(one, "utility.late_fees", 20), "bank.loan_arrears", 30)
	for name, c := range map[string]struct {
		in         mingjing.Input
		rule, kind string
		want       mingjing.Contribution
	}{
		"no bill was late":             {none, "bills.late", "criterion", mingjing.Contribution{Raw: 20}},
		"one was":                      {one, "bills.late", "criterion", mingjing.Contribution{Raw: 7, Count: 1}},
		"three were":                   {three, "bills.late", "criterion", mingjing.Contribution{Raw: -45, Count: 3}},
		"one is older than six months": {at(none, "utility.late_fees", 190), "bills.late", "criterion", mingjing.Contribution{Raw: 20}},
		"the factor of none":           {none, "obligations", "factor", mingjing.Contribution{Raw: 120, Points: 78}},
		"the factor of three":          {three, "obligations", "factor", mingjing.Contribution{Raw: 45, Points: 29}}, // 29.25
		"a factor at its ceiling": {at(at(at(none, "award.heroic_act", 1), "award.heroic_act", 2), "award.heroic_act", 3), "service", "factor",
			mingjing.Contribution{Raw: 90, Points: 32}}, // 31.5
		"no debt":          {none, "debts.newest", "criterion", mingjing.Contribution{Points: 5}},
		"a debt of today":  {at(none, "court.unpaid_judgment", 0), "debts.newest", "criterion", mingjing.Contribution{Points: -33}},
		"a debt of a year": {at(none, "court.unpaid_judgment", 366), "debts.newest", "criterion", mingjing.Contribution{Count: 12}},
		"the newer of two": {at(at(none, "court.unpaid_judgment", 366), "court.unpaid_judgment", 200), "debts.newest", "criterion",
			mingjing.Contribution{Points: -10, Count: 6}},
		"the older of two": {at(at(none, "volunteer.hours", 300), "volunteer.hours", 10), "service.oldest", "criterion",
			mingjing.Contribution{Raw: 21, Count: 9}},
		"what a table takes": {one, "utility.late_fees", "record", mingjing.Contribution{Tabled: true}},
	} {
		got := line(c.in, c.rule, c.kind)
		if got.Raw != c.want.Raw || got.Points != c.want.Points || got.Count != c.want.Count || got.Tabled != c.want.Tabled {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	s := mingjing.MakeScore(book, three)
	if s.Value != 1000+29+5+0 {
		t.Errorf("the value is %d: %+v", s.Value, s.Explanation)
	}
}

// metamorphicPairs is how many pairs the test makes; METAMORPHIC says another number, such
// as a million for `make metamorphic`.
func metamorphicPairs(t *testing.T) int {
	t.Helper()
	n := 3000
	if s := os.Getenv("METAMORPHIC"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// Each pair is one resident and the same with something changed that must not matter: who
// they are, in what order and batches their records came, whether servers started anew, and
// what they did in the app. Both have the same score, byte for byte.
func TestWhatMustNotMatterChangesNoByteOfAScore(t *testing.T) {
	var all []*mingjing.Rulebook
	for _, file := range rulebooks.Files() {
		book, err := rulebooks.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, book)
	}
	all = append(all, weighted(t))
	slices.SortFunc(all, func(a, b *mingjing.Rulebook) int { return len(a.ID) - len(b.ID) })
	rnd := rand.New(rand.NewPCG(2026, 11))
	for n := range metamorphicPairs(t) {
		book := all[rnd.IntN(len(all))]
		in := drawnInput(t, book, rnd)
		want := scoreJSON(t, mingjing.NewScorer(book), mingjing.AppendFacts(nil, in), in)
		other, scorer := in, mingjing.NewScorer(book)
		other.Records, other.Listings = slices.Clone(in.Records), slices.Clone(in.Listings)
		var facts []mingjing.Fact
		change := []string{"person", "order", "batches", "restart", "app"}[n%5]
		switch change {
		case "person":
			for i := range other.Records {
				other.Records[i].Subject = []string{"张伟", "阿依古丽", "Li Na", "王秀英"}[rnd.IntN(4)]
				other.Records[i].Detail = mingjing.Text{"zh-CN": "女，六十岁"}
			}
			for i := range other.Listings {
				other.Listings[i].Subject, other.Listings[i].Ground = "Somebody else", mingjing.Text{"en": "Another area"}
			}
		case "order":
			rnd.Shuffle(len(other.Records), func(i, j int) { other.Records[i], other.Records[j] = other.Records[j], other.Records[i] })
			rnd.Shuffle(len(other.Listings), func(i, j int) { other.Listings[i], other.Listings[j] = other.Listings[j], other.Listings[i] })
		case "batches":
			cut := rnd.IntN(len(in.Records) + 1)
			facts = mingjing.AppendFacts(facts, mingjing.Input{Records: in.Records[cut:]})
			facts = mingjing.AppendFacts(facts, mingjing.Input{Listings: in.Listings})
			facts = mingjing.AppendFacts(facts, mingjing.Input{Records: in.Records[:cut]})
		case "restart":
			data, err := json.Marshal(in)
			if err == nil {
				err = json.Unmarshal(data, &other)
			}
			if err != nil {
				t.Fatal(err)
			}
		case "app":
			for i := range other.Records {
				other.Records[i].Statement, other.Records[i].CollectedAt = "I have paid.", time.Unix(rnd.Int64N(1e9), 0)
				other.Records[i].DisputeID = "one that was closed"
			}
			for i := range other.Listings {
				other.Listings[i].Statement, other.Listings[i].Shown = "It was served late.", true
			}
		}
		if facts == nil {
			facts = mingjing.AppendFacts(nil, other)
		}
		if got := scoreJSON(t, scorer, facts, other); got != want {
			t.Fatalf("pair %d, %s, %s:\n%s\nbefore\n%s", n, book.ID, change, got, want)
		}
	}
}

func scoreJSON(t *testing.T, s *mingjing.Scorer, facts []mingjing.Fact, in mingjing.Input) string {
	t.Helper()
	data, err := json.Marshal(s.Explain(facts, in.Missing, in.AsOf))
	if err != nil {
		t.Fatal(err)
	}
	value, band := s.Value(facts, in.AsOf)
	return string(data) + strconv.Itoa(value) + " " + strconv.Itoa(band)
}

// drawnInput returns a resident with up to ten records and listings.
func drawnInput(t *testing.T, book *mingjing.Rulebook, rnd *rand.Rand) mingjing.Input {
	t.Helper()
	in := mingjing.Input{AsOf: today, Records: []mingjing.Record{}, Listings: []mingjing.Listing{}, Missing: []string{}}
	for i := range rnd.IntN(10) {
		item := book.Catalogue[rnd.IntN(len(book.Catalogue))]
		id := "x" + strconv.Itoa(i)
		if item.Listing != "" {
			l := listing(t, book, id, item.Code)
			l.From = today.AddDays(-rnd.IntN(900))
			in.Listings = append(in.Listings, l)
			continue
		}
		r := record(t, book, id, item.Code)
		r.Occurred = today.AddDays(30 - rnd.IntN(1900))
		if rnd.IntN(8) == 0 {
			r.State = mingjing.RecordSuspended
		}
		in.Records = append(in.Records, r)
	}
	return in
}

func TestAValueAloneNeedsNoMemory(t *testing.T) {
	for _, book := range []*mingjing.Rulebook{books(t)["honest-shanghai"], weighted(t)} {
		in := drawnInput(t, book, rand.New(rand.NewPCG(7, 7)))
		s, facts := mingjing.NewScorer(book), mingjing.AppendFacts(nil, in)
		if n := testing.AllocsPerRun(100, func() { s.Value(facts, today) }); n != 0 {
			t.Errorf("%s: a value allocates %v times", book.ID, n)
		}
	}
}

package mingjing_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/web/rulebooks"
)

func TestTheRegisterIsPublishedWithItsHash(t *testing.T) {
	sum := sha256.Sum256(mingjing.RegisterFile())
	if got := mingjing.PublishedRegister().Hash(); got != hex.EncodeToString(sum[:]) {
		t.Errorf("its hash is %s", got)
	}
}

// codesOf returns each code of the register with what it means for a score or for what may
// be done to a person: that never changes.
func codesOf(r *mingjing.Register) []string {
	var all []string
	for _, l := range []struct {
		name string
		list []mingjing.RegisterCode
	}{{"area", r.Areas}, {"subject", r.Subjects}, {"tier", r.Tiers}, {"document", r.Documents}, {"agency", r.Agencies},
		{"factor", r.Factors}, {"measure_kind", r.MeasureKinds}, {"benefit", r.Benefits}, {"law", r.Laws}} {
		for _, c := range l.list {
			all = append(all, l.name+" "+c.Code)
		}
	}
	for _, i := range r.Items {
		all = append(all, strings.Join(strings.Fields(fmt.Sprintf("item %s %s %s %s %s", i.Code, i.Area, i.Effect, i.Listing, i.Of)), " "))
	}
	for _, c := range r.Criteria {
		all = append(all, fmt.Sprintf("criterion %s %s %s", c.Code, c.Kind, c.Effect))
	}
	for _, m := range r.Measures {
		all = append(all, fmt.Sprintf("measure %s %s %s %s", m.Code, m.Kind, m.Area, m.Tier))
	}
	for _, n := range r.NeverUsed {
		all = append(all, "never_used "+n.Code)
	}
	for _, n := range r.RefusedMeasures {
		all = append(all, "refused_measure "+n.Code)
	}
	for _, p := range r.RefusedPractices {
		all = append(all, "practice "+p.Code+" "+p.Because)
	}
	slices.Sort(all)
	return all
}

func TestACodeIsNeverRemovedFromTheRegisterNorGetsAnotherMeaning(t *testing.T) {
	data, err := os.ReadFile("testdata/register.codes")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(data)), "\n")
	got := codesOf(mingjing.PublishedRegister())
	for _, code := range want {
		if !slices.Contains(got, code) {
			t.Errorf("%q is gone or means something else: rulebooks that were published name it", code)
		}
	}
	for i, code := range got {
		if !slices.Contains(want, code) {
			t.Errorf("%q is new: add it to testdata/register.codes when it was reviewed", code)
		}
		if i > 0 && code == got[i-1] {
			t.Errorf("%q is there twice", code)
		}
	}
}

func TestEverythingInTheRegisterIsWholeAndNamedInEveryLanguage(t *testing.T) {
	r := mingjing.PublishedRegister()
	named := func(of, code string, texts ...mingjing.Text) {
		for _, text := range texts {
			for _, lang := range mingjing.Languages {
				if text[lang] == "" {
					t.Errorf("%s %s has no text in %s", of, code, lang)
				}
			}
		}
	}
	for _, list := range [][]mingjing.RegisterCode{r.Areas, r.Subjects, r.Tiers, r.Documents, r.Agencies, r.Factors, r.MeasureKinds,
		r.Benefits,
		r.Laws} {
		for _, c := range list {
			named("code", c.Code, c.Name)
		}
	}
	for _, n := range slices.Concat(r.NeverUsed, r.RefusedMeasures) {
		named("never", n.Code, n.Name, n.Reason)
	}
	for _, p := range r.RefusedPractices {
		named("practice", p.Code, p.Name)
		if because, ok := r.Reason(p.Because); !ok || because.Reason["en"] == "" {
			t.Errorf("nobody says why %s is refused: there is no %q", p.Code, p.Because)
		}
	}
	has := func(list []mingjing.RegisterCode, code string) bool { _, ok := mingjing.NameIn(list, code); return ok }
	for _, i := range r.Items {
		named("item", i.Code, i.Name)
		ok := has(r.Areas, string(i.Area)) && has(r.Subjects, i.Subject) && has(r.Laws, i.Law) && len(i.Documents) > 0 && len(i.From) > 0 &&
			!slices.ContainsFunc(i.Documents, func(d string) bool { return !has(r.Documents, d) }) &&
			!slices.ContainsFunc(i.From, func(k string) bool { return !has(r.Agencies, k) })
		if !ok {
			t.Errorf("item %s names what is not in the register, or nothing that proves it: %+v", i.Code, i)
		}
		if (i.Listing == "") != (len(i.Exit) == 0) || (i.Listing == mingjing.Blacklist) != (i.Tier != "") {
			t.Errorf("%s has no exit or no tier, or is no list and has one", i.Code)
		}
		if i.Listing != "" {
			named("exit of", i.Code, i.Exit)
		}
	}
	for _, c := range r.Criteria {
		named("criterion", c.Code, c.Name)
		if !slices.Contains(mingjing.CriterionKinds, c.Kind) || len(c.Items) == 0 {
			t.Errorf("criterion %s is of no kind or looks at nothing: %+v", c.Code, c)
		}
		for _, code := range c.Items {
			if first, _ := r.Item(c.Items[0]); !isOf(r, code, first.Of) {
				t.Errorf("criterion %s looks at facts about different subjects", c.Code)
			}
			if i, ok := r.Item(code); !ok || i.Effect != c.Effect && i.Effect != mingjing.EffectEither {
				t.Errorf("criterion %s looks at %s, which is not in the register or counts the other way", c.Code, code)
			}
		}
	}
	for _, m := range r.Measures {
		named("measure", m.Code, m.Name)
		if !has(r.MeasureKinds, m.Kind) || !has(r.Areas, string(m.Area)) || !has(r.Tiers, m.Tier) || !has(r.Laws, m.Law) {
			t.Errorf("measure %s names what is not in the register: %+v", m.Code, m)
		}
	}
}

func isOf(r *mingjing.Register, code string, of mingjing.Subject) bool {
	i, ok := r.Item(code)
	return ok && i.Of == of
}

func TestTheRegisterHasNoMeasureAgainstAChildNorAnythingThatPublishesAPerson(t *testing.T) {
	r := mingjing.PublishedRegister()
	for _, m := range r.Measures {
		for _, lang := range mingjing.Languages {
			if code, word := rulebooks.NamesNeverUsed(m.Name[lang]); code != "" {
				t.Errorf("%s is %s: it names %q", m.Code, code, word)
			}
		}
	}
	for _, code := range []string{"publish_person", "tell_others", "health_care", "schooling", "justice", "utilities"} {
		if !slices.ContainsFunc(r.RefusedMeasures, func(n mingjing.NeverUse) bool { return n.Code == code }) {
			t.Errorf("%s is not refused", code)
		}
	}
}

// The scores in the file were made before there was a register, by the version of the
// rulebook beside it, which has words of its own.
func TestAVersionThatIsOlderThanTheRegisterStillMakesTheSameScore(t *testing.T) {
	data, err := os.ReadFile("testdata/scores-before-register.json")
	if err != nil {
		t.Fatal(err)
	}
	var made map[string][]struct {
		In      mingjing.Input  `json:"in"`
		Score   json.RawMessage `json:"score"`
		Outlook json.RawMessage `json:"outlook"`
	}
	if err := json.Unmarshal(data, &made); err != nil {
		t.Fatal(err)
	}
	for id, scores := range made {
		file, err := os.ReadFile("testdata/" + id + "-2026.3.json")
		if err != nil {
			t.Fatal(err)
		}
		phone, err := mingjing.DecodeRulebook(file)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := rulebooks.Stored(file)
		if err != nil {
			t.Fatal(err)
		}
		if name := stored.Catalogue[0].Name["en"]; name != "List of judgment defaulters" || len(stored.NeverUsed) != 10 ||
			len(stored.Measures) != 13 {
			t.Errorf("%s has lost its own words: %q", id, name)
		}
		for i, want := range scores {
			for _, book := range []*mingjing.Rulebook{phone, stored} {
				score, outlook := mingjing.MakeScore(book, want.In), mingjing.Outlook(book, want.In)
				if !sameJSON(t, score, want.Score) || !sameJSON(t, outlook, want.Outlook) {
					t.Errorf("%s, score %d: the same file makes another score: %+v", id, i, score)
				}
			}
		}
	}
}

func sameJSON(t *testing.T, got any, want json.RawMessage) bool {
	t.Helper()
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(data, &a) != nil || json.Unmarshal(want, &b) != nil {
		t.Fatal("no JSON")
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestAScoreDoesNotDependOnTheWordsOfTheRegister(t *testing.T) {
	for name, file := range rulebooks.Files() {
		coded, err := mingjing.DecodeRulebook(file) // as a phone reads it
		if err != nil {
			t.Fatal(err)
		}
		if coded.Catalogue[0].Name != nil {
			t.Fatalf("%s names its items itself", name)
		}
		whole, err := rulebooks.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		in := mingjing.Input{AsOf: today}
		for i, item := range whole.Catalogue {
			if item.Listing == "" {
				in.Records = append(in.Records, record(t, whole, fmt.Sprint("r", i), item.Code))
			} else {
				in.Listings = append(in.Listings, listing(t, whole, fmt.Sprint("l", i), item.Code))
			}
		}
		if !mingjing.Same(mingjing.MakeScore(coded, in), mingjing.MakeScore(whole, in)) {
			t.Errorf("%s: the phone and the server make different scores", name)
		}
	}
}

package rulebooks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mingjing"
	"mingjing/web/rulebooks"
)

func TestEachNeverUsedWordIsFoundAsPeopleWouldHideIt(t *testing.T) {
	for _, code := range rulebooks.NeverUsedCodes {
		words := rulebooks.NeverUsedWords[code]
		han, latin := false, false
		for _, word := range words {
			if got, _ := rulebooks.NamesNeverUsed(word); got == "" {
				t.Errorf("%s is not found by its own word %q", code, word)
			}
			han = han || word[0] >= 0x80
			latin = latin || word[0] < 0x80
			if word[0] < 0x80 && word != strings.ToLower(word) {
				t.Errorf("%q can never match: words are compared in lower case", word)
			}
		}
		if !han || !latin {
			t.Errorf("%s has no words in one of the languages", code)
		}
	}
	for text, want := range map[string]string{
		"Friends' scores":                 "friends",
		"FRIENDS":                         "friends",
		"ｆｒｉｅｎｄｓ":                         "friends",
		"fri\u00adends":                   "friends",
		"好 友 得分":                          "friends",
		"好·友":                             "friends",
		"网上购物记录":                          "purchases",
		"social.friends_score":            "friends",
		"political-opinion":               "political_opinion",
		"宗教activity":                      "religion",
		"GPS位置":                           "location",
		"Contracts kept":                  "",
		"Relocation housing":              "",
		"Good faith":                      "",
		"Environmental hygiene":           "",
		"Traffic ticket":                  "",
		"侵害消费者权益":                         "",
		"Befriended":                      "",
		"Breach of a lending contract 借贷": "",
	} {
		if got, word := rulebooks.NamesNeverUsed(text); got != want {
			t.Errorf("%q names %q by %q, want %q", text, got, word, want)
		}
	}
}

func TestARulebookThatNamesWhatIsNeverUsedDoesNotLoad(t *testing.T) {
	data := rulebooks.Files()["rongcheng.json"]
	for place, change := range map[string]func(*mingjing.Rulebook){
		"/catalogue/0/code": func(b *mingjing.Rulebook) {
			b.Catalogue[0].Code = "court.friends_score"
			b.Agencies[0].Holds[0] = "court.friends_score"
		},
		"/catalogue/0/subject":    func(b *mingjing.Rulebook) { b.Catalogue[0].Subject = "religion" },
		"/catalogue/0/name/en":    func(b *mingjing.Rulebook) { b.Catalogue[0].Name["en"] = "Shopping habits" },
		"/catalogue/0/name/zh-CN": func(b *mingjing.Rulebook) { b.Catalogue[0].Name["zh-CN"] = "好友的名单" },
		"/catalogue/1/code": func(b *mingjing.Rulebook) { // the book's own list counts too
			b.NeverUsed = append(b.NeverUsed, mingjing.NeverUse{Code: "unpaid",
				Name: b.NeverUsed[0].Name, Reason: b.NeverUsed[0].Reason})
		},
	} {
		var book mingjing.Rulebook
		if err := json.Unmarshal(data, &book); err != nil {
			t.Fatal(err)
		}
		change(&book)
		changed, err := json.Marshal(book)
		if err != nil {
			t.Fatal(err)
		}
		_, err = rulebooks.Parse(changed)
		wrong, ok := errors.AsType[*rulebooks.Error](err)
		if !ok || !slices.ContainsFunc(wrong.Problems, func(p string) bool {
			return strings.HasPrefix(p, place+": ") && strings.Contains(p, "never used")
		}) {
			t.Errorf("%s names it and the rulebook says %v", place, err)
		}
	}
}

func TestARulebookLargerThanTheBoundIsNotRead(t *testing.T) {
	data := append(bytes.Clone(rulebooks.Files()["rongcheng.json"]), bytes.Repeat([]byte(" "), rulebooks.MaxBytes)...)
	_, err := rulebooks.Parse(data)
	if wrong, ok := errors.AsType[*rulebooks.Error](err); !ok || !strings.Contains(wrong.Problems[0], "larger") {
		t.Errorf("it says %v", err)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	long := `{"` + strings.Repeat("x", 1<<20) + `": 1, "agencies": [` + strings.Repeat(`{"a":1},`, 5000) + `{}]}`
	_, err := rulebooks.Parse([]byte(long))
	wrong, ok := errors.AsType[*rulebooks.Error](err)
	if !ok || len(wrong.Problems) > 100 || len(err.Error()) > 200_000 {
		t.Errorf("%d problems in %d bytes", len(wrong.Problems), len(err.Error()))
	}
}

// smallestRulebook loads and has nothing that may be left out, so that little
// changes go far.
func smallestRulebook(t testing.TB) []byte {
	t.Helper()
	name := mingjing.Text{"zh-CN": "名", "en": "n"}
	book := mingjing.Rulebook{
		Schema: mingjing.RulebookSchema, ID: "b", Version: "1", From: "2026-01-01", Name: name, City: name, About: name, Zone: "Asia/Shanghai",
		Base: 5, Max: 9, Documents: []mingjing.DocKind{{Code: "d", Name: name}},
		Agencies: []mingjing.Agency{{Code: "a", Name: name, Holds: []string{"a.b"}}},
		Catalogue: []mingjing.Item{{Code: "a.b", Area: mingjing.AreaSocial, Subject: "taxes", Name: name, Points: -1,
			Documents: []string{"d"}, CountsMonths: 1, LegalBasis: name}},
		Bands: []mingjing.Band{
			{Code: "x", Name: name, From: 5, Shape: "star", Tone: "good", Brings: []mingjing.Text{name}},
			{Code: "y", Name: name, From: 0, Shape: "star", Tone: "poor", Brings: []mingjing.Text{name}},
		},
	}
	for _, code := range rulebooks.NeverUsedCodes {
		book.NeverUsed = append(book.NeverUsed, mingjing.NeverUse{Code: code, Name: name, Reason: name})
	}
	book.Measures = []mingjing.PublishedMeasure{{Measure: mingjing.Measure{Code: "a.m", Name: name, LegalBasis: name},
		Tier: mingjing.TierMinor}}
	book.Procedure = mingjing.Procedure{Calendar: "c", MarkDays: 1, ForwardDays: 1, AgencyDays: 1, SecondNoticeDays: 1, BureauDays: 1,
		ExtensionDays: 1, CheckDays: 1, ServeDays: 1, AnswerDays: 1, RepairDays: 1, ReviewDays: 1, DeleteDays: 1, VeryLateDays: 1,
		ReopenMonths: 1, StatementWords: 1, LegalBasis: name}
	for _, code := range mingjing.Tiers {
		book.Procedure.Tiers = append(book.Procedure.Tiers, mingjing.Tier{Code: code, Name: name, MaxMonths: 1})
	}
	data, err := json.Marshal(book)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rulebooks.Parse(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func FuzzParse(f *testing.F) {
	f.Add(smallestRulebook(f))
	for _, s := range []string{"", "{}", "[]", "null", `{"id":`, `{"id":"a","id":"b"}`, `{"ID":"a"}`, strings.Repeat("[", 50), `{"base":1e3}`,
		"\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		book, err := rulebooks.Parse(data)
		if err != nil {
			wrong, ok := errors.AsType[*rulebooks.Error](err)
			if !ok || book != nil || len(wrong.Problems) == 0 {
				t.Fatalf("it is refused without a reason: %v", err)
			}
			for _, p := range wrong.Problems {
				if !strings.HasPrefix(p, "/") {
					t.Fatalf("a problem without a place: %q", p)
				}
			}
			return
		}
		s := mingjing.MakeScore(book, mingjing.Input{AsOf: mingjing.Date("2026-11-28")})
		if _, ok := book.Band(s.Band); !ok || s.Value != book.Base {
			t.Fatalf("nobody's score is %d %q, the base is %d", s.Value, s.Band, book.Base)
		}
		again, err := json.Marshal(book)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rulebooks.Parse(again); err != nil {
			t.Fatalf("written out again it does not load: %v", err)
		}
	})
}

func TestEachProblemSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		problem string
		break_  func(b map[string]any)
	}{
		{"/base: write a whole number here",
			func(b map[string]any) { b["base"] = "1000" }},
		{"/base: write -1000000 to 1000000",
			func(b map[string]any) { b["base"] = 10_000_000 }},
		{"/city: null is not used: leave the field out or fill it in",
			func(b map[string]any) { b["city"] = nil }},
		{"/zone: write an IANA time zone, such as Asia/Shanghai",
			func(b map[string]any) { b["zone"] = "Shanghai" }},
		{"/zone: the field is missing: write it. The IANA time zone of the city's days.",
			func(b map[string]any) { delete(b, "zone") }},
		{"/colour: there is no such field: remove it or correct its spelling",
			func(b map[string]any) { b["colour"] = "red" }},
		{"/name/fr: there is no such field: remove it or correct its spelling: the languages are zh-CN and en",
			func(b map[string]any) { at(b, "name")["fr"] = "nom" }},
		{"/name/en: remove space around the text, line breaks and control characters",
			func(b map[string]any) { at(b, "name")["en"] = "名\u3000" }},
		{"/name/en: write the text",
			func(b map[string]any) { at(b, "name")["en"] = "" }},
		{"/agencies: write at least one entry",
			func(b map[string]any) { b["agencies"] = []any{} }},
		{"/bands/0/tone: choose one of: good, fair, poor",
			func(b map[string]any) { at(b, "bands", 0)["tone"] = "shameful" }},
		{"/$schema: write rulebook.schema.json",
			func(b map[string]any) { b["$schema"] = "other.json" }},
		{"/catalogue/0/counts_months: write 1 to 60: nothing counts for longer than five years",
			func(b map[string]any) { at(b, "catalogue", 0)["counts_months"] = 61 }},
		{"/catalogue/0/cap: an item has points or a cap: remove one",
			func(b map[string]any) { at(b, "catalogue", 0)["points"] = -5 }},
		{"/catalogue/1/tier: the item is a record and no listing: remove it",
			func(b map[string]any) { at(b, "catalogue", 1)["tier"] = "minor" }},
		{"/never_used: add friends: no rulebook may use it, and each says so with its reason",
			func(b map[string]any) { at(b, "never_used", 0)["code"] = "fiends" }},
		{"/sample: figures below are marked as sample: write true, and say in sample_note which",
			func(b map[string]any) { b["sample"] = false }},
		{"/procedure/tiers/2/max_months: write 1 to 36: nothing is shown for longer than three years",
			func(b map[string]any) { at(b, "procedure", "tiers", 2)["max_months"] = 37 }},
	} {
		var book map[string]any
		if err := json.Unmarshal(rulebooks.Files()["rongcheng.json"], &book); err != nil {
			t.Fatal(err)
		}
		c.break_(book)
		data, err := json.Marshal(book)
		if err != nil {
			t.Fatal(err)
		}
		_, err = rulebooks.Parse(data)
		if wrong, ok := errors.AsType[*rulebooks.Error](err); !ok || !slices.Contains(wrong.Problems, c.problem) {
			t.Errorf("it says %v, want %q", err, c.problem)
		}
	}
}

// A pattern or a prohibition says nothing to a person by itself.
func TestWhatTheSchemasForbidTheySayInWords(t *testing.T) {
	for name, data := range map[string][]byte{"rulebooks": rulebooks.Schema(), "calendars": rulebooks.CalendarSchema()} {
		var walk func(place string, v any)
		walk = func(place string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for key, inner := range v {
					_, mute := map[string]bool{"pattern": true, "not": true, "contains": true}[key]
					condition := strings.Contains(place, "/if") // it only asks
					if _, says := v["$comment"].(string); mute && !says && !condition {
						t.Errorf("%s: %s does not say what to do", name, place+"/"+key)
					}
					walk(place+"/"+key, inner)
				}
			case []any:
				for i, inner := range v {
					walk(place+"/"+strconv.Itoa(i), inner)
				}
			}
		}
		var schema any
		if err := json.Unmarshal(data, &schema); err != nil {
			t.Fatal(err)
		}
		walk("", schema)
	}
}

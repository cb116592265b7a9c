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
		Schema: mingjing.RulebookSchema, Format: mingjing.RulebookFormat, ID: "b", Version: "1", From: "2026-01-01", Name: name, City: name,
		About: name, Zone: "Asia/Shanghai", Base: 5, Max: 9,
		Agencies:  []mingjing.Agency{{Code: "a", Kind: "tax", Name: name, Holds: []string{"tax.late_filing"}}},
		Catalogue: []mingjing.Item{{Code: "tax.late_filing", Points: -1, Documents: []string{"tax_notice"}, CountsMonths: 1}},
		Bands: []mingjing.Band{
			{Code: "x", Name: name, From: 5, Shape: "star", Tone: "good", Benefits: []string{"heating.discount"}},
			{Code: "y", Name: name, From: 0, Shape: "star", Tone: "poor", Benefits: []string{"none.rewards"}},
		},
	}
	book.Procedure = mingjing.Procedure{Calendar: "c", MarkDays: 1, ForwardDays: 1, AgencyDays: 1, SecondNoticeDays: 1, BureauDays: 1,
		ExtensionDays: 1, CheckDays: 1, ServeDays: 1, AnswerDays: 1, RepairDays: 1, ReviewDays: 1, DeleteDays: 1, VeryLateDays: 1,
		ReopenMonths: 1, StatementWords: 1, Law: "tax_collection_law_62"}
	for _, code := range mingjing.Tiers {
		book.Procedure.Tiers = append(book.Procedure.Tiers, mingjing.Tier{Code: code, MaxMonths: 1})
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
		coded, err := mingjing.DecodeRulebook(data) // without the register's words
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(coded)
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
		{"/colour: there is no such field: remove it or correct its spelling: a rulebook names nothing itself (charter, rule 3): " +
			"names, documents, measures and what is never used come from the register",
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
		{"/catalogue/0/counts_months: write 1 to 600: nothing counts for longer than five years; a contract that runs, for fifty",
			func(b map[string]any) { at(b, "catalogue", 0)["counts_months"] = 601 }},
		{"/catalogue/1/counts_months: nothing counts for longer than five years but a contract that runs: write at most 60 " +
			"(charter, rule 9: everything ends)",
			func(b map[string]any) { at(b, "catalogue", 1)["counts_months"] = 61 }},
		{"/catalogue/0/cap: an item has points or a cap: remove one",
			func(b map[string]any) { at(b, "catalogue", 0)["points"] = -5 }},
		{"/catalogue/1/tier: the item is a record and no listing: remove it",
			func(b map[string]any) { at(b, "catalogue", 1)["tier"] = "minor" }},
		{"/catalogue/1/name: there is no such field: remove it or correct its spelling: a rulebook names nothing itself (charter, rule 3): " +
			"name, area, subject, exit and law of an item come from the register",
			func(b map[string]any) { at(b, "catalogue", 1)["name"] = "Gossip" }},
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

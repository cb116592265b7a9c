package rulebooks_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/i18n"
	"mingjing/web/rulebooks"
)

// TestWhateverAVersionChangesIsSaid changes every single value of a rulebook, one after
// the other.
func TestWhateverAVersionChangesIsSaid(t *testing.T) {
	before := smallestRulebook(t)
	var places int
	var walk func(place string, v any, set func(any))
	var doc map[string]any
	try := func(place string, was any, set func(any), to any) bool {
		set(to)
		defer set(was)
		data, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rulebooks.Parse(data); err != nil {
			return false // nobody can publish it
		}
		places++
		changes, err := rulebooks.Diff(before, data)
		if err != nil || len(changes) == 0 {
			t.Errorf("%s: %v becomes %v, and nothing is said (%v)", place, was, to, err)
		}
		return true
	}
	walk = func(place string, v any, set func(any)) {
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				if place == "" && slices.Contains([]string{"$schema", "version", "id"}, k) {
					continue
				}
				walk(place+"/"+k, inner, func(x any) { v[k] = x })
			}
		case []any:
			for i, inner := range v {
				walk(fmt.Sprint(place, "/", i), inner, func(x any) { v[i] = x })
			}
		case float64:
			for _, to := range []float64{v + 1, v - 1} {
				if try(place, v, set, to) {
					break
				}
			}
		case string:
			for _, to := range []string{v + "x", "2026-02-02", "circle", "fair", "general", "Asia/Tokyo", "penalty_decision",
				"social_insurance_law_88", "usual.services"} {
				if to != v && try(place, v, set, to) {
					break
				}
			}
		case bool:
			try(place, v, set, !v)
		}
	}
	if err := json.Unmarshal(before, &doc); err != nil {
		t.Fatal(err)
	}
	walk("", doc, nil)
	if places < 30 {
		t.Errorf("only %d changes were tried", places)
	}
	if changes, err := rulebooks.Diff(before, before); err != nil || len(changes) != 0 {
		t.Errorf("the same twice: %v %v", changes, err)
	}
}

func TestTheDifferenceIsSaidInWords(t *testing.T) {
	before := rulebooks.Files()["rongcheng.json"]
	var b map[string]any
	if err := json.Unmarshal(before, &b); err != nil {
		t.Fatal(err)
	}
	catalogue := b["catalogue"].([]any)
	for _, x := range catalogue {
		switch item := x.(map[string]any); item["code"] {
		case "traffic.ticket":
			item["points"] = -8
		case "traffic.drunk_driving":
			item["cap"] = "d"
		}
	}
	gone := catalogue[len(catalogue)-1].(map[string]any)["code"]
	b["catalogue"] = catalogue[:len(catalogue)-1]
	for _, a := range b["agencies"].([]any) {
		agency := a.(map[string]any)
		agency["holds"] = slices.DeleteFunc(agency["holds"].([]any), func(code any) bool { return code == gone })
	}
	b["agencies"] = slices.DeleteFunc(b["agencies"].([]any), func(a any) bool { return len(a.(map[string]any)["holds"].([]any)) == 0 })
	at(b, "bands", 0)["from"] = 1160
	at(b, "procedure")["agency_days"] = 7
	b["version"], b["from"] = "2027.1", "2027-01-01"
	after, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := rulebooks.Diff(before, after)
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{
		"en": {"Item “Traffic ticket”, points: -5 becomes -8", "Item “Drunk driving”, best band that is possible: Grade C becomes Grade D",
			"Item “Commended for service to the neighbourhood” is gone", "lowest value: 1150 becomes 1160",
			"Procedure, working days for the agency to answer: 5 becomes 7", "first day: 2023-01-01 becomes 2027-01-01"},
		"zh-CN": {"项目“交通违法行为”的分数：-5 改为 -8", "部门答复的工作日：5 改为 7"},
	} {
		var lines []string
		for _, x := range changes {
			lines = append(lines, i18n.LawChange(lang, x))
		}
		all := strings.Join(lines, "\n")
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: it does not say %q:\n%s", lang, w, all)
			}
		}
	}
}

func TestEveryPropertyOfARulebookHasAWord(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(rulebooks.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	unsaid := []string{"$schema", "format", "benefits", "points_law", "law", "id", "version", "criteria", "factors", "draft", "why",
		"comments_until", "cases", "code", "catalogue", "bands", "agencies",
		"never_used", "procedure", "tiers", "source", "refuses"}
	for _, of := range []string{"", "item", "band", "agency", "criterion", "factor", "procedure", "tier"} {
		node := schema
		if of != "" {
			node = at(schema, "$defs", of)
		}
		for property := range at(node, "properties") {
			if !slices.Contains(unsaid, property) && !i18n.Has("law_property."+property) {
				t.Errorf("%s: no word law_property.%s", of, property)
			}
		}
	}
}

func TestTheSamplesComeOutAsTheirExamplesSay(t *testing.T) {
	for id, book := range published(t) {
		cases, err := rulebooks.Cases(rulebooks.Files()[id+".json"])
		if err != nil || len(cases) < 5 {
			t.Errorf("%s has %d examples: %v", id, len(cases), err)
		}
		for _, p := range rulebooks.CheckCases(book, cases) {
			t.Errorf("%s: %s", id, p)
		}
	}
}

func TestAnExampleThatComesOutOtherwiseIsNamed(t *testing.T) {
	book := published(t)["rongcheng"]
	for name, c := range map[string]struct {
		change func(*rulebooks.Case)
		want   string
	}{
		"another value": {func(k *rulebooks.Case) { k.Value-- }, "/cases/0/value: "},
		"another band":  {func(k *rulebooks.Case) { k.Band = "d" }, "/cases/0/band: "},
		"no such item":  {func(k *rulebooks.Case) { k.Records[0].Code = "court.gossip" }, "/cases/0/records/0/code: "},
		"other records": {func(k *rulebooks.Case) { k.Records[0].State = mingjing.RecordDisputed }, "not counted: disputed"},
	} {
		k := rulebooks.Case{Name: mingjing.Text{"en": "one", "zh-CN": "一"}, AsOf: "2026-06-01", Value: 995, Band: "a",
			Records: []rulebooks.CaseRecord{{Code: "traffic.ticket", Occurred: "2026-05-01"}}}
		if problems := rulebooks.CheckCases(book, []rulebooks.Case{k}); len(problems) > 0 {
			t.Fatalf("the example itself: %v", problems)
		}
		c.change(&k)
		if problems := rulebooks.CheckCases(book, []rulebooks.Case{k}); len(problems) != 1 || !strings.Contains(problems[0], c.want) {
			t.Errorf("%s: %q, want %q", name, problems, c.want)
		}
	}
}

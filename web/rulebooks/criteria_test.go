package rulebooks_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/i18n"
	"mingjing/web/rulebooks"
)

// tabled returns the sample of Rongcheng with criteria of each kind and two factors.
func tabled(t testing.TB) map[string]any {
	t.Helper()
	var b map[string]any
	if err := json.Unmarshal(rulebooks.Files()["rongcheng.json"], &b); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{
		"factors": [
			{"code": "obligations", "base": 0, "floor": -100, "ceiling": 100, "weight": 70, "sample": true},
			{"code": "service", "base": 0, "floor": 0, "ceiling": 50, "weight": 30, "sample": true}
		],
		"criteria": [
			{"code": "bills.late", "kind": "count", "items": ["utility.late_fees"], "months": 12, "factor": "obligations", "sample": true,
				"table": [{"from": 0, "points": 10}, {"from": 1, "points": 0}, {"from": 3, "points": -20}]},
			{"code": "debts.newest", "kind": "newest", "items": ["court.unpaid_judgment"], "none": 0, "sample": true,
				"table": [{"from": 0, "points": -30}, {"from": 12, "points": -5}]},
			{"code": "service.oldest", "kind": "oldest", "items": ["volunteer.hours"], "none": 0, "factor": "service", "sample": true,
				"table": [{"from": 0, "points": 2}, {"from": 12, "points": 9}]}
		]}`), &b); err != nil {
		t.Fatal(err)
	}
	for _, x := range b["catalogue"].([]any) {
		if item := x.(map[string]any); slices.Contains([]string{"utility.late_fees", "court.unpaid_judgment"}, item["code"].(string)) {
			delete(item, "points")
		}
	}
	return b
}

func marshalled(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func row(b map[string]any, k, i int) map[string]any {
	return at(b, "criteria", k)["table"].([]any)[i].(map[string]any)
}

func TestCriteriaAndFactorsComeFromTheRegisterAndGoOneWay(t *testing.T) {
	book, err := rulebooks.Parse(marshalled(t, tabled(t)))
	if err != nil {
		t.Fatal(err)
	}
	if book.Criteria[0].Name["en"] != "How many bills were paid late" || book.Factors[1].Name["zh-CN"] != "公益服务" {
		t.Errorf("they have no names: %+v %+v", book.Criteria[0], book.Factors[1])
	}
	for place, break_ := range map[string]func(b map[string]any){
		"/criteria/0/code":           func(b map[string]any) { at(b, "criteria", 0)["code"] = "friends.count" },
		"/criteria/0/kind":           func(b map[string]any) { at(b, "criteria", 0)["kind"] = "oldest" },
		"/criteria/0/name":           func(b map[string]any) { at(b, "criteria", 0)["name"] = "Friends" },
		"/criteria/0/items/0":        func(b map[string]any) { at(b, "criteria", 0)["items"] = []any{"traffic.ticket"} },
		"/criteria/0/table/2/points": func(b map[string]any) { row(b, 0, 2)["points"] = 30 },
		"/criteria/0/table/0/from":   func(b map[string]any) { row(b, 0, 0)["from"], row(b, 0, 1)["from"] = 1, 2 },
		"/criteria/0/table/1/from":   func(b map[string]any) { row(b, 0, 1)["from"] = 0 },
		"/criteria/0/none":           func(b map[string]any) { at(b, "criteria", 0)["none"] = 5 },
		"/criteria/0/factor":         func(b map[string]any) { at(b, "criteria", 0)["factor"] = "credit_history" },
		"/criteria/1/none":           func(b map[string]any) { at(b, "criteria", 1)["none"] = -6 },
		"/criteria/1/table/1/points": func(b map[string]any) { row(b, 1, 1)["points"] = -31 },
		"/criteria/1/months":         func(b map[string]any) { at(b, "criteria", 1)["months"] = 61 },
		"/criteria/2/none":           func(b map[string]any) { at(b, "criteria", 2)["none"] = 3 },
		"/criteria/2/code":           func(b map[string]any) { at(b, "criteria", 2)["code"] = "debts.newest" },
		"/factors/0/code":            func(b map[string]any) { at(b, "factors", 0)["code"] = "connections" },
		"/factors/0/base":            func(b map[string]any) { at(b, "factors", 0)["base"] = 101 },
		"/factors":                   func(b map[string]any) { at(b, "factors", 0)["weight"] = 60 },
		"/catalogue/1/factor":        func(b map[string]any) { at(b, "catalogue", 1)["factor"] = "credit_history" },
	} {
		b := tabled(t)
		break_(b)
		_, err := rulebooks.Parse(marshalled(t, b))
		wrong, ok := errors.AsType[*rulebooks.Error](err)
		if !ok || !slices.ContainsFunc(wrong.Problems, func(p string) bool { return strings.HasPrefix(p, place+": ") }) {
			t.Errorf("want a problem at %s: %v", place, err)
		}
	}
}

func TestAnotherTableIsSaidInWords(t *testing.T) {
	before, b := marshalled(t, tabled(t)), tabled(t)
	at(b, "criteria", 0)["months"] = 6
	row(b, 0, 2)["points"] = -15
	at(b, "factors", 0)["weight"], at(b, "factors", 1)["weight"] = 60, 40
	changes, err := rulebooks.Diff(before, marshalled(t, b))
	if err != nil {
		t.Fatal(err)
	}
	said := make([]string, 0, len(changes))
	for _, x := range changes {
		said = append(said, i18n.LawChange("en", x))
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"How many bills were paid late", "3: -20 becomes 0: 10; 1: 0; 3: -15", "12 becomes 6",
		"weight in a hundred: 70 becomes 60"} {
		if !strings.Contains(all, want) {
			t.Errorf("it does not say %q:\n%s", want, all)
		}
	}
}

// The page of a rulebook shows a table by what is in it, so its codes are in the register.
func TestEveryCriterionOfTheRegisterCanBeUsed(t *testing.T) {
	r, books := mingjing.PublishedRegister(), slices.Collect(maps.Values(published(t)))
	for _, c := range r.Criteria {
		for _, code := range c.Items {
			if !slices.ContainsFunc(books, func(b *mingjing.Rulebook) bool { _, ok := b.Item(code); return ok }) {
				t.Errorf("%s looks at %s, which no sample has", c.Code, code)
			}
		}
	}
}

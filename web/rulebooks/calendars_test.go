package rulebooks_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/web/rulebooks"
)

func TestThePublishedCalendarsLoadAndKeepTheSchema(t *testing.T) {
	schema := compile(t, rulebooks.CalendarSchema())
	files := rulebooks.CalendarFiles()
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, []string{"calendars/china.json"}) {
		t.Fatalf("published are %v", got)
	}
	for name, data := range files {
		if err := bySchema(t, schema, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	all, err := rulebooks.Calendars()
	if err != nil {
		t.Fatal(err)
	}
	for id, book := range published(t) {
		i := slices.IndexFunc(all, func(k *mingjing.Calendar) bool { return k.Code == book.Procedure.Calendar })
		if i < 0 || all[i].Zone != book.Zone {
			t.Errorf("%s counts by a calendar that is not published for its zone", id)
		}
	}
}

func TestABrokenCalendarIsRefusedAtItsPlace(t *testing.T) {
	good := rulebooks.CalendarFiles()["calendars/china.json"]
	for place, change := range map[string]func(map[string]any){
		"/colour":      func(k map[string]any) { k["colour"] = "red" },
		"/$schema":     func(k map[string]any) { k["$schema"] = "rulebook.schema.json" },
		"/code":        func(k map[string]any) { k["code"] = "China" },
		"/version":     func(k map[string]any) { k["version"] = "" },
		"/name":        func(k map[string]any) { delete(k, "name") },
		"/zone":        func(k map[string]any) { k["zone"] = "Beijing" },
		"/from":        func(k map[string]any) { k["from"] = "2024-02-30" },
		"/to":          func(k map[string]any) { k["to"] = "2060-01-01" },
		"/holidays":    func(k map[string]any) { k["holidays"] = []any{} },
		"/holidays/0":  func(k map[string]any) { k["holidays"] = []any{"1 January"} },
		"/holidays/1":  func(k map[string]any) { k["holidays"] = []any{"2026-10-02", "2026-10-01"} },
		"/workdays/0":  func(k map[string]any) { k["workdays"] = []any{"2026-10-09"} }, // a Friday
		"/workdays/1":  func(k map[string]any) { k["workdays"] = []any{"2026-10-10", "2026-10-10"} },
		"/workdays/2":  func(k map[string]any) { k["workdays"] = []any{"2026-02-14", "2026-02-28", "2026-10-03"} }, // a holiday
		"/source":      func(k map[string]any) { delete(k, "source") },
		"/sample_from": func(k map[string]any) { k["sample_from"] = "2031-01-01" },
		"/sample_note": func(k map[string]any) { k["sample"] = false; delete(k, "sample_from") },
	} {
		var k map[string]any
		if err := json.Unmarshal(good, &k); err != nil {
			t.Fatal(err)
		}
		change(k)
		data, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		_, err = rulebooks.ParseCalendar(data)
		wrong, ok := errors.AsType[*rulebooks.Error](err)
		if !ok || !slices.ContainsFunc(wrong.Problems, func(p string) bool { return strings.HasPrefix(p, place+": ") }) {
			t.Errorf("it says %v, want a problem at %s", err, place)
		}
	}
	for name, text := range map[string]string{"nothing": "", "half": string(good[:200]), "two": string(good) + string(good), "a list": "[]"} {
		if _, err := rulebooks.ParseCalendar([]byte(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestABrokenCalendarIsRefusedByTheSchemaToo(t *testing.T) {
	schema := compile(t, rulebooks.CalendarSchema())
	for name, change := range map[string]func(map[string]any){
		"an unknown field":       func(k map[string]any) { k["colour"] = "red" },
		"no days off":            func(k map[string]any) { delete(k, "holidays") },
		"a day that is a number": func(k map[string]any) { k["from"] = 20240101 },
		"a day in words":         func(k map[string]any) { k["from"] = "1 January 2024" },
		"a day twice":            func(k map[string]any) { k["workdays"] = []any{"2026-10-10", "2026-10-10"} },
		"samples without a note": func(k map[string]any) { delete(k, "sample_note") },
		"a note without samples": func(k map[string]any) { k["sample"] = false; delete(k, "sample_from") },
	} {
		var k map[string]any
		if err := json.Unmarshal(rulebooks.CalendarFiles()["calendars/china.json"], &k); err != nil {
			t.Fatal(err)
		}
		change(k)
		data, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		if err := bySchema(t, schema, data); err == nil {
			t.Errorf("%s: the schema says nothing", name)
		}
		if _, err := rulebooks.ParseCalendar(data); err == nil {
			t.Errorf("%s: the reader says nothing", name)
		}
	}
}

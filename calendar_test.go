package mingjing_test

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

func china(t testing.TB) *mingjing.Calendar {
	t.Helper()
	k, err := mingjing.ParseCalendar(rulebooks.CalendarFiles()["calendars/china.json"])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestADayIsWorkedAsPublished(t *testing.T) {
	k := china(t)
	for day, want := range map[mingjing.Date]bool{
		"2026-03-02": true,  // a Monday
		"2026-03-07": false, // a Saturday
		"2026-10-01": false, // National Day, a Thursday
		"2026-10-10": true,  // a Saturday worked for it
		"2026-10-11": false, // the Sunday after it
		"2024-02-09": true,  // New Year's Eve of 2024 was no day off
		"2025-10-08": false, // the eighth day of one holiday
		"2026-02-23": false, // the ninth
		"2023-10-02": true,  // before all that it knows: a Monday
		"2028-05-01": true,  // after it: a Monday
		"2028-05-06": false, // and a Saturday
	} {
		if k.Working(day) != want {
			t.Errorf("%s is worked: %t", day, !want)
		}
	}
}

func TestWorkingDaysAreAddedAsTheyAreCounted(t *testing.T) {
	k := china(t)
	for day := mingjing.Date("2026-09-10"); day < "2026-10-20"; day = day.AddDays(1) {
		for n := range 15 {
			end := k.AddWorkingDays(day, n)
			if got := k.WorkingDays(day, end); got != n {
				t.Errorf("from %s %d working days end on %s, which is %d", day, n, end, got)
			}
			if n > 0 && !k.Working(end) {
				t.Errorf("from %s %d working days end on %s, a day off", day, n, end)
			}
		}
	}
	if got := k.AddWorkingDays("", 3); got != "" {
		t.Errorf("three days after no day is %s", got)
	}
	if k.WorkingDays("2026-03-05", "2026-03-02") != 0 || k.WorkingDays("", "2026-03-02") != 0 {
		t.Error("there are days on the way back")
	}
}

func TestABrokenCalendarIsRefusedAtItsPlace(t *testing.T) {
	good := rulebooks.CalendarFiles()["calendars/china.json"]
	for place, change := range map[string]func(map[string]any){
		"/colour":         func(k map[string]any) { k["colour"] = "red" },
		"/$schema":        func(k map[string]any) { k["$schema"] = "rulebook.schema.json" },
		"/code":           func(k map[string]any) { k["code"] = "China" },
		"/version":        func(k map[string]any) { k["version"] = "" },
		"/name/en":        func(k map[string]any) { delete(k, "name") },
		"/zone":           func(k map[string]any) { k["zone"] = "Beijing" },
		"/from":           func(k map[string]any) { k["from"] = "2024-02-30" },
		"/to":             func(k map[string]any) { k["to"] = "2060-01-01" },
		"/holidays":       func(k map[string]any) { k["holidays"] = []any{} },
		"/holidays/0":     func(k map[string]any) { k["holidays"] = []any{"1 January"} },
		"/holidays/1":     func(k map[string]any) { k["holidays"] = []any{"2026-10-02", "2026-10-01"} },
		"/workdays/0":     func(k map[string]any) { k["workdays"] = []any{"2026-10-09"} }, // a Friday
		"/workdays/1":     func(k map[string]any) { k["workdays"] = []any{"2026-10-10", "2026-10-10"} },
		"/workdays/2":     func(k map[string]any) { k["workdays"] = []any{"2026-02-14", "2026-02-28", "2026-10-03"} }, // a holiday
		"/source/zh-CN":   func(k map[string]any) { delete(k, "source") },
		"/sample_from":    func(k map[string]any) { k["sample_from"] = "2031-01-01" },
		"/sample_note":    func(k map[string]any) { k["sample"] = false; delete(k, "sample_from") },
		"/sample_note/en": func(k map[string]any) { delete(k, "sample_note") },
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
		_, err = mingjing.ParseCalendar(data)
		wrong, ok := errors.AsType[*mingjing.CalendarError](err)
		if !ok || !slices.ContainsFunc(wrong.Problems, func(p string) bool { return strings.HasPrefix(p, place+": ") }) {
			t.Errorf("it says %v, want a problem at %s", err, place)
		}
	}
	for name, text := range map[string]string{"nothing": "", "half": string(good[:200]), "two": string(good) + string(good), "a list": "[]"} {
		if _, err := mingjing.ParseCalendar([]byte(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// The General Office of the State Council gives eleven days off a year until 2024
// and thirteen since; what is worked at weekends is the price of the longer ones.
func TestTheYearsHaveTheDaysOffThatTheLawGives(t *testing.T) {
	k := china(t)
	off := map[string]int{}
	for day := k.From; day <= k.To; day = day.AddDays(1) {
		plain := mingjing.Calendar{}
		switch {
		case plain.Working(day) && !k.Working(day):
			off[string(day[:4])]++
		case !plain.Working(day) && k.Working(day):
			off[string(day[:4])]--
		}
	}
	if want := map[string]int{"2024": 11, "2025": 13, "2026": 13, "2027": 13}; !maps.Equal(off, want) {
		t.Errorf("days off %v, want %v", off, want)
	}
	if k.SampleFrom != "2027-01-01" || !k.Sample {
		t.Error("2027 is not published yet and does not say so")
	}
}

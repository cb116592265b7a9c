package mingjing_test

import (
	"maps"
	"testing"

	"mingjing"
	"mingjing/web/rulebooks"
)

func china(t testing.TB) *mingjing.Calendar {
	t.Helper()
	k, err := rulebooks.ParseCalendar(rulebooks.CalendarFiles()["calendars/china.json"])
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

func TestTheFirstAndTheLastDayOfACalendarAreItsOwn(t *testing.T) {
	k := mingjing.Calendar{From: "2026-01-01", To: "2026-12-31", Holidays: []mingjing.Date{"2026-01-01", "2026-12-31"}}
	for day, knows := range map[mingjing.Date]bool{"2025-12-31": false, "2026-01-01": true, "2026-12-31": true, "2027-01-01": false} {
		if k.Knows(day) != knows {
			t.Errorf("%s is known: %t", day, !knows)
		}
		if k.Working(day) == knows {
			t.Errorf("%s is worked: %t", day, knows)
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

// The General Office of the State Council gives eleven days off a year until 2024
// and thirteen since; days of weekends are worked in exchange for longer holidays.
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

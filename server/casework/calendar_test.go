package casework_test

import (
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", s, time.FixedZone("CST", 8*3600))
	must(t, err)
	return when
}

func (c *clock) set(now time.Time) { c.pass(now.Sub(c.Now())) }

func TestADeadlineIsTheEndOfAWorkingDayOfTheCitysCalendar(t *testing.T) {
	c := newCity(t)
	for _, w := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-03-02 09:00", 1, "2026-03-04"},  // Monday: all of Tuesday
		{"2026-03-06 23:59", 1, "2026-03-10"},  // Friday: all of Monday
		{"2026-03-07 12:00", 1, "2026-03-10"},  // Saturday
		{"2026-03-08 00:00", 2, "2026-03-11"},  // Sunday
		{"2026-02-13 10:00", 1, "2026-02-15"},  // before the Spring Festival: Saturday is worked
		{"2026-02-13 10:00", 2, "2026-02-25"},  // and then nine days off
		{"2026-09-30 10:00", 5, "2026-10-14"},  // National Day, with a Saturday worked after it
		{"2026-03-02 10:00", 0, "2026-03-03"},  // today
		{"2029-10-01 10:00", 1, "2029-10-03"},  // a Monday that no calendar knows yet
		{"2026-12-31 18:00", 7, "2027-01-13"},  // from one year into the next
		{"2025-12-31 23:59", 1, "2026-01-05"},  // New Year, and a Sunday that is worked
		{"2026-01-03 16:30", 1, "2026-01-05"},  // a Saturday off before it
		{"2026-04-03 00:00", 1, "2026-04-08"},  // the Monday of Qingming is off
		{"2024-09-30 08:00", 5, "2024-10-13"},  // a Saturday worked
		{"2023-12-29 08:00", 1, "2024-01-03"},  // into the first day that is known
		{"2026-05-08 08:00", 1, "2026-05-10"},  // May's Saturday
		{"2026-06-18 08:00", 1, "2026-06-23"},  // Dragon Boat
		{"2026-09-19 08:00", 1, "2026-09-21"},  // a Sunday worked
		{"2026-09-24 08:00", 1, "2026-09-29"},  // Mid-Autumn
		{"2026-10-09 08:00", 20, "2026-11-06"}, // a Saturday worked, and then a month of plain weeks
	} {
		c.clock.set(at(t, w.from))
		if got := c.Due(w.n).In(c.Zone()).Format("2006-01-02 15:04"); got != w.want+" 00:00" {
			t.Errorf("%d working days from %s: %s, want %s", w.n, w.from, got, w.want)
		}
	}
}

func TestAClockIsVeryLateSomeWorkingDaysAfterItsTime(t *testing.T) {
	c := newCity(t)
	c.clock.set(at(t, "2026-09-24 10:00"))
	k := c.ClockFor("agency", 5)
	// Mid-Autumn and National Day are in between.
	if due, very := at(t, "2026-10-10 00:00"), at(t, "2026-10-16 00:00"); !k.Due.Equal(due) || !k.VeryLateAt.Equal(very) {
		t.Errorf("due %s, very late %s", k.Due, k.VeryLateAt)
	}
	for when, want := range map[string]mingjing.Lateness{
		"2026-10-09 23:59": mingjing.OnTime, "2026-10-10 00:01": mingjing.Late,
		"2026-10-15 23:59": mingjing.Late, "2026-10-16 00:01": mingjing.VeryLate,
	} {
		if got := k.Lateness(at(t, when)); got != want {
			t.Errorf("on %s it is %q, want %q", when, got, want)
		}
	}
	met := at(t, "2026-10-12 12:00")
	k.MetAt = &met
	if got := k.Lateness(at(t, "2027-01-01 00:00")); got != mingjing.Late {
		t.Errorf("what was met late is %q", got)
	}
}

func TestTheClockScaleDividesWorkingDaysToo(t *testing.T) {
	c := newCity(t, func(cfg *casework.Config) { cfg.ClockScale = 1000 })
	now := at(t, "2026-03-02 00:00")
	c.clock.set(now)
	k := c.ClockFor("agency", 4)
	if due, very := k.Due.Sub(now), k.VeryLateAt.Sub(now); due != 5*24*time.Hour/1000 || very != 12*24*time.Hour/1000 {
		t.Errorf("due in %s, very late in %s", due, very)
	}
}

func TestTheProcedureIsThatOfTheFirstRulebookWithTheItem(t *testing.T) {
	c := newCity(t)
	first, second := c.books[0], c.books[1]
	for i := range second.Catalogue {
		want := &second.Procedure
		code := second.Catalogue[i].Code
		if _, ok := first.Item(code); ok {
			want = &first.Procedure
		}
		if c.Procedure(code) != want {
			t.Errorf("%s has another rulebook's procedure", code)
		}
	}
	if c.Procedure("no.such_item") != &first.Procedure {
		t.Error("what no rulebook has is not the first one's")
	}
}

func TestACityWithoutItsCalendarIsNotOpened(t *testing.T) {
	c := newCity(t)
	elsewhere := *calendars()[0]
	elsewhere.Zone = "Asia/Tokyo"
	for name, all := range map[string][]*mingjing.Calendar{"none": nil, "in another zone": {&elsewhere}} {
		_, err := casework.New(casework.Config{Store: c.store, Bus: c.bus, Agencies: c.offices, Clock: c.clock, Books: c.books, Calendars: all})
		if err == nil {
			t.Errorf("it opens with a calendar %s", name)
		}
	}
}

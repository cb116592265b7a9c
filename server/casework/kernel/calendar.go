package kernel

import (
	"fmt"
	"slices"
	"time"

	"mingjing"
)

// calendarOf returns the calendar that the book's procedure names.
func calendarOf(calendars []*mingjing.Calendar, b *mingjing.Rulebook) (*mingjing.Calendar, error) {
	i := slices.IndexFunc(calendars, func(k *mingjing.Calendar) bool { return k.Code == b.Procedure.Calendar })
	if i < 0 {
		return nil, fmt.Errorf("casework: rulebook %s counts by the calendar %q, which is not there", b.ID, b.Procedure.Calendar)
	}
	if calendars[i].Zone != b.Zone { // a day must not end twice
		return nil, fmt.Errorf("casework: rulebook %s and its calendar %s are in different zones", b.ID, calendars[i].Code)
	}
	return calendars[i], nil
}

// Calendar returns the calendar by which one of the city's rulebooks counts working
// days. The city itself counts by that of the first one.
func (c *City) Calendar(b *mingjing.Rulebook) *mingjing.Calendar {
	k, err := calendarOf(c.calendars, b)
	if err != nil { // New has found it already
		return c.calendar
	}
	return k
}

// Procedure returns the due process of an item: that of the first rulebook whose
// catalogue has it, or else of the first rulebook.
func (c *City) Procedure(item string) *mingjing.Procedure {
	for _, b := range c.books {
		if _, ok := b.Item(item); ok {
			return &b.Procedure
		}
	}
	return &c.books[0].Procedure
}

// Scaled returns how long a duration of the law takes on the city's clock.
func (c *City) Scaled(d time.Duration) time.Duration { return d / time.Duration(c.scale) }

// Due returns the end of the nth working day after today, on the city's clock.
func (c *City) Due(n int) time.Time {
	return c.endOf(c.calendar.AddWorkingDays(c.Today(), n))
}

// ClockFor returns a clock that runs for n working days from now.
func (c *City) ClockFor(code string, n int) mingjing.Clock {
	day := c.calendar.AddWorkingDays(c.Today(), n)
	very := c.calendar.AddWorkingDays(day, c.books[0].Procedure.VeryLateDays)
	return mingjing.Clock{Code: code, Due: c.endOf(day), VeryLateAt: c.endOf(very)}
}

// endOf returns the end of a future day, on the city's clock.
func (c *City) endOf(day mingjing.Date) time.Time {
	now := c.Now()
	return now.Add(c.Scaled(day.AddDays(1).Time(c.zone).Sub(now))).UTC()
}

// WorkingDaysBetween returns how many working days of the law have passed between two
// instants of the city's clock.
func (c *City) WorkingDaysBetween(from, to time.Time) *int {
	from = from.In(c.zone)
	const longest = mingjing.MaxCalendarYears * 366 * 24 * time.Hour
	passed := min(to.Sub(from), c.Scaled(longest)) * time.Duration(c.scale)
	days := c.calendar.WorkingDays(mingjing.DateOf(from), mingjing.DateOf(from.Add(passed)))
	return &days
}

package kernel

import (
	"time"

	"mingjing"
)

// Calendar returns the calendar by which one of the city's rulebooks counts working days
// from today on. The city itself counts by that of the first rulebook.
func (c *City) Calendar(b *mingjing.Rulebook) *mingjing.Calendar {
	var first *mingjing.Calendar
	for _, k := range c.law.calendars {
		if k.of.Code == b.Procedure.Calendar && first == nil {
			first = k.of // that of a rulebook that was kept, or holds later
		}
	}
	for _, k := range c.Calendars() {
		if k.Code == b.Procedure.Calendar {
			return k
		}
	}
	return first
}

// calendar returns the calendar of the first rulebook.
func (c *City) calendar() *mingjing.Calendar { return c.Calendar(c.Books()[0]) }

// Procedure returns the due process of an item: that of the first rulebook whose
// catalogue has it, or else of the first rulebook.
func (c *City) Procedure(item string) *mingjing.Procedure {
	books := c.HeldBooks()
	for _, b := range books {
		if _, ok := b.Item(item); ok {
			return &b.Procedure
		}
	}
	return &books[0].Procedure
}

// Scaled returns how long a duration of the law takes on the city's clock.
func (c *City) Scaled(d time.Duration) time.Duration { return d / time.Duration(c.scale) }

// Due returns the end of the nth working day after today, on the city's clock.
func (c *City) Due(n int) time.Time {
	return c.endOf(c.calendar().AddWorkingDays(c.Today(), n))
}

// ClockFor returns a clock that runs for n working days from now.
func (c *City) ClockFor(code string, n int) mingjing.Clock {
	calendar := c.calendar()
	day := calendar.AddWorkingDays(c.Today(), n)
	very := calendar.AddWorkingDays(day, c.Books()[0].Procedure.VeryLateDays)
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
	days := c.calendar().WorkingDays(mingjing.DateOf(from), mingjing.DateOf(from.Add(passed)))
	return &days
}

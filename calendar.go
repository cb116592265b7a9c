package mingjing

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CalendarSchema is the "$schema" of each calendar: the JSON Schema that is published
// beside it.
const CalendarSchema = "calendar.schema.json"

// Bounds of a calendar.
const (
	MaxCalendarYears = 20
	MaxCalendarDays  = 2000 // entries of one list
)

// A Calendar says on which days the city works: Monday to Friday but for the
// public holidays, and the weekend days that are worked in exchange. The file
// under web/rulebooks/calendars is the one that counts; [ParseCalendar] reads it.
type Calendar struct {
	Schema  string `json:"$schema"`
	Code    string `json:"code"`
	Version string `json:"version"`
	Name    Text   `json:"name"`
	// Zone is the IANA time zone in which its days begin and end.
	Zone string `json:"zone"`
	// From and To are the first and the last day that it knows. Before and after,
	// Monday to Friday count.
	From Date `json:"from"`
	To   Date `json:"to"`
	// Holidays are the days off, Workdays the weekend days that are worked; each in
	// order, each once.
	Holidays []Date `json:"holidays"`
	Workdays []Date `json:"workdays"`
	// Source is who published the days.
	Source Text `json:"source"`
	// Sample says that the days from SampleFrom on are projected and not published
	// yet; SampleNote says how.
	Sample     bool `json:"sample"`
	SampleFrom Date `json:"sample_from,omitempty"`
	SampleNote Text `json:"sample_note,omitempty"`
}

// Knows reports whether the day is one of those that the calendar was made for, From
// and To included.
func (k *Calendar) Knows(d Date) bool { return k.From <= d && d <= k.To }

// Working reports whether the city works on the day.
func (k *Calendar) Working(d Date) bool {
	if k.Knows(d) {
		if _, off := slices.BinarySearch(k.Holidays, d); off {
			return false
		}
		if _, on := slices.BinarySearch(k.Workdays, d); on {
			return true
		}
	}
	return !weekend(d)
}

func weekend(d Date) bool {
	day := d.Time(time.UTC).Weekday()
	return day == time.Saturday || day == time.Sunday
}

// AddWorkingDays returns the nth working day after d, or d itself when n is 0.
func (k *Calendar) AddWorkingDays(d Date, n int) Date {
	for n > 0 && d != "" {
		if d = d.AddDays(1); k.Working(d) {
			n--
		}
	}
	return d
}

// WorkingDays returns the number of working days after from, up to and including to.
func (k *Calendar) WorkingDays(from, to Date) int {
	n := 0
	for from != "" && from < to {
		if from = from.AddDays(1); k.Working(from) {
			n++
		}
	}
	return n
}

// A CalendarError says why a calendar does not load; its problems are like those of a
// [RulebookError].
type CalendarError struct{ Problems []string }

func (e *CalendarError) Error() string {
	return "calendar: " + strings.Join(e.Problems, "; ")
}

// ParseCalendar reads a calendar as strictly as [ParseRulebook] reads a rulebook.
// The error is a [*CalendarError].
func ParseCalendar(data []byte) (*Calendar, error) {
	var c checker
	if c.syntax(data, reflect.TypeFor[Calendar]()); len(c.problems) > 0 {
		return nil, &CalendarError{c.problems}
	}
	k := new(Calendar)
	if err := json.Unmarshal(data, k); err != nil {
		c.add("", err.Error())
		return nil, &CalendarError{c.problems}
	}
	if err := k.Validate(); err != nil {
		return nil, err
	}
	return k, nil
}

// Validate says whether the calendar keeps the rules of calendars; the error is a
// [*CalendarError] with everything that it found, up to a hundred problems.
func (k *Calendar) Validate() error {
	c := new(checker)
	if k.Schema != CalendarSchema {
		c.add("/$schema", `write "`+CalendarSchema+`"`)
	}
	if !validCode(k.Code, "_") {
		c.add("/code", "write 1 to 60 lower-case letters, digits and underscores, beginning with a letter")
	}
	c.version(k.Version)
	c.text("/name", k.Name)
	c.zone(k.Zone)
	from, to := k.From.Time(time.UTC), k.To.Time(time.UTC)
	switch {
	case from.IsZero():
		c.add("/from", "write a day, such as 2026-01-01")
	case to.IsZero():
		c.add("/to", "write a day, such as 2026-12-31")
	case !from.Before(to):
		c.add("/to", "it must be after from")
	case to.After(from.AddDate(MaxCalendarYears, 0, 0)):
		c.add("/to", "write at most "+strconv.Itoa(MaxCalendarYears)+" years")
	}
	k.days(c, "/holidays", k.Holidays)
	k.days(c, "/workdays", k.Workdays)
	for i, d := range k.Workdays {
		at := "/workdays/" + strconv.Itoa(i)
		if slices.Contains(k.Holidays, d) {
			c.add(at, "the day is a holiday too: remove one of them")
		} else if !d.Time(time.UTC).IsZero() && !weekend(d) {
			c.add(at, "the day is no weekend and worked anyway: remove it")
		}
	}
	c.text("/source", k.Source)
	if k.Sample {
		c.text("/sample_note", k.SampleNote)
		if k.SampleFrom.Time(time.UTC).IsZero() || !k.Knows(k.SampleFrom) {
			c.add("/sample_from", "write the first day that is projected, between from and to")
		}
	} else {
		if k.SampleNote != nil {
			c.add("/sample_note", "sample is not true: remove the note")
		}
		if k.SampleFrom != "" {
			c.add("/sample_from", "sample is not true: remove the day")
		}
	}
	if len(c.problems) > 0 {
		return &CalendarError{c.problems}
	}
	return nil
}

func (k *Calendar) days(c *checker, path string, days []Date) {
	c.count(path, len(days), MaxCalendarDays)
	for i, d := range days {
		at := path + "/" + strconv.Itoa(i)
		switch {
		case d.Time(time.UTC).IsZero():
			c.add(at, "write a day, such as 2026-10-01")
		case !k.Knows(d):
			c.add(at, "the day is not between from and to")
		case i > 0 && d <= days[i-1]:
			c.add(at, "days go in order, each once: it must be after the one before")
		}
	}
}

package mingjing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// CalendarSchema is the "$schema" of each calendar: the JSON Schema that is published
// beside it.
const CalendarSchema = "calendar.schema.json"

// MaxCalendarYears is the most years of a calendar.
const MaxCalendarYears = 20

// A Calendar says on which days the city works: Monday to Friday but for the
// public holidays, and the weekend days that are worked in exchange. Its file is the
// one that counts, and never changes once it was published.
type Calendar struct {
	Schema  string `json:"$schema"`
	Code    string `json:"code"`
	Version string `json:"version"`
	// HoldsFrom is the first day on which deadlines are counted by this version; "" is
	// always.
	HoldsFrom Date `json:"holds_from,omitempty"`
	Name      Text `json:"name"`
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

	hash string
}

// DecodeCalendar decodes a calendar and computes the SHA-256 of exactly these bytes. It
// does not check the rules of calendars.
func DecodeCalendar(data []byte) (*Calendar, error) {
	k := new(Calendar)
	if err := json.Unmarshal(data, k); err != nil {
		return nil, fmt.Errorf("decoding a calendar: %w", err)
	}
	sum := sha256.Sum256(data)
	k.hash = hex.EncodeToString(sum[:])
	return k, nil
}

// Hash returns the SHA-256 of the bytes that [DecodeCalendar] read, 64 hex digits.
func (k *Calendar) Hash() string { return k.hash }

// CalendarNotice is how many days before a calendar ends staff are told, so that its next
// version is published in time.
const CalendarNotice = 90

// A CalendarEnd is the end of a calendar by which the city counts. After its last day
// nobody has said which days are holidays.
type CalendarEnd struct {
	// Calendar is its code.
	Calendar string `json:"calendar"`
	Name     Text   `json:"name"`
	// Last is the last day that it knows, and Days how many days are left until then.
	Last Date `json:"last"`
	Days int  `json:"days"`
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

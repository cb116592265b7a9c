package mingjing_test

import (
	"testing"
	"time"

	"mingjing"
)

func FuzzParseDate(f *testing.F) {
	f.Add("2024-02-29", 12)
	f.Add("2026-01-31", 1)
	f.Add("0000-00-00", -1)
	f.Fuzz(func(t *testing.T, text string, months int) {
		d, err := mingjing.ParseDate(text)
		if err != nil {
			return
		}
		if string(d) != text || d.Time(time.UTC).IsZero() && text != "0001-01-01" {
			t.Fatalf("%q became %q", text, d)
		}
		months %= 1200
		later := d.AddMonths(months)
		if y := d.Time(time.UTC).Year(); y < 200 || y > 9000 {
			return // years that a date cannot be written in
		}
		if _, err := mingjing.ParseDate(string(later)); err != nil {
			t.Fatalf("%s and %d months is %q", d, months, later)
		}
		// The day of the month stays, or becomes the month's last.
		if got, was := string(later[8:]), string(d[8:]); got > was {
			t.Fatalf("%s and %d months is %s", d, months, later)
		}
	})
}

func TestAMonthLaterIsNeverInTheMonthAfter(t *testing.T) {
	for _, c := range []struct {
		from, to mingjing.Date
		months   int
	}{{"2026-01-31", "2026-02-28", 1}, {"2024-01-31", "2024-02-29", 1}, {"2024-02-29", "2025-02-28", 12}, {"2026-03-31", "2026-02-28", -1}} {
		if got := c.from.AddMonths(c.months); got != c.to {
			t.Errorf("%s and %d months is %s, want %s", c.from, c.months, got, c.to)
		}
	}
}

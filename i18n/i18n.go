// Package i18n turns codes into sentences: from a key, values and a language it makes
// what a person reads, with the numbers, dates and plurals of that language. The
// sentences are in zh-CN.json and en.json, flat maps with the same keys and the same
// placeholders. Programs for a server contain all of them; one for a browser gets those
// of one language by [Load]. The package knows nothing of pages.
package i18n

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
)

// OnMissing is called with what is missing when a sentence lacks its key or one
// of its values. Programs set it to report the fault, and tests to fail; the person
// sees the other language's sentence where there is one.
var OnMissing = func(what string) { println("i18n: " + what) }

// Other returns the other language, to which the language switch of a page leads.
func Other(lang string) string {
	if lang == "en" {
		return "zh-CN"
	}
	return "en"
}

// Has reports whether the key has a sentence, plural forms included, in a language
// that is loaded.
func Has(key string) bool {
	for _, lang := range mingjing.Languages {
		if _, ok := sentence(lang, key); ok {
			return true
		}
		if _, ok := sentence(lang, key+".other"); ok {
			return true
		}
	}
	return false
}

// T returns the sentence of a key in a language, its placeholders {name} filled with
// the pairs of names and values. A pair named n picks the plural form by the CLDR rule
// of the language (key.one or key.other) and is written as a number of that language.
// A missing sentence is taken from the other language; without that, the key itself is
// shown.
func T(lang, key string, pairs ...string) string {
	s, ok := lookup(lang, key, pairs)
	if !ok {
		OnMissing(lang + ": no sentence " + key)
		if s, ok = lookup(Other(lang), key, pairs); !ok {
			return key
		}
	}
	return fill(lang, key, s, pairs)
}

// TMap returns the same as [T], with the values in a map, as problems carry them.
func TMap(lang, key string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for k, v := range values {
		pairs = append(pairs, k, v)
	}
	return T(lang, key, pairs...)
}

func lookup(lang, key string, pairs []string) (string, bool) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] != "n" {
			continue
		}
		form := ".other"
		if lang == "en" && pairs[i+1] == "1" {
			form = ".one"
		}
		if s, ok := sentence(lang, key+form); ok {
			return s, true
		}
	}
	return sentence(lang, key)
}

func fill(lang, key, s string, pairs []string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(s[open:], '}')
		if end < 0 {
			break
		}
		b.WriteString(s[:open])
		name := s[open+1 : open+end]
		found := false
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] != name {
				continue
			}
			value := pairs[i+1]
			if name == "n" {
				if n, err := strconv.Atoi(value); err == nil {
					value = Number(lang, n)
				}
			}
			b.WriteString(value)
			found = true
			break
		}
		if !found {
			OnMissing(lang + ": sentence " + key + " wants a value for " + name)
		}
		s = s[open+end+1:]
	}
	b.WriteString(s)
	return b.String()
}

// Number returns a whole number with the groups of the language; a negative one has a
// real minus sign.
func Number(lang string, n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append(groups, digits[len(digits)-3:])
		digits = digits[:len(digits)-3]
	}
	groups = append(groups, digits)
	slices.Reverse(groups)
	return sign + strings.Join(groups, ",")
}

// Signed returns points with their sign: +5, −20 with a real minus sign, 0.
func Signed(lang string, n int) string {
	if n > 0 {
		return "+" + Number(lang, n)
	}
	return Number(lang, n)
}

var months = [...]string{"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"}

// Date returns a day in words: 2026年11月23日, 23 November 2026; "" for no date.
func Date(lang string, d mingjing.Date) string {
	t := d.Time(time.UTC)
	if t.IsZero() {
		return ""
	}
	return day(lang, t)
}

func day(lang string, t time.Time) string {
	y, m, d := t.Date()
	if lang == "en" {
		return strconv.Itoa(d) + " " + months[m-1] + " " + strconv.Itoa(y)
	}
	return strconv.Itoa(y) + "年" + strconv.Itoa(int(m)) + "月" + strconv.Itoa(d) + "日"
}

// ShortDate returns a day for narrow places, as on a chart: 2026/11/23, 23 Nov 2026.
func ShortDate(lang string, d mingjing.Date) string {
	t := d.Time(time.UTC)
	if t.IsZero() {
		return ""
	}
	y, m, dd := t.Date()
	if lang == "en" {
		return strconv.Itoa(dd) + " " + months[m-1][:3] + " " + strconv.Itoa(y)
	}
	return strconv.Itoa(y) + "/" + strconv.Itoa(int(m)) + "/" + strconv.Itoa(dd)
}

// DateTime returns day and time of an instant in the zone.
func DateTime(lang string, t time.Time, zone *time.Location) string {
	t = t.In(zone)
	sep := " "
	if lang == "en" {
		sep = ", "
	}
	return day(lang, t) + sep + t.Format("15:04")
}

// Deadline returns the instant by which something must be done. The end of a day in the
// zone is that day, not the midnight after it.
func Deadline(lang string, t time.Time, zone *time.Location) string {
	if midnight(t, zone) {
		return day(lang, t.In(zone).AddDate(0, 0, -1))
	}
	return DateTime(lang, t, zone)
}

// Start returns the instant from which something holds. The start of a day in the zone is
// the day.
func Start(lang string, t time.Time, zone *time.Location) string {
	if midnight(t, zone) {
		return day(lang, t.In(zone))
	}
	return DateTime(lang, t, zone)
}

func midnight(t time.Time, zone *time.Location) bool {
	t = t.In(zone)
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0
}

// TimeOfDay returns hour, minute and second of an instant in the zone.
func TimeOfDay(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04:05") }

// Relative returns how far t is from now: "in 3 minutes", "3 minutes ago".
func Relative(lang string, t, now time.Time) string {
	d := t.Sub(now)
	key := "relative.in"
	if d < 0 {
		key, d = "relative.ago", -d
	}
	if d < time.Second {
		return T(lang, "relative.now")
	}
	return T(lang, key, "span", Span(lang, d))
}

// Span returns a length of time in its largest fitting unit: "3 minutes".
func Span(lang string, d time.Duration) string {
	round := func(unit time.Duration) string { return strconv.Itoa(int((d + unit/2) / unit)) }
	const dayLong = 24 * time.Hour
	switch {
	case d < 59500*time.Millisecond:
		return T(lang, "span.seconds", "n", round(time.Second))
	case d < 59*time.Minute+30*time.Second:
		return T(lang, "span.minutes", "n", round(time.Minute))
	case d < 48*time.Hour:
		return T(lang, "span.hours", "n", round(time.Hour))
	default:
		return T(lang, "span.days", "n", round(dayLong))
	}
}

// FileSize returns a number of bytes as a file size, 1 kB being 1024.
func FileSize(lang string, bytes int64) string {
	switch {
	case bytes < 1024:
		return T(lang, "size.bytes", "n", strconv.FormatInt(bytes, 10))
	case bytes < 1024*1024:
		return T(lang, "size.kb", "size", strconv.FormatInt((bytes+512)/1024, 10))
	default:
		tenths := (bytes*10 + 512*1024) / (1024 * 1024)
		s := strconv.FormatInt(tenths/10, 10)
		if tenths%10 != 0 {
			s += "." + strconv.FormatInt(tenths%10, 10)
		}
		return T(lang, "size.mb", "size", s)
	}
}

// Join returns a list in words: "a, b and c", "a、b和c".
func Join(lang string, items []string) string {
	comma, and := "、", "和"
	if lang == "en" {
		comma, and = ", ", " and "
	}
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	last := len(items) - 1
	return strings.Join(items[:last], comma) + and + items[last]
}

package api

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
	"mingjing/i18n"
)

const (
	icsType     = "text/calendar"
	datesAnswer = "iCalendar (RFC 5545), as an attachment. The titles say nothing of what the dates are about."
)

// A calendar is a set of dates as iCalendar (RFC 5545). It is written here and not by a
// library: two kinds of event, the escaping of text and the folding of lines are less
// code than the use of a library.
//
// Calendars are shared and are shown on locked screens, so the events say neither what
// kind of date it is nor what it is about: the link does, after the login.
type calendar struct {
	id          string // the id of what the dates are about; it names nobody
	title, text string
	link        string // "" where the public origin is not known
	now         time.Time
	events      []event
}

// An event is one date. Its name is the same each time, so that importing the calendar
// again moves the date instead of adding another.
type event struct {
	name  string
	start string // the property, with its value
	order string
}

// at adds an instant.
func (c *calendar) at(name string, at time.Time) {
	stamp := utc(at)
	c.events = append(c.events, event{name, "DTSTART:" + stamp, stamp})
}

// on adds a whole day, in whatever time zone the calendar is shown.
func (c *calendar) on(name string, day mingjing.Date) {
	start := day.Time(time.UTC)
	if start.IsZero() {
		return
	}
	const layout = "20060102"
	c.events = append(c.events, event{name, "DTSTART;VALUE=DATE:" + start.Format(layout) + "\r\nDTEND;VALUE=DATE:" +
		start.AddDate(0, 0, 1).Format(layout), start.Format(layout)})
}

func utc(at time.Time) string { return at.UTC().Format("20060102T150405Z") }

func (c *calendar) bytes() []byte {
	slices.SortFunc(c.events, func(x, y event) int { return strings.Compare(x.order+x.name, y.order+y.name) })
	var b strings.Builder
	line := func(s string) { b.WriteString(fold(s)) }
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//Mingjing//Dates//EN")
	line("CALSCALE:GREGORIAN")
	line("METHOD:PUBLISH")
	for _, e := range c.events {
		line("BEGIN:VEVENT")
		line("UID:" + e.name + "-" + c.id + "@mingjing")
		line("DTSTAMP:" + utc(c.now))
		for part := range strings.SplitSeq(e.start, "\r\n") {
			line(part)
		}
		line("SUMMARY:" + escape(c.title))
		line("DESCRIPTION:" + escape(strings.TrimSpace(c.text+"\n"+c.link)))
		if c.link != "" {
			line("URL:" + c.link)
		}
		line("CLASS:PRIVATE")
		line("TRANSP:TRANSPARENT")
		line("END:VEVENT")
	}
	line("END:VCALENDAR")
	return []byte(b.String())
}

var textEscapes = strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n")

// escape returns text as a property value, without control characters.
func escape(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, textEscapes.Replace(strings.ToValidUTF8(s, "\uFFFD")))
}

// fold returns a line in pieces of at most 75 octets, which split no character, with
// line ends.
func fold(s string) string {
	const most = 75
	var b strings.Builder
	room := most
	for _, r := range s {
		n := utf8.RuneLen(r)
		if n > room {
			b.WriteString("\r\n ")
			room = most - 1
		}
		b.WriteRune(r)
		room -= n
	}
	b.WriteString("\r\n")
	return b.String()
}

// calendar returns an empty calendar for the dates of one page, in the language of the
// page that led here.
func (c *call) calendar(in inLang, page, id string) *calendar {
	c.useLanguage(in)
	link := ""
	if c.s.origin != nil {
		link = c.s.origin.Scheme + "://" + c.s.origin.Host + mingjing.Path(c.lang, page, id)
	}
	return &calendar{id: id, title: i18n.T(c.lang, "ics.title"), text: i18n.T(c.lang, "ics.text"), link: link, now: c.s.casework.City.Now()}
}

func (c *call) serveCalendar(cal *calendar) error {
	if len(cal.events) == 0 {
		return mingjing.NewError(mingjing.NotFound, "no_dates")
	}
	data := cal.bytes()
	c.noStore()
	h := c.w.Header()
	h.Set("Content-Type", icsType+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "mingjing-dates.ics"}))
	return c.write(http.StatusOK, data)
}

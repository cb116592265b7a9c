package component

import (
	"strconv"
	"time"

	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A Notification tells the person that something was done, or what they must know.
type Notification struct {
	// Kind is success, info or warning; it shows as a colour and a shape.
	Kind  string
	Title string
	Text  string
	// Role is status for something that has just been done, alert for something that
	// must interrupt, empty otherwise.
	Role string
	Body []app.UI
}

// UI returns the banner.
func (n Notification) UI() app.UI {
	var title, text app.UI
	if n.Title != "" {
		title = El("p", A{"class": "note-title"}, Text(n.Title))
	}
	if n.Text != "" {
		text = P(n.Text)
	}
	return El("div", A{"class": classes("note", kind("note", n.Kind)), "role": n.Role},
		noteShape(n.Kind), Div("note-body", append([]app.UI{title, text}, n.Body...)...))
}

func noteShape(k string) app.UI {
	a := A{"class": "note-shape", "viewBox": "0 0 20 20", "width": "20", "height": "20", "aria-hidden": "true", "focusable": "false"}
	switch k {
	case "success":
		return SVG("svg", a, SVG("path", A{"d": "M4 10.5 8.2 15 16.5 5.5", "class": "stroke"}))
	case "warning":
		return alertShape()
	}
	return SVG("svg", a, SVG("circle", A{"cx": "10", "cy": "10", "r": "8.2", "class": "stroke"}),
		SVG("path", A{"d": "M10 9v5.5m0-8.7v-.3", "class": "stroke"}))
}

// A SummaryRow is one line of a [SummaryList].
type SummaryRow struct {
	Key string
	// Value is shown as it is; Text is used when Value is nil.
	Value app.UI
	Text  string
	// Action is a link at the end of the row, or nil.
	Action app.UI
}

// A SummaryList is a list of names and their values.
type SummaryList struct {
	Rows []SummaryRow
}

// UI returns the list; rows with neither value nor text are left out.
func (s SummaryList) UI() app.UI {
	rows := make([]app.UI, 0, len(s.Rows))
	for _, r := range s.Rows {
		value := r.Value
		if value == nil {
			if r.Text == "" {
				continue
			}
			value = Text(r.Text)
		}
		var action app.UI
		if r.Action != nil {
			action = El("dd", A{"class": "summary-action"}, r.Action)
		}
		rows = append(rows, Div("summary-row", El("dt", nil, Text(r.Key)), El("dd", nil, value), action))
	}
	return El("dl", A{"class": "summary"}, rows...)
}

// A Column is one column of a [Table].
type Column struct {
	Text string
	// Numeric sets the column to the right in figures of equal width.
	Numeric bool
}

// A Table is rows of the same kind of thing. On a phone each row becomes a block
// with the column names beside the values.
type Table struct {
	Caption string
	// QuietCaption shows the caption to screen readers alone.
	QuietCaption bool
	Columns      []Column
	// Rows hold one part for each column; the first names the row. nil is an empty
	// cell.
	Rows [][]app.UI
}

// UI returns the table. The roles repeat what the tags say, since a table that is laid
// out as blocks loses them.
func (t Table) UI() app.UI {
	head := make([]app.UI, 0, len(t.Columns))
	for _, c := range t.Columns {
		head = append(head, El("th", A{"scope": "col", "role": "columnheader", "class": when(c.Numeric, "numeric")}, Text(c.Text)))
	}
	rows := make([]app.UI, 0, len(t.Rows))
	for _, r := range t.Rows {
		cells := make([]app.UI, 0, len(r))
		for i, cell := range r {
			var c Column
			if i < len(t.Columns) {
				c = t.Columns[i]
			}
			a := A{"class": when(c.Numeric, "numeric")}
			// A row that is laid out as a block needs one child a cell, and the name of
			// the column beside it for people who see the page.
			parts := []app.UI{El("span", A{"class": "cell-name", "aria-hidden": "true"}, Text(c.Text)), Div("cell", cell)}
			if i == 0 {
				a["scope"], a["role"] = "row", "rowheader"
				cells = append(cells, El("th", a, parts[1]))
				continue
			}
			a["role"] = "cell"
			if cell == nil {
				a["class"] = classes(a["class"], "empty-cell")
			}
			cells = append(cells, El("td", a, parts...))
		}
		rows = append(rows, El("tr", A{"role": "row"}, cells...))
	}
	return El("table", A{"class": "table", "role": "table"},
		El("caption", A{"class": when(t.QuietCaption, "visually-hidden")}, Text(t.Caption)),
		El("thead", A{"role": "rowgroup"}, El("tr", A{"role": "row"}, head...)),
		El("tbody", A{"role": "rowgroup"}, rows...))
}

// A Tag is a state as a word and a colour; the colour never stands alone.
type Tag struct {
	Text string
	// Tone is empty for a plain state, or good, info, warn, bad.
	Tone string
	// Shape is a shape before the text, as of a band; empty for none.
	Shape string
}

// UI returns the tag.
func (t Tag) UI() app.UI {
	var shape app.UI
	if t.Shape != "" {
		shape = Shape(t.Shape, 10)
	}
	return El("strong", A{"class": classes("tag", kind("tag", t.Tone))}, shape, Text(t.Text))
}

// Details is something that can be unfolded.
type Details struct {
	Summary string
	Open    bool
	Class   string
	Body    []app.UI
}

// UI returns the details element, which works without scripts.
func (d Details) UI() app.UI {
	a := A{"class": classes("details", d.Class)}
	if d.Open {
		a["open"] = "true"
	}
	return El("details", a, El("summary", A{"class": "details-summary"}, El("span", nil, Text(d.Summary))), Div("details-body", d.Body...))
}

// A Fold is a section that is folded away under its heading of level 2, which is a line of
// the page's contents while it is.
type Fold struct {
	// ID is the id of the whole section.
	ID    string
	Title string
	// Count is shown behind the title; "" for none.
	Count string
	Open  bool
	Body  []app.UI
}

// UI returns the section, which works without scripts.
func (f Fold) UI() app.UI {
	a := A{"class": "details fold", "id": f.ID}
	if f.Open {
		a["open"] = "true"
	}
	var count app.UI
	if f.Count != "" {
		count = Span("fold-count", f.Count)
	}
	return El("details", a, El("summary", A{"class": "details-summary"}, H(2, f.Title), count), Div("details-body", f.Body...))
}

// A BackLink is a link to the page above this one.
type BackLink struct {
	Text string
	Href string
}

// UI returns the link.
func (b BackLink) UI() app.UI {
	return El("a", A{"href": b.Href, "class": "back"},
		SVG("svg", A{"viewBox": "0 0 10 16", "width": "10", "height": "16", "aria-hidden": "true", "focusable": "false"},
			SVG("path", A{"d": "M8 2 2 8l6 6", "class": "stroke"})),
		El("span", nil, Text(b.Text)))
}

// A Card is one of several things of a kind, with a heading that may be a link.
type Card struct {
	Title string
	// Href makes the heading a link; a tap anywhere on the card follows it.
	Href string
	// Level of the heading is 2 when 0.
	Level int
	// Tone is empty, or good, warn, bad.
	Tone string
	// Aside is shown beside the heading, such as a tag.
	Aside app.UI
	Body  []app.UI
}

// UI returns the card.
func (c Card) UI() app.UI {
	level := c.Level
	if level == 0 {
		level = 2
	}
	title := Text(c.Title)
	if c.Href != "" {
		title = El("a", A{"href": c.Href, "class": "card-link"}, title)
	}
	var head app.UI
	if c.Title != "" {
		head = Div("card-head", El("h"+strconv.Itoa(level), A{"class": "card-title"}, title), c.Aside)
	}
	return El("div", A{"class": classes("card", kind("card", c.Tone), when(c.Href != "", "card-linked"))},
		append([]app.UI{head}, c.Body...)...)
}

// A TimelineItem is one thing that happened or will happen.
type TimelineItem struct {
	Title string
	// When is the date in words; At is the instant for machines, the zero time for none.
	When string
	At   time.Time
	// Who did it; it may be empty.
	Who string
	// State is done, now, next or missed.
	State string
	Body  app.UI
}

// A Timeline is what happened, in order.
type Timeline struct {
	Items []TimelineItem
}

// UI returns the list.
func (t Timeline) UI() app.UI {
	items := make([]app.UI, 0, len(t.Items))
	for _, i := range t.Items {
		state := i.State
		if state == "" {
			state = "done"
		}
		var who, when app.UI
		if i.When != "" {
			when = Time{Text: i.When, At: i.At}.UI()
		}
		if i.Who != "" {
			who = Span("timeline-who", i.Who)
		}
		items = append(items, El("li", A{"class": "timeline-item timeline-" + state},
			El("p", A{"class": "timeline-title"}, Text(i.Title)),
			El("p", A{"class": "timeline-when"}, when, who), i.Body))
	}
	return El("ol", A{"class": "timeline", "role": "list"}, items...)
}

// A Time is an instant as text, with the form that machines read.
type Time struct {
	Text string
	// At is left out when it is the zero time.
	At time.Time
}

// UI returns the time element.
func (t Time) UI() app.UI {
	a := A{}
	if !t.At.IsZero() {
		a["datetime"] = t.At.UTC().Format(time.RFC3339)
	}
	return El("time", a, Text(t.Text))
}

// An Inset sets a passage off from the text around it.
type Inset struct {
	Body []app.UI
}

// UI returns the passage.
func (i Inset) UI() app.UI { return Div("inset", i.Body...) }

// A Pagination is a link to the page with older items.
type Pagination struct {
	// Label names the navigation for screen readers.
	Label string
	Text  string
	// Href is empty at the end, where nothing is shown.
	Href string
}

// UI returns the navigation, or nil at the end.
func (p Pagination) UI() app.UI {
	if p.Href == "" {
		return nil
	}
	return El("nav", A{"class": "pagination", "aria-label": p.Label}, LinkButton{Text: p.Text, Href: p.Href, Kind: "secondary"}.UI())
}

// An EmptyState says that there is nothing to show, what that means, and what can be
// done.
type EmptyState struct {
	Title string
	Text  string
	// Action is a link or button, or nil.
	Action app.UI
}

// UI returns the passage.
func (e EmptyState) UI() app.UI {
	return Div("empty",
		SVG("svg", A{"class": "empty-shape", "viewBox": "0 0 48 48", "width": "48", "height": "48", "aria-hidden": "true", "focusable": "false"},
			SVG("circle", A{"cx": "24", "cy": "24", "r": "21", "class": "stroke"}),
			SVG("circle", A{"cx": "24", "cy": "24", "r": "15", "class": "stroke faint"}),
			SVG("circle", A{"cx": "24", "cy": "24", "r": "3.5", "class": "stroke"})),
		El("p", A{"class": "empty-title"}, Text(e.Title)), P(e.Text), e.Action)
}

// A SkipLink is a link past the header to the main content.
type SkipLink struct {
	Text string
	Href string
}

// UI returns the link.
func (s SkipLink) UI() app.UI {
	return El("a", A{"href": s.Href, "class": "skip"}, Text(s.Text))
}

// A ProgressBar shows how much of a whole is done; the text says the same.
type ProgressBar struct {
	// Label names it for screen readers, Text is shown.
	Label string
	Text  string
	Value int
	// Max of 0 shows an empty bar.
	Max int
}

// UI returns the bar and its text.
func (p ProgressBar) UI() app.UI {
	width := 0.0
	if p.Max > 0 {
		width = 100 * float64(min(max(p.Value, 0), p.Max)) / float64(p.Max)
	}
	return El("div", A{"class": "progress", "role": "progressbar", "aria-label": p.Label, "aria-valuemin": "0",
		"aria-valuenow": strconv.Itoa(p.Value), "aria-valuemax": strconv.Itoa(max(p.Max, 1)), "aria-valuetext": p.Text},
		SVG("svg", A{"class": "progress-bar", "width": "100%", "height": "10", "aria-hidden": "true", "focusable": "false"},
			SVG("rect", A{"class": "progress-track", "width": "100%", "height": "10", "rx": "5"}),
			SVG("rect", A{"class": "progress-fill", "width": number(width) + "%", "height": "10", "rx": "5"})),
		El("p", A{"class": "progress-text"}, Text(p.Text)))
}

// A Clock is a deadline: what must happen by when, and whether it did.
type Clock struct {
	Lang string
	// Label says what must happen.
	Label string
	Due   time.Time
	Now   time.Time
	Zone  *time.Location
	// MetAt is nil while it runs.
	MetAt  *time.Time
	Missed bool
	// Late is the tag of a clock that is late and was not met; without text it is
	// called missed.
	Late Tag
}

// UI returns the deadline with its date, how far off it is, and its state as a word.
func (c Clock) UI() app.UI {
	state, tone := i18n.T(c.Lang, "clock_state.running"), ""
	far := i18n.Relative(c.Lang, c.Due, c.Now)
	switch {
	case c.MetAt != nil && c.Missed:
		state, tone, far = i18n.T(c.Lang, "clock_state.late"), "bad", ""
	case c.MetAt != nil:
		state, tone, far = i18n.T(c.Lang, "clock_state.met"), "good", ""
	case c.Late.Text != "":
	case c.Missed || c.Due.Before(c.Now):
		state, tone = i18n.T(c.Lang, "clock_state.missed"), "bad"
	case c.Due.Sub(c.Now) < 24*time.Hour:
		tone = "warn"
	}
	var rel app.UI
	if far != "" {
		rel = Span("clock-far", far)
	}
	tag := Tag{Text: state, Tone: tone}
	if c.MetAt == nil && c.Late.Text != "" {
		tag = c.Late
	}
	return Div("clock", El("p", A{"class": "clock-label"}, Text(c.Label)), tag.UI(),
		El("p", A{"class": "clock-when"}, Time{Text: i18n.Deadline(c.Lang, c.Due, c.Zone), At: c.Due}.UI(), rel))
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 32) }

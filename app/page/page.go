// Package page has what all pages of the app share: the frame around them, the parts
// that several of them show, and the host that keeps them alive in a browser. The
// pages themselves are in resident, desk and public, and register here; a program
// has the pages of the packages that it imports. A screen is a pure function of a
// [mingjing.View]: the server renders it to HTML whose forms work without
// scripts, and the browser renders the very same and keeps it up to date. The
// package writes every sentence through i18n, builds on the parts of component,
// and knows neither where views come from nor who may see them.
package page

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A Screen is one page between header and footer.
type Screen struct {
	// Data returns a new value of the page's data, to be read from JSON; nil for a page
	// without data.
	Data func() any
	// Title returns the page's name for the window's title; the default is the sentence
	// "title.<page>".
	Title func(v *mingjing.View) string
	// Body returns the content of the main element, its h1 included.
	Body func(v *mingjing.View) []app.UI
	// Wide is for pages that handlers use at a desk.
	Wide bool
	// Back returns the link above the heading; nil for none.
	Back func(v *mingjing.View) (text, href string)
	// quiet says that the screen shows the error summary itself.
	quiet bool
}

// screens are the registered pages by the names of their routes.
var screens = map[string]Screen{}

// Register adds a page. It is called by each file with a page, for its own.
func Register(name string, s Screen) bool {
	screens[name] = s
	if s.Data != nil {
		mingjing.RegisterData(name, s.Data)
	}
	return true
}

// New returns a new value of the data of a page, a T.
func New[T any]() any { return new(T) }

// Known reports whether a page of that name is registered.
func Known(name string) bool {
	_, ok := screens[name]
	return ok
}

// Body returns everything that the page shows, header and footer included. An unknown
// page is shown as not found.
func Body(v *mingjing.View) app.UI {
	s, ok := screens[v.Page]
	if !ok {
		s = screens["error"]
	}
	var back app.UI
	if s.Back != nil {
		if text, href := s.Back(v); href != "" {
			back = c.BackLink{Text: text, Href: href}.UI()
		}
	}
	var summary app.UI
	if v.Problem != nil && !s.quiet {
		summary = errorSummary(v)
	}
	main := []app.UI{zoneNote(v), back, actingBanner(v), summary, doneBanner(v)}
	main = append(main, s.Body(v)...)
	class := "main"
	if s.Wide {
		class += " main-wide"
	}
	return c.El("div", c.A{"class": "page page-" + v.Page, "lang": v.Lang},
		c.SkipLink{Text: T(v, "chrome.skip"), Href: "#main"}.UI(),
		header(v),
		c.El("main", c.A{"id": "main", "class": class, "tabindex": "-1"}, main...),
		footer(v),
		tabs(v),
		lockDialog(v),
	)
}

// Title returns the window's title.
func Title(v *mingjing.View) string {
	s, ok := screens[v.Page]
	var title string
	switch {
	case ok && s.Title != nil:
		title = s.Title(v)
	case ok:
		title = T(v, "title."+v.Page)
	default:
		title = T(v, "title.error")
	}
	brand := T(v, "brand.zh") + " Mingjing"
	if title == T(v, "brand.zh") || title == T(v, "brand.en") {
		title = brand
	} else {
		title += " – " + brand
	}
	if v.Problem != nil && !s.quiet {
		title = T(v, "chrome.error_prefix", "title", title)
	}
	return title
}

// T returns the sentence of a key in the view's language.
func T(v *mingjing.View, key string, pairs ...string) string { return i18n.T(v.Lang, key, pairs...) }

// Tn returns the sentence of a key with a count that picks the plural form.
func Tn(v *mingjing.View, key string, n int, pairs ...string) string {
	return i18n.T(v.Lang, key, append([]string{"n", strconv.Itoa(n)}, pairs...)...)
}

// Href returns the path of a page in the view's language.
func Href(v *mingjing.View, name string, id ...string) string {
	return mingjing.Path(v.Lang, name, id...)
}

// Zone returns the city's time zone. The browser has no table of time zones: China's
// only zone is known, and for any other it is the offset of the server's time.
func Zone(v *mingjing.View) *time.Location {
	if v.Zone == "Asia/Shanghai" {
		return time.FixedZone("CST", 8*60*60)
	}
	return v.Now.Location()
}

// Date returns a day as text.
func Date(v *mingjing.View, d mingjing.Date) string { return i18n.Date(v.Lang, d) }

// Instant returns an instant as text, in the city's zone.
func Instant(v *mingjing.View, at time.Time) string { return i18n.DateTime(v.Lang, at, Zone(v)) }

// Deadline returns the instant by which something must be done: a day where it is the end
// of one.
func Deadline(v *mingjing.View, at time.Time) string { return i18n.Deadline(v.Lang, at, Zone(v)) }

// DeadlineUI returns a deadline with the form that machines read.
func DeadlineUI(v *mingjing.View, at time.Time) app.UI {
	return c.Time{Text: Deadline(v, at), At: at}.UI()
}

// TimeUI returns an instant as text, with the form that machines read.
func TimeUI(v *mingjing.View, at time.Time) app.UI {
	return c.Time{Text: Instant(v, at), At: at}.UI()
}

// Ago returns how far an instant is from the view's own time.
func Ago(v *mingjing.View, at time.Time) string { return i18n.Relative(v.Lang, at, v.Now) }

// Code returns the sentence of a code of a family, such as the reasons; the code itself
// where there is none, so that a new code is seen.
func Code(v *mingjing.View, family, value string) string {
	if !i18n.Has(family + "." + value) {
		return value
	}
	return T(v, family+"."+value)
}

// problemText returns the sentence of a problem.
func problemText(v *mingjing.View) string {
	p := v.Problem
	key := "error." + p.Code
	if !i18n.Has(key) {
		key = "error.internal"
	}
	values := map[string]string{"id": p.ErrorID}
	for name, value := range p.Values {
		values[name] = value
	}
	return i18n.TMap(v.Lang, key, values)
}

// FieldError returns the sentence for what is wrong with a field, or one a line for what is
// wrong with each of its files; empty when nothing is.
func FieldError(v *mingjing.View, field string) string {
	if v.Problem == nil {
		return ""
	}
	var said []string
	for _, f := range v.Problem.Fields {
		if f.Field == field && (len(said) == 0 || f.File != "") { // each file has its own
			said = append(said, whatIsWrong(v, f))
		}
	}
	return strings.Join(said, "\n")
}

// whatIsWrong returns the sentence of one error.
func whatIsWrong(v *mingjing.View, f mingjing.FieldError) string {
	if !i18n.Has("error." + f.Code) {
		return T(v, "error.invalid")
	}
	text := i18n.TMap(v.Lang, "error."+f.Code, v.Problem.Values)
	if f.File != "" {
		text = T(v, "chrome.file_error", "file", f.File, "error", text)
	}
	return text
}

// Typed returns what the person had typed into a field.
func Typed(v *mingjing.View, field string) string { return v.Form[field] }

// errorSummary returns everything that was wrong; each line links to its field, whose
// id is its name.
func errorSummary(v *mingjing.View) app.UI {
	e := c.ErrorSummary{Title: T(v, "chrome.error_title")}
	if len(v.Problem.Fields) == 0 {
		e.Title = T(v, "chrome.problem_title")
		e.Text = problemText(v)
		e.Body = append(standing(v), meanwhile(v)...)
	}
	for _, f := range v.Problem.Fields {
		text := whatIsWrong(v, f)
		if slices.Contains(bareErrors, f.Code) && i18n.Has("field."+f.Field) {
			text = T(v, "chrome.field_error", "field", T(v, "field."+f.Field), "error", text)
		}
		e.Items = append(e.Items, c.ErrorItem{Text: text, Href: "#" + f.Field})
	}
	return e.UI()
}

// bareErrors are the errors whose sentence does not say which field it is about; the
// summary puts the field's name, "field.<name>", before it.
var bareErrors = []string{"required", "too_long", "too_short", "invalid", "invalid_choice", "invalid_date"}

func doneBanner(v *mingjing.View) app.UI {
	if v.Done == "" || !i18n.Has("done."+v.Done) {
		return nil
	}
	return c.Notification{Kind: "success", Text: T(v, "done."+v.Done), Role: "status"}.UI()
}

// Heading returns the page's only h1, with a line above it that may be empty.
func Heading(above, title string) app.UI {
	var over app.UI
	if above != "" {
		over = c.El("span", c.A{"class": "kicker"}, c.Text(above))
	}
	return c.El("h1", nil, over, c.El("span", nil, c.Text(title)))
}

// Lead returns the paragraph below a heading.
func Lead(s string) app.UI { return c.El("p", c.A{"class": "lead"}, c.Text(s)) }

// BackTo returns the back link to another page.
func BackTo(name string) func(v *mingjing.View) (string, string) {
	return func(v *mingjing.View) (string, string) { return T(v, "nav."+name), Href(v, name) }
}

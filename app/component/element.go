// Package component holds the accessible parts that pages are made of, under the
// names that GOV.UK gives them. Each is a struct whose fields are its options and
// whose UI method makes its elements; a field that is left out leaves its part
// out. An input composes its label, hint, error and description itself, so that
// no page can forget one. Each part has Examples, which the tests render. The
// package knows neither views nor routes nor the server.
package component

import (
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A are an element's attributes by name. A boolean attribute has the value "true"; an
// attribute with an empty value is left out.
type A map[string]string

var void = []string{"area", "br", "hr", "img", "input", "link", "meta", "wbr"}

// Between is called before each element is made, unless it is nil. In a browser it gives
// the browser its turn while a whole page is made.
var Between func()

// El returns an HTML element. Values may be anything that a person typed: they are
// escaped so that they stay within their attribute, which go-app's own encoder, made
// for trusted values, does not do.
func El(tag string, attrs A, body ...app.UI) app.UI {
	if Between != nil {
		Between()
	}
	if slices.Contains(void, tag) {
		e := app.ElemSelfClosing(tag)
		for name, value := range attrs {
			e = e.Attr(name, attr(name, value))
		}
		return e
	}
	return element(tag, attrs, "", body)
}

// SVG returns an element of a drawing, in the SVG namespace.
func SVG(tag string, attrs A, body ...app.UI) app.UI {
	return element(tag, attrs, "http://www.w3.org/2000/svg", body)
}

func element(tag string, attrs A, namespace string, body []app.UI) app.UI {
	e := app.Elem(tag)
	if namespace != "" {
		e = e.XMLNS(namespace)
	}
	for name, value := range attrs {
		e = e.Attr(name, attr(name, value))
	}
	return e.Body(body...)
}

// attr returns a value that is safe for the encoder of go-app 10.1: on the server that
// writes strconv.Quote(value) without escaping markup, and writes no value at all for
// "true". Character references are kept by both. The browser takes values as they are.
func attr(name, value string) string {
	if app.IsClient {
		return value
	}
	if value == "true" {
		if name == "value" || strings.HasPrefix(name, "aria-") || name == "focusable" || name == "spellcheck" {
			return "&#116;rue"
		}
		return value
	}
	plain := true
	for _, r := range value {
		if r == '"' || r == '&' || r == '<' || r == '>' || r == '\\' || r == '\'' || !strconv.IsPrint(r) {
			plain = false
			break
		}
	}
	if plain {
		return value
	}
	var b strings.Builder
	for _, r := range value {
		switch {
		case r == 0:
			b.WriteString("&#xFFFD;")
		case r == '"' || r == '&' || r == '<' || r == '>' || r == '\\' || r == '\'' || !strconv.IsPrint(r):
			b.WriteString("&#")
			b.WriteString(strconv.Itoa(int(r)))
			b.WriteByte(';')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Text returns plain text.
func Text(s string) app.UI { return app.Text(s) }

// P returns a paragraph of plain text.
func P(s string) app.UI { return El("p", nil, Text(s)) }

// Muted returns a paragraph of secondary text.
func Muted(s string) app.UI { return El("p", A{"class": "muted"}, Text(s)) }

// H returns a heading of a level from 1 to 4 with plain text.
func H(level int, s string) app.UI { return El("h"+strconv.Itoa(level), nil, Text(s)) }

// Div returns a div with a class.
func Div(class string, body ...app.UI) app.UI { return El("div", A{"class": class}, body...) }

// Span returns a span of text with a class.
func Span(class, s string) app.UI { return El("span", A{"class": class}, Text(s)) }

// Section returns a section that is named by its level 2 heading, which gets the id.
func Section(id, title string, body ...app.UI) app.UI {
	return El("section", A{"class": "section", "aria-labelledby": id},
		append([]app.UI{El("h2", A{"id": id}, Text(title))}, body...)...)
}

// A Link is a link within text.
type Link struct {
	Text string
	Href string
	// Full makes the browser load the page anew.
	Full bool
	// About is read by screen readers after the text, where the text alone is not
	// clear.
	About string
	Class string
}

// UI returns the link.
func (l Link) UI() app.UI {
	a := A{"href": l.Href, "class": l.Class}
	if l.Full {
		a["data-full"] = "true"
	}
	body := []app.UI{Text(l.Text)}
	if l.About != "" {
		body = append(body, Span("visually-hidden", " "+l.About))
	}
	return El("a", a, body...)
}

// List returns a list of parts; class may be empty.
func List(class string, items ...app.UI) app.UI {
	li := make([]app.UI, 0, len(items))
	for _, i := range items {
		if i != nil {
			li = append(li, El("li", nil, i))
		}
	}
	return El("ul", A{"class": class, "role": "list"}, li...)
}

func classes(names ...string) string {
	return strings.Join(slices.DeleteFunc(names, func(s string) bool { return s == "" }), " ")
}

func ids(names ...string) string { return classes(names...) }

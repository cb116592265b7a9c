package api

import (
	"bytes"
	"encoding/json"
	"html"
	"strings"

	"mingjing"
	"mingjing/i18n"
	"mingjing/web"
)

// head returns what the head of a page has after its title. name is the name of the
// program that the page loads, or ""; theme is the one that the person has chosen, or "".
func (a *assets) head(name, lang, theme string) string {
	var b strings.Builder
	link := func(rel, href, more string) {
		b.WriteString(`<link rel="` + rel + `" href="` + html.EscapeString(href) + `"` + more + ">\n")
	}
	for _, x := range []struct{ theme, paper string }{{"light", paperLight}, {"dark", paperDark}} {
		switch theme {
		case "":
			b.WriteString(`<meta name="theme-color" media="(prefers-color-scheme: ` + x.theme + `)" content="` + x.paper + "\">\n")
		case x.theme:
			b.WriteString(`<meta name="theme-color" content="` + x.paper + "\">\n")
		}
	}
	b.WriteString("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"format-detection\" content=\"telephone=no\">\n")
	if a.programs != nil {
		// It comes before anything can be drawn, the style included.
		b.WriteString(`<script src="` + html.EscapeString(a.url("/web/lock.js")) + "\"></script>\n")
	}
	link("stylesheet", web.URL("app.css"), "")
	link("icon", web.URL("icons/favicon-32.png"), ` sizes="32x32" type="image/png"`)
	link("icon", web.URL("icons/mark.svg"), ` sizes="any" type="image/svg+xml"`)
	link("apple-touch-icon", web.URL("icons/apple-touch-180.png"), "")
	link("manifest", manifestAt(lang), "")
	if a.programs != nil {
		b.WriteString(`<script async src="` + html.EscapeString(a.url("/web/early.js")) + "\"></script>\n")
		b.WriteString(`<script async src="` + html.EscapeString(a.url("/web/fields.js")) + "\"></script>\n")
		b.WriteString(`<script async src="` + html.EscapeString(a.url("/web/draft.js")) + "\"></script>\n")
		b.WriteString(`<script async src="` + html.EscapeString(a.url("/web/passkey.js")) + "\"></script>\n")
	}
	if p, ok := a.programs[name]; ok {
		for _, at := range []string{a.url("/wasm_exec.js"), p.start} {
			b.WriteString(`<script defer src="` + html.EscapeString(at) + "\"></script>\n")
		}
		link("preload", p.wasm, ` as="fetch" crossorigin fetchpriority="low"`)
		link("preload", a.url(sentencesAt(lang)), ` id="sentences" as="fetch" crossorigin fetchpriority="low"`)
	}
	return b.String()
}

// document returns the whole HTML page: body is the rendered root element, title the
// window's. Where a program is loaded, the view is beside it as JSON; the encoder
// writes <, >, &, U+2028 and U+2029 as escapes, so nothing that a person typed can end
// the script element. A view that can't be encoded is left out, and the page stays a
// plain one.
func (a *assets) document(v *mingjing.View, body, title string) []byte {
	name := programOf(v)
	var view []byte
	if name != "" {
		var err error
		if view, err = json.Marshal(v); err != nil {
			view = nil
		}
	}
	var b bytes.Buffer
	b.Grow(len(body) + len(view) + 4096)
	attributes := ""
	if v.Who != nil {
		attributes += " data-personal"
	}
	if _, ok := a.programs[name]; ok {
		attributes += ` data-program="` + name + `"`
	}
	if name == "app" && a.checker != "" {
		attributes += ` data-check="` + html.EscapeString(a.checker) + `"`
	}
	if next := nextProgram[v.Page]; next != "" {
		attributes += ` data-next="` + next + `"`
	}
	if v.Zone != "" {
		attributes += ` data-zone="` + html.EscapeString(v.Zone) + `"`
	}
	if v.Display.Theme != "" {
		attributes += ` data-theme="` + html.EscapeString(v.Display.Theme) + `"`
	}
	if v.Display.Text != "" {
		attributes += ` data-text="` + html.EscapeString(v.Display.Text) + `"`
	}
	if v.Page == "offline" {
		attributes += " data-offline"
	}
	b.WriteString("<!doctype html>\n<html lang=\"" + html.EscapeString(v.Lang) + "\"" + attributes +
		">\n<head>\n<meta charset=\"utf-8\">\n<title>")
	b.WriteString(html.EscapeString(title))
	b.WriteString("</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\n")
	b.WriteString(`<meta name="description" content="` + html.EscapeString(i18n.T(v.Lang, "app.description")) + "\">\n")
	b.WriteString(a.head(name, v.Lang, v.Display.Theme))
	b.WriteString("</head>\n<body>\n")
	b.WriteString(body)
	if name != "" {
		b.WriteString("\n<aside id=\"app-wasm-loader\" hidden><img id=\"app-wasm-loader-icon\" alt=\"\">" +
			"<p id=\"app-wasm-loader-label\"></p></aside>")
	}
	if view != nil {
		b.WriteString("\n<script type=\"application/json\" id=\"view\">")
		b.Write(view)
		b.WriteString("</script>")
	}
	b.WriteString("\n</body>\n</html>\n")
	return b.Bytes()
}

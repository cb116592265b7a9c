package page

import (
	"net/url"
	"strings"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Searched returns the words that are searched for on the page, in lower case.
func Searched(v *mingjing.View) []string { return strings.Fields(strings.ToLower(searchText(v))) }

func searchText(v *mingjing.View) string {
	_, query, _ := strings.Cut(v.Path, "?")
	q, _ := url.ParseQuery(query) // what can be read of it
	return q.Get("q")
}

// Finds reports whether all words are in one of the texts or another.
func Finds(words []string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, "\n"))
	for _, w := range words {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

// SearchForm returns the form that searches a page; the page shows only what
// [Searched] finds.
func SearchForm(v *mingjing.View, action, label string) app.UI {
	var all app.UI
	if searchText(v) != "" {
		all = c.Link{Text: T(v, "search.all"), Href: action, Class: "row-link"}.UI()
	}
	return c.Form{Action: action, Method: "get", Label: label, Class: "form-line", Body: []app.UI{
		c.Input{Name: "q", Type: "search", Label: label, Value: searchText(v), MaxLength: 80}.UI(),
		c.Button{Text: T(v, "search.button"), Kind: "secondary"}.UI(), all}}.UI()
}

package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("more", page.Screen{Body: moreBody})

// morePages are the pages that have no tab of their own, in groups.
var morePages = []struct {
	title string
	names []string
}{
	{"data", []string{"listings", "sources", "access-log", "export"}},
	{"others", []string{"shares", "consents", "mandates"}},
	{"account", []string{"inbox", "notice-settings", "drafts", "sessions", "security", "display"}},
	{"about", []string{"rulebooks", "agencies", "help", "glossary", "contact", "check-us", "status", "accessibility", "privacy", "leave"}},
}

// moreBody is the tab "more": all that has no tab of its own.
func moreBody(v *mingjing.View) []app.UI {
	body := []app.UI{page.Heading("", t(v, "chrome.more"))}
	for _, g := range morePages {
		links := make([]app.UI, 0, len(g.names))
		for _, name := range g.names {
			links = append(links, c.Link{Text: t(v, "title."+name), Href: href(v, name), Class: "menu-link"}.UI())
		}
		body = append(body, c.Section("more-"+g.title, t(v, "more."+g.title), c.List("more-links", links...)))
	}
	return append(body, c.El("p", c.A{"class": "ios hint"}, c.Text(t(v, "more.ios"))))
}

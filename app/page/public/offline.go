package public

import (
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("offline", page.Screen{Body: offlineBody})

func offlineBody(v *mingjing.View) []app.UI {
	return []app.UI{c.Div("center-page", page.Mirror(88), page.Heading("", t(v, "title.offline")), page.Lead(t(v, "offline.text")),
		c.El("div", c.A{"class": "offline-waits", "role": "status"}, waiting(v)...),
		c.Muted(t(v, "offline.private")),
		c.Div("actions", c.LinkButton{Text: t(v, "error_page.retry"), Href: href(v, "home"), Full: true}.UI()))}
}

// waiting returns what may be waiting for a connection: the page that was asked for, and
// what was typed and not saved. The page is the same for everybody, so a script shows what
// applies.
func waiting(v *mingjing.View) []app.UI {
	hidden := func(kind, value, text string) app.UI {
		return c.El("p", c.A{"hidden": "true", "data-" + kind: value}, c.Text(text))
	}
	out := []app.UI{}
	for _, r := range mingjing.Routes {
		if r.Access == mingjing.Residents && !strings.Contains(r.Path, "{id}") {
			out = append(out, hidden("waits", r.Path, t(v, "offline.waits", "page", t(v, "title."+r.Name))))
		}
	}
	return append(out, hidden("waits", "-", t(v, "offline.waits_page")), hidden("unsaved", "1", t(v, "offline.unsaved")))
}

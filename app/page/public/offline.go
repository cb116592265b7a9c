package public

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("offline", page.Screen{Body: offlineBody})

func offlineBody(v *mingjing.View) []app.UI {
	return []app.UI{c.Div("center-page", page.Mirror(88), page.Heading("", t(v, "title.offline")), page.Lead(t(v, "offline.text")),
		c.Muted(t(v, "offline.private")),
		c.Div("actions", c.LinkButton{Text: t(v, "error_page.retry"), Href: href(v, "home"), Full: true}.UI()))}
}

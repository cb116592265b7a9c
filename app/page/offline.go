package page

import (
	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = register("offline", screen{body: offlineBody})

func offlineBody(v *mingjing.View) []app.UI {
	return []app.UI{c.Div("center-page", mirror(88), heading("", t(v, "title.offline")), lead(t(v, "offline.text")),
		c.Muted(t(v, "offline.private")),
		c.Div("actions", c.LinkButton{Text: t(v, "error_page.retry"), Href: href(v, "home"), Full: true}.UI()))}
}

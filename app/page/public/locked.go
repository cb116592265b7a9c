package public

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("locked", page.Screen{Body: lockedBody})

// lockedBody returns the page of a locked screen, with nothing about anybody.
func lockedBody(v *mingjing.View) []app.UI {
	return []app.UI{c.Div("center-page", page.Mirror(88), page.Heading("", t(v, "title.locked")), page.Lead(t(v, "locked.text")),
		c.Div("actions", c.LinkButton{Text: t(v, "locked.login"), Href: href(v, "login"), Full: true}.UI()))}
}

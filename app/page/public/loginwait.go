package public

import (
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("login-wait", page.Screen{Data: page.New[mingjing.LoginPlace], Title: loginWaitTitle, Body: loginWaitBody})

// loginWaitTitle returns the place too: the page is loaded again and again, perhaps in a tab that
// nobody looks at.
func loginWaitTitle(v *mingjing.View) string {
	if at := mingjing.DataOf[mingjing.LoginPlace](v); at != nil && at.Place > 0 {
		return t(v, "login_wait.place", "place", strconv.Itoa(at.Place))
	}
	return t(v, "title.login-wait")
}

// loginWaitBody returns the place of a login in the line, and about how long it waits.
func loginWaitBody(v *mingjing.View) []app.UI {
	at := mingjing.DataOf[mingjing.LoginPlace](v)
	body := []app.UI{page.Mirror(88), page.Heading("", loginWaitTitle(v))}
	switch {
	case at == nil:
		body = append(body, page.Lead(t(v, "error.no_login_waits")),
			c.Div("actions", c.LinkButton{Text: t(v, "chrome.login"), Href: href(v, "login"), Full: true}.UI()))
		return []app.UI{c.Div("center-page", body...)}
	case at.Place == 0:
	case at.Seconds > 90:
		body = append(body, page.Lead(tn(v, "login_wait.minutes", (at.Seconds+59)/60)))
	default:
		body = append(body, page.Lead(tn(v, "login_wait.seconds", at.Seconds)))
	}
	body = append(body, c.P(t(v, "login_wait.stay")), c.Muted(t(v, "login_wait.kept")),
		c.Div("actions", c.LinkButton{Text: t(v, "login_wait.look"), Href: href(v, "login-wait"), Full: true}.UI()))
	return []app.UI{c.Div("center-page", body...)}
}

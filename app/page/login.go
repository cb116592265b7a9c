package page

import (
	"net/url"
	"strings"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = register("login", screen{body: loginBody})
	_ = register("activate", screen{body: activateBody})
	_ = register("staff-login", screen{body: staffLoginBody})
)

// langField tells the server in which language to answer a form.
func langField(v *mingjing.View) app.UI { return c.Hidden{Name: "lang", Value: v.Lang}.UI() }

// nextField keeps where somebody was going, which the page's address says; also over
// a wrong password, when the page is shown again at another one.
func nextField(v *mingjing.View) app.UI {
	_, query, _ := strings.Cut(v.Path, "?")
	q, err := url.ParseQuery(query)
	if err != nil || q.Get("next") == "" {
		return nil
	}
	return c.Hidden{Name: "next", Value: q.Get("next")}.UI()
}

func idNumberInput(v *mingjing.View) app.UI {
	return c.Input{Name: "id_number", Label: t(v, "login.id_number"), Hint: t(v, "login.id_number_hint"), Error: fieldError(v, "id_number"),
		Autocomplete: "username", MaxLength: 64, Required: true, Code: true}.UI()
}

func loginBody(v *mingjing.View) []app.UI {
	return []app.UI{
		heading("", t(v, "login.title")),
		lead(t(v, "login.lead")),
		c.Form{Action: "/api/login", Full: true, Class: "narrow", Body: []app.UI{
			langField(v),
			nextField(v),
			idNumberInput(v),
			c.Input{Name: "password", Type: "password", Label: t(v, "login.password"), Error: fieldError(v, "password"),
				Autocomplete: "current-password", MaxLength: 256, Required: true}.UI(),
			c.Button{Text: t(v, "chrome.login")}.UI()}}.UI(),
		c.Section("other", t(v, "login.other"),
			c.P(t(v, "login.activate_text")),
			c.LinkButton{Text: t(v, "home.activate"), Href: href(v, "activate"), Kind: "secondary"}.UI()),
	}
}

func activateBody(v *mingjing.View) []app.UI {
	return []app.UI{
		heading("", t(v, "activate.title")),
		lead(t(v, "activate.lead")),
		c.Form{Action: "/api/activate", Full: true, Class: "narrow", Body: []app.UI{
			langField(v),
			idNumberInput(v),
			c.Input{Name: "code", Label: t(v, "activate.code"), Hint: t(v, "activate.code_hint"), Error: fieldError(v, "code"),
				Autocomplete: "one-time-code", MaxLength: 64, Required: true, Code: true, Width: "medium"}.UI(),
			c.Input{Name: "new_password", Type: "password", Label: t(v, "activate.password"), Hint: t(v, "activate.password_hint"),
				Error: fieldError(v, "new_password"), Autocomplete: "new-password", MaxLength: 256, Required: true}.UI(),
			c.Button{Text: t(v, "activate.submit")}.UI()}}.UI(),
		c.Section("other", t(v, "activate.other"),
			c.LinkButton{Text: t(v, "chrome.login"), Href: href(v, "login"), Kind: "secondary"}.UI()),
	}
}

func staffLoginBody(v *mingjing.View) []app.UI {
	return []app.UI{
		heading(t(v, "staff.kicker"), t(v, "title.staff-login")),
		lead(t(v, "staff.lead")),
		c.Form{Action: "/api/staff/login", Full: true, Class: "narrow", Body: []app.UI{
			langField(v),
			nextField(v),
			c.Input{Name: "login", Label: t(v, "staff.login"), Error: fieldError(v, "login"), Value: typed(v, "login"),
				Autocomplete: "username", MaxLength: 64, Required: true, Code: true}.UI(),
			c.Input{Name: "password", Type: "password", Label: t(v, "login.password"), Error: fieldError(v, "password"),
				Autocomplete: "current-password", MaxLength: 256, Required: true}.UI(),
			c.Input{Name: "totp", Label: t(v, "staff.totp"), Hint: t(v, "staff.totp_hint"), Error: fieldError(v, "totp"),
				Autocomplete: "one-time-code", InputMode: "numeric", MaxLength: 16, Required: true, Code: true, Width: "short"}.UI(),
			c.Button{Text: t(v, "chrome.login")}.UI()}}.UI(),
	}
}

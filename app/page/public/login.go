package public

import (
	"net/url"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("login", page.Screen{Body: loginBody})
	_ = page.Register("activate", page.Screen{Body: activateBody})
	_ = page.Register("staff-login", page.Screen{Body: staffLoginBody})
)

// nextField returns the field with the address to go to after the login. It comes from
// the page's address, and is kept when the page is shown again after a wrong password.
func nextField(v *mingjing.View) app.UI {
	_, query, _ := strings.Cut(v.Path, "?")
	q, err := url.ParseQuery(query)
	if err != nil || q.Get("next") == "" {
		return nil
	}
	return c.Hidden{Name: "next", Value: q.Get("next")}.UI()
}

// idNumberInput returns the field for the ID number of somebody who is not logged in. What
// was typed is shown again.
func idNumberInput(v *mingjing.View) app.UI {
	return c.Input{Name: "id_number", Label: t(v, "login.id_number"), Hint: t(v, "login.id_number_hint"),
		Error: page.FieldError(v, "id_number"), Value: page.Typed(v, "id_number"), Groups: c.IDGroups,
		Autocomplete: "username", MaxLength: 64, Required: true, Code: true}.UI()
}

func loginBody(v *mingjing.View) []app.UI {
	return []app.UI{
		page.Heading("", t(v, "login.title")),
		page.Lead(t(v, "login.lead")),
		c.Form{Action: "/api/login", Full: true, Class: "narrow", Body: []app.UI{
			page.LangField(v),
			nextField(v),
			idNumberInput(v),
			c.Input{Name: "password", Type: "password", Show: t(v, "password.show"), Hide: t(v, "password.hide"),
				Label: t(v, "login.password"), Error: page.FieldError(v, "password"),
				Autocomplete: "current-password", MaxLength: page.MaxPassword, Required: true}.UI(),
			c.Button{Text: t(v, "chrome.login")}.UI(),
			c.El("p", nil, c.Link{Text: t(v, "login.forgot"), Href: href(v, "forgot")}.UI())}}.UI(),
		c.PasskeyButton{Text: t(v, "login.passkey"), Kind: "secondary", Action: "/api/passkey/login", Question: "/api/passkey/question",
			Failed: t(v, "login.passkey_failed"), Body: []app.UI{page.LangField(v), nextField(v)}}.UI(),
		c.Section("other", t(v, "login.other"),
			c.P(t(v, "login.activate_text")),
			c.LinkButton{Text: t(v, "home.activate"), Href: href(v, "activate"), Kind: "secondary"}.UI()),
	}
}

func activateBody(v *mingjing.View) []app.UI {
	return []app.UI{
		page.Heading("", t(v, "activate.title")),
		page.Lead(t(v, "activate.lead")),
		passwordByCode(v, "/api/activate", t(v, "activate.code"), t(v, "activate.code_hint"), t(v, "activate.submit")),
		c.Section("other", t(v, "activate.other"),
			c.LinkButton{Text: t(v, "chrome.login"), Href: href(v, "login"), Kind: "secondary"}.UI()),
	}
}

// passwordByCode returns the form in which a resident sets a password by a one-time code.
func passwordByCode(v *mingjing.View, action, code, hint, submit string) app.UI {
	return c.Form{Action: action, Full: true, Class: "narrow", Body: []app.UI{
		page.LangField(v),
		idNumberInput(v),
		c.Input{Name: "code", Label: code, Hint: hint, Error: page.FieldError(v, "code"),
			Autocomplete: "one-time-code", MaxLength: 64, Required: true, Code: true, Width: "medium"}.UI(),
		c.Input{Name: "new_password", Type: "password", Show: t(v, "password.show"), Hide: t(v, "password.hide"),
			Label: t(v, "activate.password"), Hint: t(v, "activate.password_hint"),
			Error: page.FieldError(v, "new_password"), Autocomplete: "new-password", MaxLength: page.MaxPassword, Required: true}.UI(),
		c.Button{Text: submit}.UI()}}.UI()
}

func staffLoginBody(v *mingjing.View) []app.UI {
	return []app.UI{
		page.Heading(t(v, "staff.kicker"), t(v, "title.staff-login")),
		page.Lead(t(v, "staff.lead")),
		c.Form{Action: "/api/staff/login", Full: true, Class: "narrow", Body: []app.UI{
			page.LangField(v),
			nextField(v),
			c.Input{Name: "login", Label: t(v, "staff.login"), Error: page.FieldError(v, "login"), Value: page.Typed(v, "login"),
				Autocomplete: "username", MaxLength: 64, Required: true, Code: true}.UI(),
			c.Input{Name: "password", Type: "password", Show: t(v, "password.show"), Hide: t(v, "password.hide"),
				Label: t(v, "login.password"), Error: page.FieldError(v, "password"),
				Autocomplete: "current-password", MaxLength: page.MaxPassword, Required: true}.UI(),
			c.Input{Name: "totp", Label: t(v, "staff.totp"), Hint: t(v, "staff.totp_or"), Error: page.FieldError(v, "totp"),
				Autocomplete: "one-time-code", MaxLength: 16, Required: true, Code: true, Width: "short"}.UI(),
			c.Button{Text: t(v, "chrome.login")}.UI(),
			c.PasskeyButton{Text: t(v, "staff_login.passkey"), Kind: "secondary", Question: "/api/passkey/question",
				Failed: t(v, "staff_login.passkey_failed")}.Within()}}.UI(),
		c.Section("other", t(v, "login.other"),
			c.P(t(v, "staff_login.activate_text")),
			c.LinkButton{Text: t(v, "staff_login.activate"), Href: href(v, "staff-activate"), Kind: "secondary"}.UI()),
	}
}

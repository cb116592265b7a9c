package public

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("staff-activate", page.Screen{Data: page.New[mingjing.StaffEnrolment], Body: staffActivateBody})

// staffActivateBody returns one of the three steps in which a member of staff sets up
// the login: the password, the second factor, the recovery codes.
func staffActivateBody(v *mingjing.View) []app.UI {
	e := mingjing.DataOf[mingjing.StaffEnrolment](v)
	switch {
	case e != nil && len(e.Recovery) > 0:
		return recoveryBody(v, e)
	case e != nil && e.Ticket != "":
		return factorBody(v, e)
	}
	return []app.UI{
		page.Heading(t(v, "staff.kicker"), t(v, "title.staff-activate")),
		page.Lead(t(v, "enrol.lead")),
		c.Form{Action: "/api/staff/activate", Full: true, Class: "narrow", Body: []app.UI{
			page.LangField(v),
			c.Input{Name: "login", Label: t(v, "staff.login"), Error: page.FieldError(v, "login"), Value: page.Typed(v, "login"),
				Autocomplete: "username", MaxLength: 64, Required: true, Code: true}.UI(),
			c.Input{Name: "code", Label: t(v, "enrol.code"), Hint: t(v, "enrol.code_hint"), Error: page.FieldError(v, "code"),
				Autocomplete: "one-time-code", MaxLength: 64, Required: true, Code: true}.UI(),
			c.Input{Name: "new_password", Type: "password", Show: t(v, "password.show"), Hide: t(v, "password.hide"),
				Label: t(v, "field.new_password"), Hint: t(v, "activate.password_hint"),
				Error: page.FieldError(v, "new_password"), Autocomplete: "new-password", MaxLength: page.MaxPassword, Required: true}.UI(),
			c.Button{Text: t(v, "enrol.submit")}.UI()}}.UI(),
		c.Section("other", t(v, "activate.other"),
			c.LinkButton{Text: t(v, "enrol.open"), Href: href(v, "staff-login"), Kind: "secondary"}.UI()),
	}
}

// factorBody returns the secret for the authenticator, and the form of its first code.
func factorBody(v *mingjing.View, e *mingjing.StaffEnrolment) []app.UI {
	return []app.UI{
		page.Heading(t(v, "staff.kicker"), t(v, "title.staff-activate")),
		page.Lead(t(v, "enrol.factor_lead")),
		c.Section("scan", t(v, "enrol.scan"), page.AuthenticatorSecret(v, e.Secret, e.QR)),
		c.Section("confirm", t(v, "enrol.confirm"), page.AuthenticatorForm(v, "/api/staff/activate/confirm", e.Ticket)),
		c.Div("passkey", c.Section("key", t(v, "enrol.key"), c.P(t(v, "enrol.key_text")),
			c.PasskeyButton{Text: t(v, "passkeys.add"), Kind: "secondary", Action: "/api/staff/activate/key",
				Question: "/api/staff/activate/key/question", Ticket: e.Ticket, Failed: t(v, "passkeys.not_added"),
				Body: []app.UI{page.LangField(v)}}.UI())),
	}
}

// recoveryBody returns the recovery codes, which are shown once.
func recoveryBody(v *mingjing.View, e *mingjing.StaffEnrolment) []app.UI {
	codes := make([]app.UI, 0, len(e.Recovery))
	for _, r := range e.Recovery {
		codes = append(codes, c.El("code", nil, c.Text(r)))
	}
	next := "staff-login"
	if v.Who != nil {
		switch v.Who.Role {
		case mingjing.RoleAdministrator:
			next = "staff"
		case mingjing.RoleAgency:
			next = "agency-questions"
		default:
			next = "queue"
		}
	}
	return []app.UI{
		page.Heading(t(v, "staff.kicker"), t(v, "enrol.done_title")),
		c.Section("recovery", t(v, "enrol.recovery"), c.P(t(v, "enrol.recovery_text")), c.Div("card", c.List("recovery-codes", codes...))),
		c.Div("actions", c.LinkButton{Text: t(v, "enrol.on"), Href: href(v, next), Full: true}.UI()),
	}
}

package public

import (
	"strconv"
	"strings"

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

// factorBody returns the secret for the authenticator, as a picture and as text.
func factorBody(v *mingjing.View, e *mingjing.StaffEnrolment) []app.UI {
	size := strconv.Itoa(e.QR.Size)
	return []app.UI{
		page.Heading(t(v, "staff.kicker"), t(v, "title.staff-activate")),
		page.Lead(t(v, "enrol.factor_lead")),
		c.Section("scan", t(v, "enrol.scan"), c.Div("card share-made",
			c.SVG("svg", c.A{"class": "qr", "viewBox": "0 0 " + size + " " + size, "width": "232", "height": "232", "role": "img",
				"aria-label": t(v, "enrol.qr"), "shape-rendering": "crispEdges"},
				c.SVG("rect", c.A{"width": size, "height": size, "class": "qr-paper"}), c.SVG("path", c.A{"d": e.QR.Path, "class": "qr-ink"})),
			c.Div("share-link", c.P(t(v, "enrol.type")),
				c.El("p", nil, c.El("code", c.A{"class": "share-url", "id": "secret"}, c.Text(inFours(e.Secret)))),
				c.Muted(t(v, "enrol.once"))))),
		c.Section("confirm", t(v, "enrol.confirm"), c.Form{Action: "/api/staff/activate/confirm", Full: true, Class: "narrow", Body: []app.UI{
			page.LangField(v), c.Hidden{Name: "ticket", Value: e.Ticket}.UI(),
			c.Input{Name: "totp", Label: t(v, "staff.totp"), Hint: t(v, "staff.totp_hint"), Error: page.FieldError(v, "totp"),
				Autocomplete: "one-time-code", InputMode: "numeric", MaxLength: 16, Required: true, Code: true, Width: "short"}.UI(),
			c.Button{Text: t(v, "enrol.confirm_submit")}.UI()}}.UI()),
		c.Div("passkey", c.Section("key", t(v, "enrol.key"), c.P(t(v, "enrol.key_text")),
			c.PasskeyButton{Text: t(v, "passkeys.add"), Kind: "secondary", Action: "/api/staff/activate/key",
				Question: "/api/staff/activate/key/question", Ticket: e.Ticket, Failed: t(v, "passkeys.not_added"),
				Body: []app.UI{page.LangField(v)}}.UI())),
	}
}

// inFours returns a secret in groups of four characters.
func inFours(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
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

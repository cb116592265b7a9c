package page

import (
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = Register("security", Screen{Data: New[mingjing.SecurityView], Body: securityBody})

// MaxPassword is how many UTF-16 units a field for a password takes: twice the greatest
// number of characters, since some characters are two.
const MaxPassword = 256

// securityBody returns the form of a new password, and the other ways to log in.
func securityBody(v *mingjing.View) []app.UI {
	text := "security.password_text"
	if v.Who == nil || v.Who.Role != mingjing.RoleResident {
		text = "security.password_text_staff"
	}
	return append([]app.UI{
		Heading("", T(v, "title.security")), Lead(T(v, "security.lead")),
		c.Section("password-section", T(v, "security.password"), c.P(T(v, text)),
			c.Form{Action: "/api/password", Full: true, Class: "narrow", Label: T(v, "security.password"), Body: []app.UI{
				LangField(v),
				c.Input{Name: "password", Type: "password", Show: T(v, "password.show"), Hide: T(v, "password.hide"),
					Label: T(v, "security.current"), Error: FieldError(v, "password"),
					Autocomplete: "current-password", MaxLength: MaxPassword, Required: true}.UI(),
				c.Input{Name: "new_password", Type: "password", Show: T(v, "password.show"), Hide: T(v, "password.hide"),
					Label: T(v, "field.new_password"), Hint: T(v, "activate.password_hint"),
					Error: FieldError(v, "new_password"), Autocomplete: "new-password", MaxLength: MaxPassword, Required: true}.UI(),
				c.Button{Text: T(v, "security.change")}.UI()}}.UI()),
	}, passkeySection(v), factorSection(v),
		c.Section("devices", T(v, "nav.sessions"),
			c.LinkButton{Text: T(v, "title.sessions"), Href: Href(v, "sessions"), Kind: "secondary"}.UI()))
}

// factorSection returns the second factor that a resident may choose. A change of it needs a
// fresh login.
func factorSection(v *mingjing.View) app.UI {
	shown := mingjing.DataOf[mingjing.SecurityView](v)
	if shown == nil || v.Who == nil || v.Who.Role != mingjing.RoleResident {
		return nil
	}
	if n := shown.NewFactor; n != nil {
		return c.Section("factor", T(v, "factor.new"), AuthenticatorSecret(v, n.Secret, n.QR), AuthenticatorForm(v,
			"/api/factor/confirm", n.Ticket))
	}
	f := shown.Factor
	body := []app.UI{c.P(T(v, "factor.text"))}
	switch {
	case f.On && f.App:
		body = append(body, c.P(T(v, "factor.app")))
	case f.On:
		body = append(body, c.P(T(v, "factor.passkey")))
	}
	button := func(action, key string) app.UI {
		return c.Form{Action: action, Full: true, Label: T(v, key), Body: []app.UI{LangField(v), c.Button{Text: T(v, key),
			Kind: "secondary"}.UI()}}.UI()
	}
	if !shown.Fresh {
		return c.Section("factor", T(v, "factor.title"), append(body, c.P(T(v, "factor.stale")),
			c.LinkButton{Text: T(v, "export.confirm"), Href: Href(v, "confirm") + "?next=security", Kind: "secondary"}.UI())...)
	}
	var buttons []app.UI
	if !f.App {
		buttons = append(buttons, button("/api/factor", "factor.add"))
	}
	if !f.On && f.Passkeys > 0 {
		buttons = append(buttons, button("/api/factor/passkey", "factor.use_passkey"))
	}
	if f.On {
		buttons = append(buttons, button("/api/factor/remove", "factor.remove"))
	}
	return c.Section("factor", T(v, "factor.title"), append(body, c.Div("actions", buttons...))...)
}

// AuthenticatorSecret returns the secret for an authenticator, as a picture and as text.
func AuthenticatorSecret(v *mingjing.View, secret string, qr mingjing.QRCode) app.UI {
	size := strconv.Itoa(qr.Size)
	return c.Div("card share-made",
		c.SVG("svg", c.A{"class": "qr", "viewBox": "0 0 " + size + " " + size, "width": "232", "height": "232", "role": "img",
			"aria-label": T(v, "enrol.qr"), "shape-rendering": "crispEdges"},
			c.SVG("rect", c.A{"width": size, "height": size, "class": "qr-paper"}), c.SVG("path", c.A{"d": qr.Path, "class": "qr-ink"})),
		c.Div("share-link", c.P(T(v, "enrol.type")),
			c.El("p", nil, c.El("code", c.A{"class": "share-url", "id": "secret"}, c.Text(inFours(secret)))),
			c.Muted(T(v, "enrol.once"))))
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

// AuthenticatorForm returns the form of the first code of an authenticator.
func AuthenticatorForm(v *mingjing.View, action, ticket string) app.UI {
	return c.Form{Action: action, Full: true, Class: "narrow", Label: T(v, "enrol.confirm"), Body: []app.UI{
		LangField(v), c.Hidden{Name: "ticket", Value: ticket}.UI(), CodeInput(v), c.Button{Text: T(v, "enrol.confirm_submit")}.UI()}}.UI()
}

// CodeInput returns the field of a code of an authenticator.
func CodeInput(v *mingjing.View) app.UI {
	return c.Input{Name: "totp", Label: T(v, "staff.totp"), Hint: T(v, "staff.totp_hint"), Error: FieldError(v, "totp"),
		Autocomplete: "one-time-code", InputMode: "numeric", MaxLength: 16, Required: true, Code: true, Width: "short"}.UI()
}

// passkeySection returns somebody's passkeys, and the button that adds one. Adding one
// needs a fresh login.
func passkeySection(v *mingjing.View) app.UI {
	shown := mingjing.DataOf[mingjing.SecurityView](v)
	if shown == nil || v.Who == nil || !shown.PasskeysOffered && len(shown.Passkeys) == 0 {
		return nil
	}
	text, again := "passkeys.text", "confirm"
	if v.Who.Role != mingjing.RoleResident {
		text, again = "passkeys.text_staff", "staff-login"
	}
	body := []app.UI{c.P(T(v, text))}
	keys := make([]app.UI, 0, len(shown.Passkeys))
	for _, k := range shown.Passkeys {
		name := k.Name
		if name == "" {
			name = T(v, "sessions.unknown_device")
		}
		keys = append(keys, c.Card{Title: name, Level: 3, Body: []app.UI{
			c.El("p", c.A{"class": "meta"}, c.El("span", nil, c.Text(T(v, "passkeys.added", "time", Instant(v, k.AddedAt))))),
			c.Form{Action: "/api/passkeys/remove", Label: T(v, "passkeys.remove_named", "device", name), Body: []app.UI{
				LangField(v), c.Hidden{Name: "passkey_id", Value: k.ID}.UI(),
				c.Button{Text: T(v, "passkeys.remove"), Kind: "secondary", About: name}.UI()}}.UI()}}.UI())
	}
	if len(keys) > 0 {
		body = append(body, c.List("cards", keys...))
	}
	switch {
	case !shown.PasskeysOffered:
	case shown.Fresh:
		body = append(body, c.PasskeyButton{Text: T(v, "passkeys.add"), Action: "/api/passkeys", Question: "/api/passkeys/question",
			Failed: T(v, "passkeys.not_added"), Body: []app.UI{LangField(v)}}.UI())
	default:
		body = append(body, c.P(T(v, "passkeys.stale")),
			c.LinkButton{Text: T(v, "export.confirm"), Href: Href(v, again) + "?next=security", Kind: "secondary"}.UI())
	}
	return c.Section("passkeys", T(v, "passkeys.title"), body...)
}

package page

import (
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
	}, passkeySection(v),
		c.Section("devices", T(v, "nav.sessions"),
			c.LinkButton{Text: T(v, "title.sessions"), Href: Href(v, "sessions"), Kind: "secondary"}.UI()))
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

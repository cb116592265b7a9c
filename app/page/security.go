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
	return []app.UI{
		Heading("", T(v, "title.security")), Lead(T(v, "security.lead")),
		c.Section("password-section", T(v, "security.password"), c.P(T(v, text)),
			c.Form{Action: "/api/password", Full: true, Class: "narrow", Label: T(v, "security.password"), Body: []app.UI{
				LangField(v),
				c.Input{Name: "password", Type: "password", Label: T(v, "security.current"), Error: FieldError(v, "password"),
					Autocomplete: "current-password", MaxLength: MaxPassword, Required: true}.UI(),
				c.Input{Name: "new_password", Type: "password", Label: T(v, "activate.password"), Hint: T(v, "activate.password_hint"),
					Error: FieldError(v, "new_password"), Autocomplete: "new-password", MaxLength: MaxPassword, Required: true}.UI(),
				c.Button{Text: T(v, "security.change")}.UI()}}.UI()),
		c.Section("devices", T(v, "nav.sessions"),
			c.LinkButton{Text: T(v, "title.sessions"), Href: Href(v, "sessions"), Kind: "secondary"}.UI()),
	}
}

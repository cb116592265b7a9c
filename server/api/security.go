package api

import (
	"net/http"
	"time"

	"mingjing"
)

// securityPage is how somebody logs in: the password, and a resident's passkeys.
var securityPage = page[mingjing.SecurityView]{
	name:      "security",
	outsideTx: true,
	get:       func(c *call) (mingjing.SecurityView, error) { return c.security() },
	endpoints: []endpoint{
		query[none, mingjing.SecurityView]{
			path: "/api/security", access: mingjing.Everyone,
			doc: apiDoc{id: "security", tag: tagSession, summary: "How one logs in", answer: "The current state."},
			get: func(c *call, _ none) (mingjing.SecurityView, error) { return c.security() },
		},
		action[passwordForm, passwordChanged]{
			path: "/api/password", access: mingjing.Everyone, errorPage: "security", do: changePassword,
			doc: apiDoc{id: "changePassword", tag: tagSession, summary: "Change one's own password",
				about: "The new password has 10 to 128 characters. It is none that was breached elsewhere, and not made of one's name, number " +
					"or of the city's name. The check asks no other server.",
				answer: "It is changed. The person's other sessions have ended; this one stays.", fails: []int{http.StatusTooManyRequests}},
			example: passwordForm{Password: "quiet-river-7719", NewPassword: "nine red lanterns sway"}, //nolint:gosec // nobody has these
		},
	},
}

func (c *call) security() (mingjing.SecurityView, error) {
	return mingjing.SecurityView{Fresh: c.actor().Fresh, Passkeys: []mingjing.Passkey{}}, nil
}

// passwordForm is the body of a new password.
type passwordForm struct {
	// Password is the current one.
	Password    string `json:"password" max:"1024" format:"password"`
	NewPassword string `json:"new_password" max:"1024" format:"password"`
}

// passwordChanged is the answer to a new password.
type passwordChanged struct {
	Changed bool `json:"changed"`
}

func changePassword(c *call, in passwordForm) (passwordChanged, redirect, error) {
	wrong := secret("password", in.Password)
	if wrong = append(wrong, secret("new_password", in.NewPassword)...); len(wrong) > 0 {
		return passwordChanged{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	token, err := c.s.Identity.ChangePassword(c.ctx(), c.token, in.Password, in.NewPassword, c.client())
	if err != nil {
		return passwordChanged{}, redirect{}, err
	}
	if err := c.continueSession(token); err != nil {
		return passwordChanged{}, redirect{}, err
	}
	return passwordChanged{true}, redirect{page: "security", done: "password_changed"}, nil
}

// continueSession gives the browser the token under which its session goes on.
func (c *call) continueSession(token string) error {
	who, err := c.s.Identity.Who(c.ctx(), token)
	if err != nil {
		return err
	}
	c.setCookie(token, max(1, int(time.Until(who.ExpiresAt).Seconds())))
	c.who, c.token = &who, token
	return nil
}

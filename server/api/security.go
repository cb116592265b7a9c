package api

import (
	"net/http"
	"time"

	"mingjing"
)

// securityPage is how somebody logs in: the password, and the passkeys.
var securityPage = page[mingjing.SecurityView]{
	name:      "security",
	outsideTx: true,
	get: func(c *call) (mingjing.SecurityView, error) {
		v, err := c.security()
		if ticket := c.in.get("ticket"); err == nil && ticket != "" && c.r.URL.Path == "/api/factor/confirm" { // its form is shown again
			v.NewFactor, err = c.newFactor(ticket)
		}
		return v, err
	},
	endpoints: append(factorEndpoints,
		query[none, mingjing.SecurityView]{
			path: "/api/security", access: mingjing.Everyone,
			doc: apiDoc{id: "security", tag: tagSession, summary: "How one logs in", answer: "The current state."},
			get: func(c *call, _ none) (mingjing.SecurityView, error) { return c.security() },
		},
		action[passwordForm, passwordChanged]{
			repeats: "a password is no part of anything that is stored; the old one is refused the second time",
			path:    "/api/password", access: mingjing.Everyone, errorPage: "security", do: changePassword,
			doc: apiDoc{id: "changePassword", tag: tagSession, summary: "Change one's own password",
				about: "The new password has 10 to 128 characters. It is none that was breached elsewhere, and not made of one's name, number " +
					"or of the city's name. The check asks no other server.",
				answer: "It is changed. The person's other sessions have ended; this one stays.", fails: []int{http.StatusTooManyRequests}},
			example: passwordForm{Password: "quiet-river-7719", NewPassword: "nine red lanterns sway"}, //nolint:gosec // nobody has these
		},
		action[none, mingjing.PasskeyQuestion]{
			repeats: "each question is a new one",
			path:    "/api/passkeys/question", access: mingjing.Everyone, errorPage: "security",
			doc: apiDoc{id: "newPasskey", tag: tagSession, summary: "Ask a browser to make a passkey",
				about: "It needs a fresh login. What the browser shows beside the passkey is the masked ID number, or the staff number. For staff " +
					"a passkey is a second factor, after the password.",
				answer: "The options of navigator.credentials.create.", fails: []int{http.StatusForbidden, http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.PasskeyQuestion, redirect, error) {
				who, err := c.s.casework.Register.Viewer(c.ctx(), c.actor())
				if err != nil {
					return mingjing.PasskeyQuestion{}, redirect{}, err
				}
				q, err := c.s.Identity.NewPasskeyQuestion(c.ctx(), c.token, c.pageOrigin(), who.IDMasked)
				return q, redirect{page: "security"}, err
			},
		},
		action[passkeyForm, passkeyAdded]{
			outside: true,
			path:    "/api/passkeys", access: mingjing.Everyone, status: http.StatusCreated, errorPage: "security",
			doc: apiDoc{id: "addPasskey", tag: tagSession, summary: "Add the passkey that a browser has made",
				answer: "It can be used at the next login.", fails: []int{http.StatusForbidden, http.StatusConflict}},
			example: passkeyForm{Ticket: "c2VhbGVk", Credential: `{"id":"x"}`}, //nolint:gosec // no secret
			do: func(c *call, in passkeyForm) (passkeyAdded, redirect, error) {
				err := c.s.Identity.AddPasskey(c.ctx(), c.token, c.pageOrigin(), in.Ticket, in.Credential, c.client())
				return passkeyAdded{true}, redirect{page: "security", done: "passkey_added"}, err
			},
		},
		action[noPasskeyForm, passkeyRemoved]{
			outside: true,
			path:    "/api/passkeys/remove", access: mingjing.Everyone, errorPage: "security",
			doc: apiDoc{id: "removePasskey", tag: tagSession, summary: "Remove a passkey", answer: "Nobody can log in with it any more.",
				fails: []int{http.StatusNotFound}},
			example: noPasskeyForm{ID: "AbCdEf"},
			do: func(c *call, in noPasskeyForm) (passkeyRemoved, redirect, error) {
				err := c.s.Identity.RemovePasskey(c.ctx(), c.token, in.ID, c.client())
				return passkeyRemoved{true}, redirect{page: "security", done: "passkey_removed"}, err
			},
		}),
}

// passkeyEndpoints are those of the login page for a login without a password.
var passkeyEndpoints = []endpoint{
	action[none, mingjing.PasskeyQuestion]{
		repeats: "each question is a new one",
		path:    "/api/passkey/question", access: mingjing.Anyone, errorPage: "login",
		doc: apiDoc{id: "askPasskey", tag: tagSession, summary: "Ask a browser for a passkey", about: "It is the same for everybody.",
			answer: "The options of navigator.credentials.get.",
			fails:  []int{http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests}},
		do: func(c *call, _ none) (mingjing.PasskeyQuestion, redirect, error) {
			q, err := c.s.Identity.PasskeyQuestion(c.ctx(), c.pageOrigin(), c.client())
			return q, redirect{page: "login"}, err
		},
	},
	action[passkeyLoginForm, me]{
		repeats: "each login is a session of its own",
		path:    "/api/passkey/login", access: mingjing.Anyone, errorPage: "login",
		doc: apiDoc{id: "passkeyLogin", tag: tagSession, summary: "Log a resident in by a passkey",
			answer: "Logged in; the session is in the cookie.",
			fails:  []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests}},
		example: passkeyLoginForm{Ticket: "c2VhbGVk", Credential: `{"id":"x"}`}, //nolint:gosec // no secret
		do: func(c *call, in passkeyLoginForm) (me, redirect, error) {
			token, err := c.s.Identity.PasskeyLogin(c.ctx(), c.pageOrigin(), in.Ticket, in.Credential, c.client())
			if err != nil {
				return me{}, redirect{}, err
			}
			return c.startSessionOf(token)
		},
	},
}

// pageOrigin returns the origin of the pages as the browser sees them.
func (c *call) pageOrigin() string {
	if c.s.origin != nil {
		return c.s.origin.Scheme + "://" + c.s.origin.Host
	}
	return "http://" + c.r.Host
}

// passkeyForm is the body of a new passkey.
type passkeyForm struct {
	// Ticket is that of the question.
	Ticket string `json:"ticket" min:"1" max:"4000"`
	// Credential is what the browser has made, as JSON of WebAuthn Level 3.
	Credential string `json:"credential" min:"1" max:"16384"`
}

// passkeyAdded is the answer to a new passkey.
type passkeyAdded struct {
	Added bool `json:"added"`
}

// noPasskeyForm is the body of the end of a passkey.
type noPasskeyForm struct {
	ID string `json:"passkey_id" min:"1" max:"100"`
}

// passkeyRemoved is the answer to the end of a passkey.
type passkeyRemoved struct {
	Removed bool `json:"removed"`
}

// passkeyLoginForm is the body of a login by a passkey.
type passkeyLoginForm struct {
	// Ticket is that of the question.
	Ticket string `json:"ticket" min:"1" max:"4000"`
	// Credential is what the browser answered, as JSON of WebAuthn Level 3.
	Credential string `json:"credential" min:"1" max:"16384"`
	// Next is where a form leads after the login: a path of a page that the role may
	// open, without its language. Anything else is ignored.
	Next string `json:"next,omitempty" max:"300"`
}

func (c *call) security() (mingjing.SecurityView, error) {
	v := mingjing.SecurityView{Fresh: c.actor().Fresh, Passkeys: []mingjing.Passkey{}}
	v.PasskeysOffered = c.s.Identity.PasskeysOffered(c.pageOrigin())
	keys, err := c.s.Identity.Passkeys(c.ctx(), c.token)
	v.Passkeys = append(v.Passkeys, keys...)
	if err == nil && c.actor().Role == mingjing.RoleResident {
		v.Factor, err = c.s.Identity.Factor(c.ctx(), c.token)
	}
	return v, err
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

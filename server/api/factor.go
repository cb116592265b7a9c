package api

import (
	"net/http"
	"net/url"

	"mingjing"
)

// factorEndpoints are those of the page of one's login for the second factor that a resident
// may choose.
var factorEndpoints = []endpoint{
	action[none, mingjing.SecurityView]{
		path: "/api/factor", access: mingjing.Residents, errorPage: "security",
		doc: apiDoc{id: "newFactor", tag: tagSession, summary: "Begin to set up an authenticator as a second factor",
			about: "It needs a fresh login. A resident who has a second factor is asked for it, besides the password, before they download all " +
				"data, leave, share, or change the password or the factor.",
			answer: "The secret for the authenticator, as new_factor. It is not the second factor before its first code.",
			fails:  []int{http.StatusForbidden}},
		do:    beginFactor,
		shows: func(out mingjing.SecurityView) any { return &out },
	},
	action[factorForm, factorSet]{
		path: "/api/factor/confirm", access: mingjing.Residents, errorPage: "security",
		doc: apiDoc{id: "addFactor", tag: tagSession, summary: "Finish it with the first code from the authenticator",
			answer: "The second factor is asked for from now on.", fails: []int{http.StatusForbidden, http.StatusConflict}},
		example: factorForm{Ticket: "c2VhbGVk", TOTP: "492039"},
		do: func(c *call, in factorForm) (factorSet, redirect, error) {
			err := c.s.Identity.AddFactor(c.ctx(), c.token, in.Ticket, in.TOTP, c.client())
			return factorSet{true}, redirect{page: "security", done: "factor_added"}, err
		},
	},
	action[none, factorSet]{
		path: "/api/factor/passkey", access: mingjing.Residents, errorPage: "security",
		doc: apiDoc{id: "askForPasskey", tag: tagSession, summary: "Have one's passkeys be the second factor",
			answer: "A passkey is asked for from now on.", fails: []int{http.StatusForbidden, http.StatusNotFound}},
		do: func(c *call, _ none) (factorSet, redirect, error) {
			err := c.s.Identity.AskForPasskey(c.ctx(), c.token, c.client())
			return factorSet{true}, redirect{page: "security", done: "factor_added"}, err
		},
	},
	action[none, factorSet]{
		path: "/api/factor/remove", access: mingjing.Residents, errorPage: "security",
		doc: apiDoc{id: "removeFactor", tag: tagSession, summary: "Have no second factor any more",
			about: "It needs a fresh login with the second factor. Passkeys stay for logins.", answer: "None is asked for any more.",
			fails: []int{http.StatusForbidden}},
		do: func(c *call, _ none) (factorSet, redirect, error) {
			err := c.s.Identity.RemoveFactor(c.ctx(), c.token, c.client())
			return factorSet{false}, redirect{page: "security", done: "factor_removed"}, err
		},
	},
}

// factorForm is the body of the first code from an authenticator.
type factorForm struct {
	// Ticket is that of the new factor. It is good for half an hour.
	Ticket string `json:"ticket" min:"1" max:"2000"`
	// TOTP is the six digits that the authenticator shows.
	TOTP string `json:"totp" min:"1" max:"64"`
}

// factorSet is the answer where a second factor was set or removed.
type factorSet struct {
	// On says that it is asked for.
	On bool `json:"on"`
}

func beginFactor(c *call, _ none) (mingjing.SecurityView, redirect, error) {
	ticket, _, err := c.s.Identity.BeginFactor(c.ctx(), c.token)
	if err != nil {
		return mingjing.SecurityView{}, redirect{}, err
	}
	v, err := c.security()
	if err == nil {
		v.NewFactor, err = c.newFactor(ticket)
	}
	return v, redirect{}, err
}

// newFactor returns what is shown of the authenticator of a ticket; nil where it is none.
func (c *call) newFactor(ticket string) (*mingjing.NewFactor, error) {
	secret := c.s.Identity.FactorSecret(ticket)
	if secret == "" {
		return nil, nil //nolint:nilnil // the page says that it is over
	}
	who, err := c.s.casework.Register.Viewer(c.ctx(), c.actor())
	if err != nil {
		return nil, err
	}
	qr, err := c.s.QR(authenticatorLink(who.IDMasked, secret))
	return &mingjing.NewFactor{Ticket: ticket, Secret: secret, QR: qr}, err
}

// authenticatorLink returns a secret as authenticators read it; name is what they show.
func authenticatorLink(name, secret string) string {
	const issuer = "Mingjing"
	return "otpauth://totp/" + issuer + ":" + url.PathEscape(name) + "?" + url.Values{"secret": {secret}, "issuer": {issuer}}.Encode()
}

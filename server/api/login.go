package api

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"mingjing"
)

var loginPage = page[none]{
	name: "login",
	fill: addExpiredProblem,
	endpoints: append(passkeyEndpoints,
		action[loginForm, me]{
			repeats: "each login is a session of its own",
			path:    "/api/login", access: mingjing.Anyone, errorPage: "login", do: login,
			doc: apiDoc{id: "login", tag: tagSession, summary: "Log a resident in",
				answer: "Logged in; the session is in the cookie.", fails: []int{http.StatusUnauthorized, http.StatusForbidden,
					http.StatusTooManyRequests}},
			example: loginForm{IDNumber: "11010519491231002X", Password: "quiet-river-7719"}, //nolint:gosec // nobody has this password
		},
		action[none, loggedOut]{
			repeats: "there is nobody any more whose key it could be",
			path:    "/api/logout", access: mingjing.Anyone, errorPage: "home", do: logout,
			doc: apiDoc{id: "logout", tag: tagSession, summary: "End this session", answer: "There is no session any more."},
		},
		query[none, me]{
			path: "/api/me", access: mingjing.Everyone, get: getMe,
			doc: apiDoc{id: "me", tag: tagSession, summary: "Who is logged in", answer: "Who is logged in."},
		}),
}

var staffLoginPage = page[none]{
	name: "staff-login",
	fill: addExpiredProblem,
	endpoints: []endpoint{
		action[staffLoginForm, me]{
			repeats: "each login is a session of its own",
			path:    "/api/staff/login", access: mingjing.Anyone, errorPage: "staff-login", do: staffLogin,
			doc: apiDoc{id: "staffLogin", tag: tagSession, summary: "Log a member of staff in",
				answer: "Logged in at AAL 2; the session is in the cookie.", fails: []int{http.StatusUnauthorized, http.StatusForbidden,
					http.StatusTooManyRequests}},
			example: staffLoginForm{Login: "h-1001", Password: "quiet-river-7719", TOTP: "492039"}, //nolint:gosec // nobody has this password
		},
	},
}

var activatePage = page[none]{
	name: "activate",
	endpoints: []endpoint{
		action[activateForm, me]{
			repeats: "the code works once",
			path:    "/api/activate", access: mingjing.Anyone, errorPage: "activate", do: activate,
			doc: apiDoc{id: "activate", tag: tagSession, summary: "Set a password with a one-time code",
				answer: "Activated and logged in; the resident's other sessions have ended.",
				fails:  []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}},
			//nolint:gosec // nobody has this password
			example: activateForm{IDNumber: "11010519491231002X", Code: "204481739265",
				NewPassword: "quiet-river-7719"},
		},
	},
}

var lockedPage = page[none]{
	name: "locked",
	endpoints: []endpoint{
		action[none, locked]{
			repeats: "there is nobody any more whose key it could be",
			path:    "/api/lock", access: mingjing.Anyone, errorPage: "locked", do: lock,
			doc: apiDoc{id: "lock", tag: tagSession, summary: "Lock the screen: end this session, but go on with push messages",
				answer: "This browser has no session any more."},
		},
	},
}

var confirmPage = page[mingjing.SecondFactor]{
	name:      "confirm",
	outsideTx: true,
	get:       func(c *call) (mingjing.SecondFactor, error) { return c.s.Identity.Factor(c.ctx(), c.token) },
	endpoints: []endpoint{
		action[confirmForm, confirmed]{
			repeats: "a password is no part of anything that is stored",
			path:    "/api/confirm", access: mingjing.Residents, errorPage: "confirm", do: confirm,
			doc: apiDoc{id: "confirm", tag: tagSession, summary: "Give the password again, which makes the login fresh",
				about:  "A resident who has chosen a second factor gives it too: a code of the authenticator, or the answer of a passkey.",
				answer: "The login is fresh. The session stays the same one, under another cookie.", fails: []int{http.StatusTooManyRequests}},
			example: confirmForm{Password: "quiet-river-7719"}, //nolint:gosec // nobody has this password
		},
	},
}

var sessionsPage = page[mingjing.SessionsView]{
	name:      "sessions",
	outsideTx: true,
	get: func(c *call) (mingjing.SessionsView, error) {
		out, err := c.s.Identity.Sessions(c.ctx(), c.token)
		return mingjing.SessionsView{Sessions: out}, err
	},
	endpoints: []endpoint{
		query[none, list[mingjing.Session]]{
			path: "/api/sessions", access: mingjing.Everyone,
			doc: apiDoc{id: "sessions", tag: tagSession, summary: "Where one is logged in", answer: "This session first, then the newest."},
			get: func(c *call, _ none) (list[mingjing.Session], error) {
				v, err := c.s.Identity.Sessions(c.ctx(), c.token)
				return items(v, ""), err
			},
		},
		action[none, stayed]{
			repeats: "it changes nothing that could be doubled",
			path:    "/api/sessions/stay", access: mingjing.Everyone, errorPage: "sessions",
			doc: apiDoc{id: "stay", tag: tagSession, summary: "Tell that somebody is at the screen, so that the session continues",
				answer: "It was noted."},
			do: func(c *call, _ none) (stayed, redirect, error) {
				return stayed{lockAfter(c.who)}, redirect{page: "sessions"}, nil
			},
		},
		action[lockAfterForm, lockAfterForm]{
			outside: true,
			path:    "/api/sessions/lock-after", access: mingjing.Residents, errorPage: "sessions",
			doc: apiDoc{id: "setLockAfter", tag: tagSession, summary: "Choose after how many minutes without use one's sessions end",
				answer: "It is chosen."},
			example: lockAfterForm{Minutes: 5},
			do: func(c *call, in lockAfterForm) (lockAfterForm, redirect, error) {
				err := c.s.Identity.SetLockAfter(c.ctx(), c.token, in.Minutes)
				return in, redirect{page: "sessions", done: "lock_after"}, err
			},
		},
		action[endForm, ended]{
			outside: true,
			path:    "/api/sessions/end", access: mingjing.Everyone, errorPage: "sessions", do: endSession,
			doc: apiDoc{id: "endSession", tag: tagSession, summary: "End one session", answer: "It has ended, and its live streams are closed.",
				fails: []int{http.StatusNotFound}},
			example: endForm{SessionID: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911"},
		},
		action[none, ended]{
			outside: true,
			path:    "/api/sessions/end-others", access: mingjing.Everyone, errorPage: "sessions", do: endOtherSessions,
			doc: apiDoc{id: "endOtherSessions", tag: tagSession, summary: "End every session but this one", answer: "They have ended."},
		},
		action[none, ended]{
			outside: true,
			path:    "/api/sessions/end-all", access: mingjing.Everyone, errorPage: "sessions", do: endAllSessions,
			doc: apiDoc{id: "endAllSessions", tag: tagSession, summary: "End every session, this one too, and all push messages",
				answer: "They have ended."},
		},
	},
}

// addExpiredProblem tells on the login page that the session has expired.
func addExpiredProblem(c *call, v *mingjing.View) {
	if c.r.URL.Query().Has("expired") {
		v.Problem = &mingjing.Problem{Status: http.StatusUnauthorized, Code: "session_expired"}
	}
}

// me is the answer about who is logged in.
type me struct {
	mingjing.Viewer
	// AAL is the assurance level of the session; staff need 2.
	AAL       int       `json:"aal"`
	ExpiresAt time.Time `json:"expires_at"`
}

func getMe(c *call, _ none) (me, error) {
	v, err := c.s.casework.Register.Viewer(c.ctx(), c.actor())
	v.LockAfter = lockAfter(c.who)
	return me{v, c.actor().AAL, c.who.ExpiresAt}, err
}

// lockAfter is after how many seconds without use a login ends.
func lockAfter(l *mingjing.Login) int { return int(l.IdleAfter.Seconds()) }

// idNumber parses the ID number of a form.
func (c *call) idNumber(text string) (mingjing.IDNumber, []mingjing.FieldError) {
	if strings.TrimSpace(text) == "" {
		return "", []mingjing.FieldError{{Field: "id_number", Code: "required"}}
	}
	n, err := mingjing.ParseIDNumber(text, c.s.casework.City.Now())
	if err != nil {
		return "", []mingjing.FieldError{{Field: "id_number", Code: err.Error()}}
	}
	return n, nil
}

// secret returns the error of a field that is required and never shown again.
func secret(name, v string) []mingjing.FieldError {
	switch {
	case v == "":
		return []mingjing.FieldError{{Field: name, Code: "required"}}
	case utf8.RuneCountInString(v) > 1024:
		return []mingjing.FieldError{{Field: name, Code: "too_long"}}
	}
	return nil
}

// loginForm is the body of a resident's login.
type loginForm struct {
	// IDNumber is the ID number as it is written: spaces, full-width characters and a
	// lower-case x are understood.
	IDNumber string `json:"id_number" min:"1"`
	Password string `json:"password" max:"1024" format:"password"`
	// Next is where a form leads after the login: a path of a page that the role may
	// open, without its language. Anything else is ignored.
	Next string `json:"next,omitempty" max:"300"`
}

func login(c *call, in loginForm) (me, redirect, error) {
	n, wrong := c.idNumber(in.IDNumber)
	if wrong = append(wrong, secret("password", in.Password)...); len(wrong) > 0 {
		return me{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	if c.format() != asJSON {
		return c.loginInTurn(n, in)
	}
	token, err := c.s.Identity.Login(c.ctx(), n, in.Password, c.client())
	if err != nil {
		return me{}, redirect{}, err
	}
	return c.startSessionOf(token)
}

// staffLoginForm is the body of the login of a member of staff.
type staffLoginForm struct {
	// Login is the staff number.
	Login    string `json:"login" min:"1"`
	Password string `json:"password" max:"1024" format:"password"`
	// TOTP is the six digits of the authenticator; each code works once.
	TOTP string `json:"totp,omitempty" max:"64"`
	// Ticket and Credential are in the place of a code: those of askPasskey, and what the
	// browser answered with a passkey of this member, as JSON of WebAuthn Level 3.
	Ticket     string `json:"ticket,omitempty" max:"4000"`
	Credential string `json:"credential,omitempty" max:"16384"`
	// Next is where a form leads after the login: a path of a page that the role may
	// open, without its language. Anything else is ignored.
	Next string `json:"next,omitempty" max:"300"`
}

func staffLogin(c *call, in staffLoginForm) (me, redirect, error) {
	wrong := secret("login", in.Login)
	wrong = append(wrong, secret("password", in.Password)...)
	if in.Credential == "" {
		wrong = append(wrong, secret("totp", in.TOTP)...)
	}
	if len(wrong) > 0 {
		return me{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	var (
		token string
		err   error
	)
	if in.Credential != "" {
		token, err = c.s.Identity.StaffLoginByKey(c.ctx(), strings.TrimSpace(in.Login), in.Password,
			mingjing.PasskeyAnswer{Origin: c.pageOrigin(), Ticket: in.Ticket, Credential: in.Credential}, c.client())
	} else {
		token, err = c.s.Identity.StaffLogin(c.ctx(), strings.TrimSpace(in.Login), in.Password,
			strings.ReplaceAll(in.TOTP, " ", ""), c.client())
	}
	if err != nil {
		return me{}, redirect{}, err
	}
	return c.startSessionOf(token)
}

// activateForm is the body of the activation of an account, which is done once.
type activateForm struct {
	// IDNumber is the ID number as it is written: spaces, full-width characters and a
	// lower-case x are understood.
	IDNumber string `json:"id_number" min:"1"`
	// Code has twelve digits.
	Code        string `json:"code" min:"1"`
	NewPassword string `json:"new_password" max:"1024" format:"password"`
}

func activate(c *call, in activateForm) (me, redirect, error) {
	n, wrong := c.idNumber(in.IDNumber)
	wrong = append(wrong, secret("code", in.Code)...)
	if wrong = append(wrong, secret("new_password", in.NewPassword)...); len(wrong) > 0 {
		return me{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	token, err := c.s.casework.Register.Activate(c.ctx(), n, in.Code, in.NewPassword, c.client())
	if err != nil {
		return me{}, redirect{}, err
	}
	out, to, err := c.startSessionOf(token)
	to.done = "activated"
	return out, to, err
}

// loggedOut is the answer to a logout.
type loggedOut struct {
	LoggedOut bool `json:"logged_out"`
}

func logout(c *call, _ none) (loggedOut, redirect, error) {
	if c.loginErr != nil && c.problem(c.loginErr).Status != http.StatusUnauthorized {
		return loggedOut{}, redirect{}, c.loginErr // the session goes on, so nobody is told that it ended
	}
	if c.token != "" {
		if err := c.s.Identity.Logout(c.ctx(), c.token); err != nil {
			return loggedOut{}, redirect{}, err
		}
	}
	return loggedOut{true}, c.afterLogout(), nil
}

// afterLogout removes the session from the browser and returns the home page.
func (c *call) afterLogout() redirect {
	c.who = nil
	c.clearBrowserData()
	return redirect{page: "home", done: "logged_out"}
}

// locked is the answer to a lock.
type locked struct {
	Locked bool `json:"locked"`
}

// lock ends the session so that the screen shows nothing. It never fails: where the
// session can't be ended now, this browser forgets it all the same, nobody else has it,
// and it ends because it is not used.
func lock(c *call, _ none) (locked, redirect, error) {
	if c.token != "" {
		if err := c.s.Identity.Lock(c.ctx(), c.token); err != nil {
			c.s.Logger.Warn("lock a screen", "id", c.id, "err", err)
		}
	}
	c.who = nil
	c.clearBrowserData()
	return locked{true}, redirect{page: "locked"}, nil
}

// confirmForm is the body of a confirmation: the password once more.
type confirmForm struct {
	Password string `json:"password" max:"1024" format:"password"`
	// TOTP is the six digits of the authenticator; each code works once.
	TOTP string `json:"totp,omitempty" max:"64"`
	// Ticket and Credential are in the place of a code: those of askPasskey, and what the
	// browser answered with a passkey of this resident, as JSON of WebAuthn Level 3.
	Ticket     string `json:"ticket,omitempty" max:"4000"`
	Credential string `json:"credential,omitempty" max:"16384"`
	// Next is where a form leads then: the path of a page, without its language.
	Next string `json:"next,omitempty" max:"300"`
}

// confirmed is the answer to a confirmation.
type confirmed struct {
	Confirmed bool `json:"confirmed"`
}

// confirm checks the password again. The session stays the same.
func confirm(c *call, in confirmForm) (confirmed, redirect, error) {
	if wrong := secret("password", in.Password); len(wrong) > 0 {
		return confirmed{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	token, err := c.s.Identity.Confirm(c.ctx(), c.token, in.Password, mingjing.FactorAnswer{Code: in.TOTP,
		Passkey: mingjing.PasskeyAnswer{Origin: c.pageOrigin(), Ticket: in.Ticket, Credential: in.Credential}}, c.client())
	if err != nil {
		return confirmed{}, redirect{}, err
	}
	if err := c.continueSession(token); err != nil {
		return confirmed{}, redirect{}, err
	}
	to, ok := c.nextPage()
	if !ok {
		to = redirect{page: landing(c.who.Actor.Role)}
	}
	to.done = "confirmed"
	return confirmed{true}, to, nil
}

// stayed is the answer to a page that tells that somebody is at the screen.
type stayed struct {
	// LockAfter is after how many seconds without use the session ends; 0 for never.
	LockAfter int `json:"lock_after"`
}

// lockAfterForm is the body of the choice after how many minutes without use one's
// sessions end.
type lockAfterForm struct {
	Minutes int `json:"minutes" enum:"2,5,15"`
}

// endForm is the body of the end of one session.
type endForm struct {
	SessionID string `json:"session_id"`
}

// ended is the answer where sessions have ended.
type ended struct {
	Ended bool `json:"ended"`
}

func endSession(c *call, in endForm) (ended, redirect, error) {
	if !wellFormedID(in.SessionID) {
		return ended{}, redirect{}, mingjing.NewError(mingjing.NotFound, "not_found")
	}
	if err := c.s.Identity.EndSession(c.ctx(), c.token, in.SessionID); err != nil {
		return ended{}, redirect{}, err
	}
	if in.SessionID == c.who.SessionID {
		return ended{true}, c.afterLogout(), nil
	}
	return ended{true}, redirect{page: "sessions", done: "session_ended"}, nil
}

func endOtherSessions(c *call, _ none) (ended, redirect, error) {
	err := c.endOthers(c.who.SessionID)
	return ended{true}, redirect{page: "sessions", done: "session_ended"}, err
}

// endAllSessions ends every session, the current one last.
func endAllSessions(c *call, _ none) (ended, redirect, error) {
	if err := c.endOthers(""); err != nil {
		return ended{}, redirect{}, err
	}
	if err := c.s.Identity.Logout(c.ctx(), c.token); err != nil {
		return ended{}, redirect{}, err
	}
	return ended{true}, c.afterLogout(), nil
}

// endOthers ends every session but the current one, and removes all devices for push
// messages but those of the session but, also those of sessions that ended long ago.
func (c *call) endOthers(but string) error {
	if err := c.s.Identity.EndOtherSessions(c.ctx(), c.token); err != nil {
		return err
	}
	if c.who.Actor.Role != mingjing.RoleResident {
		return nil
	}
	return c.s.casework.Notices.EndOtherDevices(c.ctx(), c.actor(), but)
}

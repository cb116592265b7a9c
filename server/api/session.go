package api

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mingjing"
)

// The cookies. With HTTPS their names make browsers insist on Secure, the
// whole host and no other origin's writing.
const (
	sessionCookie = "session"
	// deviceCookie is the name of the cookie by which a browser is known again at a
	// login. It says nothing about anybody.
	deviceCookie = "device"
	// deviceKept is for how long a browser is known after a login.
	deviceKept = 180 * 24 * time.Hour
)

// The codes of an identity service that is away: for who is not logged in, and for who is
// and stays so.
const (
	identityDown = "identity_down"
	sessionDown  = "session_down"
)

// cookie returns the name of the session cookie.
func (s *server) cookie() string { return s.cookieName(sessionCookie) }

func (s *server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// quietHeader is the header of requests that a page sends by itself, while perhaps
// nobody is at the screen. They are no use of the session, and make one entry a page
// and hour in the resident's own access log.
const quietHeader = "Mingjing-Quiet"

// quiet reports whether a page sent the request by itself. A request that changes
// something is never quiet.
func (c *call) quiet() bool { return c.readOnly() && c.r.Header.Get(quietHeader) != "" }

// markQuiet makes a request that a page sent by itself add no entry of its own to the
// access log. It is not for files: each file that is downloaded is an entry.
func (c *call) markQuiet() {
	if c.who != nil {
		c.who.Actor.Screen.Quiet = c.quiet()
	}
}

// clearBrowserData removes everything about a session from the browser: the cookie, and
// the pages that it stores for its back button. Its public files may be removed with
// them.
func (c *call) clearBrowserData() {
	c.setCookie("", -1)
	c.w.Header().Set("Clear-Site-Data", `"cache"`)
}

// identify finds out who sent the request. The cookie of an ended session is removed.
// If this fails, only pages that need a login fail: public pages are shown all the
// same.
func (c *call) identify() {
	k, err := c.r.Cookie(c.s.cookie())
	if err != nil || k.Value == "" {
		return
	}
	find := c.s.Identity.Use
	if c.quiet() || c.r.URL.Path == "/api/live" {
		find = c.s.Identity.Who
	}
	who, err := find(c.ctx(), k.Value)
	switch {
	case err == nil:
		c.who, c.token = &who, k.Value
		c.who.Actor.Screen = mingjing.Screen{Session: who.SessionID, Opened: who.AuthenticatedAt}
		c.actAs()
	case c.problem(err).Status == http.StatusUnauthorized:
		c.clearBrowserData()
		c.loginErr = err
	default:
		c.loginErr = err
		if c.problem(err).Code == identityDown {
			c.loginErr = mingjing.NewError(mingjing.Unavailable, sessionDown)
		}
	}
}

// setCookie sets the session cookie.
func (c *call) setCookie(token string, maxAge int) {
	c.putCookie(c.s.cookie(), token, maxAge, http.SameSiteLaxMode)
}

// putCookie sets a cookie that no script reads; the last call of a name for an answer counts.
// With a negative maxAge the cookie is removed.
func (c *call) putCookie(name, value string, maxAge int, site http.SameSite) {
	h := c.w.Header()
	h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(k string) bool { return strings.HasPrefix(k, name+"=") })
	//nolint:gosec // Secure wherever the public origin is https; plain HTTP is for one machine
	http.SetCookie(c.w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: c.s.secure, SameSite: site})
}

// rememberDevice makes the browser known to the person who has just logged in. Its error
// does not fail the login.
func (c *call) rememberDevice(token string) {
	client := c.client()
	next, err := c.s.Identity.SeenDevice(c.ctx(), token, client.Browser, client)
	if err != nil {
		c.s.Logger.Warn("remember a browser", "id", c.id, "err", err)
	}
	if err != nil || next == "" {
		return
	}
	c.putCookie(c.s.cookieName(deviceCookie), next, int(deviceKept.Seconds()), http.SameSiteStrictMode)
}

// admit returns an error unless the actor's role may use a route; casework checks the
// rest.
func (c *call) admit(access mingjing.Access) error {
	if access == mingjing.Anyone {
		return nil
	}
	if c.who == nil {
		if c.loginErr != nil {
			return c.loginErr
		}
		return mingjing.NewError(mingjing.Unauthenticated, "not_logged_in")
	}
	role := c.who.Actor.Role
	switch {
	case !allowsRole(role, access):
		return mingjing.NewError(mingjing.Forbidden, "forbidden")
	case role != mingjing.RoleResident && c.who.Actor.AAL < 2:
		return mingjing.NewError(mingjing.Forbidden, "aal2_required")
	}
	return c.mayAct()
}

// slowBody is the time from which on a request has taken long to arrive.
const slowBody = time.Second

// stillAdmitted is admit once more for a request that took long to arrive, or may have files: the
// session may have ended, or its person have another role, since it began.
func (c *call) stillAdmitted(access mingjing.Access, large bool) error {
	if c.who == nil || access == mingjing.Anyone || !large && time.Since(c.began) < slowBody {
		return nil
	}
	return c.stillThere()
}

// stillThere returns an error unless the session goes on and its person is the same.
func (c *call) stillThere() error {
	now, err := c.s.Identity.Who(c.ctx(), c.token)
	if err != nil {
		return err
	}
	if now.SessionID != c.who.SessionID || now.Actor.ID != cmp.Or(c.self, c.who.Actor.ID) || now.Actor.Role != c.who.Actor.Role {
		return mingjing.NewError(mingjing.Unauthenticated, "session_expired")
	}
	return nil
}

func allowsRole(role mingjing.Role, access mingjing.Access) bool {
	switch access {
	case mingjing.Residents:
		return role == mingjing.RoleResident
	case mingjing.Staff:
		return role.Staff()
	case mingjing.Agencies:
		return role == mingjing.RoleAgency
	case mingjing.Administrators:
		return role == mingjing.RoleAdministrator
	case mingjing.Overseers:
		return role == mingjing.RoleAdministrator || role == mingjing.RoleAuditor
	case mingjing.Machines:
		return false // machines are admitted by key and signature alone
	}
	return true
}

// startSession sets the session cookie and returns the page to which a login leads.
func (c *call) startSession(token string) (redirect, error) {
	who, err := c.s.Identity.Who(c.ctx(), token)
	if err != nil {
		c.endToken(token)
		return redirect{}, err
	}
	if c.token != "" && c.token != token { // the earlier session of the browser ends
		c.endToken(c.token)
	}
	c.setCookie(token, max(1, int(time.Until(who.ExpiresAt).Seconds())))
	c.who, c.token, c.loginErr = &who, token, nil
	c.rememberDevice(token)
	to, ok := c.nextPage()
	if !ok {
		to = redirect{page: landing(who.Actor.Role)}
	}
	to.done = "logged_in"
	return to, nil
}

// startSessionOf is startSession, and returns for JSON who is logged in too. A form leads
// to a page that says so, and to which the person comes even while it can't be read.
func (c *call) startSessionOf(token string) (out me, to redirect, err error) {
	if to, err = c.startSession(token); err == nil && c.format() == asJSON {
		out, err = getMe(c, none{})
	}
	return out, to, err
}

// endToken ends the session of a token.
func (c *call) endToken(token string) {
	if err := c.s.Identity.Logout(c.ctx(), token); err != nil {
		c.s.Logger.Warn("end a session", "id", c.id, "err", err)
	}
}

// landing returns the name of the first page after login.
func landing(role mingjing.Role) string {
	if role.Staff() {
		return "queue"
	}
	switch role {
	case mingjing.RoleAgency:
		return "agency-questions"
	case mingjing.RoleAdministrator:
		return "staff"
	}
	return "overview"
}

// maxNext is the limit of the address that is remembered over a login, in bytes.
const maxNext = 300

// redirectToLogin sends somebody to the login page who has to log in. The login page's
// address contains where they wanted to go; but not after a screen was left alone,
// since another person may come back to it.
func (c *call) redirectToLogin() {
	if c.loginErr != nil && c.problem(c.loginErr).Code == "session_idle" {
		c.seeOther(mingjing.Path(c.lang, "locked"))
		return
	}
	name := "login"
	for _, staff := range []string{"/" + c.lang + "/admin", "/api/admin/", "/" + c.lang + "/agency", "/api/agency/"} {
		if strings.HasPrefix(c.r.URL.Path, staff) {
			name = "staff-login"
		}
	}
	q := url.Values{}
	if next, ok := strings.CutPrefix(c.r.URL.EscapedPath(), "/"+c.lang+"/"); ok && c.readOnly() && next != "" {
		if c.r.URL.RawQuery != "" {
			next += "?" + c.r.URL.RawQuery
		}
		if len(next) <= maxNext {
			q.Set("next", next)
		}
	}
	if c.loginErr != nil {
		q.Set("expired", "1")
	}
	if c.r.URL.Path == incomingAt { // the file is not read before it is known whose it is
		q.Set("next", incoming.Page)
		q.Set("done", "share_again")
	}
	to := mingjing.Path(c.lang, name)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	c.seeOther(to)
}

// nextAsked returns where a login form leads: its own field, which the page fills from
// its address.
func (c *call) nextAsked() string { return c.in.get("next") }

// nextPage returns where somebody was going before they had to log in. The address is
// only ever parsed and then made again from our own routes.
func (c *call) nextPage() (redirect, bool) {
	next := c.nextAsked()
	if next == "" || len(next) > maxNext {
		return redirect{}, false
	}
	path, rawQuery, _ := strings.Cut(next, "?")
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return redirect{}, false
	}
	q.Del("done")
	for _, r := range mingjing.Routes {
		if r.Access == mingjing.Anyone || !allowsRole(c.who.Actor.Role, r.Access) {
			continue
		}
		if r.Path == path {
			return redirect{page: r.Name, query: q.Encode()}, true
		}
		prefix, _, hasID := strings.Cut(r.Path, "{id}")
		if id, found := strings.CutPrefix(path, prefix); hasID && found && wellFormedID(id) {
			return redirect{page: r.Name, id: id, query: q.Encode()}, true
		}
	}
	return redirect{}, false
}

func wellFormedID(id string) bool {
	return id != "" && len(id) <= 64 && strings.IndexFunc(id, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

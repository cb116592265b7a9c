package api

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"mingjing"
)

// The session cookie. With HTTPS its name makes browsers insist on Secure, the
// whole host and no other origin's writing.
const (
	plainCookie  = "session"
	secureCookie = "__Host-session"
)

func (s *server) cookie() string {
	if s.secure {
		return secureCookie
	}
	return plainCookie
}

// quietHeader is sent with what a page asks by itself, while perhaps nobody is
// there: it is no use of the session, and one line a page and hour in the resident's
// own access log.
const quietHeader = "Mingjing-Quiet"

// quiet reports whether a page asks by itself. Whatever changes something is never
// quiet.
func (c *call) quiet() bool { return c.readOnly() && c.r.Header.Get(quietHeader) != "" }

// watch lets what a page asks by itself be no line each in the access log. It is not
// for files: each one that is taken is a line.
func (c *call) watch() {
	if c.who != nil {
		c.who.Actor.Screen.Quiet = c.quiet()
	}
}

// forget leaves nothing of a session in the browser: neither the cookie nor what
// it keeps of pages for its back button. Its public files may go with them.
func (c *call) forget() {
	c.setCookie("", -1)
	c.w.Header().Set("Clear-Site-Data", `"cache"`)
}

// identify finds out who asks. A cookie that proves nothing any more is dropped.
// That it can't be found out now only matters to those who need to know: public
// pages are shown all the same.
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
	case c.problem(err).Status == http.StatusUnauthorized:
		c.forget()
		c.nobody = err
	default:
		c.nobody = err
	}
}

// setCookie sets the one cookie that there is; the last word of an answer counts.
func (c *call) setCookie(token string, maxAge int) {
	c.w.Header().Del("Set-Cookie")
	//nolint:gosec // Secure wherever the public origin is https; plain HTTP is for one machine
	http.SetCookie(c.w, &http.Cookie{Name: c.s.cookie(), Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: c.s.secure, SameSite: http.SameSiteLaxMode})
}

// admit lets only those pass who may use a route at all; casework decides the
// rest.
func (c *call) admit(access mingjing.Access) error {
	if access == mingjing.Anyone {
		return nil
	}
	if c.who == nil {
		if c.nobody != nil {
			return c.nobody
		}
		return mingjing.NewError(mingjing.Unauthenticated, "not_logged_in")
	}
	role := c.who.Actor.Role
	switch {
	case !may(role, access):
		return mingjing.NewError(mingjing.Forbidden, "forbidden")
	case role != mingjing.RoleResident && c.who.Actor.AAL < 2:
		return mingjing.NewError(mingjing.Forbidden, "aal2_required")
	}
	return nil
}

func may(role mingjing.Role, access mingjing.Access) bool {
	switch access {
	case mingjing.Residents:
		return role == mingjing.RoleResident
	case mingjing.Staff:
		return role.Staff()
	case mingjing.Agencies:
		return role == mingjing.RoleAgency
	case mingjing.Machines:
		return false // by key and signature alone
	}
	return true
}

// enter starts a session in the browser and says who it is.
func (c *call) enter(token string) (me, goal, error) {
	who, err := c.s.Identity.Who(c.ctx(), token)
	if err != nil {
		c.end(token)
		return me{}, goal{}, err
	}
	if c.token != "" && c.token != token { // the session that was there before ends
		c.end(c.token)
	}
	c.setCookie(token, max(1, int(time.Until(who.ExpiresAt).Seconds())))
	c.who, c.token, c.nobody = &who, token, nil
	to, ok := c.next()
	if !ok {
		to = goal{page: landing(who.Actor.Role)}
	}
	to.done = "logged_in"
	out, err := getMe(c, none{})
	return out, to, err
}

// end ends a session that nobody needs any more.
func (c *call) end(token string) {
	if err := c.s.Identity.Logout(c.ctx(), token); err != nil {
		c.s.Logger.Warn("end a session", "id", c.id, "err", err)
	}
}

// landing is the first page after login.
func landing(role mingjing.Role) string {
	if role.Staff() {
		return "queue"
	}
	if role == mingjing.RoleAgency {
		return "agency-questions"
	}
	return "overview"
}

// maxNext bounds the address that is remembered over a login, in bytes.
const maxNext = 300

// toLogin sends somebody to the login who must be known to go on. Where they
// wanted to go stands in the login page's own address; but not where a screen was
// left alone, since it may be another person who comes back to it.
func (c *call) toLogin() {
	if c.nobody != nil && c.problem(c.nobody).Code == "session_idle" {
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
	if c.nobody != nil {
		q.Set("expired", "1")
	}
	to := mingjing.Path(c.lang, name)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	c.seeOther(to)
}

// nextAsked is where a form of a login leads: its own field, which the page fills
// from its address.
func (c *call) nextAsked() string { return c.in.get("next") }

// next is where somebody was going before the login came between. It is only ever
// taken apart and put together again from our own routes.
func (c *call) next() (goal, bool) {
	next := c.nextAsked()
	if next == "" || len(next) > maxNext {
		return goal{}, false
	}
	path, rawQuery, _ := strings.Cut(next, "?")
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return goal{}, false
	}
	q.Del("done")
	for _, r := range mingjing.Routes {
		if r.Access == mingjing.Anyone || !may(c.who.Actor.Role, r.Access) {
			continue
		}
		if r.Path == path {
			return goal{page: r.Name, query: q.Encode()}, true
		}
		prefix, _, hasID := strings.Cut(r.Path, "{id}")
		if id, found := strings.CutPrefix(path, prefix); hasID && found && wellFormedID(id) {
			return goal{page: r.Name, id: id, query: q.Encode()}, true
		}
	}
	return goal{}, false
}

func wellFormedID(id string) bool {
	return id != "" && len(id) <= 64 && strings.IndexFunc(id, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

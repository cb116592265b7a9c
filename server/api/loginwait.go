package api

import (
	"net/http"
	"reflect"
	"strconv"

	"mingjing"
)

// waitCookie is the name of the cookie with the id of a login that waits for its turn.
const waitCookie = "login_wait"

// waitKept is for how many seconds the browser keeps it.
const waitKept = 15 * 60

// loginWaitPage says the place of a login that waits. It has no endpoints: each look at it asks
// for the turn.
var loginWaitPage = page[mingjing.LoginPlace]{name: "login-wait"}

// loginInTurn logs in by a form, or leads to the page on which the login waits.
func (c *call) loginInTurn(n mingjing.IDNumber, in loginForm) (me, redirect, error) {
	token, waits, err := c.s.Identity.LoginInTurn(c.ctx(), n, in.Password, in.Next, c.client())
	if err != nil {
		return me{}, redirect{}, err
	}
	if waits != "" {
		c.setWaitCookie(waits, waitKept)
		return me{}, redirect{page: "login-wait"}, nil
	}
	return c.startSessionOf(token)
}

// setWaitCookie sets the cookie of a login that waits, or removes it.
func (c *call) setWaitCookie(id string, maxAge int) {
	c.putCookie(c.s.cookieName(waitCookie), id, maxAge, http.SameSiteStrictMode)
}

// serveLoginWait answers with the place of a login that waits, which the browser asks for again
// after a time without any script. Once it has had its turn, it leads on as the form would have.
func (c *call) serveLoginWait(page screen) error {
	k, err := c.r.Cookie(c.s.cookieName(waitCookie))
	if err != nil {
		return c.showLoginWait(page, nil, nil)
	}
	w, err := c.s.Identity.AwaitLogin(c.ctx(), k.Value, c.client())
	c.in.values = map[string][]string{"id_number": {w.IDNumber}, "next": {w.Next}}
	switch {
	case err != nil && c.problem(err).Status == http.StatusServiceUnavailable: // it waits on
		return c.showLoginWait(page, &mingjing.LoginPlace{}, c.problem(err))
	case err != nil && c.problem(err).Status == http.StatusNotFound:
		c.setWaitCookie("", -1)
		return c.showLoginWait(page, nil, nil)
	case err != nil:
		c.setWaitCookie("", -1)
		return c.showFormErrors(reflect.TypeFor[loginForm](), mingjing.Anyone, "login", err)
	case w.Cookie == "":
		return c.showLoginWait(page, &w.LoginPlace, nil)
	}
	_, to, err := c.startSessionOf(w.Cookie)
	if err != nil {
		return err
	}
	c.setWaitCookie("", -1)
	c.redirectTo(to)
	return nil
}

// showLoginWait shows the page, and has the browser come again; a nil place is that no login
// waits.
func (c *call) showLoginWait(page screen, at *mingjing.LoginPlace, p *mingjing.Problem) error {
	v, err := c.readView(page, func(v *mingjing.View) {
		if v.Problem = p; at != nil {
			v.Data = at
		}
	})
	if err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case p != nil:
		status = p.Status
		c.sayRetryAfter(p)
		c.w.Header().Set("Refresh", retryAfter)
	case at != nil:
		c.w.Header().Set("Refresh", strconv.Itoa(at.Again))
	}
	c.send(status, v)
	return nil
}

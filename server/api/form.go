package api

import (
	"cmp"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"mingjing"
)

// useFormLanguage sets the language of the call to that of the form, and reports
// whether the form has one.
func (c *call) useFormLanguage() bool {
	for _, l := range mingjing.Languages {
		if c.in.get("lang") == l {
			c.lang = l
			return true
		}
	}
	return false
}

// redirectTo answers a form with a redirect.
func (c *call) redirectTo(to redirect) {
	path := mingjing.Path(c.lang, to.page, to.id)
	query := to.query
	if to.done != "" {
		if query != "" {
			query += "&"
		}
		query += "done=" + to.done
	}
	if query != "" {
		path += "?" + query
	}
	c.seeOther(path)
}

// showFormErrors shows the page of a form with the errors and with what was typed, or the
// form alone where the page can't be read now.
func (c *call) showFormErrors(form reflect.Type, access mingjing.Access, page string, failure error) error {
	p := c.problem(failure)
	c.refused = p
	if p.Status == http.StatusInternalServerError && away(p) && c.format() == asHTML {
		c.showUnsent(form, cmp.Or(c.errorPage, page), p)
		return nil
	}
	if p.Status == http.StatusUnauthorized && access != mingjing.Anyone || p.Status == http.StatusNotFound ||
		p.Status == http.StatusInternalServerError {
		return failure
	}
	if p.Code == staleCode {
		c.redirectToConfirm(cmp.Or(c.errorPage, page))
		return nil
	}
	rest := p.Code == keyUsedCode && p.Values["add"] != "" && c.offerRest(p) == nil
	again := cmp.Or(c.errorPage, page)
	v, err := c.readView(c.s.pages[again], func(v *mingjing.View) {
		v.Problem, v.Path = p, c.formPath(again)
		if rest {
			return
		}
		v.Form = c.typedIn(func(name, value string) bool { return !secretField(name, value) || c.mayRetype(name) })
	})
	if err != nil && c.format() == asHTML {
		if now := c.problem(err); away(now) {
			c.showUnsent(form, again, now)
			return nil
		}
	}
	if err != nil {
		return failure // the page can't be shown, so the error is
	}
	c.sayRetryAfter(p)
	c.send(p.Status, v)
	return nil
}

// mayRetype reports whether a field that is otherwise never sent back is sent back all
// the same: the ID number of somebody who could not log in, so that they need not type it
// again.
func (c *call) mayRetype(name string) bool { return name == "id_number" && c.who == nil }

// formPath returns the path, after the language, of the page of a form.
func (c *call) formPath(name string) string {
	if p, ok := c.draftSent(); ok && p.page.page == name {
		return p.Page
	}
	path := ""
	for _, r := range mingjing.Routes {
		if r.Name == name {
			path = strings.Replace(r.Path, "{id}", url.PathEscape(c.r.PathValue("id")), 1)
		}
	}
	q := url.Values{}
	switch name {
	case "new-dispute":
		for _, what := range []string{"record", "listing"} {
			if id := c.in.get(what + "_id"); id != "" {
				q.Set(what, id)
			}
		}
		if id := c.in.get("previous"); id != "" {
			q = url.Values{"previous": {id}}
		}
	case "login", "staff-login", "confirm": // a wrong password must not lose where the person was going
		if next := c.nextAsked(); next != "" && len(next) <= maxNext {
			q.Set("next", next)
		}
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// secretField reports whether a field is never sent back to the browser. A staff number
// is sent back, unless what was typed into its field is too long to be one.
func secretField(name, value string) bool {
	switch name {
	case "password", "new_password", "code", "email_code", "totp", "ticket", "key_ticket", "credential", "id_number",
		"endpoint", "p256dh", "auth":
		return true
	case "login":
		return len(value) > 12
	}
	return false
}

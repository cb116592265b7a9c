package api

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"mingjing"
)

// spoken takes the language that a form was sent in, if it is one that there is.
func (c *call) spoken() bool {
	for _, l := range mingjing.Languages {
		if c.in.get("lang") == l {
			c.lang = l
			return true
		}
	}
	return false
}

// goTo answers a form with the page that it goes to.
func (c *call) goTo(to goal) {
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

// showAgain shows a form again with what was wrong and what was typed.
func (c *call) showAgain(access mingjing.Access, page string, failure error) error {
	p := c.problem(failure)
	if p.Status == http.StatusUnauthorized && access != mingjing.Anyone || p.Status == http.StatusNotFound ||
		p.Status == http.StatusInternalServerError {
		return failure
	}
	if p.Code == staleCode {
		c.toConfirm(cmp.Or(c.again, page))
		return nil
	}
	again := cmp.Or(c.again, page)
	v, err := c.look(c.s.pages[again], func(v *mingjing.View) {
		v.Problem, v.Path = p, c.pathAgain(again)
		v.Form = map[string]string{}
		for name, values := range c.in.values {
			if len(values) > 0 && len(name) < 100 && !secretField(name, values[0]) {
				v.Form[name] = values[0]
			}
		}
		if v.Form["fields"] != "" { // several may be chosen
			v.Form["fields"] = strings.Join(c.in.values["fields"], " ")
		}
		for i, id := range c.in.values["evidence_id"] { // each answer under its own name
			if answers := c.in.values["evidence_answer"]; i < len(answers) && len(id) < 100 {
				v.Form["evidence_answer_"+id] = answers[i]
			}
		}
	})
	if err != nil {
		return failure // the page itself can't be shown; the error can
	}
	if p.Status == http.StatusTooManyRequests && p.Values["seconds"] != "" {
		c.w.Header().Set("Retry-After", p.Values["seconds"])
	}
	c.send(p.Status, v)
	return nil
}

// pathAgain is the address, after the language, at which the page of a form is
// found when it is asked for again.
func (c *call) pathAgain(name string) string {
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
	case "login", "staff-login", "confirm": // where they were going is not forgotten over a wrong password
		if next := c.nextAsked(); next != "" && len(next) <= maxNext {
			q.Set("next", next)
		}
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// secretField says what is never sent back in a form that is shown again. A staff
// number is, unless what was typed into its field is too long to be one.
func secretField(name, value string) bool {
	switch name {
	case "password", "new_password", "code", "email_code", "totp", "id_number", "endpoint", "p256dh", "auth":
		return true
	case "login":
		return len(value) > 12
	}
	return false
}

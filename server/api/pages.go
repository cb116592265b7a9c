package api

import (
	"net/http"

	"mingjing"
)

// view begins a page. Up to which event it is true is read before its data: an
// event in between is heard again, and not missed.
func (c *call) view(name string) (*mingjing.View, error) {
	v := &mingjing.View{Page: name}
	if c.who == nil {
		return v, nil
	}
	var err error
	v.Seq, err = c.s.casework.LastEvent(c.ctx(), c.actor())
	return v, err
}

// servePage answers a page to whoever may open it.
func (c *call) servePage(r mingjing.Route, page screen) error {
	if err := c.admit(r.Access); err != nil {
		return err
	}
	switch r.Name {
	case "login", "staff-login":
		if c.who != nil {
			c.seeOther(mingjing.Path(c.lang, landing(c.who.Actor.Role)))
			return nil
		}
	case "offline", "locked":
		c.who = nil // it is kept by browsers, or shown to whoever comes, and so nobody's
	}
	v, err := c.view(r.Name)
	if err != nil {
		return err
	}
	if err := page.build(c, v); err != nil {
		return err
	}
	c.show(http.StatusOK, v)
	return nil
}

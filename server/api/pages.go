package api

import (
	"context"
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
	c.watch()
	switch r.Name {
	case "login", "staff-login":
		if c.who != nil {
			c.seeOther(mingjing.Path(c.lang, landing(c.who.Actor.Role)))
			return nil
		}
	case "offline", "locked":
		c.who = nil // it is kept by browsers, or shown to whoever comes, and so nobody's
	}
	v, err := c.look(page, nil)
	if err != nil {
		return err
	}
	c.send(http.StatusOK, v)
	return nil
}

// look reads all that a page shows, who looks at it included, in one transaction.
// then, which may be nil, adds what the page has besides its own data.
func (c *call) look(page screen, then func(v *mingjing.View)) (*mingjing.View, error) {
	v := &mingjing.View{}
	var early any // what is read before
	read := func() (err error) {
		if v, err = c.view(page.route()); err != nil {
			return err
		}
		if page.apart() {
			v.Data = early
			return nil
		}
		return page.build(c, v)
	}
	finish := func() error {
		if then != nil {
			then(v)
		}
		return c.complete(v)
	}
	if page.apart() {
		if err := page.build(c, v); err != nil {
			return nil, err
		}
		early = v.Data
	}
	if c.who == nil { // then it is one read at most, and often none
		if err := read(); err != nil {
			return nil, err
		}
		return v, finish()
	}
	defer func() { c.within = nil }()
	err := c.s.Together(c.ctx(), func(ctx context.Context) error {
		c.within = ctx
		if err := read(); err != nil {
			return err
		}
		return finish()
	})
	return v, err
}

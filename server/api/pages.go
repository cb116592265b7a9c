package api

import (
	"context"
	"net/http"

	"mingjing"
)

// newView returns the view of a page without its data. Its sequence number is read
// before the data: an event in between is delivered again, and not missed.
func (c *call) newView(name string) (*mingjing.View, error) {
	v := &mingjing.View{Page: name}
	if c.who == nil {
		return v, nil
	}
	var err error
	v.Seq, err = c.s.casework.LastEvent(c.ctx(), c.actor())
	return v, err
}

// servePage answers with a page if the person may open it.
func (c *call) servePage(r mingjing.Route, page screen) error {
	if err := c.admit(r.Access); err != nil {
		return err
	}
	c.markQuiet()
	switch r.Name {
	case "login", "staff-login":
		if c.who != nil {
			c.seeOther(mingjing.Path(c.lang, landing(c.who.Actor.Role)))
			return nil
		}
	case "login-wait":
		return c.serveLoginWait(page)
	case "offline", "locked":
		c.who = nil // browsers store these pages, or show them to anybody, so they name nobody
	}
	if err := c.mayRead(false); err != nil {
		return err
	}
	v, err := c.readView(page, nil)
	if r.Access == mingjing.Anyone && c.who != nil && mingjing.AwayCode(err) != "" {
		c.who = nil // who is logged in can't be read, and the page needs nobody
		v, err = c.readView(page, nil)
	}
	if err != nil {
		return err
	}
	c.send(http.StatusOK, v)
	return nil
}

// readView reads all that a page shows, the viewer included, in one transaction. then,
// which may be nil, adds what the page has besides its own data.
func (c *call) readView(page screen, then func(v *mingjing.View)) (*mingjing.View, error) {
	v := &mingjing.View{}
	var early any // read before the transaction
	read := func() (err error) {
		if v, err = c.newView(page.route()); err != nil {
			return err
		}
		if page.readsOutsideTx() {
			v.Data = early
			return nil
		}
		return page.build(c, v)
	}
	finish := func() error {
		if then != nil {
			then(v)
		}
		if err := c.addViewer(v); err != nil {
			return err
		}
		return c.addDrafts(v)
	}
	if page.readsOutsideTx() {
		if err := page.build(c, v); err != nil {
			return nil, err
		}
		early = v.Data
	}
	if c.who == nil { // without a viewer there is one read at most
		if err := read(); err != nil {
			return nil, err
		}
		return v, finish()
	}
	defer func() { c.txCtx = nil }()
	err := c.s.Together(c.ctx(), func(ctx context.Context) error {
		c.txCtx = ctx
		if err := read(); err != nil {
			return err
		}
		return finish()
	})
	return v, err
}

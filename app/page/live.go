package page

import (
	"context"
	"time"

	"mingjing"
	"mingjing/app/client"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// listen opens the live stream of the person who is logged in.
func (h *Host) listen() {
	if h.v.Who == nil {
		return
	}
	stream, err := client.NewStream(h.v.Seq,
		func(mingjing.Event) { h.ctx.Dispatch(func(app.Context) { h.receiveEvents() }) },
		func(s client.State, tries int) { h.ctx.Dispatch(func(app.Context) { h.connection(s, tries) }) })
	if err == nil {
		h.stream = stream
	}
}

// connection handles a new state of the live stream.
func (h *Host) connection(s client.State, tries int) {
	switch s {
	case client.Ended:
		// A log-out or a lock on this page has ended it; they leave the page by
		// themselves.
		if !h.leaving && !app.Window().Get("mingjingLocked").Truthy() {
			app.Window().Get("location").Call("reload")
		}
	case client.Offline:
		h.troubled, h.notice = true, "conn.offline"
	case client.Connecting:
		// A short interruption is not shown.
		if tries >= 2 && !h.busy {
			h.troubled, h.notice = true, "conn.reconnecting"
		}
		// Perhaps the session has ended, which a refused stream can't tell.
		if tries >= 3 && time.Since(h.checkedAt) > checkEvery {
			h.checkedAt = time.Now()
			h.refresh()
		}
	case client.Live:
		if h.troubled {
			h.troubled = false
			h.notice = "conn.live"
			h.ctx.After(showConnected, func(app.Context) {
				if h.notice == "conn.live" {
					h.notice = ""
				}
			})
			if h.owed != "" {
				h.online()
			}
		}
	}
}

// online is called when the device has a network again.
func (h *Host) online() {
	switch {
	case h.owed != "":
		address := h.owed
		h.owed = ""
		h.open(address, false)
	case h.notice == "conn.offline" && h.stream == nil:
		h.notice = ""
	}
}

// receiveEvents handles that something has changed. It does not disturb somebody who is
// typing.
func (h *Host) receiveEvents() {
	switch {
	case h.v.Who == nil:
	case hiddenPage():
		h.waiting = true
	case h.dirty || h.v.Problem != nil:
		h.news = true
	default:
		h.refresh()
	}
}

func (h *Host) showNews(app.Context, app.Event) {
	h.news = false
	h.reread(true)
}

func (h *Host) refresh() { h.reread(false) }

// reread fetches the view again and updates the page in place: one at a time, and
// not more often than every refreshEvery.
func (h *Host) reread(asked bool) {
	if h.refreshing {
		h.again = true
		return
	}
	h.refreshing, h.again = true, false
	turn, leaf, at := h.turn, h.pageNumber, h.at
	go func() {
		start, pause := time.Now(), refreshEvery
		ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
		v, final, err := client.PeekView(ctx, at)
		cancel()
		if err == nil && away(v) {
			pause = awayEvery
		}
		h.ctx.Dispatch(func(app.Context) {
			switch {
			case err != nil || turn != h.turn:
			case away(v): // what is shown stays until it can be read again
				h.again = true
			case leaf != h.pageNumber: // the person has opened another page meanwhile
				h.again = true
			default:
				h.renew(v, final, asked)
			}
		})
		// It is too early for the next one; changes until then are read together.
		time.Sleep(max(0, pause-time.Since(start)))
		h.ctx.Dispatch(func(app.Context) {
			h.refreshing = false
			if h.again {
				h.again = false
				h.receiveEvents()
			}
		})
	}()
}

// awayEvery is how long a page that could not be read is left before it is read again.
const awayEvery = 10 * time.Second

// away reports whether a view is the page that says that the server can't read its data
// just now.
func away(v *mingjing.View) bool {
	return v.Page == "error" && v.Problem != nil && v.Problem.Status == 503
}

// onceShown reports whether the page shows something that can't be read again: a new
// link, or a one-time code.
func onceShown(v *mingjing.View) bool {
	shown, ok := v.Data.(interface{ ShownOnce() bool })
	return ok && shown.ShownOnce()
}

// renew updates the page in place with a view that the person did not ask for.
func (h *Host) renew(v *mingjing.View, final string, asked bool) {
	switch {
	case h.foreign(v):
		load(final)
	case onceShown(h.v): // only the frame around it is updated
		kept := *h.v
		kept.Who, kept.Seq = v.Who, v.Seq
		h.show(&kept)
	case v.Page != h.v.Page:
		h.showResponse(v, final, final, false)
	case h.dirty && !asked:
		h.news = true // typing began meanwhile
	default:
		if v.Done = h.v.Done; v.Now.Sub(h.since) > doneStays {
			v.Done = ""
		}
		dirty := h.dirty
		v.FormKey = h.v.FormKey // a form may be on its way, and be sent again
		h.show(v)
		h.dirty = dirty
	}
}

func onLine() bool { return app.Window().Get("navigator").Get("onLine").Bool() }

func hiddenPage() bool { return app.Window().Get("document").Get("hidden").Bool() }

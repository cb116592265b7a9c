package page

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"mingjing"
	"mingjing/app/client"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// click opens links to pages of the app in place.
func (h *Host) click(e app.Value) {
	target := e.Get("target")
	foldMenus(target)
	if e.Get("defaultPrevented").Bool() || e.Get("button").Int() != 0 || e.Get("metaKey").Bool() ||
		e.Get("ctrlKey").Bool() || e.Get("shiftKey").Bool() || e.Get("altKey").Bool() {
		return
	}
	a := target.Call("closest", "a[href]")
	if !a.Truthy() || a.Call("closest", "[data-full]").Truthy() || a.Call("hasAttribute", "download").Bool() ||
		a.Get("target").String() != "" || a.Get("href").Type() != app.TypeString {
		return
	}
	to := a.Get("href").String()
	at, fragment, ok := h.inside(to)
	if !ok {
		return
	}
	if fragment != "" && at == h.at {
		// A link of the error summary leads to the field itself.
		if field := app.Window().GetElementByID(fragment); field.Truthy() && a.Call("closest", "#error-summary").Truthy() {
			e.Call("preventDefault")
			field.Call("focus")
			field.Call("scrollIntoView", map[string]any{"block": "center"})
		}
		return
	}
	e.Call("preventDefault")
	if history := app.Window().Get("history"); h.from == at && a.Call("closest", ".back").Truthy() {
		history.Call("back") // to where one was on that page
		return
	}
	h.open(to, true)
}

// foldMenus closes the menus outside of which somebody clicked.
func foldMenus(target app.Value) {
	forEach(app.Window().Get("document").JSValue(), "details[data-menu][open]", func(_ int, menu app.Value) {
		if !menu.Call("contains", target).Bool() {
			menu.Set("open", false)
		}
	})
}

func (h *Host) key(e app.Value) {
	if key := e.Get("key"); key.Type() != app.TypeString || key.String() != "Escape" {
		return
	}
	forEach(app.Window().Get("document"), "details[data-menu][open]", func(_ int, menu app.Value) {
		within := menu.Call("contains", app.Window().Get("document").Get("activeElement")).Bool()
		menu.Set("open", false)
		if summary := menu.Call("querySelector", "summary"); within && summary.Truthy() {
			summary.Call("focus")
		}
	})
}

// inside reports whether an address is a page of this program in this language, and
// returns its path with query, and its fragment. Any other address is loaded as a new
// page.
func (h *Host) inside(address string) (at, fragment string, ok bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", false
	}
	location := app.Window().Get("location")
	if u.Scheme+":" != location.Get("protocol").String() || u.Host != location.Get("host").String() {
		return "", "", false
	}
	at = u.EscapedPath()
	if u.RawQuery != "" {
		at += "?" + u.RawQuery
	}
	return at, u.Fragment, strings.HasPrefix(u.Path, "/"+h.v.Lang+"/") && Known(mingjing.PageAt(u.Path))
}

func viewPath(v *mingjing.View) string { return "/" + v.Lang + "/" + strings.TrimPrefix(v.Path, "/") }

// begin starts something that the person asked for, and cancels what was running.
func (h *Host) begin(timeout time.Duration) (context.Context, int) {
	if h.cancel != nil {
		h.cancel()
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	h.cancel = cancel
	h.turn++
	return ctx, h.turn
}

// open shows another page. push says that the back button leads from it to the current
// one.
func (h *Host) open(address string, push bool) {
	if push {
		h.saveScroll()
	}
	ctx, turn := h.begin(openTimeout)
	h.ctx.Dispatch(func(ctx app.Context) {
		h.busy = true
		ctx.After(saySlow, func(app.Context) {
			if turn == h.turn && h.busy {
				h.notice = "conn.loading"
			}
		})
	})
	go func() {
		v, final, err := client.GetView(ctx, address)
		h.ctx.Dispatch(func(app.Context) {
			if turn != h.turn {
				return
			}
			h.cancel()
			h.busy, h.notice, h.owed = false, "", ""
			var failed *client.Error
			switch {
			case err == nil:
				h.showResponse(v, final, address, push)
			case errors.As(err, &failed) && failed.Offline:
				h.notice = "conn.unavailable"
				if !onLine() {
					h.notice = "conn.offline"
				}
				h.owed = address
			default:
				load(address)
			}
		})
	}()
}

// showResponse shows a view that the person asked for.
func (h *Host) showResponse(v *mingjing.View, final, asked string, push bool) {
	if h.foreign(v) {
		load(final)
		return
	}
	at, _, ok := h.inside(final)
	if !ok {
		at = h.at // a form with errors keeps its address
		if h.v.Page != v.Page {
			at = viewPath(v)
		}
	}
	_, fragment, _ := h.inside(asked)
	history := app.Window().Get("history")
	switch to := at + withHash(fragment); {
	case push && at != h.at:
		h.from = h.at
		history.Call("pushState", map[string]any{"from": h.from}, "", to)
	default:
		history.Call("replaceState", history.Get("state"), "", to)
	}
	var y float64
	if state := history.Get("state"); !push && state.Truthy() {
		if h.from = ""; state.Get("from").Type() == app.TypeString {
			h.from = state.Get("from").String()
		}
		if state.Get("y").Type() == app.TypeNumber {
			y = state.Get("y").Float()
		}
	}
	h.at, h.since = at, v.Now
	h.pageNumber++
	h.show(v)
	h.ctx.Defer(func(app.Context) { settle(fragment, y) })
}

func withHash(fragment string) string {
	if fragment == "" {
		return ""
	}
	return "#" + fragment
}

// show makes v the view; it is called on the goroutine that renders.
func (h *Host) show(v *mingjing.View) {
	h.v, h.dirty, h.news = v, false, false
	if h.stream != nil {
		h.stream.Seen(v.Seq)
	}
	app.Window().Get("document").Set("title", Title(v))
	h.badge()
}

// badge shows the number of unread notices on the icon of the installed app.
func (h *Host) badge() {
	if navigator := app.Window().Get("navigator"); h.v.Who != nil && navigator.Get("setAppBadge").Truthy() {
		navigator.Call("setAppBadge", h.v.Who.Unread)
	}
}

// rebuild makes the page anew, with what the person has done to it: a translator, or
// another program, has put nodes of its own in the place of ours, so that what we write
// would not be seen.
func (h *Host) rebuild() {
	root := app.Window().GetElementByID("root")
	if h.rebuilding || !root.Truthy() { // a page that was locked is empty
		return
	}
	h.rebuilding = true
	took := takeSnapshot(root)
	h.pageNumber++
	h.ctx.Defer(func(app.Context) {
		h.rebuilding = false
		if root := app.Window().GetElementByID("root"); root.Truthy() && took.restore(root) {
			h.dirty = true
		}
	})
}

// foreign reports whether a view is for another person, in another language or of a
// page that this program lacks: then it is loaded as a new page.
func (h *Host) foreign(v *mingjing.View) bool {
	if !Known(v.Page) || v.Lang != h.v.Lang || (v.Who == nil) != (h.v.Who == nil) {
		return true
	}
	return v.Who != nil && (v.Who.IDMasked != h.v.Who.IDMasked || v.Who.Role != h.v.Who.Role)
}

// settle moves the focus to what the person should read first, and scrolls.
func settle(fragment string, y float64) {
	w := app.Window()
	if fragment != "" {
		if e := w.GetElementByID(fragment); e.Truthy() {
			e.Call("scrollIntoView")
			return
		}
	}
	target := w.GetElementByID("error-summary")
	if target.Truthy() {
		target.Call("focus")
		return
	}
	if target = w.Get("document").Call("querySelector", "#root h1"); target.Truthy() {
		if !target.Call("hasAttribute", "tabindex").Bool() {
			target.Call("setAttribute", "tabindex", "-1")
		}
		target.Call("focus", map[string]any{"preventScroll": true})
	}
	scrollTo(0, y)
}

// keepScroll makes the host restore scroll positions, since the page of the back button
// has to be fetched first; on a reload the browser does it.
func (h *Host) keepScroll() {
	w := app.Window()
	history := w.Get("history")
	history.Set("scrollRestoration", "manual")
	w.Call("addEventListener", "pagehide", app.FuncOf(func(app.Value, []app.Value) any {
		h.saveScroll()
		history.Set("scrollRestoration", "auto")
		return nil
	}))
}

func (h *Host) saveScroll() {
	w := app.Window()
	w.Get("history").Call("replaceState", map[string]any{"y": w.Get("scrollY").Float(), "from": h.from}, "")
}

// load opens an address as a new page.
func load(address string) { app.Window().Get("location").Call("assign", address) }

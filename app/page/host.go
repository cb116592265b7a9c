package page

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/app/client"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// islandID is the element that holds the page's view as JSON.
const islandID = "view"

const (
	openTimeout   = 30 * time.Second
	sendTimeout   = 5 * time.Minute // ten files of 10 MiB on a slow network
	refreshEvery  = 500 * time.Millisecond
	doneStays     = 10 * time.Second // how long a page shows what was done
	checkEvery    = 20 * time.Second // how often the session is checked while there is no stream
	updateEvery   = time.Hour
	showConnected = 4 * time.Second
	saySlow       = 700 * time.Millisecond
)

// Render returns the HTML of a view, the same as the browser's own tree: the root
// element with the page and the empty banner for the state of the connection.
func Render(v *mingjing.View) string {
	return c.WithFormKey(tidy(app.HTMLString(&Host{v: v})), v.FormKey)
}

// A Host shows the pages of the app in the browser: it is the one component of
// every route. It takes over the page that the server rendered, without losing
// what was typed, fetches further pages as views, sends forms, and keeps the page
// up to date from the live stream. Login, log-out, the change of language and
// whatever the server answers with something else than a view are loads of a
// whole page.
//
// It does its own navigation. That of go-app swallows a link to where it last
// was, whatever happened since, and knows neither modified clicks nor forms.
type Host struct {
	app.Compo

	v          *mingjing.View
	since      time.Time // when the page was opened, by the server's time
	pageNumber int       // the number of the page; another page is rendered anew and inherits no field
	ctx        app.Context

	at     string // path and query of the page
	from   string // those of the page before it, to which Back leads; "" where it is none of ours
	turn   int    // counts what the person does, so that late answers are dropped
	cancel context.CancelFunc
	busy   bool   // a page is being fetched or a form sent
	notice string // i18n key of the banner, or empty
	owed   string // address that could not be opened because the device is offline

	dirty      bool // a field has a change that was not sent
	news       bool // there is something new that would disturb what is being typed
	refreshing bool
	again      bool
	waiting    bool // there is something new, but the page is hidden

	rebuilding bool // the page is being made anew

	stream    *client.Stream
	troubled  bool
	leaving   bool // a form was sent whose answer is another page
	checkedAt time.Time

	update      bool
	updating    bool
	installable bool
	registered  app.Value
}

// A currentPage is the page that is shown. One with another Number is rendered anew;
// one with the same is updated in place, so that fields keep what was typed.
type currentPage struct {
	app.Compo

	View   *mingjing.View
	Number int
}

// CompoID returns an id that is the same while the page is the same.
func (s *currentPage) CompoID() string { return s.View.Page + "/" + strconv.Itoa(s.Number) }

// Render returns the page.
func (s *currentPage) Render() app.UI {
	if app.IsClient {
		c.FormKey = s.View.FormKey
	}
	return Body(s.View)
}

// OnInit reads the view that the server put into the page.
func (h *Host) OnInit() {
	if app.IsServer {
		return
	}
	w := app.Window()
	v := &mingjing.View{}
	if err := json.Unmarshal([]byte(w.GetElementByID(islandID).Get("textContent").String()), v); err != nil {
		panic("page: reading the view in the page: " + err.Error())
	}
	h.v, h.since = v, v.Now
}

// OnReplace is called right before the host replaces what the server rendered
// (web/trim.go). It notes what the person has done to the page so far, and returns a
// function that does the same to the new page.
func (h *Host) OnReplace() (replaced func()) {
	c.Between = nil
	waitForIdle()
	took := takeSnapshot(app.Window().GetElementByID("root"))
	return func() { h.dirty = took.restore(app.Window().GetElementByID("root")) }
}

// Render returns the root element.
func (h *Host) Render() app.UI {
	return app.Div().ID("root").Body(
		&currentPage{View: h.v, Number: h.pageNumber},
		h.connectionBanner(),
	)
}

// connectionBanner shows the state of the connection and what waits for the person's
// choice. The element is always there, so that screen readers announce its changes.
func (h *Host) connectionBanner() app.UI {
	t := func(key string) string { return i18n.T(h.v.Lang, key) }
	say := func(kind, text string, buttons ...app.UI) app.UI {
		return app.Div().Class("live-line", "live-"+kind).Body(append([]app.UI{app.P().Text(text)}, buttons...)...)
	}
	button := func(key string, do app.EventHandler) app.UI {
		return app.Button().Type("button").Class("button", "button-secondary", "live-button").Text(t(key)).OnClick(do)
	}
	var lines []app.UI
	if h.notice != "" {
		_, kind, _ := strings.Cut(h.notice, ".")
		lines = append(lines, say(kind, t(h.notice)))
	}
	if h.news {
		lines = append(lines, say("news", t("conn.news"), button("conn.news_button", h.showNews)))
	}
	if h.update {
		lines = append(lines, say("update", t("app.update_ready"), button("app.update_button", h.doUpdate)))
	}
	if h.installable && h.v.Page == "overview" {
		lines = append(lines, app.Div().Class("live-line", "live-install").Body(button("app.install", h.install)))
	}
	class := "live"
	if h.busy {
		class = "live live-busy"
	}
	return app.Div().Class(class).Role("status").Body(lines...)
}

// OnMount completes the takeover and opens the stream.
func (h *Host) OnMount(ctx app.Context) {
	h.ctx = ctx
	w := app.Window()
	document := w.Get("document")

	// The host navigates, not go-app; see the type.
	w.Set("onclick", nil)
	w.Set("onpopstate", nil)
	location := w.Get("location")
	h.at = location.Get("pathname").String() + location.Get("search").String()
	if strings.HasPrefix(h.at, "/api/") {
		// The page may be the answer to a form that was sent before the app started.
		h.at = viewPath(h.v)
		w.Get("history").Call("replaceState", nil, "", h.at)
	}

	on := func(target app.Value, name string, capture bool, f func(e app.Value)) {
		target.Call("addEventListener", name, app.FuncOf(func(_ app.Value, args []app.Value) any {
			f(args[0])
			return nil
		}), map[string]any{"capture": capture})
	}
	on(document, "click", false, h.click)
	on(document, "submit", true, h.submit)
	on(document, "keydown", false, h.key)
	for _, name := range []string{"input", "change"} {
		on(document, name, true, func(e app.Value) {
			if e.Get("target").Get("form").Truthy() {
				h.dirty = true
			}
		})
	}
	on(document, "reset", true, func(app.Value) { h.dirty = false })
	on(document, "visibilitychange", false, func(app.Value) {
		if !hiddenPage() && h.waiting {
			h.waiting = false
			h.ctx.Dispatch(func(app.Context) { h.receiveEvents() })
		}
	})
	on(w, "popstate", false, func(app.Value) {
		if at := location.Get("pathname").String() + location.Get("search").String(); at != h.at {
			h.open(location.Get("href").String(), false)
		}
	})
	on(w, "pageshow", false, func(e app.Value) {
		// A page from the browser's back button may be of somebody who has logged out.
		if e.Get("persisted").Bool() {
			location.Call("reload")
		}
	})
	on(w, "online", false, func(app.Value) { h.ctx.Dispatch(func(app.Context) { h.online() }) })
	on(w, "offline", false, func(app.Value) { h.ctx.Dispatch(func(app.Context) { h.notice = "conn.offline" }) })

	on(w, "mingjing:foreign", false, func(app.Value) { h.ctx.Dispatch(func(app.Context) { h.rebuild() }) })
	for _, step := range []func(){h.keepScroll, h.badge, h.listen, h.watchUpdates} {
		time.Sleep(time.Nanosecond) // the browser's turn; clicks and input are handled already
		step()
	}
	w.Get("performance").Call("mark", "mounted")
}

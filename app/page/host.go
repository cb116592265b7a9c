package page

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/app/client"
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
func Render(v *mingjing.View) string { return tidy(app.HTMLString(&Host{v: v})) }

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
	took       snapshot

	at     string // path and query of the page
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
func (s *currentPage) Render() app.UI { return Body(s.View) }

// OnInit reads the view that the server put into the page, and what the person has done
// to the page so far; go-app replaces the page right after it.
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
	if root := w.GetElementByID("root"); root.Truthy() {
		h.took = takeSnapshot(root)
	}
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

	h.dirty = h.took.restore(w.GetElementByID("root"))
	h.took = snapshot{}
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
	h.keepScroll()

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

	h.listen()
	h.watchUpdates()
	w.Get("performance").Call("mark", "mounted")
}

// OnAppInstallChange is called when the app can be installed, or was.
func (h *Host) OnAppInstallChange(ctx app.Context) {
	h.installable = ctx.IsAppInstallable() && !ctx.IsAppleBrowser()
}

func (h *Host) install(ctx app.Context, _ app.Event) {
	h.installable = false
	ctx.ShowAppInstallPrompt()
}

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
		history.Call("pushState", nil, "", to)
	default:
		history.Call("replaceState", history.Get("state"), "", to)
	}
	var y float64
	if state := history.Get("state"); !push && state.Truthy() && state.Get("y").Type() == app.TypeNumber {
		y = state.Get("y").Float()
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
	w.Get("history").Call("replaceState", map[string]any{"y": w.Get("scrollY").Float()}, "")
}

// submit sends a form without leaving the page.
func (h *Host) submit(e app.Value) {
	form, button := e.Get("target"), e.Get("submitter")
	target := form.Call("getAttribute", "target")
	if e.Get("defaultPrevented").Bool() || target.Truthy() {
		return
	}
	if form.Call("closest", "[data-full]").Truthy() {
		h.leaving = true
		return
	}
	if button.Truthy() && button.Call("hasAttribute", "data-full").Bool() {
		return
	}
	if form.Call("getAttribute", "aria-busy").String() == "true" {
		e.Call("preventDefault") // it is being sent
		return
	}
	f, err := client.ReadForm(form, button)
	if err != nil {
		return
	}
	if f.Get {
		u, err := url.Parse(f.Action)
		if err != nil {
			return
		}
		base := app.Window().URL()
		address := base.ResolveReference(u).String()
		if _, _, ok := h.inside(address); ok {
			e.Call("preventDefault")
			h.open(address, true)
		}
		return
	}
	if !strings.HasPrefix(f.Action, "/") || strings.HasPrefix(f.Action, "//") {
		return
	}
	e.Call("preventDefault")
	files := takeSnapshot(app.Window().GetElementByID("root")).onlyFiles()
	form.Call("setAttribute", "aria-busy", "true")
	if button.Truthy() {
		button.Set("disabled", true)
		button.Call("setAttribute", "aria-busy", "true")
	}
	h.saveScroll()
	ctx, turn := h.begin(sendTimeout)
	h.ctx.Dispatch(func(app.Context) { h.busy, h.notice = true, "conn.sending" })
	go func() {
		v, final, err := f.Send(ctx)
		h.ctx.Dispatch(func(app.Context) {
			form.Call("removeAttribute", "aria-busy")
			if button.Truthy() {
				button.Set("disabled", false)
				button.Call("removeAttribute", "aria-busy")
			}
			if turn != h.turn {
				return
			}
			h.cancel()
			h.busy, h.notice = false, ""
			if err == nil {
				h.showResponse(v, final, final, true)
				if v.Problem != nil {
					h.ctx.Defer(func(app.Context) { files.restoreFiles(app.Window().GetElementByID("root")) })
				}
				return
			}
			var failed *client.Error
			if errors.As(err, &failed) && failed.Status != 0 {
				if _, _, ok := h.inside(failed.URL); ok {
					load(failed.URL)
					return
				}
				if failed.Status == 401 {
					app.Window().Get("location").Call("reload")
					return
				}
			}
			h.notice = "conn.failed"
			if button.Truthy() {
				button.Call("focus")
			}
		})
	}()
}

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
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
		v, final, err := client.PeekView(ctx, at)
		cancel()
		h.ctx.Dispatch(func(app.Context) {
			switch {
			case err != nil || turn != h.turn:
			case leaf != h.pageNumber: // the person has opened another page meanwhile
				h.again = true
			default:
				h.renew(v, final, asked)
			}
		})
		// It is too early for the next one; changes until then are read together.
		time.Sleep(max(0, refreshEvery-time.Since(start)))
		h.ctx.Dispatch(func(app.Context) {
			h.refreshing = false
			if h.again {
				h.again = false
				h.receiveEvents()
			}
		})
	}()
}

// onceShown reports whether the page shows something that can't be read again: a new
// link.
func onceShown(v *mingjing.View) bool {
	shown := mingjing.DataOf[mingjing.NewShareView](v)
	return shown != nil && shown.Made != nil
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
		h.show(v)
		h.dirty = dirty
	}
}

// watchUpdates checks for a new version of the app. go-app's own event also comes on
// the very first installation, so it is not used.
func (h *Host) watchUpdates() {
	workers := app.Window().Get("navigator").Get("serviceWorker")
	if !workers.Truthy() {
		return
	}
	ready := func() { h.ctx.Dispatch(func(app.Context) { h.update = true }) }
	controlled := workers.Get("controller").Truthy()
	workers.Call("addEventListener", "controllerchange", app.FuncOf(func(app.Value, []app.Value) any {
		switch {
		case h.updating:
			app.Window().Get("location").Call("reload")
		case controlled:
			ready() // another window has installed the update
		}
		controlled = true
		return nil
	}))
	workers.Get("ready").Then(func(registration app.Value) {
		h.registered = registration
		root := app.Window().Get("document").Get("documentElement")
		registration.Get("active").Call("postMessage", map[string]any{"type": "mingjing:keep",
			"program": root.Get("dataset").Get("program"), "lang": root.Get("lang")})
		if workers.Get("controller").Truthy() && registration.Get("waiting").Truthy() {
			ready()
		}
		registration.Call("addEventListener", "updatefound", app.FuncOf(func(app.Value, []app.Value) any {
			worker := registration.Get("installing")
			if !worker.Truthy() || !workers.Get("controller").Truthy() {
				return nil
			}
			worker.Call("addEventListener", "statechange", app.FuncOf(func(app.Value, []app.Value) any {
				if worker.Get("state").String() == "installed" {
					ready()
				}
				return nil
			}))
			return nil
		}))
	})
	go func() {
		for {
			time.Sleep(updateEvery)
			if h.registered != nil && onLine() {
				h.registered.Call("update")
			}
		}
	}()
}

func (h *Host) doUpdate(app.Context, app.Event) {
	h.update, h.updating = false, true
	if h.registered != nil {
		if waiting := h.registered.Get("waiting"); waiting.Truthy() {
			waiting.Call("postMessage", map[string]any{"type": "mingjing:activate"})
			return // controllerchange reloads the page
		}
	}
	app.Window().Get("location").Call("reload")
}

func onLine() bool { return app.Window().Get("navigator").Get("onLine").Bool() }

func hiddenPage() bool { return app.Window().Get("document").Get("hidden").Bool() }

// load opens an address as a new page.
func load(address string) { app.Window().Get("location").Call("assign", address) }

package page

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// OnAppInstallChange is called when the app can be installed, or was.
func (h *Host) OnAppInstallChange(ctx app.Context) {
	h.installable = ctx.IsAppInstallable() && !ctx.IsAppleBrowser()
}

func (h *Host) install(ctx app.Context, _ app.Event) {
	h.installable = false
	ctx.ShowAppInstallPrompt()
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

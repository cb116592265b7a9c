package page

import (
	"errors"
	"net/url"
	"strings"

	"mingjing/app/client"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

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
			if err == nil && !away(v) { // else the form stays, with what was typed
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

package page

import (
	"strconv"
	"time"

	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Run takes over the page that the server rendered and keeps it up to date with the
// pages that are registered. Outside a browser, on a page without a view, and where the
// sentences can't be fetched, it does nothing: the page stays as the server rendered
// it, and works.
func Run() {
	if !app.IsClient {
		return
	}
	time.Sleep(time.Nanosecond) // the runtime has just started
	if !app.Window().GetElementByID(islandID).Truthy() || !loadSentences() {
		return
	}
	c.Between = pace()
	app.RouteWithRegexp("^/.*", func() app.Composer { return &Host{} })
	app.RunWhenOnBrowser()
}

// pace returns a function that gives the browser its turn when it has waited for long
// enough, so that it can draw and handle input while a page is made.
func pace() func() {
	const longest = 12 * time.Millisecond // as in web/trim.go
	worked := time.Now()
	return func() {
		if time.Since(worked) < longest {
			return
		}
		time.Sleep(time.Nanosecond) // not 0, which is no pause
		worked = time.Now()
	}
}

// waitForIdle returns when taking the page over disturbs nobody: not while a word is
// being composed, a pointer is down, a file is being chosen, a form has just been sent
// or somebody is typing. Until then the page stays as the server rendered it, and
// works.
func waitForIdle() {
	const (
		look   = 50 * time.Millisecond
		typing = 1200 // ms since the last key
		leave  = 10_000
	)
	for {
		hands := app.Window().Get("mingjingHands")
		if !hands.Truthy() {
			return
		}
		now := app.Window().Get("performance").Call("now").Float()
		busy := hands.Get("composing").Bool() || hands.Get("pressing").Bool() || hands.Get("choosing").Bool() ||
			now-hands.Get("typed").Float() < typing || now-hands.Get("left").Float() < leave
		if !busy {
			return
		}
		time.Sleep(look)
	}
}

// focusable selects the elements that can have the focus; they are the same in both
// trees.
const focusable = "a[href],button,input,select,textarea,summary,[tabindex]"

// A snapshot is what a person has done to a page that will be replaced by an equal one.
type snapshot struct {
	controls map[string]control
	open     []bool // details, in order
	focus    int    // index among the focusable elements, -1 for none
	tag      string
	from, to int // selection in the focused field, -1 for none
	x, y     float64
}

// A control is a field that differs from what the server sent.
type control struct {
	value    string
	checked  bool
	selected []bool
	files    app.Value
	top      float64
}

func forEach(root app.Value, selector string, f func(i int, e app.Value)) {
	all := root.Call("querySelectorAll", selector)
	for i := range all.Length() {
		f(i, all.Index(i))
	}
}

func eachControl(root app.Value, f func(key, kind string, e app.Value)) {
	seen := map[string]int{}
	forEach(root, "input,select,textarea", func(_ int, e app.Value) {
		action := ""
		if form := e.Get("form"); form.Truthy() {
			if a := form.Call("getAttribute", "action"); a.Truthy() {
				action = a.String()
			}
		}
		name := ""
		if n := e.Call("getAttribute", "name"); n.Truthy() {
			name = n.String()
		}
		kind := e.Get("type").String()
		key := action + "\n" + name + "\n" + kind
		seen[key]++
		f(key+"\n"+strconv.Itoa(seen[key]), kind, e)
	})
}

func takeSnapshot(root app.Value) snapshot {
	w := app.Window()
	s := snapshot{controls: map[string]control{}, focus: -1, from: -1, x: w.Get("scrollX").Float(), y: w.Get("scrollY").Float()}
	eachControl(root, func(key, kind string, e app.Value) {
		switch kind {
		case "hidden", "submit", "button", "reset", "image":
		case "checkbox", "radio":
			if c := e.Get("checked").Bool(); c != e.Get("defaultChecked").Bool() {
				s.controls[key] = control{checked: c}
			}
		case "file":
			if files := e.Get("files"); files.Truthy() && files.Length() > 0 {
				s.controls[key] = control{files: files}
			}
		case "select-one", "select-multiple":
			options := e.Get("options")
			selected := make([]bool, options.Length())
			for i := range selected {
				selected[i] = options.Index(i).Get("selected").Bool()
			}
			s.controls[key] = control{selected: selected}
		default:
			top := e.Get("scrollTop").Float()
			if v := e.Get("value").String(); v != e.Get("defaultValue").String() || top != 0 {
				s.controls[key] = control{value: v, top: top}
			}
		}
	})
	forEach(root, "details", func(_ int, e app.Value) { s.open = append(s.open, e.Get("open").Bool()) })
	active := w.Get("document").Get("activeElement")
	if active.Equal(w.Get("document").Get("body")) {
		return s
	}
	forEach(root, focusable, func(i int, e app.Value) {
		if e.Equal(active) {
			s.focus, s.tag = i, e.Get("tagName").String()
			if from := e.Get("selectionStart"); from.Type() == app.TypeNumber {
				s.from, s.to = from.Int(), e.Get("selectionEnd").Int()
			}
		}
	})
	return s
}

// restore does to root what the person had done to the page before; changed reports
// whether a field has a change that was not sent yet.
func (s snapshot) restore(root app.Value) (changed bool) {
	eachControl(root, func(key, kind string, e app.Value) {
		c, ok := s.controls[key]
		if !ok {
			return
		}
		switch kind {
		case "checkbox", "radio":
			changed = true
			e.Set("checked", c.checked)
		case "file":
			changed = true
			e.Set("files", c.files)
		case "select-one", "select-multiple":
			options := e.Get("options")
			for i, want := range c.selected {
				if i < options.Length() && options.Index(i).Get("selected").Bool() != want {
					options.Index(i).Set("selected", want)
					changed = true
				}
			}
		default:
			if e.Get("value").String() != c.value {
				changed = true
				e.Set("value", c.value)
			}
			e.Set("scrollTop", c.top)
		}
	})
	forEach(root, "details", func(i int, e app.Value) {
		if i < len(s.open) && e.Get("open").Bool() != s.open[i] {
			e.Set("open", s.open[i])
		}
	})
	if s.focus >= 0 {
		s.restoreFocus(root)
	}
	w := app.Window()
	if w.Get("scrollX").Float() != s.x || w.Get("scrollY").Float() != s.y {
		scrollTo(s.x, s.y)
	}
	return changed
}

func (s snapshot) restoreFocus(root app.Value) {
	forEach(root, focusable, func(i int, e app.Value) {
		if i != s.focus || e.Get("tagName").String() != s.tag {
			return
		}
		e.Call("focus", map[string]any{"preventScroll": true})
		if s.from >= 0 && e.Get("selectionStart").Type() == app.TypeNumber {
			e.Call("setSelectionRange", s.from, s.to)
		}
	})
}

// onlyFiles returns the snapshot of the files alone, for a form that had errors.
func (s snapshot) onlyFiles() snapshot {
	kept := snapshot{controls: map[string]control{}, focus: -1, from: -1}
	for key, c := range s.controls {
		if c.files != nil {
			kept.controls[key] = c
		}
	}
	return kept
}

func (s snapshot) restoreFiles(root app.Value) {
	eachControl(root, func(key, kind string, e app.Value) {
		if c, ok := s.controls[key]; ok && kind == "file" {
			e.Set("files", c.files)
		}
	})
}

func scrollTo(x, y float64) {
	app.Window().Call("scrollTo", map[string]any{"left": x, "top": y, "behavior": "instant"})
}

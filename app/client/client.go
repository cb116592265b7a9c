// Package client sends the requests of a page to the server: it fetches views, sends
// forms, and receives the live stream of events. It uses the browser's own fetch and
// WebSocket; net/http would add a quarter to what a phone downloads. It knows nothing
// of what views show. Outside a browser every function returns [ErrNoBrowser].
package client

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"mingjing"
)

// ViewType is the media type of a page's View without HTML.
const ViewType = "application/vnd.mingjing.view+json"

// maxAnswer is the limit of an answer, in bytes; the largest page, a long access log,
// has a hundredth of it.
const maxAnswer = 16 << 20

// ErrNoBrowser is returned outside of a browser.
var ErrNoBrowser = errors.New("client: not in a browser")

// An Error is the reason why there is no View.
type Error struct {
	// Offline says that the server was not reached; it is not known whether anything
	// was done.
	Offline bool
	// Status is the HTTP status of an answer that was no View; 0 when offline.
	Status int
	// URL is the address of that answer, after redirects.
	URL string
}

func (e *Error) Error() string {
	if e.Offline {
		return "client: the server was not reached"
	}
	return "client: an answer with status " + strconv.Itoa(e.Status) + " that is no view"
}

// quietHeader is the header of requests that a page sends by itself, while perhaps
// nobody is at the screen. They are no use of the session, and do not each make an
// entry in the access log.
const quietHeader = "Mingjing-Quiet"

func quiet() map[string]any { return map[string]any{quietHeader: "1"} }

// Get fetches the bytes at a path of the server for a page that asks by itself: it is
// no use of the session. The error is an [*Error], or that of ctx.
func Get(ctx context.Context, path string) ([]byte, error) {
	a, err := send(ctx, path, map[string]any{"method": "GET", "headers": quiet()}, "application/json, */*;q=0.5")
	if err != nil {
		return nil, err
	}
	if a.status != 200 {
		return nil, &Error{Status: a.status, URL: a.url}
	}
	return a.body, nil
}

// GetView fetches the View of a page. finalURL is the address after redirects.
// The error is an [*Error], or that of ctx.
func GetView(ctx context.Context, url string) (v *mingjing.View, finalURL string, err error) {
	return view(send(ctx, url, map[string]any{"method": "GET", "cache": "no-store"}, ViewType))
}

// PeekView is GetView for a page that asks by itself: it is no use of the session.
func PeekView(ctx context.Context, url string) (v *mingjing.View, finalURL string, err error) {
	return view(send(ctx, url, map[string]any{"method": "GET", "cache": "no-store",
		"headers": quiet()}, ViewType))
}

// Table fetches a JSON object of strings and returns a function that finds the string
// of a key. The browser parses the JSON, and a string is converted for Go only when it
// is asked for. The error is an [*Error].
func Table(url string) (find func(key string) (string, bool), err error) {
	if app.IsServer {
		return nil, ErrNoBrowser
	}
	// These are the settings of <link rel=preload crossorigin>; with others it would be
	// fetched again.
	response, ok := await(app.Window().Call("fetch", url, map[string]any{"credentials": "same-origin"}))
	if !ok {
		return nil, &Error{Offline: true}
	}
	if status := response.Get("status").Int(); status != 200 {
		return nil, &Error{Status: status, URL: url}
	}
	table, ok := await(response.Call("json"))
	if !ok || table.Type() != app.TypeObject {
		return nil, &Error{Status: 200, URL: url}
	}
	return func(key string) (string, bool) {
		s := table.Get(key)
		if s.Type() != app.TypeString {
			return "", false
		}
		return s.String(), true
	}, nil
}

// Work has the worker at an address do a task, and returns its result. The error is
// an [*Error] where the worker could not be loaded, or that of ctx.
func Work(ctx context.Context, address string, task []byte) ([]byte, error) {
	if app.IsServer {
		return nil, ErrNoBrowser
	}
	worker := app.Window().Get("Worker").New(address)
	done := make(chan app.Value, 2)
	hear := app.FuncOf(func(_ app.Value, args []app.Value) any {
		done <- args[0]
		return nil
	})
	events := []string{"message", "error"}
	for _, event := range events {
		worker.Call("addEventListener", event, hear)
	}
	defer func() {
		// A message that is on its way must not call what was released.
		for _, event := range events {
			worker.Call("removeEventListener", event, hear)
		}
		worker.Call("terminate")
		hear.Release()
	}()
	worker.Call("postMessage", string(task))
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case e := <-done:
		data := e.Get("data")
		if data == nil || !data.Truthy() || data.Get("result").Type() != app.TypeString {
			return nil, &Error{Offline: true, URL: address}
		}
		return []byte(data.Get("result").String()), nil
	}
}

// A Form is the content of a form at the moment of sending.
type Form struct {
	// Action is the address to which it is sent.
	Action string
	// Get says that it asks for a page and changes nothing.
	Get  bool
	body app.Value
}

// ReadForm reads a form element, with the button that sent it, which may be nil. Later
// changes by the person are not in it.
func ReadForm(form, submitter app.Value) (Form, error) {
	if app.IsServer {
		return Form{}, ErrNoBrowser
	}
	has := submitter != nil && submitter.Truthy()
	attr := func(name string) string {
		if has && submitter.Call("hasAttribute", "form"+name).Bool() {
			return submitter.Call("getAttribute", "form"+name).String()
		}
		if form.Call("hasAttribute", name).Bool() {
			return form.Call("getAttribute", name).String()
		}
		return ""
	}
	w := app.Window()
	data := w.Get("FormData").New(form)
	if has {
		// Only newer browsers accept the button as the second argument of FormData.
		if name := submitter.Get("name"); name.Truthy() {
			data.Call("append", name, submitter.Get("value"))
		}
	}
	f := Form{Action: attr("action"), Get: !strings.EqualFold(attr("method"), "post")}
	if f.Action == "" {
		f.Action = w.Get("location").Get("href").String()
	}
	switch {
	case f.Get:
		query := w.Get("URLSearchParams").New(data).Call("toString").String()
		f.Action, _, _ = strings.Cut(f.Action, "?")
		f.Action += "?" + query
	case strings.EqualFold(attr("enctype"), "multipart/form-data"):
		f.body = data
	default:
		f.body = w.Get("URLSearchParams").New(data)
	}
	return f, nil
}

// Send sends the form and returns the View of the answer, which may say what was wrong
// with the form. The error is an [*Error], or that of ctx; when it is Offline, the form
// may or may not have arrived.
func (f Form) Send(ctx context.Context) (v *mingjing.View, finalURL string, err error) {
	if f.Get {
		return GetView(ctx, f.Action)
	}
	if f.body == nil {
		return nil, "", ErrNoBrowser
	}
	return view(send(ctx, f.Action, map[string]any{"method": "POST", "body": f.body}, ViewType))
}

// Submit reads a form with [ReadForm] and sends it with [Form.Send].
func Submit(ctx context.Context, form, submitter app.Value) (v *mingjing.View, finalURL string, err error) {
	f, err := ReadForm(form, submitter)
	if err != nil {
		return nil, "", err
	}
	return f.Send(ctx)
}

type answer struct {
	status int
	kind   string
	url    string
	body   []byte
}

func view(a answer, err error) (*mingjing.View, string, error) {
	if err != nil {
		return nil, "", err
	}
	v := &mingjing.View{}
	if !strings.HasPrefix(a.kind, ViewType) || json.Unmarshal(a.body, v) != nil {
		return nil, a.url, &Error{Status: a.status, URL: a.url}
	}
	return v, a.url, nil
}

// send fetches and waits; it must not run on the goroutine that renders.
func send(ctx context.Context, url string, options map[string]any, accept string) (answer, error) {
	if app.IsServer {
		return answer{}, ErrNoBrowser
	}
	w := app.Window()
	abort := w.Get("AbortController").New()
	defer context.AfterFunc(ctx, func() { abort.Call("abort") })()
	headers, _ := options["headers"].(map[string]any)
	if headers == nil {
		headers = map[string]any{}
	}
	headers["Accept"] = accept
	options["headers"] = headers
	options["credentials"] = "same-origin"
	options["redirect"] = "follow"
	options["signal"] = abort.Get("signal")

	response, ok := await(w.Call("fetch", url, options))
	if !ok {
		return answer{}, notReached(ctx)
	}
	a := answer{status: response.Get("status").Int(), url: response.Get("url").String()}
	if kind := response.Get("headers").Call("get", "Content-Type"); kind.Truthy() {
		a.kind = kind.String()
	}
	buffer, ok := await(response.Call("arrayBuffer"))
	if !ok {
		return answer{}, notReached(ctx)
	}
	bytes := w.Get("Uint8Array").New(buffer)
	n := bytes.Get("length").Int()
	if n > maxAnswer {
		return answer{}, &Error{Status: a.status, URL: a.url}
	}
	a.body = make([]byte, n)
	app.CopyBytesToGo(a.body, bytes)
	return a, nil
}

func notReached(ctx context.Context) error {
	if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &Error{Offline: true}
}

// await waits for a promise; ok is false when it was rejected.
func await(promise app.Value) (value app.Value, ok bool) {
	type settled struct {
		value app.Value
		ok    bool
	}
	done := make(chan settled, 1)
	settle := func(ok bool) app.Func {
		return app.FuncOf(func(_ app.Value, args []app.Value) any {
			s := settled{ok: ok}
			if len(args) > 0 {
				s.value = args[0]
			}
			done <- s
			return nil
		})
	}
	yes, no := settle(true), settle(false)
	defer yes.Release()
	defer no.Release()
	promise.Call("then", yes, no)
	s := <-done
	return s.value, s.ok
}

package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"time"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/kernel"
)

// viewType is the media type of a [mingjing.View]: what the app in the browser
// asks for where the browser itself asks for HTML.
const viewType = "application/vnd.mingjing.view+json"

// A format is the form of an answer.
type format int

const (
	asHTML format = iota
	asView
	asJSON
)

// format returns the first of our formats that the client accepts. A client that names
// none gets JSON below /api, unless it sent a form.
func (c *call) format() format {
	for part := range strings.SplitSeq(strings.Join(c.r.Header.Values("Accept"), ","), ",") {
		kind, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case viewType:
			return asView
		case "text/html", "application/xhtml+xml":
			return asHTML
		case "application/json", "application/problem+json":
			return asJSON
		}
	}
	kind := c.r.Header.Get("Content-Type")
	if !strings.HasPrefix(c.r.URL.Path, "/api/") || strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		return asHTML
	}
	return asJSON
}

// statuses are the HTTP statuses of the kinds of error.
var statuses = map[mingjing.ErrorKind]int{
	mingjing.Invalid: http.StatusUnprocessableEntity, mingjing.NotFound: http.StatusNotFound,
	mingjing.Conflict: http.StatusConflict, mingjing.Forbidden: http.StatusForbidden,
	mingjing.Unauthenticated: http.StatusUnauthorized, mingjing.Limited: http.StatusTooManyRequests,
	mingjing.Unavailable: http.StatusServiceUnavailable,
}

// Errors of this package itself. Their statuses are not those of a kind of error.
var (
	errTooLarge = mingjing.NewError(mingjing.Invalid, "too_large")
	errBadBody  = mingjing.NewError(mingjing.Invalid, "bad_body")
	errMethod   = mingjing.NewError(mingjing.Invalid, "method_not_allowed")

	edgeStatuses = map[*mingjing.Error]int{errTooLarge: http.StatusRequestEntityTooLarge,
		errBadBody: http.StatusBadRequest, errMethod: http.StatusMethodNotAllowed}
)

// problem returns what the person is told of an error. An error that is no
// [mingjing.Error] is logged whole and told as an id.
func (c *call) problem(err error) *mingjing.Problem {
	if known, ok := errors.AsType[*mingjing.Error](err); ok {
		status := cmp.Or(edgeStatuses[known], statuses[known.Kind], http.StatusInternalServerError)
		code := known.Code
		if code == identityDown && c.who != nil {
			code = sessionDown
		}
		return &mingjing.Problem{Status: status, Code: code, Values: known.Values, Fields: known.Fields, Allowed: known.Allowed}
	}
	if errors.Is(err, context.Canceled) && c.r.Context().Err() != nil {
		return &mingjing.Problem{Status: 499, Code: "unavailable"} // the client has gone and reads no answer
	}
	c.s.Logger.Error("request failed", "id", c.id, "route", c.r.Pattern, "err", err)
	if away := mingjing.AwayCode(err); away != "" {
		return &mingjing.Problem{Status: http.StatusServiceUnavailable, Code: away}
	}
	for _, refused := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} { // of a file beside the database
		if errors.Is(err, refused) {
			return &mingjing.Problem{Status: http.StatusServiceUnavailable, Code: "unavailable"}
		}
	}
	code := "internal"
	if errors.Is(err, kernel.ErrAltered) {
		code = mingjing.Altered
	}
	return &mingjing.Problem{Status: http.StatusInternalServerError, Code: code, ErrorID: c.id,
		Values: map[string]string{"id": c.id}}
}

// noStore forbids every cache to store the answer, because it is personal.
func (c *call) noStore() { c.w.Header().Set("Cache-Control", "no-store") }

func (c *call) json(status int, v any) error {
	return c.body(status, "application/json", v)
}

func (c *call) body(status int, kind string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.noStore()
	c.w.Header().Set("Content-Type", kind)
	c.w.Header().Add("Vary", "Accept, Cookie")
	return c.write(status, append(data, '\n'))
}

// A problemDocument is an RFC 9457 problem with the code, values and fields of a
// Problem.
type problemDocument struct {
	Type   string            `json:"type"`
	Title  string            `json:"title"`
	Status int               `json:"status"`
	Code   string            `json:"code"`
	Values map[string]string `json:"values,omitempty"`
	Fields []problemField    `json:"fields,omitempty"`
	// Allowed are the steps that are possible instead; absent where that does not
	// apply.
	Allowed []string `json:"allowed,omitempty"`
	ID      string   `json:"error_id,omitempty"`
}

type problemField struct {
	mingjing.FieldError
	Detail string `json:"detail"`
}

// retryAfter is after how many seconds a client may try again while something that the
// server needs is away.
const retryAfter = "10"

// sayRetryAfter sets the header Retry-After where it makes sense to try again later.
func (c *call) sayRetryAfter(p *mingjing.Problem) {
	switch {
	case (p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable) && p.Values["seconds"] != "":
		c.w.Header().Set("Retry-After", p.Values["seconds"])
	case p.Status == http.StatusServiceUnavailable:
		c.w.Header().Set("Retry-After", retryAfter)
	}
}

// fail answers with an error, in the format of the call.
func (c *call) fail(err error) {
	p := c.problem(err)
	c.refused = p
	c.sayRetryAfter(p)
	if c.format() != asJSON {
		if p.Status == http.StatusUnauthorized {
			c.redirectToLogin()
			return
		}
		if p.Code == staleCode {
			c.redirectToConfirm("export")
			return
		}
		v, _ := c.newView("error") // without the sequence number the page works all the same
		v.Problem = p
		c.show(p.Status, v)
		return
	}
	doc := problemDocument{Type: "about:blank", Title: sentence(c.lang, p.Code, p.Values), Status: p.Status,
		Code: p.Code, Values: p.Values, Allowed: p.Allowed, ID: p.ErrorID}
	for _, f := range p.Fields {
		doc.Fields = append(doc.Fields, problemField{f, sentence(c.lang, f.Code, nil)})
	}
	_ = c.body(p.Status, "application/problem+json", doc)
}

func sentence(lang, code string, values map[string]string) string {
	key := "error." + code
	if !i18n.Has(key) {
		return code
	}
	var pairs []string
	for k, v := range values {
		pairs = append(pairs, k, v)
	}
	return i18n.T(lang, key, pairs...)
}

func (c *call) seeOther(to string) {
	c.noStore()
	c.w.Header().Set("Location", to)
	c.w.WriteHeader(http.StatusSeeOther)
}

// show adds the viewer to a view and answers with it.
func (c *call) show(status int, v *mingjing.View) {
	if err := c.addViewer(v); err != nil {
		// It can't be found out who is logged in; the page is shown as to nobody.
		p := c.problem(err)
		v = &mingjing.View{Page: "error", Problem: p, Lang: c.lang}
		status = p.Status
		c.sayRetryAfter(p)
		c.addCommon(v)
	}
	c.send(status, v)
}

// send answers with a finished view, as HTML or as JSON.
func (c *call) send(status int, v *mingjing.View) {
	if c.format() == asView {
		_ = c.body(status, viewType, v)
		return
	}
	doc := c.s.assets.document(v, c.s.Render(v), c.s.Title(v))
	c.noStore()
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.Header().Set("Content-Language", v.Lang)
	c.w.Header().Add("Vary", "Accept, Cookie")
	if c.write(status, doc) != nil { // there is no room even for a page that says so
		http.Error(c.w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
	}
}

// slowest is the lowest speed at which an answer can be sent, in bytes a second: a
// phone at the edge of its network.
const slowest = 8 << 10

// extendWriteDeadline gives a slow client the time to receive an answer of this many
// bytes, besides what the server usually waits.
func extendWriteDeadline(w http.ResponseWriter, bytes int) {
	if bytes > 1<<18 {
		// A writer without deadlines needs none.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute + time.Duration(bytes/slowest)*time.Second))
	}
}

// addCommon sets the fields that every view has, whoever sees it.
func (c *call) addCommon(v *mingjing.View) {
	now := c.s.casework.City.Now()
	v.Display = c.display()
	v.Lang, v.Now, v.Today, v.Zone = c.lang, now.UTC(), mingjing.DateOf(now), c.s.casework.City.Zone().String()
	v.FormKey = cmp.Or(c.retryKey(v.Problem), rand.Text())
	if c.s.Demo != nil {
		v.Demo = &mingjing.DemoNote{ClockScale: c.s.casework.City.ClockScale()}
	}
	if path, ok := strings.CutPrefix(c.r.URL.EscapedPath(), "/"+c.lang+"/"); ok && v.Path == "" && c.readOnly() {
		q := c.r.URL.Query()
		q.Del("done")
		q.Del("expired")
		v.Path = path
		if len(q) > 0 {
			v.Path += "?" + q.Encode()
		}
		v.Done = doneCode(c.r.URL.Query().Get("done"))
	}
}

// addViewer adds to a view who is logged in, the sequence number up to which it is
// true, and the names of the codes that it shows.
func (c *call) addViewer(v *mingjing.View) error {
	c.addCommon(v)
	if c.who != nil {
		viewer, err := c.s.casework.Register.Viewer(c.ctx(), c.actor())
		if err != nil {
			return err
		}
		viewer.LockAfter = lockAfter(c.who)
		v.Who = &viewer
	}
	c.s.rules(v)
	Label(c.s.casework.City.Versions(), v, v)
	return nil
}

// doneCode returns the code if it has a sentence, and "" otherwise.
func doneCode(code string) string {
	if len(code) < 40 && i18n.Has("done."+code) {
		return code
	}
	return ""
}

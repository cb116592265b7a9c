package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/kernel"
)

// viewType is the media type of a [mingjing.View]: what the app in the browser
// asks for where the browser itself asks for HTML.
const viewType = "application/vnd.mingjing.view+json"

// A format is how the client wants to be answered.
type format int

const (
	asHTML format = iota
	asView
	asJSON
)

// format is the first of ours that is accepted. A client that names none gets
// JSON below /api, unless it sent a form.
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

// Errors of the edge itself, with their statuses, which no kind of error has.
var (
	errTooLarge = mingjing.NewError(mingjing.Invalid, "too_large")
	errBadBody  = mingjing.NewError(mingjing.Invalid, "bad_body")
	errMethod   = mingjing.NewError(mingjing.Invalid, "method_not_allowed")

	edgeStatuses = map[*mingjing.Error]int{errTooLarge: http.StatusRequestEntityTooLarge,
		errBadBody: http.StatusBadRequest, errMethod: http.StatusMethodNotAllowed}
)

// problem is what the person is told of an error. What is not a [mingjing.Error]
// is logged whole and told as an id.
func (c *call) problem(err error) *mingjing.Problem {
	if known, ok := errors.AsType[*mingjing.Error](err); ok {
		status := cmp.Or(edgeStatuses[known], statuses[known.Kind], http.StatusInternalServerError)
		return &mingjing.Problem{Status: status, Code: known.Code, Values: known.Values, Fields: known.Fields, Allowed: known.Allowed}
	}
	if errors.Is(err, context.Canceled) && c.r.Context().Err() != nil {
		return &mingjing.Problem{Status: 499, Code: "unavailable"} // nobody is there to read it
	}
	c.s.Logger.Error("request failed", "id", c.id, "route", c.r.Pattern, "err", err)
	code := "internal"
	if errors.Is(err, kernel.ErrAltered) {
		code = mingjing.Altered
	}
	return &mingjing.Problem{Status: http.StatusInternalServerError, Code: code, ErrorID: c.id,
		Values: map[string]string{"id": c.id}}
}

// noStore keeps what is personal out of every cache.
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
	c.w.WriteHeader(status)
	_, _ = c.w.Write(append(data, '\n'))
	return nil
}

// problemDocument is RFC 9457 with the code, values and fields of a Problem.
type problemDocument struct {
	Type   string            `json:"type"`
	Title  string            `json:"title"`
	Status int               `json:"status"`
	Code   string            `json:"code"`
	Values map[string]string `json:"values,omitempty"`
	Fields []problemField    `json:"fields,omitempty"`
	// Allowed is what is possible instead; absent where that is no question.
	Allowed []string `json:"allowed,omitempty"`
	ID      string   `json:"error_id,omitempty"`
}

type problemField struct {
	mingjing.FieldError
	Detail string `json:"detail"`
}

// fail answers an error in the way the client wants to be answered.
func (c *call) fail(err error) {
	p := c.problem(err)
	if p.Status == http.StatusTooManyRequests && p.Values["seconds"] != "" {
		c.w.Header().Set("Retry-After", p.Values["seconds"])
	}
	if c.format() != asJSON {
		if p.Status == http.StatusUnauthorized {
			c.toLogin()
			return
		}
		if p.Code == staleCode {
			c.toConfirm("export")
			return
		}
		v, _ := c.view("error") // without the sequence number it is a page all the same
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

// show completes a view and answers with it.
func (c *call) show(status int, v *mingjing.View) {
	if err := c.complete(v); err != nil {
		// Who is there can't be said; the page is shown all the same, to nobody.
		p := c.problem(err)
		v = &mingjing.View{Page: "error", Problem: p, Lang: c.lang}
		status = p.Status
		c.frame(v)
	}
	c.send(status, v)
}

// send answers with a view that is complete, as HTML or as JSON.
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
	c.w.WriteHeader(status)
	_, _ = c.w.Write(doc)
}

// slowest is the line that an answer may take, in bytes a second: a phone at the
// edge of its network.
const slowest = 8 << 10

// slowly gives a client on a slow line the time for so many bytes, beyond what
// the server usually waits.
func slowly(w http.ResponseWriter, bytes int) {
	if bytes > 1<<18 {
		// A writer that has no deadline needs none.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute + time.Duration(bytes/slowest)*time.Second))
	}
}

// frame fills in what every view has, whoever looks.
func (c *call) frame(v *mingjing.View) {
	now := c.s.casework.City.Now()
	v.Lang, v.Now, v.Today, v.Zone = c.lang, now.UTC(), mingjing.DateOf(now), c.s.casework.City.Zone().String()
	v.Demo = c.s.Demo
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

// complete adds to a view who is looking, up to which event it is true, and the
// names of the codes that it shows.
func (c *call) complete(v *mingjing.View) error {
	c.frame(v)
	if c.who != nil {
		viewer, err := c.s.casework.Register.Viewer(c.ctx(), c.actor())
		if err != nil {
			return err
		}
		viewer.LockAfter = lockAfter(c.who)
		v.Who = &viewer
	}
	c.s.rules(v)
	Label(c.s.casework.City.Books(), v, v)
	return nil
}

// doneCode lets only codes through that have a sentence.
func doneCode(code string) string {
	if len(code) < 40 && i18n.Has("done."+code) {
		return code
	}
	return ""
}

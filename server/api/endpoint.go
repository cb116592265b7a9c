package api

import (
	"cmp"
	"net/http"
	"reflect"

	"mingjing"
)

// A page is one screen that shows a T, or [none], with all that belongs to it. Its
// path, and who may open it, are those of its route ([mingjing.Routes]), which the
// browser's program has too.
type page[T any] struct {
	// name is the name of its route.
	name string
	// get reads what it shows; nil for nothing. A T that is a nil pointer is nothing too.
	get func(c *call) (T, error)
	// fill adds to the view what is there besides, and is nil for most.
	fill func(c *call, v *mingjing.View)
	// elsewhere says that what it shows is not read by casework; it is read before the
	// transaction is opened, which could not be held meanwhile.
	elsewhere bool
	// endpoints are the addresses below /api of its forms, and those by which programs
	// get what it shows.
	endpoints []endpoint
}

// A screen is a [page] of any type.
type screen interface {
	route() string
	// build reads what the page shows into its view.
	build(c *call, v *mingjing.View) error
	// apart says that it is read before the transaction of the page is opened.
	apart() bool
	belongs() []endpoint
}

func (p page[T]) route() string       { return p.name }
func (p page[T]) apart() bool         { return p.elsewhere }
func (p page[T]) belongs() []endpoint { return p.endpoints }

func (p page[T]) build(c *call, v *mingjing.View) error {
	if p.get != nil {
		data, err := p.get(c)
		if err != nil {
			return err
		}
		switch of := reflect.ValueOf(data); {
		case of.Kind() != reflect.Pointer:
			v.Data = &data
		case !of.IsNil():
			v.Data = data
		}
	}
	if p.fill != nil {
		p.fill(c, v)
	}
	return nil
}

// An endpoint is one address below /api, with all that there is to say of it: an
// [action], a [query] or one that is [raw].
type endpoint interface {
	// describe says what stands about it in openapi.json.
	describe() description
	// serve answers a call of it.
	serve(c *call) error
}

// A description is what openapi.json is made from.
type description struct {
	method, path string
	access       mingjing.Access
	words
	status int
	// in is the type of its query, body and out those of what it reads and answers as
	// JSON; nil for none.
	in, body, out reflect.Type
	// example is of its body.
	example any
	// form says that it takes forms as well, page that these are answered with a page.
	form, page bool
	// kinds are the media types of an answer that is no JSON, headers those that must be
	// sent, redirects why a browser may be sent elsewhere.
	kinds, headers []string
	redirects      string
}

// words are what is said about an endpoint to whoever writes programs.
type words struct {
	// id is its operationId, tag the group that it is shown in.
	id, tag string
	summary string
	// about is what the summary leaves open, answer what a good answer is.
	about, answer string
	// of is what the id in its path is the id of.
	of string
	// fails are the statuses of problems that do not follow from its access and from
	// what it reads: 409, 429 and such.
	fails []int
}

// The groups in which openapi.json shows endpoints.
const (
	tagSession  = "session"
	tagResident = "resident"
	tagStaff    = "admin"
	tagAgency   = "agency"
	tagPublic   = "public"
)

// none is what is read where nothing is.
type none struct{}

// An action is one unsafe request. It reads a form or JSON as an In, and answers with
// 303 to a page, or with an Out as JSON.
type action[In, Out any] struct {
	path   string
	access mingjing.Access
	words  words
	// status is that of the JSON answer; 200 if it is left out.
	status  int
	example In
	// again is the name of the page that a form with errors is shown on; do may name
	// another in the call.
	again string
	// do does it and returns the JSON answer, and the page that a form goes to with the
	// code of what was done.
	do func(c *call, in In) (Out, goal, error)
	// shows makes the data of the page again of the answer, for a form whose answer may
	// stand in no address and is shown once; nil where the form goes to a page of its own.
	shows func(out Out) any
}

// A goal is where a form goes when all went well.
type goal struct {
	page, id string
	query    string
	done     string
}

func (a action[In, Out]) describe() description {
	return description{method: http.MethodPost, path: a.path, access: a.access, words: a.words, status: a.status,
		body: reflect.TypeFor[In](), out: reflect.TypeFor[Out](), example: a.example, form: true, page: a.shows != nil}
}

func (a action[In, Out]) serve(c *call) error {
	if err := c.admit(a.access); err != nil {
		return err
	}
	var in In
	err := c.readInput(hasFiles(reflect.TypeFor[In]()))
	if err == nil {
		decode(c.in.values, c.in.files, &in)
	}
	spoken := c.spoken()
	var (
		out Out
		to  goal
	)
	if err == nil {
		out, to, err = a.do(c, in)
	}
	if err != nil {
		if c.format() == asJSON {
			return err
		}
		return c.showAgain(a.access, a.again, err)
	}
	if spoken {
		c.speaks()
	}
	if c.format() == asJSON {
		return c.json(cmp.Or(a.status, http.StatusOK), out)
	}
	if a.shows == nil {
		c.goTo(to)
		return nil
	}
	v, err := c.look(page[none]{name: a.again}, func(v *mingjing.View) {
		v.Path, v.Done, v.Data = c.pathAgain(a.again), to.done, a.shows(out)
	})
	if err != nil {
		return err
	}
	c.send(http.StatusOK, v)
	return nil
}

// A query is one safe request. It reads the query of its address as an In and
// answers with an Out as JSON.
type query[In, Out any] struct {
	path   string
	access mingjing.Access
	words  words
	get    func(c *call, in In) (Out, error)
}

func (q query[In, Out]) describe() description {
	return description{method: http.MethodGet, path: q.path, access: q.access, words: q.words,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
}

func (q query[In, Out]) serve(c *call) error {
	if err := c.admit(q.access); err != nil {
		return err
	}
	c.watch()
	var in In
	decode(c.r.URL.Query(), nil, &in)
	out, err := q.get(c, in)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, out)
}

// A raw endpoint writes its answer itself: a file, or a stream.
type raw[In any] struct {
	// method is GET if it is left out.
	method string
	path   string
	access mingjing.Access
	words  words
	// status is that of a good answer; 200 if it is left out.
	status int
	// kinds are the media types of the answer.
	kinds []string
	// body and out are the types of what it reads and answers as JSON; nil for none.
	body, out reflect.Type
	// headers are those that must be sent.
	headers []string
	// redirects says why a browser may be sent elsewhere; "" where it never is.
	redirects string
	write     func(c *call, in In) error
}

func (r raw[In]) describe() description {
	return description{method: cmp.Or(r.method, http.MethodGet), path: r.path, access: r.access, words: r.words, status: r.status,
		in: reflect.TypeFor[In](), body: r.body, out: r.out, kinds: r.kinds, headers: r.headers, redirects: r.redirects}
}

func (r raw[In]) serve(c *call) error {
	if r.access != mingjing.Machines { // whose key is looked at when all was read that is signed
		if err := c.admit(r.access); err != nil {
			return err
		}
	}
	var in In
	decode(c.r.URL.Query(), nil, &in)
	return r.write(c, in)
}

// list is how every list is answered.
type list[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the next page, absent at the end.
	Next string `json:"next,omitempty"`
}

func items[T any](v []T, next string) list[T] {
	if v == nil {
		v = []T{}
	}
	return list[T]{v, next}
}

// paged is the query of a list that comes in pages.
type paged struct {
	// Cursor is the next of the answer before.
	Cursor string `json:"cursor,omitempty" max:"200"`
}

// inLang is the query of a file that is made in a language.
type inLang struct {
	// Lang is the language of the file; without it, the one that the client prefers.
	Lang string `json:"lang,omitempty" enum:"zh-CN,en"`
}

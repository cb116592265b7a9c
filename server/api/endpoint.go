package api

import (
	"cmp"
	"net/http"
	"reflect"
	"strings"

	"mingjing"
)

// A page is one screen that shows a T, or [none], with its endpoints. Its path and
// access are those of its route ([mingjing.Routes]), which the browser's program has
// too.
type page[T any] struct {
	// name is the name of its route.
	name string
	// get reads what the page shows; nil for nothing. A T that is a nil pointer is
	// nothing too.
	get func(c *call) (T, error)
	// fill sets further fields of the view; nil for most pages.
	fill func(c *call, v *mingjing.View)
	// outsideTx says that get reads from elsewhere than casework. It is then called
	// before the transaction of the page, which would have to stay open meanwhile.
	outsideTx bool
	// endpoints are the endpoints of its forms, and those by which programs get what it
	// shows.
	endpoints []endpoint
}

// A screen is a [page] of any type.
type screen interface {
	route() string
	// build reads what the page shows into its view.
	build(c *call, v *mingjing.View) error
	// readsOutsideTx reports whether the data is read before the transaction of the
	// page.
	readsOutsideTx() bool
	allEndpoints() []endpoint
}

func (p page[T]) route() string            { return p.name }
func (p page[T]) readsOutsideTx() bool     { return p.outsideTx }
func (p page[T]) allEndpoints() []endpoint { return p.endpoints }

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

// An endpoint is one address below /api with its description: an [action], a [query] or
// a [raw] one.
type endpoint interface {
	// describe returns its description for openapi.json.
	describe() description
	// serve answers a call.
	serve(c *call) error
}

// A description is what openapi.json says about an endpoint.
type description struct {
	method, path string
	access       mingjing.Access
	apiDoc
	status int
	// in is the type of the query, body that of the JSON body, out that of the JSON
	// answer; nil for none.
	in, body, out reflect.Type
	// example is an example of the body.
	example any
	// form says that forms are accepted as well; page says that these are answered with
	// a page. key says that it takes an idempotency key.
	form, page, key bool
	// kinds are the media types of an answer that is not JSON, headers the required
	// ones, and redirects says why a browser may be sent elsewhere.
	kinds, headers []string
	redirects      string
	// takes is the media type of a body of bytes; "" for none.
	takes string
	// answerHeaders are the headers of a good answer. also describes other good answers
	// of the same type, by their status.
	answerHeaders []answerHeader
	also          map[int]string
}

// An answerHeader is a header of an answer, as openapi.json describes it.
type answerHeader struct{ name, about, example string }

// An apiDoc is the text about an endpoint for people who write programs.
type apiDoc struct {
	// id is its operationId, tag the group that it is shown in.
	id, tag string
	summary string
	// about says what the summary leaves out, answer describes a good answer.
	about, answer string
	// of says what the id in the path identifies.
	of string
	// fails are the statuses of problems that do not follow from the access and the
	// input: 409, 429 and such.
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

// none is the input or output of an endpoint that has none.
type none struct{}

// An action is one unsafe request. It reads a form or JSON as an In, and answers with
// 303 to a page, or with an Out as JSON.
type action[In, Out any] struct {
	path   string
	access mingjing.Access
	doc    apiDoc
	// status is that of the JSON answer; 200 if it is left out.
	status  int
	example In
	// errorPage is the name of the page on which a form is shown with its errors; do
	// may set another in the call.
	errorPage string
	// do does it. It returns the JSON answer, and the page to which a form is
	// redirected, with the code of what was done.
	do func(c *call, in In) (Out, redirect, error)
	// shows returns the data of the errorPage for a form whose answer must not be in an
	// address and is shown once; nil where a form is redirected.
	shows func(out Out) any
	// repeats says why the action takes no idempotency key and is done each time; "" for
	// one that takes it, as nearly all do.
	repeats string
	// outside says that it is done outside of the database, at least in part.
	outside bool
}

// A redirect is the page to which a form leads when all went well.
type redirect struct {
	page, id string
	query    string
	done     string
}

func (a action[In, Out]) describe() description {
	doc := a.doc
	if a.repeats != "" {
		doc.about = strings.TrimSpace(doc.about + " It takes no idempotency key: " + a.repeats + ".")
	}
	return description{method: http.MethodPost, path: a.path, access: a.access, apiDoc: doc, status: a.status,
		body: reflect.TypeFor[In](), out: reflect.TypeFor[Out](), example: a.example, form: true, page: a.shows != nil, key: a.repeats == ""}
}

func (a action[In, Out]) serve(c *call) error {
	form := reflect.TypeFor[In]()
	if err := c.admit(a.access); err != nil {
		return c.notAdmitted(form, err)
	}
	files := noFiles
	if hasFiles(form) {
		files = keepFiles
	}
	var in In
	err := c.readInput(files, formLimit(form, a.access))
	if err == nil && files == keepFiles {
		err = c.addDraftFiles()
	}
	if err == nil {
		if err := c.stillAdmitted(a.access, files == keepFiles); err != nil {
			return c.notAdmitted(form, err)
		}
		decode(c.in.values, c.in.files, &in)
		if c.who != nil {
			err = c.await(c.s.bounds.reads, 1)
		}
	}
	spoken := c.useFormLanguage()
	var (
		out Out
		to  redirect
	)
	if err == nil {
		out, to, err = a.once(c, in)
	}
	if err != nil {
		if c.format() == asJSON {
			return err
		}
		return c.showFormErrors(form, a.access, a.errorPage, err)
	}
	if spoken {
		c.rememberLanguage()
	}
	if c.format() == asJSON {
		return c.json(cmp.Or(a.status, http.StatusOK), out)
	}
	if a.shows == nil {
		c.redirectTo(to)
		return nil
	}
	v, err := c.readView(page[none]{name: a.errorPage}, func(v *mingjing.View) {
		v.Path, v.Done, v.Data = c.formPath(a.errorPage), to.done, a.shows(out)
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
	doc    apiDoc
	get    func(c *call, in In) (Out, error)
}

func (q query[In, Out]) describe() description {
	return description{method: http.MethodGet, path: q.path, access: q.access, apiDoc: q.doc,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
}

func (q query[In, Out]) serve(c *call) error {
	if err := c.admit(q.access); err != nil {
		return err
	}
	c.markQuiet()
	if err := c.mayRead(false); err != nil {
		return err
	}
	var in In
	decode(c.r.URL.Query(), nil, &in)
	out, err := q.get(c, in)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, out)
}

// A raw endpoint writes its own answer: a file, or a stream.
type raw[In any] struct {
	// method is GET if it is left out.
	method string
	path   string
	access mingjing.Access
	doc    apiDoc
	// status is that of a good answer; 200 if it is left out.
	status int
	// kinds are the media types of the answer.
	kinds []string
	// body and out are the types of the JSON that it reads and answers; nil for none.
	body, out reflect.Type
	// takes is the media type of a body of bytes; "" for none.
	takes string
	// headers are the required headers.
	headers []string
	// redirects says why a browser may be sent elsewhere; "" where it never is.
	redirects string
	// answerHeaders are headers of a good answer; also describes other good answers.
	answerHeaders []answerHeader
	also          map[int]string
	// heavy says that what it reads takes long.
	heavy bool
	write func(c *call, in In) error
}

func (r raw[In]) describe() description {
	return description{method: cmp.Or(r.method, http.MethodGet), path: r.path, access: r.access, apiDoc: r.doc, status: r.status,
		in: reflect.TypeFor[In](), body: r.body, out: r.out, kinds: r.kinds, headers: r.headers, redirects: r.redirects,
		answerHeaders: r.answerHeaders, also: r.also, takes: r.takes}
}

func (r raw[In]) serve(c *call) error {
	if r.access != mingjing.Machines { // the key of a machine is checked after the whole body was read
		if err := c.admit(r.access); err != nil {
			return err
		}
		if c.readOnly() {
			if err := c.mayRead(r.heavy); err != nil {
				return err
			}
		}
	}
	var in In
	decode(c.r.URL.Query(), nil, &in)
	return r.write(c, in)
}

// A list is the answer of every endpoint that returns a list.
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

// paged is the query of a list that is returned in pages.
type paged struct {
	// Cursor is the next of the page before.
	Cursor string `json:"cursor,omitempty" max:"200"`
}

// inLang is the query of a file that is made in a language.
type inLang struct {
	// Lang is the language of the file; the default is the one that the client prefers.
	Lang string `json:"lang,omitempty" enum:"zh-CN,en"`
}

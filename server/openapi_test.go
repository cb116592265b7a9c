package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"mingjing"
	"mingjing/server/api"
)

// described holds answers against openapi.json.
var described description

type description struct {
	mu     sync.Mutex
	once   sync.Once
	doc    *openapi3.T
	router routers.Router
	err    error
	good   map[string]bool
}

func (d *description) load(t testing.TB, c *city) *openapi3.T {
	t.Helper()
	d.once.Do(func() {
		res, err := http.Get(c.url + "/api/openapi.json")
		if err != nil {
			d.err = err
			return
		}
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		if err != nil {
			d.err = err
			return
		}
		loader := openapi3.NewLoader()
		if d.doc, d.err = loader.LoadFromData(data); d.err != nil {
			return
		}
		if d.err = d.doc.Validate(loader.Context); d.err != nil {
			return
		}
		d.router, d.err = legacy.NewRouter(d.doc)
	})
	if d.err != nil {
		t.Fatal("openapi.json:", d.err)
	}
	return d.doc
}

func (d *description) seen(endpoint string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.good[endpoint]
}

// saw notes a good answer of an endpoint.
func (d *description) saw(endpoint string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.good == nil {
		d.good = map[string]bool{}
	}
	d.good[endpoint] = true
}

// check holds an answer of the API against its description: its status, its
// headers and its JSON, and what was sent when it was taken.
func (d *description) check(a answer, req *http.Request, body []byte) {
	a.t.Helper()
	if !strings.HasPrefix(req.URL.Path, "/api/") || a.err != nil || req.Method == http.MethodHead {
		return
	}
	d.load(a.t, theCity)
	// A byte order mark may come before the JSON.
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	ask, err := http.NewRequest(req.Method, req.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	ask.Header = req.Header.Clone()
	route, params, err := d.router.FindRoute(ask)
	if err != nil {
		if a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed && a.status != http.StatusForbidden {
			a.t.Errorf("%s: %d, but it is not described", a.what, a.status)
		}
		return
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
		MultiError: true}
	in := &openapi3filter.RequestValidationInput{Request: ask, PathParams: params, Route: route, Options: options}
	good := a.status < 400
	if good && strings.HasPrefix(req.Header.Get("Content-Type"), "application/json") {
		if err := openapi3filter.ValidateRequest(a.t.Context(), in); err != nil {
			a.t.Errorf("%s was taken, but: %v", a.what, err)
		}
	}
	if a.status >= 400 && a.status < 500 && route.Operation.Responses.Value(strconv.Itoa(a.status)) == nil {
		a.t.Errorf("%s: %d is not among its answers\n%.400s", a.what, a.status, a.body)
	}
	kind := a.header.Get("Content-Type")
	if strings.HasPrefix(kind, "text/html") || strings.HasPrefix(kind, "application/vnd.mingjing.view") {
		return // a page, which is not the API's
	}
	if kind == "text/plain; charset=utf-8" && route.Path == "/api/live" {
		return // an upgrade that was refused
	}
	if !strings.HasPrefix(kind, "application/pdf") && !strings.HasPrefix(kind, "text/calendar") && !strings.HasPrefix(kind, "image/") &&
		kind != "application/zip" {
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.status, Header: a.header,
			Body: io.NopCloser(bytes.NewReader(a.body)), Options: options}
		if err := openapi3filter.ValidateResponse(a.t.Context(), out); err != nil {
			a.t.Errorf("%s: %d is not as described: %v\n%.400s", a.what, a.status, err, a.body)
			return
		}
	}
	if good && a.status != http.StatusSeeOther {
		d.saw(req.Method + " " + route.Path)
	}
}

func TestTheDescriptionAndTheRoutesAreTheSame(t *testing.T) {
	c := theOpenCity(t)
	doc := described.load(t, c)
	open := map[string]mingjing.Access{}
	for _, e := range api.Endpoints() {
		open[e.Method+" "+e.Path] = e.Access
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			name := method + " " + path
			access, ok := open[name]
			if !ok {
				t.Errorf("%s is described, but there is no such route", name)
				continue
			}
			delete(open, name)
			public := op.Security != nil && len(*op.Security) == 0
			if public != (access == mingjing.Anyone) {
				t.Errorf("%s is public: %v in the description, %v in the routes", name, public, !public)
			}
			for _, part := range strings.Split(path, "/") {
				if strings.HasPrefix(part, "{") && op.Parameters.GetByInAndName("path", strings.Trim(part, "{}")) == nil {
					t.Errorf("%s does not describe %s", name, part)
				}
			}
			if op.Responses.Default() == nil {
				t.Errorf("%s does not describe its problems", name)
			}
			if ok := op.Responses.Value("200"); method == "POST" && access != mingjing.Machines && op.Responses.Value("303") == nil &&
				(ok == nil || ok.Value.Content["text/html"] == nil) {
				t.Errorf("%s does not say what a form gets", name)
			}
			if op.Summary == "" || op.OperationID == "" {
				t.Errorf("%s has no summary or id", name)
			}
		}
	}
	for name := range open {
		t.Errorf("%s is not described", name)
	}
}

func TestTheDescriptionHasTheCodesOfTheProduct(t *testing.T) {
	doc := described.load(t, theOpenCity(t))
	same := func(where string, schema *openapi3.SchemaRef, want []string) {
		t.Helper()
		var have []string
		for _, v := range schema.Value.Enum {
			have = append(have, fmt.Sprint(v))
		}
		if strings.Join(have, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", where, have, want)
		}
	}
	s := doc.Components.Schemas
	dispute := s["Case"].Value.Properties
	same("reasons", dispute["reason"], texts(mingjing.DisputeReasons))
	same("states", dispute["state"], texts(mingjing.CaseStates))
	same("outcomes", s["Decision"].Value.Properties["outcome"], texts(mingjing.Outcomes))
	same("kinds of case", dispute["kind"], texts(mingjing.CaseKinds))
	same("states of a listing", s["Listing"].Value.Properties["state"], texts(mingjing.ListingStates))
	same("clocks", s["Clock"].Value.Properties["code"], mingjing.ClockCodes)
	same("steps", s["CaseView"].Value.Properties["allowed"].Value.Items, mingjing.CaseSteps)
	same("areas", s["RecordItem"].Value.Properties["area"], texts(mingjing.Areas))
	same("kinds of notice", s["Notice"].Value.Properties["kind"], texts(append(slices.Clone(mingjing.NoticeKinds),
		mingjing.NoticeMailFailed, mingjing.NoticePushFailed)))
	job := s["ExportJob"].Value.Properties
	same("states of an export", job["state"], texts(mingjing.ExportStates))
	same("steps of an export", job["step"], mingjing.ExportSteps)
	var books []string
	for _, of := range mingjing.Subjects {
		for _, b := range theCity.p.casework.City.BooksOf(of) {
			books = append(books, b.ID)
		}
	}
	slices.Sort(books)
	same("rulebooks", s["RulebookRef"].Value.Properties["id"], books)
}

func texts[T ~string](v []T) []string {
	var out []string
	for _, x := range v {
		out = append(out, string(x))
	}
	return out
}

func TestTheDescriptionsArePublic(t *testing.T) {
	for path, paths := range map[string][]string{
		"/api/openapi.json":        nil,
		"/api/openapi-intake.json": {"/api/intake/batches"},
		"/api/openapi-asking.json": {"/questions", "/records"},
	} {
		a := theOpenCity(t).browser(t).json("GET", path, nil).want(200)
		if a.header.Get("Content-Type") != "application/json" {
			t.Error(a.header)
		}
		loader := openapi3.NewLoader()
		doc, err := loader.LoadFromData(a.body)
		if err == nil {
			err = doc.Validate(loader.Context)
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		have := slices.Sorted(maps.Keys(doc.Paths.Map()))
		if doc.OpenAPI != "3.1.0" || doc.Info.Version != api.APIVersion || paths != nil && !slices.Equal(have, paths) {
			t.Errorf("%s: OpenAPI %s, version %s, %v", path, doc.OpenAPI, doc.Info.Version, have)
		}
	}
}

package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mingjing"
)

// A document is what openapi.json says, in the order in which it says it.
type document struct {
	OpenAPI  string                `json:"openapi"`
	Info     map[string]any        `json:"info"`
	Servers  []map[string]string   `json:"servers"`
	Security []map[string][]string `json:"security"`
	Tags     []map[string]string   `json:"tags"`
	Paths    map[string]pathItem   `json:"paths"`
	Parts    map[string]any        `json:"components"`
}

type pathItem map[string]*operation

type operation struct {
	ID          string                 `json:"operationId"`
	Tags        []string               `json:"tags"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description,omitempty"`
	Deprecated  bool                   `json:"deprecated,omitempty"`
	Security    *[]map[string][]string `json:"security,omitempty"`
	Parameters  []map[string]any       `json:"parameters,omitempty"`
	Body        map[string]any         `json:"requestBody,omitempty"`
	Responses   map[string]any         `json:"responses"`
}

func ref(kind, name string) map[string]any {
	return map[string]any{"$ref": "#/components/" + kind + "/" + name}
}

// problems are the answers to what went wrong, by status.
var problems = map[int]struct{ name, about, code string }{
	http.StatusBadRequest:            {"BadRequest", "What was sent can't be read.", "bad_body"},
	http.StatusUnauthorized:          {"Unauthenticated", "Nobody is logged in, or what was given does not prove who it is.", "not_logged_in"},
	http.StatusForbidden:             {"Forbidden", "Whoever asks may not do this; or the request comes from another origin.", "forbidden"},
	http.StatusNotFound:              {"NotFound", "There is no such thing, or it is somebody else's.", "not_found"},
	http.StatusConflict:              {"Conflict", "It can't be done as things are; allowed says what can.", "step_not_allowed"},
	http.StatusRequestEntityTooLarge: {"TooLarge", "It is more than is taken.", "too_large"},
	http.StatusUnprocessableEntity:   {"Invalid", "Something that was sent is not right; fields says what.", "invalid_form"},
	http.StatusTooManyRequests:       {"Limited", "It was tried too often; Retry-After says when it may be tried again.", "too_many_attempts"},
}

// describe is openapi.json as it has to be.
func describe(t *testing.T) []byte {
	t.Helper()
	d := newDescriber(t, narrower)
	doc := document{OpenAPI: "3.1.0", Servers: []map[string]string{{"url": "/", "description": "The server that has this document"}},
		Security: []map[string][]string{{"session": {}}},
		Info: map[string]any{"title": "Mingjing 明镜", "version": APIVersion,
			"summary": "What the city holds on a resident, what it makes of it, and how to put it right.",
			"description": "The same addresses take forms and JSON: a form is answered with 303 to its page, or with its page and what was wrong; " +
				"JSON with JSON, or with a problem document. Unsafe requests from another origin are refused. Every answer that is somebody's own is " +
				"Cache-Control: no-store.",
			"license": licence},
		Tags: []map[string]string{
			{"name": tagSession, "description": "Logging in and out, and who is logged in."},
			{"name": tagResident, "description": "For residents."},
			{"name": tagStaff, "description": "For handlers, supervisors, auditors and administrators with a second factor."},
			agencyTag,
			{"name": tagPublic, "description": "Without login."}}}
	d.fill(&doc, func(description) bool { return true })
	for _, name := range slices.Sorted(maps.Keys(d.unused)) {
		t.Errorf("no field is %s", name)
	}
	doc.Parts["parameters"] = map[string]any{"IdempotencyKey": map[string]any{"name": onceHeader, "in": "header",
		"description": onceAbout, "schema": schema{Type: "string", MaxLength: intp(maxKey)}}}
	doc.Parts["securitySchemes"] = map[string]any{
		"session": map[string]string{"type": "apiKey", "in": "cookie", "name": "__Host-" + sessionCookie,
			"description": "HttpOnly, SameSite=Lax. Over plain HTTP its name is " + sessionCookie + "."},
		"agency": agencyScheme}
	return written(t, doc)
}

var (
	licence   = map[string]string{"name": "European Union Public Licence 1.2", "identifier": "EUPL-1.2"}
	agencyTag = map[string]string{"name": tagAgency,
		"description": "For the agencies that supply records: officers with a second factor, and computers with a key."}
	agencyScheme = map[string]string{"type": "apiKey", "in": "header", "name": KeyHeader,
		"description": "The id of one of an agency's keys, made with `mingjing agency key add` or on the officers' page of keys. " +
			"The request is signed with the key's secret in the header " + SignatureHeader + ": v1;t=<Unix seconds>;n=<16 random bytes, hex>;" +
			"b=<SHA-256 of the body, hex>;" +
			"s=<HMAC-SHA-256, hex>. The HMAC is over the lines mingjing-ask-v1, method, path with query as sent, t, n and b, each but the last " +
			"followed by a line feed, under the secret's bytes. A signature is good once, for a minute."}
)

// fill describes the endpoints that are kept, and what they refer to.
func (d *describer) fill(doc *document, keep func(description) bool) {
	d.t.Helper()
	problem := d.of(reflect.TypeFor[problemDocument]())
	answers := map[string]any{
		"FormDone": map[string]any{"description": "To a form: the page that shows what was done.",
			"headers": map[string]any{"Location": map[string]any{"description": "The page.", "schema": schema{Type: "string"}}}},
		"Problem": problemAnswer(problem, 0, "Something else went wrong, which is our fault; it may be tried again.", "unavailable"),
	}
	for status, p := range problems {
		answers[p.name] = problemAnswer(problem, status, p.about, p.code)
	}
	doc.Paths = map[string]pathItem{}
	for _, e := range endpoints() {
		of := e.describe()
		if !keep(of) {
			continue
		}
		if doc.Paths[of.path] == nil {
			doc.Paths[of.path] = pathItem{}
		}
		doc.Paths[of.path][strings.ToLower(of.method)] = d.operation(of)
	}
	for name, s := range d.components {
		if !strings.HasSuffix(name, "Form") {
			s.Examples = []any{d.sample(name, s, 0)}
		}
	}
	doc.Parts = map[string]any{"schemas": d.components, "responses": answers}
}

// written returns a document as it is stored.
func written(t *testing.T, doc document) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(doc); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func problemAnswer(s *schema, status int, about, code string) map[string]any {
	doc := problemDocument{Type: "about:blank", Title: sentence("en", code, nil), Status: status, Code: code}
	if status == 0 {
		doc.Status = http.StatusServiceUnavailable
	}
	out := map[string]any{"description": about, "content": map[string]any{"application/problem+json": map[string]any{"schema": s,
		"example": doc}}}
	if status == http.StatusTooManyRequests {
		out["headers"] = map[string]any{"Retry-After": map[string]any{"description": "Seconds.", "schema": schema{Type: "string"}}}
	}
	return out
}

func (d *describer) operation(e description) *operation {
	d.t.Helper()
	op := &operation{ID: e.id, Tags: []string{tag(e)}, Summary: e.summary, Description: e.about, Responses: map[string]any{}}
	if x, ok := e.deprecated(); ok {
		op.Deprecated, e.answerHeaders = true, slices.Concat(e.answerHeaders, x.answerHeaders())
	}
	switch e.access {
	case mingjing.Anyone:
		op.Security = &[]map[string][]string{}
	case mingjing.Machines:
		op.Security = &[]map[string][]string{{"agency": {}}}
	}
	if strings.Contains(e.path, "{id}") {
		op.Parameters = append(op.Parameters, map[string]any{"name": "id", "in": "path", "required": true,
			"description": "Id of the " + e.of + ".",
			"schema":      schema{Type: "string"}, "example": text(&schema{Pattern: idPattern})})
	}
	op.Parameters = append(op.Parameters, d.parameters(e)...)
	op.Body = d.body(e)
	status := e.status
	if status == 0 {
		status = http.StatusOK
	}
	good := map[string]any{"description": e.answer}
	content := map[string]any{}
	if e.out != nil {
		content["application/json"] = map[string]any{"schema": d.of(e.out)}
	}
	for _, kind := range e.kinds {
		s := &schema{}
		if kind == "application/json" {
			s.Type = "object"
		} else if strings.HasPrefix(kind, "text/") {
			s.Type = "string"
		}
		content[kind] = map[string]any{"schema": s}
	}
	page := map[string]any{"schema": schema{Type: "string"}}
	if e.page && status == http.StatusOK {
		content["text/html"] = page
	}
	if len(content) > 0 {
		good["content"] = content
	}
	if len(e.answerHeaders) > 0 {
		headers := map[string]any{}
		for _, h := range e.answerHeaders {
			headers[h.name] = map[string]any{"description": h.about, "schema": schema{Type: "string"}, "example": h.example}
		}
		good["headers"] = headers
	}
	op.Responses[strconv.Itoa(status)] = good
	for status, about := range e.also {
		other := maps.Clone(good)
		other["description"] = about
		op.Responses[strconv.Itoa(status)] = other
	}
	switch {
	case e.page && status != http.StatusOK:
		op.Responses["200"] = map[string]any{"description": "To a form: the page itself, once.", "content": map[string]any{"text/html": page}}
	case e.form && !e.page:
		op.Responses["303"] = ref("responses", "FormDone")
	case e.redirects != "":
		op.Responses["303"] = map[string]any{"description": e.redirects,
			"headers": map[string]any{"Location": map[string]any{"description": "The page.", "schema": schema{Type: "string"}}}}
	}
	for _, status := range fails(e) {
		op.Responses[strconv.Itoa(status)] = ref("responses", problems[status].name)
	}
	op.Responses["default"] = ref("responses", "Problem")
	return op
}

func tag(e description) string {
	switch {
	case e.tag != "":
		return e.tag
	case e.access == mingjing.Residents:
		return tagResident
	case e.access == mingjing.Staff, e.access == mingjing.Administrators, e.access == mingjing.Overseers:
		return tagStaff
	case e.access == mingjing.Agencies, e.access == mingjing.Machines:
		return tagAgency
	}
	return tagPublic
}

// fails returns the statuses of the problems that there may be.
func fails(e description) []int {
	all := append(slices.Clone(e.fails), http.StatusTooManyRequests) // by the bounds on each client
	if e.access != mingjing.Anyone {
		all = append(all, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(e.path, "{id}") {
		all = append(all, http.StatusNotFound)
	}
	if e.key {
		all = append(all, http.StatusUnprocessableEntity)
	}
	if e.method == http.MethodPost {
		all = append(all, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge)
	}
	if e.body != nil && e.body != reflect.TypeFor[none]() || e.in != nil && e.in.NumField() > 0 {
		all = append(all, http.StatusUnprocessableEntity)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (d *describer) parameters(e description) []map[string]any {
	var all []map[string]any
	if e.in != nil {
		for _, f := range reflect.VisibleFields(e.in) {
			if f.Anonymous {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			s := d.field(owner(e.in, f), f, name, true)
			about := s.Description
			s.Description = ""
			p := map[string]any{"name": name, "in": "query", "schema": s}
			if about != "" {
				p["description"] = about
			}
			all = append(all, p)
		}
	}
	for _, name := range e.headers {
		all = append(all, map[string]any{"name": name, "in": "header", "required": true, "schema": schema{Type: "string"},
			"description": map[string]string{"Origin": "This server's own.",
				offsetHeader:    "Which byte of the file, from 0, is the first of this part.",
				SignatureHeader: "The signature, as the security scheme says."}[name]})
	}
	if e.key {
		all = append(all, ref("parameters", "IdempotencyKey"))
	}
	return all
}

// body returns what an endpoint reads. Files come with forms alone.
func (d *describer) body(e description) map[string]any {
	if e.takes != "" {
		return map[string]any{"required": true, "content": map[string]any{e.takes: map[string]any{"schema": schema{}}}}
	}
	if e.body == nil || e.body.NumField() == 0 {
		return nil
	}
	content := map[string]any{}
	isFile := func(f reflect.StructField) bool { return f.Type == filesType }
	files := hasFiles(e.body)
	plain := d.of(e.body)
	only := false // files alone
	if files {
		name := typeName(e.body)
		rest := d.object(e.body, isFile)
		rest.Description = d.components[name].Description
		only = len(rest.Properties) == 0
		whole := d.object(e.body, func(f reflect.StructField) bool { return !isFile(f) })
		if only {
			delete(d.components, name)
			content["multipart/form-data"] = map[string]any{"schema": whole}
		} else {
			d.components[name] = rest
			content["multipart/form-data"] = map[string]any{"schema": &schema{AllOf: []*schema{plain, whole}}}
		}
	}
	if !only {
		content["application/json"] = map[string]any{"schema": plain}
		if e.example != nil {
			content["application/json"] = map[string]any{"schema": plain, "example": e.example}
		}
		if e.form {
			content["application/x-www-form-urlencoded"] = map[string]any{"schema": plain}
		}
		for _, kind := range e.kinds {
			content[kind] = map[string]any{"schema": schema{Type: "string"}}
		}
	}
	return map[string]any{"required": !optional(e.body), "content": content}
}

// optional reports whether all of an input may be left out.
func optional(t reflect.Type) bool {
	for _, f := range reflect.VisibleFields(t) {
		if _, how, _ := strings.Cut(f.Tag.Get("json"), ","); how == "" && !f.Anonymous {
			return false
		}
	}
	return true
}

// TestTheDescriptionIsCurrent compares the files with the endpoints and the protocol.
// UPDATE=1 writes them anew.
func TestTheDescriptionIsCurrent(t *testing.T) {
	for _, f := range []struct {
		name string
		have []byte
		make func(t *testing.T) []byte
	}{
		{"openapi.json", openAPI, describe},
		{"openapi-intake.json", intakeOpenAPI, describeIntake},
		{"openapi-asking.json", askingOpenAPI, describeAsking},
	} {
		want := f.make(t)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(f.name, want, 0o600); err != nil {
				t.Fatal(err)
			}
		} else if !bytes.Equal(f.have, want) {
			t.Errorf("%s is not what the endpoints say: run make openapi", f.name)
		}
	}
}

func TestExamplesAreAsDescribed(t *testing.T) {
	for name, of := range map[string]struct {
		data  []byte
		least int
	}{"openapi.json": {openAPI, 100}, "openapi-intake.json": {intakeOpenAPI, 8}, "openapi-asking.json": {askingOpenAPI, 5}} {
		if n := checkExamples(t, of.data); n < of.least {
			t.Errorf("%s has %d examples", name, n)
		}
	}
}

// checkExamples holds the examples of a document against its schemas, and returns how
// many there are.
func checkExamples(t *testing.T, data []byte) int {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	var walk func(at string, v any)
	walk = func(at string, v any) {
		object, ok := v.(map[string]any)
		if !ok {
			return
		}
		check := func(where string, example any) {
			n++
			s, err := compiler.Compile("openapi.json#" + where)
			if err == nil {
				err = s.Validate(example)
			}
			if err != nil {
				t.Errorf("the example at %s: %v", at, err)
			}
		}
		if example, ok := object["example"]; ok && object["schema"] != nil {
			check(at+"/schema", example)
		}
		if many, ok := object["examples"].(map[string]any); ok && object["schema"] != nil {
			for _, example := range many {
				check(at+"/schema", example.(map[string]any)["value"])
			}
		}
		if list, ok := object["examples"].([]any); ok {
			for _, example := range list {
				check(at, example)
			}
		}
		for name, member := range object {
			if name != "example" && name != "examples" && name != "properties" {
				walk(at+"/"+escape.Replace(name), member)
			}
		}
	}
	walk("", doc)
	return n
}

// operationID is a name in any programming language.
var operationID = regexp.MustCompile(`^[a-z][A-Za-z]*$`)

// TestEachEndpointIsDescribed checks that every endpoint has the texts that its description
// needs.
func TestEachEndpointIsDescribed(t *testing.T) {
	ids := map[string]string{}
	for _, e := range endpoints() {
		d := e.describe()
		name := d.method + " " + d.path
		if ids[d.id] != "" || !operationID.MatchString(d.id) {
			t.Errorf("%s is %q, and so is %q", name, d.id, ids[d.id])
		}
		ids[d.id] = name
		if d.summary == "" || strings.HasSuffix(d.summary, ".") || !strings.HasSuffix(d.answer, ".") {
			t.Errorf("%s: summary %q, answer %q", name, d.summary, d.answer)
		}
		if strings.Contains(d.path, "{id}") != (d.of != "") {
			t.Errorf("%s has the id of %q", name, d.of)
		}
		for _, status := range d.fails {
			if problems[status].name == "" {
				t.Errorf("%s fails with %d", name, status)
			}
		}
		if d.form && d.body.NumField() > 0 && !onlyFiles(d.body) && reflect.ValueOf(d.example).IsZero() {
			t.Errorf("%s has no example", name)
		}
	}
}

func onlyFiles(t reflect.Type) bool { return hasFiles(t) && t.NumField() == 1 }

// TestEachRouteIsOnePage: a page is its route and its literal, in the same order.
func TestEachRouteIsOnePage(t *testing.T) {
	have := map[string]int{}
	for _, p := range pages {
		have[p.route()]++
	}
	for _, r := range mingjing.Routes {
		if have[r.Name] != 1 {
			t.Errorf("the route %s has %d pages", r.Name, have[r.Name])
		}
		delete(have, r.Name)
	}
	for name := range have {
		t.Errorf("the page %s has no route", name)
	}
}

// TestAFormIsShownAgainOnAPage: the page that a form with errors is shown on is one
// of ours.
func TestAFormIsShownAgainOnAPage(t *testing.T) {
	for _, e := range endpoints() {
		if again := reflect.ValueOf(e).FieldByName("errorPage"); again.IsValid() &&
			!slices.ContainsFunc(pages, func(p screen) bool { return p.route() == again.String() }) {
			t.Errorf("%s is shown again on %q", e.describe().path, again)
		}
	}
}

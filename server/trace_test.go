package main

import (
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"mingjing"
	"mingjing/server/api"
)

// A traceCollector takes traces as an OpenTelemetry collector does.
type traceCollector struct {
	url string

	mu    sync.Mutex
	about []string // attributes of the service
	spans []*spans.Span
	wrong []error
}

func collectTraces(t *testing.T) *traceCollector {
	t.Helper()
	c := &traceCollector{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.Reader(r.Body), error(nil)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, err = gzip.NewReader(r.Body)
		}
		var sent collector.ExportTraceServiceRequest
		if err == nil {
			var data []byte
			if data, err = io.ReadAll(body); err == nil {
				err = proto.Unmarshal(data, &sent)
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			c.wrong = append(c.wrong, fmt.Errorf("%s %s of %s: %w", r.Method, r.URL.Path, r.Header.Get("Content-Type"), err))
		}
		for _, of := range sent.GetResourceSpans() {
			c.about = append(c.about, of.GetResource().String())
			for _, scope := range of.GetScopeSpans() {
				c.spans = append(c.spans, scope.GetSpans()...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(srv.Close)
	c.url = srv.URL
	return c
}

// received returns all spans of a city that have ended.
func (c *traceCollector) received(t *testing.T, of *city) []*spans.Span {
	t.Helper()
	if err := of.p.traces.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, err := range c.wrong {
		t.Error(err)
	}
	return slices.Clone(c.spans)
}

// TestTracesTellNothingOfAnybody has residents, staff and officers use every page, with a
// login, a score and a dispute, and checks that no span has anything of a person.
func TestTracesTellNothingOfAnybody(t *testing.T) {
	theOpenCity(t) // inspect needs it for descriptions
	s, err := testSettings(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	to := collectTraces(t)
	s.TraceEndpoint = to.url
	if s.KratosBin, err = filepath.Abs(filepath.Join("..", "e2e", "lib", "kratos")); err != nil {
		t.Fatal(err)
	}
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			_ = c.end()
		}
	}()
	b := c.resident(t, "namesake")
	furnish(t, b)
	var ids []string
	for _, r := range list[mingjing.Record](b.json("GET", "/api/records", nil)) {
		ids = append(ids, r.ID, r.Document.Number)
	}
	for _, d := range list[mingjing.Case](b.json("GET", "/api/disputes", nil)) {
		ids = append(ids, d.ID, d.Statement)
	}
	for _, who := range []*browser{b, c.desk(t, "h-1001"), c.desk(t, "s-2001"), c.desk(t, "adm-4001"), c.desk(t, "g-3001")} {
		walk(who)
	}
	b.page("records/NOTHING?secret=typed-into-an-address").want(404)
	b.send("BREW", "/en/typed-into-an-address", nil)
	eventually(t, 30*time.Second, "agencies were asked", func() bool {
		return slices.ContainsFunc(to.received(t, c), func(s *spans.Span) bool { return s.GetName() == "agency records" })
	})

	names := map[string]bool{"transaction": true, "none": true, "log": true, "issuer": true, "healthz": true, "readyz": true,
		"language": true, "file": true}
	for _, r := range mingjing.Routes {
		names[r.Name] = true
	}
	for _, k := range c.p.casework.JobKinds() {
		names["job "+k] = true
	}
	described := regexp.MustCompile(`^(api\.[A-Za-z]+|agency (records|questions)|kratos [a-z-]+(/[a-z-]+)*)$`)
	routes := map[string]bool{"": true, "/": true, "/{$}": true, "/zh-CN": true, "/en": true}
	for _, e := range api.Endpoints() {
		routes[e.Path] = true
	}
	for _, lang := range mingjing.Languages {
		for _, r := range mingjing.Routes {
			routes["/"+lang+"/"+r.Path] = true
		}
		routes["/"+lang+"/{$}"] = true
	}
	agencies := map[string]bool{}
	for _, book := range c.p.casework.City.Books() {
		for _, a := range book.Agencies {
			agencies[a.Code] = true
		}
	}
	word := regexp.MustCompile(`^[a-z_]{1,20}$`)
	allowed := map[string]func(v string) bool{
		"http.request.method": func(v string) bool {
			return slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "other"}, v)
		},
		"http.route": func(v string) bool {
			return routes[v] || strings.HasPrefix(v, "/log/") || v == "/healthz" || v == "/readyz" || strings.HasPrefix(v, "/.well-known/")
		},
		"http.response.status_code": regexp.MustCompile(`^\d{3}$`).MatchString,
		"db.system.name":            func(v string) bool { return v == "sqlite" },
		"mingjing.tries":            regexp.MustCompile(`^\d{1,2}$`).MatchString,
		"mingjing.agency":           func(v string) bool { return agencies[v] },
		"mingjing.result":           word.MatchString,
	}
	all := to.received(t, c)
	byID, seen, text := map[string]*spans.Span{}, map[string]int{}, strings.Builder{}
	for _, s := range all {
		byID[string(s.GetSpanId())] = s
	}
	for _, s := range all {
		kind, _, _ := strings.Cut(s.GetName(), " ")
		seen[kind]++
		if !names[s.GetName()] && !described.MatchString(s.GetName()) {
			t.Errorf("a span is named %q", s.GetName())
		}
		if len(s.GetEvents()) > 0 || len(s.GetLinks()) > 0 || s.GetStatus().GetMessage() != "" || s.GetTraceState() != "" {
			t.Errorf("%s tells more: %v", s.GetName(), s)
		}
		for _, a := range s.GetAttributes() {
			v := a.GetValue().GetStringValue()
			if v == "" {
				v = fmt.Sprint(a.GetValue().GetIntValue())
			}
			if v == "0" && a.GetKey() == "http.route" {
				v = "" // no route was found
			}
			if ok := allowed[a.GetKey()]; ok == nil || !ok(v) {
				t.Errorf("%s has the attribute %s = %q", s.GetName(), a.GetKey(), v)
			}
		}
		// What is done for a request or a job is within it. Agencies are asked for records
		// beside the jobs.
		if parent := byID[string(s.GetParentSpanId())]; len(s.GetParentSpanId()) > 0 && parent != nil &&
			string(parent.GetTraceId()) != string(s.GetTraceId()) {
			t.Errorf("%s is within another trace", s.GetName())
		}
		if len(s.GetParentSpanId()) == 0 && (kind == "transaction" || kind == "kratos" || s.GetName() == "agency questions") {
			t.Errorf("%s is within nothing", s.GetName())
		}
		fmt.Fprintln(&text, s.GetName(), s.GetAttributes())
	}
	for _, kind := range []string{"overview", "case", "api.login", "api.fileDispute", "job", "agency", "kratos", "transaction"} {
		if seen[kind] == 0 {
			t.Errorf("no span tells of %s: %v", kind, slices.Sorted(maps.Keys(seen)))
		}
	}
	to.mu.Lock()
	told := text.String() + strings.Join(to.about, "\n")
	to.mu.Unlock()
	if !strings.Contains(told, `"service.name"`) && !strings.Contains(told, "service.name") {
		t.Errorf("the service has no name: %s", to.about)
	}
	for _, wrong := range append(c.spilt(told, true), c.spilt(told, false)...) {
		t.Error("the traces tell", wrong)
	}
	for _, id := range append(ids, "typed-into-an-address", "127.0.0.1") {
		if id != "" && strings.Contains(told, id) {
			t.Errorf("the traces tell %q", id)
		}
	}
	// The log's record of a request names its trace.
	logged := 0
	for line := range strings.SplitSeq(c.logs.String(), "\n") {
		var l struct{ Msg, Name, Trace string }
		if json.Unmarshal([]byte(line), &l) != nil || l.Msg != "request" || l.Name != "overview" {
			continue
		}
		id, _ := hex.DecodeString(l.Trace)
		if slices.ContainsFunc(all, func(s *spans.Span) bool { return s.GetName() == l.Name && string(s.GetTraceId()) == string(id) }) {
			logged++
		}
	}
	if logged == 0 {
		t.Error("no record of the log leads to its trace")
	}
	ended = true
	if err := c.end(); err != nil {
		t.Error("it ended with", err)
	}
}

// TestWithoutACollectorThereIsNoTrace: then a span costs nothing, and the log has no name
// of a trace.
func TestWithoutACollectorThereIsNoTrace(t *testing.T) {
	c := theOpenCity(t)
	c.browser(t).page("login").want(200)
	if c.p.traces != nil || strings.Contains(c.logs.String(), `"trace":`) {
		t.Error("traces are made")
	}
}

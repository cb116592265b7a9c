package api

import (
	"encoding/json"
	"testing"
)

// TestADeprecatedEndpointSaysSoInItsDescriptionAndEveryAnswer deprecates two endpoints, of
// which one can't answer well here.
func TestADeprecatedEndpointSaysSoInItsDescriptionAndEveryAnswer(t *testing.T) {
	real := deprecations
	t.Cleanup(func() { deprecations = real })
	deprecations = map[string]deprecation{
		"GET /api/openapi-intake.json": {since: "2026-12-01", gone: "2027-12-01"},
		"POST /api/intake/batches":     {since: "2026-12-01", gone: "2027-12-01"},
	}
	want := map[string]string{"Deprecation": "@1796083200", "Sunset": "Wed, 01 Dec 2027 00:00:00 GMT"}
	h, _ := edge(t, nil)
	for _, k := range []struct {
		method, path string
		status       int
	}{{"GET", "/api/openapi-intake.json", 200}, {"POST", "/api/intake/batches", 401}} {
		w := ask(h, k.method, k.path, "Accept", "application/json")
		for name, v := range want {
			if got := w.Header().Get(name); w.Code != k.status || got != v {
				t.Errorf("%s %s answers %d with %s: %q", k.method, k.path, w.Code, name, got)
			}
		}
	}
	if w := ask(h, "GET", "/api/openapi.json"); w.Header().Get("Deprecation")+w.Header().Get("Sunset") != "" {
		t.Errorf("another endpoint has %v", w.Header())
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Deprecated bool
			Responses  map[string]struct {
				Headers map[string]struct{ Example string }
			}
		}
	}
	if err := json.Unmarshal(describeIntake(t), &doc); err != nil {
		t.Fatal(err)
	}
	if op := doc.Paths["/api/intake/batches"]["post"]; !op.Deprecated || op.Responses["200"].Headers["Sunset"].Example != want["Sunset"] {
		t.Errorf("the description says %+v", op)
	}
	if op := doc.Paths["/api/intake/batches"]["get"]; op.Deprecated {
		t.Error("another endpoint is described as deprecated")
	}
}

func TestWhatIsDeprecatedStaysForTwelveMonths(t *testing.T) {
	there := map[string]bool{}
	for _, e := range Endpoints() {
		there[e.Method+" "+e.Path] = true
	}
	for name, x := range deprecations {
		if !there[name] || x.gone < x.since.AddMonths(12) {
			t.Errorf("%s is deprecated since %s and goes on %s", name, x.since, x.gone)
		}
	}
}

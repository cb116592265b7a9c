package mingjing

import (
	"strings"
	"testing"
)

func TestAPathLeadsToItsPageAlone(t *testing.T) {
	for _, r := range Routes {
		for _, lang := range Languages {
			if got := PageAt(strings.Replace("/"+lang+"/"+r.Path, "{id}", "a%20b", 1)); got != r.Name {
				t.Errorf("%s in %s leads to %q", r.Name, lang, got)
			}
		}
	}
	for _, path := range []string{"", "/", "/en", "/fr/score", "/en/score/", "/en/records/", "/en//records", "/en/disputes/1/nothing", "score",
		"/api/score"} {
		if got := PageAt(path); got != "" {
			t.Errorf("%q leads to %q", path, got)
		}
	}
	if got := PageAt("/en/disputes/new"); got != "new-dispute" {
		t.Errorf("the form leads to %q", got)
	}
}

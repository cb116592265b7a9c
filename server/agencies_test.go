package main

import (
	"strings"
	"testing"

	"mingjing"
)

func TestHowAgenciesDealWithDisputesIsPublic(t *testing.T) {
	c := theOpenCity(t)
	v := into[mingjing.AgenciesView](c.browser(t).json("GET", "/api/agencies", nil).want(200))
	if len(v.Agencies) < 99 {
		t.Errorf("figures of %d agencies", len(v.Agencies))
	}
	for _, lang := range mingjing.Languages {
		page := c.browser(t).page("/" + lang + "/agencies").want(200)
		if shown := shown[mingjing.AgenciesView](page); shown == nil || len(shown.Agencies) != len(v.Agencies) {
			t.Errorf("%s: the page has not the same agencies", lang)
		}
		home := string(c.browser(t).page("/" + lang + "/rulebooks").want(200).body)
		if strings.Count(home, `href="/`+lang+`/agencies"`) != 2 {
			t.Errorf("%s: the rulebooks and the footer do not lead there", lang)
		}
	}
}

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
	one := into[mingjing.AgencyView](c.browser(t).json("GET", "/api/agencies/"+mingjing.BureauCode, nil).want(200))
	if one.Figures.Agency != mingjing.BureauCode {
		t.Errorf("the figures are of %q", one.Figures.Agency)
	}
	c.browser(t).json("GET", "/api/agencies/nobody", nil).want(404)
	for _, lang := range mingjing.Languages {
		page := c.browser(t).page("/" + lang + "/agencies").want(200)
		if shown := shown[mingjing.AgenciesView](page); shown == nil || len(shown.Agencies) != len(v.Agencies) {
			t.Errorf("%s: the page has not the same agencies", lang)
		}
		if got := string(c.browser(t).page("/" + lang + "/agencies/" + mingjing.BureauCode).want(200).body); !strings.Contains(got,
			"/api/agencies/"+mingjing.BureauCode) {
			t.Errorf("%s: the page does not lead to the figures", lang)
		}
		home := string(c.browser(t).page("/" + lang + "/rulebooks").want(200).body)
		if strings.Count(home, `href="/`+lang+`/agencies"`) != 2 {
			t.Errorf("%s: the rulebooks and the footer do not lead there", lang)
		}
	}
}

package main

import (
	"net/url"
	"strings"
	"testing"

	"mingjing"
)

func TestColoursTextAndTheSecurityContactNeedNoAccount(t *testing.T) {
	b := theOpenCity(t).browser(t)
	b.lang = "en"
	root := func() string {
		_, page, _ := strings.Cut(string(b.page("help").want(200).body), "<html ")
		page, _, _ = strings.Cut(page, ">")
		return page
	}
	if strings.Contains(root(), "data-t") {
		t.Error("somebody has chosen already")
	}
	to := b.form("/api/display", url.Values{"theme": {"dark"}, "text": {"200"}, "lang": {"en"}}).want(303).to()
	if to != "/en/display?done=display_saved" {
		t.Errorf("it leads to %s", to)
	}
	if got := root(); !strings.Contains(got, `data-theme="dark" data-text="200"`) {
		t.Errorf("the page has %s", got)
	}
	if form := b.page("display").want(200).html(); form.Find("[name=theme][value=dark][checked]").Length() != 1 ||
		form.Find(`[name=text][value="200"][checked]`).Length() != 1 {
		t.Error("the form does not show what was chosen")
	}
	if d := into[mingjing.Display](b.json("POST", "/api/display", map[string]any{"theme": "own"}).want(200)); d != (mingjing.Display{}) {
		t.Errorf("chosen are %+v", d)
	}
	if got := root(); strings.Contains(got, "data-t") {
		t.Errorf("the page has %s", got)
	}
	txt := string(b.send("GET", "/.well-known/security.txt", nil).want(200).body)
	for _, line := range []string{"Contact: http", "/en/contact\n", "Expires: 20", "Preferred-Languages: zh, en\n", "Canonical: http"} {
		if !strings.Contains(txt, line) {
			t.Errorf("security.txt has no %q:\n%s", line, txt)
		}
	}
}

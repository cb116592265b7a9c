//go:build unix

package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/api"
	"mingjing/server/demo"
)

// askedOfAll are the kinds of request that [browser.wantAway] sends, by name.
var askedOfAll = []string{"a page", "another", "a view", "a form", "JSON", "what a page asks by itself", "a logout", "a logout as JSON",
	"a stream"}

// wantAway sends requests of some kinds while an engine is away, and holds that each is
// told so, and that nobody is logged out.
func (b *browser) wantAway(code string, kinds ...string) {
	b.t.Helper()
	u, err := url.Parse(b.c.url)
	if err != nil {
		b.t.Fatal(err)
	}
	before := b.session(u)
	ask := map[string]func() answer{
		"a page":  func() answer { return b.page("overview") },
		"another": func() answer { return b.page("/zh-CN/records") },
		"a view":  func() answer { return b.send("GET", "/en/overview", nil, "Accept", viewType) },
		"a form": func() answer {
			return b.form("/api/score-requests", url.Values{"rulebook": {"rongcheng"}, "consent": {"true"}})
		},
		"JSON":                       func() answer { return b.json("GET", "/api/records", nil) },
		"a logout":                   func() answer { return b.form("/api/logout", url.Values{}) },
		"a logout as JSON":           func() answer { return b.json("POST", "/api/logout", nil) },
		"what a page asks by itself": func() answer { return b.json("GET", "/api/me", nil, "Mingjing-Quiet", "1") },
		"a stream": func() answer {
			ws, res, err := b.stream("?after=0")
			if err == nil {
				_ = ws.Close()
			}
			return answer{t: b.t, status: res.StatusCode, header: res.Header}
		},
	}
	for _, what := range kinds {
		a := ask[what]()
		if a.err != nil || a.status != 503 || a.header.Get("Retry-After") == "" || len(a.header.Values("Set-Cookie")) > 0 ||
			a.header.Get("Clear-Site-Data") != "" {
			b.t.Errorf("%s is answered %d %v %v", what, a.status, a.header, a.err)
		}
		if lang := map[string]string{"a page": "en", "a form": "en", "another": "zh-CN"}[what]; lang != "" {
			if text := a.html().Find("main").Text(); !strings.Contains(text, i18n.T(lang, "error."+code)) {
				b.t.Errorf("%s says %q", what, text)
			}
		}
		if what == "JSON" && a.problem(503) != code {
			b.t.Errorf("JSON says %q", a.problem(503))
		}
	}
	if after := b.session(u); before.Value == "" || after.Value != before.Value {
		b.t.Errorf("the cookies were %v and are %v", before, after)
	}
	if b.page("rulebooks").status != 200 {
		b.t.Error("a public page is not there")
	}
}

// wantFormsAgain sends every form of those who are logged in, as a browser without
// scripts does, while an engine is away. Each comes back with what was typed.
func (b *browser) wantFormsAgain(code string) {
	b.t.Helper()
	forms := 0
	for _, f := range api.Forms() {
		if f.Access == mingjing.Anyone {
			continue
		}
		forms++
		path, values, files := strings.Replace(f.Path, "{id}", "X1", 1), map[string]string{"lang": b.lang}, false
		for i, field := range f.Fields {
			values[field.Name] = fmt.Sprintf("%.3s<%d>说", field.Name, i) // a staff number is short
			if files = files || field.Kind == mingjing.UnsentFiles; field.Kind == mingjing.UnsentFiles {
				delete(values, field.Name)
			}
		}
		var a answer
		if files {
			a = b.upload(path, acceptHTML, values, []file{{"r.pdf", pdf}})
		} else {
			form := url.Values{}
			for name, v := range values {
				form.Set(name, v)
			}
			a = b.form(path, form)
		}
		if a.status != 503 || a.header.Get("Retry-After") == "" || len(a.header.Values("Set-Cookie")) > 0 {
			b.t.Errorf("%s is answered %d %v", f.Path, a.status, a.header)
			continue
		}
		page := a.html()
		form := page.Find(fmt.Sprintf("main form[action=%q][method=post]", path))
		if form.Length() != 1 || form.Find("button").Length() != 1 || form.Find("input[name=lang]").AttrOr("value", "") != b.lang {
			b.t.Errorf("%s does not come back as a form", f.Path)
			continue
		}
		for _, want := range []string{"error." + code, "unsent.lead"} {
			if !strings.Contains(page.Find("main").Text(), i18n.T(b.lang, want)) {
				b.t.Errorf("%s does not say %s", f.Path, want)
			}
		}
		for _, field := range f.Fields {
			in := form.Find(fmt.Sprintf("[name=%q]", field.Name))
			got, kind := in.AttrOr("value", ""), in.AttrOr("type", "")
			if in.Is("textarea") {
				got = in.Text()
			}
			want, seen := values[field.Name], form.Find(fmt.Sprintf("label[for=%q]", field.Name)).Length() == 1
			if field.Kind == mingjing.UnsentSecret {
				want = ""
			}
			if in.Length() != 1 || got != want || seen != (field.Kind != mingjing.UnsentKept) ||
				(field.Kind == mingjing.UnsentFiles) != (kind == "file") {
				b.t.Errorf("%s: %s of kind %s comes back as %q, seen: %v", f.Path, field.Name, field.Kind, got, seen)
			}
		}
		if files != strings.Contains(form.Text(), i18n.T(b.lang, "unsent.files")) ||
			files != (form.AttrOr("enctype", "") == "multipart/form-data") {
			b.t.Errorf("%s does not say that files are to be chosen again", f.Path)
		}
	}
	if forms < 50 {
		b.t.Errorf("only %d forms were sent", forms)
	}
}

// wantLoginAway logs in with the right password while an engine is away.
func (c *city) wantLoginAway(t *testing.T, who demo.Account, code string) {
	t.Helper()
	a := c.browser(t).form("/api/login", url.Values{"id_number": {string(who.IDNumber)}, "password": {who.Password}}).want(503)
	if a.header.Get("Retry-After") == "" || len(a.header.Values("Set-Cookie")) > 0 {
		t.Errorf("the login answers %v", a.header)
	}
	page := a.html()
	if got := page.Find("#error-summary").Text(); !strings.Contains(got, i18n.T("en", "error."+code)) {
		t.Errorf("the login says %q", got)
	}
	if v, _ := page.Find("input[name=id_number]").Attr("value"); v != string(who.IDNumber) {
		t.Errorf("the ID number that was typed is %q", v)
	}
	if strings.Contains(string(a.body), who.Password) {
		t.Error("the password is sent back")
	}
	again := c.browser(t).json("POST", "/api/login", map[string]any{"id_number": who.IDNumber, "password": who.Password})
	if got := again.problem(503); got != code {
		t.Errorf("the login says %q", got)
	}
}

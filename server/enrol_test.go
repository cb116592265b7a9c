package main

import (
	"net/url"
	"strings"
	"testing"

	"mingjing"
)

// TestTheCounterReplacesAForgottenPasswordWithoutScripts takes every step by forms alone.
func TestTheCounterReplacesAForgottenPasswordWithoutScripts(t *testing.T) {
	c := theOpenCity(t)
	old, desk, n := c.browser(t), c.desk(t, "h-1001"), newResident(703)
	first := into[mingjing.EnrolView](desk.json("POST", "/api/admin/residents", map[string]any{"id_number": n, "name": "健忘",
		"document": "id_card"}).want(201))
	old.json("POST", "/api/activate", map[string]any{"id_number": n, "code": first.Made.Code, "new_password": staffPassword}).want(200)
	found := desk.form("/api/admin/counter", url.Values{"id_number": {string(n)}, "lang": {"en"}}).want(200)
	again := desk.fill(found, "/api/admin/counter/code", map[string]string{}).want(422)
	if again.html().Find(`#error-summary a[href="#document"]`).Length()+again.html().Find(`#error-summary a`).Length() == 0 {
		t.Errorf("nothing says that the document is missing: %s", again.body)
	}
	made := desk.fill(again, "/api/admin/counter/code", map[string]string{"document": "id_card"}).want(200)
	code := made.html().Find("#one-time-code").Text()
	if len(code) != 14 || strings.Contains(string(made.body), string(n)) || made.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the code is %q, cached %q", code, made.header.Get("Cache-Control"))
	}
	if strings.Contains(string(desk.page("admin/counter").want(200).body), code) {
		t.Error("the code is shown again")
	}
	// Until it is used, nothing has changed for the resident, who is told.
	old.json("GET", "/api/me", nil).want(200)
	if page := string(old.page("inbox").want(200).body); !strings.Contains(page, "new activation code") || strings.Contains(page, code) {
		t.Error("the inbox does not say that there is a new code")
	}
	if page := string(old.page("access-log?others=1").want(200).body); !strings.Contains(page, "new activation code for you at the counter") ||
		!strings.Contains(page, "your document was checked") || !strings.Contains(page, c.account(t, "h-1001").Name) {
		t.Error("the access log does not say who made the code, and by which document")
	}
	to := c.browser(t).form("/api/activate", url.Values{"id_number": {string(n)}, "code": {code},
		"new_password": {"another mirror 8"}}).to()
	if to != "/en/overview?done=activated" {
		t.Errorf("the code leads to %s", to)
	}
	if code := old.json("GET", "/api/me", nil).problem(401); code != "session_expired" {
		t.Errorf("the session of the old password is told %s", code)
	}
	for password, want := range map[string]int{staffPassword: 401, "another mirror 8": 200} {
		c.browser(t).json("POST", "/api/login", map[string]any{"id_number": n, "password": password}).want(want)
	}
}

func TestStaffEnrolOnePersonWithoutScripts(t *testing.T) {
	c := theOpenCity(t)
	desk, n := c.desk(t, "h-1001"), newResident(700)
	form := desk.page("admin/enrol").want(200)
	wrong := desk.fill(form, "/api/admin/residents", map[string]string{"id_number": "1", "name": "新居民", "document": "passport"}).want(422)
	if got := wrong.html().Find("input[name=name]").AttrOr("value", ""); got != "新居民" {
		t.Errorf("what was typed is lost: %q", got)
	}
	body := map[string]string{"id_number": string(n), "name": "新居民", "language": "en", "address": "1 River Road", "document": "passport"}
	made := desk.fill(form, "/api/admin/residents", body).want(200)
	code := made.html().Find("#one-time-code").Text()
	c.browser(t).json("POST", "/api/activate", map[string]any{"id_number": n, "code": code, "new_password": "another mirror 8"}).want(200)
	// The same as JSON, for somebody else and for somebody who is there.
	v := into[mingjing.EnrolView](desk.json("POST", "/api/admin/residents", map[string]any{"id_number": newResident(701), "name": "另一人",
		"document": "id_card"}).want(201))
	if v.Made == nil || v.Made.IDMasked != newResident(701).Masked() || v.Made.Code == "" {
		t.Errorf("as JSON: %+v", v.Made)
	}
	if code := desk.json("POST", "/api/admin/residents", map[string]any{"id_number": n, "name": "新居民",
		"document": "id_card"}).problem(409); code != "already_enrolled" {
		t.Errorf("again: %s", code)
	}
	found := into[mingjing.CounterView](desk.json("POST", "/api/admin/counter", map[string]any{"id_number": newResident(701)}).want(200))
	k := into[mingjing.CounterView](desk.json("POST", "/api/admin/counter/code", map[string]any{"visit": found.Visit,
		"document": "id_card"}).want(201))
	if k.Code == nil || k.Visit != "" {
		t.Errorf("as JSON the counter shows %+v", k)
	}
	// An auditor reads, and enrols nobody.
	auditor := c.desk(t, "a-3001")
	auditor.page("admin/enrol").want(403)
	auditor.json("POST", "/api/admin/residents", map[string]any{"id_number": newResident(702), "name": "A",
		"document": "id_card"}).problem(403)
}

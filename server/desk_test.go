package main

import (
	"net/url"
	"strings"
	"testing"

	"mingjing"

	"github.com/PuerkitoBio/goquery"
)

// TestADisputeAtTheCounterWithoutScripts takes every step by forms alone, from the look-up to
// the filed dispute.
func TestADisputeAtTheCounterWithoutScripts(t *testing.T) {
	c := theOpenCity(t)
	b, desk, other := c.resident(t, "ordinary 7"), c.desk(t, "h-1001"), c.desk(t, "h-1002")
	b.ready("honest-shanghai")
	number := string(c.account(t, "ordinary 7").IDNumber)
	if wrong := desk.form("/api/admin/counter", url.Values{"id_number": {"1"}, "lang": {"en"}}).want(422); strings.Contains(string(wrong.body),
		`name="visit"`) {
		t.Error("a wrong number finds somebody")
	}
	found := desk.form("/api/admin/counter", url.Values{"id_number": {number}, "lang": {"en"}}).want(200)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(found.body)))
	if err != nil {
		t.Fatal(err)
	}
	visit, what := doc.Find("input[name=visit]").AttrOr("value", ""), doc.Find("input[name=what]").AttrOr("value", "")
	if visit == "" || what == "" || found.header.Get("Location") != "" {
		t.Fatalf("the counter has no form: visit %q, what %q", visit, what)
	}
	fields := map[string]string{"lang": "en", "visit": visit, "what": what, "reason": "not_me"}
	again := desk.upload("/api/admin/counter/disputes", "text/html", fields, nil).want(422)
	if page := string(again.body); !strings.Contains(page, visit) || !strings.Contains(page, `href="#statement"`) {
		t.Error("the form is not shown again with what is missing")
	}
	fields["statement"] = typedStatement
	to := desk.upload("/api/admin/counter/disputes", "text/html", fields, []file{{"scan.pdf", pdf}}).want(303).to()
	id := strings.TrimPrefix(strings.TrimSuffix(to, "?done=counter_filed"), "/en/admin/cases/")
	if strings.Contains(to, number) || strings.ContainsAny(id, "/?") {
		t.Errorf("it leads to %s", to)
	}
	if page := string(desk.page("admin/cases/" + id).want(200).body); strings.Contains(page, "filed at the counter") {
		t.Error("it is nobody's, and is open to who filed it")
	}
	name := c.account(t, "h-1001").Name
	if page := string(b.page("disputes/" + id).want(200).body); !strings.Contains(page, "filed at the counter") ||
		!strings.Contains(page, name) {
		t.Error("the resident does not see who filed it and where")
	}
	if page := string(b.page("access-log?others=1").want(200).body); !strings.Contains(page, "Looked you up at the counter") ||
		!strings.Contains(page, "Filed a dispute for you at the counter") {
		t.Error("the access log does not say it")
	}
	if code := desk.json("POST", "/api/admin/cases/"+id+"/assign", nil).problem(403); code != "case_involved" {
		t.Errorf("who filed it: %s", code)
	}

	// Another handler works on it: a note, a published text and the number.
	other.json("POST", "/api/admin/cases/"+id+"/assign", nil).want(200)
	other.json("POST", "/api/admin/cases/"+id+"/notes", map[string]any{"text": "Only for colleagues."}).want(201)
	if page := string(other.page("admin/cases/" + id).want(200).body); !strings.Contains(page, "filed at the counter") {
		t.Error("the case does not say where it was filed")
	}
	if strings.Contains(string(b.page("disputes/"+id).want(200).body), "Only for colleagues") {
		t.Error("the resident reads the note")
	}
	page, err := goquery.NewDocumentFromReader(
		strings.NewReader(string(other.page("admin/cases/" + id + "?reply=wrong_person").want(200).body)))
	if err != nil {
		t.Fatal(err)
	}
	if text := page.Find("textarea[name=reasons]").Text(); !strings.Contains(text, c.account(t, "ordinary 7").Name) ||
		strings.Contains(text, "{") {
		t.Errorf("the text that was inserted is %q", text)
	}
	if code := other.json("POST", "/api/admin/cases/"+id+"/id-number", map[string]any{"id_reason": "curious"}).problem(
		422); code != "invalid_form" {
		t.Error(code)
	}
	opened := other.form("/api/admin/cases/"+id+"/id-number", url.Values{"id_reason": {"identity"}, "lang": {"en"}}).want(200)
	if !strings.Contains(string(opened.body), number) || opened.header.Get("Cache-Control") != "no-store" {
		t.Error("the number is not shown, or may be kept")
	}
	looks := list[mingjing.AccessEntry](b.json("GET", "/api/access-log?others=1", nil))
	if l := looks[0]; l.Action != "id_number" || l.Subject != id || l.Purpose != "id_identity" {
		t.Errorf("the log says %+v", l)
	}
	if strings.Contains(string(other.page("admin/cases/"+id).want(200).body), number) {
		t.Error("the number stays open")
	}
}

func TestTheNextCaseAndTheWorkload(t *testing.T) {
	c := theOpenCity(t)
	b, desk, supervisor := c.resident(t, "ordinary 8"), c.desk(t, "h-1002"), c.desk(t, "s-2001")
	b.ready("honest-shanghai")
	records := list[mingjing.Record](b.json("GET", "/api/records", nil))
	b.json("POST", "/api/disputes", map[string]any{"record_id": records[0].ID, "reason": "not_me", "statement": typedStatement}).want(201)
	k := into[mingjing.CaseView](desk.json("POST", "/api/admin/cases/next", nil).want(200))
	if k.Handler != c.account(t, "h-1002").Name {
		t.Errorf("the case is %s's", k.Handler)
	}
	w := into[mingjing.WorkloadView](supervisor.json("GET", "/api/admin/workload", nil).want(200))
	for _, h := range w.Handlers {
		if h.Name == k.Handler && (h.Open < 1 || h.Given < 1) {
			t.Errorf("the figures are %+v", h)
		}
	}
	if strings.Contains(string(supervisor.page("admin/workload").want(200).body), c.account(t, "ordinary 8").Name) {
		t.Error("a resident is in the figures")
	}
	number := c.account(t, "ordinary 8").IDNumber
	v := into[mingjing.RelativesView](desk.json("POST", "/api/admin/relatives", map[string]any{"id_number": number}).want(201))
	if len(v.Relatives) != 1 || v.Relatives[0].IDMasked != number.Masked() {
		t.Fatalf("declared %+v", v)
	}
	to := desk.form("/api/admin/relatives/remove", url.Values{"relative_id": {v.Relatives[0].ID}, "lang": {"en"}}).want(303).to()
	if to != "/en/admin/relatives?done=relative_removed" {
		t.Errorf("it leads to %s", to)
	}
}

package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
)

// TestTheSameActionsWorkAsForms sends the forms of a resident's and a handler's pages as a
// browser without scripts does: each is accepted and redirects to a page.
func TestTheSameActionsWorkAsForms(t *testing.T) {
	c := theOpenCity(t)
	b := c.browser(t)
	a := c.account(t, "model-resident")
	to := b.fill(b.page("login"), "/api/login", map[string]string{"id_number": string(a.IDNumber), "password": a.Password}).to()
	if to != "/en/overview?done=logged_in" {
		t.Fatalf("the login leads to %s", to)
	}
	if page := b.page(to).want(200); page.html().Find("[role=status]").Length() == 0 {
		t.Error("the page does not say what was done")
	}
	again := b.fill(b.page("ask"), "/api/score-requests", map[string]string{"rulebook": "rongcheng", "consent": ""}).want(422)
	if v := again.view(); v.Page != "ask" || v.Form["rulebook"] != "rongcheng" || v.Problem.Fields[0].Code != "consent_required" ||
		v.Seq == 0 && v.Who == nil {
		t.Errorf("the form comes back as %+v", v.Problem)
	}
	if again.html().Find("#error-summary").Length() == 0 || again.html().Find("input[value=rongcheng][checked]").Length() == 0 {
		t.Error("the page does not say what was wrong, or has forgotten what was chosen")
	}
	to = b.fill(again, "/api/score-requests", map[string]string{"consent": "true"}).to()
	if !strings.HasPrefix(to, "/en/requests/") || !strings.HasSuffix(to, "?done=requested") {
		t.Fatalf("asking leads to %s", to)
	}
	eventually(t, 45*time.Second, "the page shows the score", func() bool {
		v := b.page(to).want(200).view()
		return mingjing.DataOf[mingjing.ScoreRequest](&v).State == mingjing.RequestReady &&
			mingjing.DataOf[mingjing.ScoreRequest](&v).Score != nil
	})
	record := list[mingjing.Record](b.json("GET", "/api/records", nil))[0].ID

	page := b.page("disputes/new?record=" + record).want(200)
	bad := b.fillFiles(page, "/api/disputes", map[string]string{"statement": typedStatement},
		[]file{{"notes.txt", []byte("no document")}}).want(422)
	if v := bad.view(); v.Form["statement"] != typedStatement || v.Path != "disputes/new?record="+record ||
		keyOf(bad, "/api/disputes") != keyOf(page, "/api/disputes") {
		t.Errorf("the form of a dispute comes back as %q at %q", v.Form, v.Path)
	}
	to = b.fillFiles(bad, "/api/disputes", map[string]string{"reason": "other"}, []file{{"r.pdf", pdf}}).to()
	id, ok := strings.CutSuffix(strings.TrimPrefix(to, "/en/disputes/"), "?done=dispute_filed")
	if !ok {
		t.Fatalf("filing leads to %s", to)
	}
	if to = b.fillFiles(b.page("disputes/"+id).want(200), "/api/disputes/"+id+"/evidence", nil,
		[]file{{"p.png", picture(t, "png")}}).to(); to != "/en/disputes/"+id+"?done=evidence_added" {
		t.Errorf("adding evidence leads to %s", to)
	}
	if none := b.fillFiles(b.page("disputes/"+id), "/api/disputes/"+id+"/evidence", nil, nil).want(422).view(); none.Page != "dispute" ||
		none.Problem.Fields[0].Field != "evidence" {
		t.Errorf("no file: %+v", none.Problem)
	}

	h := c.desk(t, "h-1002")
	h.lang = "zh-CN"
	path := "admin/cases/" + id
	if to = h.fill(h.page(path).want(200), "/api/admin/cases/"+id+"/assign", nil).to(); to != "/zh-CN/"+path+"?done=assigned" {
		t.Errorf("taking the case leads to %s", to)
	}
	if to = h.fill(h.page(path), "/api/admin/cases/"+id+"/ask-agency", nil).to(); to != "/zh-CN/"+path+"?done=agency_asked" {
		t.Errorf("asking the agency leads to %s", to)
	}
	half := h.fill(h.page(path), "/api/admin/cases/"+id+"/decision", map[string]string{"outcome": "upheld", "reasons": "证件已核对。",
		"evidence_answer": "已核对"}, 1).want(422)
	v := half.view()
	unanswered := ""
	for _, e := range mingjing.DataOf[mingjing.CasePage](&v).Evidence {
		if v.Form["evidence_answer_"+e.ID] == "" {
			unanswered = e.ID
		}
	}
	if len(v.Problem.Fields) != 1 || v.Problem.Fields[0].Field != "evidence_answer_"+unanswered || v.Form["reasons"] != "证件已核对。" {
		t.Errorf("half a decision comes back with %+v and %q", v.Problem, v.Form)
	}
	if to = h.fill(half, "/api/admin/cases/"+id+"/decision", map[string]string{"evidence_answer": "已核对"}).to(); to != "/zh-CN/"+path+
		"?done=decided" {
		t.Errorf("deciding leads to %s", to)
	}
	if late := h.form("/api/admin/cases/"+id+"/decision", url.Values{"outcome": {"upheld"}, "reasons": {"x"}}).want(
		409).view(); late.Page != "case" || late.Problem.Code != "case_decided" {
		t.Errorf("deciding twice shows %s with %+v", late.Page, late.Problem)
	}

	withdraw := b.form("/api/consents/withdraw", url.Values{"rulebook": {"rongcheng"}}).want(422).view()
	if withdraw.Page != "consents" || withdraw.Problem.Fields[0].Code != "confirm_required" {
		t.Errorf("withdrawing without a word: %+v", withdraw.Problem)
	}
	if to = b.fill(b.page("consents"), "/api/consents/withdraw",
		map[string]string{"confirm": "true"}).to(); to != "/en/consents?done=consent_withdrawn" {
		t.Errorf("withdrawing leads to %s", to)
	}
	if to = b.fill(b.page("overview"), "/api/logout", nil).to(); to != "/en/?done=logged_out" {
		t.Errorf("logging out leads to %s", to)
	}
}

// fill sends a form of a page with what it holds, changed by values; the button
// is pressed once. skip leaves the value of the nth field of a name as it is.
func (b *browser) fill(page answer, action string, values map[string]string, skip ...int) answer {
	b.t.Helper()
	form := url.Values{}
	for _, f := range formOf(page, action) {
		form.Add(f[0], f[1])
	}
	for name, v := range values {
		if v == "" {
			form.Del(name)
			continue
		}
		if len(form[name]) == 0 {
			form.Set(name, v)
		}
		for i := range form[name] {
			if !slices.Contains(skip, i) || len(form[name]) == 1 {
				form[name][i] = v
			}
		}
	}
	return b.form(action, form, "Referer", b.c.url+strings.TrimPrefix(page.what, "GET "))
}

func (b *browser) fillFiles(page answer, action string, values map[string]string, files []file) answer {
	b.t.Helper()
	fields := map[string]string{}
	for _, f := range formOf(page, action) {
		fields[f[0]] = f[1]
	}
	maps.Copy(fields, values)
	return b.upload(action, acceptHTML, fields, files)
}

// formOf returns what the form of a page with an action would send, in order.
func formOf(page answer, action string) [][2]string {
	page.t.Helper()
	form := page.html().Find(fmt.Sprintf("form[action=%q]", action)).First()
	if form.Length() == 0 {
		page.t.Fatalf("%s has no form for %s", page.what, action)
	}
	var fields [][2]string
	inputs := form.Find("input[name], textarea[name], select[name]")
	for i := range inputs.Length() {
		in := inputs.Eq(i)
		name, _ := in.Attr("name")
		value, _ := in.Attr("value")
		kind, _ := in.Attr("type")
		_, checked := in.Attr("checked")
		switch {
		case kind == "file", (kind == "checkbox" || kind == "radio") && !checked:
			continue
		case in.Is("textarea"):
			value = in.Text()
		}
		fields = append(fields, [2]string{name, value})
	}
	return fields
}

// keyOf returns the idempotency key of the form of a page that is sent to an address.
func keyOf(page answer, action string) string {
	return page.html().Find(`form[action="`+action+`"] input[name=idempotency_key]`).AttrOr("value", "no key")
}

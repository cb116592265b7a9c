package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"mingjing"
)

// names has somebody else asked to act in a case.
func (b *browser) names(helper, dispute string) mingjing.Mandate {
	b.t.Helper()
	d := into[mingjing.Case](b.json("POST", "/api/disputes/"+dispute+"/mandates", map[string]any{
		"id_number": b.c.account(b.t, helper).IDNumber, "relation": "parent", "until": b.inAWeek()}).want(201))
	return d.Mandates[len(d.Mandates)-1]
}

func (b *browser) inAWeek() mingjing.Date {
	return mingjing.DateOf(b.c.p.casework.City.Now()).AddDays(7)
}

func TestAHelperActsInOneCaseUntilItIsTakenBack(t *testing.T) {
	c := theOpenCity(t)
	owner, helper, stranger := c.resident(t, "ordinary 13"), c.resident(t, "ordinary 10"), c.resident(t, "ordinary 1")
	owner.ready("honest-shanghai")
	records := list[mingjing.Record](owner.json("GET", "/api/records", nil))
	file1 := func(record string) mingjing.Case {
		return into[mingjing.Case](owner.upload("/api/disputes", "application/json",
			map[string]string{"record_id": record, "reason": "wrong_facts", "statement": "It never happened."}, []file{{"a.pdf", pdf}}).want(201))
	}
	records = slices.DeleteFunc(records, func(r mingjing.Record) bool { return r.State != mingjing.RecordActive }) // other tests dispute some
	d, other := file1(records[len(records)-1].ID), file1(records[len(records)-2].ID)
	number := string(c.account(t, "ordinary 10").IDNumber)

	// As a form, with scripts off. The number is in no address and not shown again.
	wrong := owner.form("/api/disputes/"+d.ID+"/mandates", url.Values{"id_number": {number}, "relation": {"parent"},
		"until": {"2001-01-01"}}).want(422)
	if strings.Contains(string(wrong.body), number) {
		t.Error("the form that is shown again has the number in it")
	}
	done := owner.form("/api/disputes/"+d.ID+"/mandates", url.Values{"id_number": {number}, "relation": {"parent"},
		"until": {string(owner.inAWeek())}}).want(303)
	if strings.Contains(done.to(), number) {
		t.Errorf("the number is in the address %s", done.to())
	}
	offers := list[mingjing.Mandate](helper.json("GET", "/api/mandates", nil))
	if len(offers) != 1 || offers[0].State != mingjing.MandateOffered {
		t.Fatalf("%+v", offers)
	}
	m := offers[0]
	waysIn := func(b *browser, d mingjing.Case, want int) {
		t.Helper()
		for _, path := range []string{"/api/disputes/" + d.ID, "/api/evidence/" + d.Evidence[0].ID, "/en/helping/" + d.ID,
			"/en/disputes/" + d.ID} {
			accept := "application/json"
			if strings.HasPrefix(path, "/en/") {
				accept = acceptHTML
			}
			if a := b.send("GET", path, nil, "Accept", accept); a.status != want {
				t.Errorf("%s: %d, want %d", path, a.status, want)
			}
		}
		if want == 404 {
			b.upload("/api/disputes/"+d.ID+"/evidence", "application/json", nil, []file{{"b.pdf", pdf}}).want(404)
		}
	}
	waysIn(helper, d, 404)
	helper.form("/api/mandates/"+m.ID+"/accept", url.Values{}).want(303)
	waysIn(helper, d, 200)
	waysIn(helper, other, 404)
	waysIn(stranger, d, 404)
	if page := helper.page("/en/helping/" + d.ID).want(200); !strings.Contains(string(page.body), "You are acting for") {
		t.Error("the page does not say whose case it is")
	}
	helper.upload("/api/disputes/"+d.ID+"/evidence", "application/json", nil, []file{{"b.pdf", pdf}}).want(201)
	if code := owner.json("POST", "/api/disputes/"+d.ID+"/mandates", map[string]any{
		"id_number": number, "relation": "lawyer", "until": owner.inAWeek()}).problem(409); code != "helper_named" {
		t.Error(code)
	}
	owner.json("POST", "/api/mandates/"+m.ID+"/revoke", nil).want(200)
	waysIn(helper, d, 404)
	if code := helper.json("POST", "/api/mandates/"+m.ID+"/accept", nil).problem(409); code != "mandate_over" {
		t.Error(code)
	}
	again := list[mingjing.Mandate](helper.json("GET", "/api/mandates", nil))
	if again[0].State != mingjing.MandateRevoked {
		t.Errorf("%+v", again)
	}
	found := false
	for _, l := range list[mingjing.AccessEntry](owner.json("GET", "/api/access-log?others=1", nil)) {
		found = found || l.Role == mingjing.RoleHelper && l.Who != "" && l.For != ""
	}
	if !found {
		t.Error("the helper is not in the resident's access log")
	}
	// What is given back is given back by a form too.
	back := owner.names("ordinary 10", d.ID)
	helper.json("POST", "/api/mandates/"+back.ID+"/accept", nil).want(200)
	helper.json("POST", "/api/mandates/"+back.ID+"/decline", nil).want(200)
	waysIn(helper, d, 404)
}

// What a helper sends leads on to pages that are open to them: also a case that goes
// on from the one that they help with.
func TestAHelperIsLedToWhatTheyMayOpen(t *testing.T) {
	c := theOpenCity(t)
	owner, helper := c.resident(t, "ordinary 13"), c.resident(t, "ordinary 10")
	owner.ready("honest-shanghai")
	records := list[mingjing.Record](owner.json("GET", "/api/records", nil))
	i := slices.IndexFunc(records, func(r mingjing.Record) bool { return r.State == mingjing.RecordActive })
	d := into[mingjing.Case](owner.json("POST", "/api/disputes", map[string]any{"record_id": records[i].ID, "reason": "other",
		"statement": "No."}).want(201))
	handler := c.desk(t, "h-1001")
	handler.json("POST", "/api/admin/cases/"+d.ID+"/assign", nil).want(200)
	handler.json("POST", "/api/admin/cases/"+d.ID+"/decision", map[string]any{"outcome": "partly", "correct_to": records[i].Occurred,
		"reasons": "Only the day was wrong."}).want(200)
	m := owner.names("ordinary 10", d.ID)
	led := func(a answer, done string) answer {
		t.Helper()
		to := a.want(303).to()
		if !strings.HasPrefix(to, "/en/helping/") || !strings.HasSuffix(to, "?done="+done) {
			t.Fatalf("they are led to %s", to)
		}
		return helper.page(to).want(200)
	}
	led(helper.form("/api/mandates/"+m.ID+"/accept", url.Values{}), "mandate_accepted")
	page := led(helper.fillFiles(helper.page("helping/"+d.ID), "/api/disputes/"+d.ID+"/evidence", nil, []file{{"b.pdf", pdf}}),
		"evidence_added")
	if own := page.html().Find(
		`main a[href^="/en/disputes/"]:not([href*="/new"]):not([href$="/review"]):not([href$="/letter"])`); own.Length() > 0 {
		t.Errorf("the page leads to %s, the resident's own", own.AttrOr("href", ""))
	}
	further := helper.page("disputes/new?previous=" + d.ID).want(200)
	if back := further.html().Find(`a[href="/en/helping/` + d.ID + `"]`); back.Length() == 0 {
		t.Error("the form does not lead back to the case")
	}
	led(helper.fillFiles(further, "/api/disputes", map[string]string{"reason": "other", "statement": "Here is more."}, []file{{"c.pdf", pdf}}),
		"dispute_filed")
}

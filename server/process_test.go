package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework/listing"
)

// propose has the tax office propose a listing of a resident.
func (c *city) propose(t *testing.T, name, ref string) mingjing.Listing {
	t.Helper()
	l, err := c.p.casework.Listings.Propose(t.Context(), mingjing.Actor{Role: mingjing.RoleAgency, ID: "tax", Agency: "tax"}, listing.Proposal{
		Ref: ref, IDNumber: c.account(t, name).IDNumber, Subject: c.account(t, name).Name, Code: "tax.major_violation_blacklist",
		Ground: mingjing.Text{"zh-CN": "隐匿收入，少缴税款。", "en": "Income was hidden and tax not paid."}, Measures: []string{"restrict.exit"},
		Months: 24,
		Document: mingjing.Document{Kind: "listing_decision", Issuer: "Tax office", Number: "T-" + ref,
			Date: "2025-03-14", Hash: strings.Repeat("a", 64)}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAListingIsDecidedByTwoServedAndAnsweredOnThePages(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 2")
	l := c.propose(t, "ordinary 2", "two-people")
	first, second := c.desk(t, "h-1001"), c.desk(t, "s-2001")
	steps := "/api/admin/cases/" + l.CaseID
	queue := list[map[string]any](first.json("GET", "/api/admin/cases?kind=listing", nil))
	if !slices.ContainsFunc(queue, func(k map[string]any) bool {
		return k["id"] == l.CaseID && k["kind"] == "listing" && k["escalated"] == false
	}) {
		t.Errorf("the queue of proposed listings is %v", queue)
	}
	if to := first.fill(first.page("admin/cases/"+l.CaseID).want(200), steps+"/assign", nil).to(); !strings.HasSuffix(to, "done=assigned") {
		t.Fatalf("taking it leads to %s", to)
	}
	page := first.page("admin/cases/" + l.CaseID).want(200)
	if page.html().Find(".checks .tag-good").Length() != 4 {
		t.Errorf("the check list is %q", page.html().Find(".checks").Text())
	}
	again := first.fill(page, steps+"/recommend", map[string]string{"reasons": "The document shows it."}).want(422)
	if again.view().Problem.Fields[0].Code != "outcome_required" || again.html().Find("textarea[name=reasons]").Text() == "" {
		t.Error("a recommendation without an outcome comes back without its reasons")
	}
	form := url.Values{"lang": {"en"}, "outcome": {"approved"}, "reasons": {"The document shows it."}}
	if to := first.form(steps+"/recommend", form).to(); !strings.HasSuffix(to, "done=recommended") {
		t.Fatalf("recommending leads to %s", to)
	}
	own := b.page("disputes/" + l.CaseID).want(200)
	if shown[mingjing.DisputePage](own).Recommendation != nil || strings.Contains(string(own.body), "The document shows it.") {
		t.Error("the resident reads the recommendation before the decision")
	}
	if code := first.json("POST", steps+"/decision", map[string]any{"outcome": "approved", "reasons": "Again."}).problem(
		409); code != "case_not_yours" {
		t.Errorf("the first person decides: %s", code)
	}
	if code := first.json("POST", steps+"/assign", nil).problem(403); code != "second_person" {
		t.Errorf("the first person takes it back: %s", code)
	}
	second.json("POST", steps+"/assign", nil).want(200)
	if said := second.page("admin/cases/" + l.CaseID).want(200).html().Find("[aria-labelledby=recommendation]").Text(); !strings.Contains(said,
		"The document shows it.") {
		t.Error("the second person does not see what the first would decide")
	}
	second.json("POST", steps+"/decision", map[string]any{"outcome": "approved", "reasons": "I agree."}).want(200)

	page = b.page("listings/" + l.ID).want(200)
	for _, part := range []string{"#stand", "#notice", `form[action$="/receipt"]`} {
		if page.html().Find(part).Length() != 1 {
			t.Errorf("the listing's page has no %s", part)
		}
	}
	if to := b.fill(page, "/api/listings/"+l.ID+"/receipt", nil).to(); to != "/en/listings/"+l.ID+"?done=receipt_confirmed" {
		t.Fatalf("confirming leads to %s", to)
	}
	v := shown[mingjing.ListingView](b.page("listings/" + l.ID).want(200))
	if v.Listing.State != mingjing.ListingServed || v.Listing.Served != mingjing.ServedInApp || v.Effective || !v.Open {
		t.Errorf("after the receipt it is %+v", v.Listing)
	}
	d := into[mingjing.Case](b.json("POST", "/api/disputes", map[string]any{"listing_id": l.ID, "reason": "wrong_facts",
		"statement": "All of it was declared."}).want(201))
	if d.Kind != mingjing.CaseDispute || d.Listing.State != mingjing.ListingDisputed {
		t.Errorf("the answer is %s about a listing that is %s", d.Kind, d.Listing.State)
	}
	items := list[map[string]any](b.json("GET", "/api/listings", nil))
	if i := slices.IndexFunc(items, func(m map[string]any) bool { return m["id"] == l.ID }); i < 0 || items[i]["repair"] != false ||
		items[i]["repair_why"] == nil || items[i]["effective"] != false {
		t.Errorf("as JSON: %v", items)
	}
}

func TestServiceOnPaperIsRecorded(t *testing.T) {
	c := theOpenCity(t)
	l := c.propose(t, "ordinary 3", "on-paper")
	first, second := c.desk(t, "h-1002"), c.desk(t, "s-2001")
	steps := "/api/admin/cases/" + l.CaseID
	first.json("POST", steps+"/assign", nil).want(200)
	first.json("POST", steps+"/recommend", map[string]any{"outcome": "approved", "reasons": "It holds."}).want(200)
	second.json("POST", steps+"/assign", nil).want(200)
	second.json("POST", steps+"/decision", map[string]any{"outcome": "approved", "reasons": "It does."}).want(200)
	page := first.page("admin/cases/" + l.CaseID).want(200)
	bad := first.fill(page, steps+"/serve", map[string]string{"proof": "R-1"}).want(422)
	if bad.html().Find("#method, #on, #proof").Length() < 2 || bad.html().Find("#proof").AttrOr("value", "") != "R-1" {
		t.Error("the form forgets what was typed, or does not say what is missing")
	}
	today := mingjing.DateOf(c.p.casework.City.Now())
	if to := first.form(steps+"/serve", url.Values{"lang": {"en"}, "method": {"post"}, "on": {string(today)},
		"proof": {"R-1"}}).to(); !strings.HasSuffix(to, "done=served") {
		t.Fatalf("recording it leads to %s", to)
	}
	v := shown[mingjing.ListingView](c.resident(t, "ordinary 3").page("listings/" + l.ID).want(200)).Listing
	if v.State != mingjing.ListingServed || v.Served != mingjing.ServedByPost || v.NoticeOn != today {
		t.Errorf("it is %+v", v)
	}
}

func TestWhoWasTooLateSeesWhatHappenedMeanwhile(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 3")
	b.ready("honest-shanghai")
	records := list[mingjing.Record](b.json("GET", "/api/records", nil)) // other tests dispute some of them
	i := slices.IndexFunc(records, func(r mingjing.Record) bool { return r.State == mingjing.RecordActive })
	d := into[mingjing.Case](b.json("POST", "/api/disputes", map[string]any{"record_id": records[i].ID, "reason": "other",
		"statement": "Wrong."}).want(201))
	steps := "/api/admin/cases/" + d.ID
	slow, quick := c.desk(t, "h-1001"), c.desk(t, "h-1002")
	quick.json("POST", steps+"/assign", nil).want(200)
	late := slow.form(steps+"/assign", url.Values{"lang": {"en"}}).want(409)
	said := late.html().Find("#error-summary").Text()
	name := c.account(t, "h-1002").Name
	if v := late.view(); v.Problem.Code != "case_taken" || !strings.Contains(said, name) ||
		mingjing.DataOf[mingjing.CasePage](&v).Handler != name {
		t.Errorf("it says %q", said)
	}
	doc := into[struct {
		Code    string
		Allowed []string
	}](quick.json("POST", steps+"/extend", nil))
	if doc.Code != "no_new_evidence" || !slices.Contains(doc.Allowed, "decide") || !slices.Contains(doc.Allowed, "ask_agency") {
		t.Errorf("the problem says %+v", doc)
	}
}

func TestADecisionHasItsWaysOn(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 11")
	b.ready("honest-shanghai")
	records := list[mingjing.Record](b.json("GET", "/api/records", nil))
	record := records[len(records)-1]
	decide := func(what map[string]any) mingjing.Case {
		t.Helper()
		d := into[mingjing.Case](b.json("POST", "/api/disputes", what).want(201))
		h := c.desk(t, "h-1001")
		h.json("POST", "/api/admin/cases/"+d.ID+"/assign", nil).want(200)
		h.json("POST", "/api/admin/cases/"+d.ID+"/decision", map[string]any{"outcome": "partly", "reasons": "The day is wrong.",
			"correct_to": string(record.Occurred)}).want(200)
		return d
	}
	d := decide(map[string]any{"record_id": record.ID, "reason": "wrong_facts", "statement": "It was another day, and not me."})
	page := b.page("disputes/" + d.ID).want(200)
	for _, to := range []string{"/en/disputes/new?previous=" + d.ID, "/en/disputes/" + d.ID + "/review",
		"/api/disputes/" + d.ID + "/court-file.pdf?lang=en"} {
		if page.html().Find(`.lanes a[href="`+to+`"]`).Length() != 1 {
			t.Errorf("no way to %s", to)
		}
	}
	none := b.fill(b.page("disputes/new?previous="+d.ID).want(200),
		"/api/disputes", map[string]string{"reason": "other", "statement": "Look."}).want(422)
	if v := none.view(); v.Page != "new-dispute" || mingjing.DataOf[mingjing.NewCaseView](&v).Previous == nil ||
		v.Problem.Fields[0].Code != "evidence_required" || !strings.Contains(v.Path, "previous="+d.ID) {
		t.Errorf("without anything new it comes back as %s %+v", v.Path, v.Problem)
	}
	b.upload("/api/disputes/"+d.ID+"/evidence", "application/json", nil, []file{{"late.pdf", pdf}}).want(201)
	if carried := b.page("disputes/new?previous=" + d.ID).want(200).html().Find(
		"[aria-labelledby=before] .paper-name").Text(); !strings.Contains(carried, "late.pdf") {
		t.Error("the form does not carry over what came after the decision")
	}
	r := into[mingjing.Case](b.json("POST", "/api/disputes/"+d.ID+"/review", map[string]any{"statement": "The day is still wrong."}).want(201))
	if b.page("disputes/"+r.ID).want(200).html().Find("form[action$='/nothing-to-add']").Length() != 1 {
		t.Error("the page of the review does not ask whether there is something to add")
	}
	said := into[mingjing.Case](b.json("POST", "/api/disputes/"+r.ID+"/nothing-to-add", nil).want(200))
	if r.Sooner == nil || said.ReadyAt == nil || !said.Clocks[0].Due.Before(r.Clocks[0].Due) {
		t.Errorf("with nothing to add it is due %v, and %v before", said.Clocks[0].Due, r.Clocks[0].Due)
	}
	if r.Kind != mingjing.CaseReview || r.Previous != d.ID {
		t.Errorf("the review is %+v", r)
	}
	closed := into[struct {
		Code    string
		Allowed []string
	}](b.json("POST", "/api/disputes/"+d.ID+"/review", map[string]any{"statement": "Once more."}))
	if closed.Code != "lane_closed" || !slices.Equal(closed.Allowed, []string{"court"}) {
		t.Errorf("a second review: %+v", closed)
	}
	if b.page("disputes/"+d.ID+"/review").want(200).html().Find("form[action$='/review']").Length() != 0 {
		t.Error("the page offers a second review")
	}
	// Who decided has no part in it, and who has sees the first decision.
	if code := c.desk(t, "h-1001").json("POST", "/api/admin/cases/"+r.ID+"/assign", nil).problem(403); code != "case_involved" {
		t.Errorf("who decided first: %s", code)
	}
	s := c.desk(t, "s-2001")
	s.json("POST", "/api/admin/cases/"+r.ID+"/assign", nil).want(200)
	if v := s.page("admin/cases/" + r.ID).want(200).view(); mingjing.DataOf[mingjing.CasePage](&v).First == nil ||
		mingjing.DataOf[mingjing.CasePage](&v).First.Decision == nil || mingjing.DataOf[mingjing.CasePage](&v).First.ID != d.ID {
		t.Error("the first decision is not beside the review")
	}
}

func TestAStatementStaysOnFileAndARedlistingIsShownOnRequest(t *testing.T) {
	c := theOpenCity(t)
	b := c.resident(t, "ordinary 12")
	b.ready("honest-shanghai")
	record := list[mingjing.Record](b.json("GET", "/api/records", nil))[0].ID
	long := b.fill(b.page("records/"+record).want(200),
		"/api/statements", map[string]string{"statement_on_file": strings.Repeat("word ", 101)}).want(422)
	if v := long.view(); v.Page != "record" || mingjing.DataOf[mingjing.RecordView](&v).Record.ID != record ||
		v.Problem.Fields[0].Code != "too_many_words" || v.Path != "records/"+record {
		t.Errorf("it comes back as %s at %s", v.Page, v.Path)
	}
	if to := b.fill(long, "/api/statements", map[string]string{"statement_on_file": "I was abroad."}).to(); to != "/en/records/"+record+
		"?done=statement_saved" {
		t.Fatalf("saving leads to %s", to)
	}
	if v := b.page("records/" + record).want(200).view(); mingjing.DataOf[mingjing.RecordView](&v).Record.Statement != "I was abroad." {
		t.Error("it is not on file")
	}
	for _, what := range []map[string]any{{"statement_on_file": "x"}, {"record_id": "../x", "statement_on_file": "x"},
		{"listing_id": record, "statement_on_file": "x"}} {
		if code := b.json("POST", "/api/statements", what).problem(404); code != "not_found" {
			t.Errorf("%v: %s", what, code)
		}
	}
	l := c.propose(t, "ordinary 12", "shown")
	if code := b.json("POST", "/api/listings/"+l.ID+"/shown", map[string]any{"shown": true}).problem(409); code != "only_redlists" {
		t.Errorf("a blacklisting: %s", code)
	}
	if code := b.json("POST", "/api/listings/"+l.ID+"/receipt", nil).problem(409); code != "nothing_to_confirm" {
		t.Errorf("a proposal: %s", code)
	}
	if code := b.json("POST", "/api/repairs", map[string]any{"listing_id": l.ID, "statement": "Paid."}).problem(409); !strings.HasPrefix(code,
		"repair_") {
		t.Errorf("repair: %s", code)
	}
	if page := b.page("listings/" + l.ID + "/repair").want(200).html(); page.Find("form[action='/api/repairs']").Length() != 0 ||
		page.Find(".empty").Length() != 1 {
		t.Error("the page offers a repair that is not open, or does not say why")
	}
}

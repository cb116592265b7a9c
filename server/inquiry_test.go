package main

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"mingjing"
	"mingjing/server/casework/listing"
)

// TestWhyDidYouLookWithoutScripts takes every step by forms alone, from the question to the answer.
func TestWhyDidYouLookWithoutScripts(t *testing.T) {
	c := theOpenCity(t)
	b, desk, supervisor := c.resident(t, "ordinary 4"), c.desk(t, "h-1002"), c.desk(t, "s-2001")
	number := c.account(t, "ordinary 4").IDNumber
	desk.json("POST", "/api/admin/counter", map[string]any{"id_number": number}).want(200) // who is not there at all
	b.lang = "en"
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(b.page("access-log?others=1").want(200).body)))
	if err != nil {
		t.Fatal(err)
	}
	form := doc.Find(`form[action="/api/inquiries"]`).First() // of the newest line
	seq := form.Find("input[name=seq]").AttrOr("value", "")
	if form.Find("button").Length() != 1 || seq == "" {
		t.Fatalf("no form, of line %q", seq)
	}
	to := b.form("/api/inquiries", url.Values{"seq": {seq}, "others": {"1"}, "lang": {"en"}}).want(303).to()
	if to != "/en/access-log?others=1&done=inquiry_asked" {
		t.Errorf("it leads to %s", to)
	}
	q := list[mingjing.Inquiry](b.json("GET", "/api/inquiries", nil))[0]
	if strconv.FormatInt(q.Entry.Seq, 10) != seq || q.State != mingjing.InquiryAsked {
		t.Errorf("asked: %+v", q)
	}
	at := "/api/inquiries/" + q.ID
	if page := string(b.form(at+"/question", url.Values{"question": {strings.Repeat("长", mingjing.MaxInquiryQuestion+1)},
		"lang": {"en"}}).want(422).body); !strings.Contains(page, `href="#question"`) {
		t.Error("the form is not shown again")
	}
	b.form(at+"/question", url.Values{"question": {"I was not there."}, "lang": {"en"}}).want(303)
	desk.lang = "en"
	if page := string(desk.page("admin/inquiries").want(200).body); !strings.Contains(page, "/en/admin/inquiries/"+q.ID) ||
		strings.Contains(page, c.account(t, "ordinary 4").Name) {
		t.Error("the list does not lead to it, or names the resident")
	}
	if page := string(desk.page("admin/inquiries/" + q.ID).want(200).body); !strings.Contains(page, "I was not there.") {
		t.Error("the handler does not see the question")
	}
	if page := string(desk.form("/api/admin/inquiries/"+q.ID+"/answer", url.Values{"explanation": {"No."}, "lang": {"en"}}).want(
		422).body); !strings.Contains(page, `href="#explanation"`) {
		t.Error("the form is not shown again")
	}
	if to := desk.form("/api/admin/inquiries/"+q.ID+"/answer", url.Values{"explanation": {"Somebody of that name was at the counter."},
		"lang": {"en"}}).want(303).to(); to != "/en/admin/inquiries?done=inquiry_answered" {
		t.Errorf("it leads to %s", to)
	}
	for _, page := range []string{"access-log?others=1", "access-log/inquiries/" + q.ID} {
		if body := string(b.page(page).want(200).body); !strings.Contains(body, "Somebody of that name") {
			t.Errorf("%s does not show the answer", page)
		}
	}
	n := list[mingjing.Notice](b.json("GET", "/api/notices", nil))[0]
	if n.Kind != mingjing.NoticeInquiry || n.Code != "answered" {
		t.Errorf("the notice is %+v", n)
	}
	if to := b.form("/api/notices/"+n.ID+"/open", url.Values{"lang": {"en"}}).want(303).to(); to != "/en/access-log/inquiries/"+q.ID {
		t.Errorf("the notice leads to %s", to)
	}
	b.form(at+"/judge", url.Values{"satisfied": {"no"}, "lang": {"en"}}).want(303)
	supervisor.form("/api/admin/inquiries/"+q.ID+"/answer", url.Values{"explanation": {"It was another person."}, "outcome": {"unfounded"},
		"lang": {"en"}}).want(303)
	if body := string(b.page("access-log/inquiries/" + q.ID).want(200).body); !strings.Contains(body, "We are sorry") {
		t.Error("nobody apologises")
	}
}

// TestWhyDidYouLookAnswersAProgramToo takes by JSON the same steps, and those of an
// agency.
func TestWhyDidYouLookAnswersAProgramToo(t *testing.T) {
	c := theOpenCity(t)
	b, desk, supervisor, officer := c.resident(t, "ordinary 4"), c.desk(t, "h-1002"), c.desk(t, "s-2001"), c.desk(t, "g-3002")
	number := c.account(t, "ordinary 4").IDNumber
	desk.json("POST", "/api/admin/counter", map[string]any{"id_number": number}).want(200)
	q := b.why("h-1002")
	b.json("POST", "/api/inquiries/"+q.ID+"/question", map[string]any{"question": "Why?"}).want(200)
	lines := list[mingjing.InquirySummary](desk.json("GET", "/api/admin/inquiries", nil))
	if !slices.ContainsFunc(lines, func(l mingjing.InquirySummary) bool { return l.ID == q.ID && l.Mine && l.Open }) {
		t.Errorf("the list is %+v", lines)
	}
	desk.json("POST", "/api/admin/inquiries/"+q.ID+"/answer", map[string]any{"explanation": "The wrong number was typed in."}).want(200)
	b.json("POST", "/api/inquiries/"+q.ID+"/judge", map[string]any{"satisfied": "no"}).want(200)
	supervisor.json("GET", "/api/admin/inquiries/"+q.ID, nil).want(200)
	supervisor.json("POST", "/api/admin/inquiries/"+q.ID+"/answer", map[string]any{"explanation": "It was a mistake.",
		"outcome": "unfounded"}).want(200)
	if q = into[mingjing.Inquiry](b.json("GET", "/api/inquiries/"+q.ID, nil).want(200)); !q.Ended() {
		t.Errorf("in the end: %+v", q)
	}

	court := mingjing.Actor{Role: mingjing.RoleAgency, ID: "court", Agency: "court"}
	_, err := c.p.casework.Listings.Propose(t.Context(), court, listing.Proposal{
		Ref: "why", IDNumber: number, Subject: c.account(t, "ordinary 4").Name, Code: "court.enforcement_blacklist",
		Ground: mingjing.Text{"zh-CN": "有履行能力而拒不履行。"}, Measures: []string{"restrict.air"}, Months: 24,
		Document: mingjing.Document{Kind: "listing_decision", Issuer: "Court", Number: "C-why", Date: "2025-03-14",
			Hash: strings.Repeat("b", 64)}})
	if err != nil {
		t.Fatal(err)
	}
	q = b.why("court")
	lines = list[mingjing.InquirySummary](officer.json("GET", "/api/agency/inquiries", nil))
	if !slices.ContainsFunc(lines, func(l mingjing.InquirySummary) bool { return l.ID == q.ID && l.Agency == "court" }) {
		t.Errorf("the agency's list is %+v", lines)
	}
	officer.json("GET", "/api/agency/inquiries/"+q.ID, nil).want(200)
	for _, lang := range mingjing.Languages {
		officer.lang = lang
		officer.page("agency/inquiries/" + q.ID).want(200)
	}
	k := into[mingjing.InquiryCase](
		officer.json("POST", "/api/agency/inquiries/"+q.ID+"/answer", map[string]any{"explanation": "We need it for our own procedure."}).want(
			200))
	if k.State != mingjing.InquiryAnswered || !strings.Contains(k.Answers[0].By, c.account(t, "g-3002").Name) {
		t.Errorf("the agency's answer is %+v", k)
	}
}

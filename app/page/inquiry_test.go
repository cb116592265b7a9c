package page

import (
	"strings"
	"testing"
	"time"

	"mingjing"

	"github.com/PuerkitoBio/goquery"
)

func inquiryOf(state mingjing.InquiryState, outcomes ...mingjing.InquiryOutcome) mingjing.Inquiry {
	q := mingjing.Inquiry{ID: "INQUIRY-1", State: state, AskedAt: sampleNow.Add(-time.Hour), Due: sampleNow.Add(5 * 24 * time.Hour), Answers: []mingjing.InquiryAnswer{},
		Look: mingjing.Look{Seq: 7, At: sampleNow.Add(-2 * time.Hour), Role: mingjing.RoleHandler, Who: hostile, By: "H-0001", Action: "case", Subject: "d-1", Purpose: "dispute"}}
	for _, o := range outcomes {
		q.Answers = append(q.Answers, mingjing.InquiryAnswer{Outcome: o, Text: hostile, By: "周慧", Role: mingjing.RoleHandler, At: sampleNow})
	}
	return q
}

// inquiryScreens are the pages of inquiries in all their states.
func inquiryScreens(lang string) map[string]*mingjing.View {
	all := map[string]*mingjing.View{}
	add := func(name string, role mingjing.Role, fill func(v *mingjing.View)) {
		page, _, _ := strings.Cut(name, ".")
		v := heldView(lang, page, role)
		if role == mingjing.RoleAgency {
			v.Who = &mingjing.Viewer{Role: role, Name: "顾南", IDMasked: "G-1", Agency: "hpc"}
		}
		fill(v)
		all[name] = v
	}
	unexplained, again := inquiryOf(mingjing.InquiryUnexplained), inquiryOf(mingjing.InquiryAnswered, mingjing.InquiryExplained, mingjing.InquiryUnfounded)
	unexplained.Late, unexplained.Unexplained, again.Unexplained = true, true, true
	late, wordy := inquiryOf(mingjing.InquiryEscalated), inquiryOf(mingjing.InquiryAsked)
	late.Late, wordy.Question = true, hostile
	for name, q := range map[string]mingjing.Inquiry{"asked": inquiryOf(mingjing.InquiryAsked), "wordy": wordy, "late": late, "unexplained": unexplained,
		"answered": inquiryOf(mingjing.InquiryAnswered, mingjing.InquiryExplained), "founded": inquiryOf(mingjing.InquiryAnswered, mingjing.InquiryFounded), "unfounded": again} {
		add("inquiry."+name, mingjing.RoleResident, func(v *mingjing.View) { v.Inquiry = &q })
		add("access-log."+name, mingjing.RoleResident, func(v *mingjing.View) {
			v.Path = "access-log?others=1&cursor=90"
			system, own, other, about := q.Look, q.Look, q.Look, q.Look
			system.Role, system.Seq, system.Action = mingjing.RoleSystem, 5, "collect"
			own.Role, own.Seq, other.Seq, about.Seq, about.Action = mingjing.RoleResident, 4, 3, 2, "inquiry_answer"
			v.AccessLog = &mingjing.AccessLogView{Looks: []mingjing.Look{q.Look, system, own, other, about}, Inquiries: []mingjing.Inquiry{q}}
		})
	}
	lines := []mingjing.InquiryLine{{ID: "INQUIRY-1", State: mingjing.InquiryAsked, Staff: "H-0001", AskedAt: sampleNow, Due: sampleNow, Mine: true, Open: true},
		{ID: "INQUIRY-2", State: mingjing.InquiryEscalated, Agency: "hpc", AskedAt: sampleNow, Due: sampleNow, Late: true}, {ID: "INQUIRY-3", State: mingjing.InquiryUnexplained, Staff: hostile, AskedAt: sampleNow, Due: sampleNow},
		{ID: "INQUIRY-4", State: mingjing.InquiryEscalated, AskedAt: sampleNow, Due: sampleNow}}
	add("inquiries", mingjing.RoleHandler, func(v *mingjing.View) {
		v.Inquiries = &mingjing.InquiriesView{Inquiries: lines, Escalated: 2, Unexplained: 1, Next: "1.x"}
	})
	add("inquiries.none", mingjing.RoleAuditor, func(v *mingjing.View) { v.Inquiries = &mingjing.InquiriesView{} })
	add("agency-inquiries", mingjing.RoleAgency, func(v *mingjing.View) { v.Inquiries = &mingjing.InquiriesView{Inquiries: lines[1:2], Next: "1.x"} })
	own := mingjing.InquiryCase{Inquiry: wordy, Resident: hostile, CaseID: "d-1", Item: "judgment-unpaid", Outcomes: []mingjing.InquiryOutcome{mingjing.InquiryExplained}}
	finding, read := own, own
	finding.Inquiry, finding.Outcomes, read.Outcomes, read.CaseID, read.Item = late, mingjing.InquiryFindings, nil, "", ""
	add("inquiry-answer", mingjing.RoleHandler, func(v *mingjing.View) { v.InquiryCase = &own })
	add("inquiry-answer.finding", mingjing.RoleSupervisor, func(v *mingjing.View) {
		v.InquiryCase = &finding
		v.Form = map[string]string{"explanation": hostile}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "outcome", Code: "finding_required"}, {Field: "explanation", Code: "explanation_short"}}}
	})
	add("inquiry-answer.read", mingjing.RoleAuditor, func(v *mingjing.View) { v.InquiryCase = &read })
	add("agency-inquiry", mingjing.RoleAgency, func(v *mingjing.View) { v.InquiryCase = &own })
	return all
}

func eachInquiry(t *testing.T, check func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document)) {
	for _, lang := range mingjing.Languages {
		for name, v := range inquiryScreens(lang) {
			t.Run(lang+"/"+name, func(t *testing.T) { check(t, name, v, renderHeld(t, name, v)) })
		}
	}
}

func TestEveryPageOfInquiriesIsSoundHTML(t *testing.T) {
	eachInquiry(t, func(t *testing.T, _ string, _ *mingjing.View, doc *goquery.Document) { sound(t, doc) })
}

func TestEachLineOfTheLogIsAskedAboutAnsweredOrExplained(t *testing.T) {
	eachInquiry(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) {
		if v.AccessLog == nil {
			return
		}
		rows := doc.Find("tbody tr")
		for i, want := range []string{"answer", "standing", "", "form", "standing"} {
			row, got := rows.Eq(i), ""
			switch {
			case row.Find(`form[action="/api/inquiries"][method=post] button`).Length() == 1:
				got = "form"
			case row.Find(`a[href$="/access-log/inquiries/INQUIRY-1"]`).Length() > 0 && row.Find(".tag").Length() > 0:
				got = "answer"
			case row.Find("details").Length() == 1:
				got = "standing"
			}
			if got != want {
				t.Errorf("line %d has %q, want %q", i, got, want)
			}
		}
		form := rows.Eq(3).Find("form")
		for field, want := range map[string]string{"seq": "3", "others": "1", "cursor": "90"} {
			if got := form.Find("input[name="+field+"]").AttrOr("value", ""); got != want {
				t.Errorf("%s is %q, want %q", field, got, want)
			}
		}
		if said := rows.Eq(0).Find(".quote").Length(); (said == 1) != (v.AccessLog.Inquiries[0].State == mingjing.InquiryAnswered) {
			t.Errorf("the line has %d answers", said)
		}
	})
}

func TestWhatTheResidentCanDoAboutAnInquiryFollowsItsState(t *testing.T) {
	has := map[string]string{"asked": "question", "answered": "judge", "unexplained": "#complaint", "unfounded": "#complaint"}
	eachInquiry(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) {
		if v.Inquiry == nil {
			return
		}
		_, kind, _ := strings.Cut(name, ".")
		for _, what := range []string{"question", "judge", "#complaint"} {
			n := doc.Find(`form[action$="/` + what + `"]`).Length()
			if what == "#complaint" {
				n = doc.Find(what).Length()
			}
			if (n == 1) != (has[kind] == what) {
				t.Errorf("%s: %d of %s", kind, n, what)
			}
		}
	})
}

func TestOnlyAFindingIsAskedOfWhoDidNotLook(t *testing.T) {
	eachInquiry(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) {
		if v.InquiryCase == nil {
			return
		}
		forms, radios := doc.Find(`main form[method=post]`), doc.Find("input[name=outcome]")
		if want := map[bool]int{true: 1}[name != "inquiry-answer.read"]; forms.Length() != want {
			t.Errorf("%d forms, want %d", forms.Length(), want)
		}
		if want := map[bool]int{true: 2}[name == "inquiry-answer.finding"]; radios.Length() != want {
			t.Errorf("%d findings, want %d", radios.Length(), want)
		}
		action := "/api/admin/inquiries/INQUIRY-1/answer"
		if v.Who.Role == mingjing.RoleAgency {
			action = "/api/agency/inquiries/INQUIRY-1/answer"
		}
		if got := forms.AttrOr("action", action); got != action {
			t.Errorf("it goes to %s", got)
		}
	})
}

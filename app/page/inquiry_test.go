package page_test

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"

	"github.com/PuerkitoBio/goquery"
)

func eachInquiry(t *testing.T, check func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document)) {
	for _, lang := range mingjing.Languages {
		for name, v := range pagetest.InquiryScreens(lang) {
			t.Run(lang+"/"+name, func(t *testing.T) { check(t, name, v, pagetest.RenderHeld(t, name, v)) })
		}
	}
}

func TestEveryPageOfInquiriesIsSoundHTML(t *testing.T) {
	eachInquiry(t, func(t *testing.T, _ string, _ *mingjing.View, doc *goquery.Document) { pagetest.Sound(t, doc) })
}

func TestEachLineOfTheLogIsAskedAboutAnsweredOrExplained(t *testing.T) {
	eachInquiry(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) {
		if mingjing.DataOf[mingjing.AccessLogView](v) == nil {
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
		if said := rows.Eq(0).Find(".quote").Length(); (said == 1) != (mingjing.DataOf[mingjing.AccessLogView](
			v).Inquiries[0].State == mingjing.InquiryAnswered) {
			t.Errorf("the line has %d answers", said)
		}
	})
}

func TestWhatTheResidentCanDoAboutAnInquiryFollowsItsState(t *testing.T) {
	has := map[string]string{"asked": "question", "answered": "judge", "unexplained": "#complaint", "unfounded": "#complaint"}
	eachInquiry(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) {
		if mingjing.DataOf[mingjing.Inquiry](v) == nil {
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
		if mingjing.DataOf[mingjing.InquiryCase](v) == nil {
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

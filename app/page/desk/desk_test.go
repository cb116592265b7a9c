package desk

import (
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page/pagetest"

	"github.com/PuerkitoBio/goquery"
)

// deskScreens returns the pages of the handlers' desks.
func deskScreens(lang string) map[string]*mingjing.View {
	all := map[string]*mingjing.View{}
	add := func(name string, role mingjing.Role, fill func(v *mingjing.View)) *mingjing.View {
		page, _, _ := strings.Cut(name, ".")
		v := pagetest.HeldView(lang, page, role)
		fill(v)
		all[name] = v
		return v
	}
	median := 4
	add("workload", mingjing.RoleSupervisor, func(v *mingjing.View) {
		v.Data = &mingjing.WorkloadView{Days: 30, Handlers: []mingjing.HandlerFigures{
			{ID: "H-0001", Name: "周慧", Open: 12, Next: &pagetest.SampleNow, Late: 2, Decided: 9, MedianDays: &median, Given: 8, Picked: 3},
			{ID: "H-0002", Name: pagetest.Hostile}}}
	})
	add("workload.empty", mingjing.RoleAuditor, func(v *mingjing.View) { v.Data = &mingjing.WorkloadView{Days: 30} })
	add("relatives", mingjing.RoleHandler, func(v *mingjing.View) {
		v.Data = &mingjing.RelativesView{Relatives: []mingjing.Relative{{ID: "r-1", IDMasked: "99**************1X", At: pagetest.SampleNow}}}
		v.Problem = &mingjing.Problem{Status: 422,
			Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "id_number", Code: "id_number_check"}}}
	})
	add("relatives.none", mingjing.RoleHandler, func(v *mingjing.View) { v.Data = &mingjing.RelativesView{} })
	add("relatives.log", mingjing.RoleAuditor, func(v *mingjing.View) {
		v.Data = &mingjing.RelativesView{
			Log: []mingjing.Declaration{{At: pagetest.SampleNow, Staff: "H-0001", Name: pagetest.Hostile,
				Action: "declared", IDMasked: "99**************1X"}}}
	})
	add("counter", mingjing.RoleHandler, func(v *mingjing.View) { v.Data = &mingjing.CounterView{} })
	found := mingjing.CounterView{Visit: "v-1", Resident: pagetest.Hostile, IDMasked: "99**************1X",
		Records: []mingjing.CounterItem{{ID: "rec-1", Agency: "court", Code: "court.unpaid_judgment", State: "active", Open: true},
			{ID: "rec-2", Agency: "court", Code: "court.unpaid_judgment", State: "disputed"}},
		Listings: []mingjing.CounterItem{{ID: "list-1", Agency: "court", Code: "court.enforcement_blacklist", State: "in_effect", Open: true}}}
	add("counter.found", mingjing.RoleSupervisor, func(v *mingjing.View) { v.Data = &found })
	add("counter.wrong", mingjing.RoleHandler, func(v *mingjing.View) {
		v.Data = &found
		v.Form = map[string]string{"what": "listing:list-1", "statement": pagetest.Hostile}
		v.Problem = &mingjing.Problem{Status: 422,
			Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "what", Code: "nothing_to_dispute"},
				{Field: "reason", Code: "reason_required"}}}
	})
	add("counter.nothing", mingjing.RoleHandler, func(v *mingjing.View) { v.Data = &mingjing.CounterView{Visit: "v-1", Resident: "林婧"} })
	code := mingjing.ActivationCode{Code: "1234-5678-9012", Until: pagetest.SampleNow}
	add("counter.code", mingjing.RoleHandler, func(v *mingjing.View) {
		v.Data = &mingjing.CounterView{Resident: pagetest.Hostile, IDMasked: "99**************1X", Code: &code}
	})
	add("enrol", mingjing.RoleHandler, func(v *mingjing.View) {
		v.Data = &mingjing.EnrolView{}
		v.Form = map[string]string{"name": pagetest.Hostile, "address": pagetest.Hostile, "language": "en", "document": "passport"}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "id_number",
			Code: "id_number_check"}, {Field: "name", Code: "name_required"}, {Field: "address", Code: "address_long"},
			{Field: "document", Code: "document_required"}}}
	})
	add("enrol.made", mingjing.RoleSupervisor, func(v *mingjing.View) {
		v.Data = &mingjing.EnrolView{Made: &mingjing.CounterEnrolment{Name: pagetest.Hostile, IDMasked: "99**************1X",
			ActivationCode: code}}
	})
	add("case.notes", mingjing.RoleHandler, func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *pagetest.WorkCase(mingjing.CaseAgencyAnswered, "H-0001", false, "decide")}
		mingjing.DataOf[mingjing.CasePage](v).ReplyLang = "en"
		mingjing.DataOf[mingjing.CasePage](v).Notes = []mingjing.Note{{ID: "n-1", Text: pagetest.Hostile, By: "周慧", Role: mingjing.RoleHandler,
			At: pagetest.SampleNow.Add(-time.Hour)}}
		v.Form = map[string]string{"reply": "evidence_short", "reasons": "Dear"}
	})
	add("case.number", mingjing.RoleHandler, func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *pagetest.WorkCase(mingjing.CaseAssigned, "H-0001", false)}
		mingjing.DataOf[mingjing.CasePage](v).IDNumber = "99999919800101001X"
	})
	return all
}

func eachDesk(t *testing.T, check func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document)) {
	for _, lang := range mingjing.Languages {
		for name, v := range deskScreens(lang) {
			t.Run(lang+"/"+name, func(t *testing.T) { check(t, name, v, pagetest.RenderHeld(t, name, v)) })
		}
	}
}

func TestEveryPageOfTheDeskIsSoundHTML(t *testing.T) {
	eachDesk(t, func(t *testing.T, _ string, _ *mingjing.View, doc *goquery.Document) { pagetest.Sound(t, doc) })
}

func TestTheMenuLeadsToWhatTheViewerMayOpen(t *testing.T) {
	for role, want := range map[mingjing.Role]string{mingjing.RoleHandler: "counter relatives",
		mingjing.RoleSupervisor: "counter workload relatives", mingjing.RoleAuditor: "workload relatives"} {
		v := pagetest.HeldView("en", "queue", role)
		doc := pagetest.RenderHeld(t, "queue", v)
		var got []string
		for _, page := range []string{"counter", "workload", "relatives"} {
			if doc.Find(`nav a[href="/en/admin/`+page+`"]`).Length() > 0 {
				got = append(got, page)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s is led to %v, want %s", role, got, want)
		}
		if n := doc.Find(`form[action="/api/admin/cases/next"] button`).Length(); (n == 1) != (role != mingjing.RoleAuditor) {
			t.Errorf("%s has %d buttons for the next case", role, n)
		}
	}
}

func TestAFullIDNumberIsShownByPostAloneAndOnce(t *testing.T) {
	eachDesk(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) {
		if mingjing.DataOf[mingjing.CasePage](v) == nil {
			return
		}
		if shown := strings.Contains(doc.Text(), "99999919800101001X"); shown != (name == "case.number") {
			t.Errorf("the number is shown: %v", shown)
		}
		form := doc.Find(`form[action$="/id-number"]`)
		if (form.Length() == 1) != (name != "case.number") {
			t.Errorf("%d forms for the number", form.Length())
		}
		if form.Length() == 1 && (form.AttrOr("method", "") != "post" ||
			form.Find("input[name=id_reason]").Length() != len(mingjing.IDNumberReasons)) {
			t.Error("the number is not asked for with a reason and by POST")
		}
	})
}

func TestAReplyTextIsInsertedWithoutScripts(t *testing.T) {
	eachDesk(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) {
		if name != "case.notes" {
			return
		}
		form := doc.Find(`form[method=get]`).Has("select[name=reply]")
		if form.Length() != 1 || !strings.HasSuffix(form.AttrOr("action", ""), "/admin/cases/"+mingjing.DataOf[mingjing.CasePage](v).ID) ||
			form.Find("button").Length() != 1 {
			t.Error("no form that inserts a text")
		}
		if n := form.Find("option").Length(); n < 8 {
			t.Errorf("%d texts", n)
		}
		if got := doc.Find("textarea[name=reasons]").Text(); got != "Dear" {
			t.Errorf("the reasons are %q", got)
		}
	})
}

func TestTheCounterShowsWhatIsNeededToChooseAndNoMore(t *testing.T) {
	eachDesk(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) {
		if mingjing.DataOf[mingjing.CounterView](v) == nil {
			return
		}
		doc.Find("main form").Each(func(_ int, f *goquery.Selection) {
			if f.AttrOr("method", "") != "post" {
				t.Error("what is typed at the counter goes into an address")
			}
		})
		if name == "counter.found" && doc.Find("input[name=what]").Length() != 2 {
			t.Error("what is disputed already is offered")
		}
	})
}

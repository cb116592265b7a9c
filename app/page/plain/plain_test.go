package plain_test

import (
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	_ "mingjing/app/page/plain"
)

// samples returns each plain page in its states, by a name that begins with the page's.
func samples(lang string) map[string]*mingjing.View {
	all := map[string]*mingjing.View{}
	add := func(name string, role mingjing.Role, data any) {
		at, _, _ := strings.Cut(name, ".")
		v := pagetest.HeldView(lang, at, role)
		v.Data = data
		all[name] = v
	}
	now := pagetest.SampleNow
	measures := []mingjing.RefusalMeasure{{Code: mingjing.ScoreMeasure},
		{Code: "restrict.air", Name: mingjing.Text{"zh-CN": pagetest.Hostile, "en": pagetest.Hostile}}}
	add("refused.first", mingjing.RoleResident, &mingjing.RefusedView{Measures: measures})
	for _, a := range mingjing.RefusalAnswers {
		add("refused."+string(a), mingjing.RoleResident, &mingjing.RefusedView{Measures: measures, Measure: "restrict.air", Answer: a,
			Listings: []mingjing.Listing{{ID: "l-1", Code: "judgment-blacklist", Agency: "hpc", From: "2026-01-02", Ends: "2028-01-02",
				Exit: mingjing.Text{"zh-CN": pagetest.Hostile, "en": pagetest.Hostile}}}})
	}
	measure := mingjing.Measure{Code: "restrict.air", Name: measures[1].Name, LegalBasis: measures[1].Name}
	add("refused.statement", mingjing.RoleResident, &mingjing.RefusedView{Measures: measures, Token: pagetest.Hostile,
		Statement: &mingjing.Statement{Number: "N", Name: pagetest.Hostile, IDMasked: "99**17", AsOf: "2026-11-23", ExpiresAt: now,
			Unrestricted: &measure}})
	add("list-used", mingjing.RoleResident, nil)
	k := mingjing.Complaint{ID: "c-1", Kind: mingjing.ComplaintRefused, Measure: "restrict.air", Place: "station", Where: pagetest.Hostile,
		On: "2026-11-20", Text: pagetest.Hostile, FiledAt: now, State: mingjing.ComplaintFiled, Due: now.Add(time.Hour), Late: true,
		Found: mingjing.RefusalClear}
	done := k
	done.State, done.Outcome, done.Reply = mingjing.ComplaintAnswered, mingjing.ComplaintUnlawful, pagetest.Hostile
	done.By, done.At = "周慧", &now
	done.Kind, done.Found, done.Measure = mingjing.ComplaintList, "", ""
	add("complaints", mingjing.RoleResident, &mingjing.ComplaintsView{Complaints: []mingjing.Complaint{k, done}, Measures: measures})
	add("complaints.none", mingjing.RoleResident, &mingjing.ComplaintsView{})
	add("complaints-open", mingjing.RoleSupervisor, &mingjing.OpenComplaintsView{Complaints: []mingjing.ComplaintSummary{
		{ID: "c-1", Kind: mingjing.ComplaintList, Place: "other", State: mingjing.ComplaintFiled, FiledAt: now, Due: now, Late: true}}})
	add("complaints-open.none", mingjing.RoleAuditor, &mingjing.OpenComplaintsView{})
	add("complaint", mingjing.RoleSupervisor, &mingjing.ComplaintCase{Complaint: k, Resident: pagetest.Hostile, Measures: measures,
		Open: true})
	add("complaint.done", mingjing.RoleAuditor, &mingjing.ComplaintCase{Complaint: done, Resident: "王小明", Measures: measures})
	add("incoming.none", mingjing.RoleResident, &mingjing.IncomingView{})
	add("incoming", mingjing.RoleResident, &mingjing.IncomingView{Places: []mingjing.IncomingPlace{
		{Draft: "/api/disputes/d-1/evidence disputes/d-1", Case: true, Code: "judgment-unpaid", Agency: "hpc"},
		{Draft: "/api/disputes disputes/new?record=r-1", Code: pagetest.Hostile, Agency: pagetest.Hostile}}})
	all["incoming"].Drafts = []mingjing.FormDraft{{ID: "d", Form: "/api/incoming", Page: "incoming", Files: []mingjing.DraftFile{
		{ID: "f-1", Name: pagetest.Hostile, Size: 48_000, State: mingjing.DraftFileReady, Type: "image/png"},
		{ID: "f-2", Name: "a.docx", Size: 9, State: mingjing.DraftFileRefused, Why: "evidence_document"}}}}
	add("organisations", mingjing.RoleResident, &mingjing.OrganisationsView{Organisations: []mingjing.Organisation{{ID: "org-1",
		Name: pagetest.Hostile, Code: "91350100M000100Y43", Since: now}}})
	add("organisations.none", mingjing.RoleResident, &mingjing.OrganisationsView{})
	add("organisations.acting", mingjing.RoleResident, &mingjing.OrganisationsView{ActingFor: "org-1"})
	add("organisation", mingjing.RoleResident, &mingjing.OrganisationPublic{})
	add("organisation.wrong", mingjing.RoleResident, &mingjing.OrganisationPublic{Wrong: true})
	add("organisation.unknown", mingjing.RoleResident, &mingjing.OrganisationPublic{Code: "91350100M000100Y44", Doubtful: true})
	add("organisation.clear", mingjing.RoleResident, &mingjing.OrganisationPublic{Code: "91350100M000100Y43", Name: pagetest.Hostile})
	add("organisation.listed", mingjing.RoleResident, &mingjing.OrganisationPublic{Code: "91350100M000100Y43", Name: pagetest.Hostile,
		Listings: []mingjing.PublicListing{{Code: "firm.enforcement_blacklist", Agency: "court", From: "2026-01-02", Ends: "2028-01-02",
			Exit: mingjing.Text{"zh-CN": pagetest.Hostile, "en": pagetest.Hostile}}}})
	add("representatives", mingjing.RoleHandler, &mingjing.OrganisationView{})
	add("representatives.unknown", mingjing.RoleHandler, &mingjing.OrganisationView{Code: "91350100M000100Y44", Doubtful: true})
	add("representatives.some", mingjing.RoleHandler, &mingjing.OrganisationView{Code: "91350100M000100Y43", Name: pagetest.Hostile,
		Representatives: []mingjing.Representative{{ID: "m-1", Name: pagetest.Hostile, IDMasked: "99**17", Source: pagetest.Hostile,
			State: mingjing.RepresentativeProposed, At: now, ProposedBy: "h-1001", Confirm: true},
			{ID: "m-2", Name: "王小明", Source: "2026-17", State: mingjing.RepresentativeEnded, At: now, ProposedBy: "h-1001", ConfirmedBy: "s-2001"}}})
	return all
}

func TestEveryPlainPageIsSoundInEveryState(t *testing.T) {
	shown := map[string]bool{}
	for _, lang := range mingjing.Languages {
		for name, v := range samples(lang) {
			t.Run(lang+"/"+name, func(t *testing.T) {
				doc := pagetest.RenderHeld(t, lang, v)
				if doc.Find("h1").Length() != 1 || doc.Find("main script, main img").Length() != 0 {
					t.Errorf("%s", doc.Find("main").Text())
				}
				shown[v.Page] = true
			})
		}
	}
	for _, name := range mingjing.PlainPages {
		if !shown[name] || !page.Known(name) {
			t.Errorf("%s has no sample", name)
		}
	}
}

func TestWhoMayNotBeRefusedIsOfferedAStatementAndWhoMayBeTheWayOff(t *testing.T) {
	for _, lang := range mingjing.Languages {
		for name, v := range samples(lang) {
			answer, ok := strings.CutPrefix(name, "refused.")
			if !ok || answer == "first" || answer == "statement" {
				continue
			}
			main := pagetest.RenderHeld(t, lang, v).Find("main")
			if !strings.Contains(main.Text(), i18n.T(lang, "refusal_answer."+answer)) {
				t.Errorf("%s %s has no answer", lang, answer)
			}
			if got := main.Find("form[action='/api/refusals/statement']").Length() == 1; got != (answer == "clear") {
				t.Errorf("%s %s: a statement is offered: %v", lang, answer, got)
			}
			if got := main.Find("a[href*='/listings/l-1']").Length() > 0; got != (answer == "carried") {
				t.Errorf("%s %s: it leads to the listing: %v", lang, answer, got)
			}
			if got := main.Find("form[action='/api/complaints/refused']").Length() == 1; got == (answer == "carried") {
				t.Errorf("%s %s: a complaint is offered: %v", lang, answer, got)
			}
		}
	}
}

package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
)

func TestTheQueueKeepsItsFilters(t *testing.T) {
	doc := pagetest.RenderHeld(t, "queue", pagetest.HeldScreens("en")["queue.filtered"])
	form := doc.Find("form[method=get]")
	if form.Find("input[name=state]").AttrOr("value", "") != "filed" || form.Find("[name=search]").Length() != 0 ||
		form.Find("input[name=mine][checked]").Length() != 1 || form.Find("option[selected]").AttrOr("value", "") != "hpc" {
		t.Error("the form has lost a filter")
	}
	searches := doc.Find(`form[action="/api/admin/cases/search"][method=post]`)
	if searches.Length() != 2 || searches.Eq(1).Find("input[name=cursor]").AttrOr("value", "") == "" {
		t.Error("the next page of a search is no form")
	}
	searches.Each(func(_ int, f *goquery.Selection) {
		for name, want := range map[string]string{"state": "filed", "mine": "1", "agency": "hpc", "search": pagetest.Hostile} {
			if got := f.Find("input[name="+name+"]").AttrOr("value", ""); got != want {
				t.Errorf("the search has %q as %s", got, name)
			}
		}
	})
	v := pagetest.HeldScreens("en")["queue.filtered"]
	mingjing.DataOf[mingjing.QueueView](v).Filter.Search = ""
	next := pagetest.RenderHeld(t, "queue", v).Find(".pagination a").AttrOr("href", "")
	for _, want := range []string{"state=filed", "mine=1", "agency=hpc", "cursor=n"} {
		if !strings.Contains(next, want) {
			t.Errorf("the next page %q has lost %s", next, want)
		}
	}
	if doc.Find(".chip[aria-current]").Length() != 1 {
		t.Error("no state is marked as the chosen one")
	}
}

func TestTheQueueShowsNoColumnOfNamesWithoutNames(t *testing.T) {
	views := pagetest.HeldScreens("en")
	column := i18n.T("en", "queue.col_resident")
	if strings.Contains(pagetest.RenderHeld(t, "queue", views["queue"]).Find("thead").Text(), column) {
		t.Error("an empty column of names is shown")
	}
	if !strings.Contains(pagetest.RenderHeld(t, "queue.filtered", views["queue.filtered"]).Find("table").Text(), "林静") {
		t.Error("a search does not show the name")
	}
}

func TestALateCaseIsMarkedInTheQueue(t *testing.T) {
	for how, after := range map[string]time.Duration{"late": time.Minute, "very_late": -time.Minute} {
		v := pagetest.HeldScreens("en")["queue"]
		mingjing.DataOf[mingjing.QueueView](v).Cases[0].Clocks[1].VeryLateAt = pagetest.HeldNow.Add(after)
		rows := pagetest.RenderHeld(t, "queue", v).Find("tbody tr")
		tag := rows.Eq(0).Find(".tag:has(.shape)")
		if got, want := strings.TrimSpace(tag.Text()), i18n.T("en", "lateness."+how); got != want ||
			tag.Find("svg[aria-hidden=true]").Length() != 1 {
			t.Errorf("the case is marked %q, want %q with a shape", got, want)
		}
		if rows.Eq(1).Find(".tag:has(.shape)").Length() != 0 {
			t.Error("the other one is marked too")
		}
	}
}

func TestTheQueueCountsAndFiltersWhatIsLate(t *testing.T) {
	v := pagetest.HeldScreens("en")["queue"]
	mingjing.DataOf[mingjing.QueueView](v).Filter = mingjing.CaseFilter{State: "filed", Mine: true}
	doc := pagetest.RenderHeld(t, "queue", v)
	for how, count := range map[string]string{"late": "3", "very_late": "1"} {
		chip := doc.Find(`.chips a[href="/en/admin?late=` + how + `&mine=1"]`)
		if chip.Find(".chip-count").Text() != count || chip.Find(".shape").Length() != 1 ||
			!strings.Contains(chip.Text(), i18n.T("en", "lateness."+how)) {
			t.Errorf("the chip of %s is %q", how, chip.Text())
		}
	}
	mingjing.DataOf[mingjing.QueueView](v).Filter = mingjing.CaseFilter{Late: mingjing.VeryLate}
	doc = pagetest.RenderHeld(t, "queue", v)
	if here := doc.Find(".chips [aria-current]"); here.Length() != 1 || !strings.Contains(here.Text(), i18n.T("en", "lateness.very_late")) {
		t.Errorf("the chips are at %q", here.Text())
	}
	if doc.Find(`form input[type=hidden][name=late][value=very_late]`).Length() != 2 {
		t.Error("a search forgets what is late")
	}
}

func TestOpenCasesAreThoseNotDecided(t *testing.T) {
	doc := pagetest.RenderHeld(t, "queue", pagetest.HeldScreens("en")["queue"])
	if got := doc.Find(".chip[aria-current] .chip-count").Text(); strings.TrimSpace(got) != "1,222" {
		t.Errorf("%q open cases, want 1,222", got)
	}
}

func TestACaseOffersOnlyTheStepsThatAreAllowed(t *testing.T) {
	views := pagetest.HeldScreens("en")
	for name, want := range map[string][]string{
		"case": {"decision"}, "case.new": {"assign"}, "case.ask": {"ask-agency", "decision"}, "case.decided": nil, "case.taken": nil,
		"case.waiting": nil, "case.auditor": nil,
	} {
		var got []string
		pagetest.RenderHeld(t, name, views[name]).Find(pagetest.StepForms).Each(func(_ int, s *goquery.Selection) {
			action := s.AttrOr("action", "")
			got = append(got, action[strings.LastIndexByte(action, '/')+1:])
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s offers %v, want %v", name, got, want)
		}
	}
	for name, why := range map[string]string{"case.decided": "decided", "case.auditor": "auditor"} {
		if !strings.Contains(pagetest.RenderHeld(t, name, views[name]).Find("main").Text(), i18n.T("en", "case.why."+why)) {
			t.Errorf("%s does not say why nothing can be done", name)
		}
	}
	if !strings.Contains(pagetest.RenderHeld(t, "case.taken", views["case.taken"]).Find("main").Text(), "王磊") {
		t.Error("a case of a colleague does not say whose it is")
	}
}

func TestEachPieceOfEvidenceHasItsAnswerField(t *testing.T) {
	doc := pagetest.RenderHeld(t, "case", pagetest.HeldScreens("en")["case.wrong"])
	var order []string
	doc.Find(".decide-form [name=evidence_id], .decide-form [name=evidence_answer]").Each(func(_ int, s *goquery.Selection) {
		order = append(order, s.AttrOr("name", "")+s.AttrOr("value", ""))
	})
	if !slices.Equal(order, []string{"evidence_ide-1", "evidence_answer", "evidence_ide-2", "evidence_answer"}) {
		t.Errorf("fields in the order %v", order)
	}
	answers := doc.Find("textarea[name=evidence_answer]")
	if !strings.Contains(answers.First().Text(), "看过了") || answers.Last().AttrOr("aria-invalid", "") != "true" ||
		answers.First().AttrOr("aria-invalid", "") != "" {
		t.Error("what was typed is lost, or the wrong piece is marked")
	}
}

func TestEachKindOfCaseOffersItsOwnForm(t *testing.T) {
	views := pagetest.HeldScreens("en")
	for name, want := range map[string][]string{
		"case.repair": {"ask-agency", "extend", "decision"}, "case.review": {"extend", "decision"}, "case.proposed": {"recommend"},
		"case.second":      {"decision"},
		"case.first-waits": nil, "case.serve": {"serve"}, "case.moved": {"assign"},
	} {
		var got []string
		doc := pagetest.RenderHeld(t, name, views[name])
		forms := doc.Find(pagetest.StepForms)
		for i := range forms.Length() {
			action := forms.Eq(i).AttrOr("action", "")
			got = append(got, action[strings.LastIndexByte(action, '/')+1:])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s offers %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string][]string{"case.repair": {"granted", "refused"}, "case.review": {"upheld", "partly", "rejected"},
		"case.proposed": {"approved", "refused"}} {
		var got []string
		radios := pagetest.RenderHeld(t, name, views[name]).Find("input[name=outcome]")
		for i := range radios.Length() {
			got = append(got, radios.Eq(i).AttrOr("value", ""))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s can be decided as %v, want %v", name, got, want)
		}
	}
	if bad := pagetest.RenderHeld(t, "proposed", views["case.proposed"]).Find(".checks .tag-bad"); bad.Length() != 1 {
		t.Errorf("%d checks of a term that is too long fail, want 1", bad.Length())
	}
	if !strings.Contains(pagetest.MainText(t, "review", views["case.review"]), i18n.T("en", "case.first_title")) {
		t.Error("a review does not show the first decision")
	}
}

func TestWhoWasTooLateReadsWhatHappenedAndKeepsTheirWords(t *testing.T) {
	for _, lang := range mingjing.Languages {
		views := pagetest.HeldScreens(lang)
		said := pagetest.RenderHeld(t, "faster", views["case.faster"]).Find("#error-summary").Text()
		for _, want := range []string{"陈晓", i18n.T(lang, "timeline.decided"), i18n.T(lang, "outcome.partly"),
			"我写好的理由。", i18n.T(lang, "meanwhile.nothing")} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: it does not say %q: %s", lang, want, said)
			}
		}
		if link := pagetest.RenderHeld(t, "moved", views["case.moved"]).Find("#error-summary a[href='#steps']"); link.Text() != i18n.T(lang,
			"step.assign") {
			t.Errorf("%s: what can be done instead is %q", lang, link.Text())
		}
	}
}

func TestAnEscalatedCaseIsMarkedInTheQueue(t *testing.T) {
	v := pagetest.HeldScreens("en")["queue"]
	mingjing.DataOf[mingjing.QueueView](v).Cases[0].Escalated = true
	mingjing.DataOf[mingjing.QueueView](v).Filter.Kind = mingjing.CaseRepair
	doc := pagetest.RenderHeld(t, "queue", v)
	if n := strings.Count(doc.Find("tbody").Text(), i18n.T("en", "queue.escalated")); n != 1 {
		t.Errorf("%d cases are marked, want 1", n)
	}
	if doc.Find("select[name=kind] option[selected]").AttrOr("value", "") != "repair" ||
		!strings.Contains(doc.Find(".chips a").First().AttrOr("href", ""), "kind=repair") {
		t.Error("the kind is lost")
	}
}

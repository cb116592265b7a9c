package resident

import (
	"net/url"
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
)

func TestAnAgencyThatHasNotAnsweredIsNotSaidToHoldNothing(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldScreens(lang)["sources"]
		shown := mingjing.DataOf[mingjing.SourcesView](v)
		at := pagetest.HeldNow
		shown.Sources = append(shown.Sources, mingjing.SourceView{Agency: "tax", State: mingjing.SourceAnswered, At: &at},
			mingjing.SourceView{Agency: "metro", State: mingjing.SourceRetrying})
		doc := pagetest.RenderHeld(t, "sources", v)
		for id, agencies := range map[string][]string{"with": {"hpc", "traffic"}, "silent": {"housing", "metro"}, "without": {"tax"},
			"unasked": {"bank"}} {
			section := doc.Find("details.fold#" + id)
			rows := section.Find("tbody tr")
			var got []string
			for i := range rows.Length() {
				got = append(got, rows.Eq(i).Find("th, td").First().Text())
			}
			for i, code := range agencies {
				if len(got) != len(agencies) || !strings.Contains(got[i], v.Label("agency", code)) {
					t.Errorf("%s: %s has %v, want %v", lang, id, got, agencies)
				}
			}
			cells := section.Find("tbody *").FilterFunction(func(_ int, s *goquery.Selection) bool {
				return strings.TrimSpace(s.Text()) == i18n.T(lang, "sources.records_none")
			})
			if nothing := cells.Length() > 0; nothing != (id == "without") {
				t.Errorf("%s: %s is said to hold nothing: %v", lang, id, nothing)
			}
		}
	}
}

func TestSourcesAreSearchedByNameAndByWhatTheyMayHold(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldScreens(lang)["sources"]
		for what, want := range map[string]int{v.Label("agency", "traffic"): 1, v.Label("item", "lease-breach"): 1, "nobody has this": 0} {
			v.Path = "sources?q=" + url.QueryEscape(strings.ToUpper(what))
			doc := pagetest.RenderHeld(t, "sources", v)
			if n := doc.Find("tbody tr").Length(); n != want || doc.Find("details.fold:not([open])").Length() > 0 ||
				strings.Contains(doc.Find("main").Text(), i18n.T(lang, "search.none")) != (want == 0) {
				t.Errorf("%s: %q finds %d agencies, want %d", lang, what, n, want)
			}
		}
	}
}

func TestARecordWhoseTimeIsOverIsNotInForce(t *testing.T) {
	for _, lang := range mingjing.Languages {
		over, in := i18n.T(lang, "record_state.expired"), i18n.T(lang, "record_state.active")
		record := pagetest.HeldScreens(lang)["record"]
		shown := mingjing.DataOf[mingjing.RecordView](record)
		for ends, expired := range map[mingjing.Date]bool{"2026-11-24": false, "2026-11-23": true, "2020-01-01": true, "": false} {
			shown.Ends = ends
			line := pagetest.RenderHeld(t, "record", record).Find(".state-line").Text()
			if strings.Contains(line, over) != expired || strings.Contains(line, in) == expired ||
				strings.Contains(line, i18n.T(lang, "record_state_hint.active")) == expired {
				t.Errorf("%s, ends %q: %s", lang, ends, line)
			}
		}
		v := pagetest.HeldScreens(lang)["records"]
		list := mingjing.DataOf[mingjing.RecordsView](v)
		list.Records = list.Records[:2]
		list.Records[1].Ends = "2026-11-01"
		if got := pagetest.RenderHeld(t, "records", v).Find("main").Text(); !strings.Contains(got, over) || strings.Contains(got, in) {
			t.Errorf("%s: the list says of an expired record: %s", lang, got)
		}
		// Of a case about it, by the rule that the page has.
		d := pagetest.DisputeIn(mingjing.CaseDecided, false)
		d.Record.State = mingjing.RecordActive
		v = pagetest.HeldScreens(lang)["dispute.filed"]
		v.Data = &mingjing.DisputePage{Case: d, Rules: mingjing.Rules{Item: &mingjing.Item{Code: d.Record.Code, CountsMonths: 12}}}
		if got := pagetest.RenderHeld(t, "dispute", v).Find("[aria-labelledby=about]").Text(); !strings.Contains(got, over) {
			t.Errorf("%s: the case says of an expired record: %s", lang, got)
		}
	}
}

func TestAProposedListingIsNoOpenDisputeOfTheResident(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldScreens(lang)["records.empty"]
		proposed := mingjing.DataOf[mingjing.DisputePage](pagetest.HeldScreens(lang)["dispute.proposed"]).Case
		served := mingjing.DataOf[mingjing.DisputePage](pagetest.HeldScreens(lang)["dispute.proposal-to-serve"]).Case
		v.Page, v.Data = "overview", &mingjing.OverviewView{OpenDisputes: []mingjing.Case{proposed, served,
			pagetest.DisputeIn(mingjing.CaseAssigned, false)}}
		doc := pagetest.RenderHeld(t, "overview", v)
		for id, want := range map[string]int{"open-disputes": 1, "proposals": 1} {
			if got := doc.Find("section[aria-labelledby=" + id + "] .card").Length(); got != want {
				t.Errorf("%s: %s has %d cards, want %d", lang, id, got, want)
			}
		}
		if got := doc.Find(`a.figure[href$="/disputes"] .figure-number`).Text(); got != "1" {
			t.Errorf("%s: %s open disputes are counted", lang, got)
		}
		v.Data = &mingjing.OverviewView{OpenDisputes: []mingjing.Case{proposed}}
		if n := pagetest.RenderHeld(t, "overview", v).Find("section[aria-labelledby=open-disputes]").Length(); n != 0 {
			t.Errorf("%s: a proposal alone is a dispute", lang)
		}
	}
}

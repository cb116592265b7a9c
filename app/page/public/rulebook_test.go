package public

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
)

func TestARulebookSaysHowLongEverybodyHasAndWhatAListMayDo(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		if mingjing.DataOf[mingjing.RulebookPage](v) == nil {
			return
		}
		p := mingjing.DataOf[mingjing.RulebookPage](v).Rulebook.Procedure
		steps := doc.Find("#procedure").Text()
		for _, days := range []int{p.MarkDays, p.ForwardDays, p.AgencyDays, p.SecondNoticeDays, p.BureauDays, p.ExtensionDays, p.CheckDays,
			p.ServeDays, p.AnswerDays, p.RepairDays, p.ReviewDays, p.DeleteDays, p.VeryLateDays, p.ReopenMonths, p.StatementWords} {
			if !strings.Contains(steps, strconv.Itoa(days)) {
				t.Errorf("it does not say %d", days)
			}
		}
		text := doc.Find("main").Text()
		for _, m := range mingjing.DataOf[mingjing.RulebookPage](v).Rulebook.Measures {
			if !strings.Contains(text, m.Name.In(v.Lang)) || !strings.Contains(text, m.LegalBasis.In(v.Lang)) {
				t.Errorf("it does not publish %s with its basis", m.Code)
			}
		}
		for _, item := range mingjing.DataOf[mingjing.RulebookPage](v).Rulebook.Catalogue {
			if item.Exit != nil && !strings.Contains(text, item.Exit.In(v.Lang)) {
				t.Errorf("it does not say how to get off %s", item.Code)
			}
		}
	})
}

func TestARuleIsFoundByItsWordsAndStandsFoldedWithoutThem(t *testing.T) {
	seen := 0
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		shown := mingjing.DataOf[mingjing.RulebookPage](v)
		if shown == nil || len(shown.Rulebook.Catalogue) == 0 {
			return
		}
		seen++
		if doc.Find("details.fold[open]:not(#bands)").Length() > 0 || doc.Find("details.fold").Length() < 8 {
			t.Error("the parts of the rulebook are not folded")
		}
		item := shown.Rulebook.Catalogue[0]
		found := *v
		found.Path = v.Path + "?q=" + url.QueryEscape(strings.ToUpper(item.Name.In(v.Lang)))
		doc, _ = pagetest.Render(t, &found)
		if rows := doc.Find("tbody tr"); doc.Find("details.fold").Length() > 0 || !strings.Contains(rows.Text(), item.Name.In(v.Lang)) {
			t.Errorf("a search for %s finds %s", item.Code, rows.Text())
		}
		found.Path = v.Path + "?q=nowhere+to+be+found"
		if doc, _ = pagetest.Render(t, &found); !strings.Contains(doc.Find("[role=status]").Text(), page.T(v, "search.none")) {
			t.Error("it does not say that nothing was found")
		}
	})
	if seen == 0 {
		t.Error("no page has rules")
	}
}

func TestARulebookSaysWhichDaysAreWorked(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		if mingjing.DataOf[mingjing.RulebookPage](v) == nil || mingjing.DataOf[mingjing.RulebookPage](v).Calendar == nil {
			return
		}
		text := doc.Find("#procedure").Text()
		for _, d := range []mingjing.Date{mingjing.DataOf[mingjing.RulebookPage](v).Calendar.From,
			mingjing.DataOf[mingjing.RulebookPage](v).Calendar.To, "2026-10-01", "2026-10-07", "2026-10-10"} {
			if !strings.Contains(text, page.Date(v, d)) {
				t.Errorf("it does not say %s", d)
			}
		}
		if strings.Contains(text, page.Date(v, "2026-10-03")) {
			t.Error("a day within a holiday is named on its own")
		}
		if !strings.Contains(text, mingjing.DataOf[mingjing.RulebookPage](v).Calendar.SampleNote.In(v.Lang)) {
			t.Error("it does not say what is projected")
		}
	})
}

func TestARulebookPublishesItsTablesAndWeights(t *testing.T) {
	seen := 0
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		shown := mingjing.DataOf[mingjing.RulebookPage](v)
		if shown == nil || len(shown.Rulebook.Criteria) == 0 {
			return
		}
		seen++
		text := doc.Find("main").Text()
		for _, k := range shown.Rulebook.Criteria {
			for _, row := range k.Table {
				if want := page.T(v, "rulebook.table_row", "from", strconv.Itoa(row.From), "points", i18n.Signed(v.Lang,
					row.Points)); !strings.Contains(text, want) {
					t.Errorf("%s does not say %q", k.Code, want)
				}
			}
			if k.Name.In(v.Lang) == "" || !strings.Contains(text, k.Name.In(v.Lang)) {
				t.Errorf("%s is not named", k.Code)
			}
		}
		for _, f := range shown.Rulebook.Factors {
			if f.Name.In(v.Lang) == "" || !strings.Contains(text, f.Name.In(v.Lang)) || !strings.Contains(text, strconv.Itoa(f.Weight)) {
				t.Errorf("the factor %s has no name or no weight", f.Code)
			}
		}
		if !strings.Contains(text, page.T(v, "rulebook.by_table")) {
			t.Error("an item that a table counts is said never to count")
		}
	})
	if seen == 0 {
		t.Error("no page has tables")
	}
}

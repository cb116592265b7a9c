package resident

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
)

// sample returns the main element of a sample page.
func sample(t *testing.T, lang, name string) *goquery.Selection {
	t.Helper()
	for _, s := range pagetest.Samples(t, lang) {
		if s.Name == name {
			doc, _ := pagetest.Render(t, &s.View)
			return doc.Find("main")
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

func TestTheScoreSaysHowFarTheNextBandIsAndWhatLeadsThere(t *testing.T) {
	for _, lang := range mingjing.Languages {
		item := pagetest.Book(t, "rongcheng").Catalogue
		name := func(code string) string {
			for _, i := range item {
				if i.Code == code {
					return i.Name.In(lang)
				}
			}
			return code
		}
		hero := sample(t, lang, "score").Find(".score-hero").Text()
		aa, _ := pagetest.Book(t, "rongcheng").Band("aa")
		for _, want := range []string{"1010", i18n.T(lang, "score.scale", "min", "0", "max", "1300"),
			i18n.T(lang, "score.next_points", "n", "20", "band", aa.Name.In(lang)), i18n.Date(lang, "2027-02-11"), name("utility.late_fees")} {
			if !strings.Contains(hero, want) {
				t.Errorf("%s: it does not say %q: %s", lang, want, hero)
			}
		}
		// A cap is named; the points are not missing then.
		b, _ := pagetest.Book(t, "rongcheng").Band("b")
		hero = sample(t, lang, "score-capped").Find(".score-hero").Text()
		want := i18n.T(lang, "score.next_cap", "band", b.Name.In(lang), "items", name("traffic.drunk_driving"))
		if !strings.Contains(hero, want) {
			t.Errorf("%s: it does not say %q: %s", lang, want, hero)
		}
	}
}

// Where no record need go, or where it is not enough that all go, the page says which.
func TestTheScoreSaysWhenOnlySomethingNewLeadsToTheNextBand(t *testing.T) {
	for _, lang := range mingjing.Languages {
		for points, key := range map[int]string{-20: "score.next_short", 5: "score.next_none"} {
			for _, s := range pagetest.Samples(t, lang) {
				if s.Name != "score" {
					continue
				}
				v := s.View
				shown := *mingjing.DataOf[mingjing.ScoreView](&v)
				shown.Outlook, shown.Counterfactuals = nil, mingjing.Counterfactuals{}
				shown.Score.Explanation = []mingjing.Contribution{{Kind: mingjing.ContributionBase, Points: 1000}, {Points: points}}
				v.Data = &shown
				doc, _ := pagetest.Render(t, &v)
				if hero := doc.Find(".score-hero").Text(); !strings.Contains(hero, i18n.T(lang, key)) {
					t.Errorf("%s, with %d: %s", lang, points, hero)
				}
			}
		}
	}
}

func TestTheNextBandOfTheBestOneIsNone(t *testing.T) {
	book := pagetest.Book(t, "honest-shanghai")
	v := &mingjing.ScoreView{Score: mingjing.Score{Value: 120, Band: "very_good"}, Bands: book.Bands}
	if _, ok := v.NextBand(); ok {
		t.Error("there is a better band than the best")
	}
	// With enough points and a cap, no point is missing.
	v.Score = mingjing.Score{Value: 130, Band: "good", Explanation: []mingjing.Contribution{{Kind: mingjing.ContributionCap, Cap: "good"}}}
	if next, ok := v.NextBand(); !ok || next.Points != 0 || len(next.Caps) != 1 || next.Band.Code != "very_good" {
		t.Errorf("next is %+v", next)
	}
}

func TestEachLineOfTheSumHasItsDocumentItsLastDayAndTheWayToDisputeIt(t *testing.T) {
	for _, lang := range mingjing.Languages {
		lines := sample(t, lang, "score").Find(".steps > li")
		found := map[string]bool{}
		for i := range lines.Length() {
			line := lines.Eq(i)
			to := line.Find(".step-name").AttrOr("href", "")
			if to == "" {
				continue
			}
			id := to[strings.LastIndex(to, "/")+1:]
			found[id] = true
			if got := line.Find(".step-action a").AttrOr("href", ""); got != "/"+lang+"/disputes/new?record="+id {
				t.Errorf("%s %s: disputed at %q", lang, id, got)
			}
			if !strings.Contains(line.Text(), "（2025）沪0101民初1024号") {
				t.Errorf("%s %s has no document: %s", lang, id, line.Text())
			}
			// It happened on 11 February 2026 and counts for a year.
			want := i18n.T(lang, "score.counts_until", "day", i18n.Date(lang, "2027-02-10"))
			if id == "rec-5" && !strings.Contains(line.Text(), want) {
				t.Errorf("%s: it does not say %q: %s", lang, want, line.Text())
			}
		}
		if len(found) != 4 {
			t.Errorf("%s: lines of %v", lang, found)
		}
	}
}

func TestTheScorePageSaysWhatWouldLeadToAnotherBand(t *testing.T) {
	for _, lang := range mingjing.Languages {
		section := sample(t, lang, "score").Find(".ways-to")
		better := section.Children().First()
		if got := better.Find("a").AttrOr("href", ""); got != "/"+lang+"/records/rec-5" || better.Find("li").Length() != 1 ||
			!strings.Contains(better.Text(), "+20") {
			t.Errorf("%s: to a better band leads %q: %s", lang, got, better.Text())
		}
		if section.Find("details[open]").Length() != 0 || section.Find("details h3").Length() == 0 {
			t.Errorf("%s: what leads to a worse band is not folded", lang)
		}
	}
}

package resident

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
)

func TestAScoreExplainsWhatTablesAndFactorsMakeOfIt(t *testing.T) {
	seen := 0
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		shown := mingjing.DataOf[mingjing.ScoreView](v)
		if shown == nil {
			return
		}
		text := doc.Find("main").Text()
		for _, x := range shown.Score.Explanation {
			switch x.Kind {
			case mingjing.ContributionCriterion:
				seen++
				name, counted := v.Label("item", x.Rule), tn(v, "score.criterion_count", x.Count)
				if name == x.Rule || !strings.Contains(text, name) || !strings.Contains(text, counted) {
					t.Errorf("%s is not named, or does not say %q", x.Rule, counted)
				}
			case mingjing.ContributionFactor:
				seen++
				if name := v.Label("factor", x.Factor); name == x.Factor || !strings.Contains(text, name) {
					t.Errorf("the factor %s is not named", x.Factor)
				}
			}
			if x.Factor != "" && x.Kind != mingjing.ContributionFactor && !strings.Contains(text, i18n.T(v.Lang, "score.in_factor", "points",
				i18n.Signed(v.Lang, x.Raw), "factor", v.Label("factor", x.Factor))) {
				t.Errorf("%s does not say what it has in its factor", x.Rule)
			}
		}
	})
	if seen == 0 {
		t.Error("no score is explained by a table")
	}
}

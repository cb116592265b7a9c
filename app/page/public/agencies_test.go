package public

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
)

func TestAgenciesAreShownWithTheirFiguresAndFewAreNotBrokenDown(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		if mingjing.DataOf[mingjing.AgenciesView](v) == nil {
			return
		}
		rows := doc.Find("main tbody tr")
		if rows.Length() != 3 {
			t.Fatalf("%d agencies with disputes, want 3", rows.Length())
		}
		all := rows.Eq(0).Text()
		for _, want := range []string{"1,204", "1,100", "1,091", i18n.T(v.Lang, "agencies.silent"), tn(v, "count.working_days", 4), "19", "42"} {
			if !strings.Contains(all, want) {
				t.Errorf("the first agency does not say %q: %s", want, all)
			}
		}
		few := i18n.T(v.Lang, "agencies.few")
		if strings.Contains(all, few) || strings.Count(rows.Eq(1).Text(), few) != 3 || strings.Count(rows.Eq(2).Text(), few) != 7 {
			t.Errorf("few are told apart: %s | %s", rows.Eq(1).Text(), rows.Eq(2).Text())
		}
		if doc.Find("main details li").Length() != 2 {
			t.Error("agencies without disputes are not named")
		}
	})
}

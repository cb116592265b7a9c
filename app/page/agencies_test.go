package page

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
)

func sampleAgencies() *mingjing.AgenciesView {
	n := func(n int) *int { return &n }
	return &mingjing.AgenciesView{Agencies: []mingjing.AgencyFigures{
		{Agency: "metro", Disputes: n(1204), Asked: n(1100), InTime: n(7), Late: n(2), Silent: n(1091), Upheld: n(1091), Partly: n(3), Rejected: n(4),
			AnswerDays: n(4), DecideDays: n(1), LateNow: n(19), Inquiries: n(42), Unexplained: n(3), Unfounded: n(2)},
		{Agency: "court", Disputes: n(4), Upheld: n(1), Partly: n(1), Rejected: n(1), LateNow: n(0), Inquiries: n(0)},
		{Agency: "tax"},
		{Agency: "traffic", Disputes: n(0), Asked: n(0), LateNow: n(0), Inquiries: n(0)},
		{Agency: "notary", Disputes: n(0), Asked: n(0), LateNow: n(0), Inquiries: n(0)},
	}}
}

func TestAgenciesAreShownWithTheirFiguresAndFewAreNotBrokenDown(t *testing.T) {
	each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		if v.Agencies == nil {
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
		if strings.Contains(all, few) || strings.Count(rows.Eq(1).Text(), few) != 2 || strings.Count(rows.Eq(2).Text(), few) != 6 {
			t.Errorf("few are told apart: %s | %s", rows.Eq(1).Text(), rows.Eq(2).Text())
		}
		if doc.Find("main details li").Length() != 2 {
			t.Error("agencies without disputes are not named")
		}
	})
}

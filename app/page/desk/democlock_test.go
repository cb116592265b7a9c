package desk

import (
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"

	"github.com/PuerkitoBio/goquery"
)

func TestTheDemoClockOffersEachStepToThoseWhoMayMoveIt(t *testing.T) {
	pagetest.Each(t, func(t *testing.T, v *mingjing.View, doc *goquery.Document, _ string) {
		if mingjing.DataOf[mingjing.DemoClockView](v) == nil {
			return
		}
		want := len(mingjing.ClockSteps)
		if v.Who.Role == mingjing.RoleAuditor {
			want = 0
		}
		if n := doc.Find(`form[action="/api/admin/demo-clock"][method=post] button[name=step]`).Length(); n != want {
			t.Errorf("%d steps, want %d", n, want)
		}
		if n := doc.Find("main tbody tr").Length(); n != len(mingjing.DataOf[mingjing.DemoClockView](v).Deadlines) {
			t.Errorf("%d deadlines, want %d", n, len(mingjing.DataOf[mingjing.DemoClockView](v).Deadlines))
		}
		if doc.Find(`nav a[href$="/admin/demo-clock"]`).Length() == 0 {
			t.Error("the menu does not lead here")
		}
	})
}

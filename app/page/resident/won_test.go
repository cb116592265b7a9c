package resident

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"
)

func TestAWonCaseSaysBothValuesAndWhy(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldScreens(lang)["dispute.won"]
		said := pagetest.RenderHeld(t, "dispute", v).Find("#won, [aria-labelledby=won]").Text()
		for _, want := range []string{"50", "95", i18n.T(lang, "dispute.won_why.dispute", "item",
			v.Label("item", mingjing.DataOf[mingjing.DisputePage](v).Code()))} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is not in %q", lang, want, said)
			}
		}
	}
}

func TestARowOfTheInboxNamesItsItem(t *testing.T) {
	v := pagetest.HeldView("en", "inbox", mingjing.RoleResident)
	v.Data = &mingjing.InboxView{Notices: []mingjing.Notice{{ID: "n-1", Kind: mingjing.NoticeCaseDecided, Code: "upheld", Page: "dispute",
		Subject: "d-1", Item: "judgment-unpaid", At: pagetest.HeldNow}}}
	row := pagetest.RenderHeld(t, "inbox", v).Find(".notice")
	if said := row.Text(); !strings.Contains(said, v.Label("item", "judgment-unpaid")) || row.Find("svg").Length() == 0 {
		t.Errorf("the row says %q", said)
	}
}

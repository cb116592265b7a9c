package resident

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
)

func TestARecipientWhoTakesAnAgencysCodeIsNotShownAsTheAgency(t *testing.T) {
	v := pagetest.Base(t, "en", "access-log")
	v.Labels = map[string]string{"agency.court": "High People's Court"}
	v.Data = &mingjing.AccessLogView{
		Entries: []mingjing.AccessEntry{{Seq: 1, At: pagetest.SampleNow, Role: mingjing.RoleRecipient, Who: "court", Action: "share_view",
			Purpose: "share"}}}
	doc, _ := pagetest.Render(t, &v)
	if text := doc.Find("main").Text(); strings.Contains(text, "High People") || !strings.Contains(text, "not checked") ||
		!strings.Contains(text, "Shared by you") {
		t.Errorf("the log says %s", text)
	}
}

package resident

import (
	"strings"
	"testing"

	"mingjing/app/page/pagetest"
)

func TestEachFileSaysHowFarItHasCome(t *testing.T) {
	doc := pagetest.RenderHeld(t, "dispute.files", pagetest.HeldScreens("en")["dispute.files"])
	for i, want := range []string{"is being checked", "Not taken: This file cannot be opened", "Opened by the handler"} {
		paper := doc.Find(".papers .paper").Eq(i)
		if text := paper.Text(); !strings.Contains(text, want) {
			t.Errorf("file %d says %q, want %q", i, text, want)
		}
		if links := paper.Find("a").Length(); links > 0 != (i == 2) {
			t.Errorf("file %d has %d links", i, links)
		}
	}
	if text := doc.Find(".papers .paper").Eq(2).Text(); !strings.Contains(text, "Opened by the agency") || !strings.Contains(text,
		"Checked") ||
		!strings.Contains(text, "were removed") {
		t.Errorf("it says %q", text)
	}
}

package public

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"
)

func TestWithoutAReceiptNobodyIsToldThatTheyHaveLeft(t *testing.T) {
	for _, lang := range mingjing.Languages {
		for path, want := range map[string]string{"left": "left.nothing_text", "left?receipt=": "left.nothing_text",
			"left?receipt=x": "left.unknown"} {
			v := pagetest.Anonymous(pagetest.Base(t, lang, "left"))
			v.Path = path
			doc, _ := pagetest.Render(t, &v)
			if got := doc.Find("main").Text(); !strings.Contains(got, i18n.T(lang, want)) || strings.Contains(got, i18n.T(lang, "title.left")) {
				t.Errorf("%s %s: %s", lang, path, got)
			}
		}
	}
}

package resident

import (
	"strings"
	"testing"

	"mingjing/app/page/pagetest"
)

func TestTheResidentSeesTheAnswersDocumentAndTheReceipt(t *testing.T) {
	doc := pagetest.SampleDoc(t, "en", "dispute-opened")
	if href, _ := doc.Find(".answer-document a").Attr("href"); href != "/api/evidence/a-1" {
		t.Errorf("the document is at %q", href)
	}
	if text := doc.Find(".opened li").Text(); !strings.Contains(text, "receipt.pdf") || !strings.Contains(text, "顾南") {
		t.Errorf("the receipt says %q", text)
	}
}

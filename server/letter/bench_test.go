package letter

import (
	"strings"
	"testing"

	"mingjing"
)

// BenchmarkPDF makes a letter of five pages; the fonts are read already.
func BenchmarkPDF(b *testing.B) {
	l := letterOf(mingjing.Block{Kind: mingjing.BlockQuote, Items: []string{strings.Repeat("我是担保人，去年已经付清了我应承担的份额。", 250)}})
	for b.Loop() {
		make1(b, l, "zh-CN")
	}
}

package letter

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"mingjing"
)

var at = time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC)

func letterOf(blocks ...mingjing.Block) mingjing.Letter {
	return mingjing.Letter{Office: "上海市信用中心 · 明镜", Title: "异议处理决定书", Number: "案件编号 4F1C", About: "异议处理决定书：欠费",
		Folio: "第 {page} 页，共 {pages} 页", At: at, Blocks: blocks}
}

func para(s string) mingjing.Block { return mingjing.Block{Kind: mingjing.BlockText, Text: s} }

func make1(t testing.TB, l mingjing.Letter, lang string) []byte {
	t.Helper()
	pdf, err := PDF(l, lang)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

var (
	streams = regexp.MustCompile(`(?s)/Length (\d+)[^\n]*\n?>>\nstream\n`)
	shows   = regexp.MustCompile(`(?s)BT [-0-9.]+ ([-0-9.]+) Td \((.*?)\) Tj ET`)
)

// textOf returns what a reader of the file copies out of it, a slice of lines a page.
// The file says that its codes are UTF-16, so the codes are read as that.
func textOf(t testing.TB, pdf []byte) (pages []string) {
	t.Helper()
	if !bytes.Contains(pdf, []byte("/Encoding /Identity-H")) || !bytes.Contains(pdf, []byte("<0000> <FFFF> <0000>")) {
		t.Fatal("the codes of the text are not mapped to Unicode as they are")
	}
	for _, m := range streams.FindAllSubmatchIndex(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(pdf[m[1]:]))
		if err != nil {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil || !bytes.Contains(content, []byte(" Tj ET")) {
			continue
		}
		var page strings.Builder
		last := ""
		for _, s := range shows.FindAllSubmatch(content, -1) {
			y := string(s[1])
			if up, err := strconv.ParseFloat(y, 64); err != nil || up < bottom && up != 40 || up > pageHeight-40 {
				t.Fatalf("%q stands at %s, off the page's middle", decode(s[2]), y)
			}
			if y != last {
				page.WriteByte('\n')
				last = y
			}
			page.WriteString(decode(s[2]))
		}
		pages = append(pages, page.String())
	}
	return pages
}

func decode(escaped []byte) string {
	var raw []byte
	for i := 0; i < len(escaped); i++ {
		if escaped[i] == '\\' && i+1 < len(escaped) {
			i++
			if escaped[i] == 'r' {
				raw = append(raw, '\r')
				continue
			}
		}
		raw = append(raw, escaped[i])
	}
	var codes []uint16
	for i := 0; i+1 < len(raw); i += 2 {
		codes = append(codes, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(codes))
}

// flat is text without what line breaks change.
func flat(s string) string { return strings.Join(strings.Fields(s), "") }

func TestTheTextOfAFileIsTheTextOfTheLetter(t *testing.T) {
	l := letterOf(
		para("阿依古丽·买买提明：你在2026年11月21日对市高级人民法院提供的“未履行生效判决确定的付款义务”提出异议，信用中心的陈晓作出了决定。"),
		mingjing.Block{Kind: mingjing.BlockPart, Text: "第 1 部分"},
		mingjing.Block{Kind: mingjing.BlockHeading, Text: "What the agency’s clerk said — “nothing”"},
		mingjing.Block{Kind: mingjing.BlockSub, Text: "1. 结案通知书.pdf"},
		mingjing.Block{Kind: mingjing.BlockStrong, Text: "Last day: 23 November 2027"},
		mingjing.Block{Kind: mingjing.BlockOutcome, Text: "The decision: Upheld",
			Items: []string{"You were taken off the list on 23 November 2026.", "名单已经结束。"}},
		mingjing.Block{Kind: mingjing.BlockQuote, Text: "陈晓写道", Items: []string{"(a) back\\slash, (parentheses)", "第二段。"}},
		mingjing.Block{Kind: mingjing.BlockList, Items: []string{"One.", "二。"}},
		mingjing.Block{Kind: mingjing.BlockRows, Rows: []mingjing.LetterRow{{Key: "SHA-256",
			Text: strings.Repeat("0a", 16) + "\n" + strings.Repeat("1b", 16)}}},
		mingjing.Block{Kind: mingjing.BlockBreak},
		mingjing.Block{Kind: mingjing.BlockSignature, Text: "陈晓", Items: []string{"上海市信用中心"}})
	for _, lang := range mingjing.Languages {
		pages := textOf(t, make1(t, l, lang))
		if len(pages) != 2 {
			t.Fatalf("%d pages, want 2", len(pages))
		}
		text := flat(strings.Join(pages, ""))
		for _, want := range []string{l.Title, l.Office, l.Number, l.About, "第1页，共2页", "第2页，共2页"} {
			if !strings.Contains(text, flat(want)) {
				t.Errorf("%s: %q is missing", lang, want)
			}
		}
		for _, b := range l.Blocks {
			want := append([]string{b.Text}, b.Items...)
			for _, r := range b.Rows {
				want = append(want, r.Key, r.Text)
			}
			for _, s := range want {
				if !strings.Contains(text, flat(s)) {
					t.Errorf("%s: the %s %q is missing in\n%s", lang, b.Kind, s, text)
				}
			}
		}
	}
}

func TestAFileSaysItsTitleAndLanguage(t *testing.T) {
	pdf := make1(t, letterOf(para("x")), "zh-CN")
	title := "\xfe\xff"
	for _, c := range utf16.Encode([]rune("异议处理决定书")) {
		title += string([]byte{byte(c >> 8), byte(c)})
	}
	title = strings.NewReplacer("\\", "\\\\", "(", "\\(", ")", "\\)", "\r", "\\r").Replace(title)
	for _, want := range []string{"/Title (" + title + ")", "/Lang (zh-CN)", "/CreationDate (D:20261123013000",
		"/ModDate (D:20261123013000", "/FontFile2", "/MediaBox [0 0 595.28 841.89]"} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("no %q", want)
		}
	}
}

func TestTheSameLetterIsTheSameBytes(t *testing.T) {
	l := letterOf(para("阿依古丽·买买提明，the quick brown fox"), mingjing.Block{Kind: mingjing.BlockOutcome, Text: "决定", Items: []string{"好"}})
	first := make1(t, l, "zh-CN")
	for range 8 {
		if !bytes.Equal(first, make1(t, l, "zh-CN")) {
			t.Fatal("two files of one letter differ")
		}
	}
	l.At = at.Add(time.Hour)
	if bytes.Equal(first, make1(t, l, "zh-CN")) {
		t.Error("a letter of another hour is the same file")
	}
}

func TestTheFontHasEveryCharacterOfGB2312(t *testing.T) {
	if err := fontsErr(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for row := byte(0xb0); row <= 0xf7; row++ { // level 1 to 0xd7, then level 2
		for cell := byte(0xa1); cell <= 0xfe; cell++ {
			s, err := simplifiedchinese.GBK.NewDecoder().Bytes([]byte{row, cell})
			if err != nil || bytes.ContainsRune(s, '\uFFFD') || row == 0xd7 && cell > 0xf9 {
				continue
			}
			n++
			if r := []rune(string(s))[0]; !both.has(r) {
				t.Errorf("no %c", r)
			}
		}
	}
	if n != 3755+3008 {
		t.Errorf("%d characters were tried, want 6763", n)
	}
	for _, r := range "abcABC0189.,:;!?“”‘’…—–·（）《》【】、。￥éüß祎镕喆堃" {
		if !both.has(r) {
			t.Errorf("no %c", r)
		}
	}
}

func TestASignThatTheFontLacksIsShownAsItsCodePoint(t *testing.T) {
	l := letterOf(para("王𬭚的😀\x01和\uE123，\ta\u200Db\u00A0c"),
		mingjing.Block{Kind: mingjing.BlockRows, Rows: []mingjing.LetterRow{{Key: "𬭚", Text: "𬭚"}}})
	l.Title, l.Office, l.Number, l.About = "𬭚1", "𬭚2", "𬭚3", "𬭚4"
	text := flat(strings.Join(textOf(t, make1(t, l, "zh-CN")), ""))
	for _, want := range []string{"王[U+2CB5A]的[U+1F600][U+0001]和[U+E123]，abc", "[U+2CB5A]1", "[U+2CB5A]2", "[U+2CB5A]3", "[U+2CB5A]4"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	if text := flat(strings.Join(textOf(t, make1(t, letterOf(para("a\xffb")), "en")), "")); !strings.Contains(text, "a[U+FFFD]b") &&
		!strings.Contains(text, "a\uFFFDb") {
		t.Errorf("bytes that are no text vanish: %q", text)
	}
}

func TestALongLetterGoesOverManyPagesAndLosesNothing(t *testing.T) {
	var blocks []mingjing.Block
	for i := range 60 {
		blocks = append(blocks,
			mingjing.Block{Kind: mingjing.BlockHeading, Text: fmt.Sprintf("第%d节", i)},
			mingjing.Block{Kind: mingjing.BlockQuote, Text: "By", Items: []string{strings.Repeat("我是担保人，去年已经付清了我应承担的份额。", 40)}},
			mingjing.Block{Kind: mingjing.BlockRows, Rows: []mingjing.LetterRow{
				{Key: strings.Repeat("a-very-long-file-name_", 4) + ".pdf", Text: strings.Repeat("f", 300)},
				{Key: strings.Repeat("k", 7000), Text: "v"}}},
			mingjing.Block{Kind: mingjing.BlockOutcome, Text: "决定", Items: []string{strings.Repeat("outcome ", 150)}})
	}
	pages := textOf(t, make1(t, letterOf(blocks...), "zh-CN"))
	if len(pages) < 30 {
		t.Fatalf("%d pages", len(pages))
	}
	all := ""
	for i, p := range pages {
		folio := fmt.Sprintf("第%d页，共%d页", i+1, len(pages))
		if !strings.Contains(flat(p), folio) {
			t.Errorf("page %d does not say %s", i+1, folio)
		}
		all += strings.NewReplacer(folio, "", flat("异议处理决定书：欠费"), "", flat("案件编号 4F1C"), "").Replace(flat(p))
	}
	for i := range 60 {
		if !strings.Contains(all, fmt.Sprintf("第%d节", i)) {
			t.Errorf("section %d is lost", i)
		}
	}
	for what, want := range map[string]int{
		flat(strings.Repeat("我是担保人，去年已经付清了我应承担的份额。", 40)): 60, strings.Repeat("f", 300): 60,
		strings.Repeat("k", 7000): 60, flat(strings.Repeat("outcome ", 150)): 60,
	} {
		if n := strings.Count(all, what); n != want {
			t.Errorf("%.30q… is there %d times, want %d", what, n, want)
		}
	}
}

func TestNoLineIsWiderThanThePageNorBeginsWithAClosingSign(t *testing.T) {
	if err := fontsErr(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		strings.Repeat("我说：“付清了。”（见附件）、《条例》，", 30), strings.Repeat("The agency’s clerk said “nothing” (twice), ", 30),
		strings.Repeat("x", 500), strings.Repeat("很长的文件名，", 3) + strings.Repeat("transfer-receipt-2025_06_30/", 20), strings.Repeat("。", 200),
		strings.Repeat("“", 200), "a" + strings.Repeat(" ", 300) + "b"} {
		for w := 20.0; w < measure; w += 37 {
			lines := wrap(s, bodySize, w)
			joined := ""
			for i, l := range lines {
				text := ""
				for _, r := range l {
					text += r.text
				}
				joined += text
				if width(l) > w+0.01 && len([]rune(text)) > 1 {
					t.Fatalf("%q is %.1f wide, more than %.1f", text, width(l), w)
				}
				if i > 0 && w > 100 && strings.Count(s, "。") < 150 && strings.ContainsRune("，。、”）》", []rune(text)[0]) {
					t.Errorf("a line begins with %q", text)
				}
			}
			if flat(joined) != flat(s) {
				t.Fatalf("wrapping loses text: %q of %q", joined, s)
			}
		}
	}
}

func FuzzNothingIsLostInSetting(f *testing.F) {
	if err := fontsErr(); err != nil {
		f.Fatal(err)
	}
	f.Add("决定书", "你在2026年11月21日提出异议。")
	f.Add("The “decision”", "a\\(b)\r\n\x00\xff😀")
	f.Add("", strings.Repeat("。", 300))
	f.Fuzz(func(t *testing.T, title, words string) {
		s := &setter{}
		s.letterhead(letterOf())
		for _, kind := range []mingjing.BlockKind{mingjing.BlockText, mingjing.BlockQuote, mingjing.BlockList,
			mingjing.BlockRows, mingjing.BlockOutcome, mingjing.BlockSignature} {
			s.block(mingjing.Block{Kind: kind, Text: title, Items: []string{words},
				Rows: []mingjing.LetterRow{{Key: title, Text: words}}}, mingjing.BlockText)
		}
		truncate(title, 8.5, 100)
		for _, w := range []float64{5, 60, measure} {
			set := ""
			for _, line := range wrap(words, bodySize, w) {
				for i, r := range line {
					set += r.text
					for _, sign := range r.text {
						if !r.face.has(sign) {
							t.Fatalf("run %d has %q, which its face lacks", i, sign)
						}
					}
				}
				if n := len([]rune(line[0].text)); width(line) > w+0.01 && (n > 1 || len(line) > 1) {
					t.Fatalf("a line is %.1f wide, more than %.1f", width(line), w)
				}
			}
			if flat(set) != flat(visible(words)) {
				t.Fatalf("%q is set as %q", words, set)
			}
		}
	})
}

// TestAnAddressIsInTheWindowOfTheEnvelope is of the window of a DL envelope, 20 mm from the
// left, 45 mm from the top, 90 mm wide and 45 mm high.
func TestAnAddressIsInTheWindowOfTheEnvelope(t *testing.T) {
	const mm = 72 / 25.4
	l := letterOf(para("正文"))
	l.Address = []string{"阿依古丽·买买提明", "人民路 100 号 12 幢 301 室 " + strings.Repeat("很长的地址", 8), "上海市黄浦区", "200001"}
	pdf := make1(t, l, "zh-CN")
	if len(textOf(t, pdf)) != 1 {
		t.Fatal("it is not one page")
	}
	inside, outside := 0, 0
	for _, m := range regexp.MustCompile(`BT ([-0-9.]+) ([-0-9.]+) Td`).FindAllStringSubmatch(content(t, pdf), -1) {
		x, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		y, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if y = pageHeight - y; y > 45*mm && y < 90*mm {
			if inside++; x < 20*mm || x > 110*mm {
				t.Errorf("at the height of the window there is text at %.0f mm from the left", x/mm)
			}
		} else {
			outside++
		}
	}
	if inside < 5 || outside < 5 {
		t.Errorf("%d texts are in the window, %d are not", inside, outside)
	}
}

// content returns the drawing of the first page of a file.
func content(t *testing.T, pdf []byte) string {
	t.Helper()
	for _, m := range streams.FindAllSubmatchIndex(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(pdf[m[1]:]))
		if err != nil {
			continue
		}
		data, err := io.ReadAll(r)
		if err == nil && bytes.Contains(data, []byte(" Tj ET")) {
			return string(data)
		}
	}
	t.Fatal("there is no page")
	return ""
}

func TestLettersInOneFileHavePagesOfTheirOwn(t *testing.T) {
	long := letterOf(para(strings.Repeat("很长的一段话。", 400)))
	pdf, err := Sheets([]Sheet{{letterOf(para("第一封")), "zh-CN"}, {long, "zh-CN"}, {letterOf(para("The third")), "en"}})
	if err != nil {
		t.Fatal(err)
	}
	pages := textOf(t, pdf)
	if len(pages) != 4 {
		t.Fatalf("there are %d pages", len(pages))
	}
	for i, folio := range []string{"第 1 页，共 1 页", "第 1 页，共 2 页", "第 2 页，共 2 页", "第 1 页，共 1 页"} {
		if !strings.Contains(pages[i], folio) {
			t.Errorf("page %d does not say %s", i+1, folio)
		}
	}
}

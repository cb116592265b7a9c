package letter

import (
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"

	"mingjing"
)

// A setter lays blocks out on pages, from the top of each down.
type setter struct {
	lang  string
	pages [][]func(*fpdf.Fpdf)
	y     float64 // where the next block begins
}

func (s *setter) newPage() {
	s.pages = append(s.pages, nil)
	s.y = top
}

func (s *setter) add(draw func(*fpdf.Fpdf)) {
	last := len(s.pages) - 1
	s.pages[last] = append(s.pages[last], draw)
}

// ensureSpace begins a new page when the given number of points does not fit on this one.
func (s *setter) ensureSpace(points float64) {
	if s.y+points > pageHeight-bottom && s.y > top {
		s.newPage()
	}
}

// letterhead sets the head of the first page.
func (s *setter) letterhead(l mingjing.Letter) {
	s.newPage()
	s.add(func(p *fpdf.Fpdf) { drawLogo(p, left+19, 74, 19) })
	s.textLine(truncate(l.Office, 15, measure-56), left+52, 74, 15, jade, true)
	s.textLine(truncate(l.Number, 9.5, measure-56), left+52, 91, 9.5, muted, false)
	s.add(func(p *fpdf.Fpdf) {
		drawRule(p, left, 108, measure, 1.2, bronze)
		drawRule(p, left, 110.4, measure, 0.4, bronze)
	})
	s.y = 142
	s.window(l.Address)
	s.lines(l.Title, style{size: 20, lead: 28, colour: black, bold: true}, left, measure)
	s.y += 8
}

// The window of an envelope for A4 folded to a third (ISO 269 DL, DIN 680): 20 mm from the
// left and 45 mm from the top, 90 mm by 45 mm. What is in it keeps 5 mm from its edges.
const (
	windowLeft, windowTop     = 71.0, 144.0
	windowWidth, windowHeight = 227.0, 99.0
	windowBottom              = 269.0
)

// window sets an address where the window of an envelope shows it. A long line goes on in
// the next one; what does not fit is left out.
func (s *setter) window(address []string) {
	if len(address) == 0 {
		return
	}
	const size, lead = 10.5, 15.0
	y := windowTop
	for _, text := range address {
		for _, l := range wrap(text, size, windowWidth) {
			if y += lead; y > windowTop+windowHeight {
				break
			}
			at := y
			s.add(func(p *fpdf.Fpdf) { drawText(p, l, windowLeft, at, size, black, false) })
		}
	}
	s.y = windowBottom
}

// textLine draws one line of text that fits.
func (s *setter) textLine(visible string, x, y, size float64, colour ink, bold bool) {
	set := runs(visible, size)
	s.add(func(p *fpdf.Fpdf) { drawText(p, set, x, y, size, colour, bold) })
}

// A style is how a paragraph looks.
type style struct {
	size, lead float64
	colour     ink
	bold       bool
}

var (
	body   = style{bodySize, bodyLead, black, false}
	strong = style{bodySize, bodyLead, black, true}
	quiet  = style{9.5, 15, muted, false}
	said   = style{bodySize, bodyLead, ink{52, 62, 57}, false}
)

// lines lays out a paragraph and moves y below it.
func (s *setter) lines(paragraph string, st style, x, w float64) {
	s.linesBeside(paragraph, st, x, w, nil)
}

// linesBeside is lines with a call of beside for each line, with its position and
// height, to draw what is next to it.
func (s *setter) linesBeside(paragraph string, st style, x, w float64, beside func(y, h float64)) {
	var all [][]run
	for line := range strings.SplitSeq(paragraph, "\n") {
		all = append(all, wrap(line, st.size, w)...)
	}
	for i, l := range all {
		need := st.lead
		if i == 0 && len(all) > 1 {
			need *= 2 // a page does not end with a first line alone
		}
		if i == len(all)-2 && len(all) > 2 {
			need *= 2 // and does not begin with a last line alone
		}
		s.ensureSpace(need)
		y := s.y
		if beside != nil {
			beside(y, st.lead)
		}
		s.add(func(p *fpdf.Fpdf) { drawText(p, l, x, y+st.lead*0.5+st.size*0.36, st.size, st.colour, st.bold) })
		s.y += st.lead
	}
}

// block sets one block; next is the kind of the one after it.
func (s *setter) block(b mingjing.Block, next mingjing.BlockKind) {
	switch b.Kind {
	case mingjing.BlockPart:
		if s.y > top { // with others on the page
			s.y += 22
		}
		s.ensureSpace(60 + 3*bodyLead)
		s.lines(b.Text, style{17, 25, black, true}, left, measure)
		s.y += 6
	case mingjing.BlockHeading:
		s.y += 14
		s.ensureSpace(22 + 3*bodyLead)
		s.lines(b.Text, style{13.5, 21, jade, true}, left, measure)
		s.y += 3
	case mingjing.BlockSub:
		s.y += 5
		s.ensureSpace(18 + 2*bodyLead)
		s.lines(b.Text, style{11, 18, black, true}, left, measure)
	case mingjing.BlockText:
		s.lines(b.Text, body, left, measure)
		s.y += 5
	case mingjing.BlockStrong:
		s.lines(b.Text, strong, left, measure)
		s.y += 5
	case mingjing.BlockOutcome:
		s.outcome(b)
	case mingjing.BlockQuote:
		s.quote(b)
	case mingjing.BlockList:
		for _, item := range b.Items {
			s.ensureSpace(bodyLead)
			s.bullet()
			s.lines(item, body, left+15, measure-15)
			s.y += 2
		}
		s.y += 4
	case mingjing.BlockRows:
		s.rows(b.Rows)
	case mingjing.BlockSignature:
		s.y += 10
		s.ensureSpace(40 + float64(len(b.Items))*quiet.lead)
		y := s.y
		s.add(func(p *fpdf.Fpdf) { drawRule(p, left, y, 190, 0.6, line) })
		s.y += 6
		s.lines(b.Text, style{12, 19, black, true}, left, measure)
		for _, item := range b.Items {
			s.lines(item, quiet, left, measure)
		}
		s.y += 6
	case mingjing.BlockBreak:
		if next != "" {
			s.newPage()
		}
	}
}

func (s *setter) bullet() {
	y := s.y
	s.add(func(p *fpdf.Fpdf) {
		p.SetFillColor(bronze[0], bronze[1], bronze[2])
		p.Circle(left+5, y+bodyLead/2, 1.9, "F")
	})
}

// outcome draws the decision in a frame, which continues on the next page.
func (s *setter) outcome(b mingjing.Block) {
	const pad = 13
	s.y += 5
	s.ensureSpace(2*pad + 24 + bodyLead)
	frame := func(y, h float64) {
		s.add(func(p *fpdf.Fpdf) {
			drawRule(p, left, y-0.2, measure, h+0.4, jadeSoft)
			drawRule(p, left, y-0.2, 3, h+0.4, jade)
		})
	}
	gap := func(h float64) { frame(s.y, h); s.y += h }
	gap(pad)
	s.linesBeside(b.Text, style{13, 22, jade, true}, left+16, measure-32, frame)
	for _, item := range b.Items {
		gap(3)
		s.linesBeside(item, body, left+16, measure-32, frame)
	}
	gap(pad)
	s.y += 9
}

// quote draws somebody's own words, with their name above.
func (s *setter) quote(b mingjing.Block) {
	bar := func(y, h float64) {
		s.add(func(p *fpdf.Fpdf) { drawRule(p, left+1, y, 1.6, h+0.2, bronze) })
	}
	s.ensureSpace(quiet.lead + 2*bodyLead)
	if b.Text != "" {
		s.linesBeside(b.Text, quiet, left+14, measure-14, bar)
	}
	for i, item := range b.Items {
		if i > 0 && s.y > top {
			bar(s.y, 4)
			s.y += 4
		}
		s.linesBeside(item, said, left+14, measure-14, bar)
	}
	s.y += 8
}

// maxKeyLines is the greatest number of lines of a name that is beside its value; a
// longer name is above it.
const maxKeyLines = 6

// rows sets names on the left and values on the right, with a thin line below each.
func (s *setter) rows(rows []mingjing.LetterRow) {
	key := style{9.5, bodyLead, muted, false}
	for _, r := range rows {
		names := wrap(r.Key, key.size, keyWidth-12)
		if len(names) > maxKeyLines {
			s.lines(r.Key, key, left, measure)
			names = nil
		}
		s.ensureSpace(float64(max(len(names), 1))*bodyLead + 6)
		s.y += 3
		page, y := len(s.pages), s.y
		for i, l := range names {
			at := y + float64(i)*bodyLead
			s.add(func(p *fpdf.Fpdf) { drawText(p, l, left, at+key.lead*0.5+key.size*0.36, key.size, key.colour, false) })
		}
		s.lines(r.Text, body, left+keyWidth, measure-keyWidth)
		if len(s.pages) == page {
			s.y = max(s.y, y+float64(len(names))*bodyLead)
		}
		s.y += 3
		at := s.y
		s.add(func(p *fpdf.Fpdf) { drawRule(p, left, at, measure, 0.4, line) })
	}
	s.y += 8
}

// Characters that may not begin a line, and characters that may not end one.
const (
	notFirst = "，。、；：？！）】》〉」』”’…—,.;:?!)]}%·～"
	notLast  = "（【《〈「『“‘([{"
)

// wrap breaks a paragraph into lines: between words, between any two Chinese characters
// unless one is a punctuation mark that forbids it, and within a word that is longer
// than a line.
func wrap(paragraph string, size, w float64) [][]run {
	signs := []rune(strings.TrimSpace(visible(paragraph)))
	if len(signs) == 0 {
		return nil
	}
	fonts := faces(signs)
	var lines [][]run
	for start := 0; start < len(signs); {
		end, broken, used := start, 0, 0.0 // broken: the last place where a line may end
		for end < len(signs) {
			adv := fonts[end].advance[signs[end]] * size / 1000
			if used+adv > w && end > start && !(signs[end] == ' ') {
				break
			}
			used += adv
			end++
			if end < len(signs) && mayBreak(signs[end-1], signs[end]) {
				broken = end
			}
		}
		if end < len(signs) && broken > start {
			end = broken
		}
		stop := end
		for stop > start && signs[stop-1] == ' ' {
			stop--
		}
		if stop > start {
			lines = append(lines, pack(signs[start:stop], fonts[start:stop], size))
		}
		start = end
		for start < len(signs) && signs[start] == ' ' {
			start++
		}
	}
	return lines
}

func mayBreak(before, after rune) bool {
	if strings.ContainsRune(notFirst, after) || strings.ContainsRune(notLast, before) {
		return false
	}
	if before == ' ' || after == ' ' {
		return before == ' '
	}
	if before == '\u0f0b' { // between two syllables of Tibetan
		return true
	}
	if before == '-' || before == '/' || before == '_' {
		return unicode.IsLetter(after) || unicode.IsDigit(after) && before != '-'
	}
	return isCJK(before) || isCJK(after)
}

// truncate returns visible text that fits on one line, cut short if it does not.
func truncate(line string, size, w float64) string {
	signs := []rune(strings.TrimSpace(visible(strings.ReplaceAll(line, "\n", " "))))
	if width(runs(string(signs), size)) <= w {
		return string(signs)
	}
	for len(signs) > 0 && width(runs(string(signs)+"…", size)) > w {
		signs = signs[:len(signs)-1]
	}
	return string(signs) + "…"
}

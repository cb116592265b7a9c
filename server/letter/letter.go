// Package letter turns a [mingjing.Letter] into a PDF: A4, real text that can be
// selected and searched, the fonts in the file, page numbers, and the same bytes for
// the same letter. It writes no sentence of its own.
//
// The pages are laid out here and only then drawn by fpdf, which reduces the fonts to
// the characters that a file uses: so each page has the total number of pages, and
// lines break by the rules of both scripts.
package letter

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"mingjing"
)

// Measures of a page in points, and colours for print.
const (
	pageWidth, pageHeight = 595.28, 841.89
	left, right           = 68.0, 68.0
	top, bottom           = 82.0, 78.0
	measure               = pageWidth - left - right
	bodySize, bodyLead    = 10.5, 17.5
	keyWidth              = 118.0
)

type ink [3]int

var (
	black      = ink{28, 36, 33}
	muted      = ink{86, 96, 91}
	jade       = ink{20, 96, 79}
	jadeSoft   = ink{232, 242, 237}
	bronze     = ink{135, 100, 42}
	bronzeSoft = ink{242, 232, 210}
	line       = ink{214, 207, 190}
)

// A Sheet is a letter with its language.
type Sheet struct {
	Letter mingjing.Letter
	Lang   string
}

// PDF returns the letter as a PDF file. It fails only when the fonts can't be read.
func PDF(l mingjing.Letter, lang string) ([]byte, error) { return Sheets([]Sheet{{l, lang}}) }

// Sheets returns letters as one PDF file, each with pages and numbers of its own. The file
// has the title of the first. There must be one at least.
func Sheets(all []Sheet) ([]byte, error) {
	if err := fontsErr(); err != nil {
		return nil, err
	}
	p := newFile(all[0])
	used := usedFaces(all)
	for _, f := range shaped {
		if used[f] {
			p.AddUTF8FontFromBytes(f.name, "", f.data)
		}
	}
	for _, sheet := range all {
		s := &setter{lang: sheet.Lang}
		s.letterhead(sheet.Letter)
		for i, b := range sheet.Letter.Blocks {
			var next mingjing.BlockKind
			if i+1 < len(sheet.Letter.Blocks) {
				next = sheet.Letter.Blocks[i+1].Kind
			}
			s.block(b, next)
		}
		s.draw(p, sheet.Letter)
	}
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	return out.Bytes(), nil
}

// newFile returns a file without pages.
func newFile(first Sheet) *fpdf.Fpdf {
	l := first.Letter
	p := fpdf.New("P", "pt", "A4", "")
	p.SetCatalogSort(true)
	p.SetAutoPageBreak(false, 0)
	p.SetMargins(0, 0, 0)
	p.SetTitle(visible(l.Title), true)
	p.SetAuthor(visible(l.Office), true)
	p.SetSubject(visible(l.Number), true)
	p.SetCreator("Mingjing", true)
	p.SetProducer("Mingjing", true)
	p.SetCreationDate(l.At.UTC())
	p.SetModificationDate(l.At.UTC())
	p.SetLang(first.Lang)
	p.AddUTF8FontFromBytes(both.name, "", both.data)
	p.AddUTF8FontFromBytes(latin.name, "", latin.data)
	return p
}

// usedFaces returns the faces in which the letters are set.
func usedFaces(all []Sheet) map[*face]bool {
	used := map[*face]bool{}
	add := func(texts ...string) {
		for _, text := range texts {
			for _, f := range faces([]rune(visible(text))) {
				used[f] = true
			}
		}
	}
	for _, s := range all {
		l := s.Letter
		add(l.Office, l.Title, l.Number, l.About, l.Folio)
		add(l.Address...)
		for _, b := range l.Blocks {
			add(b.Text)
			add(b.Items...)
			for _, r := range b.Rows {
				add(r.Key, r.Text)
			}
		}
	}
	return used
}

// draw adds the pages of a letter to a file.
func (s *setter) draw(p *fpdf.Fpdf, l mingjing.Letter) {
	about := cmp.Or(l.About, l.Title)
	for i, page := range s.pages {
		p.AddPage()
		for _, draw := range page {
			draw(p)
		}
		folio := strings.NewReplacer("{page}", strconv.Itoa(i+1), "{pages}", strconv.Itoa(len(s.pages))).Replace(l.Folio)
		drawRule(p, left, pageHeight-54, measure, 0.5, line)
		drawText(p, runs(truncate(about, 8.5, measure-120), 8.5), left, pageHeight-40, 8.5, muted, false)
		set := runs(visible(folio), 8.5)
		drawText(p, set, left+measure-width(set), pageHeight-40, 8.5, muted, false)
		if i > 0 {
			drawLogo(p, left+7, 50, 7)
			drawText(p, runs(truncate(l.Number, 8.5, measure-24), 8.5), left+22, 53, 8.5, muted, false)
			drawRule(p, left, 64, measure, 0.5, line)
		}
	}
}

// drawText draws runs on a line; bold is the outline of each sign, drawn as well.
func drawText(p *fpdf.Fpdf, runs []run, x, y, size float64, colour ink, bold bool) {
	p.SetTextColor(colour[0], colour[1], colour[2])
	if bold {
		p.SetDrawColor(colour[0], colour[1], colour[2])
		p.SetLineWidth(size * 0.032)
		p.SetTextRenderingMode(2)
		defer p.SetTextRenderingMode(0)
	}
	for _, r := range runs {
		if r.face.shape != nil {
			drawShaped(p, r, x, y, size, colour, bold)
			if bold {
				p.SetTextRenderingMode(2)
			}
			x += r.width
			continue
		}
		p.SetFont(r.face.name, "", size)
		p.Text(x, y, r.text)
		x += r.width
	}
}

func drawRule(p *fpdf.Fpdf, x, y, w, h float64, colour ink) {
	p.SetFillColor(colour[0], colour[1], colour[2])
	p.Rect(x, y, w, h, "F")
}

// drawLogo draws the logo, a bronze mirror, around a point.
func drawLogo(p *fpdf.Fpdf, x, y, r float64) {
	unit := r / 29
	p.SetDrawColor(bronze[0], bronze[1], bronze[2])
	p.SetFillColor(bronzeSoft[0], bronzeSoft[1], bronzeSoft[2])
	p.SetLineWidth(3 * unit)
	p.Circle(x, y, r, "FD")
	p.SetLineWidth(1.2 * unit)
	p.Circle(x, y, 21*unit, "D")
	p.SetLineWidth(2.4 * unit)
	for _, m := range [][2]float64{{0, -1}, {0, 1}, {-1, 0}, {1, 0}} {
		p.Line(x+m[0]*18*unit, y+m[1]*18*unit, x+m[0]*11*unit, y+m[1]*11*unit)
	}
	p.SetFillColor(jade[0], jade[1], jade[2])
	p.Circle(x, y, 6*unit, "F")
}

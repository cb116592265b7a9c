package letter

import (
	"slices"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A glyph is a drawing of the font at its place, in thousandths of the size; y grows
// upwards.
type glyph struct {
	id   sfnt.GlyphIndex
	x, y float64
}

// A shapedText is text as the font joins, stacks and places it, from the left.
type shapedText struct {
	glyphs []glyph
	width  float64
}

// shapeText shapes text of one script, which the face has all signs of.
func (f *face) shapeText(signs []rune) (out shapedText) {
	direction := di.DirectionLTR
	if f.rtl {
		direction = di.DirectionRTL
	}
	script := language.Common
	for _, r := range signs {
		if s := language.LookupScript(r); s != language.Common && s != language.Inherited {
			script = s
			break
		}
	}
	var shaper shaping.HarfbuzzShaper
	set := shaper.Shape(shaping.Input{Text: signs, RunEnd: len(signs), Direction: direction, Face: font.NewFace(f.shape),
		Size: fixed.I(1000), Script: script, Language: language.NewLanguage("und")})
	for _, g := range set.Glyphs {
		out.glyphs = append(out.glyphs, glyph{sfnt.GlyphIndex(g.GlyphID), out.width + float64(g.XOffset)/64, float64(g.YOffset) / 64})
		out.width += float64(g.XAdvance) / 64
	}
	return out
}

// drawShaped draws the outlines of a run. The same text is there once more, unseen, so that
// it can be selected and searched.
func drawShaped(p *fpdf.Fpdf, r run, x, y, size float64, colour ink, bold bool) {
	text := []rune(r.text)
	if r.face.rtl { // in the order in which it is seen, which readers of PDFs turn back
		slices.Reverse(text)
	}
	p.SetTextRenderingMode(3)
	p.SetFont(r.face.name, "", size)
	p.Text(x, y, string(text))
	p.SetTextRenderingMode(0)
	p.SetFillColor(colour[0], colour[1], colour[2])
	style := "f"
	if bold {
		style = "b"
		p.SetDrawColor(colour[0], colour[1], colour[2])
		p.SetLineWidth(size * 0.032)
	}
	unit := size / 1000
	var buf sfnt.Buffer
	for _, g := range r.face.shapeText([]rune(r.text)).glyphs {
		outline, err := r.face.outlines.LoadGlyph(&buf, g.id, fixed.I(1000), nil)
		if err != nil || len(outline) == 0 {
			continue // a space
		}
		at := func(q fixed.Point26_6) (float64, float64) {
			return x + (g.x+float64(q.X)/64)*unit, y + (float64(q.Y)/64-g.y)*unit
		}
		for i, s := range outline {
			ax, ay := at(s.Args[0])
			bx, by := at(s.Args[1])
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					p.ClosePath()
				}
				p.MoveTo(ax, ay)
			case sfnt.SegmentOpLineTo:
				p.LineTo(ax, ay)
			case sfnt.SegmentOpQuadTo:
				p.CurveTo(ax, ay, bx, by)
			case sfnt.SegmentOpCubeTo:
				cx, cy := at(s.Args[2])
				p.CurveBezierCubicTo(ax, ay, bx, by, cx, cy)
			}
		}
		p.ClosePath()
		p.DrawPath(style)
	}
}

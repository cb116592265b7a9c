package letter

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The fonts, as font/make.py makes them.
var (
	//go:embed font/letter.ttf
	bothTTF []byte
	//go:embed font/latin.ttf
	latinTTF []byte

	both  = &face{name: "serif", data: bothTTF}
	latin = &face{name: "latin", data: latinTTF}
)

// fontsErr reads the fonts once and returns the error of that.
var fontsErr = sync.OnceValue(func() error {
	for _, f := range []*face{both, latin} {
		if err := f.read(); err != nil {
			return fmt.Errorf("letter: font %s: %w", f.name, err)
		}
	}
	return nil
})

// A face is one of the fonts.
type face struct {
	name string
	data []byte
	// advance is how wide each sign is, in thousandths of the size.
	advance map[rune]float64
}

// read finds the signs of the font and their widths.
func (f *face) read() error {
	parsed, err := sfnt.Parse(f.data)
	if err != nil {
		return err
	}
	f.advance = map[rune]float64{}
	var buf sfnt.Buffer
	for r := rune(0x20); r <= math.MaxUint16; r++ {
		glyph, err := parsed.GlyphIndex(&buf, r)
		if err != nil {
			return err
		}
		if glyph == 0 {
			continue
		}
		a, err := parsed.GlyphAdvance(&buf, glyph, fixed.I(1000), 0)
		if err != nil {
			return err
		}
		f.advance[r] = float64(a) / 64
	}
	return nil
}

// has reports whether the font has a sign.
func (f *face) has(r rune) bool { _, ok := f.advance[r]; return ok }

// A run is text in one face.
type run struct {
	face  *face
	text  string
	width float64
}

// width returns the width of runs in points.
func width(runs []run) (w float64) {
	for _, r := range runs {
		w += r.width
	}
	return w
}

// visible returns text in which each sign that the fonts lack is written as its code
// point in brackets, so that no sign is lost; only signs that are never shown, such as
// joiners, are left out.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t' || unicode.Is(unicode.Zs, r) && !both.has(r):
			b.WriteByte(' ')
		case both.has(r) || latin.has(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == '\r' || r == '\n':
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}

// isCJK reports whether a sign is a Chinese character, or as wide as one.
func isCJK(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x30ff || r >= 0xff00 && r <= 0xffef
}

// faces returns the face of each sign. A sign that both scripts use is wide only
// beside a Chinese character.
func faces(signs []rune) []*face {
	out := make([]*face, len(signs))
	for i, r := range signs {
		out[i] = both
		if !latin.has(r) || isCJK(r) {
			continue
		}
		near := i > 0 && isCJK(signs[i-1]) || i+1 < len(signs) && isCJK(signs[i+1])
		if r < 0x2010 || !near {
			out[i] = latin
		}
	}
	return out
}

// runs returns visible text as runs, each in one face.
func runs(visible string, size float64) []run {
	signs := []rune(visible)
	return pack(signs, faces(signs), size)
}

// pack joins neighbouring signs in the same face to runs.
func pack(signs []rune, faces []*face, size float64) []run {
	var out []run
	start := 0
	for i := 1; i <= len(signs); i++ {
		if i < len(signs) && faces[i] == faces[start] {
			continue
		}
		r := run{face: faces[start], text: string(signs[start:i])}
		for _, sign := range signs[start:i] {
			r.width += r.face.advance[sign] * size / 1000
		}
		out = append(out, r)
		start = i
	}
	if len(signs) == 0 {
		return nil
	}
	return out
}

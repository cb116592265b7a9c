package letter

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/go-text/typesetting/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// The fonts, as font/make.py makes them.
var (
	//go:embed font/letter.ttf
	bothTTF []byte
	//go:embed font/latin.ttf
	latinTTF []byte

	//go:embed font/marks.ttf
	marksTTF []byte
	//go:embed font/tibetan.ttf
	tibetanTTF []byte
	//go:embed font/arabic.ttf
	arabicTTF []byte
	//go:embed font/mongolian.ttf
	mongolianTTF []byte
	//go:embed font/yi.ttf
	yiTTF []byte
	//go:embed font/lisu.ttf
	lisuTTF []byte
	//go:embed font/taile.ttf
	taileTTF []byte
	//go:embed font/newtailue.ttf
	newtailueTTF []byte

	both  = &face{name: "serif", data: bothTTF}
	latin = &face{name: "latin", data: latinTTF}
	// shaped are the faces of the country's other scripts, whose signs are joined, stacked
	// or placed by the font.
	shaped = []*face{{name: "marks", data: marksTTF}, {name: "tibetan", data: tibetanTTF}, {name: "arabic", data: arabicTTF, rtl: true},
		{name: "mongolian", data: mongolianTTF}, {name: "yi", data: yiTTF}, {name: "lisu", data: lisuTTF}, {name: "taile", data: taileTTF},
		{name: "newtailue", data: newtailueTTF}}
)

// fontsErr reads the fonts once and returns the error of that.
var fontsErr = sync.OnceValue(func() error {
	for _, f := range append([]*face{both, latin}, shaped...) {
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
	// shape has the font of a face that shapes its text; nil for the others.
	shape *font.Font
	// outlines are the same font's glyphs.
	outlines *sfnt.Font
	rtl      bool
}

// read finds the signs of the font and their widths.
func (f *face) read() error {
	parsed, err := sfnt.Parse(f.data)
	if err != nil {
		return err
	}
	f.outlines, f.advance = parsed, map[rune]float64{}
	if slices.Contains(shaped, f) {
		whole, err := font.ParseTTF(bytes.NewReader(f.data))
		if err != nil {
			return err
		}
		f.shape = whole.Font
	}
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

// shapedFor returns the face of a sign that only a shaped face has; nil for none.
func shapedFor(r rune) *face {
	if both.has(r) || latin.has(r) {
		return nil
	}
	for _, f := range shaped {
		if f.has(r) {
			return f
		}
	}
	return nil
}

// visible returns text in which each sign that the fonts lack is written as its code
// point in brackets, so that no sign is lost; only signs that are never shown, such as
// joiners, are left out.
func visible(s string) string {
	var b strings.Builder
	var before *face // of the last sign, where it is a shaped one
	for _, r := range norm.NFC.String(s) {
		own := shapedFor(r)
		switch {
		case own != nil && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Variation_Selector, r), // signs that choose a form are left
			before != nil && before.has(r) && r > unicode.MaxLatin1 && !unicode.Is(unicode.Zs, r) && !both.has(r): // to the script that has them
			b.WriteRune(r)
		case r == '\t' || unicode.Is(unicode.Zs, r) && !both.has(r):
			b.WriteByte(' ')
		case both.has(r) || latin.has(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == '\r' || r == '\n':
			continue
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
		before = own
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
	return shapedFaces(signs, out)
}

// shapedFaces gives the signs of the other scripts their faces. The letter below a mark is
// in the mark's face, and so is a space between two words of a script, so that a script
// that is read from the right keeps the order of its words.
func shapedFaces(signs []rune, out []*face) []*face {
	for i, r := range signs {
		own := shapedFor(r)
		if own == nil {
			continue
		}
		out[i] = own
		for back := i - 1; unicode.Is(unicode.M, r) && back >= 0 && out[back] != own && own.has(signs[back]); back-- {
			out[back] = own
			if !unicode.Is(unicode.M, signs[back]) {
				break
			}
		}
	}
	for i := 1; i+1 < len(signs); i++ {
		if f := out[i-1]; signs[i] == ' ' && f.shape != nil && f == out[i+1] && f.has(' ') {
			out[i] = f
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
		if r.face.shape != nil {
			r.width = r.face.shapeText(signs[start:i]).width * size / 1000
		} else {
			for _, sign := range signs[start:i] {
				r.width += r.face.advance[sign] * size / 1000
			}
		}
		out = append(out, r)
		start = i
	}
	if len(signs) == 0 {
		return nil
	}
	return out
}

package inspect_test

import (
	"bytes"
	"errors"
	"image/jpeg"
	"testing"

	"mingjing/server/evidence"
)

func TestAFileIsShownAsPictures(t *testing.T) {
	for _, name := range []string{"plain.pdf", "ownerpw.pdf", "exif6.png"} {
		page, err := inspector.Page(ctx, clean(t, name, given(t, name)).Data, 1)
		must(t, err)
		img, err := jpeg.Decode(bytes.NewReader(page.Data))
		must(t, err)
		b, dark := img.Bounds(), false
		for y := b.Min.Y; y < b.Max.Y && !dark; y++ {
			for x := b.Min.X; x < b.Max.X && !dark; x++ {
				r, g, bl, _ := img.At(x, y).RGBA()
				dark = min(r, g, bl) < 0x8000
			}
		}
		if page.Type != "image/jpeg" || b.Dy() <= b.Dx() || !dark {
			t.Errorf("%s is shown as %s of %v, empty: %v", name, page.Type, b, !dark)
		}
		for _, n := range []int{-1, 0, 2} {
			if _, err := inspector.Page(ctx, given(t, name), n); !errors.Is(err, evidence.NoPages) {
				t.Errorf("page %d of %s: %v", n, name, err)
			}
		}
	}
}

package statement

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"

	"mingjing"
)

// quiet is the width of the empty margin that a reader needs around a QR code, in
// squares.
const quiet = 4

// QR returns a link as a QR code.
func QR(link string) (mingjing.QRCode, error) {
	code, err := qr.Encode(link, qr.M, qr.Unicode)
	if err != nil {
		return mingjing.QRCode{}, fmt.Errorf("statement: QR code: %w", err)
	}
	size := code.Bounds().Dx()
	dark := func(x, y int) bool {
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && dark(x, y) {
				x++
			}
			if n := x - from; n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, n, n)
			}
		}
	}
	return mingjing.QRCode{Size: size + 2*quiet, Path: path.String()}, nil
}

package inspect

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"

	"github.com/gen2brain/heic"
	scaling "golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"mingjing"
	"mingjing/server/evidence"
)

const (
	// maxPixels is the largest picture that is kept; larger ones are scaled to it. It is
	// what phones take when they are asked for their most.
	maxPixels = 50_000_000
	// maxDecoded bounds the pixels of a picture that is decoded at all.
	maxDecoded = 220_000_000
	// maxUnfolded bounds the memory of decoding one, in bytes; what it is turned and
	// scaled in comes to it.
	maxUnfolded = 420 << 20
)

// jpegQualities are tried one after the other until a picture is small enough.
var jpegQualities = []int{90, 80, 65}

// smaller is the factor of width and height where no quality makes a picture small enough.
const smaller = 0.7

// picture decodes a picture and returns it encoded anew, upright.
func (i *Inspector) picture(ctx context.Context, k kind, data []byte) (evidence.Content, error) {
	h, err := headOf(k, data)
	switch {
	case err != nil:
		return evidence.Content{}, err
	case h.width > maxDecoded/h.height, h.memory > maxUnfolded:
		return evidence.Content{}, evidence.TooManyPixels
	}
	img, err := i.decode(ctx, k, data)
	if err != nil {
		return evidence.Content{}, err
	}
	img = upright(fit(img, maxPixels), h.orientation)
	if k == kindPNG || k == kindWebP && !opaque(img) {
		var out bytes.Buffer
		if err := png.Encode(&out, img); err != nil {
			return evidence.Content{}, err
		}
		if out.Len() <= mingjing.MaxEvidenceBytes {
			return evidence.Content{Type: "image/png", Ext: ".png", Data: out.Bytes()}, nil
		}
		img = onWhite(img)
	}
	for {
		out, err := encodeJPEG(img)
		if err != nil {
			return evidence.Content{}, err
		}
		if len(out) <= mingjing.MaxEvidenceBytes {
			return evidence.Content{Type: "image/jpeg", Ext: ".jpg", Data: out}, nil
		}
		b := img.Bounds()
		img = fit(img, int(smaller*smaller*float64(b.Dx())*float64(b.Dy())))
	}
}

// headOf reads what a picture says of itself.
func headOf(k kind, data []byte) (head, error) {
	switch k {
	case kindJPEG:
		return jpegHead(data)
	case kindPNG:
		return pngHead(data)
	}
	read := webp.DecodeConfig
	if k == kindHEIC {
		read = heic.DecodeConfig
	}
	conf, err := read(bytes.NewReader(data))
	if err != nil || conf.Width <= 0 || conf.Height <= 0 {
		return head{}, evidence.Broken
	}
	if k == kindHEIC { // libheif turns it, and holds it about twice
		return head{width: conf.Width, height: conf.Height, memory: conf.Width * conf.Height * 4, orientation: 1}, nil
	}
	return webPHead(data, conf.Width, conf.Height), nil
}

// decode decodes a picture; an animation gives its first one.
func (i *Inspector) decode(ctx context.Context, k kind, data []byte) (img image.Image, err error) {
	switch k {
	case kindJPEG:
		img, err = jpeg.Decode(bytes.NewReader(data))
		if unsupported := (jpeg.UnsupportedError)(""); errors.As(err, &unsupported) {
			return i.decodeJPEG(ctx, data)
		}
	case kindPNG:
		img, err = png.Decode(bytes.NewReader(data))
	case kindWebP:
		img, err = webp.Decode(bytes.NewReader(data))
	default:
		img, err = heic.Decode(bytes.NewReader(data))
	}
	if err != nil || img.Bounds().Empty() {
		return nil, evidence.Broken
	}
	return img, nil
}

// encodeJPEG returns a JPEG of the best quality that is small enough, or of the lowest.
func encodeJPEG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	for _, quality := range jpegQualities {
		out.Reset()
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if out.Len() <= mingjing.MaxEvidenceBytes {
			break
		}
	}
	return out.Bytes(), nil
}

// fit returns an image of at most a number of pixels.
func fit(img image.Image, pixels int) image.Image {
	b := img.Bounds()
	if b.Dx() <= pixels/b.Dy() {
		return img
	}
	by := math.Sqrt(float64(pixels) / (float64(b.Dx()) * float64(b.Dy())))
	out := image.NewRGBA(image.Rect(0, 0, max(1, int(by*float64(b.Dx()))), max(1, int(by*float64(b.Dy())))))
	scaling.ApproxBiLinear.Scale(out, out.Bounds(), img, b, draw.Src, nil)
	return out
}

// opaque reports whether nothing shines through an image.
func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// onWhite returns an image on a white ground.
func onWhite(img image.Image) image.Image {
	if opaque(img) {
		return img
	}
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Over)
	return out
}

// upright turns and mirrors an image by its Exif orientation.
func upright(img image.Image, o int) image.Image {
	if o <= 1 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if o >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	at := func(x, y int) (int, int) {
		switch o {
		case 2:
			return w - 1 - x, y
		case 3:
			return w - 1 - x, h - 1 - y
		case 4:
			return x, h - 1 - y
		case 5:
			return y, x
		case 6:
			return h - 1 - y, x
		case 7:
			return h - 1 - y, w - 1 - x
		default:
			return y, w - 1 - x
		}
	}
	out := image.NewRGBA(size)
	row := image.NewRGBA(image.Rect(0, 0, w, 1)) // drawing knows the quick way to convert
	for y := range h {
		draw.Draw(row, row.Bounds(), img, image.Pt(b.Min.X, b.Min.Y+y), draw.Src)
		for x := range w {
			dx, dy := at(x, y)
			copy(out.Pix[out.PixOffset(dx, dy):][:4], row.Pix[4*x:])
		}
	}
	return out
}

package cases

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// maxPixels bounds an image before it is decoded: a small file can unfold to
// gigabytes. 50 million pixels is what phones take; at up to eight bytes each an
// image and its turned copy need 800 MB at the very most, and one is unfolded at
// a time.
const maxPixels = 50_000_000

// unfolding is held by whoever unfolds an image.
var unfolding = make(chan struct{}, 1)

// jpegQualities are tried one after the other until the image is small enough.
var jpegQualities = []int{90, 80, 65}

// An Upload is a file as it came from a resident's device.
type Upload struct {
	// Name is what the device calls it; it is not trusted.
	Name string
	Data []byte
}

// A CleanFile is a piece of evidence that may be stored.
type CleanFile struct {
	Evidence mingjing.Evidence
	Data     []byte
}

// CleanAll returns the files as they may be stored, or why one of them may not be.
func CleanAll(ctx context.Context, uploads []Upload) ([]CleanFile, error) {
	var files []CleanFile
	for _, u := range uploads {
		f, err := cleanEvidence(ctx, u)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

var (
	pdfStart  = []byte("%PDF-")
	pdfEnd    = []byte("%%EOF")
	jpegStart = []byte("\xff\xd8\xff")
	pngStart  = []byte("\x89PNG\r\n\x1a\n")
)

// cleanEvidence checks a file by its content, never by its name or what the
// browser says, and re-encodes images so that no metadata (place, camera, hidden
// payload) stays. PDFs are kept as they are and only ever served as attachments.
func cleanEvidence(ctx context.Context, u Upload) (CleanFile, error) {
	if len(u.Data) > mingjing.MaxEvidenceBytes {
		return CleanFile{}, badEvidence("evidence_size")
	}
	e, data := mingjing.Evidence{ID: kernel.NewID()}, u.Data
	switch {
	case len(u.Data) == 0:
		return CleanFile{}, badEvidence("evidence_broken")
	case bytes.HasPrefix(data, pdfStart):
		if !bytes.Contains(data[max(0, len(data)-2048):], pdfEnd) {
			return CleanFile{}, badEvidence("evidence_broken")
		}
		e.Type, e.Name = "application/pdf", safeName(u.Name, ".pdf")
	case bytes.HasPrefix(data, jpegStart), bytes.HasPrefix(data, pngStart):
		e.Type, e.Name = "image/png", safeName(u.Name, ".png")
		codec := codec{png.DecodeConfig, png.Decode, encodePNG}
		if bytes.HasPrefix(data, jpegStart) {
			e.Type, e.Name = "image/jpeg", safeName(u.Name, ".jpg")
			codec.config, codec.decode, codec.encode = jpeg.DecodeConfig, jpeg.Decode, encodeJPEG(orientation(data))
		}
		var err error
		if data, err = codec.reencode(ctx, data); err != nil {
			return CleanFile{}, err
		}
	default:
		return CleanFile{}, badEvidence("evidence_type")
	}
	e.Size = int64(len(data))
	return CleanFile{e, data}, nil
}

func badEvidence(code string) error {
	return mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: code})
}

// A codec reads and writes one kind of image.
type codec struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	encode func(image.Image) ([]byte, error)
}

// reencode returns the image, encoded again.
func (k codec) reencode(ctx context.Context, data []byte) ([]byte, error) {
	conf, err := k.config(bytes.NewReader(data))
	if err != nil || conf.Width <= 0 || conf.Height <= 0 {
		return nil, badEvidence("evidence_broken")
	}
	if conf.Width > maxPixels/conf.Height {
		return nil, badEvidence("evidence_size")
	}
	select {
	case unfolding <- struct{}{}:
		defer func() { <-unfolding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	img, err := k.decode(bytes.NewReader(data))
	if err != nil {
		return nil, badEvidence("evidence_broken")
	}
	if data, err = k.encode(img); err != nil {
		return nil, badEvidence("evidence_broken")
	}
	if len(data) > mingjing.MaxEvidenceBytes {
		return nil, badEvidence("evidence_size")
	}
	return data, nil
}

func encodePNG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}

// encodeJPEG turns the image upright; what it was turned by is not written.
func encodeJPEG(orientation int) func(image.Image) ([]byte, error) {
	return func(img image.Image) ([]byte, error) {
		img = upright(img, orientation)
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
}

// maxName bounds a file's name without its extension, in characters; in bytes it
// stays below the 255 that file systems take.
const maxName = 60

// safeName keeps letters and digits of any script, and gives the extension of
// the content.
func safeName(name, ext string) string {
	if !utf8.ValidString(name) {
		name = ""
	}
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	name = strings.TrimSuffix(name, path.Ext(name))
	var clean []rune
	for _, r := range name {
		switch {
		case len(clean) == maxName:
		case unicode.IsLetter(r), unicode.IsDigit(r):
			clean = append(clean, r)
		case len(clean) > 0 && clean[len(clean)-1] != '-':
			clean = append(clean, '-')
		}
	}
	if safe := strings.TrimRight(string(clean), "-"); safe != "" {
		return safe + ext
	}
	return "evidence" + ext
}

// orientation reads the Exif orientation of a JPEG (1 to 8; 1 when there is
// none), so that dropping the metadata does not turn the picture.
func orientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		if data[i+1] == 0xff { // a byte of filling
			i++
			continue
		}
		marker, size := data[i+1], int(data[i+2])<<8|int(data[i+3])
		if marker == 0xda || size < 2 || i+2+size > len(data) {
			return 1
		}
		seg := data[i+4 : i+2+size]
		if marker == 0xe1 && bytes.HasPrefix(seg, []byte("Exif\x00\x00")) {
			return exifOrientation(seg[6:])
		}
		i += 2 + size
	}
	return 1
}

func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	little := tiff[0] == 'I'
	u16 := func(at int) int {
		if at < 0 || at+2 > len(tiff) {
			return 0
		}
		if little {
			return int(tiff[at]) | int(tiff[at+1])<<8
		}
		return int(tiff[at])<<8 | int(tiff[at+1])
	}
	at := u16(4) | u16(6)<<16
	if !little {
		at = u16(4)<<16 | u16(6)
	}
	if at > len(tiff) {
		return 1
	}
	for i := range u16(at) {
		entry := at + 2 + 12*i
		if entry+12 > len(tiff) {
			return 1
		}
		if u16(entry) == 0x0112 {
			if o := u16(entry + 8); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
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

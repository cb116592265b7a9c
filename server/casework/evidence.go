package casework

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"mingjing"
)

// maxPixels bounds an image before it is decoded: a small file can unfold to
// gigabytes. 50 million pixels is more than any phone's camera takes, at four
// bytes each 200 MB at the most for the short time of one re-encoding.
const maxPixels = 50_000_000

// An Upload is a file as it came from a resident's device.
type Upload struct {
	// Name is what the device calls it; it is not trusted.
	Name string
	Data []byte
}

// cleanEvidence checks a file by its content, never by its name or what the
// browser says, and re-encodes images so that no metadata (place, camera, hidden
// payload) stays. PDFs are kept as they are and only ever served as attachments.
func cleanEvidence(u Upload) (mingjing.Evidence, []byte, error) {
	bad := func(code string) (mingjing.Evidence, []byte, error) {
		return mingjing.Evidence{}, nil, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: code})
	}
	if len(u.Data) == 0 {
		return bad("evidence_broken")
	}
	if len(u.Data) > mingjing.MaxEvidenceBytes {
		return bad("evidence_size")
	}
	e := mingjing.Evidence{}
	data := u.Data
	switch {
	case bytes.HasPrefix(data, []byte("%PDF-")):
		tail := data[max(0, len(data)-2048):]
		if !bytes.Contains(tail, []byte("%%EOF")) {
			return bad("evidence_broken")
		}
		e.Type, e.Name = "application/pdf", safeName(u.Name, ".pdf")
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")), bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		conf, format, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil || conf.Width <= 0 || conf.Height <= 0 {
			return bad("evidence_broken")
		}
		if conf.Width > maxPixels/conf.Height {
			return bad("evidence_size")
		}
		img, _, err := image.Decode(bytes.NewReader(data))
		if err != nil {
			return bad("evidence_broken")
		}
		var out bytes.Buffer
		if format == "jpeg" {
			e.Type, e.Name = "image/jpeg", safeName(u.Name, ".jpg")
			err = jpeg.Encode(&out, upright(img, orientation(data)), &jpeg.Options{Quality: 90})
		} else {
			e.Type, e.Name = "image/png", safeName(u.Name, ".png")
			err = png.Encode(&out, img)
		}
		if err != nil {
			return bad("evidence_broken")
		}
		data = out.Bytes()
	default:
		return bad("evidence_type")
	}
	e.ID, e.Size = newID(), int64(len(data))
	return e, data, nil
}

// safeName keeps letters and digits of any script, and gives the extension of
// the content.
func safeName(name, ext string) string {
	if !utf8.ValidString(name) {
		name = ""
	}
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	name = strings.TrimSuffix(name, path.Ext(name))
	var b strings.Builder
	for _, r := range name {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if utf8.RuneCountInString(b.String()) >= 60 {
			break
		}
	}
	clean := strings.Trim(b.String(), "-")
	if clean == "" {
		clean = "evidence"
	}
	return clean + ext
}

// orientation reads the Exif orientation of a JPEG (1 to 8; 1 when there is
// none), so that dropping the metadata does not turn the picture.
func orientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
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
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			var dx, dy int
			switch o {
			case 2:
				dx, dy = w-1-x, y
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dx, dy = x, h-1-y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			out.Set(dx, dy, img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

package inspect_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/evidence"
	"mingjing/server/evidence/inspect"
)

// corners is a w by h image with a different colour in each corner.
func corners(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, map[[2]bool]color.RGBA{
				{true, true}: {255, 0, 0, 255}, {false, true}: {0, 255, 0, 255},
				{true, false}: {0, 0, 255, 255}, {false, false}: {255, 255, 255, 255},
			}[[2]bool{x < w/2, y < h/2}])
		}
	}
	return img
}

// name of the colour in each corner: top left, top right, bottom left, bottom right.
func cornerNames(img image.Image) string {
	b := img.Bounds()
	var s []byte
	for _, p := range []image.Point{{b.Min.X + 2, b.Min.Y + 2}, {b.Max.X - 3, b.Min.Y + 2}, {b.Min.X + 2, b.Max.Y - 3},
		{b.Max.X - 3, b.Max.Y - 3}} {
		r, g, bl, _ := img.At(p.X, p.Y).RGBA()
		switch hi := [3]bool{r > 0x8000, g > 0x8000, bl > 0x8000}; hi {
		case [3]bool{true, false, false}:
			s = append(s, 'R')
		case [3]bool{false, true, false}:
			s = append(s, 'G')
		case [3]bool{false, false, true}:
			s = append(s, 'B')
		case [3]bool{true, true, true}:
			s = append(s, 'W')
		default:
			s = append(s, '?')
		}
	}
	return string(s)
}

// photo is a JPEG as a phone writes it: with an Exif orientation and the place.
func photo(t testing.TB, orientation int, order binary.AppendByteOrder) []byte {
	t.Helper()
	var plain bytes.Buffer
	must(t, jpeg.Encode(&plain, corners(64, 32), nil))
	mark := "II*\x00"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		mark = "MM\x00*"
	}
	tiff := order.AppendUint32([]byte(mark), 8)
	tiff = order.AppendUint16(tiff, 2)
	entry := func(tag, kind uint16, value uint32) {
		tiff = order.AppendUint16(order.AppendUint16(tiff, tag), kind)
		tiff = order.AppendUint32(tiff, 1)
		if kind == 3 {
			tiff = order.AppendUint16(order.AppendUint16(tiff, uint16(value)), 0)
		} else {
			tiff = order.AppendUint32(tiff, value)
		}
	}
	entry(0x0112, 3, uint32(orientation))
	entry(0x8825, 4, 38) // GPS
	tiff = append(tiff, "\x00\x00\x00\x00GPSMARK 31.2304N 121.4737E"...)
	seg := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte("\xff\xd8\xff\xe1"), byte((len(seg)+2)>>8), byte(len(seg)+2))
	out = append(out, seg...)
	return append(out, plain.Bytes()[2:]...)
}

func chunk(kind, data string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(out, kind+data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+data)))
}

func pngWith(t testing.TB, text string) []byte {
	t.Helper()
	var plain bytes.Buffer
	must(t, png.Encode(&plain, corners(64, 32)))
	head := plain.Bytes()[:33] // signature and IHDR
	out := append(bytes.Clone(head), chunk("tEXt", "Comment\x00"+text)...)
	return append(out, plain.Bytes()[33:]...)
}

var ctx = context.Background()

// pdf is a PDF of one empty page.
var pdf = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")

// inspector is one for all tests, since PDFium takes seconds to start.
var inspector = inspect.Inspector{Cache: cache()}

// cache is where servers keep it too, so that it is compiled once.
func cache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "mingjing")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func clean(t testing.TB, name string, data []byte) evidence.File {
	t.Helper()
	f, err := inspector.Check(ctx, "", evidence.Upload{Name: name, Data: data})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// given is a file of testdata: a kind of file that people really send.
func given(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	must(t, err)
	return data
}

func TestThePlaceGoesInAndDoesNotComeOutAndThePictureStandsUpright(t *testing.T) {
	upright := map[int]string{1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"}
	for o, want := range upright {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			data := photo(t, o, order)
			if !bytes.Contains(data, []byte("GPSMARK")) {
				t.Fatal("there is no place in the photo")
			}
			f := clean(t, "IMG_0001.HEIC", data)
			out := f.Data
			if bytes.Contains(out, []byte("GPSMARK")) || bytes.Contains(out, []byte("Exif")) {
				t.Errorf("orientation %d: the place is still there", o)
			}
			img, err := jpeg.Decode(bytes.NewReader(out))
			must(t, err)
			if got := cornerNames(img); got != want {
				t.Errorf("orientation %d: corners %s, want %s", o, got, want)
			}
			if wide := img.Bounds().Dx() > img.Bounds().Dy(); wide != (o < 5) {
				t.Errorf("orientation %d: %v", o, img.Bounds())
			}
			if f.Type != "image/jpeg" || f.Name != "IMG_0001.jpg" {
				t.Errorf("%s of %s", f.Name, f.Type)
			}
		}
	}
}

func TestWhatIsHiddenInAnImageDoesNotStay(t *testing.T) {
	for name, data := range map[string][]byte{
		"a comment":             pngWith(t, "PAYLOAD"),
		"something behind it":   append(pngWith(t, ""), "PK\x03\x04PAYLOAD<script>"...),
		"behind a JPEG's end":   append(photo(t, 1, binary.LittleEndian), "PAYLOAD<?php"...),
		"a comment in the JPEG": append([]byte("\xff\xd8\xff\xfe\x00\x09PAYLOAD"), photo(t, 1, binary.LittleEndian)[2:]...),
	} {
		out := clean(t, "x", data).Data
		if bytes.Contains(out, []byte("PAYLOAD")) {
			t.Errorf("%s is still there", name)
		}
	}
}

func TestTheTypeIsByContent(t *testing.T) {
	var gif = []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")
	whole := photo(t, 6, binary.LittleEndian)
	wholePNG := pngWith(t, "")
	bomb := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", "\x00\x00\xff\xff\x00\x00\xff\xff\x08\x06\x00\x00\x00")...)
	thin := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", "\x7f\xff\xff\xff\x00\x00\x00\x01\x08\x06\x00\x00\x00")...)
	for _, bad := range []struct {
		what string
		why  evidence.Refusal
		data []byte
	}{
		{"nothing", evidence.Broken, nil},
		{"a page", evidence.WrongType, []byte("<html><script>alert(1)</script>")},
		{"a drawing that can run", evidence.WrongType, []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>")},
		{"a GIF", evidence.WrongType, gif},
		{"a film", evidence.WrongType, []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")},
		{"a program", evidence.WrongType, []byte("MZ\x90\x00%PDF-1.7 %%EOF")},
		{"a program in an archive", evidence.WrongType, []byte("PK\x03\x04\x14\x00setup.exe")},
		{"a Word file", evidence.Document, []byte("PK\x03\x04\x14\x00[Content_Types].xmlword/document.xml")},
		{"an OFD file", evidence.Document, []byte("PK\x03\x04\x14\x00OFD.xml")},
		{"an old Word or WPS file", evidence.Document, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00")},
		{"half a JPEG", evidence.Broken, whole[:len(whole)/2]},
		{"half a PNG", evidence.Broken, wholePNG[:len(wholePNG)-40]},
		{"the first bytes of a JPEG", evidence.Broken, whole[:3]},
		{"a PDF without a page", evidence.NoPages, []byte("%PDF-1.7\n1 0 obj")},
		{"what is called a PDF and is a page of the web", evidence.NoPages, given(t, "html-in-pdf.pdf")},
		{"a PDF of nothing", evidence.NoPages, given(t, "bad.pdf")},
		{"a PDF that needs a password", evidence.NeedsPassword, given(t, "userpw.pdf")},
		{"an image that unfolds to gigabytes", evidence.TooManyPixels, bomb},
		{"a line of two thousand million pixels", evidence.TooManyPixels, thin},
		{"a byte too much", evidence.TooLarge, append(bytes.Clone(pdf), make([]byte, mingjing.MaxEvidenceBytes)...)},
	} {
		if _, err := inspector.Inspect(ctx, bad.data); !errors.Is(err, bad.why) {
			t.Errorf("%s: %v, want %s", bad.what, err, bad.why)
		}
	}
	for name, want := range map[string]string{"evil.exe": "evil.pdf", "a.pdf.html": "a.pdf.pdf"} {
		if f := clean(t, name, pdf); f.Name != want || f.Type != "application/pdf" {
			t.Errorf("%s became %s of %s", name, f.Name, f.Type)
		}
	}
}

func TestAPDFIsTakenAsReadersTakeIt(t *testing.T) {
	for _, name := range []string{"plain.pdf", "ownerpw.pdf", "bom.pdf", "newline.pdf", "junk200.pdf", "noeof.pdf", "trail-html.pdf",
		"trail-nul-4k.pdf"} {
		data := given(t, name)
		if f := clean(t, name, data); f.Type != "application/pdf" || !bytes.Equal(f.Data, data) {
			t.Errorf("%s is a changed %s", name, f.Type)
		}
	}
	if _, err := inspector.Inspect(ctx, append(bytes.Repeat([]byte(" "), 1024), pdf...)); !errors.Is(err, evidence.WrongType) {
		t.Errorf("a header behind the first 1,024 bytes: %v", err)
	}
}

func TestAPictureOfEveryKindIsTaken(t *testing.T) {
	for name, want := range map[string]string{
		"base.webp": "image/jpeg", "base.heic": "image/jpeg", "anim.png": "image/png",
		"samp-1x1,2x2,2x2.jpg": "image/jpeg", "samp-2x2,1x1,1x2.jpg": "image/jpeg", "samp-3x1,1x1,1x1.jpg": "image/jpeg",
		"exif6.jpg": "image/jpeg", "exif6-mm-long.jpg": "image/jpeg", "exif6.png": "image/png",
	} {
		f := clean(t, name, given(t, name))
		img, _, err := image.Decode(bytes.NewReader(f.Data))
		must(t, err)
		if f.Type != want {
			t.Errorf("%s became %s, want %s", name, f.Type, want)
		}
		if strings.HasPrefix(name, "exif6") {
			b := img.Bounds()
			if b.Dx() != 80 || b.Dy() != 120 {
				t.Errorf("%s is %v, and does not stand upright", name, b)
			}
			if left, right := hue(img, 4, 4), hue(img, b.Dx()-5, 4); left != "blue" || right != "red" {
				t.Errorf("%s: %s at the top left and %s at the top right", name, left, right)
			}
		}
	}
}

// hue is which colour is strongest at a point.
func hue(img image.Image, x, y int) string {
	r, g, b, _ := img.At(x, y).RGBA()
	switch max(r, g, b) {
	case r:
		return "red"
	case b:
		return "blue"
	default:
		return "green"
	}
}

func TestManyPixelsAreScaled(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 12000, 9000))
	for x := range 6000 {
		img.SetGray(x, 8999, color.Gray{Y: 200})
	}
	var in bytes.Buffer
	must(t, jpeg.Encode(&in, img, &jpeg.Options{Quality: 50}))
	conf, err := jpeg.DecodeConfig(bytes.NewReader(clean(t, "108-megapixels.jpg", in.Bytes()).Data))
	must(t, err)
	if pixels := conf.Width * conf.Height; pixels > 50_000_000 || pixels < 49_000_000 ||
		max(conf.Width*3-conf.Height*4, conf.Height*4-conf.Width*3) > 8 {
		t.Errorf("it is %d by %d now", conf.Width, conf.Height)
	}
}

// A JPEG of very many scans makes a decoder go through all of the picture for each.
func TestAJPEGOfManyScansIsNotDecoded(t *testing.T) {
	frame := []byte("\xff\xd8\xff\xc2\x00\x0b\x08\x13\x88\x13\x88\x01\x01\x11\x00")
	scan := append([]byte("\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00"), bytes.Repeat([]byte{0x55}, 1000)...)
	if _, err := inspector.Inspect(ctx, append(frame, bytes.Repeat(scan, 500)...)); !errors.Is(err, evidence.TooComplex) {
		t.Errorf("500 scans of 25 million pixels: %v", err)
	}
	if _, err := inspector.Inspect(ctx, append(frame, scan...)); !errors.Is(err, evidence.Broken) {
		t.Errorf("25 million pixels in a thousand bytes: %v", err)
	}
}

func TestALargePhotoIsMadeToFit(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 2900, 2900))
	x := uint32(1)
	for i := range img.Pix { // noise, which hardly packs
		x = x*1664525 + 1013904223
		img.Pix[i] = byte(x >> 24)
	}
	var in bytes.Buffer
	must(t, jpeg.Encode(&in, img, &jpeg.Options{Quality: 85}))
	if in.Len() > mingjing.MaxEvidenceBytes {
		t.Skipf("%d bytes", in.Len())
	}
	if out := clean(t, "x.jpg", in.Bytes()).Data; len(out) > mingjing.MaxEvidenceBytes {
		t.Errorf("%d bytes", len(out))
	}
}

func FuzzInspect(f *testing.F) {
	f.Add("receipt.pdf", pdf)
	f.Add("a.jpg", photo(f, 6, binary.LittleEndian))
	f.Add("b.jpg", photo(f, 8, binary.BigEndian))
	f.Add("../c.png", pngWith(f, "comment"))
	f.Add("d", []byte("\xff\xd8\xff\xe1\xff\xffExif\x00\x00II*\x00\xff\xff\xff\xff"))
	f.Add("e", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if conf, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && conf.Width*conf.Height > 1<<20 {
			t.Skip() // large ones cost the fuzzer its time
		}
		f, err := inspector.Check(ctx, "", evidence.Upload{Name: name, Data: data})
		if err != nil {
			var refused evidence.Refusal
			if !errors.As(err, &refused) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if len(f.Data) == 0 || len(f.Data) > mingjing.MaxEvidenceBytes {
			t.Fatalf("%d bytes", len(f.Data))
		}
		ext := map[string]string{"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}[f.Type]
		if ext == "" || !strings.HasSuffix(f.Name, ext) {
			t.Fatalf("%q of %q", f.Name, f.Type)
		}
		if f.Type == "application/pdf" {
			if again, err := inspector.Inspect(ctx, f.Data); err != nil || again.Stripped || !f.Stripped && !bytes.Equal(f.Data, data) {
				t.Fatalf("a PDF was changed, stripped %v: %v", f.Stripped, err)
			}
			return
		}
		again, err := inspector.Check(ctx, "", evidence.Upload{Name: f.Name, Data: f.Data})
		if err != nil || again.Type != f.Type || again.Name != f.Name {
			t.Fatalf("what is clean is not clean: %s of %s, %v", again.Name, again.Type, err)
		}
	})
}

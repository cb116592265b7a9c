package casework_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"mingjing"
	"mingjing/server/casework/cases"
)

// corners returns a w by h image with a different colour in each corner.
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

// photo returns a JPEG as a phone writes it: with an Exif orientation and the place.
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

func clean(t testing.TB, name string, data []byte) (mingjing.Evidence, []byte) {
	t.Helper()
	e, out, err := cleaned(ctx, cases.Upload{Name: name, Data: data})
	must(t, err)
	return e, out
}

// cleaned returns an upload after its check.
func cleaned(ctx context.Context, u cases.Upload) (mingjing.Evidence, []byte, error) {
	files, err := cases.CleanAll(ctx, []cases.Upload{u})
	if err != nil {
		return mingjing.Evidence{}, nil, err
	}
	return files[0].Evidence, files[0].Data, nil
}

func TestThePlaceGoesInAndDoesNotComeOutAndThePictureStandsUpright(t *testing.T) {
	upright := map[int]string{1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"}
	for o, want := range upright {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			data := photo(t, o, order)
			if !bytes.Contains(data, []byte("GPSMARK")) {
				t.Fatal("there is no place in the photo")
			}
			e, out := clean(t, "IMG_0001.HEIC", data)
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
			if e.Type != "image/jpeg" || e.Name != "IMG-0001.jpg" || e.Size != int64(len(out)) {
				t.Errorf("evidence %+v", e)
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
		_, out := clean(t, "x", data)
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
		what, code string
		data       []byte
	}{
		{"nothing", "evidence_broken", nil},
		{"a page", "evidence_type", []byte("<html><script>alert(1)</script>")},
		{"a drawing that can run", "evidence_type", []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>")},
		{"a GIF", "evidence_type", gif},
		{"a program", "evidence_type", []byte("MZ\x90\x00%PDF-1.7 %%EOF")},
		{"half a JPEG", "evidence_broken", whole[:len(whole)/2]},
		{"half a PNG", "evidence_broken", wholePNG[:len(wholePNG)-40]},
		{"the first bytes of a JPEG", "evidence_broken", whole[:3]},
		{"a PDF without its end", "evidence_broken", []byte("%PDF-1.7\n1 0 obj")},
		{"a PDF with much behind its end", "evidence_broken", append([]byte("%PDF-1.7\n%%EOF"), make([]byte, 4096)...)},
		{"an image that unfolds to gigabytes", "evidence_size", bomb},
		{"a line of two thousand million pixels", "evidence_size", thin},
		{"a byte too much", "evidence_size", append([]byte("%PDF-1.7\n%%EOF"), make([]byte, mingjing.MaxEvidenceBytes)...)},
	} {
		_, _, err := cleaned(ctx, cases.Upload{Name: "x.jpg", Data: bad.data})
		if codeOf(err) != "evidence:"+bad.code {
			t.Errorf("%s: %v, want %s", bad.what, err, bad.code)
		}
	}
	for name, want := range map[string]string{"evil.exe": "evil.pdf", "a.pdf.html": "a-pdf.pdf"} {
		if e, _ := clean(t, name, pdf.Data); e.Name != want || e.Type != "application/pdf" {
			t.Errorf("%s became %s of %s", name, e.Name, e.Type)
		}
	}
}

func TestFileNamesAreSafe(t *testing.T) {
	for name, want := range map[string]string{
		"": "evidence.pdf", ".": "evidence.pdf", "..": "evidence.pdf", "/": "evidence.pdf", ".htaccess": "evidence.pdf",
		"../../etc/passwd": "passwd.pdf", `C:\Users\me\判决书 (1).PDF`: "判决书-1.pdf",
		"a\r\nSet-Cookie: x=1.pdf": "a-Set-Cookie-x-1.pdf", "bad\xff.pdf": "evidence.pdf",
		"gpj.\u202eexe.pdf": "gpj-exe.pdf", strings.Repeat("案", 500) + ".pdf": strings.Repeat("案", 60) + ".pdf",
		"\"; rm -rf ~;\".pdf": "rm-rf.pdf", strings.Repeat("-", 100): "evidence.pdf",
	} {
		if e, _, err := cleaned(ctx, cases.Upload{Name: name, Data: pdf.Data}); err != nil || e.Name != want {
			t.Errorf("%q became %q, want %q (%v)", name, e.Name, want, err)
		}
	}
}

func TestWhoeverIsGoneDoesNotWaitForTheirImage(t *testing.T) {
	gone, leave := context.WithCancel(ctx)
	leave()
	e, data, err := cleaned(gone, cases.Upload{Data: pngWith(t, "")})
	if err == nil && (len(data) == 0 || e.ID == "") {
		t.Error("neither an image nor an error")
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
	if _, out := clean(t, "x.jpg", in.Bytes()); len(out) > mingjing.MaxEvidenceBytes {
		t.Errorf("%d bytes", len(out))
	}
}

func FuzzCleanEvidence(f *testing.F) {
	f.Add("receipt.pdf", pdf.Data)
	f.Add("a.jpg", photo(f, 6, binary.LittleEndian))
	f.Add("b.jpg", photo(f, 8, binary.BigEndian))
	f.Add("../c.png", pngWith(f, "comment"))
	f.Add("d", []byte("\xff\xd8\xff\xe1\xff\xffExif\x00\x00II*\x00\xff\xff\xff\xff"))
	f.Add("e", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if conf, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && conf.Width*conf.Height > 1<<20 {
			t.Skip() // large ones cost the fuzzer its time
		}
		e, out, err := cleaned(ctx, cases.Upload{Name: name, Data: data})
		if err != nil {
			if code := codeOf(err); code != "evidence:evidence_type" && code != "evidence:evidence_broken" && code != "evidence:evidence_size" {
				t.Fatalf("error %q", code)
			}
			return
		}
		if e.ID == "" || e.Size != int64(len(out)) || len(out) == 0 || len(out) > mingjing.MaxEvidenceBytes {
			t.Fatalf("evidence %+v of %d bytes", e, len(out))
		}
		if len(e.Name) > 255 || !utf8.ValidString(e.Name) || strings.HasPrefix(e.Name, ".") ||
			strings.IndexFunc(e.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '.' }) >= 0 {
			t.Fatalf("name %q", e.Name)
		}
		ext := map[string]string{"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}[e.Type]
		if ext == "" || strings.Count(e.Name, ".") != 1 || !strings.HasSuffix(e.Name, ext) {
			t.Fatalf("%q of %q", e.Name, e.Type)
		}
		if e.Type == "application/pdf" {
			if !bytes.Equal(out, data) {
				t.Fatal("a PDF was changed")
			}
			return
		}
		again, _, err := cleaned(ctx, cases.Upload{Name: e.Name, Data: out})
		if err != nil || again.Type != e.Type || again.Name != e.Name {
			t.Fatalf("what is clean is not clean: %+v, %v", again, err)
		}
	})
}

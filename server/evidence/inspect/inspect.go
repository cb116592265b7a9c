// Package inspect looks into a file: it finds what it is, opens it as a reader of such
// files would, and returns pictures encoded again and upright.
//
// It decodes what strangers wrote, so that it runs in a process of its own, by [Work]. Its
// decoders are Go, or WebAssembly that can reach nothing but its own memory: PDFium for
// PDFs and for JPEGs that Go cannot decode, libheif for HEIC.
package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/klippa-app/go-pdfium"

	"mingjing"
	"mingjing/server/evidence"
)

// An Inspector looks into files, one at a time. The zero value is ready; Cache is the
// directory where compiled WebAssembly is kept, "" for nowhere.
type Inspector struct {
	Cache string
	pdf   pdfium.Pdfium
}

// Inspect returns the content of a file as it may be stored, or an [evidence.Refusal].
func (i *Inspector) Inspect(ctx context.Context, data []byte) (evidence.Content, error) {
	if len(data) > mingjing.MaxEvidenceBytes {
		return evidence.Content{}, evidence.TooLarge
	}
	switch kind := kindOf(data); kind {
	case kindPDF:
		return i.pdfContent(ctx, data)
	case kindJPEG, kindPNG, kindWebP, kindHEIC:
		return i.picture(ctx, kind, data)
	case kindDocument:
		return evidence.Content{}, evidence.Document
	case kindNone:
		return evidence.Content{}, evidence.Broken
	default:
		return evidence.Content{}, evidence.WrongType
	}
}

// Check is [evidence.Checker.Check] in this process, without its limits: for tests of what
// does not depend on them.
func (i *Inspector) Check(ctx context.Context, _ string, u evidence.Upload) (evidence.File, error) {
	if err := ctx.Err(); err != nil {
		return evidence.File{}, err
	}
	c, err := i.Inspect(ctx, u.Data)
	if err != nil {
		return evidence.File{}, err
	}
	return c.File(u.Name), nil
}

// A kind is what the first bytes of a file say that it is.
type kind int

const (
	kindOther kind = iota
	kindNone       // nothing at all
	kindPDF
	kindJPEG
	kindPNG
	kindWebP
	kindHEIC
	kindDocument
)

var (
	pdfStart  = []byte("%PDF-")
	jpegStart = []byte("\xff\xd8\xff")
	pngStart  = []byte("\x89PNG\r\n\x1a\n")
	oleStart  = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") // .doc, .xls, .wps
	zipStart  = []byte("PK\x03\x04")
	rtfStart  = []byte(`{\rtf`)
)

// pdfWithin is where the header of a PDF may begin: readers search the first 1,024 bytes
// (ISO 32000-2, annex I).
const pdfWithin = 1024

// heicBrands are the brands of HEIF files whose pictures are coded by HEVC.
var heicBrands = []string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"}

// documentParts are names of parts by which a ZIP file is a document for writing: OFD,
// Word, Excel and PowerPoint, OpenDocument.
var documentParts = []string{"OFD.xml", "word/", "xl/", "ppt/", "[Content_Types].xml", "mimetypeapplication/vnd.oasis"}

// kindOf returns what a file is by its first bytes. PDF comes last of those that are taken,
// since its header may stand behind something else.
func kindOf(data []byte) kind {
	switch {
	case len(data) == 0:
		return kindNone
	case bytes.HasPrefix(data, jpegStart):
		return kindJPEG
	case bytes.HasPrefix(data, pngStart):
		return kindPNG
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return kindWebP
	case len(data) > 12 && string(data[4:8]) == "ftyp":
		if isHEIC(data) {
			return kindHEIC
		}
		return kindOther
	case bytes.HasPrefix(data, oleStart), bytes.HasPrefix(data, rtfStart):
		return kindDocument
	case bytes.HasPrefix(data, zipStart):
		for _, part := range documentParts {
			if bytes.Contains(data, []byte(part)) {
				return kindDocument
			}
		}
		return kindOther
	case bytes.HasPrefix(data, []byte("MZ")), bytes.HasPrefix(data, []byte("\x7fELF")):
		return kindOther // a program is no PDF, whatever stands in it
	case bytes.Contains(data[:min(len(data), pdfWithin)], pdfStart):
		return kindPDF
	}
	return kindOther
}

// isHEIC reports whether a HEIF file has a HEVC brand, and none of AVIF.
func isHEIC(data []byte) bool {
	size := int(binary.BigEndian.Uint32(data))
	if size < 16 || size > min(len(data), 1024) {
		return false
	}
	var brands []string
	for at := 8; at+4 <= size; at += 4 {
		if at != 12 { // the minor version
			brands = append(brands, string(data[at:at+4]))
		}
	}
	if slices.Contains(brands, "avif") || slices.Contains(brands, "avis") {
		return false
	}
	return slices.ContainsFunc(brands, func(b string) bool { return slices.Contains(heicBrands, b) })
}

// Work is the whole of the process that looks at one file: it takes limits upon itself,
// reads the file, and writes the answer. The first argument is the cache of [Inspector];
// with a second one, page=N, the answer is a picture of that page. It returns the exit code.
func Work(ctx context.Context, args []string, r io.Reader, w, complaints io.Writer) (code int) {
	i := Inspector{}
	if len(args) > 0 {
		i.Cache = args[0]
	}
	look := i.Inspect
	if len(args) > 1 {
		n, err := strconv.Atoi(strings.TrimPrefix(args[1], evidence.PageArgument))
		if err != nil {
			fmt.Fprintln(complaints, "argument:", err)
			return 1
		}
		look = func(ctx context.Context, data []byte) (evidence.Content, error) { return i.Page(ctx, data, n) }
	}
	if err := limit(); err != nil {
		fmt.Fprintln(complaints, "limits:", err)
		return 1
	}
	data, err := io.ReadAll(io.LimitReader(r, mingjing.MaxEvidenceBytes+1))
	if err != nil {
		fmt.Fprintln(complaints, "reading:", err)
		return 1
	}
	content, err := safely(ctx, look, data)
	if err := evidence.Write(w, content, err); err != nil {
		fmt.Fprintln(complaints, "inspecting:", err)
		return 1
	}
	return 0
}

// safely looks into a file; a panic of a decoder is a broken file.
func safely(ctx context.Context, look func(context.Context, []byte) (evidence.Content, error), data []byte) (c evidence.Content,
	err error) {
	defer func() {
		if recover() != nil {
			c, err = evidence.Content{}, evidence.Broken
		}
	}()
	c, err = look(ctx, data)
	if err != nil {
		c = evidence.Content{}
	}
	return c, err
}

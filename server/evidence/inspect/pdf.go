package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"mingjing"
	"mingjing/server/evidence"
)

// maxWASM is how many pages of 64 KiB PDFium may have.
const maxWASM = 512 << 20 / (64 << 10)

// startTime is how long PDFium may take to start where it was never compiled before.
const startTime = 20 * time.Second

// reader returns PDFium, Chromium's reader of PDFs. It has no files and no network.
func (i *Inspector) reader(ctx context.Context) (pdfium.Pdfium, error) {
	if i.pdf != nil {
		return i.pdf, nil
	}
	conf := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling). // PDFium is built with it
		WithMemoryLimitPages(maxWASM)
	if i.Cache != "" {
		cache, err := wazero.NewCompilationCacheWithDir(i.Cache)
		if err != nil {
			return nil, fmt.Errorf("inspect: cache: %w", err)
		}
		conf = conf.WithCompilationCache(cache)
	}
	pool, err := webassembly.Init(webassembly.Config{Context: context.WithoutCancel(ctx), MaxIdle: 1, MaxTotal: 1, RuntimeConfig: conf})
	if err != nil {
		return nil, fmt.Errorf("inspect: PDFium: %w", err)
	}
	if i.pdf, err = pool.GetInstance(startTime); err != nil {
		return nil, fmt.Errorf("inspect: PDFium: %w", err)
	}
	return i.pdf, nil
}

// Warm compiles what is kept in the cache, so that the first file need not wait for it.
func (i *Inspector) Warm(ctx context.Context) error {
	_, err := i.reader(ctx)
	return err
}

// pdfContent returns a PDF as it may be stored: as it is, or a copy without what acts.
func (i *Inspector) pdfContent(ctx context.Context, data []byte) (evidence.Content, error) {
	pages, copied, err := i.openPDF(ctx, data)
	if err != nil {
		return evidence.Content{}, err
	}
	content := evidence.Content{Type: "application/pdf", Ext: ".pdf", Data: data, Pages: pages}
	switch acts, err := disarm(copied); {
	case err != nil:
		return evidence.Content{}, evidence.Active
	case !acts && !actsRaw(data):
		return content, nil
	}
	if len(copied) > mingjing.MaxEvidenceBytes {
		return evidence.Content{}, evidence.Active
	}
	// A second copy has nothing of what nothing refers to any more, and must be harmless.
	left, again, err := i.openPDF(ctx, copied)
	if err != nil || left != pages {
		return evidence.Content{}, evidence.Active
	}
	if acts, err := disarm(again); acts || err != nil {
		return evidence.Content{}, evidence.Active
	}
	content.Data, content.Stripped = copied, true
	return content, nil
}

// actsRaw reports whether the bytes of a PDF name something that acts, where its structure
// does not: in an older version of it, which another reader may find.
func actsRaw(data []byte) bool {
	for _, name := range []string{"/JavaScript", "/Launch", "/EmbeddedFile", "/XFA"} {
		if bytes.Contains(data, []byte(name)) {
			return true
		}
	}
	return false
}

// openPDF opens a PDF and its first page, as its readers will. It returns how many pages
// there are, and a copy in which every object stands by itself and nothing is encrypted.
func (i *Inspector) openPDF(ctx context.Context, data []byte) (count int, copied []byte, err error) {
	pdf, err := i.reader(ctx)
	if err != nil {
		return 0, nil, err
	}
	doc, err := pdf.OpenDocument(&requests.OpenDocument{File: &data})
	switch {
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return 0, nil, evidence.NeedsPassword
	case err != nil:
		return 0, nil, evidence.NoPages
	}
	defer func() { _, _ = pdf.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document}) }()
	pages, err := pdf.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil || pages.PageCount < 1 {
		return 0, nil, evidence.NoPages
	}
	page, err := pdf.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: doc.Document})
	if err != nil {
		return 0, nil, evidence.NoPages
	}
	_, _ = pdf.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: page.Page})
	saved, err := pdf.FPDF_SaveAsCopy(&requests.FPDF_SaveAsCopy{Flags: requests.SaveFlagRemoveSecurity, Document: doc.Document})
	if err != nil || saved.FileBytes == nil {
		return 0, nil, evidence.Active
	}
	return pages.PageCount, *saved.FileBytes, nil
}

// decodeJPEG decodes a JPEG by PDFium, which has the decoder of Chromium: it takes every
// sampling of colours, where Go's takes the usual ones.
func (i *Inspector) decodeJPEG(ctx context.Context, data []byte) (image.Image, error) {
	pdf, err := i.reader(ctx)
	if err != nil {
		return nil, err
	}
	doc, err := pdf.FPDF_CreateNewDocument(&requests.FPDF_CreateNewDocument{})
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = pdf.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document}) }()
	object, err := pdf.FPDFPageObj_NewImageObj(&requests.FPDFPageObj_NewImageObj{Document: doc.Document})
	if err != nil {
		return nil, err
	}
	load := requests.FPDFImageObj_LoadJpegFileInline{ImageObject: object.PageObject, FileData: data}
	if _, err := pdf.FPDFImageObj_LoadJpegFileInline(&load); err != nil {
		return nil, evidence.Broken
	}
	bitmap, err := pdf.FPDFImageObj_GetBitmap(&requests.FPDFImageObj_GetBitmap{ImageObject: object.PageObject})
	if err != nil {
		return nil, evidence.Broken
	}
	defer func() { _, _ = pdf.FPDFBitmap_Destroy(&requests.FPDFBitmap_Destroy{Bitmap: bitmap.Bitmap}) }()
	width, err := pdf.FPDFBitmap_GetWidth(&requests.FPDFBitmap_GetWidth{Bitmap: bitmap.Bitmap})
	if err != nil {
		return nil, err
	}
	height, err := pdf.FPDFBitmap_GetHeight(&requests.FPDFBitmap_GetHeight{Bitmap: bitmap.Bitmap})
	if err != nil {
		return nil, err
	}
	stride, err := pdf.FPDFBitmap_GetStride(&requests.FPDFBitmap_GetStride{Bitmap: bitmap.Bitmap})
	if err != nil {
		return nil, err
	}
	format, err := pdf.FPDFBitmap_GetFormat(&requests.FPDFBitmap_GetFormat{Bitmap: bitmap.Bitmap})
	if err != nil {
		return nil, err
	}
	buffer, err := pdf.FPDFBitmap_GetBuffer(&requests.FPDFBitmap_GetBuffer{Bitmap: bitmap.Bitmap})
	if err != nil {
		return nil, err
	}
	return fromBitmap(buffer.Buffer, width.Width, height.Height, stride.Stride, format.Format)
}

// fromBitmap copies a bitmap of PDFium into an image.
func fromBitmap(pixels []byte, width, height, stride int, format enums.FPDF_BITMAP_FORMAT) (image.Image, error) {
	size := map[enums.FPDF_BITMAP_FORMAT]int{enums.FPDF_BITMAP_FORMAT_GRAY: 1, enums.FPDF_BITMAP_FORMAT_BGR: 3,
		enums.FPDF_BITMAP_FORMAT_BGRX: 4, enums.FPDF_BITMAP_FORMAT_BGRA: 4}[format]
	if size == 0 || width <= 0 || height <= 0 || stride < width*size || len(pixels) < stride*height {
		return nil, evidence.Broken
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		row, to := pixels[y*stride:], out.Pix[y*out.Stride:]
		for x := range width {
			from := row[x*size:]
			blue, green, red := from[0], from[0], from[0]
			if size > 1 {
				green, red = from[1], from[2]
			}
			to[4*x], to[4*x+1], to[4*x+2], to[4*x+3] = red, green, blue, 0xff
		}
	}
	return out, nil
}

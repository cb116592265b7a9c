package inspect

import (
	"bytes"
	"context"
	"image"

	"github.com/klippa-app/go-pdfium/requests"

	"mingjing/server/evidence"
)

const (
	// pageWidth and pageHeight bound the picture of a page: about 150 dots an inch of A4.
	pageWidth, pageHeight = 1240, 1754
	// shownPixels bounds the picture of a picture.
	shownPixels = 4_000_000
)

// Page returns a page of a file as a JPEG, as a reader shows it; the first is 1. A picture
// has one page. The error is [evidence.NoPages] for a page that is not there.
func (i *Inspector) Page(ctx context.Context, data []byte, n int) (evidence.Content, error) {
	var img image.Image
	switch k := kindOf(data); {
	case n < 1, k != kindPDF && n > 1:
		return evidence.Content{}, evidence.NoPages
	case k == kindPDF:
		pdf, err := i.reader(ctx)
		if err != nil {
			return evidence.Content{}, err
		}
		doc, err := pdf.OpenDocument(&requests.OpenDocument{File: &data})
		if err != nil {
			return evidence.Content{}, evidence.NoPages
		}
		defer func() { _, _ = pdf.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document}) }()
		drawn, err := pdf.RenderPageInPixels(&requests.RenderPageInPixels{Width: pageWidth, Height: pageHeight,
			Page: requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: n - 1}}})
		if err != nil {
			return evidence.Content{}, evidence.NoPages
		}
		defer drawn.Cleanup()
		img = drawn.Result.RenderedImage
	default:
		h, err := headOf(k, data)
		if err != nil || h.width > maxDecoded/h.height || h.memory > maxUnfolded {
			return evidence.Content{}, evidence.Broken
		}
		if img, err = i.decode(ctx, k, data); err != nil {
			return evidence.Content{}, err
		}
		img = fit(img, shownPixels)
	}
	out, err := encodeJPEG(onWhite(img))
	return evidence.Content{Type: "image/jpeg", Ext: ".jpg", Data: bytes.Clone(out)}, err
}

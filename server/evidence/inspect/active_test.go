package inspect_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
)

// pdfOf writes a PDF of numbered objects: in an object stream where packed, and otherwise
// as they stand. The first is the catalogue.
func pdfOf(t testing.TB, packed bool, objects ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	if !packed {
		for i, o := range objects {
			fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
		}
		out.WriteString("trailer<</Root 1 0 R>>\n%%EOF\n")
		return out.Bytes()
	}
	var head, body bytes.Buffer
	for i, o := range objects {
		fmt.Fprintf(&head, "%d %d ", i+1, body.Len())
		body.WriteString(o + " ")
	}
	var stream bytes.Buffer
	z := zlib.NewWriter(&stream)
	_, err := z.Write(append(bytes.Clone(head.Bytes()), body.Bytes()...))
	must(t, err)
	must(t, z.Close())
	n := len(objects)
	at := out.Len()
	fmt.Fprintf(&out, "%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n",
		n+1, n, head.Len(), stream.Len(), stream.Bytes())
	xref := out.Len()
	rows := []byte{0, 0, 0, 0xff}
	for i := range n {
		rows = append(rows, 2, 0, byte(n+1), byte(i))
	}
	rows = append(rows, 1, byte(at>>8), byte(at), 0, 1, byte(xref>>8), byte(xref), 0)
	fmt.Fprintf(&out,
		"%d 0 obj\n<</Type/XRef/Size %d/W[1 2 1]/Root 1 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		n+2, n+3, len(rows), rows, xref)
	return out.Bytes()
}

// Each of these does something but show its page. Written plainly or packed, and however the
// names are written, it is taken, shows its page and does nothing.
func TestAPDFDoesNothingButShowItsPages(t *testing.T) {
	file := "<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>"
	for name, acts := range map[string][]string{
		"a program at the opening": {"/OpenAction 4 0 R", "", "<</S/JavaScript/JS(app.alert\\(1\\))>>"},
		"a program in disguise":    {"/OpenAction 4 0 R", "", "<</S/J#61va#53cript/JS(app.alert\\(1\\))>>"},
		"a program by name":        {"/Names<</JavaScript<</Names[(x)4 0 R]>>>>", "", "<</S/JavaScript/JS(1)>>"},
		"another program":          {"", "/AA<</O 4 0 R>>", "<</S/Launch/F(cmd.exe)>>"},
		"a button that sends": {"", "/Annots[" +
			"<</Type/Annot/Subtype/Widget/Rect[0 0 9 9]/A 4 0 R>>]",
			"<</S/SubmitForm/F(http://example.test/)>>"},
		"a file in it":         {"/Names<</EmbeddedFiles<</Names[(a.exe)4 0 R]>>>>", "", file},
		"a file on a page":     {"", "/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 4 0 R>>]", file},
		"a film":               {"", "/Annots[<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]/RichMediaContent 4 0 R>>]", "<</Assets 4 0 R>>"},
		"a form that programs": {"/AcroForm<</XFA 4 0 R/Fields[]>>", "", "<</Type/X>>"},
	} {
		for _, packed := range []bool{false, true} {
			in := pdfOf(t, packed, "<</Type/Catalog/Pages 2 0 R"+acts[0]+">>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
				"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]"+acts[1]+">>", acts[2], "<</S/URI/URI(https://example.test/)>>")
			if strings.Contains(acts[2], "EF") {
				in = withFile(t, in, acts)
			}
			out, err := inspector.Inspect(ctx, in)
			if err != nil || !out.Stripped || out.Pages != 1 {
				t.Errorf("%s, packed %v: %d pages, stripped %v: %v", name, packed, out.Pages, out.Stripped, err)
				continue
			}
			for _, word := range []string{"/JavaScript", "/Launch", "/SubmitForm", "/EmbeddedFile", "/FileAttachment", "/EF", "/RichMedia/", "/XFA",
				"5041594C4F4144"} {
				if bytes.Contains(out.Data, []byte(word)) {
					t.Errorf("%s, packed %v: %s is still there:\n%s", name, packed, word, out.Data)
				}
			}
			if again, err := inspector.Inspect(ctx, out.Data); err != nil || again.Stripped {
				t.Errorf("%s, packed %v: what was removed is found again: %v", name, packed, err)
			}
		}
	}
}

// withFile writes the same with a file in a stream of its own, which can't be packed.
func withFile(t testing.TB, in []byte, acts []string) []byte {
	t.Helper()
	return pdfOf(t, false, "<</Type/Catalog/Pages 2 0 R"+acts[0]+">>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]"+acts[1]+">>", acts[2], "null",
		"<</Filter/ASCIIHexDecode/Length 15>>stream\n5041594C4F4144>\nendstream")
}

func TestAPDFWithoutProgramsIsNotChanged(t *testing.T) {
	in := pdfOf(t, true, "<</Type/Catalog/Pages 2 0 R/OpenAction[3 0 R/Fit]>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Annots"+
			"[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.test/)>>>>]>>")
	if out, err := inspector.Inspect(ctx, in); err != nil || out.Stripped || !bytes.Equal(out.Data, in) {
		t.Errorf("stripped %v: %v", out.Stripped, err)
	}
}

// What an older version of a PDF did, another reader might find.
func TestAnOlderVersionOfAPDFIsNotKept(t *testing.T) {
	old := pdfOf(t, false, "<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>", "<</S/JavaScript/JS(1)>>")
	in := append(old, "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"...)
	out, err := inspector.Inspect(ctx, in)
	if err != nil || !out.Stripped || bytes.Contains(out.Data, []byte("/JavaScript")) {
		t.Errorf("stripped %v: %v\n%s", out.Stripped, err, out.Data)
	}
}

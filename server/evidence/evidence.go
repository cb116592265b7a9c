// Package evidence takes the files that people send, and returns them as they may be
// stored.
//
// A file is judged by its content, never by its name or by what the browser says of it.
// Pictures are decoded and encoded again, upright, so that no metadata (place, camera) and
// nothing hidden stays; PDFs are kept as they are when they can be opened and do nothing but
// show pages, otherwise without what they do, and are only ever served as attachments.
//
// What decodes a file may be made to work very long or to take very much memory by who
// wrote the file. A [Checker] therefore gives each file to a process of its own, which has
// a limit of memory, of processor time and of time, and which is killed at once when the
// sender has gone (package inspect has what runs there).
package evidence

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// An Upload is a file as it came from somebody's device.
type Upload struct {
	// Name is what the device calls it; it is not trusted.
	Name string
	// Type is set by the server alone, with the fields after Data, for what is a [File] that was
	// checked and stored before: it need not be checked again.
	Type     string
	Data     []byte
	Pages    int
	Stripped bool
	Scanned  bool
}

// A File is an upload that may be stored.
type File struct {
	// Name has the extension of the content.
	Name string
	// Type is the media type of the content: application/pdf, image/jpeg or image/png.
	Type string
	Data []byte
	// Pages is how many pages a PDF has; 0 for a picture.
	Pages int
	// Stripped says that programs and attached files were removed from a PDF.
	Stripped bool
	// Scanned says that a scanner has looked for malware in it.
	Scanned bool
}

// A Content is what a file turned out to be. Ext is the extension of its type, with
// the dot.
type Content struct {
	Type, Ext string
	Data      []byte
	// Pages and Stripped are as in [File].
	Pages    int
	Stripped bool
}

// File returns a content as a file that a device calls by a name.
func (c Content) File(name string) File {
	return File{Name: SafeName(name, c.Ext), Type: c.Type, Data: c.Data, Pages: c.Pages, Stripped: c.Stripped}
}

// A Refusal is the error of a file that is not taken. It has a sentence under the i18n key
// "error.<refusal>" that says what to do.
type Refusal string

// Why a file is not taken.
const (
	// TooLarge is a file of more than [mingjing.MaxEvidenceBytes] bytes.
	TooLarge Refusal = "evidence_size"
	// WrongType is a file of another type.
	WrongType Refusal = "evidence_type"
	// Broken is a file that cannot be opened.
	Broken Refusal = "evidence_broken"
	// NeedsPassword is a PDF that opens only with a password.
	NeedsPassword Refusal = "evidence_password"
	// NoPages is a PDF in which there is no page.
	NoPages Refusal = "evidence_no_pages"
	// TooManyPixels is a picture that would take too much memory to open.
	TooManyPixels Refusal = "evidence_pixels"
	// TooComplex is a file that took too much time or memory, or that is built in a way
	// in which nobody builds files for people.
	TooComplex Refusal = "evidence_complex"
	// Document is a file of a program for writing, such as Word, WPS or OFD: it has to be
	// saved as PDF.
	Document Refusal = "evidence_document"
	// Active is a PDF with programs or attached files that can't be removed.
	Active Refusal = "evidence_active"
	// Infected is a file in which the scanner has found malware.
	Infected Refusal = "evidence_infected"
)

func (r Refusal) Error() string { return string(r) }

// refusals are all of them, as they may come from the process that looked.
var refusals = []Refusal{TooLarge, WrongType, Broken, NeedsPassword, NoPages, TooManyPixels, TooComplex, Document, Active, Infected}

// maxName bounds a file's name without its extension, in characters; in bytes it stays
// below the 255 that file systems take.
const maxName = 60

// kept are the characters between letters and digits that stay in a name.
const kept = " -_.,()+&'"

// SafeName returns the name of a file as it may be shown and be given to another device:
// in NFC, with the letters, marks, digits and punctuation of any script, without anything
// that has a meaning for a file system or turns the direction of the text, and with the
// extension ext.
func SafeName(name, ext string) string {
	if !utf8.ValidString(name) {
		name = ""
	}
	name = path.Base(strings.ReplaceAll(norm.NFC.String(name), "\\", "/"))
	name = strings.TrimSuffix(name, path.Ext(name))
	var clean []rune
	for _, r := range name {
		switch {
		case len(clean) == maxName:
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r) && len(clean) > 0, strings.ContainsRune(kept, r),
			unicode.IsPunct(r) && r > unicode.MaxASCII:
			clean = append(clean, r)
		case (r == zeroWidthJoiner || r == zeroWidthNonJoiner) && len(clean) > 0 && clean[len(clean)-1] > unicode.MaxASCII:
			clean = append(clean, r) // they change how letters of some scripts are drawn
		case len(clean) > 0 && clean[len(clean)-1] != '-':
			clean = append(clean, '-')
		}
	}
	if safe := strings.Trim(strings.Join(strings.Fields(string(clean)), " "), "-. "); safe != "" {
		return safe + ext
	}
	return "evidence" + ext
}

// maxShown bounds the name of a file in a sentence, in characters.
const maxShown = 80

// ShownName returns the name of a file as a sentence about it says it: as the device calls
// it, but no longer than a line.
func ShownName(name string) string {
	long := []rune(strings.ToValidUTF8(name, "\ufffd"))
	if len(long) > maxShown {
		return string(long[:maxShown-1]) + "…"
	}
	return string(long)
}

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

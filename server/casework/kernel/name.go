package kernel

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// TypedText returns what somebody typed as it is stored: forms send the line ends of HTTP,
// and space around a text says nothing.
func TypedText(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }

// TypedLine returns what somebody typed into one line as it is stored: without line breaks,
// and with one space where there is any.
func TypedLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// SameName reports whether two names are those of one person, however they are written:
// composed or decomposed, in full or half width, with any kind of middle dot, hyphen or
// space between their parts or none, with invisible characters, in capitals or not.
// It does not know that two different characters are variants of one another.
func SameName(x, y string) bool { return x == y || nameForm(x) == nameForm(y) }

// separators stand between the parts of a name. Systems write one for another, and leave
// them out.
const separators = "·•‧∙⋅・․‐‑‒–—―−-.'’ʼ`´᛫⸱⸳⸰ꞏ●◦。𐄁"

// nameForm returns the one form in which names are compared.
func nameForm(name string) string {
	// Letters are compared without their case before they are composed, since a capital
	// may be composed where its small letter is not.
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(separators, r), unicode.IsSpace(r), isInvisible(r):
			return -1
		}
		return foldCase(r)
	}, norm.NFKC.String(name)))
}

// foldCase returns the least of the letters that are the same but for their case.
func foldCase(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// isInvisible reports whether a character is not seen: a control or format character, a
// variation selector, or a filler.
func isInvisible(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0', '\ufffc':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector)
}

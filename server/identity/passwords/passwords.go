// Package passwords says whether a new password is good enough, and in which one form
// passwords are compared. It asks nobody: the list of breached passwords is part of it.
//
// The list has the 49,000 passwords that are seen most often in breaches; LICENSE.txt
// says where it is from. NIST SP 800-63B-4 asks for such a list and for words of the
// context, and for no rules about which characters there must be.
package passwords

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// Min is the least length of a password, in characters.
	Min = 10
	// Max is the greatest length of a password, in characters.
	Max = 128
	// MaxBytes is the greatest length of a password in bytes.
	MaxBytes = Max * utf8.UTFMax
)

const (
	// idRun is how many characters of an ID number in a row may not be in a password:
	// enough for the region, the day of birth and the end of the number.
	idRun = 6
	// minRest is how many characters a password must have besides words that everybody
	// would guess.
	minRest = 8
	// minDifferent is how many different characters a password must have.
	minDifferent = 4
)

// Normal returns a password in the form in which it is checked and hashed: NFC, so that
// it is the same on every keyboard and system.
func Normal(text string) string { return norm.NFC.String(text) }

// A Person is whose password it is to be. Fields that are not known are empty.
type Person struct {
	// IDNumber is a resident's ID number.
	IDNumber string
	// Login is what somebody logs in with in its place: a staff number.
	Login string
	// Names are the person's names.
	Names []string
	// Context are words that anybody would think of here: the product's name, the
	// city's.
	Context []string
}

// Problem returns the code of what is wrong with a new password, or "" when it is good:
// required, password_short, too_long, password_personal when it is made of what is known
// about the person, or password_weak when it is easy to guess or was breached elsewhere.
func Problem(text string, p Person) string {
	text = Normal(text)
	switch n := utf8.RuneCountInString(text); {
	case text == "":
		return "required"
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "password_weak"
	case n < Min:
		return "password_short"
	case n > Max:
		return "too_long"
	}
	different := map[rune]bool{}
	for _, r := range text {
		different[r] = true
	}
	if len(different) < minDifferent {
		return "password_weak"
	}
	plain := fold(text)
	if id := fold(p.IDNumber); id != "" && sharesRun(plain, id, idRun) {
		return "password_personal"
	}
	if login := fold(p.Login); login != "" && strings.Contains(plain, login) && tooLittleBeside(plain, login) {
		return "password_personal"
	}
	if tooLittleBeside(plain, p.Names...) {
		return "password_personal"
	}
	if tooLittleBeside(plain, p.Context...) || isBreached(text) {
		return "password_weak"
	}
	return ""
}

// fold returns the form in which a password is compared with words: without case, width,
// spaces and punctuation.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(text))
}

// sharesRun reports whether so many characters in a row of a text are in another.
func sharesRun(a, b string, run int) bool {
	rs := []rune(b)
	for at := 0; at+run <= len(rs); at++ {
		if strings.Contains(a, string(rs[at:at+run])) {
			return true
		}
	}
	return false
}

// tooLittleBeside reports whether one of the words is in a folded password, and little
// besides all of them.
func tooLittleBeside(plain string, words ...string) bool {
	rest := plain
	for _, w := range words {
		for _, part := range append(strings.Fields(w), w) {
			if part = fold(part); isWord(part) {
				rest = strings.ReplaceAll(rest, part, "")
			}
		}
	}
	return rest != plain && utf8.RuneCountInString(rest) < minRest
}

// isWord reports whether a text is long enough to be looked for: two characters of a
// script like Chinese, three letters of another.
func isWord(text string) bool {
	n := utf8.RuneCountInString(text)
	return n >= 3 || n == 2 && strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

//go:embed breached.txt.gz
var packed []byte

// breached returns the list, one password a line, sorted.
var breached = sync.OnceValue(func() []string {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("passwords: the list of breached passwords: %v", err)) // it is embedded
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(fmt.Sprintf("passwords: the list of breached passwords: %v", err))
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
})

// isBreached reports whether a password is in the list: as it is, or without the digits
// and signs before and after it, which is how a short one is made long enough.
func isBreached(text string) bool {
	text = strings.ToLower(norm.NFKC.String(text))
	inner := strings.TrimFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, t := range []string{text, fold(text), inner, fold(inner)} {
		if _, found := slices.BinarySearch(breached(), t); found {
			return true
		}
	}
	return false
}

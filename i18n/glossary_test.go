//go:build !js

package i18n

import (
	"strings"
	"testing"
	"unicode"

	"mingjing"
)

func TestTheGlossaryHasTheSameWordsInEveryLanguageAndNoSentenceSaysOtherwise(t *testing.T) {
	codes := map[string]int{}
	for _, lang := range mingjing.Languages {
		for _, x := range Glossary(lang) {
			codes[x.Code]++
			if !Has("term."+x.Code) || strings.TrimSpace(x.Means) == "" {
				t.Errorf("%s: %s is not explained", lang, x.Code)
			}
			for key, s := range sentences()[lang] {
				for _, word := range x.Never {
					if hasWord(s, word) {
						t.Errorf("%s: %s says %q, and the word is %q", lang, key, word, T(lang, "term."+x.Code))
					}
				}
			}
		}
	}
	for code, n := range codes {
		if n != len(mingjing.Languages) {
			t.Errorf("%s is in the glossary of %d languages", code, n)
		}
	}
	if len(codes) < 20 {
		t.Errorf("%d words", len(codes))
	}
}

// hasWord reports whether a text has a word, whole where the language has spaces.
func hasWord(text, word string) bool {
	text, word = strings.ToLower(text), strings.ToLower(word)
	for rest := text; ; {
		before, after, found := strings.Cut(rest, word)
		if !found {
			return false
		}
		first, last := []rune(word)[0], []rune(word)[len([]rune(word))-1]
		edge := func(a, b rune) bool {
			return !(a < unicode.MaxASCII && b < unicode.MaxASCII && unicode.IsLetter(a) && unicode.IsLetter(b))
		}
		b, a := []rune(before), []rune(after)
		if (len(b) == 0 || edge(b[len(b)-1], first)) && (len(a) == 0 || edge(last, a[0])) {
			return true
		}
		rest = after
	}
}

package rulebooks

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"mingjing"
)

// NamesNeverUsed returns what a text names that is never used, a code of the register's
// never_used or refused_measures, and by which word; both are "" when it names nothing.
//
// Words are found however they are written: in simplified or traditional characters, in
// pinyin with or without tones or in Wade-Giles, with letters of another alphabet or digits
// that look alike, with accents, in any width and case, with invisible characters in them,
// or split by spaces and signs.
func NamesNeverUsed(text string) (code, word string) {
	t, list := fold(text), neverList()
	first := len(list.words)
	for _, n := range list.han {
		if n < first && strings.Contains(t.han, list.words[n].word) {
			first = n
		}
	}
	for _, tokens := range [][]string{t.plain, t.looks} {
		for i := range tokens {
			for _, n := range list.latin[tokens[i][0]] {
				if n < first && list.words[n].begins(tokens[i:]) {
					first = n
				}
			}
		}
	}
	if first == len(list.words) {
		return "", ""
	}
	return list.words[first].code, list.words[first].word
}

// A neverWord is a word of what is never used.
type neverWord struct {
	code, word string
	// joined is a word in Latin letters without its spaces, and pieces of how many it is.
	joined string
	pieces int
	// stem says that the word may have any end.
	stem bool
}

// A neverIndex has all words in the order of the register, so that a text which names
// several things has one answer: the numbers of the Chinese ones, and of those in Latin
// letters by their first letter.
type neverIndex struct {
	words []neverWord
	han   []int
	latin map[byte][]int
}

var neverList = sync.OnceValue(func() neverIndex {
	list := neverIndex{latin: map[byte][]int{}}
	r := mingjing.PublishedRegister()
	for _, n := range slices.Concat(r.RefusedMeasures, r.NeverUsed) {
		for _, word := range neverWords[n.Code] {
			w := neverWord{code: n.Code, word: word}
			if word[0] >= 0x80 {
				list.han = append(list.han, len(list.words))
			} else {
				var stem string
				stem, w.stem = strings.CutSuffix(word, "*")
				w.joined, w.pieces = strings.ReplaceAll(stem, " ", ""), strings.Count(stem, " ")+1
				list.latin[word[0]] = append(list.latin[word[0]], len(list.words))
			}
			list.words = append(list.words, w)
		}
	}
	return list
})

// A foldedText is a text in the forms in which words are sought.
type foldedText struct {
	// han are its Chinese characters alone, simplified.
	han string
	// plain are its words in Latin letters, without digits; looks has digits and signs read
	// as the letters that they look like.
	plain, looks []string
}

// fold folds a text.
func fold(text string) foldedText {
	var t foldedText
	var han, word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			t.plain = append(t.plain, word.String())
			word.Reset()
		}
	}
	var before rune
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r), unicode.Is(unicode.Cf, r), r == '\u3164', r == '\u115f', r == '\u1160':
			continue // accents, enclosures, and what is invisible
		case unicode.Is(unicode.Han, r):
			flush()
			if s, ok := simplified[r]; ok {
				r = s
			}
			han.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(lookSigns, r) && unicode.IsLetter(before):
			if unicode.IsUpper(r) && unicode.IsLower(before) { // partyMembership
				flush()
			}
			l := unicode.ToLower(r)
			if s, ok := looksLike[l]; ok {
				l = s
			}
			word.WriteRune(l)
		default:
			flush()
		}
		before = r
	}
	flush()
	t.han = han.String()
	for _, w := range t.plain {
		t.looks = append(t.looks, digitsAsLetters.Replace(w))
	}
	for i, w := range t.plain { // dang3yuan2
		t.plain[i] = strings.Map(dropDigit, w)
	}
	t.plain = slices.DeleteFunc(t.plain, func(w string) bool { return w == "" })
	return t
}

// lookSigns are signs that stand for letters within a word.
const lookSigns = "@$€!|"

var digitsAsLetters = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s",
	"€", "e", "!",
	"i", "|", "l")

func dropDigit(r rune) rune {
	if unicode.IsDigit(r) || strings.ContainsRune(lookSigns, r) {
		return -1
	}
	return r
}

// longestSplit is of how many pieces a word may be put together.
const longestSplit = 16

// begins reports whether a text in words begins with the word: in as many pieces as the word
// has or fewer, or in more that look like one word that was split.
func (w neverWord) begins(tokens []string) bool {
	sum := ""
	for n := 0; n < longestSplit && n < len(tokens) && len(sum) < len(w.joined); n++ {
		sum += tokens[n]
		if len(sum) < len(w.joined) {
			if !strings.HasPrefix(w.joined, sum) {
				return false
			}
			continue
		}
		// Whole words side by side are no word that was split: "gene rally" is two.
		if n+1 > w.pieces && !split(tokens[:n+1]) {
			return false
		}
		return sum == w.joined || w.stem && strings.HasPrefix(sum, w.joined)
	}
	return false
}

// split reports whether pieces look like one word in pieces and not like words: one of them
// is of a letter or two, or is no word with a vowel.
func split(pieces []string) bool {
	for _, p := range pieces {
		if len(p) <= 3 || !strings.ContainsAny(p, "aeiouy") {
			return true
		}
	}
	return false
}

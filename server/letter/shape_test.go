package letter

import (
	"bytes"
	"strings"
	"testing"

	"mingjing"
)

// names are words in the scripts of the country's languages.
var names = map[string]string{"Tibetan": "བསོད་ནམས་རྒྱ་མཚོ", "Uyghur": "ئابدۇرېھىم ئۆتكۈر", "Kazakh": "مۇحتار اۋەزوۆ",
	"Mongolian": "ᠮᠣᠩᠭᠤᠯ", "Manchu": "ᠮᠠᠨᠵᡠ", "Korean": "김철수", "Yi": "ꆈꌠꉙ", "Lisu": "ꓡꓲ-ꓢꓴ", "Dai": "ᦅᦷᦟᦲ", "Dai of Dehong": "ᥖᥭᥰ",
	"Zhuang": "Vahcuengh", "Cyrillic": "Жолбарыс", "Latin with a mark": "q̃uae M̄i", "composed": "Nguye\u0302\u0303n"}

func TestNamesInTheScriptsOfTheCountryAreInLetters(t *testing.T) {
	if err := fontsErr(); err != nil {
		t.Fatal(err)
	}
	for what, name := range names {
		if said := visible(name); strings.Contains(said, "[U+") {
			t.Errorf("%s: %q is printed as %q", what, name, said)
		}
		pdf, err := PDF(mingjing.Letter{Title: "王小明 " + name,
			Blocks: []mingjing.Block{{Kind: mingjing.BlockStrong, Text: name + "，你好"}}}, "zh-CN")
		if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if said := visible("\u1200"); said != "[U+1200]" {
		t.Errorf("a sign that no font has is %q", said)
	}
}

func TestScriptsAreJoinedStackedAndReadFromTheirSide(t *testing.T) {
	if err := fontsErr(); err != nil {
		t.Fatal(err)
	}
	alone := func(f *face, text string) (ids []any) {
		for _, r := range text {
			for _, g := range f.shapeText([]rune{r}).glyphs {
				ids = append(ids, g.id)
			}
		}
		return ids
	}
	of := func(name string) *face {
		for _, f := range shaped {
			if f.name == name {
				return f
			}
		}
		t.Fatal(name)
		return nil
	}
	arabic := of("arabic")
	joined, single := arabic.shapeText([]rune("سس")).glyphs, alone(arabic, "س")
	if len(joined) != 2 || joined[0].id == single[0] || joined[1].id == single[0] || joined[0].id == joined[1].id {
		t.Errorf("two letters of Uyghur are %v, alone %v", joined, single)
	}
	if both := arabic.shapeText([]rune("اب")).glyphs; len(both) < 2 || both[len(both)-1].id != alone(arabic, "ا")[0] {
		t.Errorf("the first letter is not on the right: %v", both)
	}
	tibetan := of("tibetan")
	if stack := tibetan.shapeText([]rune("རྒྱ")); len(stack.glyphs) >= 3 || stack.width > 1200 {
		t.Errorf("three letters of Tibetan are not one stack: %+v", stack)
	}
	// The order of words is kept, since the space between them is in the same run.
	if set := runs(visible(names["Uyghur"]+" 王"), 10); len(set) != 3 || set[0].face != arabic {
		t.Errorf("two words are %d runs", len(set))
	}
	if set := runs(visible("M̄i"), 10); set[0].face != of("marks") || set[0].text != "M̄" {
		t.Errorf("a mark is apart from its letter: %+v", set)
	}
}

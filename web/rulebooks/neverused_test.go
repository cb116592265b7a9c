package rulebooks_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/web/rulebooks"
)

// corpus returns the lines of a file of test data.
func corpus(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func TestEveryForbiddenLineOfTheCorpusIsRefused(t *testing.T) {
	lines, named := corpus(t, "forbidden.tsv"), map[string]int{}
	for _, line := range lines {
		want, text, _ := strings.Cut(line, "\t")
		named[want]++
		if got, _ := rulebooks.NamesNeverUsed(text); got == "" {
			t.Errorf("%q passes, and is about %s", text, want)
		}
	}
	if len(lines) < 400 {
		t.Errorf("the corpus has only %d lines", len(lines))
	}
	r := mingjing.PublishedRegister()
	for _, n := range slices.Concat(r.NeverUsed, r.RefusedMeasures) {
		if named[n.Code] == 0 {
			t.Errorf("no line of the corpus is about %s", n.Code)
		}
	}
}

func TestNoHonestLineIsRefused(t *testing.T) {
	lines := corpus(t, "honest.txt")
	if len(lines) < 200 {
		t.Errorf("the corpus has only %d lines", len(lines))
	}
	r := mingjing.PublishedRegister()
	add := func(text mingjing.Text) {
		for _, lang := range mingjing.Languages {
			lines = append(lines, text[lang])
		}
	}
	for _, list := range [][]mingjing.RegisterCode{r.Areas, r.Subjects, r.Tiers, r.Documents, r.Agencies, r.MeasureKinds, r.Benefits, r.Laws} {
		for _, c := range list {
			add(c.Name)
		}
	}
	for _, i := range r.Items {
		add(i.Name)
		add(i.Exit)
	}
	for _, m := range r.Measures {
		add(m.Name)
	}
	for _, text := range lines {
		if code, word := rulebooks.NamesNeverUsed(text); code != "" {
			t.Errorf("%q is refused as %s because of %q", text, code, word)
		}
	}
}

// A word of the register cannot be hidden by how it is written.
func TestEachWordIsFoundAsItStands(t *testing.T) {
	for code, words := range rulebooks.NeverWords {
		han := false
		for _, word := range words {
			if got, _ := rulebooks.NamesNeverUsed(strings.TrimSuffix(word, "*")); got == "" {
				t.Errorf("%s is not found by its own word %q", code, word)
			}
			han = han || word[0] >= 0x80
		}
		if !han || len(words) < 5 {
			t.Errorf("%s has too few words: %q", code, words)
		}
	}
	r := mingjing.PublishedRegister()
	for _, n := range slices.Concat(r.NeverUsed, r.RefusedMeasures) {
		if rulebooks.NeverWords[n.Code] == nil {
			t.Errorf("%s of the register has no words", n.Code)
		}
	}
	if n := len(r.NeverUsed) + len(r.RefusedMeasures); len(rulebooks.NeverWords) != n {
		t.Errorf("there are words for %d things, the register has %d", len(rulebooks.NeverWords), n)
	}
}

// Each forbidden line is refused as the description of a rulebook and as what one of its
// items is called, and each honest one is taken as a description.
func TestTheCorpusIsRefusedAndTakenWhereARulebookIsRead(t *testing.T) {
	parse := func(change func(b map[string]any)) error {
		var b map[string]any
		if err := json.Unmarshal(smallestRulebook(t), &b); err != nil {
			t.Fatal(err)
		}
		change(b)
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		_, err = rulebooks.Parse(data)
		return err
	}
	for i, line := range corpus(t, "forbidden.tsv") {
		if i%10 != 0 { // every tenth, to save time: the test above takes all
			continue
		}
		_, text, _ := strings.Cut(line, "\t")
		if parse(func(b map[string]any) { at(b, "about")["en"] = text }) == nil {
			t.Errorf("%q is a description that loads", text)
		}
		if parse(func(b map[string]any) { at(b, "catalogue", 0)["name"] = mingjing.Text{"zh-CN": text, "en": text} }) == nil {
			t.Errorf("%q is the name of an item that loads", text)
		}
	}
	for i, text := range corpus(t, "honest.txt") {
		if i%10 == 0 {
			if err := parse(func(b map[string]any) { at(b, "about")["en"] = text }); err != nil {
				t.Errorf("%q does not load: %v", text, err)
			}
		}
	}
}

package resident

import (
	"context"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"
	"mingjing/web/rulebooks"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// library answers with every published rulebook, and with one's own data as city does.
func library(t *testing.T, in mingjing.Input, asked *[]string) func(context.Context, string) ([]byte, error) {
	t.Helper()
	set, err := rulebooks.Open("")
	if err != nil {
		t.Fatal(err)
	}
	own := city(t, in, nil)
	return func(ctx context.Context, path string) ([]byte, error) {
		*asked = append(*asked, path)
		for _, f := range set.Files {
			if path == "/web/rulebooks/"+f.Hash+".json" {
				return f.Data, nil
			}
		}
		return own(ctx, path)
	}
}

func versions(t *testing.T) (all []mingjing.RulebookVersion) {
	t.Helper()
	set, err := rulebooks.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range set.Rulebooks {
		if b.Of == mingjing.OfResidents {
			all = append(all, b.VersionOf())
		}
	}
	return all
}

func TestRulebooksAreComparedOnThePhoneAndNothingIsSent(t *testing.T) {
	in := pagetest.SampleInput(pagetest.Book(t, "rongcheng"))
	var asked []string
	made, err := compareAll(t.Context(), library(t, in, &asked), versions(t), in.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range asked {
		if !strings.HasPrefix(path, "/web/rulebooks/") && !strings.HasPrefix(path, "/api/records") && path != "/api/listings" {
			t.Errorf("it asks for %s", path)
		}
	}
	for _, lang := range mingjing.Languages {
		v := pagetest.Base(t, lang, "compare")
		p := &Compare{V: &v}
		p.begin(made)
		said := app.HTMLString(p.Render())
		for _, c := range made {
			band, _ := c.Book.Band(c.Score.Band)
			if !strings.Contains(said, app.HTMLString(app.Text(c.Book.Name.In(lang)))) || !strings.Contains(said, band.Name.In(lang)) {
				t.Errorf("%s: %s is not there", lang, c.Book.ID)
			}
		}
		if got := strings.Count(said, `class="compare-score"`); got != 8 {
			t.Errorf("%s: %d are compared", lang, got)
		}
	}
}

func TestAMoveToAnotherCitySaysWhatCountsThere(t *testing.T) {
	in := pagetest.SampleInput(pagetest.Book(t, "rongcheng"))
	var asked []string
	made, err := compareAll(t.Context(), library(t, in, &asked), versions(t), in.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range mingjing.Languages {
		v := pagetest.Base(t, lang, "compare")
		p := &Compare{V: &v}
		p.begin(made)
		at := func(id string) int {
			return slices.IndexFunc(made, func(c mingjing.Comparison) bool { return c.Book.ID == id })
		}
		if p.from != at("honest-shanghai") || p.to == p.from {
			t.Errorf("a move begins in %d", p.from)
		}
		p.from, p.to = at("rongcheng"), at("only-debts-and-bills")
		want := "+5 → " + i18n.T(lang, "compare.nothing")
		if said := app.HTMLString(p.Render()); !strings.Contains(said, app.HTMLString(app.Text(want))) {
			t.Errorf("%s: it does not say %q: %s", lang, want, said)
		}
		p.to = p.from
		if said := app.HTMLString(p.Render()); !strings.Contains(said, i18n.T(lang, "compare.same")) {
			t.Errorf("%s: a move to the same city changes something", lang)
		}
	}
}

func TestAnotherFileIsNotComparedAsTheRulebook(t *testing.T) {
	in := pagetest.SampleInput(pagetest.Book(t, "rongcheng"))
	var asked []string
	fetch := library(t, in, &asked)
	other := func(ctx context.Context, path string) ([]byte, error) {
		data, err := fetch(ctx, path)
		if strings.HasPrefix(path, "/web/rulebooks/") {
			data = append(slices.Clone(data), '\n')
		}
		return data, err
	}
	if _, err := compareAll(t.Context(), other, versions(t), in.AsOf); err == nil {
		t.Error("another file is taken for the rulebook")
	}
	v := pagetest.Base(t, "en", "compare")
	if said := app.HTMLString((&Compare{V: &v, state: "failed"}).Render()); !strings.Contains(said, i18n.T("en", "compare.failed")) {
		t.Errorf("it says %s", said)
	}
}

func TestThatLittleIsHeldIsSaidApartFromGood(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.Base(t, lang, "compare")
		little := mingjing.Score{Explanation: []mingjing.Contribution{{Kind: "base", Points: 100}, {RecordID: "r", Points: 3}}}
		for tone, want := range map[string]bool{"good": true, "fair": true, "poor": false} {
			if got := littleNote(&v, &little, mingjing.Band{Tone: tone}) != nil; got != want {
				t.Errorf("%s, a %s band: %v", lang, tone, got)
			}
		}
	}
}

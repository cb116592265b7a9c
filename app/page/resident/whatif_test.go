package resident

import (
	"context"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func TestWhatIfIsWorkedOutOnThePhoneAndSendsNothing(t *testing.T) {
	rc := pagetest.Book(t, "rongcheng")
	in := pagetest.SampleInput(rc)
	score := pagetest.SampleScore(rc, in).Score
	var asked []string
	fetch := func(ctx context.Context, path string) ([]byte, error) {
		asked = append(asked, path)
		return city(t, in, nil)(ctx, path)
	}
	book, own, err := whatIfInput(t.Context(), fetch, score)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range mingjing.Languages {
		v := pagetest.Base(t, lang, "score")
		p := &WhatIf{V: &v, Codes: rc.Counting(), Score: score, Outlook: mingjing.Outlook(rc, in), able: true}
		p.begin(book, own)
		if got := p.made(); got.Value != score.Value || got.Band != score.Band {
			t.Errorf("without a change it is %d %s", got.Value, got.Band)
		}
		said := func() string { return app.HTMLString(p.Render()) }
		if !strings.Contains(said(), "1010") || strings.Count(said(), `type="checkbox"`) != 5 { // four count, one is disputed
			t.Errorf("%s: %s", lang, said())
		}
		at := slices.IndexFunc(p.flips, func(f mingjing.Flip) bool { return f.Rule == "utility.late_fees" })
		p.flipped[at] = true
		aa, _ := rc.Band("aa")
		a, _ := rc.Band("a")
		if want := i18n.T(lang, "whatif.result", "value", "1030", "band", aa.Name.In(lang), "now", "1010", "now_band",
			a.Name.In(lang)); !strings.Contains(said(), app.HTMLString(app.Text(want))) {
			t.Errorf("%s: a bill that is paid: it does not say %q", lang, want)
		}
		// On the day on which the last thing ends only what is new counts.
		p.day, p.added = p.Outlook[len(p.Outlook)-1].On, []string{"award.city", "traffic.drunk_driving"}
		if got := p.made(); got.Value != 1030 || got.Band != "c" || got.AsOf != p.day {
			t.Errorf("on %s it is %d %s", p.day, got.Value, got.Band)
		}
		if got := strings.Count(said(), `class="what-if-added"`); got != 2 {
			t.Errorf("%s: %d were added: %s", lang, got, said())
		}
	}
	if want := []string{lawOf(t), "/api/records", "/api/records?cursor=a+b%26c", "/api/listings"}; !slices.Equal(asked, want) {
		t.Errorf("it asks for %v", asked)
	}
}

func TestAStrangerTriesARulebookFromThePublishedFileAlone(t *testing.T) {
	rc := pagetest.Book(t, "rongcheng")
	var asked []string
	fetch := func(ctx context.Context, path string) ([]byte, error) {
		asked = append(asked, path)
		return city(t, mingjing.Input{}, nil)(ctx, path)
	}
	book, in, err := whatIfInput(t.Context(), fetch, mingjing.Score{Rulebook: rc.Ref(), AsOf: "2026-11-23"})
	if err != nil || !slices.Equal(asked, []string{lawOf(t)}) {
		t.Fatalf("it asks for %v: %v", asked, err)
	}
	v := pagetest.Base(t, "en", "try")
	p := &WhatIf{V: &v, able: true}
	p.begin(book, in)
	p.added = []string{"award.city", "volunteer.honour_redlist"}
	if got := p.made(); got.Value != 1040 || got.Band != "aa" {
		t.Errorf("it is %d %s", got.Value, got.Band)
	}
	other := func(ctx context.Context, path string) ([]byte, error) {
		data, err := fetch(ctx, path)
		return append(slices.Clone(data), '\n'), err
	}
	if _, _, err := whatIfInput(t.Context(), other, mingjing.Score{Rulebook: rc.Ref()}); err == nil {
		t.Error("another file is taken for the rulebook")
	}
}

func TestWhatIfSaysWithoutScriptsThatItNeedsThem(t *testing.T) {
	for _, lang := range mingjing.Languages {
		for _, name := range []string{"score", "try"} {
			main := sample(t, lang, name)
			if got := main.Find("[data-what-if]").Text(); got != i18n.T(lang, "whatif.scripts") || main.Find(".what-if button").Length() != 0 {
				t.Errorf("%s %s: %q", lang, name, got)
			}
		}
		v := pagetest.Base(t, lang, "score")
		for state, want := range map[verifyState]string{verifyIdle: "whatif.start", verifyWorking: "whatif.working",
			verifyFailed: "whatif.failed"} {
			p := &WhatIf{V: &v, able: true, state: state}
			if got := app.HTMLString(p.Render()); !strings.Contains(got, i18n.T(lang, want)) || !strings.Contains(got, "<button") {
				t.Errorf("%s: %s", lang, got)
			}
		}
	}
}

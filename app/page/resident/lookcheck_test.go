package resident

import (
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func TestWhatIsWrongWithTheLogIsSaidLoudly(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.Base(t, lang, "access-log")
		render := func(p *LogCheck) *goquery.Document {
			t.Helper()
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(app.HTMLString(p.Render())))
			if err != nil {
				t.Fatal(err)
			}
			return doc
		}
		for state, name := range map[verifyState]string{verifyIdle: "idle", verifyWorking: "working", verifySame: "good", verifyDiffers: "bad",
			verifyFailed: "failed"} {
			doc := render(&LogCheck{V: &v, state: state})
			if doc.Find("[data-look-check]").AttrOr("data-look-check", "") != name {
				t.Errorf("%s: the state is not marked as %s", lang, name)
			}
			if alert := doc.Find("[role=alert]").Length() == 1; alert != (state == verifyDiffers) {
				t.Errorf("%s %s: alert %v", lang, name, alert)
			}
		}
		unloaded := render(&LogCheck{V: &v, state: verifyFailed, unloaded: true})
		if !strings.Contains(unloaded.Text(), i18n.T(lang, "log_check.unloaded_text")) ||
			unloaded.Find("button").Text() != i18n.T(lang, "log_check.again") {
			t.Errorf("%s: that the program did not load is not said, or nobody can try again", lang)
		}
		for _, problem := range mingjing.LogProblems {
			doc := render(&LogCheck{V: &v, state: verifyDiffers, check: mingjing.AccessCheck{
				Problems: []mingjing.LogProblem{{Code: problem, Seqs: []int64{3, 17}, Names: []string{"witness.example"}}}}})
			for _, want := range []string{i18n.T(lang, "look_problem."+problem), "3, 17", "witness.example", i18n.T(lang, "log_check.do_auditor")} {
				if !strings.Contains(doc.Find("[role=alert]").Text(), want) {
					t.Errorf("%s: %q is not said of %s", lang, want, problem)
				}
			}
			if doc.Find(`[role=alert] a[href="`+page.ProofFile+`"]`).Length() != 1 || doc.Find("button").Length() != 0 {
				t.Errorf("%s: %s leads not to the file, or away from it", lang, problem)
			}
		}
		for kept, want := range map[bool]string{true: "log_check.kept", false: "log_check.not_kept"} {
			doc := render(&LogCheck{V: &v, state: verifySame, kept: kept})
			said := doc.Find("[data-kept]")
			if !strings.Contains(said.Text(), i18n.T(lang, want)) || said.Find(`a[href="`+page.ProofFile+`"]`).Length() != 1 {
				t.Errorf("%s: what this browser keeps is not said, or there is no file to keep: %s", lang, said.Text())
			}
		}
		good := render(&LogCheck{V: &v, state: verifySame, check: mingjing.AccessCheck{Entries: 12,
			Since:     time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC),
			Witnesses: []mingjing.WitnessCheck{{Name: "witness.example", At: pagetest.HeldNow}}}}).Text()
		for _, want := range []string{"12", i18n.Date(lang, "2026-03-03"), "witness.example"} {
			if !strings.Contains(good, want) {
				t.Errorf("%s: %q is not said in\n%s", lang, want, good)
			}
		}
	}
}

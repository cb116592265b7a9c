package resident

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
)

func mandateSample(t *testing.T, lang, name string) *mingjing.View {
	t.Helper()
	for _, s := range pagetest.SamplesOfMandates(t, lang) {
		if s.Name == name {
			return &s.View
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

func TestEveryPageOfSomebodyElsesCaseSaysWhoseItIs(t *testing.T) {
	for lang, want := range map[string]string{"en": "You are acting for 陈明远", "zh-CN": "你正在代 陈明远 办事"} {
		v := mandateSample(t, lang, "helping")
		d := mingjing.DataOf[mingjing.DisputePage](v).Case
		decided := pagetest.LetterView(false)
		decided.Dispute.ActingFor, decided.Dispute.ActingUntil, decided.Scores = "陈明远", "2027-02-01", nil
		letter, further := pagetest.Base(t, lang, "letter"), pagetest.Base(t, lang, "new-dispute")
		letter.Data = decided
		further.Data = &mingjing.NewCaseView{Previous: &d, Record: d.Record}
		for _, v := range []*mingjing.View{v, &letter, &further} {
			doc, _ := pagetest.Render(t, v)
			if !strings.Contains(doc.Find("main > .note-info").First().Text(), want) {
				t.Errorf("%s %s does not say it", lang, v.Page)
			}
		}
		own := *mandateSample(t, lang, "dispute-helpers")
		if doc, _ := pagetest.Render(t, &own); strings.Contains(doc.Text(), want) {
			t.Errorf("%s: one's own case says it", lang)
		}
	}
}

func TestAHelperIsNotLedToWhatIsTheResidentsAlone(t *testing.T) {
	v := mandateSample(t, "en", "helping")
	doc, _ := pagetest.Render(t, v)
	for _, shut := range []string{`main a[href*="/records/"]`, `main a[href*="/listings/"]`, `main a[href$="/score"]`,
		`form[action*="mandates"]`} {
		if doc.Find(shut).Length() != 0 {
			t.Errorf("the helper is led to %s", shut)
		}
	}
	if doc.Find(`form[action="/api/disputes/dis-1/evidence"]`).Length() != 1 {
		t.Error("the helper can't add evidence")
	}
	timeline := doc.Find("#timeline, .timeline").Text()
	if strings.Contains(timeline, "You") || !strings.Contains(timeline, "陈小雨, for 陈明远") {
		t.Errorf("the timeline is %q", timeline)
	}
}

func TestALetterIsWrittenToTheResidentWhoeverTakesIt(t *testing.T) {
	v := pagetest.Base(t, "en", "letter")
	v.Who.Name, v.Who.IDMasked = "Helper Name", "88**************88"
	v.Data = pagetest.LetterView(false)
	mingjing.DataOf[mingjing.LetterView](&v).Dispute.ActingFor = "陈明远"
	court := v
	court.Data = &mingjing.CourtFile{LetterView: *mingjing.DataOf[mingjing.LetterView](&v), Hashes: map[string]string{}}
	for name, text := range map[string]string{"letter": saidIn(LetterOf(&v)), "court file": saidIn(CourtFileOf(&court))} {
		if strings.Contains(text, "Helper Name") || strings.Contains(text, "88****") || !strings.Contains(text, "陈明远") {
			t.Errorf("the %s says %s", name, text)
		}
	}
	if text := saidIn(CourtFileOf(&court)); strings.Contains(text, "Who looked") || !strings.Contains(text, "leaves out") {
		t.Errorf("the court file says %s", text)
	}
}

func TestEachMandateHasTheFormsThatItsStateAllows(t *testing.T) {
	doc, _ := pagetest.Render(t, mandateSample(t, "en", "mandates"))
	for action, n := range map[string]int{"m-offered/accept": 1, "m-offered/decline": 1, "m-accepted/decline": 1, "m-accepted/accept": 0,
		"m-revoked/accept": 0, "m-ended/decline": 0} {
		if doc.Find(`form[action="/api/mandates/`+action+`"]`).Length() != n {
			t.Errorf("%s is not there %d times", action, n)
		}
	}
	doc, _ = pagetest.Render(t, mandateSample(t, "en", "dispute-helpers"))
	if doc.Find(`form[action$="/revoke"]`).Length() != 2 || doc.Find(`form[action="/api/disputes/dis-1/mandates"] [name=id_number]`).AttrOr(
		"value", "") != "" {
		t.Error("the resident can't take back what is open, or the form has a number in it")
	}
	doc, _ = pagetest.Render(t, mandateSample(t, "en", "dispute-helper-wrong"))
	if doc.Find("#relation-lawyer[checked], [name=relation][value=lawyer][checked]").Length() != 1 ||
		doc.Find("#until").AttrOr("value", "") != "2028-01-01" {
		t.Error("what was typed is lost")
	}
}

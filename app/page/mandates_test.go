package page

import (
	"strings"
	"testing"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, samplesOfMandates) }

func sampleMandates() []mingjing.Mandate {
	var all []mingjing.Mandate
	for i, s := range []mingjing.MandateState{mingjing.MandateOffered, mingjing.MandateAccepted, mingjing.MandateDeclined, mingjing.MandateRevoked, mingjing.MandateEnded} {
		m := mingjing.Mandate{ID: "m-" + string(s), CaseID: "dis-1", Helper: "99**************1X", Resident: "陈明远", Relation: mingjing.Relations[i],
			From: sampleNow, Until: "2027-02-01", State: s}
		if s == mingjing.MandateAccepted {
			m.Name = "陈小雨"
		}
		all = append(all, m)
	}
	return all
}

// samplesOfMandates are the pages of who helps, and a case as they see it.
func samplesOfMandates(t testing.TB, lang string) []sample {
	var all []sample
	add := func(name, page string, change func(v *mingjing.View)) {
		v := base(t, lang, page)
		change(&v)
		all = append(all, sample{name, v})
	}
	add("mandates", "mandates", func(v *mingjing.View) { v.Mandates = &mingjing.MandatesView{Mandates: sampleMandates()} })
	add("mandates-none", "mandates", func(v *mingjing.View) { v.Mandates = &mingjing.MandatesView{} })
	add("helping", "helping", func(v *mingjing.View) {
		d := sampleDispute(book(t, "rongcheng"))
		d.ActingFor, d.ActingUntil = "陈明远", "2027-02-01"
		d.Timeline = []mingjing.TimelineEntry{{At: d.FiledAt, Code: "filed", Role: mingjing.RoleResident},
			{At: sampleNow, Code: "evidence_added", Role: mingjing.RoleHelper, Who: "陈小雨", For: "陈明远"}}
		v.Dispute = &d
	})
	add("dispute-helpers", "dispute", func(v *mingjing.View) {
		d := sampleDispute(book(t, "rongcheng"))
		d.Mandates = sampleMandates()
		v.Dispute = &d
	})
	add("dispute-helper-wrong", "dispute", func(v *mingjing.View) {
		d := sampleDispute(book(t, "rongcheng"))
		v.Dispute, v.Form = &d, map[string]string{"relation": "lawyer", "until": "2028-01-01"}
		v.Problem = problem(422, "invalid_form", mingjing.FieldError{Field: "id_number", Code: "helper_self"}, mingjing.FieldError{Field: "until", Code: "helper_until"})
	})
	return all
}

func mandateSample(t *testing.T, lang, name string) *mingjing.View {
	t.Helper()
	for _, s := range samplesOfMandates(t, lang) {
		if s.name == name {
			return &s.view
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

func TestEveryPageOfSomebodyElsesCaseSaysWhoseItIs(t *testing.T) {
	for lang, want := range map[string]string{"en": "You are acting for 陈明远", "zh-CN": "你正在代 陈明远 办事"} {
		v := mandateSample(t, lang, "helping")
		d := *v.Dispute
		decided := letterView(false)
		decided.Dispute.ActingFor, decided.Dispute.ActingUntil, decided.Scores = "陈明远", "2027-02-01", nil
		letter, further := base(t, lang, "letter"), base(t, lang, "new-dispute")
		letter.Letter = decided
		further.NewCase = &mingjing.NewCaseView{Previous: &d, Record: d.Record}
		for _, v := range []*mingjing.View{v, &letter, &further} {
			doc, _ := render(t, v)
			if !strings.Contains(doc.Find("main > .note-info").First().Text(), want) {
				t.Errorf("%s %s does not say it", lang, v.Page)
			}
		}
		own := *mandateSample(t, lang, "dispute-helpers")
		if doc, _ := render(t, &own); strings.Contains(doc.Text(), want) {
			t.Errorf("%s: one's own case says it", lang)
		}
	}
}

func TestAHelperIsNotLedToWhatIsTheResidentsAlone(t *testing.T) {
	v := mandateSample(t, "en", "helping")
	doc, _ := render(t, v)
	for _, shut := range []string{`main a[href*="/records/"]`, `main a[href*="/listings/"]`, `main a[href$="/score"]`, `form[action*="mandates"]`} {
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
	v := base(t, "en", "letter")
	v.Who.Name, v.Who.IDMasked = "Helper Name", "88**************88"
	v.Letter = letterView(false)
	v.Letter.Dispute.ActingFor = "陈明远"
	court := v
	court.Letter, court.CourtFile = nil, &mingjing.CourtFile{LetterView: *v.Letter, Hashes: map[string]string{}}
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
	doc, _ := render(t, mandateSample(t, "en", "mandates"))
	for action, n := range map[string]int{"m-offered/accept": 1, "m-offered/decline": 1, "m-accepted/decline": 1, "m-accepted/accept": 0, "m-revoked/accept": 0, "m-ended/decline": 0} {
		if doc.Find(`form[action="/api/mandates/`+action+`"]`).Length() != n {
			t.Errorf("%s is not there %d times", action, n)
		}
	}
	doc, _ = render(t, mandateSample(t, "en", "dispute-helpers"))
	if doc.Find(`form[action$="/revoke"]`).Length() != 2 || doc.Find(`form[action="/api/disputes/dis-1/mandates"] [name=id_number]`).AttrOr("value", "") != "" {
		t.Error("the resident can't take back what is open, or the form has a number in it")
	}
	doc, _ = render(t, mandateSample(t, "en", "dispute-helper-wrong"))
	if doc.Find("#relation-lawyer[checked], [name=relation][value=lawyer][checked]").Length() != 1 || doc.Find("#until").AttrOr("value", "") != "2028-01-01" {
		t.Error("what was typed is lost")
	}
}

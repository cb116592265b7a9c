package page

import (
	"strings"
	"testing"
	"time"

	"mingjing"

	"github.com/PuerkitoBio/goquery"
)

func init() { sampleMakers = append(sampleMakers, samplesOfAgencies) }

func officerView(t testing.TB, lang, page string) mingjing.View {
	v := base(t, lang, page)
	v.Path = strings.Replace(v.Path, "req-1", "dis-1", 1)
	v.Who = &mingjing.Viewer{Role: mingjing.RoleAgency, Name: "顾南", IDMasked: "g-3001", Agency: "court"}
	return v
}

func sampleQuestion() mingjing.AgencyQuestion {
	doc := judgment()
	return mingjing.AgencyQuestion{ID: "dis-1", Ref: "沪0101-2025-1", Code: "court.unpaid_judgment", Kind: mingjing.CaseDispute, State: mingjing.DisputeAgencyAsked,
		Notice: 1, Open: true, Clock: mingjing.Clock{Code: "agency", Due: sampleNow.Add(30 * time.Hour)}, Resident: "陈明远", Subject: "陈明远",
		Reason: mingjing.ReasonAlreadyPerformed, Statement: hostile, Occurred: "2025-06-01", Document: &doc,
		Evidence: []mingjing.Evidence{{ID: "e-1", Name: "receipt.pdf", Type: "application/pdf", Size: 1 << 20, AddedAt: sampleNow}},
		Opened:   []mingjing.Opening{{EvidenceID: "e-1", Name: "receipt.pdf", Agency: "court", Who: "顾南", At: sampleNow}}}
}

func samplesOfAgencies(t testing.TB, lang string) []sample {
	var all []sample
	add := func(name string, v mingjing.View, change func(v *mingjing.View)) {
		if change != nil {
			change(&v)
		}
		all = append(all, sample{name, v})
	}
	add("agency-questions", officerView(t, lang, "agency-questions"), func(v *mingjing.View) {
		second := sampleQuestion()
		second.Notice, second.State = 2, mingjing.DisputeAgencySilent
		v.AgencyQuestions = &mingjing.AgencyQuestionsView{Questions: []mingjing.AgencyQuestion{sampleQuestion(), second}, Next: "1.x"}
		v.Done = "question_answered"
	})
	add("agency-questions-none", officerView(t, lang, "agency-questions"), nil)
	add("agency-question", officerView(t, lang, "agency-question"), func(v *mingjing.View) {
		q := sampleQuestion()
		v.AgencyQuestion = &q
	})
	add("agency-question-wrong", officerView(t, lang, "agency-question"), func(v *mingjing.View) {
		q := sampleQuestion()
		q.Notice, q.Evidence, q.Opened = 2, nil, nil
		v.AgencyQuestion = &q
		v.Form = map[string]string{"position": "corrected", "text_zh": hostile, "occurred": "2025-01-01"}
		v.Problem = problem(422, "invalid_form", mingjing.FieldError{Field: "position", Code: "position_required"},
			mingjing.FieldError{Field: "occurred", Code: "correction_required"}, mingjing.FieldError{Field: "text_zh", Code: "answer_text_required"},
			mingjing.FieldError{Field: "text_en", Code: "too_long"}, mingjing.FieldError{Field: "evidence", Code: "answer_document_required"})
	})
	add("agency-question-answered", officerView(t, lang, "agency-question"), func(v *mingjing.View) {
		q := sampleQuestion()
		q.Open, q.State = false, mingjing.DisputeAgencyAnswered
		q.Answer = sampleWord()
		v.AgencyQuestion = &q
	})
	add("agency-records", officerView(t, lang, "agency-records"), func(v *mingjing.View) {
		v.AgencyRecords = &mingjing.AgencyRecordsView{Next: "record.7", Holdings: []mingjing.AgencyHolding{
			{Kind: "record", Ref: "r-1", Code: "court.unpaid_judgment", State: "active"}, {Kind: "listing", Ref: hostile, Code: "court.enforcement_blacklist", State: "in_effect"}}}
	})
	add("agency-records-found", officerView(t, lang, "agency-records"), func(v *mingjing.View) {
		v.AgencyRecords = &mingjing.AgencyRecordsView{Ref: "r-1", Holdings: []mingjing.AgencyHolding{
			{Kind: "record", Ref: "r-1", Code: "court.unpaid_judgment", State: "active", Resident: longName}}}
	})
	add("agency-records-none", officerView(t, lang, "agency-records"), nil)
	add("agency-error", officerView(t, lang, "error"), func(v *mingjing.View) { v.Problem = problem(403, "forbidden") })
	add("agency-home", officerView(t, lang, "home"), nil)
	add("dispute-opened", base(t, lang, "dispute"), func(v *mingjing.View) {
		d := sampleDispute(book(t, "honest-shanghai"))
		d.Evidence, d.AgencyOpened, d.Answer = sampleQuestion().Evidence, sampleQuestion().Opened, sampleWord()
		v.Dispute = &d
	})
	return all
}

func sampleWord() *mingjing.AgencyAnswer {
	return &mingjing.AgencyAnswer{Position: mingjing.PositionMaintained, Text: both("记录无误。", "It is right."), At: sampleNow, By: "顾南",
		Document: &mingjing.Evidence{ID: "a-1", Name: "judgment.pdf", Type: "application/pdf", Size: 4096, AddedAt: sampleNow}}
}

// one is the sample of a name, rendered.
func one(t *testing.T, lang, name string) *goquery.Document {
	t.Helper()
	for _, s := range samplesOfAgencies(t, lang) {
		if s.name == name {
			doc, _ := render(t, &s.view)
			return doc
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

func TestAnOfficerAnswersInAForm(t *testing.T) {
	doc := one(t, "en", "agency-question")
	form := doc.Find(`form[action="/api/agency/questions/dis-1/answer"]`)
	if enc, _ := form.Attr("enctype"); enc != "multipart/form-data" {
		t.Errorf("it carries no file: %q", enc)
	}
	for _, field := range []string{"position", "occurred", "text_zh", "text_en", "evidence", "lang"} {
		if form.Find(`[name="`+field+`"]`).Length() == 0 {
			t.Errorf("no field %s", field)
		}
	}
	if n := form.Find(`[name="position"]`).Length(); n != 3 {
		t.Errorf("%d positions", n)
	}
	if href, _ := doc.Find(".paper-name").Attr("href"); href != "/api/agency/evidence/e-1" {
		t.Errorf("evidence is at %s", href)
	}
	if doc.Find(".opened li").Length() != 1 {
		t.Error("no receipt")
	}
	answered := one(t, "en", "agency-question-answered")
	if answered.Find("form[action*=answer]").Length() != 0 {
		t.Error("what is answered can be answered again")
	}
	wrong := one(t, "en", "agency-question-wrong")
	if v, _ := wrong.Find(`[name="occurred"]`).Attr("value"); v != "2025-01-01" {
		t.Errorf("what was typed is lost: %q", v)
	}
}

func TestTheResidentSeesTheAnswersDocumentAndTheReceipt(t *testing.T) {
	doc := one(t, "en", "dispute-opened")
	if href, _ := doc.Find(".answer-document a").Attr("href"); href != "/api/evidence/a-1" {
		t.Errorf("the document is at %q", href)
	}
	if text := doc.Find(".opened li").Text(); !strings.Contains(text, "receipt.pdf") || !strings.Contains(text, "顾南") {
		t.Errorf("the receipt says %q", text)
	}
}

func TestTheListsOfAnAgencyNameNobody(t *testing.T) {
	for _, name := range []string{"agency-questions", "agency-records"} {
		if text := one(t, "zh-CN", name).Find("main").Text(); strings.Contains(text, "陈明远") {
			t.Errorf("%s names the resident", name)
		}
	}
}

package pagetest

import (
	"strings"
	"testing"
	"time"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, samplesOfAgencies) }

func officerView(t testing.TB, lang, page string) mingjing.View {
	v := Base(t, lang, page)
	v.Path = strings.Replace(v.Path, "req-1", "dis-1", 1)
	v.Who = &mingjing.Viewer{Role: mingjing.RoleAgency, Name: "顾南", IDMasked: "g-3001", Agency: "court"}
	return v
}

func sampleQuestion() mingjing.AgencyQuestion {
	doc := judgment()
	return mingjing.AgencyQuestion{ID: "dis-1", Ref: "沪0101-2025-1", Code: "court.unpaid_judgment", Kind: mingjing.CaseDispute,
		State:  mingjing.CaseAgencyAsked,
		Notice: 1, Open: true, Clock: mingjing.Clock{Code: "agency", Due: SampleNow.Add(30 * time.Hour)}, Resident: "陈明远", Subject: "陈明远",
		Reason: mingjing.ReasonAlreadyPerformed, Statement: Hostile, Occurred: "2025-06-01", Document: &doc,
		Evidence: []mingjing.Evidence{{ID: "e-1", Name: "receipt.pdf", Type: "application/pdf", Size: 1 << 20, AddedAt: SampleNow}},
		Opened:   []mingjing.Opening{{EvidenceID: "e-1", Name: "receipt.pdf", Agency: "court", Who: "顾南", At: SampleNow}}}
}

func samplesOfAgencies(t testing.TB, lang string) []Sample {
	var all []Sample
	add := func(name string, v mingjing.View, change func(v *mingjing.View)) {
		if change != nil {
			change(&v)
		}
		all = append(all, Sample{name, v})
	}
	add("agency-questions", officerView(t, lang, "agency-questions"), func(v *mingjing.View) {
		second := sampleQuestion()
		second.Notice, second.State = 2, mingjing.CaseAgencySilent
		v.Data = &mingjing.AgencyQuestionsView{Questions: []mingjing.AgencyQuestion{sampleQuestion(), second}, Next: "1.x"}
		v.Done = "question_answered"
	})
	add("agency-questions-none", officerView(t, lang, "agency-questions"), nil)
	add("agency-question", officerView(t, lang, "agency-question"), func(v *mingjing.View) {
		q := sampleQuestion()
		v.Data = &q
	})
	add("agency-question-wrong", officerView(t, lang, "agency-question"), func(v *mingjing.View) {
		q := sampleQuestion()
		q.Notice, q.Evidence, q.Opened = 2, nil, nil
		v.Data = &q
		v.Form = map[string]string{"position": "corrected", "text_zh": Hostile, "occurred": "2025-01-01"}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "position", Code: "position_required"},
			mingjing.FieldError{Field: "occurred", Code: "correction_required"}, mingjing.FieldError{Field: "text_zh", Code: "answer_text_required"},
			mingjing.FieldError{Field: "text_en", Code: "too_long"}, mingjing.FieldError{Field: "evidence", Code: "answer_document_required"})
	})
	add("agency-question-answered", officerView(t, lang, "agency-question"), func(v *mingjing.View) {
		q := sampleQuestion()
		q.Open, q.State = false, mingjing.CaseAgencyAnswered
		q.Answer = sampleWord()
		v.Data = &q
	})
	add("agency-records", officerView(t, lang, "agency-records"), func(v *mingjing.View) {
		v.Data = &mingjing.AgencyRecordsView{Next: "record.7", Holdings: []mingjing.AgencyHolding{
			{Kind: "record", Ref: "r-1", Code: "court.unpaid_judgment", State: "active"},
			{Kind: "listing", Ref: Hostile, Code: "court.enforcement_blacklist", State: "in_effect"}}}
	})
	add("agency-records-found", officerView(t, lang, "agency-records"), func(v *mingjing.View) {
		v.Data = &mingjing.AgencyRecordsView{Ref: "r-1", Holdings: []mingjing.AgencyHolding{
			{Kind: "record", Ref: "r-1", Code: "court.unpaid_judgment", State: "active", Resident: longName}}}
	})
	add("agency-records-none", officerView(t, lang, "agency-records"), nil)
	add("agency-error", officerView(t, lang, "error"), func(v *mingjing.View) { v.Problem = Problem(403, "forbidden") })
	add("agency-home", officerView(t, lang, "home"), nil)
	add("dispute-opened", Base(t, lang, "dispute"), func(v *mingjing.View) {
		d := sampleDispute(Book(t, "honest-shanghai"))
		d.Evidence, d.AgencyOpened, d.Answer = sampleQuestion().Evidence, sampleQuestion().Opened, sampleWord()
		v.Data = &mingjing.DisputePage{Case: d}
	})
	return all
}

func sampleWord() *mingjing.AgencyAnswer {
	return &mingjing.AgencyAnswer{Position: mingjing.PositionMaintained, Text: Both("记录无误。", "It is right."), At: SampleNow, By: "顾南",
		Document: &mingjing.Evidence{ID: "a-1", Name: "judgment.pdf", Type: "application/pdf", Size: 4096, AddedAt: SampleNow}}
}

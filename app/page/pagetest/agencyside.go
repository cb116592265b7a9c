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

func sampleBatch() mingjing.BatchSummary {
	return mingjing.BatchSummary{ID: "2026-03-02/1", Key: "req-1", State: mingjing.BatchWorking, At: SampleNow.Add(-time.Minute), Total: 10000,
		Accepted: 4120, Refused: 2}
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
	add("agency-records-unmatched", officerView(t, lang, "agency-records"), func(v *mingjing.View) {
		v.Data = &mingjing.AgencyRecordsView{Unmatched: []mingjing.UnmatchedRecord{
			{Ref: Hostile, Code: "court.unpaid_judgment", At: SampleNow, Asked: true}, {Ref: "r-2", Code: "court.unpaid_judgment", At: SampleNow}},
			Holdings: []mingjing.AgencyHolding{{Kind: "record", Ref: "r-1", Code: "court.unpaid_judgment", State: "active"}}}
	})
	add("agency-batches", officerView(t, lang, "agency-batches"), func(v *mingjing.View) {
		working, done := sampleBatch(), sampleBatch()
		done.State, done.Accepted, done.FinishedAt, done.ID = mingjing.BatchDone, 9998, &SampleNow, Hostile
		all := done
		all.Accepted, all.Refused, all.Key = 10000, 0, "all"
		v.Data = &mingjing.AgencyBatchesView{Batches: []mingjing.BatchSummary{working, done, all}, Next: "1.x"}
	})
	add("agency-batches-none", officerView(t, lang, "agency-batches"), nil)
	add("agency-batch", officerView(t, lang, "agency-batch"), func(v *mingjing.View) {
		v.Data = &mingjing.AgencyBatchView{BatchSummary: sampleBatch(), Next: "2", Lines: []mingjing.LineAnswer{
			{Line: 1, FileLine: 2, Ref: "r-1", Status: "refused", Code: "name_mismatch", Field: "subject"},
			{Line: 2, FileLine: 4, Ref: Hostile, Status: "refused", Code: "cells_count", Values: map[string]string{"cells": "3", "columns": Hostile}},
			{Line: 3, FileLine: 5, Ref: "r-3", Status: "refused", Code: "date_form", Field: "document.date"}}}
	})
	add("agency-batch-done", officerView(t, lang, "agency-batch"), func(v *mingjing.View) {
		b := sampleBatch()
		b.State, b.Accepted, b.Refused, b.FinishedAt = mingjing.BatchDone, 10000, 0, &SampleNow
		v.Data = &mingjing.AgencyBatchView{BatchSummary: b, Lines: []mingjing.LineAnswer{}}
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

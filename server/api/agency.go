package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/agencyside"
	"mingjing/server/evidence"
)

var agencyQuestionsPage = page[mingjing.AgencyQuestionsView]{
	name: "agency-questions",
	get: func(c *call) (mingjing.AgencyQuestionsView, error) {
		return c.s.casework.Agencies.AgencyQuestions(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
	},
	endpoints: []endpoint{
		query[paged, list[mingjing.AgencyQuestion]]{
			path: "/api/agency/questions", access: mingjing.Agencies,
			doc: apiDoc{id: "agencyQuestions", summary: "The agency's open questions", answer: "A page, the nearest clock first. It names nobody."},
			get: func(c *call, in paged) (list[mingjing.AgencyQuestion], error) {
				v, err := c.s.casework.Agencies.AgencyQuestions(c.ctx(), c.actor(), in.Cursor)
				return items(v.Questions, v.Next), err
			},
		},
	},
}

var agencyQuestionPage = page[mingjing.AgencyQuestion]{
	name: "agency-question",
	get: func(c *call) (mingjing.AgencyQuestion, error) {
		return c.s.casework.Agencies.AgencyQuestion(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		query[none, mingjing.AgencyQuestion]{
			path: "/api/agency/questions/{id}", access: mingjing.Agencies,
			doc: apiDoc{id: "agencyQuestion", summary: "One question", about: "The resident's access log shows who read it.",
				answer: "The question.", of: "question"},
			get: func(c *call, _ none) (mingjing.AgencyQuestion, error) {
				return c.s.casework.Agencies.AgencyQuestion(c.ctx(), c.actor(), c.r.PathValue("id"))
			},
		},
		action[agencyAnswerForm, mingjing.AgencyQuestion]{
			path: "/api/agency/questions/{id}/answer", access: mingjing.Agencies, errorPage: "agency-question", do: answerQuestion,
			doc: apiDoc{id: "answerQuestion", summary: "Answer a question", answer: "The question with its answer.", of: "question",
				fails: []int{http.StatusConflict}},
			example: agencyAnswerForm{Position: mingjing.PositionCorrected, TextZh: "日期有误，已更正。", Occurred: "2025-11-03"},
		},
		raw[evidencePart]{
			path: "/api/agency/evidence/{id}", access: mingjing.Agencies, write: writeAgencyEvidence, kinds: evidenceTypes,
			doc: apiDoc{id: "agencyEvidence", summary: "One piece of evidence; the resident gets a receipt",
				answer: "The file, as an attachment, or a picture of a page.",
				of:     "evidence"},
		},
	},
}

// agencyAnswerForm is the body of an agency's answer to a question.
type agencyAnswerForm struct {
	Position mingjing.AgencyPosition `json:"position"`
	TextZh   string                  `json:"text_zh" max:"1000"`
	TextEn   string                  `json:"text_en,omitempty" max:"1000"`
	// Occurred is the right date, for the position corrected.
	Occurred string            `json:"occurred,omitempty" format:"date"`
	Document []evidence.Upload `json:"document,omitempty"`
}

func answerQuestion(c *call, in agencyAnswerForm) (mingjing.AgencyQuestion, redirect, error) {
	q, err := c.s.casework.Agencies.AgencyAnswer(c.ctx(), c.actor(), c.r.PathValue("id"), agencyside.OfficerAnswer{
		Position: in.Position, Occurred: in.Occurred, Document: in.Document,
		Text: mingjing.Text{"zh-CN": in.TextZh, "en": in.TextEn},
	})
	return q, redirect{page: "agency-questions", done: "question_answered"}, err
}

// writeAgencyEvidence sends a piece of evidence to an agency's officer; the resident
// gets the receipt.
func writeAgencyEvidence(c *call, in evidencePart) error {
	e, data, err := c.s.casework.Agencies.AgencyEvidence(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.sendEvidence(e, data, in.Page)
}

var agencyRecordsPage = page[mingjing.AgencyRecordsView]{
	name: "agency-records",
	get: func(c *call) (mingjing.AgencyRecordsView, error) {
		in := asked[holdingsQuery](c)
		return c.s.casework.Agencies.AgencyHoldings(c.ctx(), c.actor(), in.Ref, in.Cursor)
	},
	endpoints: []endpoint{
		query[holdingsQuery, list[mingjing.AgencyHolding]]{
			path: "/api/agency/records", access: mingjing.Agencies,
			doc: apiDoc{id: "agencyRecords", summary: "What the agency has supplied", answer: "A page, newest first."},
			get: func(c *call, in holdingsQuery) (list[mingjing.AgencyHolding], error) {
				v, err := c.s.casework.Agencies.AgencyHoldings(c.ctx(), c.actor(), in.Ref, in.Cursor)
				return items(v.Holdings, v.Next), err
			},
		},
		submitBatch, askBatch,
	},
}

var agencyBatchesPage = page[mingjing.AgencyBatchesView]{
	name: "agency-batches",
	get: func(c *call) (mingjing.AgencyBatchesView, error) {
		return c.s.casework.Intake.AgencyBatches(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
	},
	endpoints: []endpoint{
		query[paged, list[mingjing.BatchSummary]]{
			path: "/api/agency/batches", access: mingjing.Agencies,
			doc: apiDoc{id: "agencyBatches", summary: "The agency's batches", answer: "A page, newest first."},
			get: func(c *call, in paged) (list[mingjing.BatchSummary], error) {
				v, err := c.s.casework.Intake.AgencyBatches(c.ctx(), c.actor(), in.Cursor)
				return items(v.Batches, v.Next), err
			},
		},
	},
}

var agencyBatchPage = page[mingjing.AgencyBatchView]{
	name: "agency-batch",
	get: func(c *call) (mingjing.AgencyBatchView, error) {
		return c.s.casework.Intake.AgencyBatch(c.ctx(), c.actor(), c.r.PathValue("id"), c.r.URL.Query().Get("cursor"))
	},
	endpoints: []endpoint{
		query[paged, mingjing.AgencyBatchView]{
			path: "/api/agency/batches/{id}", access: mingjing.Agencies,
			doc: apiDoc{id: "agencyBatch", summary: "One batch", answer: "Its state, with a page of the lines that were refused.", of: "batch"},
			get: func(c *call, in paged) (mingjing.AgencyBatchView, error) {
				return c.s.casework.Intake.AgencyBatch(c.ctx(), c.actor(), c.r.PathValue("id"), in.Cursor)
			},
		},
	},
}

// holdingsQuery is the query of a page of what an agency has supplied.
type holdingsQuery struct {
	// Ref is a whole reference; then the name is shown, and the access logged.
	Ref string `json:"ref,omitempty" max:"128"`
	paged
}

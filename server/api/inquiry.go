package api

import (
	"net/http"
	"net/url"
	"strconv"

	"mingjing"
)

// askWhyForm is the body of a new inquiry.
type askWhyForm struct {
	// Seq is the number of the entry.
	Seq      int64  `json:"seq" min:"1"`
	Question string `json:"question,omitempty" max:"300"`
	// Others and Cursor say on which page of the access log the form is.
	Others string `json:"others,omitempty"`
	Cursor string `json:"cursor,omitempty" max:"200"`
}

func askWhy(c *call, in askWhyForm) (mingjing.Inquiry, redirect, error) {
	q, err := c.s.casework.Inquiries.AskWhy(c.ctx(), c.actor(), in.Seq, in.Question)
	back := url.Values{}
	if in.Others == "1" {
		back.Set("others", "1")
	}
	if n, err := strconv.ParseInt(in.Cursor, 10, 64); err == nil && n > 0 {
		back.Set("cursor", strconv.FormatInt(n, 10))
	}
	return q, redirect{page: "access-log", query: back.Encode(), done: "inquiry_asked"}, err
}

func myInquiries(c *call, _ none) (list[mingjing.Inquiry], error) {
	all, err := c.s.casework.Inquiries.MyInquiries(c.ctx(), c.actor())
	return items(all, ""), err
}

var inquiryPage = page[mingjing.Inquiry]{
	name: "inquiry",
	get: func(c *call) (mingjing.Inquiry, error) {
		return c.s.casework.Inquiries.Inquiry(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		query[none, mingjing.Inquiry]{
			path: "/api/inquiries/{id}", access: mingjing.Residents,
			doc: apiDoc{id: "inquiry", summary: "One inquiry", answer: "The inquiry.", of: "inquiry"},
			get: func(c *call, _ none) (mingjing.Inquiry, error) {
				return c.s.casework.Inquiries.Inquiry(c.ctx(), c.actor(), c.r.PathValue("id"))
			},
		},
		action[questionForm, mingjing.Inquiry]{
			path: "/api/inquiries/{id}/question", access: mingjing.Residents, errorPage: "inquiry", do: addToInquiry,
			doc: apiDoc{id: "addToInquiry", summary: "Add a question to an inquiry, once", answer: "The inquiry.", of: "inquiry",
				fails: []int{http.StatusConflict}},
			example: questionForm{Question: "I was not at the counter that day."},
		},
		action[judgeForm, mingjing.Inquiry]{
			path: "/api/inquiries/{id}/judge", access: mingjing.Residents, errorPage: "inquiry", do: judgeAnswer,
			doc: apiDoc{id: "judgeAnswer", summary: "Say whether the first answer was enough",
				about: "If not, a supervisor or an auditor has to answer.", answer: "The inquiry.", of: "inquiry", fails: []int{http.StatusConflict}},
			example: judgeForm{Satisfied: "no"},
		},
	},
}

// questionForm is the body of an addition to an inquiry.
type questionForm struct {
	Question string `json:"question" min:"1" max:"300"`
}

func addToInquiry(c *call, in questionForm) (mingjing.Inquiry, redirect, error) {
	q, err := c.s.casework.Inquiries.AddToInquiry(c.ctx(), c.actor(), c.r.PathValue("id"), in.Question)
	return q, redirect{page: "inquiry", id: q.ID, done: "inquiry_added"}, err
}

// judgeForm is the body of the resident's opinion on an answer.
type judgeForm struct {
	Satisfied string `json:"satisfied" enum:"yes,no"`
}

func judgeAnswer(c *call, in judgeForm) (mingjing.Inquiry, redirect, error) {
	q, err := c.s.casework.Inquiries.JudgeAnswer(c.ctx(), c.actor(), c.r.PathValue("id"), in.Satisfied)
	return q, redirect{page: "inquiry", id: q.ID, done: "inquiry_judged"}, err
}

// Inquiries are answered by staff and by officers of agencies, at different addresses.
var (
	inquiriesPage = page[mingjing.InquiriesView]{name: "inquiries", get: readInquiries, endpoints: []endpoint{
		listInquiries("/api/admin/inquiries", mingjing.Staff, "inquiries", "For staff one's own first, then what is with the supervisors."),
	}}
	agencyInquiriesPage = page[mingjing.InquiriesView]{name: "agency-inquiries", get: readInquiries, endpoints: []endpoint{
		listInquiries("/api/agency/inquiries", mingjing.Agencies, "agencyInquiries", ""),
	}}
	inquiryAnswerPage = page[mingjing.InquiryCase]{name: "inquiry-answer", get: readInquiryCase, endpoints: []endpoint{
		oneInquiry("/api/admin/inquiries/{id}", mingjing.Staff, "inquiryCase"),
		answerInquiry("/api/admin/inquiries/{id}/answer", mingjing.Staff, "answerInquiry", "inquiry-answer", "inquiries"),
	}}
	agencyInquiryPage = page[mingjing.InquiryCase]{name: "agency-inquiry", get: readInquiryCase, endpoints: []endpoint{
		oneInquiry("/api/agency/inquiries/{id}", mingjing.Agencies, "agencyInquiry"),
		answerInquiry("/api/agency/inquiries/{id}/answer", mingjing.Agencies, "answerAgencyInquiry", "agency-inquiry", "agency-inquiries"),
	}}
)

func readInquiries(c *call) (mingjing.InquiriesView, error) {
	return c.s.casework.Inquiries.Inquiries(c.ctx(), c.actor(), asked[paged](c).Cursor)
}

func readInquiryCase(c *call) (mingjing.InquiryCase, error) {
	return c.s.casework.Inquiries.InquiryCase(c.ctx(), c.actor(), c.r.PathValue("id"))
}

func listInquiries(path string, access mingjing.Access, id, about string) endpoint {
	return query[paged, list[mingjing.InquirySummary]]{
		path: path, access: access,
		doc: apiDoc{id: id, summary: "Inquiries that wait for an answer", about: about,
			answer: "A page, the nearest clock first. It names no resident."},
		get: func(c *call, in paged) (list[mingjing.InquirySummary], error) {
			v, err := c.s.casework.Inquiries.Inquiries(c.ctx(), c.actor(), in.Cursor)
			return items(v.Inquiries, v.Next), err
		},
	}
}

func oneInquiry(path string, access mingjing.Access, id string) endpoint {
	return query[none, mingjing.InquiryCase]{
		path: path, access: access,
		doc: apiDoc{id: id, summary: "One inquiry", about: "The resident's access log shows that it was read.", answer: "The inquiry.",
			of: "inquiry"},
		get: func(c *call, _ none) (mingjing.InquiryCase, error) {
			return c.s.casework.Inquiries.InquiryCase(c.ctx(), c.actor(), c.r.PathValue("id"))
		},
	}
}

// inquiryAnswerForm is the body of an answer to an inquiry.
type inquiryAnswerForm struct {
	// Outcome is a finding, which supervisors and auditors make; it is ignored from the
	// person who read the data.
	Outcome     mingjing.InquiryOutcome `json:"outcome,omitempty" enum:"founded,unfounded"`
	Explanation string                  `json:"explanation" min:"10" max:"1000"`
}

// answerInquiry returns the endpoint by which an inquiry is answered; a form is
// redirected to list.
func answerInquiry(path string, access mingjing.Access, id, again, list string) endpoint {
	return action[inquiryAnswerForm, mingjing.InquiryCase]{
		path: path, access: access, errorPage: again,
		doc: apiDoc{id: id, summary: "Answer an inquiry", answer: "The inquiry.", of: "inquiry",
			fails: []int{http.StatusConflict}},
		example: inquiryAnswerForm{Explanation: "The resident filed a dispute at the counter, which I entered."},
		do: func(c *call, in inquiryAnswerForm) (mingjing.InquiryCase, redirect, error) {
			k, err := c.s.casework.Inquiries.AnswerInquiry(c.ctx(), c.actor(), c.r.PathValue("id"), in.Outcome, in.Explanation)
			return k, redirect{page: list, done: "inquiry_answered"}, err
		},
	}
}

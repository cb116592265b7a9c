package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/complaint"
)

var refusedPage = page[mingjing.RefusedView]{
	name: "refused",
	get: func(c *call) (mingjing.RefusedView, error) {
		measure := asked[measureQuery](c).Measure
		if c.r.Method == http.MethodPost { // the form is shown again
			measure = c.in.get("measure")
		}
		return c.s.casework.Complaints.Refused(c.ctx(), c.actor(), measure)
	},
	endpoints: []endpoint{
		query[measureQuery, mingjing.RefusedView]{
			path: "/api/refusals", access: mingjing.Residents,
			doc: apiDoc{id: "refused", summary: "What the law of the rulebooks says to a refusal",
				about: "Whether the measure is published, and which of one's listings carries it today. " +
					"Without a measure, all that can be asked about.",
				answer: "The answer."},
			get: func(c *call, in measureQuery) (mingjing.RefusedView, error) {
				return c.s.casework.Complaints.Refused(c.ctx(), c.actor(), in.Measure)
			},
		},
		action[measureForm, mingjing.RefusedView]{
			path: "/api/refusals/statement", access: mingjing.Residents, status: http.StatusCreated, errorPage: "refused", do: stateClear,
			doc: apiDoc{id: "stateClear", summary: "A signed statement that no listing of one's own carries a measure today",
				about:  "It is an SD-JWT VC, as what recipients of a share get, for one measure and one hour. There is none that says the opposite.",
				answer: "The statement with its signed file.", fails: []int{http.StatusConflict}},
			example: measureForm{Measure: "restrict.rail"},
			shows:   func(made mingjing.RefusedView) any { return &made },
		},
		complainOf(mingjing.ComplaintRefused, "refused", "complain", "Complain that one was refused something",
			complaintForm{Measure: "restrict.rail", Place: "station", Where: "Hongqiao, counter 7", HappenedOn: "2026-03-01",
				Statement: "They said that my score is too low."}),
	},
}

// measureQuery is the query of a refusal.
type measureQuery struct {
	// Measure is a code of the register, or score.
	Measure string `json:"measure,omitempty" max:"100"`
}

// measureForm is the body of a statement about a measure.
type measureForm struct {
	Measure string `json:"measure" min:"1" max:"100"`
}

func stateClear(c *call, in measureForm) (mingjing.RefusedView, redirect, error) {
	s, err := c.s.casework.Complaints.StateClear(c.ctx(), c.actor(), in.Measure)
	if err != nil {
		return mingjing.RefusedView{}, redirect{}, err
	}
	out := mingjing.RefusedView{Measures: []mingjing.RefusalMeasure{}, Measure: in.Measure, Answer: mingjing.RefusalClear, Statement: &s}
	out.Token, err = c.s.Sign(s)
	return out, redirect{}, err
}

// complaintForm is the body of a complaint.
type complaintForm struct {
	// Measure is what was refused; a report of a list has none.
	Measure string `json:"measure,omitempty" max:"100"`
	Place   string `json:"place"`
	// Where is the name and address of the place, or who used the list.
	Where      string `json:"where" min:"1" max:"200"`
	HappenedOn string `json:"happened_on" max:"10"`
	// Statement is in the resident's own words.
	Statement string `json:"statement" min:"1" max:"2000"`
}

// complainOf returns the endpoint of a kind of complaint.
func complainOf(kind mingjing.ComplaintKind, again, id, summary string, example complaintForm) endpoint {
	return action[complaintForm, mingjing.Complaint]{
		path: "/api/complaints/" + string(kind), access: mingjing.Residents, status: http.StatusCreated, errorPage: again,
		doc: apiDoc{id: id, summary: summary, about: "A supervisor answers it by its due time; the sums are public.",
			answer: "The complaint that was filed."},
		example: example,
		do: func(c *call, in complaintForm) (mingjing.Complaint, redirect, error) {
			k, err := c.s.casework.Complaints.Complain(c.ctx(), c.actor(), complaint.Filing{Kind: kind, Measure: in.Measure, Place: in.Place,
				Where: in.Where, On: in.HappenedOn, Text: in.Statement})
			return k, redirect{page: "complaints", done: "complaint_filed"}, err
		},
	}
}

var listUsedPage = page[none]{
	name: "list-used",
	endpoints: []endpoint{
		complainOf(mingjing.ComplaintList, "list-used", "reportList", "Report a list that nobody has published",
			complaintForm{Place: "employer", Where: "A staffing agency in Pudong", HappenedOn: "2026-03-01",
				Statement: "They had a list of people who had sued an employer."}),
	},
}

var complaintsPage = page[mingjing.ComplaintsView]{
	name: "complaints",
	get: func(c *call) (mingjing.ComplaintsView, error) {
		return c.s.casework.Complaints.OwnComplaints(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[mingjing.Complaint]]{
			path: "/api/complaints", access: mingjing.Residents,
			doc: apiDoc{id: "complaints", summary: "One's complaints, with the answers", answer: "Newest first."},
			get: func(c *call, _ none) (list[mingjing.Complaint], error) {
				v, err := c.s.casework.Complaints.OwnComplaints(c.ctx(), c.actor())
				return items(v.Complaints, ""), err
			},
		},
	},
}

var openComplaintsPage = page[mingjing.OpenComplaintsView]{
	name: "complaints-open",
	get: func(c *call) (mingjing.OpenComplaintsView, error) {
		return c.s.casework.Complaints.OpenComplaints(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[mingjing.ComplaintSummary]]{
			path: "/api/admin/complaints", access: mingjing.Staff,
			doc: apiDoc{id: "openComplaints", summary: "Complaints that wait for an answer", about: "For supervisors and auditors.",
				answer: "The nearest clock first. They name no resident.", fails: []int{http.StatusForbidden}},
			get: func(c *call, _ none) (list[mingjing.ComplaintSummary], error) {
				v, err := c.s.casework.Complaints.OpenComplaints(c.ctx(), c.actor())
				return items(v.Complaints, ""), err
			},
		},
	},
}

var complaintPage = page[mingjing.ComplaintCase]{
	name: "complaint",
	get: func(c *call) (mingjing.ComplaintCase, error) {
		return c.s.casework.Complaints.ComplaintCase(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		query[none, mingjing.ComplaintCase]{
			path: "/api/admin/complaints/{id}", access: mingjing.Staff,
			doc: apiDoc{id: "complaint", summary: "One complaint", about: "The resident's access log shows that it was read.",
				answer: "The complaint.", of: "complaint"},
			get: func(c *call, _ none) (mingjing.ComplaintCase, error) {
				return c.s.casework.Complaints.ComplaintCase(c.ctx(), c.actor(), c.r.PathValue("id"))
			},
		},
		action[complaintReplyForm, mingjing.ComplaintCase]{
			path: "/api/admin/complaints/{id}/answer", access: mingjing.Staff, errorPage: "complaint",
			doc: apiDoc{id: "answerComplaint", summary: "Answer a complaint", about: "Supervisors answer, and nobody one of their own.",
				answer: "The complaint.", of: "complaint", fails: []int{http.StatusConflict}},
			example: complaintReplyForm{Outcome: mingjing.ComplaintUnlawful, Reply: "The station was told that nothing allows this."},
			do: func(c *call, in complaintReplyForm) (mingjing.ComplaintCase, redirect, error) {
				k, err := c.s.casework.Complaints.AnswerComplaint(c.ctx(), c.actor(), c.r.PathValue("id"), in.Outcome, in.Reply)
				return k, redirect{page: "complaints-open", done: "complaint_answered"}, err
			},
		},
	},
}

// complaintReplyForm is the body of an answer to a complaint.
type complaintReplyForm struct {
	Outcome mingjing.ComplaintOutcome `json:"outcome"`
	Reply   string                    `json:"reply" min:"10" max:"2000"`
}

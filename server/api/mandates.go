package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/cases"
)

// casePage is the page of a case: another one for who acts for somebody.
func casePage(d mingjing.Case) string {
	if d.ActingFor != "" {
		return "helping"
	}
	return "dispute"
}

var mandatesPage = page[mingjing.MandatesView]{
	name: "mandates",
	get: func(c *call) (mingjing.MandatesView, error) {
		return c.s.casework.Cases.Mandates(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[mingjing.Mandate]]{
			path: "/api/mandates", access: mingjing.Residents,
			words: words{id: "mandates", summary: "The cases that one helps with, or is asked to help with", answer: "Newest first."},
			get: func(c *call, _ none) (list[mingjing.Mandate], error) {
				v, err := c.s.casework.Cases.Mandates(c.ctx(), c.actor())
				return items(v.Mandates, ""), err
			},
		},
		action[mandateForm, mingjing.Case]{
			path: "/api/disputes/{id}/mandates", access: mingjing.Residents, status: http.StatusCreated, again: "dispute", do: offerMandate,
			words: words{id: "offerMandate", summary: "Name somebody to act for one in a case", answer: "The case with its mandates.",
				of: "dispute", fails: []int{http.StatusConflict, http.StatusTooManyRequests}},
			example: mandateForm{IDNumber: "11010519491231002X", Relation: mingjing.RelationChild, Until: "2027-01-31"},
		},
		action[none, mingjing.Mandate]{
			path: "/api/mandates/{id}/accept", access: mingjing.Residents, again: "mandates",
			words: words{id: "acceptMandate", summary: "Accept to act in a case", answer: "The mandate.", of: "mandate",
				fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.Mandate, goal, error) {
				m, err := c.s.casework.Cases.AcceptMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
				return m, goal{page: "helping", id: m.CaseID, done: "mandate_accepted"}, err
			},
		},
		action[none, mingjing.Mandate]{
			path: "/api/mandates/{id}/decline", access: mingjing.Residents, again: "mandates",
			words: words{id: "declineMandate", summary: "Decline a mandate, or give it back", answer: "The mandate.", of: "mandate",
				fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.Mandate, goal, error) {
				m, err := c.s.casework.Cases.DeclineMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
				return m, goal{page: "mandates", done: "mandate_declined"}, err
			},
		},
		action[none, mingjing.Mandate]{
			path: "/api/mandates/{id}/revoke", access: mingjing.Residents, again: "mandates",
			words: words{id: "revokeMandate", summary: "Take a mandate back, at once", answer: "The mandate.", of: "mandate",
				fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.Mandate, goal, error) {
				m, err := c.s.casework.Cases.RevokeMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
				return m, goal{page: "dispute", id: m.CaseID, done: "mandate_revoked"}, err
			},
		},
	},
}

// mandateForm names somebody to act in a case.
type mandateForm struct {
	// IDNumber is the helper's. The answer is the same whether anybody is enrolled under
	// it or not.
	IDNumber string            `json:"id_number" min:"1"`
	Relation mingjing.Relation `json:"relation"`
	// Until is the last day, at most six months from now.
	Until mingjing.Date `json:"until"`
}

// offerMandate takes the helper's ID number, which is in no address and is never
// shown again.
func offerMandate(c *call, in mandateForm) (mingjing.Case, goal, error) {
	d, err := c.s.casework.Cases.OfferMandate(c.ctx(), c.actor(), cases.Offer{CaseID: c.r.PathValue("id"), IDNumber: in.IDNumber,
		Relation: in.Relation, Until: in.Until})
	return d, goal{page: "dispute", id: d.ID, done: "mandate_offered"}, err
}

var helpingPage = page[mingjing.DisputePage]{
	name: "helping",
	get: func(c *call) (out mingjing.DisputePage, err error) {
		out.Case, err = c.s.casework.Cases.Helping(c.ctx(), c.actor(), c.r.PathValue("id"))
		return out, err
	},
}

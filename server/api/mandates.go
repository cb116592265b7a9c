package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/cases"
)

// casePage returns the name of a case's page: a resident who acts for another has a
// page of its own.
func casePage(d mingjing.Case) string {
	if d.ActingFor != "" {
		return "helping"
	}
	return "dispute"
}

var mandatesPage = page[mingjing.MandatesView]{
	name: "mandates",
	get: func(c *call) (mingjing.MandatesView, error) {
		return c.s.casework.Mandates.Mandates(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[mingjing.Mandate]]{
			path: "/api/mandates", access: mingjing.Residents,
			doc: apiDoc{id: "mandates", summary: "The cases that one helps with, or is asked to help with", answer: "Newest first."},
			get: func(c *call, _ none) (list[mingjing.Mandate], error) {
				v, err := c.s.casework.Mandates.Mandates(c.ctx(), c.actor())
				return items(v.Mandates, ""), err
			},
		},
		action[mandateForm, mingjing.Case]{
			path: "/api/disputes/{id}/mandates", access: mingjing.Residents, status: http.StatusCreated, errorPage: "dispute", do: offerMandate,
			doc: apiDoc{id: "offerMandate", summary: "Name somebody to act for one in a case", answer: "The case with its mandates.",
				of: "dispute", fails: []int{http.StatusConflict, http.StatusTooManyRequests}},
			example: mandateForm{IDNumber: "11010519491231002X", Relation: mingjing.RelationChild, Until: "2027-01-31"},
		},
		action[none, mingjing.Mandate]{
			path: "/api/mandates/{id}/accept", access: mingjing.Residents, errorPage: "mandates",
			doc: apiDoc{id: "acceptMandate", summary: "Accept to act in a case", answer: "The mandate.", of: "mandate",
				fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.Mandate, redirect, error) {
				m, err := c.s.casework.Mandates.AcceptMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
				return m, redirect{page: "helping", id: m.CaseID, done: "mandate_accepted"}, err
			},
		},
		action[none, mingjing.Mandate]{
			path: "/api/mandates/{id}/decline", access: mingjing.Residents, errorPage: "mandates",
			doc: apiDoc{id: "declineMandate", summary: "Decline a mandate, or give it back", answer: "The mandate.", of: "mandate",
				fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.Mandate, redirect, error) {
				m, err := c.s.casework.Mandates.DeclineMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
				return m, redirect{page: "mandates", done: "mandate_declined"}, err
			},
		},
		action[none, mingjing.Mandate]{
			path: "/api/mandates/{id}/revoke", access: mingjing.Residents, errorPage: "mandates",
			doc: apiDoc{id: "revokeMandate", summary: "Revoke a mandate at once", answer: "The mandate.", of: "mandate",
				fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.Mandate, redirect, error) {
				m, err := c.s.casework.Mandates.RevokeMandate(c.ctx(), c.actor(), c.r.PathValue("id"))
				return m, redirect{page: "dispute", id: m.CaseID, done: "mandate_revoked"}, err
			},
		},
	},
}

// mandateForm is the body of a mandate that is offered.
type mandateForm struct {
	// IDNumber is the helper's. The answer is the same whether anybody is enrolled
	// under it or not.
	IDNumber string            `json:"id_number" min:"1"`
	Relation mingjing.Relation `json:"relation"`
	// Until is the last day, at most six months from now.
	Until mingjing.Date `json:"until"`
}

// offerMandate offers a mandate. The helper's ID number is in no address and is never
// shown again.
func offerMandate(c *call, in mandateForm) (mingjing.Case, redirect, error) {
	d, err := c.s.casework.Cases.OfferMandate(c.ctx(), c.actor(), cases.Offer{CaseID: c.r.PathValue("id"), IDNumber: in.IDNumber,
		Relation: in.Relation, Until: in.Until})
	return d, redirect{page: "dispute", id: d.ID, done: "mandate_offered"}, err
}

var helpingPage = page[mingjing.DisputePage]{
	name: "helping",
	get: func(c *call) (out mingjing.DisputePage, err error) {
		out.Case, err = c.s.casework.Cases.Helping(c.ctx(), c.actor(), c.r.PathValue("id"))
		return out, err
	},
}

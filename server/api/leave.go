package api

import (
	"errors"
	"net/http"

	"mingjing"
)

var consentsPage = page[mingjing.ConsentsView]{
	name: "consents",
	get: func(c *call) (mingjing.ConsentsView, error) {
		return c.s.casework.Scores.Consents(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[mingjing.Consent]]{
			path: "/api/consents", access: mingjing.Residents,
			doc: apiDoc{id: "consents", summary: "What one agreed to", answer: "Oldest first."},
			get: func(c *call, _ none) (list[mingjing.Consent], error) {
				v, err := c.s.casework.Scores.Consents(c.ctx(), c.actor())
				return items(v.Consents, ""), err
			},
		},
		action[withdrawForm, withdrawn]{
			path: "/api/consents/withdraw", access: mingjing.Residents, errorPage: "consents", do: withdraw,
			doc: apiDoc{id: "withdraw", summary: "Withdraw consent; the scores by that rulebook are deleted", answer: "Withdrawn.",
				fails: []int{http.StatusConflict}},
			example: withdrawForm{Rulebook: "honest-shanghai", Confirm: true},
		},
	},
}

// withdrawForm is the body of the withdrawal of a consent.
type withdrawForm struct {
	Rulebook string `json:"rulebook"`
	Confirm  bool   `json:"confirm" enum:"true"`
}

// withdrawn is the answer to the withdrawal of a consent.
type withdrawn struct {
	Withdrawn bool `json:"withdrawn"`
}

func withdraw(c *call, in withdrawForm) (withdrawn, redirect, error) {
	if !in.Confirm {
		return withdrawn{}, redirect{}, mingjing.InvalidFields(mingjing.FieldError{Field: "confirm", Code: "confirm_required"})
	}
	err := c.s.casework.Scores.Withdraw(c.ctx(), c.actor(), in.Rulebook)
	return withdrawn{true}, redirect{page: "consents", done: "consent_withdrawn"}, err
}

var leavePage = page[mingjing.LeaveView]{
	name: "leave",
	get: func(c *call) (mingjing.LeaveView, error) {
		return c.s.casework.Takeaway.Leaving(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		action[leaveForm, mingjing.Erasure]{
			outside: true,
			path:    "/api/leave", access: mingjing.Residents, status: http.StatusAccepted, errorPage: "leave", do: leave,
			doc: apiDoc{id: "leave", summary: "Leave for good: scoring ends, and everything about the resident is erased",
				answer: "It has begun; the session has ended.", fails: []int{http.StatusConflict}},
			example: leaveForm{Confirm: true},
		},
	},
}

// leaveForm is the body of a resident's request to leave.
type leaveForm struct {
	Confirm bool `json:"confirm" enum:"true"`
}

// leave starts the erasure of everything about the resident, and ends the session.
func leave(c *call, in leaveForm) (mingjing.Erasure, redirect, error) {
	if !in.Confirm {
		return mingjing.Erasure{}, redirect{}, mingjing.InvalidFields(mingjing.FieldError{Field: "confirm", Code: "leave_confirm"})
	}
	e, err := c.s.casework.Takeaway.Leave(c.ctx(), c.actor())
	if err != nil {
		return mingjing.Erasure{}, redirect{}, err
	}
	if err := c.s.Identity.Logout(c.ctx(), c.token); err != nil { // the session is erased with the login in any case
		c.s.Logger.Warn("end the session of who left", "id", c.id, "err", err)
	}
	c.who = nil
	c.setCookie("", -1)
	return e, redirect{page: "left", query: "receipt=" + e.ID}, nil
}

var leftPage = page[*mingjing.Erasure]{
	name: "left",
	get: func(c *call) (*mingjing.Erasure, error) {
		out, err := c.s.casework.Takeaway.Erasure(c.ctx(), c.r.URL.Query().Get("receipt"))
		if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind == mingjing.NotFound {
			return nil, nil //nolint:nilnil // the page says so
		}
		return &out, err
	},
	endpoints: []endpoint{
		query[none, mingjing.Erasure]{
			path: "/api/erasures/{id}", access: mingjing.Anyone,
			doc: apiDoc{id: "erasure", summary: "The progress of an erasure, by its receipt", answer: "The steps that are done.",
				of: "erasure: its receipt"},
			get: func(c *call, _ none) (mingjing.Erasure, error) {
				return c.s.casework.Takeaway.Erasure(c.ctx(), c.r.PathValue("id"))
			},
		},
	},
}

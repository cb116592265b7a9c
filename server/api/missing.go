package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/evidence"
)

var missingPage = page[mingjing.MissingView]{
	name: "missing",
	get: func(c *call) (mingjing.MissingView, error) {
		return c.s.casework.Cases.MissingForm(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, mingjing.MissingView]{
			path: "/api/missing", access: mingjing.Residents,
			doc: apiDoc{id: "missingForm", summary: "What one can ask agencies to send", answer: "Each item with an agency that may hold it."},
			get: func(c *call, _ none) (mingjing.MissingView, error) {
				return c.s.casework.Cases.MissingForm(c.ctx(), c.actor())
			},
		},
		action[missingForm, mingjing.Case]{
			path: "/api/missing", access: mingjing.Residents, status: http.StatusCreated, errorPage: "missing", do: askForMissing,
			doc: apiDoc{id: "askForMissing", summary: "Ask an agency for a record that it has not sent",
				answer: "The case that was filed.", fails: []int{http.StatusConflict}},
			example: missingForm{Missing: "volunteer.hours@civil-affairs", HappenedOn: "2026-01-15", DocumentNumber: "2026-0115",
				Statement: "I was there on all four weekends."},
		},
	},
}

// missingForm is the body of a request for a missing record.
type missingForm struct {
	// Missing is what is missing: a code of the catalogue, @, and the code of the agency.
	Missing string `json:"missing" min:"1" max:"200"`
	// HappenedOn is the day on the document.
	HappenedOn string `json:"happened_on" max:"10"`
	// DocumentNumber is that of the document.
	DocumentNumber string `json:"document_number" min:"1" max:"100"`
	// Statement is in the resident's own words.
	Statement string            `json:"statement" min:"1" max:"2000"`
	Evidence  []evidence.Upload `json:"evidence,omitempty"`
}

func askForMissing(c *call, in missingForm) (mingjing.Case, redirect, error) {
	d, err := c.s.casework.Cases.AskForMissing(c.ctx(), c.actor(), cases.MissingFiling{Choice: in.Missing, Occurred: in.HappenedOn,
		Number: in.DocumentNumber, Statement: in.Statement, Evidence: in.Evidence})
	return d, redirect{page: casePage(d), id: d.ID, done: "missing_filed"}, err
}

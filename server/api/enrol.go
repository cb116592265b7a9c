package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/register"
)

// counterCodeAction makes a new activation code for a resident who came to the counter.
var counterCodeAction = action[counterCodeForm, mingjing.CounterView]{
	path: "/api/admin/counter/code", access: mingjing.Staff, status: http.StatusCreated, errorPage: "counter",
	doc: apiDoc{id: "counterCode", summary: "Make a new activation code for a resident who came, after their identity was checked",
		about: "It ends older codes. The resident is told, and the access log says who made it and which document was checked. When it is " +
			"used, the password is replaced and all other sessions end.",
		answer: "The code, which is shown once; a form is answered with the page.", fails: []int{http.StatusNotFound, http.StatusConflict}},
	example: counterCodeForm{Visit: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911", Document: mingjing.IDDocuments[0]},
	do: func(c *call, in counterCodeForm) (mingjing.CounterView, redirect, error) {
		v, err := c.s.casework.Register.CodeAtCounter(c.ctx(), c.actor(), in.Visit, in.Document)
		return v, redirect{}, err
	},
	shows: func(made mingjing.CounterView) any { return &made },
}

// counterCodeForm is the body of a new activation code at the counter.
type counterCodeForm struct {
	// Visit is the id of the search, which ends after an hour.
	Visit string `json:"visit"`
	// Document is the document by which it was checked who the resident is.
	Document string `json:"document" enum:"id_card,temporary_id_card,hmt_residence_permit,permanent_residence_card,passport"`
}

// enrolPage is where staff enrol one person who came to the counter.
var enrolPage = page[mingjing.EnrolView]{
	name: "enrol",
	get: func(c *call) (mingjing.EnrolView, error) {
		return mingjing.EnrolView{}, c.checkWorker()
	},
	endpoints: []endpoint{
		action[enrolForm, mingjing.EnrolView]{
			path: "/api/admin/residents", access: mingjing.Staff, status: http.StatusCreated, errorPage: "enrol",
			doc: apiDoc{id: "enrolResident", summary: "Enrol one person who came to the counter, after their identity was checked",
				about: "The access log says who did it and which document was checked. Somebody who is enrolled already stays as they are, and " +
					"sees in their access log that this was tried.",
				answer: "Who was enrolled, with the activation code, which is shown once; a form is answered with the page.",
				fails:  []int{http.StatusConflict}},
			example: enrolForm{IDNumber: "11010519491231002X", Name: "Zhang San", Language: "zh-CN", Document: mingjing.IDDocuments[0]},
			do: func(c *call, in enrolForm) (mingjing.EnrolView, redirect, error) {
				made, err := c.s.casework.Register.EnrolAtCounter(c.ctx(), c.actor(), register.Newcomer{IDNumber: in.IDNumber, Name: in.Name,
					Lang: in.Language, Address: in.Address}, in.Document)
				if err != nil {
					return mingjing.EnrolView{}, redirect{}, err
				}
				return mingjing.EnrolView{Made: &made}, redirect{}, nil
			},
			shows: func(out mingjing.EnrolView) any { return &out },
		},
	},
}

// enrolForm is the body of an enrolment at the counter.
type enrolForm struct {
	// IDNumber is the ID number as it is written: spaces, full-width characters and a
	// lower-case x are understood.
	IDNumber string `json:"id_number"`
	Name     string `json:"name" max:"100"`
	// Language is the language of letters.
	Language string `json:"language,omitempty" enum:"zh-CN,en"`
	// Address is where letters are sent, at most five lines.
	Address string `json:"address,omitempty" max:"200"`
	// Document is the document by which it was checked who the person is.
	Document string `json:"document" enum:"id_card,temporary_id_card,hmt_residence_permit,permanent_residence_card,passport"`
}

package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/evidence"
)

var workloadPage = page[mingjing.WorkloadView]{
	name: "workload",
	get: func(c *call) (mingjing.WorkloadView, error) {
		return c.s.casework.Desk.Workload(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, mingjing.WorkloadView]{
			path: "/api/admin/workload", access: mingjing.Staff,
			doc: apiDoc{id: "workload", summary: "How much work each handler has; for supervisors and auditors", answer: "The figures."},
			get: func(c *call, _ none) (mingjing.WorkloadView, error) {
				return c.s.casework.Desk.Workload(c.ctx(), c.actor())
			},
		},
	},
}

var relativesPage = page[mingjing.RelativesView]{
	name: "relatives",
	get: func(c *call) (mingjing.RelativesView, error) {
		return c.s.casework.Desk.Relatives(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, mingjing.RelativesView]{
			path: "/api/admin/relatives", access: mingjing.Staff,
			doc: apiDoc{id: "relatives", summary: "The relatives that one has declared; for auditors the log", answer: "The relatives, or the log."},
			get: func(c *call, _ none) (mingjing.RelativesView, error) {
				return c.s.casework.Desk.Relatives(c.ctx(), c.actor())
			},
		},
		action[relativeForm, mingjing.RelativesView]{
			path: "/api/admin/relatives", access: mingjing.Staff, status: http.StatusCreated, errorPage: "relatives", do: declareRelative,
			doc: apiDoc{id: "declareRelative", summary: "Declare a relative, whose cases one does not get", answer: "The declared relatives.",
				fails: []int{http.StatusConflict}},
			example: relativeForm{IDNumber: "11010519491231002X"},
		},
		action[noRelativeForm, mingjing.RelativesView]{
			path: "/api/admin/relatives/remove", access: mingjing.Staff, errorPage: "relatives",
			doc: apiDoc{id: "removeRelative", summary: "Remove a declaration", answer: "The declared relatives.",
				fails: []int{http.StatusNotFound}},
			example: noRelativeForm{ID: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911"},
			do: func(c *call, in noRelativeForm) (mingjing.RelativesView, redirect, error) {
				v, err := c.s.casework.Desk.RemoveRelative(c.ctx(), c.actor(), in.ID)
				return v, redirect{page: "relatives", done: "relative_removed"}, err
			},
		},
	},
}

// checkWorker returns an error unless the actor handles cases. It is called before a
// form is checked: somebody who may not do a thing is not told how to fill in its form.
func (c *call) checkWorker() error {
	if c.actor().Role == mingjing.RoleAuditor {
		return mingjing.NewError(mingjing.Forbidden, "forbidden")
	}
	return nil
}

// relativeForm is the body of a declaration of a relative.
type relativeForm struct {
	IDNumber string `json:"id_number"`
}

// noRelativeForm is the body of the removal of a declaration.
type noRelativeForm struct {
	ID string `json:"relative_id"`
}

func declareRelative(c *call, in relativeForm) (mingjing.RelativesView, redirect, error) {
	if err := c.checkWorker(); err != nil {
		return mingjing.RelativesView{}, redirect{}, err
	}
	n, wrong := c.idNumber(in.IDNumber)
	if len(wrong) > 0 {
		return mingjing.RelativesView{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	v, err := c.s.casework.Desk.DeclareRelative(c.ctx(), c.actor(), n)
	return v, redirect{page: "relatives", done: "relative_declared"}, err
}

var counterPage = page[mingjing.CounterView]{
	name: "counter",
	get: func(c *call) (mingjing.CounterView, error) {
		if err := c.checkWorker(); err != nil { // who only reads cases files nothing
			return mingjing.CounterView{}, err
		}
		if c.r.Method != http.MethodPost || c.in.get("visit") == "" {
			return mingjing.CounterView{}, nil
		}
		out, err := c.s.casework.Desk.CounterAgain(c.ctx(), c.actor(), c.in.get("visit")) // the form is shown again
		if refused, ok := errors.AsType[*mingjing.Error](err); ok && refused.Kind != mingjing.Unavailable {
			return mingjing.CounterView{}, nil // the visit is over, which is what the problem says
		}
		return out, err
	},
	endpoints: []endpoint{
		action[counterForm, mingjing.CounterView]{
			repeats: "it reads, and each look is an entry of the access log",
			path:    "/api/admin/counter", access: mingjing.Staff, errorPage: "counter", do: lookUp,
			doc: apiDoc{id: "lookUp", summary: "Find a resident who came to the counter",
				about: "The access is in the resident's access log before the answer is sent. A number that nobody has is counted: of these " +
					"each member of staff may try ten in an hour.",
				answer: "The resident, and what can be disputed; a form is answered with the page.", fails: []int{http.StatusNotFound,
					http.StatusTooManyRequests}},
			example: counterForm{IDNumber: "11010519491231002X"},
			shows:   func(found mingjing.CounterView) any { return &found },
		},
		action[counterDisputeForm, mingjing.CaseView]{
			path: "/api/admin/counter/disputes", access: mingjing.Staff, status: http.StatusCreated, errorPage: "counter", do: fileAtCounter,
			doc: apiDoc{id: "fileAtCounter", summary: "File a dispute for a resident who came",
				about:  "It is in the resident's timeline, access log and inbox. The member of staff who files it may not decide it.",
				answer: "The case.", fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: counterDisputeForm{Visit: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911", RecordID: "9a0c41de-70b5-4b0c-8c2f-0d8c5f0e6b7a",
				Reason: mingjing.ReasonNotMe, Statement: "The resident says that it is somebody of the same name."},
		},
		counterCodeAction,
	},
}

// counterForm is the body of a search for a resident at the counter.
type counterForm struct {
	IDNumber string `json:"id_number"`
}

func lookUp(c *call, in counterForm) (mingjing.CounterView, redirect, error) {
	if err := c.checkWorker(); err != nil {
		return mingjing.CounterView{}, redirect{}, err
	}
	n, wrong := c.idNumber(in.IDNumber)
	if len(wrong) > 0 {
		return mingjing.CounterView{}, redirect{}, mingjing.InvalidFields(wrong...)
	}
	v, err := c.s.casework.Desk.Counter(c.ctx(), c.actor(), n)
	return v, redirect{page: "counter"}, err
}

// counterDisputeForm is the body of a dispute for a resident who came to the counter.
// One of record_id, listing_id and what says about what.
type counterDisputeForm struct {
	// Visit is the id of the search, which ends after an hour.
	Visit  string                 `json:"visit"`
	Reason mingjing.DisputeReason `json:"reason"`
	// Statement is in the resident's own words.
	Statement string `json:"statement" min:"1" max:"2000"`
	RecordID  string `json:"record_id,omitempty"`
	ListingID string `json:"listing_id,omitempty"`
	// What is the choice in a form of a record or a listing: "record:" or "listing:",
	// and the id.
	What     string            `json:"what,omitempty"`
	Evidence []evidence.Upload `json:"evidence,omitempty"`
}

func (counterDisputeForm) oneOf() []string { return []string{"record_id", "listing_id", "what"} }

func fileAtCounter(c *call, in counterDisputeForm) (mingjing.CaseView, redirect, error) {
	f := cases.Filing{RecordID: in.RecordID, ListingID: in.ListingID, Reason: in.Reason, Statement: in.Statement,
		Evidence: in.Evidence}
	if id, ok := strings.CutPrefix(in.What, "record:"); ok {
		f.RecordID = id
	} else if id, ok := strings.CutPrefix(in.What, "listing:"); ok {
		f.ListingID = id
	}
	k, err := c.s.casework.Desk.FileAtCounter(c.ctx(), c.actor(), in.Visit, f)
	if wrong, ok := errors.AsType[*mingjing.Error](err); ok && c.format() != asJSON {
		again := *wrong
		again.Fields = slices.Clone(wrong.Fields)
		for i, field := range again.Fields {
			if field.Field == "record_id" {
				again.Fields[i].Field = "what"
			}
		}
		err = &again
	}
	return k, redirect{page: "case", id: k.ID, done: "counter_filed"}, err
}

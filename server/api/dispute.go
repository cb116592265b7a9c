package api

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/evidence"
)

var disputesPage = page[mingjing.CasesView]{
	name: "disputes",
	get: func(c *call) (mingjing.CasesView, error) {
		return c.s.casework.Cases.Disputes(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[mingjing.Case]]{
			path: "/api/disputes", access: mingjing.Residents,
			doc: apiDoc{id: "disputes", summary: "One's disputes", answer: "Newest first."},
			get: func(c *call, _ none) (list[mingjing.Case], error) {
				v, err := c.s.casework.Cases.Disputes(c.ctx(), c.actor())
				return items(v.Disputes, ""), err
			},
		},
	},
}

var newDisputePage = page[mingjing.NewCaseView]{
	name: "new-dispute",
	get: func(c *call) (mingjing.NewCaseView, error) {
		q := c.r.URL.Query()
		record, listing, previous := q.Get("record"), q.Get("listing"), q.Get("previous")
		if c.r.Method == http.MethodPost { // the form is shown again
			record, listing, previous = c.in.get("record_id"), c.in.get("listing_id"), c.in.get("previous")
		}
		out, err := c.s.casework.Cases.NewCase(c.ctx(), c.actor(), record, listing, previous)
		return out, err
	},
	endpoints: []endpoint{
		action[disputeForm, mingjing.Case]{
			path: "/api/disputes", access: mingjing.Residents, status: http.StatusCreated, errorPage: "new-dispute", do: fileDispute,
			doc: apiDoc{id: "fileDispute", summary: "Dispute a record or listing; its effect pauses at once",
				answer: "The dispute that was filed, or the one that was filed with this key.", fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: disputeForm{ListingID: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911", Reason: mingjing.ReasonAlreadyPerformed,
				Statement: "I paid my whole share before the listing."},
		},
	},
}

// disputeForm is the body of a dispute of a record or a listing. One of record_id,
// listing_id and previous says what.
type disputeForm struct {
	Reason mingjing.DisputeReason `json:"reason"`
	// Statement is in the resident's own words.
	Statement string `json:"statement" min:"1" max:"2000"`
	RecordID  string `json:"record_id,omitempty"`
	ListingID string `json:"listing_id,omitempty"`
	// Previous is the decided case that this one follows, with new evidence.
	Previous string            `json:"previous,omitempty"`
	Evidence []evidence.Upload `json:"evidence,omitempty"`
}

func (disputeForm) oneOf() []string { return []string{"record_id", "listing_id", "previous"} }

func fileDispute(c *call, in disputeForm) (mingjing.Case, redirect, error) {
	d, err := c.s.casework.Cases.FileDispute(c.ctx(), c.actor(), cases.Filing{RecordID: in.RecordID, ListingID: in.ListingID,
		Previous: in.Previous,
		Reason:   in.Reason, Statement: in.Statement, Evidence: in.Evidence})
	return d, redirect{page: casePage(d), id: d.ID, done: "dispute_filed"}, err
}

var disputePage = page[mingjing.DisputePage]{
	name: "dispute",
	get: func(c *call) (out mingjing.DisputePage, err error) {
		out.Case, err = c.s.casework.Cases.Dispute(c.ctx(), c.actor(), c.r.PathValue("id"))
		if err == nil && out.Decision != nil && slices.Contains(corrects, out.Decision.Outcome) {
			out.Correction, err = c.s.casework.Shares.Correction(c.ctx(), c.actor(), out.ID)
		}
		return out, err
	},
	endpoints: []endpoint{
		query[none, mingjing.Case]{
			path: "/api/disputes/{id}", access: mingjing.Residents,
			doc: apiDoc{id: "dispute", summary: "One dispute with its timeline", answer: "The dispute.", of: "dispute"},
			get: func(c *call, _ none) (mingjing.Case, error) {
				return c.s.casework.Cases.Dispute(c.ctx(), c.actor(), c.r.PathValue("id"))
			},
		},
		action[evidenceForm, mingjing.Case]{
			path: evidencePath("{id}"), access: mingjing.Residents, status: http.StatusCreated, errorPage: "dispute", do: addEvidence,
			doc: apiDoc{id: "addEvidence", summary: "Add words, evidence or both", answer: "The dispute with what was added.",
				of: "dispute", fails: []int{http.StatusConflict}},
			example: evidenceForm{Statement: "The receipt is of 3 March; I found it only now."},
		},
		raw[evidencePart]{
			path: "/api/evidence/{id}", access: mingjing.Everyone, write: writeEvidence, kinds: evidenceTypes,
			doc: apiDoc{id: "evidence", tag: tagResident, summary: "One piece of evidence", of: "evidence",
				answer: "The file, as an attachment, or a picture of a page."},
		},
		raw[inLang]{
			path: "/api/disputes/{id}/dates.ics", access: mingjing.Residents, write: writeDisputeDates, kinds: []string{icsType},
			doc: apiDoc{id: "disputeDates", summary: "The dates ahead of one dispute, for a calendar", answer: datesAnswer, of: "dispute"},
		},
		action[feedbackForm, mingjing.Case]{
			path: "/api/disputes/{id}/feedback", access: mingjing.Residents, errorPage: "dispute", do: sayFeedback,
			doc: apiDoc{id: "sayFeedback", summary: "Say how a decided case was dealt with",
				about:  "It is published as a sum by agency, without small numbers. Those who handle cases do not see it.",
				answer: "The case.", of: "decided dispute", fails: []int{http.StatusConflict}},
			example: feedbackForm{Feedback: mingjing.FeedbackPoor},
		},
		action[none, mingjing.Case]{
			path: "/api/disputes/{id}/nothing-to-add", access: mingjing.Residents, errorPage: "dispute", do: nothingToAdd,
			doc: apiDoc{id: "nothingToAdd", summary: "Say that there is nothing to add",
				about: "The bureau then has half of its time to decide, and the whole again when something is added. " +
					"`sooner` is its last instant then.",
				answer: "The case.", of: "dispute", fails: []int{http.StatusConflict}},
		},
		action[none, mingjing.CorrectionView]{
			path: "/api/disputes/{id}/tell-recipients", access: mingjing.Residents, errorPage: "dispute", do: tellRecipients,
			doc: apiDoc{id: "tellRecipients", summary: "Tell those who viewed a score that a decision has corrected it",
				about:  "On the page of the share, and by mail where they left an address. Nobody is told twice.",
				answer: "Who was told.", of: "decided dispute", fails: []int{http.StatusConflict}},
		},
	},
}

// feedbackForm is the body of what a resident thinks of how their case was dealt with.
type feedbackForm struct {
	Feedback string `json:"feedback" enum:"good,poor"`
}

func sayFeedback(c *call, in feedbackForm) (mingjing.Case, redirect, error) {
	d, err := c.s.casework.Cases.SayFeedback(c.ctx(), c.actor(), c.r.PathValue("id"), in.Feedback)
	return d, redirect{page: "dispute", id: d.ID, done: "feedback_" + in.Feedback}, err
}

func nothingToAdd(c *call, _ none) (mingjing.Case, redirect, error) {
	d, err := c.s.casework.Cases.NothingToAdd(c.ctx(), c.actor(), c.r.PathValue("id"))
	return d, redirect{page: "dispute", id: d.ID, done: "nothing_to_add"}, err
}

// evidencePath returns the address at which something is added to a case.
func evidencePath(id string) string { return "/api/disputes/" + id + "/evidence" }

// evidenceForm is the body of what is added to a case.
type evidenceForm struct {
	// Statement is in the resident's own words. Nothing is added in words to a case that is
	// decided.
	Statement string            `json:"statement,omitempty" max:"2000"`
	Evidence  []evidence.Upload `json:"evidence"`
}

func addEvidence(c *call, in evidenceForm) (mingjing.Case, redirect, error) {
	d, err := c.s.casework.Cases.AddToCase(c.ctx(), c.actor(), c.r.PathValue("id"), in.Statement, in.Evidence)
	return d, redirect{page: casePage(d), id: d.ID, done: "evidence_added"}, err
}

// evidenceTypes are the media types of files that are evidence.
var evidenceTypes = []string{"application/pdf", "image/jpeg", "image/png"}

// writeEvidence sends a piece of evidence as an attachment, under a policy that lets it
// do nothing if a browser opens it all the same.
func writeEvidence(c *call, in evidencePart) error {
	e, data, err := c.s.casework.Cases.EvidenceFile(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.sendEvidence(e, data, in.Page)
}

// evidencePart says what of a file is wanted.
type evidencePart struct {
	// Page is the page of which a picture is wanted, the first being 1; the file as it is
	// where it is left out.
	Page int `json:"page,omitempty" min:"0" max:"10000"`
}

// sendEvidence sends a file as an attachment, or a page of it as a picture that the browser
// shows.
func (c *call) sendEvidence(e mingjing.Evidence, data []byte, page int) error {
	if page == 0 {
		return c.attachment(e, data)
	}
	picture, err := c.s.casework.City.Files().Page(c.ctx(), c.actor().ID, data, page)
	if refused := evidence.Refusal(""); errors.As(err, &refused) {
		return mingjing.NewError(mingjing.NotFound, "not_found")
	} else if err != nil {
		return err
	}
	c.noStore()
	h := c.w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Length", strconv.Itoa(len(picture)))
	h.Set("Content-Disposition", "inline")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.write(http.StatusOK, picture)
}

func (c *call) attachment(e mingjing.Evidence, data []byte) error {
	c.noStore()
	h := c.w.Header()
	h.Set("Content-Type", e.Type)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": e.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.write(http.StatusOK, data)
}

func writeDisputeDates(c *call, in inLang) error {
	d, err := c.s.casework.Cases.Dispute(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	cal := c.calendar(in, "dispute", d.ID)
	for i, k := range d.Clocks {
		if k.MetAt == nil && !k.Missed {
			cal.at(k.Code+strconv.Itoa(i), k.Due)
		}
	}
	return c.serveCalendar(cal)
}

func tellRecipients(c *call, _ none) (mingjing.CorrectionView, redirect, error) {
	id := c.r.PathValue("id")
	v, err := c.s.casework.Shares.TellRecipients(c.ctx(), c.actor(), id)
	return v, redirect{page: "dispute", id: id, done: "recipients_told"}, err
}

// corrects are the outcomes that change scores which others may have viewed.
var corrects = []mingjing.Outcome{mingjing.OutcomeUpheld, mingjing.OutcomePartly}

var reviewPage = page[mingjing.NewCaseView]{
	name: "review",
	get: func(c *call) (mingjing.NewCaseView, error) {
		out, err := c.s.casework.Cases.NewCase(c.ctx(), c.actor(), "", "", c.r.PathValue("id"))
		return out, err
	},
	endpoints: []endpoint{
		action[reviewForm, mingjing.Case]{
			path: "/api/disputes/{id}/review", access: mingjing.Residents, status: http.StatusCreated, errorPage: "review", do: askForReview,
			doc: apiDoc{id: "askForReview", summary: "Ask for a review by a supervisor who was not involved",
				answer: "The review that was asked for.",
				of:     "decided case", fails: []int{http.StatusConflict}},
			example: reviewForm{Statement: "The decision does not deal with the receipt of 3 March."},
		},
	},
}

// reviewForm is the body of a request to review a decided case.
type reviewForm struct {
	// Statement is in the resident's own words.
	Statement string            `json:"statement" min:"1" max:"2000"`
	Evidence  []evidence.Upload `json:"evidence,omitempty"`
}

func askForReview(c *call, in reviewForm) (mingjing.Case, redirect, error) {
	d, err := c.s.casework.Cases.AskForReview(c.ctx(), c.actor(), cases.Filing{Previous: c.r.PathValue("id"),
		Statement: in.Statement, Evidence: in.Evidence})
	return d, redirect{page: casePage(d), id: d.ID, done: "review_filed"}, err
}

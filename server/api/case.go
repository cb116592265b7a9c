package api

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
)

var queuePage = page[mingjing.QueueView]{
	name: "queue",
	get:  func(c *call) (mingjing.QueueView, error) { return c.cases(asked[queueQuery](c), "") },
	endpoints: []endpoint{
		query[queueQuery, list[caseItem]]{
			path: "/api/admin/cases", access: mingjing.Staff, get: getCases,
			doc: apiDoc{id: "cases", summary: "The work queue", answer: "A page, the nearest clock first."},
		},
		action[searchForm, foundCases]{
			repeats: "it reads, and each look is an entry of the access log",
			path:    "/api/admin/cases/search", access: mingjing.Staff, errorPage: "queue",
			doc: apiDoc{id: "searchCases", summary: "Search in the work queue",
				about:  "By case, name or catalogue code. Each resident found sees the access.",
				answer: "A page, the nearest clock first; a form is answered with the page."},
			example: searchForm{Search: "林静"},
			do: func(c *call, in searchForm) (foundCases, redirect, error) {
				v, err := c.cases(in.queueQuery, in.Search)
				return foundCases{caseItems(v), v.Next, v}, redirect{page: "queue"}, err
			},
			shows: func(found foundCases) any { return &found.queue },
		},
		action[none, mingjing.CaseView]{
			path: "/api/admin/cases/next", access: mingjing.Staff, errorPage: "queue",
			doc: apiDoc{id: "nextCase", summary: "Take the next case",
				about: "The case with the nearest clock that the caller may take, among equals the one that waits longest. " +
					"With 20 open cases it is refused.",
				answer: "The case, which is the caller's now.", fails: []int{http.StatusNotFound, http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.Next(c.ctx(), c.actor())
				return k, redirect{page: "case", id: k.ID, done: "assigned"}, err
			},
		},
	},
}

// queueQuery is the query of the work queue.
type queueQuery struct {
	// State is open when it is left out.
	State string `json:"state,omitempty"`
	// Kind leaves only cases of one kind; any is all.
	Kind string `json:"kind,omitempty"`
	// Late leaves only open cases whose nearest clock is late, or very late.
	Late   mingjing.Lateness `json:"late,omitempty" enum:"late,very_late"`
	Mine   string            `json:"mine,omitempty" enum:"1"`
	Agency string            `json:"agency,omitempty" max:"100"`
	paged
}

// searchForm is the body of a search among the cases that a [queueQuery] leaves. It is
// no query, since names must not stand in an address.
type searchForm struct {
	// Search is by case, name or catalogue code.
	Search string `json:"search,omitempty" max:"200"`
	queueQuery
}

func (c *call) cases(in queueQuery, search string) (mingjing.QueueView, error) {
	if in.Agency == mingjing.AnyAgency {
		in.Agency = ""
	}
	if in.Kind == mingjing.AnyKind {
		in.Kind = ""
	}
	return c.s.casework.Desk.Cases(c.ctx(), c.actor(), mingjing.CaseFilter{State: in.State, Kind: mingjing.CaseKind(in.Kind),
		Late: in.Late, Mine: in.Mine == "1", Agency: in.Agency, Search: search}, in.Cursor)
}

// A caseItem is a case in the work queue, without what only the page of the case shows.
type caseItem struct {
	ID        string                 `json:"id"`
	Kind      mingjing.CaseKind      `json:"kind"`
	Record    *subject               `json:"record,omitempty"`
	Listing   *subject               `json:"listing,omitempty"`
	Reason    mingjing.DisputeReason `json:"reason,omitempty"`
	State     mingjing.CaseState     `json:"state"`
	FiledAt   time.Time              `json:"filed_at"`
	Clocks    []mingjing.Clock       `json:"clocks"`
	Next      *mingjing.Clock        `json:"next,omitempty"`
	Handler   string                 `json:"handler,omitempty"`
	HandlerID string                 `json:"handler_id,omitempty"`
	Resident  string                 `json:"resident,omitempty"`
	IDMasked  string                 `json:"id_masked,omitempty"`
	Escalated bool                   `json:"escalated"`
	Allowed   []string               `json:"allowed"`
}

// A subject is the record or listing that a case is about.
type subject struct {
	ID     string            `json:"id"`
	Agency string            `json:"agency"`
	Code   string            `json:"code"`
	Kind   mingjing.ListKind `json:"kind,omitempty"`
}

// foundCases is the answer to a search in the work queue, with its page.
type foundCases struct {
	Items []caseItem `json:"items"`
	Next  string     `json:"next,omitempty"`
	queue mingjing.QueueView
}

func getCases(c *call, in queueQuery) (list[caseItem], error) {
	v, err := c.cases(in, "")
	return items(caseItems(v), v.Next), err
}

func caseItems(v mingjing.QueueView) []caseItem {
	out := []caseItem{}
	for _, k := range v.Cases {
		item := caseItem{ID: k.ID, Kind: k.Kind, Escalated: k.Escalated, Reason: k.Reason, State: k.State, FiledAt: k.FiledAt, Clocks: k.Clocks,
			Next: k.Next, Handler: k.Handler, HandlerID: k.HandlerID, Resident: k.Resident, IDMasked: k.IDMasked, Allowed: k.Allowed}
		if r := k.Record; r != nil {
			item.Record = &subject{ID: r.ID, Agency: r.Agency, Code: r.Code}
		}
		if l := k.Listing; l != nil {
			item.Listing = &subject{ID: l.ID, Agency: l.Agency, Code: l.Code, Kind: l.Kind}
		}
		out = append(out, item)
	}
	return out
}

var oneCasePage = page[mingjing.CasePage]{
	name: "case",
	get: func(c *call) (mingjing.CasePage, error) {
		k, err := c.s.casework.Desk.Case(c.ctx(), c.actor(), c.r.PathValue("id"))
		out := mingjing.CasePage{CaseView: k}
		if err != nil || k.Closed || k.Kind != mingjing.CaseReview || k.Previous == "" {
			return out, err
		}
		// Who reviews a decision has to read it; that too is in the resident's access
		// log.
		first, err := c.s.casework.Desk.Case(c.ctx(), c.actor(), k.Previous)
		out.First = &first
		return out, err
	},
	fill: fillReply,
	endpoints: []endpoint{
		query[none, mingjing.CaseView]{
			path: "/api/admin/cases/{id}", access: mingjing.Staff,
			doc: apiDoc{id: "case", summary: "One case",
				about:  "One that is not the caller's is refused (case_reason_required) until they take it, or open it with a reason.",
				answer: "The case.", of: "case", fails: []int{http.StatusForbidden}},
			get: func(c *call, _ none) (mingjing.CaseView, error) {
				k, err := c.s.casework.Desk.Case(c.ctx(), c.actor(), c.r.PathValue("id"))
				if err == nil && k.Closed {
					refused := *cases.ErrNotOpened
					refused.Allowed = k.Allowed
					return mingjing.CaseView{}, &refused
				}
				return k, err
			},
		},
		action[none, mingjing.CaseView]{
			path: "/api/admin/cases/{id}/assign", access: mingjing.Staff, errorPage: "case",
			doc: apiDoc{id: "assign", summary: "Take a case", answer: "The case.", of: "case", fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.Assign(c.ctx(), c.actor(), c.r.PathValue("id"))
				return k, redirect{page: "case", id: k.ID, done: "assigned"}, err
			},
		},
		action[none, mingjing.CaseView]{
			path: "/api/admin/cases/{id}/ask-agency", access: mingjing.Staff, errorPage: "case",
			doc: apiDoc{id: "askAgency", summary: "Put the dispute to its agency", answer: "The case; the agency's clock runs.", of: "case",
				fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.AskAgency(c.ctx(), c.actor(), c.r.PathValue("id"))
				return k, redirect{page: "case", id: k.ID, done: "agency_asked"}, err
			},
		},
		action[none, mingjing.CaseView]{
			path: "/api/admin/cases/{id}/extend", access: mingjing.Staff, errorPage: "case",
			doc: apiDoc{id: "extend", summary: "Give a case more time, once, for evidence that came after it was filed", answer: "The case.",
				of: "case", fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.Extend(c.ctx(), c.actor(), c.r.PathValue("id"))
				return k, redirect{page: "case", id: k.ID, done: "extended"}, err
			},
		},
		action[openForm, mingjing.CaseView]{
			path: "/api/admin/cases/{id}/open", access: mingjing.Staff, errorPage: "case",
			doc: apiDoc{id: "openCase", summary: "Open a case that is not one's own, for an hour",
				about:  "The resident reads the reason in the access log, and auditors see how often each member of staff has done so.",
				answer: "The case.", of: "case", fails: []int{http.StatusConflict}},
			example: openForm{Reason: "The resident is on the telephone, and the handler is ill."},
			do: func(c *call, in openForm) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.Open(c.ctx(), c.actor(), c.r.PathValue("id"), in.Reason)
				return k, redirect{page: "case", id: k.ID, done: "case_opened"}, err
			},
		},
		action[recommendForm, mingjing.CaseView]{
			path: "/api/admin/cases/{id}/recommend", access: mingjing.Staff, errorPage: "case",
			doc: apiDoc{id: "recommend", summary: "Recommend a decision on a proposed listing, as the first of two people",
				answer: "The case, which now waits for a supervisor.", of: "case", fails: []int{http.StatusConflict}},
			example: recommendForm{Outcome: mingjing.OutcomeApproved, Reasons: "The notice of tax due is final, and was served."},
			do: func(c *call, in recommendForm) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.Recommend(c.ctx(), c.actor(), c.r.PathValue("id"), desk.Ruling{Outcome: in.Outcome, Reasons: in.Reasons})
				return k, redirect{page: "case", id: k.ID, done: "recommended"}, err
			},
		},
		action[serveForm, mingjing.CaseView]{
			path: "/api/admin/cases/{id}/serve", access: mingjing.Staff, errorPage: "case",
			doc: apiDoc{id: "serve", summary: "Record that a listing was served by post or in person; the time to answer begins",
				answer: "The case.",
				of:     "case",
				fails:  []int{http.StatusConflict}},
			example: serveForm{Method: "post", On: "2026-03-02", Proof: "EMS 1092 4417 3"},
			do: func(c *call, in serveForm) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.Serve(c.ctx(), c.actor(), c.r.PathValue("id"), desk.Service{Method: in.Method, On: in.On, Proof: in.Proof})
				return k, redirect{page: "case", id: k.ID, done: "served"}, err
			},
		},
		action[decisionForm, mingjing.CaseView]{
			path: "/api/admin/cases/{id}/decision", access: mingjing.Staff, errorPage: "case", do: decide,
			doc: apiDoc{id: "decide", summary: "Decide a case", answer: "The case, with the decision carried out.", of: "case",
				fails: []int{http.StatusConflict}},
			example: decisionForm{Outcome: mingjing.OutcomeUpheld, Reasons: "The receipt shows that the debt was paid before the listing.",
				Answers: []evidenceAnswer{{"5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911", "It is the bank's own receipt, of 3 March."}}},
		},
		action[noteForm, mingjing.CaseView]{
			path: "/api/admin/cases/{id}/notes", access: mingjing.Staff, status: http.StatusCreated, errorPage: "case",
			doc: apiDoc{id: "addNote", summary: "Write a note for colleagues",
				about:  "Notes are never deleted and never shown to the resident, whose access log shows that one was written.",
				answer: "The case.", of: "case", fails: []int{http.StatusConflict}},
			example: noteForm{Text: "The court's clerk will send the file on Monday."},
			do: func(c *call, in noteForm) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.AddNote(c.ctx(), c.actor(), c.r.PathValue("id"), in.Text)
				return k, redirect{page: "case", id: k.ID, done: "note_added"}, err
			},
		},
		action[idNumberForm, mingjing.CaseView]{
			repeats: "it reads, and each look is an entry of the access log",
			path:    "/api/admin/cases/{id}/id-number", access: mingjing.Staff, errorPage: "case",
			doc: apiDoc{id: "openIDNumber", summary: "Open the full ID number",
				about:  "Only for the handler of the case. The resident's access log shows that it was opened, and why.",
				answer: "The case, with the full ID number; a form is answered with the page, once.", of: "case", fails: []int{http.StatusConflict}},
			example: idNumberForm{Reason: "identity"},
			do: func(c *call, in idNumberForm) (mingjing.CaseView, redirect, error) {
				k, err := c.s.casework.Desk.OpenIDNumber(c.ctx(), c.actor(), c.r.PathValue("id"), in.Reason)
				return k, redirect{page: "case", id: k.ID}, err
			},
			shows: func(k mingjing.CaseView) any { return &mingjing.CasePage{CaseView: k} },
		},
	},
}

// recommendForm is the body of a recommendation on a proposed listing.
type recommendForm struct {
	Outcome mingjing.Outcome `json:"outcome" enum:"approved,refused"`
	Reasons string           `json:"reasons" min:"1" max:"4000"`
}

// serveForm is the body of the note that a listing was served by post or in person.
type serveForm struct {
	Method string `json:"method" enum:"post,in_person"`
	// On is the day on the receipt.
	On string `json:"on" format:"date"`
	// Proof is the number of the receipt, or of the protocol.
	Proof string `json:"proof" min:"1" max:"100"`
}

// decisionForm is the body of a decision.
type decisionForm struct {
	// Outcome is an outcome of the kind of case: upheld, partly, rejected (dispute,
	// review), granted, refused (repair), approved, refused (listing).
	Outcome mingjing.Outcome `json:"outcome"`
	Reasons string           `json:"reasons" min:"1" max:"4000"`
	// CorrectTo is for partly: the right date of the record, or the day on which the
	// listing ends instead.
	CorrectTo string `json:"correct_to,omitempty" format:"date"`
	// Answers has one answer for each piece of evidence.
	Answers []evidenceAnswer `json:"evidence_answers,omitempty" max:"10"`
	// EvidenceID and EvidenceAnswer are the same as Answers in a form, by position.
	EvidenceID     []string `json:"evidence_id,omitempty"`
	EvidenceAnswer []string `json:"evidence_answer,omitempty"`
}

// An evidenceAnswer is the handler's answer to a piece of evidence.
type evidenceAnswer struct {
	EvidenceID string `json:"evidence_id"`
	Answer     string `json:"answer" min:"1" max:"4000"`
}

func decide(c *call, in decisionForm) (mingjing.CaseView, redirect, error) {
	r := desk.Ruling{Outcome: in.Outcome, Reasons: in.Reasons, CorrectTo: in.CorrectTo, Answers: map[string]string{}}
	for i, id := range in.EvidenceID[:min(len(in.EvidenceID), len(in.EvidenceAnswer))] {
		r.Answers[id] = in.EvidenceAnswer[i]
	}
	if in.Answers != nil {
		clear(r.Answers)
	}
	for _, a := range in.Answers {
		r.Answers[a.EvidenceID] = a.Answer
	}
	k, err := c.s.casework.Desk.Decide(c.ctx(), c.actor(), c.r.PathValue("id"), r)
	return k, redirect{page: "case", id: k.ID, done: "decided"}, err
}

// noteForm is the body of a note for colleagues.
type noteForm struct {
	Text string `json:"text" min:"1" max:"2000"`
}

// openForm is the body of a request to open a case that is not one's own.
type openForm struct {
	Reason string `json:"reason" min:"1" max:"300"`
}

// idNumberForm is the body of a request to read the full ID number, with the reason.
type idNumberForm struct {
	Reason string `json:"id_reason"`
}

// fillReply puts the chosen reply text into the reasons, in the language that the
// resident reads, or else that of the page.
func fillReply(c *call, v *mingjing.View) {
	code := c.r.URL.Query().Get("reply")
	k := mingjing.DataOf[mingjing.CasePage](v)
	if !c.readOnly() || !slices.ContainsFunc(mingjing.RepliesFor(k.Kind), func(r mingjing.ReplyText) bool { return r.Code == code }) {
		return
	}
	lang := c.lang
	if slices.Contains(mingjing.Languages, k.ReplyLang) {
		lang = k.ReplyLang
	}
	item, agency := k.Code(), k.Agency()
	for _, b := range slices.Backward(c.s.casework.City.HeldBooks()) { // the first book wins
		if i, ok := b.Item(k.Code()); ok {
			item = cmp.Or(i.Name.In(lang), item)
		}
		if a, ok := b.Agency(k.Agency()); ok {
			agency = cmp.Or(a.Name.In(lang), agency)
		}
	}
	v.Form = map[string]string{"reply": code, "reasons": i18n.T(lang, "reply."+code+".text", "name", k.Resident, "item", item,
		"agency", agency, "date", i18n.Date(lang, mingjing.DateOf(k.FiledAt.In(c.s.casework.City.Zone()))))}
}

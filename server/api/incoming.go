package api

import (
	"mingjing"
	"mingjing/server/casework/draft"
	"mingjing/server/evidence"
)

// incomingAt is the address at which the installed app takes files from other apps
// (share_target in the manifest).
const incomingAt = "/api/incoming"

// incoming is the draft in which such files wait.
var incoming = draft.Place{Page: "incoming", Form: incomingAt}

var incomingPage = page[mingjing.IncomingView]{
	name: "incoming",
	get:  incomingPlaces,
	endpoints: []endpoint{
		action[incomingForm, mingjing.FormDraft]{
			path: incomingAt, access: mingjing.Residents, errorPage: "incoming",
			repeats: "what is saved takes the place of what was saved before",
			doc: apiDoc{id: "handOver", summary: "Save files that another app hands over, until it is said where they go",
				answer: "The draft, without its content.", fails: []int{409}},
			example: incomingForm{},
			do: func(c *call, in incomingForm) (mingjing.FormDraft, redirect, error) {
				if len(in.Evidence) == 0 {
					return mingjing.FormDraft{}, redirect{}, mingjing.InvalidFields(mingjing.FieldError{Field: "evidence", Code: "evidence_required"})
				}
				d, err := c.s.casework.Drafts.SaveDraft(c.ctx(), c.actor(), incoming, nil, in.Evidence)
				return d, redirect{page: "incoming"}, err
			},
		},
		action[placeForm, mingjing.FormDraft]{
			path: incomingAt + "/place", access: mingjing.Residents, errorPage: "incoming", do: placeIncoming,
			repeats: "a file that was moved is not there to be moved again",
			doc: apiDoc{id: "placeFiles", summary: "Move files that another app has handed over to the draft of a form",
				answer: "The draft, without its content.", fails: []int{404, 409}},
			example: placeForm{To: "/api/disputes disputes/new?listing=5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911"},
		},
	},
}

// incomingForm is the body of what another app hands over. Whatever else is in it is not
// read.
type incomingForm struct {
	Evidence []evidence.Upload `json:"evidence,omitempty"`
}

// placeForm is the body of moving it.
type placeForm struct {
	// To is the form and its page, as the field draft of saving a draft.
	To string `json:"to" min:"1" max:"600"`
}

// incomingPlaces returns the resident's open cases, and what they can dispute.
func incomingPlaces(c *call) (mingjing.IncomingView, error) {
	v := mingjing.IncomingView{Places: []mingjing.IncomingPlace{}}
	open, err := c.s.casework.Cases.Disputes(c.ctx(), c.actor())
	if err != nil {
		return v, err
	}
	for _, d := range open.Disputes {
		if d.Decision == nil && d.Kind != mingjing.CaseListing {
			v.Places = append(v.Places, mingjing.IncomingPlace{Draft: evidencePath(d.ID) + " disputes/" + d.ID, Case: true,
				Code: d.Code(), Agency: d.Agency()})
		}
	}
	dispute := func(what, id, code, agency string) {
		v.Places = append(v.Places, mingjing.IncomingPlace{Draft: "/api/disputes disputes/new?" + what + "=" + id, Code: code, Agency: agency})
	}
	listings, err := c.s.casework.Listings.Listings(c.ctx(), c.actor())
	if err != nil {
		return v, err
	}
	for _, l := range listings.Listings {
		if l.Open {
			dispute("listing", l.Listing.ID, l.Listing.Code, l.Listing.Agency)
		}
	}
	records, err := c.s.casework.Records.Records(c.ctx(), c.actor())
	if err != nil {
		return v, err
	}
	for _, r := range records.Records {
		if r.Open {
			dispute("record", r.Record.ID, r.Record.Code, r.Record.Agency)
		}
	}
	return v, nil
}

// placeIncoming moves the files to the draft of a form, and keeps what is typed there.
func placeIncoming(c *call, in placeForm) (mingjing.FormDraft, redirect, error) {
	p, err := c.s.draftOf(in.To)
	if err != nil {
		return mingjing.FormDraft{}, redirect{}, err
	}
	drafts := c.s.casework.Drafts
	files, err := drafts.DraftUploads(c.ctx(), c.actor(), incoming)
	if err != nil {
		return mingjing.FormDraft{}, redirect{}, err
	}
	there, err := drafts.DraftsOn(c.ctx(), c.actor(), p.Page)
	if err != nil {
		return mingjing.FormDraft{}, redirect{}, err
	}
	var typed []mingjing.DraftField
	for _, d := range there {
		if d.Form == p.Form {
			typed = d.Fields
		}
	}
	out, err := drafts.SaveDraft(c.ctx(), c.actor(), p.Place, typed, files)
	if err != nil {
		return out, redirect{}, err
	}
	p.page.done = "files_placed"
	return out, p.page, drafts.DraftSent(c.ctx(), c.actor(), incoming)
}

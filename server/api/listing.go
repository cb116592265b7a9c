package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/evidence"
)

var listingsPage = page[mingjing.ListingsView]{
	name: "listings",
	get: func(c *call) (mingjing.ListingsView, error) {
		return c.s.casework.Listings.Listings(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[listingItem]]{
			path: "/api/listings", access: mingjing.Residents, get: getListings,
			doc: apiDoc{id: "listings", summary: "The lists that one is on", answer: "Newest first."},
		},
	},
}

// A listingItem is a listing with its effect.
type listingItem struct {
	mingjing.Listing
	// Effective says that it has effect today.
	Effective bool              `json:"effective"`
	Effect    []mingjing.Effect `json:"effect"`
	// Repair says that repair can be applied for now, RepairWhy why not.
	Repair    bool   `json:"repair"`
	RepairWhy string `json:"repair_why,omitempty"`
}

func getListings(c *call, _ none) (list[listingItem], error) {
	v, err := c.s.casework.Listings.Listings(c.ctx(), c.actor())
	out := []listingItem{}
	for _, l := range v.Listings {
		out = append(out, listingItem{l.Listing, l.Effective, l.Effect, l.Repair, l.RepairWhy})
	}
	return items(out, ""), err
}

var listingPage = page[mingjing.ListingView]{
	name: "listing",
	get: func(c *call) (mingjing.ListingView, error) {
		return c.s.casework.Listings.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		action[none, confirmed]{
			path: "/api/listings/{id}/receipt", access: mingjing.Residents, errorPage: "listing", do: confirmReceipt,
			doc: apiDoc{id: "confirmReceipt", summary: "Confirm that one has received the notice of a listing; the time to answer begins",
				answer: "It is confirmed.", of: "listing", fails: []int{http.StatusConflict}},
		},
		action[shownForm, shownForm]{
			path: "/api/listings/{id}/shown", access: mingjing.Residents, errorPage: "listing", do: showListing,
			doc: apiDoc{id: "showListing", summary: "Show a redlisting, or no longer", answer: "The current state.", of: "listing",
				fails: []int{http.StatusConflict}},
			example: shownForm{Shown: true},
		},
		action[statementForm, saved]{
			path: "/api/statements", access: mingjing.Residents, errorPage: "listing", do: putStatement,
			doc: apiDoc{id: "putStatement", summary: "Store a statement beside a record or listing, or remove it", answer: "It is stored.",
				fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: statementForm{ListingID: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911", Statement: "I paid my whole share in March."},
		},
		raw[inLang]{
			path: "/api/listings/{id}/dates.ics", access: mingjing.Residents, write: writeListingDates, kinds: []string{icsType},
			doc: apiDoc{id: "listingDates", summary: "The dates ahead of one listing, for a calendar", answer: datesAnswer, of: "listing"},
		},
	},
}

func confirmReceipt(c *call, _ none) (confirmed, redirect, error) {
	id := c.r.PathValue("id")
	err := c.s.casework.Listings.ConfirmReceipt(c.ctx(), c.actor(), id)
	return confirmed{true}, redirect{page: "listing", id: id, done: "receipt_confirmed"}, err
}

// shownForm is the body of the choice whether a redlisting is shown.
type shownForm struct {
	Shown bool `json:"shown"`
}

func showListing(c *call, in shownForm) (shownForm, redirect, error) {
	done := "listing_hidden"
	if in.Shown {
		done = "listing_shown"
	}
	id := c.r.PathValue("id")
	err := c.s.casework.Listings.ShowListing(c.ctx(), c.actor(), id, in.Shown)
	return in, redirect{page: "listing", id: id, done: done}, err
}

// statementForm is the body of a resident's own statement on a record or a listing.
type statementForm struct {
	RecordID string `json:"record_id,omitempty"`
	// ListingID is what it is about; either this or record_id is set.
	ListingID string `json:"listing_id,omitempty"`
	// Statement has at most as many words as the procedure allows; an empty one removes
	// the statement.
	Statement string `json:"statement_on_file" max:"2000"`
}

// saved is the answer where something was stored.
type saved struct {
	Saved bool `json:"saved"`
}

func putStatement(c *call, in statementForm) (saved, redirect, error) {
	to := redirect{page: "record", id: in.RecordID, done: "statement_saved"}
	if in.RecordID == "" {
		to.page, to.id = "listing", in.ListingID
	}
	c.setErrorPage(to.page, to.id)
	if !wellFormedID(to.id) {
		return saved{}, redirect{}, mingjing.NewError(mingjing.NotFound, "not_found")
	}
	put := c.s.casework.Records.PutRecordStatement
	switch {
	case in.RecordID == "":
		put = c.s.casework.Listings.PutListingStatement
	case in.ListingID != "":
		return saved{}, redirect{}, mingjing.NewError(mingjing.NotFound, "not_found")
	}
	return saved{true}, to, put(c.ctx(), c.actor(), to.id, in.Statement)
}

// setErrorPage sets the page on which the form is shown with its errors, and its id.
func (c *call) setErrorPage(page, id string) {
	c.errorPage = page
	c.r.SetPathValue("id", id)
}

func writeListingDates(c *call, in inLang) error {
	l, err := c.s.casework.Listings.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	cal := c.calendar(in, "listing", l.Listing.ID)
	now := c.s.casework.City.Now()
	for _, d := range l.Listing.Coming(now, mingjing.DateOf(now)) {
		if d.Day != "" {
			cal.on(d.Name, d.Day)
		} else {
			cal.at(d.Name, d.At)
		}
	}
	return c.serveCalendar(cal)
}

var repairPage = page[mingjing.ListingView]{
	name: "repair",
	get: func(c *call) (mingjing.ListingView, error) {
		out, err := c.s.casework.Listings.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
		return out, err
	},
	endpoints: []endpoint{
		action[repairForm, mingjing.Case]{
			path: "/api/repairs", access: mingjing.Residents, status: http.StatusCreated, errorPage: "repair", do: applyForRepair,
			doc: apiDoc{id: "applyForRepair", summary: "Apply to get off a list early, since its condition is met", answer: "The application.",
				fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: repairForm{ListingID: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911",
				Statement: "The debt was paid on 3 March; the receipt is attached."},
		},
	},
}

// repairForm is the body of an application for repair.
type repairForm struct {
	ListingID string `json:"listing_id"`
	// Statement is in the resident's own words.
	Statement string            `json:"statement" min:"1" max:"2000"`
	Evidence  []evidence.Upload `json:"evidence,omitempty"`
}

func applyForRepair(c *call, in repairForm) (mingjing.Case, redirect, error) {
	c.setErrorPage("repair", in.ListingID)
	if !wellFormedID(in.ListingID) {
		return mingjing.Case{}, redirect{}, mingjing.NewError(mingjing.NotFound, "not_found")
	}
	d, err := c.s.casework.Cases.ApplyForRepair(c.ctx(), c.actor(), cases.Filing{ListingID: in.ListingID,
		Statement: in.Statement, Evidence: in.Evidence})
	return d, redirect{page: "dispute", id: d.ID, done: "repair_filed"}, err
}

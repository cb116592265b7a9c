package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/cases"
)

var listingsPage = page[mingjing.ListingsView]{
	name: "listings",
	get: func(c *call) (mingjing.ListingsView, error) {
		return c.s.casework.Cases.Listings(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[listingItem]]{
			path: "/api/listings", access: mingjing.Residents, get: getListings,
			words: words{id: "listings", summary: "The lists that one is on", answer: "Newest first."},
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
	v, err := c.s.casework.Cases.Listings(c.ctx(), c.actor())
	out := []listingItem{}
	for _, l := range v.Listings {
		out = append(out, listingItem{l.Listing, l.Effective, l.Effect, l.Repair, l.RepairWhy})
	}
	return items(out, ""), err
}

var listingPage = page[mingjing.ListingView]{
	name: "listing",
	get: func(c *call) (mingjing.ListingView, error) {
		return c.s.casework.Cases.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		action[none, confirmed]{
			path: "/api/listings/{id}/receipt", access: mingjing.Residents, again: "listing", do: confirmReceipt,
			words: words{id: "confirmReceipt", summary: "Confirm that one has the notice of a listing; the time to answer begins",
				answer: "It is confirmed.", of: "listing", fails: []int{http.StatusConflict}},
		},
		action[shownForm, shownForm]{
			path: "/api/listings/{id}/shown", access: mingjing.Residents, again: "listing", do: showListing,
			words: words{id: "showListing", summary: "Show a redlisting, or no longer", answer: "As it is now.", of: "listing",
				fails: []int{http.StatusConflict}},
			example: shownForm{Shown: true},
		},
		action[statementForm, saved]{
			path: "/api/statements", access: mingjing.Residents, again: "listing", do: putStatement,
			words: words{id: "putStatement", summary: "Keep a statement on file beside a record or listing, or take it away", answer: "It is kept.",
				fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: statementForm{ListingID: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911", Statement: "I paid my whole share in March."},
		},
		raw[inLang]{
			path: "/api/listings/{id}/dates.ics", access: mingjing.Residents, write: writeListingDates, kinds: []string{icsType},
			words: words{id: "listingDates", summary: "The dates ahead of one listing, for a calendar", answer: datesAnswer, of: "listing"},
		},
	},
}

func confirmReceipt(c *call, _ none) (confirmed, goal, error) {
	id := c.r.PathValue("id")
	err := c.s.casework.Cases.ConfirmReceipt(c.ctx(), c.actor(), id)
	return confirmed{true}, goal{page: "listing", id: id, done: "receipt_confirmed"}, err
}

// shownForm says whether a redlisting is shown.
type shownForm struct {
	Shown bool `json:"shown"`
}

func showListing(c *call, in shownForm) (shownForm, goal, error) {
	done := "listing_hidden"
	if in.Shown {
		done = "listing_shown"
	}
	id := c.r.PathValue("id")
	err := c.s.casework.Cases.ShowListing(c.ctx(), c.actor(), id, in.Shown)
	return in, goal{page: "listing", id: id, done: done}, err
}

// statementForm is a resident's own statement on a record or a listing.
type statementForm struct {
	RecordID string `json:"record_id,omitempty"`
	// ListingID is what it is about: this or record_id.
	ListingID string `json:"listing_id,omitempty"`
	// Statement has at most as many words as the procedure says; empty takes it away.
	Statement string `json:"statement_on_file" max:"2000"`
}

// saved is the answer where something is kept.
type saved struct {
	Saved bool `json:"saved"`
}

func putStatement(c *call, in statementForm) (saved, goal, error) {
	to := goal{page: "record", id: in.RecordID, done: "statement_saved"}
	if in.RecordID == "" {
		to.page, to.id = "listing", in.ListingID
	}
	c.about(to.page, to.id)
	if !wellFormedID(to.id) {
		return saved{}, goal{}, mingjing.NewError(mingjing.NotFound, "not_found")
	}
	err := c.s.casework.Cases.PutStatement(c.ctx(), c.actor(), in.RecordID, in.ListingID, in.Statement)
	return saved{true}, to, err
}

// about makes the thing that a form names the one of the page that the form is
// shown on again.
func (c *call) about(page, id string) {
	c.again = page
	c.r.SetPathValue("id", id)
}

func writeListingDates(c *call, in inLang) error {
	l, err := c.s.casework.Cases.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
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
		out, err := c.s.casework.Cases.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
		out.Key = c.keyAgain(out.Key)
		return out, err
	},
	endpoints: []endpoint{
		action[repairForm, mingjing.Case]{
			path: "/api/repairs", access: mingjing.Residents, status: http.StatusCreated, again: "repair", do: applyForRepair,
			words: words{id: "applyForRepair", summary: "Apply to get off a list early, since its condition is met", answer: "The application.",
				fails: []int{http.StatusNotFound, http.StatusConflict}},
			example: repairForm{ListingID: "5b1f6a0e-3c7d-4a52-9f10-7a4be0a3c911",
				Statement: "The debt was paid on 3 March; the receipt is attached."},
		},
	},
}

// repairForm applies for repair.
type repairForm struct {
	ListingID string `json:"listing_id"`
	// Statement is in one's own words.
	Statement string `json:"statement" min:"1" max:"2000"`
	// Key stands for the header Idempotency-Key in a form.
	Key      string         `json:"idempotency_key,omitempty" max:"128"`
	Evidence []cases.Upload `json:"evidence,omitempty"`
}

func applyForRepair(c *call, in repairForm) (mingjing.Case, goal, error) {
	c.about("repair", in.ListingID)
	if !wellFormedID(in.ListingID) {
		return mingjing.Case{}, goal{}, mingjing.NewError(mingjing.NotFound, "not_found")
	}
	d, err := c.s.casework.Cases.ApplyForRepair(c.ctx(), c.actor(), cases.Filing{ListingID: in.ListingID,
		Statement: in.Statement, Key: c.key(in.Key), Evidence: in.Evidence})
	return d, goal{page: "dispute", id: d.ID, done: "repair_filed"}, err
}

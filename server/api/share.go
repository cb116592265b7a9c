package api

import (
	"net/http"

	"mingjing"
	"mingjing/server/casework/share"
)

var sharesPage = page[mingjing.SharesView]{
	name: "shares",
	get: func(c *call) (mingjing.SharesView, error) {
		return c.s.casework.Shares.Shares(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, list[mingjing.Share]]{
			path: "/api/shares", access: mingjing.Residents,
			doc: apiDoc{id: "shares", summary: "What one shares, and who has viewed it", answer: "All, newest first."},
			get: func(c *call, _ none) (list[mingjing.Share], error) {
				v, err := c.s.casework.Shares.Shares(c.ctx(), c.actor())
				return items(v.Shares, ""), err
			},
		},
		action[none, mingjing.Share]{
			path: "/api/shares/{id}/revoke", access: mingjing.Residents, errorPage: "shares",
			doc: apiDoc{id: "revokeShare", summary: "End a share at once", answer: "The share as it is now.", of: "share",
				fails: []int{http.StatusConflict}},
			do: func(c *call, _ none) (mingjing.Share, redirect, error) {
				s, err := c.s.casework.Shares.RevokeShare(c.ctx(), c.actor(), c.r.PathValue("id"))
				return s, redirect{page: "shares", done: "share_revoked"}, err
			},
		},
	},
}

var newSharePage = page[mingjing.NewShareView]{
	name: "new-share",
	get: func(c *call) (mingjing.NewShareView, error) {
		return c.s.casework.Shares.ShareForm(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		action[shareForm, mingjing.MadeShare]{
			path: "/api/shares", access: mingjing.Residents, status: http.StatusCreated, errorPage: "new-share", do: makeShare,
			doc: apiDoc{id: "makeShare", summary: "Share chosen fields of one's newest score",
				about:  "Only this answer has the link. There must be a score to share.",
				answer: "The share with its link.", fails: []int{http.StatusConflict}},
			example: shareForm{Rulebook: "honest-shanghai", Purpose: "Renting a flat", Fields: []mingjing.ShareField{mingjing.ShareBand},
				Named: mingjing.ShareMasked, Views: 1, Ends: "2026-12-31"},
			shows: func(made mingjing.MadeShare) any {
				return &mingjing.NewShareView{Scores: []mingjing.ScoreCard{}, Made: &made}
			},
		},
	},
}

// shareForm is the body of a new share.
type shareForm struct {
	Rulebook string                `json:"rulebook"`
	Purpose  string                `json:"purpose" min:"1" max:"200"`
	Fields   []mingjing.ShareField `json:"fields" min:"1"`
	Named    mingjing.ShareName    `json:"named"`
	// Views is how many times it may be viewed.
	Views int `json:"views" min:"1" max:"20"`
	// Ends is the last day, at most 90 days from today.
	Ends string `json:"ends" format:"date"`
}

func makeShare(c *call, in shareForm) (mingjing.MadeShare, redirect, error) {
	made, code, err := c.s.casework.Shares.MakeShare(c.ctx(), c.actor(), share.NewShare{Rulebook: in.Rulebook, Purpose: in.Purpose,
		Named: in.Named, Ends: in.Ends, Views: in.Views, Fields: in.Fields})
	if err != nil {
		return mingjing.MadeShare{}, redirect{}, err
	}
	out := mingjing.MadeShare{Share: made, Link: c.publicOrigin() + mingjing.Path(c.lang, "recipient", code)}
	out.QR, err = c.s.QR(out.Link)
	return out, redirect{done: "share_made"}, err
}

// publicOrigin returns the origin at which others reach this server.
func (c *call) publicOrigin() string {
	if c.s.origin != nil {
		return c.s.origin.Scheme + "://" + c.s.origin.Host
	}
	return "http://" + c.r.Host
}

// recipientPage is for a person who follows a link and is not logged in: the code in
// the address is all that they need.
var recipientPage = page[mingjing.RecipientView]{
	name: "recipient",
	get: func(c *call) (mingjing.RecipientView, error) {
		return c.recipient(none{})
	},
	endpoints: []endpoint{
		query[none, mingjing.RecipientView]{
			path: "/api/s/{id}", access: mingjing.Anyone, get: (*call).recipient,
			doc: apiDoc{id: "recipient", summary: "Whether a link shows anything",
				about:  "It uses up no view. A code that shows nothing is share_over, whatever it was.",
				answer: "It can be viewed, or was corrected.", of: "share: the code of the link", fails: []int{http.StatusTooManyRequests}},
		},
		action[viewForm, mingjing.RecipientView]{
			repeats: "each view is one of those that the resident allows",
			path:    "/api/s/{id}", access: mingjing.Anyone, errorPage: "recipient", do: viewShare,
			doc: apiDoc{id: "viewShare", summary: "View a share",
				about:  "It uses up one view. It is in the resident's access log first, and the resident gets a notice.",
				answer: "Everything that was shared; a form is answered with the page, once.", of: "share: the code of the link",
				fails: []int{http.StatusConflict, http.StatusTooManyRequests}},
			example: viewForm{Who: "Chen, for the landlord"},
			shows:   func(shown mingjing.RecipientView) any { return &shown },
		},
	},
}

// code returns the code of the link that was followed, or an error where its address
// has sent too many requests. No list of pages has such an address, and no other site
// learns it.
func (c *call) code() (string, error) {
	c.w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	if err := c.s.Allow(c.ctx(), "share", c.s.addr(c.r)); err != nil {
		return "", err
	}
	return c.r.PathValue("id"), nil
}

// recipient returns the page of a link before the share is viewed.
func (c *call) recipient(none) (mingjing.RecipientView, error) {
	code, err := c.code()
	if err != nil {
		return mingjing.RecipientView{}, err
	}
	return c.s.casework.Shares.Recipient(c.ctx(), code)
}

// viewForm is the body of a view of a share: who views it.
type viewForm struct {
	// Who is the name that the recipient gives; it is not checked.
	Who string `json:"who" min:"1" max:"100"`
	// Email is for a message about a correction, and nothing else.
	Email string `json:"email,omitempty" max:"1024"`
}

func viewShare(c *call, in viewForm) (mingjing.RecipientView, redirect, error) {
	code, err := c.code()
	if err != nil {
		return mingjing.RecipientView{}, redirect{}, err
	}
	v, err := c.s.casework.Shares.ViewShare(c.ctx(), code, share.Recipient{Who: in.Who, Email: in.Email, Lang: c.lang})
	if err == nil {
		v.Token, err = c.s.Sign(*v.Statement)
	}
	return v, redirect{}, err
}

// issuer answers who signs statements and with which keys, at the address that the
// standard names.
func (s *server) issuer(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, _ = w.Write(s.Issuer)
}

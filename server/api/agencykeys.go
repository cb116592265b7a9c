package api

import (
	"net/http"
	"time"

	"mingjing"
)

// agencyKeysPage is the keys of an officer's agency.
var agencyKeysPage = page[mingjing.AgencyKeysView]{
	name: "agency-keys",
	get: func(c *call) (mingjing.AgencyKeysView, error) {
		keys, err := c.s.casework.Keys.AgencyKeys(c.ctx(), c.actor())
		return mingjing.AgencyKeysView{Keys: keys}, err
	},
	endpoints: []endpoint{
		query[none, list[mingjing.AgencyKey]]{
			path: "/api/agency/keys", access: mingjing.Agencies,
			doc: apiDoc{id: "agencyKeys", summary: "The agency's keys", answer: "All of them, the newest first. A secret is in none."},
			get: func(c *call, _ none) (list[mingjing.AgencyKey], error) {
				keys, err := c.s.casework.Keys.AgencyKeys(c.ctx(), c.actor())
				return items(keys, ""), err
			},
		},
		action[newKeyForm, mingjing.MadeKey]{
			path: "/api/agency/keys", access: mingjing.Agencies, status: http.StatusCreated, errorPage: "agency-keys", shows: showMadeKey,
			doc: apiDoc{id: "makeAgencyKey", summary: "Make a key", answer: "The key with its secret, which is shown once. A form is " +
				"answered with the page.", fails: []int{http.StatusConflict}},
			example: newKeyForm{Use: mingjing.KeySubmit},
			do: func(c *call, in newKeyForm) (mingjing.MadeKey, redirect, error) {
				k, err := c.s.casework.Keys.MakeAgencyKey(c.ctx(), c.actor(), c.actor().Agency, in.Use)
				return c.withSecret(k, err)
			},
		},
		action[replaceKeyForm, mingjing.MadeKey]{
			path: "/api/agency/keys/{id}/rotate", access: mingjing.Agencies, status: http.StatusCreated,
			errorPage: "agency-keys", shows: showMadeKey,
			doc: apiDoc{id: "rotateAgencyKey", summary: "Make the key that replaces another", of: "key that is replaced",
				about:  "Both are good for so many days; then the old one ends.",
				answer: "The new key with its secret, which is shown once. A form is answered with the page.", fails: []int{http.StatusConflict}},
			example: replaceKeyForm{OverlapDays: 7},
			do: func(c *call, in replaceKeyForm) (mingjing.MadeKey, redirect, error) {
				overlap := time.Duration(-1) // which is refused, as what is no number is
				if in.OverlapDays >= 1 && in.OverlapDays <= mingjing.MaxOverlapDays {
					overlap = time.Duration(in.OverlapDays) * 24 * time.Hour
				}
				k, err := c.s.casework.Keys.RotateAgencyKey(c.ctx(), c.actor(), c.r.PathValue("id"), overlap)
				return c.withSecret(k, err)
			},
		},
		action[none, mingjing.AgencyKey]{
			path: "/api/agency/keys/{id}/revoke", access: mingjing.Agencies, errorPage: "agency-keys",
			doc: apiDoc{id: "revokeAgencyKey", summary: "End a key at once", of: "key", answer: "The key."},
			do: func(c *call, _ none) (mingjing.AgencyKey, redirect, error) {
				k, err := c.s.casework.Keys.RevokeAgencyKey(c.ctx(), c.actor(), c.r.PathValue("id"))
				return k, redirect{page: "agency-keys", done: "key_revoked"}, err
			},
		},
	},
}

// newKeyForm is the body of a new key.
type newKeyForm struct {
	// Use is who signs with it: the agency what it submits, or we what we ask it.
	Use mingjing.KeyUse `json:"use" enum:"submit,ask"`
}

// replaceKeyForm is the body of the key that replaces another.
type replaceKeyForm struct {
	// OverlapDays is for how many days the old key is good beside the new one.
	OverlapDays int `json:"overlap_days" min:"1" max:"90"`
}

// withSecret returns a key that was made just now with its secret.
func (c *call) withSecret(k mingjing.AgencyKey, err error) (mingjing.MadeKey, redirect, error) {
	if err != nil {
		return mingjing.MadeKey{}, redirect{}, err
	}
	return mingjing.MadeKey{AgencyKey: k, Secret: c.s.KeySecret(k)}, redirect{}, nil
}

// showMadeKey returns what the page shows once after a key was made.
func showMadeKey(k mingjing.MadeKey) any { return &mingjing.AgencyKeysView{Made: &k} }

package api

import (
	"net/http"
	"slices"

	"mingjing"
)

var overviewPage = page[mingjing.OverviewView]{
	name: "overview",
	get: func(c *call) (mingjing.OverviewView, error) {
		return c.s.casework.Register.Overview(c.ctx(), c.actor())
	},
}

var askPage = page[mingjing.AskView]{
	name: "ask",
	get: func(c *call) (mingjing.AskView, error) {
		v, err := c.s.casework.Register.Ask(c.ctx(), c.actor())
		for _, b := range c.s.casework.City.Books() {
			v.Rulebooks = append(v.Rulebooks, b.Summary(c.lang))
		}
		return v, err
	},
	endpoints: []endpoint{
		action[askForm, mingjing.ScoreRequest]{
			path: "/api/score-requests", access: mingjing.Residents, status: http.StatusAccepted, errorPage: "ask",
			doc: apiDoc{id: "requestScore", summary: "Ask for a score",
				answer: "The request that was made, or the one that was made with this key.", fails: []int{http.StatusConflict}},
			example: askForm{Rulebook: "honest-shanghai", Consent: true},
			do: func(c *call, in askForm) (mingjing.ScoreRequest, redirect, error) {
				r, err := c.s.casework.Scores.RequestScore(c.ctx(), c.actor(), in.Rulebook, in.Consent)
				return r, redirect{page: "request", id: r.ID, done: "requested"}, err
			},
		},
	},
}

// askForm is the body of a request for a score.
type askForm struct {
	// Rulebook is the code of the rulebook to score by.
	Rulebook string `json:"rulebook"`
	// Consent must be given.
	Consent bool `json:"consent" enum:"true"`
}

var requestPage = page[mingjing.ScoreRequest]{
	name: "request",
	get: func(c *call) (mingjing.ScoreRequest, error) {
		return c.s.casework.Scores.ScoreRequest(c.ctx(), c.actor(), c.r.PathValue("id"))
	},
	endpoints: []endpoint{
		query[none, mingjing.ScoreRequest]{
			path: "/api/score-requests/{id}", access: mingjing.Residents,
			doc: apiDoc{id: "scoreRequest", summary: "The progress of a request, and its score", answer: "The request.", of: "request"},
			get: func(c *call, _ none) (mingjing.ScoreRequest, error) {
				return c.s.casework.Scores.ScoreRequest(c.ctx(), c.actor(), c.r.PathValue("id"))
			},
		},
	},
}

// comparePage reads nothing of the resident: the browser has the rulebooks from their public
// addresses, and the person's own data as for a check of a score.
var comparePage = page[mingjing.CompareView]{
	name: "compare",
	get: func(c *call) (out mingjing.CompareView, err error) {
		for _, b := range c.s.casework.City.Books() {
			out.Books = append(out.Books, b.VersionOf())
			for _, code := range b.Counting() {
				if !slices.Contains(out.Codes, code) {
					out.Codes = append(out.Codes, code)
				}
			}
		}
		return out, nil
	},
}

var scorePage = page[*mingjing.ScoreView]{
	name: "score",
	get: func(c *call) (*mingjing.ScoreView, error) {
		return c.s.casework.Scores.Score(c.ctx(), c.actor(), asked[scoreQuery](c).Rulebook)
	},
	endpoints: []endpoint{
		query[scoreQuery, *mingjing.ScoreView]{
			path: "/api/score", access: mingjing.Residents,
			doc: apiDoc{id: "score", summary: "The newest score", answer: "The score with its explanation.",
				fails: []int{http.StatusNotFound}},
			get: func(c *call, in scoreQuery) (*mingjing.ScoreView, error) {
				v, err := c.s.casework.Scores.Score(c.ctx(), c.actor(), in.Rulebook)
				if err == nil && v == nil {
					err = mingjing.NewError(mingjing.NotFound, "not_found")
				}
				return v, err
			},
		},
	},
}

// scoreQuery is the query of one of a resident's scores.
type scoreQuery struct {
	// Rulebook is the code of the rulebook that scored; the default is that of the
	// newest score.
	Rulebook string `json:"rulebook,omitempty"`
}

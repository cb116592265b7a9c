package api

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"mingjing"
)

// view begins a page. Up to which event it is true is read before its data: an
// event in between is heard again, and not missed.
func (c *call) view(name string) (*mingjing.View, error) {
	v := &mingjing.View{Page: name}
	if c.who == nil {
		return v, nil
	}
	var err error
	v.Seq, err = c.s.casework.LastEvent(c.ctx(), c.actor())
	return v, err
}

// servePage answers a page to whoever may open it.
func (c *call) servePage(r mingjing.Route, build func(*call, *mingjing.View) error) error {
	if err := c.admit(r.Access); err != nil {
		return err
	}
	c.watch()
	switch r.Name {
	case "login", "staff-login":
		if c.who != nil {
			c.seeOther(mingjing.Path(c.lang, landing(c.who.Actor.Role)))
			return nil
		}
	case "offline", "locked":
		c.who = nil // it is kept by browsers, or shown to whoever comes, and so nobody's
	}
	v, err := c.view(r.Name)
	if err != nil {
		return err
	}
	if (r.Name == "login" || r.Name == "staff-login") && c.r.URL.Query().Has("expired") {
		v.Problem = &mingjing.Problem{Status: http.StatusUnauthorized, Code: "session_expired"}
	}
	if build != nil {
		if err := build(c, v); err != nil {
			return err
		}
	}
	c.show(http.StatusOK, v)
	return nil
}

// keyAgain is the key of the form that is shown again, which is still the same
// filing; otherwise the new one.
func (c *call) keyAgain(fresh string) string {
	if key := c.in.get("idempotency_key"); key != "" && len(key) <= 128 {
		return key
	}
	return fresh
}

// views build the data of each page that has any.
var views map[string]func(*call, *mingjing.View) error

func init() {
	views = map[string]func(*call, *mingjing.View) error{
		"rulebooks": func(c *call, v *mingjing.View) error {
			v.Rulebooks = &mingjing.RulebooksView{}
			for _, b := range c.s.casework.Books() {
				v.Rulebooks.Rulebooks = append(v.Rulebooks.Rulebooks, *b)
			}
			return nil
		},
		"rulebook": func(c *call, v *mingjing.View) (err error) {
			v.Rulebook, err = c.s.casework.Book(c.r.PathValue("id"))
			if err != nil {
				return mingjing.Errorf(mingjing.NotFound, "not_found")
			}
			v.RulebookHash = v.Rulebook.Ref().Hash
			v.Calendar = c.s.casework.Calendar(v.Rulebook)
			return nil
		},
		"agencies": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.AgencyFigures(c.ctx())
			v.Agencies = &out
			return err
		},
		"overview": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Overview(c.ctx(), c.actor())
			v.Overview = &out
			return err
		},
		"ask": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Ask(c.ctx(), c.actor())
			v.Ask = &out
			return err
		},
		"request": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.ScoreRequest(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Request = &out
			return err
		},
		"score": func(c *call, v *mingjing.View) (err error) {
			v.Score, err = c.s.casework.Score(c.ctx(), c.actor(), c.r.URL.Query().Get("rulebook"))
			return err
		},
		"records": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Records(c.ctx(), c.actor())
			v.Records = &out
			return err
		},
		"record": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Record(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Record = &out
			return err
		},
		"listings": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Listings(c.ctx(), c.actor())
			v.Listings = &out
			return err
		},
		"listing": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Listing = &out
			return err
		},
		"repair": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
			out.Key = c.keyAgain(out.Key)
			v.Listing = &out
			return err
		},
		"sources": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Sources(c.ctx(), c.actor())
			v.Sources = &out
			return err
		},
		"access-log": func(c *call, v *mingjing.View) error {
			q := c.r.URL.Query()
			out, err := c.s.casework.AccessLog(c.ctx(), c.actor(), q.Get("others") == "1", q.Get("cursor"))
			v.AccessLog = &out
			return err
		},
		"consents": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Consents(c.ctx(), c.actor())
			v.Consents = &out
			return err
		},
		"leave": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Leaving(c.ctx(), c.actor())
			v.Leave = &out
			return err
		},
		"left": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Erasure(c.ctx(), c.r.URL.Query().Get("receipt"))
			if err == nil {
				v.Erasure = &out
			}
			if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind == mingjing.NotFound {
				return nil // the page says so
			}
			return err
		},
		"sessions": func(c *call, v *mingjing.View) error {
			out, err := c.s.Identity.Sessions(c.ctx(), c.token)
			v.Sessions = &mingjing.SessionsView{Sessions: out}
			return err
		},
		"export": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Export(c.ctx(), c.actor())
			v.Export = &out
			return err
		},
		"disputes": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Disputes(c.ctx(), c.actor())
			v.Disputes = &out
			return err
		},
		"new-dispute": func(c *call, v *mingjing.View) error {
			q := c.r.URL.Query()
			record, listing, previous := q.Get("record"), q.Get("listing"), q.Get("previous")
			if c.r.Method == http.MethodPost { // the form is shown again
				record, listing, previous = c.in.get("record_id"), c.in.get("listing_id"), c.in.get("previous")
			}
			out, err := c.s.casework.NewCase(c.ctx(), c.actor(), record, listing, previous)
			out.Key = c.keyAgain(out.Key)
			v.NewCase = &out
			return err
		},
		"review": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.NewCase(c.ctx(), c.actor(), "", "", c.r.PathValue("id"))
			out.Key = c.keyAgain(out.Key)
			v.NewCase = &out
			return err
		},
		"dispute": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Dispute(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Dispute = &out
			if err == nil && out.Decision != nil && (out.Decision.Outcome == mingjing.OutcomeUpheld || out.Decision.Outcome == mingjing.OutcomePartly) {
				v.Correction, err = c.s.casework.Correction(c.ctx(), c.actor(), out.ID)
			}
			return err
		},
		"letter": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Letter(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Letter = &out
			return err
		},
		"inbox": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Notices(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
			v.Inbox = &out
			return err
		},
		"notice-settings": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.NoticeSettings(c.ctx(), c.actor())
			v.NoticeSettings = &out
			return err
		},
		"mandates": mandatesView,
		"helping":  helpingView,
		"demo-clock": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.DemoClock(c.ctx(), c.actor())
			v.DemoClock = &out
			return err
		},
		"agency-questions": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.AgencyQuestions(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
			v.AgencyQuestions = &out
			return err
		},
		"agency-question": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.AgencyQuestion(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.AgencyQuestion = &out
			return err
		},
		"agency-records": func(c *call, v *mingjing.View) error {
			q := c.r.URL.Query()
			out, err := c.s.casework.AgencyHoldings(c.ctx(), c.actor(), q.Get("ref"), q.Get("cursor"))
			v.AgencyRecords = &out
			return err
		},
		"queue": func(c *call, v *mingjing.View) error {
			out, err := c.cases()
			v.Queue = &out
			return err
		},
		"case": func(c *call, v *mingjing.View) error {
			out, err := c.s.casework.Case(c.ctx(), c.actor(), c.r.PathValue("id"))
			v.Case = &out
			c.fillReply(v)
			if err != nil || out.Kind != mingjing.CaseReview || out.Previous == "" {
				return err
			}
			// Who reviews a decision has to read it; the resident sees that look too.
			first, err := c.s.casework.Case(c.ctx(), c.actor(), out.Previous)
			v.First = &first
			return err
		},
	}
	maps.Copy(views, deskViews)
	maps.Copy(views, inquiryViews)
	maps.Copy(views, shareViews)
	for _, r := range mingjing.Routes {
		if views[r.Name] == nil && !slices.Contains([]string{"home", "login", "activate", "staff-login", "offline", "locked", "confirm", "check-us", "no-score"}, r.Name) {
			panic("api: no view of page " + r.Name)
		}
	}
}

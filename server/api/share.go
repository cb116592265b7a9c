package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/server/casework/share"
)

// shareActions are those of what residents share. Whoever follows a link is not
// logged in: the code in the address is all that they need.
var shareActions = []action{
	{path: "/api/shares", access: mingjing.Residents, status: 201, do: makeShare, again: "new-share",
		shows: func(v *mingjing.View, out any) {
			made, _ := out.(mingjing.MadeShare)
			v.NewShare = &mingjing.NewShareView{Scores: []mingjing.ScoreCard{}, Made: &made}
		}},
	{path: "/api/shares/{id}/revoke", access: mingjing.Residents, status: 200, do: revokeShare, again: "shares"},
	{path: "/api/disputes/{id}/tell-recipients", access: mingjing.Residents, status: 200, do: tellRecipients, again: "dispute"},
	{path: "/api/s/{id}", access: mingjing.Anyone, status: 200, do: viewShare, again: "recipient",
		shows: func(v *mingjing.View, out any) {
			shown, _ := out.(mingjing.RecipientView)
			v.Recipient = &shown
		}},
}

var shareReadings = []reading{
	{"/api/shares", mingjing.Residents, func(c *call) (any, error) {
		v, err := c.s.casework.Shares.Shares(c.ctx(), c.actor())
		return items(v.Shares, ""), err
	}},
	{"/api/s/{id}", mingjing.Anyone, func(c *call) (any, error) { return c.recipient() }},
}

// shareViews build the pages of what residents share.
var shareViews = map[string]func(*call, *mingjing.View) error{
	"shares": func(c *call, v *mingjing.View) error {
		out, err := c.s.casework.Shares.Shares(c.ctx(), c.actor())
		v.Shares = &out
		return err
	},
	"new-share": func(c *call, v *mingjing.View) error {
		out, err := c.s.casework.Shares.ShareForm(c.ctx(), c.actor())
		v.NewShare = &out
		return err
	},
	"recipient": func(c *call, v *mingjing.View) error {
		out, err := c.recipient()
		v.Recipient = &out
		return err
	},
}

func makeShare(c *call) (any, goal, error) {
	n := share.NewShare{Rulebook: c.in.get("rulebook"), Purpose: c.in.get("purpose"), Named: mingjing.ShareName(c.in.get("named")), Ends: c.in.get("ends")}
	n.Views, _ = strconv.Atoi(strings.TrimSpace(c.in.get("views"))) // what is no number is none that is allowed
	for _, f := range c.in.values["fields"] {
		n.Fields = append(n.Fields, mingjing.ShareField(f))
	}
	made, code, err := c.s.casework.Shares.MakeShare(c.ctx(), c.actor(), n)
	if err != nil {
		return nil, goal{}, err
	}
	out := mingjing.MadeShare{Share: made, Link: c.origin() + mingjing.Path(c.lang, "recipient", code)}
	out.QR, err = c.s.QR(out.Link)
	return out, goal{done: "share_made"}, err
}

// origin is where this server is found by others.
func (c *call) origin() string {
	if c.s.origin != nil {
		return c.s.origin.Scheme + "://" + c.s.origin.Host
	}
	return "http://" + c.r.Host
}

func revokeShare(c *call) (any, goal, error) {
	s, err := c.s.casework.Shares.RevokeShare(c.ctx(), c.actor(), c.r.PathValue("id"))
	return s, goal{page: "shares", done: "share_revoked"}, err
}

func tellRecipients(c *call) (any, goal, error) {
	id := c.r.PathValue("id")
	v, err := c.s.casework.Shares.TellRecipients(c.ctx(), c.actor(), id)
	return v, goal{page: "dispute", id: id, done: "recipients_told"}, err
}

// code is the code of the link that was followed, when its sender has not asked
// for too many. No list of pages has such an address, and no other site hears it.
func (c *call) code() (string, error) {
	c.w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	if wait := c.s.shares.wait(c.s.addr(c.r), time.Now()); wait > 0 {
		return "", mingjing.Errorf(mingjing.Limited, "too_many_attempts", "seconds", strconv.Itoa(int(wait.Seconds())))
	}
	return c.r.PathValue("id"), nil
}

// recipient is the page of a link before anything is looked at.
func (c *call) recipient() (mingjing.RecipientView, error) {
	code, err := c.code()
	if err != nil {
		return mingjing.RecipientView{}, err
	}
	return c.s.casework.Shares.Recipient(c.ctx(), code)
}

func viewShare(c *call) (any, goal, error) {
	code, err := c.code()
	if err != nil {
		return nil, goal{}, err
	}
	v, err := c.s.casework.Shares.ViewShare(c.ctx(), code, share.Recipient{Who: c.in.get("who"), Email: c.in.get("email"), Lang: c.lang})
	if err == nil {
		v.Token, err = c.s.Sign(*v.Statement)
	}
	return v, goal{}, err
}

// issuer answers by whom statements are signed and with which keys, as others
// expect to find it.
func (s *server) issuer(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, _ = w.Write(s.Issuer)
}

package page

import (
	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = register("sessions", screen{body: sessionsBody})

// sessionsBody is where the account is logged in, with the way to end each.
func sessionsBody(v *mingjing.View) []app.UI {
	body := []app.UI{heading("", t(v, "title.sessions")), lead(t(v, "sessions.lead"))}
	if v.Sessions == nil || len(v.Sessions.Sessions) == 0 {
		return append(body, c.EmptyState{Title: t(v, "sessions.empty_title"), Text: t(v, "sessions.empty")}.UI())
	}
	var here, others []app.UI
	for _, s := range v.Sessions.Sessions {
		if s.Current {
			here = append(here, sessionCard(v, s))
		} else {
			others = append(others, sessionCard(v, s))
		}
	}
	if len(here) > 0 {
		body = append(body, c.Section("here", t(v, "sessions.this"), c.List("cards", here...)))
	}
	if len(others) == 0 {
		body = append(body, c.Section("others", t(v, "sessions.others"), c.Muted(t(v, "sessions.only_this"))))
	} else {
		body = append(body, c.Section("others", t(v, "sessions.others"), c.List("cards", others...),
			c.Form{Action: "/api/sessions/end-others", Label: t(v, "sessions.end_others"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Button{Text: t(v, "sessions.end_others"), Kind: "warning"}.UI()}}.UI()))
	}
	return append(body, lockSection(v),
		c.Section("all", t(v, "sessions.end_all"), c.P(t(v, "sessions.end_all_text")),
			c.Form{Action: "/api/sessions/end-all", Full: true, Label: t(v, "sessions.end_all"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Button{Text: t(v, "sessions.end_all"), Kind: "warning"}.UI()}}.UI()))
}

func sessionCard(v *mingjing.View, s mingjing.Session) app.UI {
	device := s.Device
	if device == "" {
		device = t(v, "sessions.unknown_device")
	}
	card := c.Card{Title: device, Level: 3, Body: []app.UI{c.El("p", c.A{"class": "meta"},
		c.El("span", nil, c.Text(t(v, "sessions.started", "time", instant(v, s.StartedAt)))),
		c.El("span", nil, c.Text(seenText(v, s))),
		c.El("span", nil, c.Text(t(v, "sessions.expires", "time", instant(v, s.ExpiresAt)))))}}
	if s.Current {
		card.Aside = c.Tag{Text: t(v, "sessions.this"), Tone: "good"}.UI()
		return card.UI()
	}
	card.Body = append(card.Body, c.Form{Action: "/api/sessions/end", Label: t(v, "sessions.end_named", "device", device), Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.Hidden{Name: "session_id", Value: s.ID}.UI(),
		c.Button{Text: t(v, "sessions.end"), Kind: "secondary", About: device}.UI()}}.UI())
	return card.UI()
}

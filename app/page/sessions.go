package page

import (
	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = Register("sessions", Screen{Data: New[mingjing.SessionsView], Body: sessionsBody})

// sessionsBody returns where the account is logged in, with a button to end each
// session.
func sessionsBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.SessionsView](v)
	body := []app.UI{Heading("", T(v, "title.sessions")), Lead(T(v, "sessions.lead")),
		c.Div("actions", c.LinkButton{Text: T(v, "sessions.security"), Href: Href(v, "security"), Kind: "secondary"}.UI())}
	if shown == nil || len(shown.Sessions) == 0 {
		return append(body, c.EmptyState{Title: T(v, "sessions.empty_title"), Text: T(v, "sessions.empty")}.UI())
	}
	var here, others []app.UI
	for _, s := range shown.Sessions {
		if s.Current {
			here = append(here, sessionCard(v, s))
		} else {
			others = append(others, sessionCard(v, s))
		}
	}
	if len(here) > 0 {
		body = append(body, c.Section("here", T(v, "sessions.this"), c.List("cards", here...)))
	}
	if len(others) == 0 {
		body = append(body, c.Section("others", T(v, "sessions.others"), c.Muted(T(v, "sessions.only_this"))))
	} else {
		body = append(body, c.Section("others", T(v, "sessions.others"), c.List("cards", others...),
			c.Form{Action: "/api/sessions/end-others", Label: T(v, "sessions.end_others"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Button{Text: T(v, "sessions.end_others"), Kind: "warning"}.UI()}}.UI()))
	}
	return append(body, lockSection(v),
		c.Section("all", T(v, "sessions.end_all"), c.P(T(v, "sessions.end_all_text")),
			c.Form{Action: "/api/sessions/end-all", Full: true, Label: T(v, "sessions.end_all"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Button{Text: T(v, "sessions.end_all"), Kind: "warning"}.UI()}}.UI()))
}

func sessionCard(v *mingjing.View, s mingjing.Session) app.UI {
	device := s.Device
	if device == "" {
		device = T(v, "sessions.unknown_device")
	}
	started := T(v, "sessions.started", "time", Instant(v, s.StartedAt))
	card := c.Card{Title: device, Level: 3, Body: []app.UI{c.El("p", c.A{"class": "meta"},
		c.El("span", nil, c.Text(started)),
		c.El("span", nil, c.Text(seenText(v, s))),
		c.El("span", nil, c.Text(T(v, "sessions.expires", "time", Instant(v, s.ExpiresAt)))))}}
	if s.Current {
		card.Aside = c.Tag{Text: T(v, "sessions.this"), Tone: "good"}.UI()
		return card.UI()
	}
	card.Body = append(card.Body, c.Form{Action: "/api/sessions/end", Body: []app.UI{ // two devices may have one name
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.Hidden{Name: "session_id", Value: s.ID}.UI(),
		c.Button{Text: T(v, "sessions.end"), Kind: "secondary", About: device + ", " + started}.UI()}}.UI())
	return card.UI()
}

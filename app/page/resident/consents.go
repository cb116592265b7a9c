package resident

import (
	"slices"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("consents", page.Screen{Data: page.New[mingjing.ConsentsView], Body: consentsBody})

// consentsBody returns what the resident agreed to, with forms to withdraw it.
func consentsBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.ConsentsView](v)
	body := []app.UI{page.Heading("", t(v, "title.consents")), page.Lead(t(v, "consents.lead"))}
	if shown == nil || len(shown.Consents) == 0 {
		return append(body, c.EmptyState{Title: t(v, "consents.empty_title"), Text: t(v, "consents.empty"),
			Action: c.LinkButton{Text: t(v, "records.empty_ask"), Href: href(v, "ask")}.UI()}.UI(),
			c.Section("leave", t(v, "title.leave"), c.P(t(v, "consents.leave")),
				c.Div("actions", c.LinkButton{Text: t(v, "consents.leave_link"), Href: href(v, "leave"), Kind: "secondary"}.UI())))
	}
	// Consent is withdrawn by rulebook, so the consents to one rulebook are together.
	var books []string
	given := map[string][]mingjing.Consent{}
	var withdrawn []mingjing.Consent
	for _, k := range shown.Consents {
		if k.WithdrawnAt != nil {
			withdrawn = append(withdrawn, k)
			continue
		}
		if !slices.Contains(books, k.Rulebook) {
			books = append(books, k.Rulebook)
		}
		given[k.Rulebook] = append(given[k.Rulebook], k)
	}
	cards := make([]app.UI, 0, len(books))
	for i, book := range books {
		cards = append(cards, consentCard(v, i, book, given[book]))
	}
	inForce := c.P(t(v, "consents.none_in_force"))
	if len(cards) > 0 {
		inForce = c.List("cards", cards...)
	}
	body = append(body, c.Section("in-force", t(v, "consents.in_force"), inForce))
	if len(withdrawn) > 0 {
		rows := make([][]app.UI, 0, len(withdrawn))
		for _, k := range withdrawn {
			rows = append(rows, []app.UI{c.Text(v.Label("rulebook", k.Rulebook)), page.TimeUI(v, k.GivenAt), page.TimeUI(v, *k.WithdrawnAt)})
		}
		body = append(body, c.Section("withdrawn", t(v, "consents.withdrawn"), c.Table{Caption: t(v, "consents.withdrawn"), QuietCaption: true,
			Columns: []c.Column{{Text: t(v, "effect.rulebook")}, {Text: t(v, "consents.col_given")}, {Text: t(v, "consents.col_withdrawn")}},
			Rows:    rows}.UI()))
	}
	return append(body, c.Section("leave", t(v, "title.leave"), c.P(t(v, "consents.leave")),
		c.Div("actions", c.LinkButton{Text: t(v, "consents.leave_link"), Href: href(v, "leave"), Kind: "secondary"}.UI())))
}

// consentCard returns one consent in force. The form that was just sent with an error
// is open and has the plain id to which the error summary links.
func consentCard(v *mingjing.View, i int, book string, given []mingjing.Consent) app.UI {
	sent := v.Problem != nil && (page.Typed(v, "rulebook") == book || page.Typed(v, "rulebook") == "" && i == 0)
	id, problem := "confirm-"+book, ""
	if sent {
		id, problem = "confirm", page.FieldError(v, "confirm")
	}
	times := make([]app.UI, 0, len(given))
	for _, k := range given {
		times = append(times, c.El("p", c.A{"class": "muted"}, c.Text(t(v, "consents.given", "time", page.Instant(v, k.GivenAt)))))
	}
	name := v.Label("rulebook", book)
	return c.Card{Title: name, Level: 3, Body: append(times,
		c.P(t(v, "consents.allows")),
		c.Details{Summary: t(v, "consents.withdraw_title"), Open: sent, Body: []app.UI{
			c.P(t(v, "consents.withdraw_means")),
			c.List("bullets",
				c.Text(t(v, "consents.withdraw_score")),
				c.Text(t(v, "consents.withdraw_shares")),
				c.Text(t(v, "consents.withdraw_request")),
				c.Text(t(v, "consents.withdraw_records")),
				c.Text(t(v, "consents.withdraw_free"))),
			c.Form{Action: "/api/consents/withdraw", Label: t(v, "consents.withdraw_named", "rulebook", name), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Hidden{Name: "rulebook", Value: book}.UI(),
				c.Checkbox{ID: id, Name: "confirm", Value: "true", Label: t(v, "consents.confirm"), Error: problem}.UI(),
				c.Button{Text: t(v, "consents.withdraw"), Kind: "warning", About: name}.UI()}}.UI(),
		}}.UI())}.UI()
}

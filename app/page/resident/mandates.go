package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("mandates", page.Screen{Data: page.New[mingjing.MandatesView], Body: mandatesBody})

var _ = page.Register("helping", page.Screen{Data: page.New[mingjing.DisputePage], Body: disputeBody, Back: page.BackTo("mandates"),
	Title: func(v *mingjing.View) string {
		if mingjing.DataOf[mingjing.DisputePage](v) == nil {
			return t(v, "title.helping")
		}
		return t(v, "helping.title", "item", v.Label("item", mingjing.DataOf[mingjing.DisputePage](v).Code()))
	}})

// mandatesBody returns the cases that the resident helps others with.
func mandatesBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.MandatesView](v)
	body := []app.UI{page.Heading("", t(v, "title.mandates")), page.Lead(t(v, "mandates.lead"))}
	if shown == nil || len(shown.Mandates) == 0 {
		return append(body, c.EmptyState{Title: t(v, "mandate.empty_title"), Text: t(v, "mandate.empty")}.UI())
	}
	cards := make([]app.UI, 0, len(shown.Mandates))
	for _, m := range shown.Mandates {
		name := t(v, "mandate.for", "name", m.Resident)
		card := c.Card{Title: name, Level: 3, Aside: mandateTag(v, m.State), Body: []app.UI{c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "mandate.relation_helper"), Text: page.Code(v, "relation", string(m.Relation))},
			{Key: t(v, "mandate.until_short"), Text: page.Date(v, m.Until)},
		}}.UI()}}
		switch m.State {
		case mingjing.MandateOffered:
			card.Body = append(card.Body, c.Div("actions", mandateForm(v, m, "accept", "mandate.accept", "", name),
				mandateForm(v, m, "decline", "mandate.decline", "secondary", name)))
		case mingjing.MandateAccepted:
			card.Body = append(card.Body, c.Div("actions",
				c.LinkButton{Text: t(v, "mandate.open_case"), Href: href(v, "helping", page.Segment(m.CaseID))}.UI(),
				mandateForm(v, m, "decline", "mandate.give_back", "secondary", name)))
		}
		cards = append(cards, card.UI())
	}
	return append(body, c.Section("mandates", t(v, "mandates.list"), c.List("cards", cards...)))
}

// mandateForm returns a form with one button, about a mandate.
func mandateForm(v *mingjing.View, m mingjing.Mandate, step, text, kind, about string) app.UI {
	return c.Form{Action: "/api/mandates/" + page.Segment(m.ID) + "/" + step, Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.Button{Text: t(v, text), Kind: kind, About: about}.UI()}}.UI()
}

func mandateTag(v *mingjing.View, s mingjing.MandateState) app.UI {
	tone := ""
	switch s {
	case mingjing.MandateAccepted:
		tone = "good"
	case mingjing.MandateOffered:
		tone = "info"
	}
	return c.Tag{Text: page.Code(v, "mandate_state", string(s)), Tone: tone}.UI()
}

// caseHref returns the address of a case for the person who reads it.
func caseHref(v *mingjing.View, d mingjing.Case, id string) string {
	if d.ActingFor != "" {
		return href(v, "helping", page.Segment(id))
	}
	return href(v, "dispute", page.Segment(id))
}

// helpers returns the form by which the resident lets others act for them in the case,
// and revokes that.
func helpers(v *mingjing.View, d mingjing.Case) app.UI {
	if d.ActingFor != "" {
		return nil // only the resident has it
	}
	body := []app.UI{c.P(t(v, "mandate.lead"))}
	cards := make([]app.UI, 0, len(d.Mandates))
	open := 0
	for _, m := range d.Mandates {
		name := m.Helper
		rows := []c.SummaryRow{{Key: t(v, "mandate.relation"), Text: page.Code(v, "relation", string(m.Relation))},
			{Key: t(v, "mandate.until_short"), Text: page.Date(v, m.Until)}}
		if m.Name != "" {
			name = m.Name
			rows = append([]c.SummaryRow{{Key: t(v, "mandate.number"), Text: m.Helper}}, rows...)
		}
		card := c.Card{Title: name, Level: 3, Aside: mandateTag(v, m.State), Body: []app.UI{c.SummaryList{Rows: rows}.UI()}}
		if m.State.Open() {
			open++
			card.Body = append(card.Body, mandateForm(v, m, "revoke", "mandate.revoke", "secondary", name))
		}
		cards = append(cards, card.UI())
	}
	if len(cards) > 0 {
		body = append(body, c.H(3, t(v, "mandate.list")), c.List("cards", cards...))
	}
	if open < mingjing.MaxMandates {
		body = append(body, mandateOffer(v, d))
	}
	return c.Section("helpers", t(v, "mandate.section"), body...)
}

func mandateOffer(v *mingjing.View, d mingjing.Case) app.UI {
	relations := make([]c.Option, 0, len(mingjing.Relations))
	for _, r := range mingjing.Relations {
		relations = append(relations, c.Option{Value: string(r), Text: page.Code(v, "relation", string(r))})
	}
	return c.Form{Action: "/api/disputes/" + page.Segment(d.ID) + "/mandates", Label: t(v, "mandate.section"), Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.Input{Name: "id_number", Label: t(v, "mandate.id_number"), Hint: t(v, "mandate.id_hint"), Error: page.FieldError(v, "id_number"),
			Autocomplete: "off", MaxLength: 40, Width: "medium", Required: true, Code: true, Groups: c.IDGroups}.UI(),
		c.Radios{Name: "relation", Legend: t(v, "mandate.relation"), Options: relations, Value: page.Typed(v, "relation"),
			Error: page.FieldError(v, "relation")}.UI(),
		c.Input{Name: "until", Type: "date", Label: t(v, "mandate.until"), Hint: t(v, "mandate.until_hint"), Error: page.FieldError(v, "until"),
			Value: page.Typed(v, "until"), Width: "short", Required: true}.UI(),
		c.Button{Text: t(v, "mandate.offer"), Kind: "secondary"}.UI()}}.UI()
}

// addressed returns the view of a letter as for the resident, also when somebody reads
// it who acts for them.
func addressed(v *mingjing.View) *mingjing.View {
	name, _ := page.Acting(v)
	if name == "" {
		return v
	}
	to := *v
	to.Who = &mingjing.Viewer{Role: mingjing.RoleResident, Name: name}
	return &to
}

// ownLink returns a link to a page that only the resident may open, and its text for
// others.
func ownLink(d mingjing.Case, text, to string) app.UI {
	if d.ActingFor != "" {
		return c.Text(text)
	}
	return c.Link{Text: text, Href: to}.UI()
}

// ownScore returns a link to the resident's score.
func ownScore(v *mingjing.View, d mingjing.Case) app.UI {
	if d.ActingFor != "" {
		return nil
	}
	return c.LinkButton{Text: t(v, "dispute.means_score"), Href: href(v, "score"), Kind: "secondary"}.UI()
}

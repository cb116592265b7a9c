package page

import (
	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = register("mandates", screen{body: mandatesBody})

var _ = register("helping", screen{body: disputeBody, back: backTo("mandates"), title: func(v *mingjing.View) string {
	if v.Dispute == nil {
		return t(v, "title.helping")
	}
	return t(v, "helping.title", "item", v.Label("item", v.Dispute.Code()))
}})

// mandatesBody is the cases that the resident helps others with.
func mandatesBody(v *mingjing.View) []app.UI {
	body := []app.UI{heading("", t(v, "title.mandates")), lead(t(v, "mandates.lead"))}
	if v.Mandates == nil || len(v.Mandates.Mandates) == 0 {
		return append(body, c.EmptyState{Title: t(v, "mandate.empty_title"), Text: t(v, "mandate.empty")}.UI())
	}
	cards := make([]app.UI, 0, len(v.Mandates.Mandates))
	for _, m := range v.Mandates.Mandates {
		name := t(v, "mandate.for", "name", m.Resident)
		card := c.Card{Title: name, Level: 3, Aside: mandateTag(v, m.State), Body: []app.UI{c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "mandate.relation_helper"), Text: code(v, "relation", string(m.Relation))},
			{Key: t(v, "mandate.until_short"), Text: date(v, m.Until)},
		}}.UI()}}
		switch m.State {
		case mingjing.MandateOffered:
			card.Body = append(card.Body, c.Div("actions", mandateForm(v, m, "accept", "mandate.accept", "", name),
				mandateForm(v, m, "decline", "mandate.decline", "secondary", name)))
		case mingjing.MandateAccepted:
			card.Body = append(card.Body, c.Div("actions",
				c.LinkButton{Text: t(v, "mandate.open_case"), Href: href(v, "helping", segment(m.CaseID))}.UI(),
				mandateForm(v, m, "decline", "mandate.give_back", "secondary", name)))
		}
		cards = append(cards, card.UI())
	}
	return append(body, c.Section("mandates", t(v, "mandates.list"), c.List("cards", cards...)))
}

// mandateForm is a form of one button, about a mandate.
func mandateForm(v *mingjing.View, m mingjing.Mandate, step, text, kind, about string) app.UI {
	return c.Form{Action: "/api/mandates/" + segment(m.ID) + "/" + step, Body: []app.UI{
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
	return c.Tag{Text: code(v, "mandate_state", string(s)), Tone: tone}.UI()
}

// caseHref is the page of a case for who reads it.
func caseHref(v *mingjing.View, d mingjing.Dispute, id string) string {
	if d.ActingFor != "" {
		return href(v, "helping", segment(id))
	}
	return href(v, "dispute", segment(id))
}

// helpers is where the resident names who may act for them in the case, and takes
// that back.
func helpers(v *mingjing.View, d mingjing.Dispute) app.UI {
	if d.ActingFor != "" {
		return nil // it is the resident's alone
	}
	body := []app.UI{c.P(t(v, "mandate.lead"))}
	cards := make([]app.UI, 0, len(d.Mandates))
	open := 0
	for _, m := range d.Mandates {
		name := m.Helper
		rows := []c.SummaryRow{{Key: t(v, "mandate.relation"), Text: code(v, "relation", string(m.Relation))},
			{Key: t(v, "mandate.until_short"), Text: date(v, m.Until)}}
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

func mandateOffer(v *mingjing.View, d mingjing.Dispute) app.UI {
	relations := make([]c.Option, 0, len(mingjing.Relations))
	for _, r := range mingjing.Relations {
		relations = append(relations, c.Option{Value: string(r), Text: code(v, "relation", string(r))})
	}
	return c.Form{Action: "/api/disputes/" + segment(d.ID) + "/mandates", Label: t(v, "mandate.section"), Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.Input{Name: "id_number", Label: t(v, "mandate.id_number"), Hint: t(v, "mandate.id_hint"), Error: fieldError(v, "id_number"),
			Autocomplete: "off", MaxLength: 40, Width: "medium", Required: true, Code: true}.UI(),
		c.Radios{Name: "relation", Legend: t(v, "mandate.relation"), Options: relations, Value: typed(v, "relation"), Error: fieldError(v, "relation")}.UI(),
		c.Input{Name: "until", Type: "date", Label: t(v, "mandate.until"), Hint: t(v, "mandate.until_hint"), Error: fieldError(v, "until"),
			Value: typed(v, "until"), Width: "short", Required: true}.UI(),
		c.Button{Text: t(v, "mandate.offer"), Kind: "secondary"}.UI()}}.UI()
}

// acting is the resident for whom the reader of a page acts, and until when; "" for
// nobody.
func acting(v *mingjing.View) (name string, until mingjing.Date) {
	var d mingjing.Dispute
	switch {
	case v.Dispute != nil:
		d = *v.Dispute
	case v.Letter != nil:
		d = v.Letter.Dispute
	case v.CourtFile != nil:
		d = v.CourtFile.Dispute
	case v.NewCase != nil && v.NewCase.Previous != nil:
		d = *v.NewCase.Previous
	}
	return d.ActingFor, d.ActingUntil
}

// actingBanner says on every page of somebody else's case whose it is.
func actingBanner(v *mingjing.View) app.UI {
	name, until := acting(v)
	if name == "" {
		return nil
	}
	return c.Notification{Kind: "info", Title: t(v, "acting.banner", "name", name),
		Text: t(v, "acting.banner_text", "name", name, "date", date(v, until))}.UI()
}

// actingWho is who did what, where that was for somebody else or is seen by who
// acts for them; "" elsewhere.
func actingWho(v *mingjing.View, d mingjing.Dispute, e mingjing.TimelineEntry) string {
	switch {
	case e.For != "":
		return t(v, "acting.for", "name", e.Who, "resident", e.For)
	case d.ActingFor != "" && e.Role == mingjing.RoleResident:
		return d.ActingFor
	}
	return ""
}

// addressed is the view of a letter as the resident has it: also for who acts for
// them, to whom it is not written.
func addressed(v *mingjing.View) *mingjing.View {
	name, _ := acting(v)
	if name == "" {
		return v
	}
	to := *v
	to.Who = &mingjing.Viewer{Role: mingjing.RoleResident, Name: name}
	return &to
}

// ownLink is a link to what only the resident may open, and its text for others.
func ownLink(d mingjing.Dispute, text, to string) app.UI {
	if d.ActingFor != "" {
		return c.Text(text)
	}
	return c.Link{Text: text, Href: to}.UI()
}

// ownScore leads the resident to their score.
func ownScore(v *mingjing.View, d mingjing.Dispute) app.UI {
	if d.ActingFor != "" {
		return nil
	}
	return c.LinkButton{Text: t(v, "dispute.means_score"), Href: href(v, "score"), Kind: "secondary"}.UI()
}

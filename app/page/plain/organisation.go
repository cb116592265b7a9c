package plain

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("organisations", page.Screen{Data: page.New[mingjing.OrganisationsView], Body: organisationsBody,
		Back: page.BackTo("overview")})
	_ = page.Register("organisation", page.Screen{Data: page.New[mingjing.OrganisationPublic], Body: organisationBody})
	_ = page.Register("representatives", page.Screen{Data: page.New[mingjing.OrganisationView], Body: representativesBody, Wide: true,
		Back: page.BackTo("queue")})
)

// organisationsBody returns the organisations for which the resident acts, or the way back from
// the area of one.
func organisationsBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.OrganisationsView](v)
	body := []app.UI{page.Heading("", t(v, "title.organisations")), page.Lead(t(v, "organisations.lead"))}
	area := func(id, text string) app.UI {
		return c.Form{Action: "/api/organisations/area", Full: true, Label: text, Body: []app.UI{page.LangField(v),
			c.Hidden{Name: "organisation_id", Value: id}.UI(), c.Button{Text: text}.UI()}}.UI()
	}
	look := c.El("p", nil, c.Link{Text: t(v, "title.organisation"), Href: href(v, "organisation"), Full: true}.UI())
	switch {
	case shown == nil:
		return page.ErrorBody(v)
	case shown.ActingFor != "":
		return append(body, c.Notification{Kind: "info", Text: t(v, "organisations.acting", "name", v.Who.Name)}.UI(),
			area("", t(v, "organisations.back")), look)
	case len(shown.Organisations) == 0:
		return append(body, c.EmptyState{Title: t(v, "organisations.none_title"), Text: t(v, "organisations.none")}.UI(), look)
	}
	cards := make([]app.UI, 0, len(shown.Organisations))
	for _, o := range shown.Organisations {
		cards = append(cards, c.Card{Title: o.Name, Level: 2, Body: []app.UI{
			c.El("p", nil, c.El("code", nil, c.Text(string(o.Code)))), c.P(t(v, "organisations.since", "time", page.Instant(v, o.Since))),
			area(o.ID, t(v, "organisations.open"))}}.UI())
	}
	return append(body, c.List("cards", cards...), look)
}

// codeForm returns the form that looks an organisation up on a page.
func codeForm(v *mingjing.View, at, typed string, wrong bool) app.UI {
	problem := ""
	if wrong {
		problem = t(v, "error.organisation_code")
	}
	return c.Form{Action: href(v, at), Method: "get", Label: t(v, "organisation.look_up"), Body: []app.UI{
		c.Input{Name: "code", Label: t(v, "organisation.code"), Hint: t(v, "organisation.code_hint"), Value: typed, Error: problem,
			MaxLength: 64, Autocomplete: "off", Code: true, Required: true}.UI(),
		c.Button{Text: t(v, "organisation.look_up"), Kind: "secondary"}.UI()}}.UI()
}

func doubtful(v *mingjing.View, is bool) app.UI {
	if !is {
		return nil
	}
	return c.Notification{Kind: "warning", Text: t(v, "organisation.doubtful")}.UI()
}

// organisationBody returns what the law publishes of an organisation, and never a person.
func organisationBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.OrganisationPublic](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	body := []app.UI{page.Heading("", t(v, "title.organisation")), page.Lead(t(v, "organisation.lead")),
		codeForm(v, "organisation", string(shown.Code), shown.Wrong)}
	if shown.Code == "" {
		return body
	}
	body = append(body, doubtful(v, shown.Doubtful))
	if shown.Name == "" {
		return append(body, c.Notification{Kind: "info", Text: t(v, "error.organisation_unknown")}.UI())
	}
	cards := make([]app.UI, 0, len(shown.Listings))
	for _, l := range shown.Listings {
		cards = append(cards, c.Card{Title: v.Label("item", l.Code), Level: 3, Body: []app.UI{c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "listing.authority"), Text: v.Label("agency", l.Agency)},
			{Key: t(v, "listing.term"), Text: page.ListingTerm(v, mingjing.Listing{From: l.From, Ends: l.Ends})},
			{Key: t(v, "effect.basis"), Text: l.LegalBasis.In(v.Lang)},
			{Key: t(v, "listing.exit_title"), Text: l.Exit.In(v.Lang)}}}.UI()}}.UI())
	}
	if len(cards) == 0 {
		cards = append(cards, c.P(t(v, "organisation.clear")))
	}
	return append(body, c.Section("listings", shown.Name, c.List("cards", cards...)))
}

// representativesBody returns an organisation with who acts for it, as staff change it.
func representativesBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.OrganisationView](v)
	if shown == nil {
		shown = &mingjing.OrganisationView{}
	}
	code := string(shown.Code)
	if code == "" {
		code = page.Typed(v, "organisation")
	}
	body := []app.UI{page.Heading("", t(v, "title.representatives")), page.Lead(t(v, "representatives.lead")),
		codeForm(v, "representatives", code, shown.Wrong), doubtful(v, shown.Doubtful)}
	text := func(name, label, hint string) app.UI {
		return c.Input{Name: name, Label: label, Hint: hint, Value: page.Typed(v, name), Error: page.FieldError(v, name), MaxLength: 200,
			Autocomplete: "off", Required: true}.UI()
	}
	if code == "" {
		return body
	}
	of := c.Hidden{Name: "organisation", Value: code}.UI()
	if shown.Name == "" && page.Typed(v, "id_number") == "" && page.Typed(v, "source") == "" {
		body = append(body, c.Section("register", t(v, "representatives.register"), c.Form{Action: "/api/admin/organisations",
			Label: t(v, "representatives.register"), Body: []app.UI{page.LangField(v), of,
				text("name", t(v, "representatives.name"), ""), c.Button{Text: t(v, "representatives.register")}.UI()}}.UI()))
		return body
	}
	cards := make([]app.UI, 0, len(shown.Representatives))
	for _, m := range shown.Representatives {
		step := func(path, label, kind string) app.UI {
			return c.Form{Action: "/api/admin/representatives/" + page.Segment(m.ID) + "/" + path, Label: label, Body: []app.UI{
				page.LangField(v), of,
				c.Button{Text: label, Kind: kind}.UI()}}.UI()
		}
		parts := []app.UI{c.P(m.IDMasked), c.P(page.Code(v, "representative_state", string(m.State)) + " · " + m.Source),
			c.Muted(m.ProposedBy + " " + m.ConfirmedBy)}
		if m.Confirm {
			parts = append(parts, step("confirm", t(v, "representatives.confirm"), ""))
		}
		if m.State != mingjing.RepresentativeEnded {
			parts = append(parts, step("end", t(v, "representatives.end"), "secondary"))
		}
		cards = append(cards, c.Card{Title: m.Name, Level: 3, Body: parts}.UI())
	}
	title := shown.Name
	if title == "" {
		title = code
	}
	return append(body, c.Section("who", title, c.List("cards", cards...)),
		c.Section("propose", t(v, "representatives.propose"), c.Form{Action: "/api/admin/representatives", Label: t(v, "representatives.propose"),
			Body: []app.UI{page.LangField(v), of, text("id_number", t(v, "login.id_number"), ""),
				text("source", t(v, "representatives.source"), t(v, "representatives.source_hint")),
				c.Button{Text: t(v, "representatives.propose")}.UI()}}.UI()))
}

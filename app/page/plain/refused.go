package plain

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("refused", page.Screen{Data: page.New[mingjing.RefusedView], Body: refusedBody, Back: page.BackTo("listings")})
	_ = page.Register("list-used", page.Screen{Body: listUsedBody, Back: page.BackTo("complaints")})
)

// measureName returns the name of something that was refused.
func measureName(v *mingjing.View, all []mingjing.RefusalMeasure, code string) string {
	for _, m := range all {
		if m.Code == code && len(m.Name) > 0 {
			return m.Name.In(v.Lang)
		}
	}
	return t(v, "refused.score")
}

// refusedBody returns the question what was refused, and then what the law says to it, the
// statement, and the complaint.
func refusedBody(v *mingjing.View) []app.UI {
	r := mingjing.DataOf[mingjing.RefusedView](v)
	if r == nil {
		return page.ErrorBody(v)
	}
	if r.Statement != nil {
		return clearStatement(v, r)
	}
	options := []c.Option{{Text: t(v, "missing.choose")}}
	for _, m := range r.Measures {
		options = append(options, c.Option{Value: m.Code, Text: measureName(v, r.Measures, m.Code)})
	}
	body := []app.UI{page.Heading("", t(v, "title.refused")), page.Lead(t(v, "refused.lead")),
		c.Form{Action: href(v, "refused"), Method: "get", Label: t(v, "refused.ask"), Body: []app.UI{
			c.Select{Name: "measure", Label: t(v, "field.measure"), Options: options, Value: r.Measure, Error: page.FieldError(v, "measure")}.UI(),
			c.Button{Text: t(v, "refused.ask"), Kind: "secondary"}.UI()}}.UI()}
	if r.Measure == "" {
		return append(body, c.El("p", nil, c.Link{Text: t(v, "title.complaints"), Href: href(v, "complaints")}.UI()))
	}
	body = append(body, refusalAnswer(v, r))
	if r.Answer == mingjing.RefusalCarried {
		return body
	}
	return append(body, c.Section("complain", t(v, "complaint.title"), c.P(t(v, "complaint.lead")),
		complaintForm(v, mingjing.ComplaintRefused, r.Measure, t(v, "complaint.text"))))
}

func refusalAnswer(v *mingjing.View, r *mingjing.RefusedView) app.UI {
	kind, name := "success", measureName(v, r.Measures, r.Measure)
	var more []app.UI
	switch r.Answer {
	case mingjing.RefusalCarried:
		kind = "warning"
		for _, l := range r.Listings {
			more = append(more, c.Card{Title: v.Label("item", l.Code), Level: 3, Href: href(v, "listing", page.Segment(l.ID)), Body: []app.UI{
				c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "listing.authority"), Text: v.Label("agency", l.Agency)},
					{Key: t(v, "listing.term"), Text: page.ListingTerm(v, l)},
					{Key: t(v, "listing.exit_title"), Text: l.Exit.In(v.Lang)}}}.UI()}}.UI())
		}
		more = []app.UI{c.List("cards", more...)}
	case mingjing.RefusalClear:
		more = append(more, c.Form{Action: "/api/refusals/statement", Label: t(v, "refused.statement"), Body: []app.UI{page.LangField(v),
			c.Hidden{Name: "measure", Value: r.Measure}.UI(), c.Button{Text: t(v, "refused.statement")}.UI(),
			c.El("p", c.A{"class": "hint"}, c.Text(t(v, "refused.statement_hint")))}}.UI())
	}
	return c.Section("answer", name, append([]app.UI{c.Notification{Kind: kind, Text: t(v,
		"refusal_answer."+string(r.Answer))}.UI()}, more...)...)
}

// clearStatement returns the signed statement as a document to show at the counter.
func clearStatement(v *mingjing.View, r *mingjing.RefusedView) []app.UI {
	s := r.Statement
	return []app.UI{page.Heading(t(v, "refused.statement_kicker"), s.Unrestricted.Name.In(v.Lang)),
		c.Notification{Kind: "success", Text: t(v, "refused.statement_says")}.UI(),
		c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "recipient.name"), Text: s.Name}, {Key: t(v, "recipient.id"), Text: s.IDMasked},
			{Key: t(v, "effect.basis"), Text: s.Unrestricted.LegalBasis.In(v.Lang)},
			{Key: t(v, "refused.as_of"), Text: page.Date(v, s.AsOf)},
			{Key: t(v, "refused.until"), Value: page.DeadlineUI(v, s.ExpiresAt)},
			{Key: t(v, "refused.number"), Value: c.El("code", nil, c.Text(s.Number))}}}.UI(),
		c.Details{Summary: t(v, "refused.token"), Body: []app.UI{c.P(t(v, "refused.token_hint")),
			c.El("p", nil, c.El("code", c.A{"class": "hash-full", "id": "token"}, c.Text(r.Token)))}}.UI()}
}

// complaintForm returns the form of a complaint of a kind.
func complaintForm(v *mingjing.View, kind mingjing.ComplaintKind, measure, label string) app.UI {
	places := []c.Option{{Text: t(v, "missing.choose")}}
	for _, p := range mingjing.ComplaintPlaces {
		places = append(places, c.Option{Value: p, Text: t(v, "place."+p)})
	}
	action := "/api/complaints/" + string(kind)
	hidden := []app.UI{page.LangField(v)}
	if measure != "" {
		hidden = append(hidden, c.Hidden{Name: "measure", Value: measure}.UI())
	}
	return page.DraftForm(v, c.Form{Action: action, Label: t(v, "complaint.title"), Body: append(hidden,
		c.Select{Name: "place", Label: t(v, "field.place"), Options: places, Value: page.Typed(v, "place"), Error: page.FieldError(v,
			"place")}.UI(),
		c.Input{Name: "where", Label: t(v, "field.where"), Hint: t(v, "complaint.where_hint"), Value: page.Typed(v, "where"),
			Error: page.FieldError(v, "where"), MaxLength: mingjing.MaxComplaintWhere, Autocomplete: "off", Required: true}.UI(),
		c.Input{Name: "happened_on", Type: "date", Label: t(v, "complaint.on"), Value: page.Typed(v, "happened_on"),
			Error: page.FieldError(v, "happened_on"), Width: "medium", Required: true}.UI(),
		c.Textarea{Lang: v.Lang, Name: "statement", Label: label, Hint: t(v, "complaint.text_hint"), Value: page.Typed(v, "statement"),
			Error: page.FieldError(v, "statement"), Rows: 6, Max: mingjing.MaxComplaintText, Required: true}.UI(),
		c.Button{Text: t(v, "complaint.send")}.UI())})
}

// listUsedBody returns the form to report a list that nobody has published.
func listUsedBody(v *mingjing.View) []app.UI {
	return []app.UI{page.Heading("", t(v, "title.list-used")), page.Lead(t(v, "list_used.lead")),
		complaintForm(v, mingjing.ComplaintList, "", t(v, "list_used.text"))}
}

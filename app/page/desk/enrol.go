package desk

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("enrol", page.Screen{Data: page.New[mingjing.EnrolView], Body: enrolBody, Back: page.BackTo("counter")})

// enrolBody returns the form by which one person is enrolled, or their code.
func enrolBody(v *mingjing.View) []app.UI {
	e := mingjing.DataOf[mingjing.EnrolView](v)
	if e == nil {
		return page.ErrorBody(v)
	}
	if m := e.Made; m != nil {
		return codeBody(v, t(v, "enrol_one.made"), m.Name, m.IDMasked, m.ActivationCode)
	}
	languages := make([]c.Option, len(mingjing.Languages))
	for i, l := range mingjing.Languages {
		languages[i] = c.Option{Value: l, Text: t(v, "enrol_one.language_"+l)}
	}
	language := page.Typed(v, "language")
	if language == "" {
		language = mingjing.Languages[0]
	}
	return []app.UI{page.Heading("", t(v, "title.enrol")), page.Lead(t(v, "enrol_one.lead")),
		c.Form{Action: "/api/admin/residents", Full: true, Unsaved: true, Class: "narrow", Label: t(v, "title.enrol"),
			Body: []app.UI{page.LangField(v),
				deskNumber(v, t(v, "enrol_one.number_hint")),
				c.Input{Name: "name", Label: t(v, "field.name"), Value: page.Typed(v, "name"), Error: page.FieldError(v, "name"), MaxLength: 100,
					Required: true}.UI(),
				c.Radios{Name: "language", Legend: t(v, "field.language"), Options: languages, Value: language,
					Error: page.FieldError(v, "language")}.UI(),
				c.Textarea{Lang: v.Lang, Name: "address", Label: t(v, "field.address"), Hint: t(v, "enrol_one.address_hint"),
					Value: page.Typed(v, "address"), Error: page.FieldError(v, "address"), Rows: 4, Max: 200}.UI(),
				documentField(v),
				c.Button{Text: t(v, "enrol_one.submit")}.UI()}}.UI()}
}

// documentField returns the choice of the document that was checked.
func documentField(v *mingjing.View) app.UI {
	options := make([]c.Option, len(mingjing.IDDocuments))
	for i, d := range mingjing.IDDocuments {
		options[i] = c.Option{Value: d, Text: page.Code(v, "id_document", d)}
	}
	return c.Radios{Name: "document", Legend: t(v, "counter.document"), Options: options, Value: page.Typed(v, "document"),
		Error: page.FieldError(v, "document")}.UI()
}

// codeBody returns an activation code, which is shown once.
func codeBody(v *mingjing.View, title, name, masked string, k mingjing.ActivationCode) []app.UI {
	return []app.UI{page.Heading("", title), c.Notification{Kind: "warning", Text: t(v, "counter.code_once")}.UI(),
		c.El("p", nil, c.El("code", c.A{"class": "share-url", "id": "one-time-code"}, c.Text(k.Code))),
		c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "people.made_until"), Text: page.Instant(v, k.Until)},
			{Key: t(v, "case.resident"), Text: name}, {Key: t(v, "counter.number"), Value: c.El("code", nil, c.Text(masked))}}}.UI(),
		c.P(t(v, "counter.code_how", "address", href(v, "activate"))),
		c.Div("actions", c.LinkButton{Text: t(v, "counter.another"), Href: href(v, "counter"), Kind: "secondary"}.UI())}
}

// counterCode returns the form of a new activation code for who came.
func counterCode(v *mingjing.View, k *mingjing.CounterView) app.UI {
	return c.Section("new-code", t(v, "counter.code"), c.P(t(v, "counter.code_text")),
		c.Form{Action: "/api/admin/counter/code", Full: true, Label: t(v, "counter.code"), Body: []app.UI{page.LangField(v),
			c.Hidden{Name: "visit", Value: k.Visit}.UI(), documentField(v),
			c.Button{Text: t(v, "counter.code_submit"), Kind: "secondary"}.UI()}}.UI())
}

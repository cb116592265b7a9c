package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("missing", page.Screen{Data: page.New[mingjing.MissingView], Body: missingBody, Back: page.BackTo("disputes")})

// missingBody returns the form in which a resident asks an agency for a record.
func missingBody(v *mingjing.View) []app.UI {
	m := mingjing.DataOf[mingjing.MissingView](v)
	if m == nil {
		return page.ErrorBody(v)
	}
	options := append(make([]c.Option, 0, 1+len(m.Choices)), c.Option{Text: t(v, "missing.choose")})
	for _, k := range m.Choices {
		options = append(options, c.Option{Value: k.Value(), Text: t(v, "paper.pair", "a", v.Label("item", k.Code), "b",
			v.Label("agency", k.Agency))})
	}
	within := tn(v, "count.working_days", page.ProcedureDays(v, func(p *mingjing.Procedure) int { return p.AgencyDays }))
	return []app.UI{
		page.Heading("", t(v, "title.missing")), page.Lead(t(v, "missing.lead")),
		page.DraftForm(v, c.Form{Action: "/api/missing", Multipart: true, Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Select{Name: "missing", Label: t(v, "field.missing"), Options: options, Value: page.Typed(v, "missing"),
				Error: page.FieldError(v, "missing")}.UI(),
			c.Input{Name: "happened_on", Type: "date", Label: t(v, "field.happened_on"), Value: page.Typed(v, "happened_on"),
				Error: page.FieldError(v, "happened_on"), Width: "medium", Required: true}.UI(),
			c.Input{Name: "document_number", Label: t(v, "field.document_number"), Hint: t(v, "missing.number_hint"),
				Value: page.Typed(v, "document_number"), Error: page.FieldError(v, "document_number"), MaxLength: 100, Autocomplete: "off",
				Required: true}.UI(),
			c.Textarea{Lang: v.Lang, Name: "statement", Label: t(v, "missing.statement"), Hint: t(v, "missing.statement_hint"),
				Value: page.Typed(v, "statement"), Error: page.FieldError(v, "statement"), Rows: 6, Max: mingjing.MaxStatement, Required: true}.UI(),
			evidenceField(v, "/api/missing", t(v, "missing.evidence")),
			c.Section("next", t(v, "new_dispute.next_title"), page.Ordered("stages", t(v, "missing.next_forward"),
				t(v, "missing.next_agency", "days", within), t(v, "missing.next_silent"), t(v, "missing.next_decide"))),
			c.Button{Text: t(v, "missing.submit")}.UI(),
		}}),
	}
}

package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("leave", page.Screen{Data: page.New[mingjing.LeaveView], Body: leaveBody})

// leaveBody returns what a resident reads before leaving for good: what happens step by
// step, what stays and why, and the form.
func leaveBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.LeaveView](v)
	body := []app.UI{page.Heading("", t(v, "title.leave")), page.Lead(t(v, "leave.lead"))}
	if shown == nil {
		return body
	}
	body = append(body, c.Section("softer", t(v, "leave.softer"), c.P(t(v, "leave.softer_text")),
		c.Div("actions", c.LinkButton{Text: t(v, "title.consents"), Href: href(v, "consents"), Kind: "secondary"}.UI())))
	steps := make([]app.UI, 0, 4)
	for _, step := range []string{"scoring", "listed", "login", "keys"} {
		steps = append(steps, c.Div("two", c.El("strong", nil, c.Text(t(v, "leave.step_"+step))),
			c.Span("muted", t(v, "leave.step_"+step+"_text"))))
	}
	body = append(body,
		c.Section("steps", t(v, "leave.steps"), c.El("ol", c.A{"class": "stages"}, page.ListItems(steps)...)),
		c.Section("stays", t(v, "leave.stays"), c.P(t(v, "leave.stays_lead")), c.List("bullets", page.KeptAfterLeaving(v)...)))
	if n := len(shown.OpenCases); n > 0 {
		links := make([]app.UI, 0, n)
		for _, d := range shown.OpenCases {
			links = append(links, c.El("a", c.A{"href": href(v, "dispute", page.Segment(d.ID))},
				c.Text(page.KindText(v, d, "case_kind")+" · "+v.Label("item", d.Code()))))
		}
		return append(body, c.Section("first", t(v, "leave.first"), c.P(t(v, "leave.first_text")), c.List("bullets", links...)))
	}
	return append(body, c.Section("form", t(v, "leave.form"), c.Notification{Kind: "warning", Text: t(v, "leave.final")}.UI(),
		c.Form{Action: "/api/leave", Full: true, Label: t(v, "leave.form"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Checkbox{ID: "confirm", Name: "confirm", Value: "true", Label: t(v, "leave.confirm"), Error: page.FieldError(v, "confirm")}.UI(),
			c.Button{Text: t(v, "leave.submit"), Kind: "warning"}.UI()}}.UI()))
}

package page

import (
	"time"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = register("leave", screen{body: leaveBody})
	_ = register("left", screen{body: leftBody})
)

// leaveBody is what a resident reads before leaving for good: what happens step by
// step, what stays and why, and the form.
func leaveBody(v *mingjing.View) []app.UI {
	body := []app.UI{heading("", t(v, "title.leave")), lead(t(v, "leave.lead"))}
	if v.Leave == nil {
		return body
	}
	body = append(body, c.Section("softer", t(v, "leave.softer"), c.P(t(v, "leave.softer_text")),
		c.Div("actions", c.LinkButton{Text: t(v, "title.consents"), Href: href(v, "consents"), Kind: "secondary"}.UI())))
	steps := make([]app.UI, 0, 4)
	for _, step := range []string{"scoring", "listed", "login", "keys"} {
		steps = append(steps, c.Div("two", c.El("strong", nil, c.Text(t(v, "leave.step_"+step))), c.Span("muted", t(v, "leave.step_"+step+"_text"))))
	}
	body = append(body,
		c.Section("steps", t(v, "leave.steps"), c.El("ol", c.A{"class": "stages"}, numbered(steps)...)),
		c.Section("stays", t(v, "leave.stays"), c.P(t(v, "leave.stays_lead")), c.List("bullets", keptAfter(v)...)))
	if n := len(v.Leave.OpenCases); n > 0 {
		links := make([]app.UI, 0, n)
		for _, d := range v.Leave.OpenCases {
			links = append(links, c.El("a", c.A{"href": href(v, "dispute", segment(d.ID))},
				c.Text(kindText(v, d, "case_kind")+" · "+v.Label("item", d.Code()))))
		}
		return append(body, c.Section("first", t(v, "leave.first"), c.P(t(v, "leave.first_text")), c.List("bullets", links...)))
	}
	return append(body, c.Section("form", t(v, "leave.form"), c.Notification{Kind: "warning", Text: t(v, "leave.final")}.UI(),
		c.Form{Action: "/api/leave", Full: true, Label: t(v, "leave.form"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Checkbox{ID: "confirm", Name: "confirm", Value: "true", Label: t(v, "leave.confirm"), Error: fieldError(v, "confirm")}.UI(),
			c.Button{Text: t(v, "leave.submit"), Kind: "warning"}.UI()}}.UI()))
}

func numbered(list []app.UI) []app.UI {
	out := make([]app.UI, 0, len(list))
	for _, e := range list {
		out = append(out, c.El("li", nil, e))
	}
	return out
}

func keptAfter(v *mingjing.View) []app.UI {
	list := make([]app.UI, 0, len(mingjing.ErasureKept))
	for _, code := range mingjing.ErasureKept {
		list = append(list, c.Text(t(v, "erasure_kept."+code)))
	}
	return list
}

// leftBody is how far an erasure has got, for whoever has the receipt. It names
// nobody.
func leftBody(v *mingjing.View) []app.UI {
	body := []app.UI{heading("", t(v, "title.left"))}
	if v.Erasure == nil {
		return append(body, lead(t(v, "left.unknown")))
	}
	e := v.Erasure
	text := t(v, "left.under_way")
	if e.ErasedAt != nil {
		text = t(v, "left.done")
	}
	row := func(step string, at *time.Time) app.UI {
		done := c.Tag{Text: t(v, "left.waits")}.UI()
		if at != nil {
			done = c.Div("meta", c.Tag{Text: t(v, "left.ready"), Tone: "good"}.UI(), timeUI(v, *at))
		}
		return c.Div("two", c.El("strong", nil, c.Text(t(v, "leave.step_"+step))), done)
	}
	body = append(body, c.El("p", c.A{"class": "lead", "role": "status"}, c.Text(text)),
		c.El("ol", c.A{"class": "stages"}, numbered([]app.UI{row("scoring", &e.AskedAt), row("listed", e.ListedAt), row("login", e.LoginAt), row("keys", e.ErasedAt)})...))
	if e.ErasedAt == nil {
		body = append(body, c.Div("actions", c.LinkButton{Text: t(v, "left.again"), Href: href(v, "left") + "?receipt=" + e.ID, Kind: "secondary"}.UI()))
	}
	return append(body, c.Section("stays", t(v, "leave.stays"), c.List("bullets", keptAfter(v)...)), c.Muted(t(v, "left.receipt", "code", e.ID)))
}

package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("ask", page.Screen{Data: page.New[mingjing.AskView], Body: askBody, Back: page.BackTo("overview")})

func askBody(v *mingjing.View) []app.UI {
	a := mingjing.DataOf[mingjing.AskView](v)
	if a == nil {
		a = &mingjing.AskView{}
	}
	body := []app.UI{page.Heading("", t(v, "ask.title")), page.Lead(t(v, "ask.lead"))}
	if a.Open != nil {
		return append(body, c.Notification{Kind: "info", Title: t(v, "ask.open"), Text: t(v, "ask.open_text"),
			Body: []app.UI{c.Link{Text: t(v, "ask.open_link"), Href: href(v, "request", a.Open.ID), Class: "row-link"}.UI()}}.UI())
	}
	if len(a.Rulebooks) == 0 {
		return append(body, c.EmptyState{Title: t(v, "rulebooks.none"), Text: t(v, "rulebooks.none_text")}.UI())
	}
	options := make([]c.Option, 0, len(a.Rulebooks))
	for i := range a.Rulebooks {
		b := &a.Rulebooks[i]
		options = append(options, c.Option{Value: b.ID, Text: b.Name, Hint: b.About, Body: askDetails(v, b)})
	}
	chosen := page.Typed(v, "rulebook")
	if chosen == "" && v.Problem == nil {
		chosen = a.Rulebooks[0].ID
	}
	return append(body,
		c.Form{Action: "/api/score-requests", Body: []app.UI{
			page.LangField(v),
			c.Radios{Name: "rulebook", Legend: t(v, "ask.which"), Heading: true, Error: page.FieldError(v, "rulebook"), Options: options,
				Value: chosen}.UI(),
			c.Section("what-happens", t(v, "ask.what_happens"), c.El("ul", c.A{"class": "bullets"},
				c.El("li", nil, c.Text(t(v, "ask.happens_once"))),
				c.El("li", nil, c.Text(t(v, "ask.happens_24h"))),
				c.El("li", nil, c.Text(t(v, "ask.happens_missing"))),
				c.El("li", nil, c.Text(t(v, "ask.happens_withdraw"))))),
			c.Checkbox{Name: "consent", Value: "true", Label: t(v, "ask.consent"), Error: page.FieldError(v, "consent"),
				Checked: page.Typed(v, "consent") == "true"}.UI(),
			c.Button{Text: t(v, "ask.submit")}.UI(),
		}}.UI())
}

// askDetails returns what each agency will be asked and why, and what is never used.
func askDetails(v *mingjing.View, b *mingjing.RulebookSummary) app.UI {
	areas := make([]app.UI, 0, len(b.Areas))
	var byArea []app.UI
	items := 0
	for _, a := range b.Areas {
		name := t(v, "area."+string(a.Area))
		areas = append(areas, c.Text(t(v, "ask.area", "area", name,
			"agencies", tn(v, "count.agencies", a.Agencies), "items", tn(v, "count.items", len(a.Items)))))
		byArea = append(byArea, c.El("p", c.A{"class": "label"}, c.Text(name)), c.El("ul", c.A{"class": "bullets"}, names(a.Items)...))
		items += len(a.Items)
	}
	return c.Div("stack",
		c.El("p", nil, c.Text(t(v, "ask.asked", "agencies", tn(v, "count.agencies", len(b.Agencies)), "items", tn(v, "count.items", items)))),
		c.El("ul", c.A{"class": "bullets"}, page.ListItems(areas)...),
		c.Div("stack-tight",
			c.Details{Summary: tn(v, "ask.all_agencies", len(b.Agencies)),
				Body: []app.UI{c.El("ul", c.A{"class": "agencies", "role": "list"}, names(b.Agencies)...)}}.UI(),
			c.Details{Summary: tn(v, "ask.all_items", items), Body: byArea}.UI(),
			c.Details{Summary: t(v, "ask.never"), Body: []app.UI{c.El("ul", c.A{"class": "never", "role": "list"}, names(b.Never)...)}}.UI()),
		c.Link{Text: t(v, "ask.whole_rulebook"), About: b.Name, Href: href(v, "rulebook", b.ID), Class: "row-link"}.UI())
}

// names returns the items of a list of names.
func names(list []string) []app.UI {
	items := make([]app.UI, 0, len(list))
	for _, n := range list {
		items = append(items, c.El("li", nil, c.Text(n)))
	}
	return items
}

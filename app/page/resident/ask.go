package resident

import (
	"cmp"
	"slices"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("ask", page.Screen{Body: askBody, Back: page.BackTo("overview")})

func askBody(v *mingjing.View) []app.UI {
	a := v.Ask
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
		options = append(options, c.Option{Value: b.ID, Text: b.Name.In(v.Lang), Hint: b.About.In(v.Lang), Body: askDetails(v, b)})
	}
	chosen := page.Typed(v, "rulebook")
	if chosen == "" && v.Problem == nil {
		chosen = a.Rulebooks[0].ID
	}
	return append(body,
		c.Form{Action: "/api/score-requests", Body: []app.UI{
			page.LangField(v),
			c.Hidden{Name: "idempotency_key", Value: a.Key}.UI(),
			c.Radios{Name: "rulebook", Legend: t(v, "ask.which"), Heading: true, Error: page.FieldError(v, "rulebook"), Options: options, Value: chosen}.UI(),
			c.Section("what-happens", t(v, "ask.what_happens"), c.El("ul", c.A{"class": "bullets"},
				c.El("li", nil, c.Text(t(v, "ask.happens_once"))),
				c.El("li", nil, c.Text(t(v, "ask.happens_24h"))),
				c.El("li", nil, c.Text(t(v, "ask.happens_missing"))),
				c.El("li", nil, c.Text(t(v, "ask.happens_withdraw"))))),
			c.Checkbox{Name: "consent", Value: "true", Label: t(v, "ask.consent"), Error: page.FieldError(v, "consent"), Checked: page.Typed(v, "consent") == "true"}.UI(),
			c.Button{Text: t(v, "ask.submit")}.UI(),
		}}.UI())
}

// askDetails is what will be asked of whom and why, and what never is.
func askDetails(v *mingjing.View, b *mingjing.Rulebook) app.UI {
	areas := make([]app.UI, 0, len(mingjing.Areas))
	for _, area := range mingjing.Areas {
		agencies, items := areaCounts(b, area)
		if items == 0 {
			continue
		}
		areas = append(areas, c.Text(t(v, "ask.area", "area", t(v, "area."+string(area)),
			"agencies", tn(v, "count.agencies", agencies), "items", tn(v, "count.items", items))))
	}
	return c.Div("stack",
		c.El("p", nil, c.Text(t(v, "ask.asked", "agencies", tn(v, "count.agencies", len(b.Agencies)), "items", tn(v, "count.items", len(b.Catalogue))))),
		c.El("ul", c.A{"class": "bullets"}, page.ListItems(areas)...),
		c.Div("stack-tight",
			c.Details{Summary: tn(v, "ask.all_agencies", len(b.Agencies)), Body: []app.UI{c.El("ul", c.A{"class": "agencies", "role": "list"}, agencyNames(v, b)...)}}.UI(),
			c.Details{Summary: tn(v, "ask.all_items", len(b.Catalogue)), Body: itemsByArea(v, b)}.UI(),
			c.Details{Summary: t(v, "ask.never"), Body: []app.UI{c.El("ul", c.A{"class": "never", "role": "list"}, neverNames(v, b)...)}}.UI()),
		c.Link{Text: t(v, "ask.whole_rulebook"), About: b.Name.In(v.Lang), Href: href(v, "rulebook", b.ID), Class: "row-link"}.UI())
}

// areaCounts are how many agencies may supply items of an area, and how many
// items it has.
func areaCounts(b *mingjing.Rulebook, area mingjing.Area) (agencies, items int) {
	in := map[string]bool{}
	for _, i := range b.Catalogue {
		if i.Area == area {
			in[i.Code] = true
		}
	}
	for _, a := range b.Agencies {
		if slices.ContainsFunc(a.Holds, func(code string) bool { return in[code] }) {
			agencies++
		}
	}
	return agencies, len(in)
}

func agencyNames(v *mingjing.View, b *mingjing.Rulebook) []app.UI {
	names := make([]string, 0, len(b.Agencies))
	for _, a := range b.Agencies {
		names = append(names, cmp.Or(a.Name.In(v.Lang), a.Code))
	}
	if v.Lang == "en" {
		slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	}
	items := make([]app.UI, 0, len(names))
	for _, n := range names {
		items = append(items, c.El("li", nil, c.Text(n)))
	}
	return items
}

func itemsByArea(v *mingjing.View, b *mingjing.Rulebook) []app.UI {
	var parts []app.UI
	for _, area := range mingjing.Areas {
		var items []app.UI
		for _, i := range b.Catalogue {
			if i.Area == area {
				items = append(items, c.El("li", nil, c.Text(i.Name.In(v.Lang))))
			}
		}
		if len(items) > 0 {
			parts = append(parts, c.El("p", c.A{"class": "label"}, c.Text(t(v, "area."+string(area)))), c.El("ul", c.A{"class": "bullets"}, items...))
		}
	}
	return parts
}

func neverNames(v *mingjing.View, b *mingjing.Rulebook) []app.UI {
	items := make([]app.UI, 0, len(b.NeverUsed))
	for _, n := range b.NeverUsed {
		items = append(items, c.El("li", nil, c.Text(n.Name.In(v.Lang))))
	}
	return items
}

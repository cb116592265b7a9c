package resident

import (
	"slices"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("listings", page.Screen{Data: page.New[mingjing.ListingsView], Body: listingsBody})

// A listingGroup is the blacklistings with which the resident can do the same now.
type listingGroup struct {
	name string
	has  func(v *mingjing.View, l mingjing.ListingView) bool
}

// listingGroups in order; a listing is in the first that has it.
var listingGroups = []listingGroup{
	{"waiting", func(_ *mingjing.View, l mingjing.ListingView) bool { return toBeServed(l.Listing) }},
	{"effect", func(_ *mingjing.View, l mingjing.ListingView) bool { return l.Effective }},
	{"idle", func(v *mingjing.View, l mingjing.ListingView) bool {
		return !l.Listing.State.Over() && page.ListingState(v, l.Listing) != "ended"
	}},
	{"over", func(*mingjing.View, mingjing.ListingView) bool { return true }},
}

// listingsBody returns the resident's listings: those that wait for the resident first,
// ended ones last, and redlistings that they do not wish to show folded away.
func listingsBody(v *mingjing.View) []app.UI {
	body := []app.UI{page.Heading("", t(v, "title.listings")), page.Lead(t(v, "listings.lead")),
		c.El("p", nil, c.Link{Text: t(v, "title.refused"), Href: href(v, "refused")}.UI())}
	if mingjing.DataOf[mingjing.ListingsView](v) == nil || len(mingjing.DataOf[mingjing.ListingsView](v).Listings) == 0 {
		return append(body, c.EmptyState{Title: t(v, "listings.empty_title"), Text: t(v, "listings.empty")}.UI())
	}
	groups := map[string][]app.UI{}
	var shown, hidden []app.UI
	for _, l := range mingjing.DataOf[mingjing.ListingsView](v).Listings {
		switch {
		case l.Listing.Kind == mingjing.Redlist && l.Listing.Shown:
			shown = append(shown, listingCard(v, l))
		case l.Listing.Kind == mingjing.Redlist:
			hidden = append(hidden, listingCard(v, l))
		default:
			i := slices.IndexFunc(listingGroups, func(g listingGroup) bool { return g.has(v, l) })
			name := listingGroups[i].name
			groups[name] = append(groups[name], listingCard(v, l))
		}
	}
	for _, g := range listingGroups {
		switch cards := groups[g.name]; {
		case len(cards) == 0:
		case g.name == "over":
			body = append(body, c.Fold{ID: "list-" + g.name, Title: t(v, "listings.group."+g.name), Count: i18n.Number(v.Lang, len(cards)),
				Open: len(cards) < 3, Body: []app.UI{c.List("cards", cards...)}}.UI())
		default:
			body = append(body, c.Section("list-"+g.name, t(v, "listings.group."+g.name), c.List("cards", cards...)))
		}
	}
	if len(shown)+len(hidden) > 0 {
		var cards, fold app.UI
		if len(shown) > 0 {
			cards = c.List("cards", shown...)
		}
		if len(hidden) > 0 {
			fold = c.Details{Summary: tn(v, "listings.hidden", len(hidden)), Class: "quiet-fold", Body: []app.UI{c.List("cards", hidden...)}}.UI()
		}
		body = append(body, c.Section("list-red", t(v, "listings.group.red"), cards, fold))
	}
	return body
}

func listingCard(v *mingjing.View, l mingjing.ListingView) app.UI {
	when := page.ListingTerm(v, l.Listing)
	if l.Listing.State == mingjing.ListingServed && l.Listing.AnswerBy != nil {
		when = t(v, "listings.answer_by", "time", page.Deadline(v, *l.Listing.AnswerBy))
	}
	return c.Card{Title: v.Label("item", l.Listing.Code), Href: href(v, "listing", page.Segment(l.Listing.ID)), Level: 3,
		Aside: page.ListingTag(v, l.Listing),
		Body: []app.UI{
			c.P(l.Listing.Ground.In(v.Lang)),
			page.EffectList(v, l.Effect),
			c.El("p", c.A{"class": "meta"},
				c.El("span", nil, c.Text(v.Label("agency", l.Listing.Agency))),
				c.El("span", nil, c.Text(when)),
				c.El("span", nil, c.Text(effectiveText(v, l)))),
		}}.UI()
}

func effectiveText(v *mingjing.View, l mingjing.ListingView) string {
	if l.Effective {
		return t(v, "listings.effective")
	}
	return t(v, "listings.not_effective")
}

package page

import (
	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = register("listings", screen{body: listingsBody})

// listingsBody is the lists on which the resident stands.
func listingsBody(v *mingjing.View) []app.UI {
	body := []app.UI{heading("", t(v, "title.listings")), lead(t(v, "listings.lead"))}
	if v.Listings == nil || len(v.Listings.Listings) == 0 {
		return append(body, c.EmptyState{Title: t(v, "listings.empty_title"), Text: t(v, "listings.empty")}.UI())
	}
	for _, kind := range []mingjing.ListKind{mingjing.Blacklist, mingjing.Redlist} {
		var cards []app.UI
		for _, l := range v.Listings.Listings {
			if l.Listing.Kind == kind {
				cards = append(cards, listingCard(v, l))
			}
		}
		if len(cards) > 0 {
			body = append(body, c.Section("list-"+string(kind), t(v, "list_kind."+string(kind)), c.List("cards", cards...)))
		}
	}
	return body
}

func listingCard(v *mingjing.View, l mingjing.ListingView) app.UI {
	return c.Card{Title: v.Label("item", l.Listing.Code), Href: href(v, "listing", segment(l.Listing.ID)), Level: 3,
		Aside: listingTag(v, l.Listing),
		Body: []app.UI{
			c.P(l.Listing.Ground.In(v.Lang)),
			effectList(v, l.Effect),
			c.El("p", c.A{"class": "meta"},
				c.El("span", nil, c.Text(v.Label("agency", l.Listing.Agency))),
				c.El("span", nil, c.Text(term(v, l.Listing))),
				c.El("span", nil, c.Text(effectiveText(v, l)))),
		}}.UI()
}

func term(v *mingjing.View, l mingjing.Listing) string {
	if l.Ends == "" {
		return t(v, "listings.from", "from", date(v, l.From))
	}
	return t(v, "listings.term", "from", date(v, l.From), "ends", date(v, l.Ends))
}

func effectiveText(v *mingjing.View, l mingjing.ListingView) string {
	if l.Effective {
		return t(v, "listings.effective")
	}
	return t(v, "listings.not_effective")
}

package page

import (
	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = register("listing", screen{body: listingBody, back: backTo("listings"), title: func(v *mingjing.View) string {
	if v.Listing == nil {
		return t(v, "title.listing")
	}
	return v.Label("item", v.Listing.Listing.Code)
}})

// listingBody is all of one listing: who, why, what it does and how to get off.
func listingBody(v *mingjing.View) []app.UI {
	if v.Listing == nil {
		return errorBody(v)
	}
	view := v.Listing
	l := view.Listing
	body := []app.UI{
		heading(code(v, "list_kind", string(l.Kind)), v.Label("item", l.Code)),
		c.Div("state-line", listingTag(v, l), c.Muted(effectiveText(v, *view)), objectLink(v, view.Open && l.DisputeID == "", t(v, "listing.wrong_title"))),
	}
	if l.NoticeOn == "" {
		body = append(body, c.Notification{Kind: "info", Title: t(v, "listing.unserved_title"), Text: t(v, "listing.unserved")}.UI())
	}
	return append(body,
		c.Section("facts", t(v, "listing.facts"), c.SummaryList{Rows: listingRows(v, l, viewer(v))}.UI(),
			datesLink(v, "listings", l.ID, l.State != mingjing.ListingLifted && (l.From >= v.Today || l.Ends >= v.Today))),
		measures(v, *view),
		exit(v, l),
		c.Section("effect", t(v, "effect.title"), effectTable(v, view.Effect)),
		c.Section("document", t(v, "doc.title"), documentUI(v, l.Document)),
		disputeSection(v, objection{
			title: t(v, "listing.wrong_title"), text: t(v, "listing.wrong"), closed: t(v, "listing.closed"),
			open: view.Open, disputeID: l.DisputeID, disputed: l.State == mingjing.ListingDisputed,
			href: href(v, "new-dispute") + "?listing=" + segment(l.ID)}))
}

func listingRows(v *mingjing.View, l mingjing.Listing, resident string) []c.SummaryRow {
	notice := t(v, "listing.notice_none")
	if l.NoticeOn != "" {
		notice = date(v, l.NoticeOn)
	}
	return []c.SummaryRow{
		{Key: t(v, "listing.authority"), Text: v.Label("agency", l.Agency)},
		{Key: t(v, "listing.ground"), Text: l.Ground.In(v.Lang)},
		{Key: t(v, "effect.basis"), Text: l.LegalBasis.In(v.Lang)},
		{Key: t(v, "listing.notice"), Text: notice},
		{Key: t(v, "listing.term"), Text: term(v, l)},
		subjectRow(v, t(v, "record.subject"), l.Subject, resident, t(v, "record.subject_differs")),
	}
}

func measures(v *mingjing.View, view mingjing.ListingView) app.UI {
	l := view.Listing
	title := t(v, "listing.measures_black")
	switch {
	case l.Kind == mingjing.Redlist:
		title = t(v, "listing.measures_red")
	case !view.Effective:
		title = t(v, "listing.measures_black_idle")
	}
	if len(l.Measures) == 0 {
		return c.Section("measures", title, c.P(t(v, "listing.measures_none")))
	}
	items := make([]app.UI, 0, len(l.Measures))
	for _, m := range l.Measures {
		items = append(items, c.Div("measure",
			c.El("p", c.A{"class": "measure-name"}, c.Text(m.Name.In(v.Lang))),
			c.Muted(t(v, "listing.measure_basis", "basis", orNone(v, m.LegalBasis.In(v.Lang))))))
	}
	var only app.UI
	if l.Kind == mingjing.Blacklist {
		only = c.P(t(v, "listing.measures_lead"))
	}
	return c.Section("measures", title, only, c.List("measures", items...))
}

func exit(v *mingjing.View, l mingjing.Listing) app.UI {
	if l.State == mingjing.ListingLifted {
		return nil
	}
	var early, late app.UI
	if s := l.Exit.In(v.Lang); s != "" {
		early = c.P(s)
	}
	if l.Ends != "" {
		late = c.P(t(v, "listing.exit_term", "date", date(v, l.Ends)))
	}
	if early == nil && late == nil {
		return nil
	}
	return c.Section("exit", t(v, "listing.exit_title"), c.Inset{Body: []app.UI{early, late}}.UI())
}

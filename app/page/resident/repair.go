package resident

import (
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("repair", page.Screen{Data: page.New[mingjing.ListingView], Body: repairBody,
	Back: func(v *mingjing.View) (string, string) {
		if mingjing.DataOf[mingjing.ListingView](v) == nil {
			return t(v, "nav.listings"), href(v, "listings")
		}
		return v.Label("item", mingjing.DataOf[mingjing.ListingView](v).Listing.Code),
			href(v, "listing", page.Segment(mingjing.DataOf[mingjing.ListingView](v).Listing.ID))
	}})

// repairBody returns the form of an application to get off a list early, or the reason
// why it is not open.
func repairBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.ListingView](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	view := *shown
	l := view.Listing
	if !view.Repair {
		return []app.UI{page.Heading("", t(v, "title.repair")), c.EmptyState{Title: t(v, "repair.closed_title"), Text: repairWhy(v, view),
			Action: c.LinkButton{Text: t(v, "repair.back"), Href: href(v, "listing", page.Segment(l.ID)), Kind: "secondary"}.UI()}.UI()}
	}
	within := tn(v, "count.working_days", page.ProcedureDays(v, func(p *mingjing.Procedure) int { return p.RepairDays }))
	return []app.UI{
		page.Heading("", t(v, "title.repair")), page.Lead(t(v, "repair.lead")),
		c.Section("about", t(v, "repair.about"), aboutListing(v, l)),
		c.Section("condition", t(v, "listing.repair_condition"), c.Inset{Body: []app.UI{c.P(l.Exit.In(v.Lang))}}.UI()),
		page.DraftForm(v, c.Form{Action: "/api/repairs", Multipart: true, Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Hidden{Name: "listing_id", Value: l.ID}.UI(),
			c.Textarea{Lang: v.Lang, Name: "statement", Label: t(v, "repair.statement"), Hint: t(v, "repair.statement_hint"),
				Value: page.Typed(v, "statement"), Error: page.FieldError(v, "statement"), Rows: 6, Max: mingjing.MaxStatement, Required: true}.UI(),
			evidenceField(v, "/api/repairs", t(v, "repair.evidence")),
			c.Section("next", t(v, "new_dispute.next_title"), page.Ordered("stages",
				t(v, "repair.next_file"), t(v, "repair.next_answer", "days", within), t(v, "repair.next_late"),
				t(v, "repair.next_granted"), t(v, "repair.next_refused"))),
			c.Button{Text: t(v, "repair.submit")}.UI(),
		}}),
	}
}

// evidenceField returns the field for the files of a new case, in the form of an action.
func evidenceField(v *mingjing.View, action, label string) app.UI {
	return page.DraftUpload(v, action, c.FileUpload{Name: "evidence", Label: label,
		Hint: t(v, "new_dispute.evidence_hint", "max", strconv.Itoa(mingjing.MaxEvidence),
			"size", i18n.FileSize(v.Lang, mingjing.MaxEvidenceBytes)),
		Accept: page.EvidenceTypes, Multiple: true, Error: page.FieldError(v, "evidence")})
}

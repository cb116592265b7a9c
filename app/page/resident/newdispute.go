package resident

import (
	"slices"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("new-dispute", page.Screen{Data: page.New[mingjing.NewCaseView], Body: newDisputeBody,
	Back: func(v *mingjing.View) (string, string) {
		switch {
		case mingjing.DataOf[mingjing.NewCaseView](v) != nil && mingjing.DataOf[mingjing.NewCaseView](v).Previous != nil:
			return t(v, "review.back"), caseHref(v, *mingjing.DataOf[mingjing.NewCaseView](v).Previous,
				mingjing.DataOf[mingjing.NewCaseView](v).Previous.ID)
		case mingjing.DataOf[mingjing.NewCaseView](v) != nil && mingjing.DataOf[mingjing.NewCaseView](v).Record != nil:
			return v.Label("item", mingjing.DataOf[mingjing.NewCaseView](v).Record.Code),
				href(v, "record", page.Segment(mingjing.DataOf[mingjing.NewCaseView](v).Record.ID))
		case mingjing.DataOf[mingjing.NewCaseView](v) != nil && mingjing.DataOf[mingjing.NewCaseView](v).Listing != nil:
			return v.Label("item", mingjing.DataOf[mingjing.NewCaseView](v).Listing.Code),
				href(v, "listing", page.Segment(mingjing.DataOf[mingjing.NewCaseView](v).Listing.ID))
		}
		return t(v, "nav.records"), href(v, "records")
	}})

// newDisputeBody returns the form of a dispute, with what filing it causes.
func newDisputeBody(v *mingjing.View) []app.UI {
	n := mingjing.DataOf[mingjing.NewCaseView](v)
	if n == nil || n.Record == nil && n.Listing == nil {
		return []app.UI{page.Heading("", t(v, "title.new-dispute")),
			c.EmptyState{Title: t(v, "new_dispute.gone_title"), Text: t(v, "new_dispute.gone"),
				Action: c.LinkButton{Text: t(v, "disputes.empty_records"), Href: href(v, "records"), Kind: "secondary"}.UI()}.UI()}
	}
	reasons := make([]c.Option, 0, len(mingjing.DisputeReasons))
	for _, r := range mingjing.DisputeReasons {
		reasons = append(reasons, c.Option{Value: string(r), Text: page.Code(v, "reason", string(r)), Hint: t(v, "reason_hint."+string(r))})
	}
	var what c.Hidden
	var about, before app.UI
	evidence := evidenceField(v, "/api/disputes", t(v, "new_dispute.evidence"))
	if n.Record != nil {
		what = c.Hidden{Name: "record_id", Value: n.Record.ID}
		about = aboutRecord(v, *n.Record)
	} else {
		what = c.Hidden{Name: "listing_id", Value: n.Listing.ID}
		about = aboutListing(v, *n.Listing)
	}
	if d := n.Previous; d != nil {
		if !slices.Contains(d.Lanes, mingjing.LaneEvidence) {
			return []app.UI{page.Heading("", t(v, "title.new-dispute")),
				c.EmptyState{Title: t(v, "new_dispute.gone_title"), Text: t(v, "error.lane_closed"),
					Action: c.LinkButton{Text: t(v, "review.back"), Href: caseHref(v, *d, d.ID), Kind: "secondary"}.UI()}.UI()}
		}
		what = c.Hidden{Name: "previous", Value: d.ID}
		before, evidence = previousCase(v, *d)
	}
	var faster app.UI
	if v.Demo != nil && v.Demo.ClockScale > 1 {
		faster = c.Muted(t(v, "new_dispute.demo", "scale", i18n.Number(v.Lang, v.Demo.ClockScale)))
	}
	return []app.UI{
		page.Heading("", t(v, "title.new-dispute")),
		c.Section("about", t(v, "new_dispute.about"), about), before,
		page.DraftForm(v, c.Form{Action: "/api/disputes", Multipart: true, Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			what.UI(),
			c.Radios{Name: "reason", Legend: t(v, "new_dispute.reason"), Heading: true, Options: reasons,
				Value: page.Typed(v, "reason"), Error: page.FieldError(v, "reason")}.UI(),
			c.Textarea{Lang: v.Lang, Name: "statement", Label: t(v, "new_dispute.statement"), Hint: t(v, "new_dispute.statement_hint"),
				Value: page.Typed(v, "statement"), Error: page.FieldError(v, "statement"), Rows: 8, Max: mingjing.MaxStatement, Required: true}.UI(),
			evidence,
			c.Inset{Body: []app.UI{c.H(3, t(v, "new_dispute.who_reads_title")), c.P(t(v, "new_dispute.who_reads"))}}.UI(),
			c.Section("next", t(v, "new_dispute.next_title"), page.Ordered("stages",
				t(v, "new_dispute.next_mark"), t(v, "new_dispute.next_forward"),
				t(v, "new_dispute.next_agency"), t(v, "new_dispute.next_decide")), faster),
			c.Button{Text: t(v, "new_dispute.submit")}.UI(),
		}}),
	}
}

// previousCase returns the decision that a new dispute follows, with the evidence that
// came after it, and the field for more: without anything new there is nothing to
// decide again.
func previousCase(v *mingjing.View, d mingjing.Case) (before, evidence app.UI) {
	var late []mingjing.Evidence
	for _, e := range d.Evidence {
		if e.Late {
			late = append(late, e)
		}
	}
	parts := []app.UI{page.DecisionCard(v, d), c.Muted(t(v, "new_dispute.fresh", "name", page.DeciderName(v, d)))}
	if len(late) > 0 {
		parts = append(parts, c.P(t(v, "new_dispute.carried")), page.EvidenceList(v, late))
		evidence = evidenceField(v, "/api/disputes", t(v, "new_dispute.evidence_more"))
	} else {
		evidence = page.DraftUpload(v, "/api/disputes", c.FileUpload{Name: "evidence", Label: t(v, "new_dispute.evidence_new"),
			Hint: t(v, "new_dispute.evidence_new_hint", "max", strconv.Itoa(mingjing.MaxEvidence),
				"size", i18n.FileSize(v.Lang, mingjing.MaxEvidenceBytes)),
			Accept: page.EvidenceTypes, Multiple: true, Error: page.FieldError(v, "evidence")})
	}
	return c.Section("before", t(v, "new_dispute.previous"), parts...), evidence
}

func aboutRecord(v *mingjing.View, r mingjing.Record) app.UI {
	return c.Card{Title: v.Label("item", r.Code), Level: 3, Aside: page.RecordTag(v, r, page.RecordEnds(v, r)),
		Body: []app.UI{c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "record.occurred"), Text: page.Date(v, r.Occurred)},
			{Key: t(v, "record.agency"), Text: v.Label("agency", r.Agency)},
			{Key: t(v, "record.detail"), Text: r.Detail.In(v.Lang)},
			{Key: t(v, "doc.number"), Text: r.Document.Number},
		}}.UI()}}.UI()
}

func aboutListing(v *mingjing.View, l mingjing.Listing) app.UI {
	return c.Card{Title: v.Label("item", l.Code), Level: 3, Aside: page.ListingTag(v, l), Body: []app.UI{c.SummaryList{Rows: []c.SummaryRow{
		{Key: t(v, "listing.authority"), Text: v.Label("agency", l.Agency)},
		{Key: t(v, "listing.ground"), Text: l.Ground.In(v.Lang)},
		{Key: t(v, "listing.term"), Text: page.ListingTerm(v, l)},
		{Key: t(v, "doc.number"), Text: l.Document.Number},
	}}.UI()}}.UI()
}

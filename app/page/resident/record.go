package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("record", page.Screen{Data: page.New[mingjing.RecordView], Body: recordBody, Back: page.BackTo("records"),
	Title: func(v *mingjing.View) string {
		if mingjing.DataOf[mingjing.RecordView](v) == nil {
			return t(v, "title.record")
		}
		return v.Label("item", mingjing.DataOf[mingjing.RecordView](v).Record.Code)
	}})

// recordBody returns everything about one record, and the form to object.
func recordBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.RecordView](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	r := shown
	rec := r.Record
	ends := t(v, "record.ends_none")
	switch {
	case r.Ends != "" && r.Ends <= v.Today:
		ends = endsText(v, *r)
	case r.Ends != "" && rec.State != mingjing.RecordRemoved:
		ends = page.Date(v, r.Ends)
	}
	body := []app.UI{
		page.Heading(areaName(v, r.Area), v.Label("item", rec.Code)),
		c.Div("state-line", page.RecordTag(v, rec, r.Ends), c.Muted(page.Code(v, "record_state_hint", page.RecordState(v, rec, r.Ends))),
			objectLink(v, r.Open && rec.DisputeID == "", t(v, "record.wrong_title"))),
		c.Section("facts", t(v, "record.what"), c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "record.occurred"), Text: page.OrNone(v, page.Date(v, rec.Occurred))},
			{Key: t(v, "record.agency"), Text: v.Label("agency", rec.Agency)},
			{Key: t(v, "record.detail"), Text: rec.Detail.In(v.Lang)},
			page.SubjectRow(v, t(v, "record.subject"), rec.Subject, page.Viewer(v), t(v, "record.subject_differs")),
			{Key: t(v, "record.collected"), Value: page.TimeUI(v, rec.CollectedAt)},
			{Key: t(v, "record.ends"), Text: ends},
		}}.UI()),
		c.Section("effect", t(v, "effect.title"), page.EffectTable(v, r.Effect)),
		c.Section("document", t(v, "doc.title"), page.DocumentUI(v, rec.Document)),
		disputeSection(v, objection{
			title: t(v, "record.wrong_title"), text: t(v, "record.wrong"), closed: t(v, "record.closed"),
			// A record is suspended by a missed clock of the dispute that is still open.
			open:      r.Open && (rec.State != mingjing.RecordSuspended || rec.DisputeID == ""),
			disputeID: rec.DisputeID, disputed: rec.State == mingjing.RecordDisputed || rec.State == mingjing.RecordSuspended,
			href: href(v, "new-dispute") + "?record=" + page.Segment(rec.ID)}),
	}
	body = append(body, statementSection(v, "record_id", rec.ID, rec.Statement))
	if len(r.Log) > 0 {
		body = append(body, c.Section("looks", t(v, "record.log_title"), page.AccessTable(v, r.Log, t(v, "record.log_title"), nil)))
	}
	return body
}

// objectLink returns a link to the form of a dispute further down.
func objectLink(v *mingjing.View, open bool, text string) app.UI {
	if !open {
		return nil
	}
	return c.Link{Text: text, Href: "#object"}.UI()
}

// An objection is what is needed to offer a dispute, or to link to one.
type objection struct {
	title, text, closed string
	open                bool
	disputeID           string
	// disputed says that the dispute is still open.
	disputed bool
	href     string
}

func disputeSection(v *mingjing.View, o objection) app.UI {
	var past app.UI
	if o.disputeID != "" {
		said := "dispute_was"
		if o.disputed {
			said = "dispute_open_already"
		}
		past = c.El("p", nil, c.Text(t(v, "held."+said)+" "),
			c.Link{Text: t(v, "held.dispute_see"), Href: href(v, "dispute", page.Segment(o.disputeID))}.UI())
	}
	switch {
	case o.open:
		return c.Section("object", o.title, c.P(o.text), past,
			c.Div("actions", c.LinkButton{Text: t(v, "held.dispute_this"), Href: o.href}.UI()))
	case past != nil:
		return c.Section("object", t(v, "held.dispute"), past)
	}
	return c.Section("object", t(v, "held.dispute"), c.Muted(o.closed))
}

package plain

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("complaints", page.Screen{Data: page.New[mingjing.ComplaintsView], Body: complaintsBody, Back: page.BackTo("overview")})
	_ = page.Register("complaints-open", page.Screen{Data: page.New[mingjing.OpenComplaintsView], Body: openComplaintsBody, Wide: true,
		Back: page.BackTo("queue")})
	_ = page.Register("complaint", page.Screen{Data: page.New[mingjing.ComplaintCase], Body: complaintBody, Wide: true,
		Back: func(v *mingjing.View) (string, string) {
			return t(v, "title.complaints-open"), href(v, "complaints-open")
		}})
)

// complaintTags returns the state of a complaint.
func complaintTags(v *mingjing.View, state mingjing.ComplaintState, late bool) app.UI {
	tags := []app.UI{c.Tag{Text: t(v, "complaint_state."+string(state)), Tone: "info"}.UI()}
	if late {
		tags = append(tags, c.Tag{Text: t(v, "complaint.late"), Tone: "bad", Shape: "diamond"}.UI())
	}
	return c.Div("why-tags", tags...)
}

// complaintFacts returns what a complaint says.
func complaintFacts(v *mingjing.View, k mingjing.Complaint, all []mingjing.RefusalMeasure) app.UI {
	rows := []c.SummaryRow{{Key: t(v, "field.place"), Text: t(v, "place."+k.Place)}, {Key: t(v, "field.where"), Text: k.Where},
		{Key: t(v, "complaint.on"), Text: page.Date(v, k.On)}, {Key: t(v, "complaint.filed"), Value: page.TimeUI(v, k.FiledAt)},
		{Key: t(v, "complaint.due"), Value: page.DeadlineUI(v, k.Due)}}
	if k.Kind == mingjing.ComplaintRefused {
		rows = append([]c.SummaryRow{{Key: t(v, "field.measure"), Text: measureName(v, all, k.Measure)},
			{Key: t(v, "complaint.found"), Text: t(v, "refusal_found."+string(k.Found))}}, rows...)
	}
	return c.SummaryList{Rows: rows}.UI()
}

// complaintReply returns what a supervisor has answered; nil before.
func complaintReply(v *mingjing.View, k mingjing.Complaint) app.UI {
	if k.State != mingjing.ComplaintAnswered || k.At == nil {
		return nil
	}
	return c.Div("quote", c.El("p", nil, c.El("strong", nil, c.Text(t(v, "complaint_outcome."+string(k.Outcome))))), page.Paragraphs(k.Reply),
		c.El("p", c.A{"class": "signed"}, c.Text(t(v, "dispute.decision_by", "name", k.By, "time", page.Instant(v, *k.At)))))
}

// complaintsBody returns the resident's own complaints, and the ways to new ones.
func complaintsBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.ComplaintsView](v)
	body := []app.UI{page.Heading("", t(v, "title.complaints")), page.Lead(t(v, "complaints.lead")),
		c.Div("actions", c.LinkButton{Text: t(v, "title.refused"), Href: href(v, "refused")}.UI(),
			c.LinkButton{Text: t(v, "title.list-used"), Href: href(v, "list-used"), Kind: "secondary"}.UI())}
	if shown == nil || len(shown.Complaints) == 0 {
		return append(body, c.EmptyState{Title: t(v, "complaints.none_title"), Text: t(v, "complaints.none")}.UI())
	}
	cards := make([]app.UI, 0, len(shown.Complaints))
	for _, k := range shown.Complaints {
		cards = append(cards, c.Card{Title: t(v, "complaint_kind."+string(k.Kind)), Level: 2, Aside: complaintTags(v, k.State, k.Late),
			Body: []app.UI{complaintFacts(v, k, shown.Measures), page.Paragraphs(k.Text), complaintReply(v, k)}}.UI())
	}
	return append(body, c.List("cards", cards...))
}

// openComplaintsBody returns the complaints that wait for a supervisor. It names nobody.
func openComplaintsBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.OpenComplaintsView](v)
	body := []app.UI{page.Heading("", t(v, "title.complaints-open")), page.Lead(t(v, "complaints.open_lead"))}
	if shown == nil || len(shown.Complaints) == 0 {
		return append(body, c.EmptyState{Title: t(v, "complaints.open_none"), Text: t(v, "complaints.open_none_text")}.UI())
	}
	rows := make([][]app.UI, 0, len(shown.Complaints))
	for _, k := range shown.Complaints {
		rows = append(rows, []app.UI{
			c.El("a", c.A{"href": href(v, "complaint", page.Segment(k.ID)), "class": "case-link"}, c.El("code", nil, c.Text(page.CaseNumber(k.ID)))),
			c.Text(t(v, "complaint_kind."+string(k.Kind))), c.Text(t(v, "place."+k.Place)), complaintTags(v, k.State, k.Late),
			c.Div("two", page.DeadlineUI(v, k.Due), c.Span("muted", page.Ago(v, k.Due)))})
	}
	return append(body, c.Div("queue", c.Table{Caption: t(v, "title.complaints-open"), QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "inquiry.col_number")}, {Text: t(v, "queue.col_kind")}, {Text: t(v, "field.place")}, {Text: t(v, "inquiry.col_state")},
		{Text: t(v, "inquiry.col_due")}}, Rows: rows}.UI()))
}

// complaintBody returns one complaint with the form for the answer.
func complaintBody(v *mingjing.View) []app.UI {
	k := mingjing.DataOf[mingjing.ComplaintCase](v)
	if k == nil {
		return page.ErrorBody(v)
	}
	body := []app.UI{page.Heading(t(v, "title.complaint"), t(v, "complaint_kind."+string(k.Kind))),
		c.Div("state-line", complaintTags(v, k.State, k.Late)),
		c.El("p", nil, c.Text(k.Resident)), complaintFacts(v, k.Complaint, k.Measures),
		c.Section("words", t(v, "dispute.words"), c.Div("quote", page.Paragraphs(k.Text))), complaintReply(v, k.Complaint)}
	if !k.Open {
		return body
	}
	outcomes := make([]c.Option, 0, len(mingjing.ComplaintOutcomes))
	for _, o := range mingjing.ComplaintOutcomes {
		outcomes = append(outcomes, c.Option{Value: string(o), Text: t(v, "complaint_outcome."+string(o))})
	}
	return append(body, c.Section("reply", t(v, "complaint.answer"), page.DraftForm(v, c.Form{
		Action: "/api/admin/complaints/" + page.Segment(k.ID) + "/answer", Label: t(v, "complaint.answer"), Body: []app.UI{page.LangField(v),
			c.Radios{Name: "outcome", Legend: t(v, "field.outcome"), Options: outcomes, Value: page.Typed(v, "outcome"),
				Error: page.FieldError(v, "outcome")}.UI(),
			c.Textarea{Lang: v.Lang, Name: "reply", Label: t(v, "field.reply"), Hint: t(v, "complaint.reply_hint"), Value: page.Typed(v, "reply"),
				Error: page.FieldError(v, "reply"), Rows: 5, Max: mingjing.MaxComplaintText, Required: true}.UI(),
			c.Button{Text: t(v, "complaint.answer_send")}.UI()}})))
}

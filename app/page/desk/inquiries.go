package desk

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("inquiries", page.Screen{Data: page.New[mingjing.InquiriesView], Body: inquiriesBody, Wide: true})

var _ = page.Register("agency-inquiries", page.Screen{Data: page.New[mingjing.InquiriesView], Body: inquiriesBody, Wide: true})

var _ = page.Register("inquiry-answer", page.Screen{Data: page.New[mingjing.InquiryCase], Body: inquiryCaseBody, Wide: true,
	Back: page.BackTo("inquiries")})

var _ = page.Register("agency-inquiry", page.Screen{Data: page.New[mingjing.InquiryCase], Body: inquiryCaseBody, Wide: true,
	Back: page.BackTo("agency-inquiries")})

// forAgency reports whether the page is for an officer.
func forAgency(v *mingjing.View) bool { return v.Who != nil && v.Who.Role == mingjing.RoleAgency }

// inquiriesBody returns the list of those who answer. It names no resident.
func inquiriesBody(v *mingjing.View) []app.UI {
	list := mingjing.DataOf[mingjing.InquiriesView](v)
	if list == nil {
		list = &mingjing.InquiriesView{}
	}
	lead1, to := "inquiry.list_lead", "inquiry-answer"
	if forAgency(v) {
		lead1, to = "inquiry.agency_lead", "agency-inquiry"
	}
	body := []app.UI{page.Heading(agencyName(v), t(v, "title.inquiries")), page.Lead(t(v, lead1)),
		c.El("p", c.A{"class": "count-line"},
			c.Text(t(v, "inquiry.counts", "escalated", i18n.Number(v.Lang, list.Escalated), "unexplained", i18n.Number(v.Lang, list.Unexplained))))}
	if len(list.Inquiries) == 0 {
		return append(body, c.EmptyState{Title: t(v, "inquiry.none_title"), Text: t(v, "inquiry.none")}.UI())
	}
	rows := make([][]app.UI, 0, len(list.Inquiries))
	for _, q := range list.Inquiries {
		number := c.El("code", nil, c.Text(page.CaseNumber(q.ID)))
		if q.Open {
			number = c.El("a", c.A{"href": href(v, to, page.Segment(q.ID)), "class": "case-link"}, number)
		}
		rows = append(rows, []app.UI{number, inquiryLooker(v, q), page.InquiryTags(v, mingjing.Inquiry{State: q.State, Late: q.Late}),
			page.TimeUI(v, q.AskedAt),
			c.Div("two", page.DeadlineUI(v, q.Due), c.Span("muted", page.Ago(v, q.Due)))})
	}
	return append(body, c.Div("queue", c.Table{Caption: t(v, "title.inquiries"), QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "inquiry.col_number")}, {Text: t(v, "inquiry.col_looker")}, {Text: t(v, "inquiry.col_state")},
		{Text: t(v, "inquiry.col_asked")}, {Text: t(v, "inquiry.col_due")}}, Rows: rows}.UI()),
		morePages(v, v.Page, "", list.Next))
}

// inquiryLooker returns who read the data that an inquiry is about, in the words of the
// list.
func inquiryLooker(v *mingjing.View, q mingjing.InquirySummary) app.UI {
	switch {
	case q.Mine && !forAgency(v):
		return c.El("strong", nil, c.Text(t(v, "queue.you")))
	case q.Agency != "":
		return c.Text(v.Label("agency", q.Agency))
	case q.Staff != "":
		return c.El("code", nil, c.Text(q.Staff))
	}
	return c.Span("muted", t(v, "inquiry.nobody"))
}

// inquiryCaseBody returns one inquiry with the form for the answer.
func inquiryCaseBody(v *mingjing.View) []app.UI {
	q := mingjing.DataOf[mingjing.InquiryCase](v)
	if q == nil {
		return page.ErrorBody(v)
	}
	asked := c.Muted(t(v, "inquiry.question_none"))
	if q.Question != "" {
		asked = c.Div("quote", page.Paragraphs(q.Question))
	}
	var about app.UI
	if q.CaseID != "" {
		about = c.El("code", nil, c.Text(page.CaseNumber(q.CaseID)))
		if !forAgency(v) {
			about = c.Link{Text: page.CaseNumber(q.CaseID), Href: href(v, "case", page.Segment(q.CaseID))}.UI()
		}
	}
	item := ""
	if q.Item != "" {
		item = v.Label("item", q.Item)
	}
	body := []app.UI{page.Heading(agencyName(v), t(v, "title.inquiry-answer")),
		c.Div("state-line", page.InquiryTags(v, q.Inquiry), page.InquiryDue(v, q.Inquiry)),
		c.Div("columns columns-even", c.Section("look", t(v, "inquiry.look"), page.AccessSummary(v, q.Entry)),
			c.Section("asks", t(v, "inquiry.asks"), c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "role.resident"), Text: q.Resident},
				{Key: t(v, "inquiry.case"), Value: about}, {Key: t(v, "agencyside.col_item"), Text: item}}}.UI(), asked)),
		page.InquiryAnswers(v, q.Inquiry)}
	if len(q.Outcomes) == 0 {
		return append(body, c.Muted(t(v, "inquiry.read_only")))
	}
	return append(body, inquiryForm(v, *q))
}

// inquiryForm returns the form for the answer, and for the finding where the answer is
// one.
func inquiryForm(v *mingjing.View, q mingjing.InquiryCase) app.UI {
	action, title := "/api/admin/inquiries/", "inquiry.answer_title"
	if forAgency(v) {
		action = "/api/agency/inquiries/"
	}
	fields := []app.UI{c.Hidden{Name: "lang", Value: v.Lang}.UI()}
	if len(q.Outcomes) > 1 {
		title = "inquiry.finding_title"
		var options []c.Option
		for _, o := range q.Outcomes {
			options = append(options, c.Option{Value: string(o), Text: page.Code(v, "inquiry_outcome", string(o)),
				Hint: t(v, "inquiry.finding_hint."+string(o))})
		}
		fields = append(fields, c.Radios{Name: "outcome", Legend: t(v, "inquiry.finding"), Options: options, Value: page.Typed(v, "outcome"),
			Error: page.FieldError(v, "outcome")}.UI())
	}
	fields = append(fields, c.Textarea{Lang: v.Lang, Name: "explanation", Label: t(v, "field.explanation"), Hint: t(v, "inquiry.text_hint"),
		Value: page.Typed(v, "explanation"),
		Error: page.FieldError(v, "explanation"), Rows: 5, Max: mingjing.MaxInquiryAnswer, Required: true}.UI(),
		c.Button{Text: t(v, "inquiry.send")}.UI())
	return c.Section("reply", t(v, title), page.DraftForm(v, c.Form{Action: action + page.Segment(q.ID) + "/answer",
		Label: t(v, title), Body: fields}))
}

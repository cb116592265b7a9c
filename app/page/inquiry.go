package page

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = register("inquiry", screen{body: inquiryBody, back: backTo("access-log")})
	_ = register("inquiries", screen{body: inquiriesBody, wide: true})
	_ = register("agency-inquiries", screen{body: inquiriesBody, wide: true})
	_ = register("inquiry-answer", screen{body: inquiryCaseBody, wide: true, back: backTo("inquiries")})
	_ = register("agency-inquiry", screen{body: inquiryCaseBody, wide: true, back: backTo("agency-inquiries")})
)

// whyOf is the part of each line of the access log where one asks why and reads the
// answer.
func whyOf(v *mingjing.View, log *mingjing.AccessLogView) func(mingjing.Look) app.UI {
	return func(l mingjing.Look) app.UI {
		i := slices.IndexFunc(log.Inquiries, func(q mingjing.Inquiry) bool { return q.Look.Seq == l.Seq })
		switch {
		case i >= 0:
			return inquiryInLog(v, log.Inquiries[i])
		case l.Askable():
			return whyForm(v, l)
		case l.Role == mingjing.RoleResident:
			return nil
		}
		return c.Details{Summary: t(v, "inquiry.why"), Body: []app.UI{c.P(standing(v, l))}}.UI()
	}
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }

// standing is the published reason of a look that nobody has to be asked about.
func standing(v *mingjing.View, l mingjing.Look) string {
	action := strings.TrimPrefix(l.Action, "look.")
	if !i18n.Has("standing." + action) {
		action = "other"
	}
	return t(v, "standing."+action)
}

// whyForm asks why with one tap, and comes back to this page of the log.
func whyForm(v *mingjing.View, l mingjing.Look) app.UI {
	fields := []app.UI{c.Hidden{Name: "lang", Value: v.Lang}.UI(), c.Hidden{Name: "seq", Value: digits(l.Seq)}.UI()}
	if _, query, ok := strings.Cut(v.Path, "?"); ok {
		q, _ := url.ParseQuery(query)
		for _, name := range []string{"others", "cursor"} {
			if value := q.Get(name); value != "" {
				fields = append(fields, c.Hidden{Name: name, Value: value}.UI())
			}
		}
	}
	// Two looks in one minute may be alike but for their number.
	about := lookText(v, l) + ", " + instant(v, l.At) + ", " + strconv.FormatInt(l.Seq, 10)
	return c.Form{Action: "/api/inquiries", Class: "why-form", Label: t(v, "inquiry.ask", "what", about),
		Body: append(fields, c.Button{Text: t(v, "inquiry.why"), Kind: "secondary", About: about}.UI())}.UI()
}

// inquiryTags are how an inquiry stands, in words; that a look is unexplained stays.
func inquiryTags(v *mingjing.View, q mingjing.Inquiry) app.UI {
	tag := c.Tag{Text: code(v, "inquiry_state", string(q.State)), Tone: "info"}
	switch q.State {
	case mingjing.InquiryAnswered:
		last := q.Answers[len(q.Answers)-1].Outcome
		tag = c.Tag{Text: code(v, "inquiry_outcome", string(last)), Tone: "good"}
		if last == mingjing.InquiryUnfounded {
			tag.Tone, tag.Shape = "bad", "triangle"
		}
	case mingjing.InquiryUnexplained:
		tag.Tone, tag.Shape = "bad", "triangle"
	case mingjing.InquiryEscalated:
		tag.Tone = "warn"
	}
	body := []app.UI{tag.UI()}
	if q.Late && !q.Unexplained {
		body = append(body, c.Tag{Text: t(v, "inquiry.late"), Tone: "bad", Shape: "diamond"}.UI())
	}
	if q.Unexplained && q.State != mingjing.InquiryUnexplained {
		body = append(body, c.Tag{Text: t(v, "inquiry.stayed_unexplained"), Tone: "bad", Shape: "diamond"}.UI())
	}
	return c.Div("why-tags", body...)
}

// inquiryInLog is an inquiry in the line that it is about, with the answer.
func inquiryInLog(v *mingjing.View, q mingjing.Inquiry) app.UI {
	var said app.UI
	if n := len(q.Answers); n > 0 && q.State == mingjing.InquiryAnswered {
		said = c.Div("quote", paragraphs(q.Answers[n-1].Text))
	} else if q.State != mingjing.InquiryUnexplained {
		said = c.El("p", c.A{"class": "muted"}, c.Text(t(v, "inquiry.due")+" "), timeUI(v, q.Due))
	}
	return c.Div("why stack", inquiryTags(v, q), said,
		c.El("p", nil, c.Link{Text: t(v, "inquiry.more"), Href: href(v, "inquiry", segment(q.ID))}.UI()))
}

// inquiryBody is one inquiry of the resident's: the look, what was answered, and what
// they can do.
func inquiryBody(v *mingjing.View) []app.UI {
	q := v.Inquiry
	if q == nil {
		return errorBody(v)
	}
	body := []app.UI{heading("", t(v, "title.inquiry")), c.Div("state-line", inquiryTags(v, *q), inquiryDue(v, *q))}
	switch {
	case q.State == mingjing.InquiryUnexplained:
		body = append(body, c.Notification{Kind: "warning", Title: t(v, "inquiry.unexplained_title"), Text: t(v, "inquiry.unexplained_do")}.UI())
	case q.Ended() && q.Answers[len(q.Answers)-1].Outcome == mingjing.InquiryUnfounded:
		body = append(body, c.Notification{Kind: "warning", Text: t(v, "inquiry.apology")}.UI())
	}
	body = append(body, c.Section("look", t(v, "inquiry.look"), lookSummary(v, q.Look)))
	if a := inquiryAnswers(v, *q); a != nil {
		body = append(body, a)
	}
	switch {
	case q.State == mingjing.InquiryAnswered && q.May(mingjing.InquiryEscalated):
		body = append(body, c.Section("judge", t(v, "inquiry.judge"), c.P(t(v, "inquiry.judge_hint")),
			c.Form{Action: "/api/inquiries/" + segment(q.ID) + "/judge", Label: t(v, "inquiry.judge"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Div("actions", c.Button{Text: t(v, "inquiry.judge_yes"), Name: "satisfied", Value: "yes"}.UI(),
					c.Button{Text: t(v, "inquiry.judge_no"), Name: "satisfied", Value: "no", Kind: "secondary"}.UI())}}.UI()))
	case q.Question != "":
		body = append(body, c.Section("question", t(v, "inquiry.question"), c.Div("quote", paragraphs(q.Question))))
	case q.State == mingjing.InquiryAsked:
		body = append(body, c.Section("add", t(v, "inquiry.add"),
			c.Form{Action: "/api/inquiries/" + segment(q.ID) + "/question", Label: t(v, "inquiry.add"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Textarea{Lang: v.Lang, Name: "question", Label: t(v, "field.question"), Hint: t(v, "inquiry.add_hint"), Value: typed(v, "question"),
					Error: fieldError(v, "question"), Rows: 3, Max: mingjing.MaxInquiryQuestion}.UI(),
				c.Button{Text: t(v, "inquiry.add_send"), Kind: "secondary"}.UI()}}.UI()))
	}
	if q.Unexplained {
		body = append(body, c.Section("complaint", t(v, "inquiry.complaint"), c.El("p", c.A{"class": "quote"}, c.Text(t(v, "inquiry.complaint_line",
			"number", caseNumber(q.ID), "line", digits(q.Look.Seq), "who", lookerName(v, q.Look), "when", instant(v, q.Look.At),
			"asked", instant(v, q.AskedAt), "due", instant(v, q.Due))))))
	}
	return body
}

// inquiryDue is when an answer is due, or was.
func inquiryDue(v *mingjing.View, q mingjing.Inquiry) app.UI {
	key := map[mingjing.InquiryState]string{mingjing.InquiryAsked: "inquiry.answer_by", mingjing.InquiryEscalated: "inquiry.second_by"}[q.State]
	if key == "" {
		return nil
	}
	return c.El("p", nil, c.Text(t(v, key)+" "), timeUI(v, q.Due))
}

// lookerName is who looked, in words.
func lookerName(v *mingjing.View, l mingjing.Look) string {
	return t(v, "inquiry.looker", "who", v.Label("agency", l.Who), "role", code(v, "role", string(l.Role)))
}

func lookSummary(v *mingjing.View, l mingjing.Look) app.UI {
	return c.SummaryList{Rows: []c.SummaryRow{
		{Key: t(v, "inquiry.line"), Text: digits(l.Seq)},
		{Key: t(v, "access_log.when"), Value: timeUI(v, l.At)},
		{Key: t(v, "access_log.who"), Text: lookerName(v, l)},
		{Key: t(v, "access_log.what"), Text: lookText(v, l)},
		{Key: t(v, "access_log.why"), Text: lookPurpose(v, l)}}}.UI()
}

// inquiryAnswers are the answers with who gave them, or nil.
func inquiryAnswers(v *mingjing.View, q mingjing.Inquiry) app.UI {
	if len(q.Answers) == 0 {
		return nil
	}
	var body []app.UI
	for _, a := range q.Answers {
		body = append(body, c.Div("quote", c.El("p", nil, c.El("strong", nil, c.Text(code(v, "inquiry_outcome", string(a.Outcome))))), paragraphs(a.Text),
			c.El("p", c.A{"class": "signed"}, c.Text(t(v, "inquiry.by", "who", v.Label("agency", a.By), "role", code(v, "role", string(a.Role)), "time", instant(v, a.At))))))
	}
	return c.Section("answers", t(v, "inquiry.answers"), body...)
}

// forAgency says whether the page is an officer's.
func forAgency(v *mingjing.View) bool { return v.Who != nil && v.Who.Role == mingjing.RoleAgency }

// inquiriesBody is the list of those who answer. It names no resident.
func inquiriesBody(v *mingjing.View) []app.UI {
	list := v.Inquiries
	if list == nil {
		list = &mingjing.InquiriesView{}
	}
	lead1, page := "inquiry.list_lead", "inquiry-answer"
	if forAgency(v) {
		lead1, page = "inquiry.agency_lead", "agency-inquiry"
	}
	body := []app.UI{heading(agencyName(v), t(v, "title.inquiries")), lead(t(v, lead1)),
		c.El("p", c.A{"class": "count-line"}, c.Text(t(v, "inquiry.counts", "escalated", i18n.Number(v.Lang, list.Escalated), "unexplained", i18n.Number(v.Lang, list.Unexplained))))}
	if len(list.Inquiries) == 0 {
		return append(body, c.EmptyState{Title: t(v, "inquiry.none_title"), Text: t(v, "inquiry.none")}.UI())
	}
	rows := make([][]app.UI, 0, len(list.Inquiries))
	for _, q := range list.Inquiries {
		number := c.El("code", nil, c.Text(caseNumber(q.ID)))
		if q.Open {
			number = c.El("a", c.A{"href": href(v, page, segment(q.ID)), "class": "case-link"}, number)
		}
		rows = append(rows, []app.UI{number, inquiryLooker(v, q), inquiryTags(v, mingjing.Inquiry{State: q.State, Late: q.Late}), timeUI(v, q.AskedAt),
			c.Div("two", timeUI(v, q.Due), c.Span("muted", ago(v, q.Due)))})
	}
	return append(body, c.Div("queue", c.Table{Caption: t(v, "title.inquiries"), QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "inquiry.col_number")}, {Text: t(v, "inquiry.col_looker")}, {Text: t(v, "inquiry.col_state")},
		{Text: t(v, "inquiry.col_asked")}, {Text: t(v, "inquiry.col_due")}}, Rows: rows}.UI()),
		morePages(v, v.Page, "", list.Next))
}

// inquiryLooker is whose look an inquiry is about, as the list says it.
func inquiryLooker(v *mingjing.View, q mingjing.InquiryLine) app.UI {
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

// inquiryCaseBody is one inquiry with the form for the answer.
func inquiryCaseBody(v *mingjing.View) []app.UI {
	q := v.InquiryCase
	if q == nil {
		return errorBody(v)
	}
	asked := c.Muted(t(v, "inquiry.question_none"))
	if q.Question != "" {
		asked = c.Div("quote", paragraphs(q.Question))
	}
	var about app.UI
	if q.CaseID != "" {
		about = c.El("code", nil, c.Text(caseNumber(q.CaseID)))
		if !forAgency(v) {
			about = c.Link{Text: caseNumber(q.CaseID), Href: href(v, "case", segment(q.CaseID))}.UI()
		}
	}
	item := ""
	if q.Item != "" {
		item = v.Label("item", q.Item)
	}
	body := []app.UI{heading(agencyName(v), t(v, "title.inquiry-answer")),
		c.Div("state-line", inquiryTags(v, q.Inquiry), inquiryDue(v, q.Inquiry)),
		c.Div("columns columns-even", c.Section("look", t(v, "inquiry.look"), lookSummary(v, q.Look)),
			c.Section("asks", t(v, "inquiry.asks"), c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "role.resident"), Text: q.Resident},
				{Key: t(v, "inquiry.case"), Value: about}, {Key: t(v, "agencyside.col_item"), Text: item}}}.UI(), asked)),
		inquiryAnswers(v, q.Inquiry)}
	if len(q.Outcomes) == 0 {
		return append(body, c.Muted(t(v, "inquiry.read_only")))
	}
	return append(body, inquiryForm(v, *q))
}

// inquiryForm takes the answer; where it is a finding, what was found.
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
			options = append(options, c.Option{Value: string(o), Text: code(v, "inquiry_outcome", string(o)), Hint: t(v, "inquiry.finding_hint."+string(o))})
		}
		fields = append(fields, c.Radios{Name: "outcome", Legend: t(v, "inquiry.finding"), Options: options, Value: typed(v, "outcome"), Error: fieldError(v, "outcome")}.UI())
	}
	fields = append(fields, c.Textarea{Lang: v.Lang, Name: "explanation", Label: t(v, "field.explanation"), Hint: t(v, "inquiry.text_hint"), Value: typed(v, "explanation"),
		Error: fieldError(v, "explanation"), Rows: 5, Max: mingjing.MaxInquiryAnswer, Required: true}.UI(), c.Button{Text: t(v, "inquiry.send")}.UI())
	return c.Section("reply", t(v, title), c.Form{Action: action + segment(q.ID) + "/answer", Label: t(v, title), Body: fields}.UI())
}

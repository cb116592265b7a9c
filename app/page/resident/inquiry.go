package resident

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("inquiry", page.Screen{Data: page.New[mingjing.Inquiry], Body: inquiryBody, Back: page.BackTo("access-log")})

// whyOf returns a function that returns the last cell of an entry: the form to ask why,
// or the answer.
func whyOf(v *mingjing.View, log *mingjing.AccessLogView) func(mingjing.AccessEntry) app.UI {
	return func(l mingjing.AccessEntry) app.UI {
		i := slices.IndexFunc(log.Inquiries, func(q mingjing.Inquiry) bool { return q.Entry.Seq == l.Seq })
		switch {
		case i >= 0:
			return c.Div("stack", allowed(v, l, ""), inquiryInLog(v, log.Inquiries[i]))
		case l.Askable():
			return c.Div("stack", allowed(v, l, ""), whyForm(v, l))
		case l.Role == mingjing.RoleResident:
			return nil
		}
		return allowed(v, l, standing(v, l))
	}
}

// allowed returns what says whether a look was allowed, folded away: which data was opened,
// what the law says, and the published reason, if any.
func allowed(v *mingjing.View, l mingjing.AccessEntry, reason string) app.UI {
	law, says := page.BasisText(v, l)
	rows := []c.SummaryRow{{Key: t(v, "access_log.opened"), Text: page.OpenedText(v, l)}, {Key: t(v, "access_log.basis"),
		Value: c.Div("two", c.Text(law), c.Text(says))}, {Key: t(v, "inquiry.why"), Text: reason}}
	return c.Details{Summary: t(v, "access_log.allowed"), Body: []app.UI{c.SummaryList{Rows: rows}.UI()}}.UI()
}

// standing returns the published reason of an entry that nobody has to be asked about.
func standing(v *mingjing.View, l mingjing.AccessEntry) string {
	action := strings.TrimPrefix(l.Action, "look.")
	if !i18n.Has("standing." + action) {
		action = "other"
	}
	return t(v, "standing."+action)
}

// whyForm returns the form that asks why with one tap, and comes back to this page of
// the log.
func whyForm(v *mingjing.View, l mingjing.AccessEntry) app.UI {
	fields := []app.UI{c.Hidden{Name: "lang", Value: v.Lang}.UI(), c.Hidden{Name: "seq", Value: page.Digits(l.Seq)}.UI()}
	if _, query, ok := strings.Cut(v.Path, "?"); ok {
		q, _ := url.ParseQuery(query)
		for _, name := range []string{"others", "cursor"} {
			if value := q.Get(name); value != "" {
				fields = append(fields, c.Hidden{Name: name, Value: value}.UI())
			}
		}
	}
	// Two entries in one minute may differ only in their number.
	about := page.ActionText(v, l) + ", " + page.Instant(v, l.At) + ", " + strconv.FormatInt(l.Seq, 10)
	return c.Form{Action: "/api/inquiries", Class: "why-form", Label: t(v, "inquiry.ask", "what", about),
		Body: append(fields, c.Button{Text: t(v, "inquiry.why"), Kind: "secondary", About: about}.UI())}.UI()
}

// inquiryInLog returns an inquiry in the row of its entry, with the answer.
func inquiryInLog(v *mingjing.View, q mingjing.Inquiry) app.UI {
	var said app.UI
	if n := len(q.Answers); n > 0 && q.State == mingjing.InquiryAnswered {
		said = c.Div("quote", page.Paragraphs(q.Answers[n-1].Text))
	} else if q.State != mingjing.InquiryUnexplained {
		said = c.El("p", c.A{"class": "muted"}, c.Text(t(v, "inquiry.due")+" "), page.DeadlineUI(v, q.Due))
	}
	return c.Div("why stack", page.InquiryTags(v, q), said,
		c.El("p", nil, c.Link{Text: t(v, "inquiry.more"), Href: href(v, "inquiry", page.Segment(q.ID))}.UI()))
}

// inquiryBody returns one of the resident's inquiries: the entry, the answers, and what
// they can do.
func inquiryBody(v *mingjing.View) []app.UI {
	q := mingjing.DataOf[mingjing.Inquiry](v)
	if q == nil {
		return page.ErrorBody(v)
	}
	body := []app.UI{page.Heading("", t(v, "title.inquiry")), c.Div("state-line", page.InquiryTags(v, *q), page.InquiryDue(v, *q))}
	switch {
	case q.State == mingjing.InquiryUnexplained:
		body = append(body, c.Notification{Kind: "warning", Title: t(v, "inquiry.unexplained_title"), Text: t(v, "inquiry.unexplained_do")}.UI())
	case q.Ended() && q.Answers[len(q.Answers)-1].Outcome == mingjing.InquiryUnfounded:
		body = append(body, c.Notification{Kind: "warning", Text: t(v, "inquiry.apology")}.UI())
	}
	body = append(body, c.Section("look", t(v, "inquiry.look"), page.AccessSummary(v, q.Entry)))
	if a := page.InquiryAnswers(v, *q); a != nil {
		body = append(body, a)
	}
	switch {
	case q.State == mingjing.InquiryAnswered && q.May(mingjing.InquiryEscalated):
		body = append(body, c.Section("judge", t(v, "inquiry.judge"), c.P(t(v, "inquiry.judge_hint")),
			c.Form{Action: "/api/inquiries/" + page.Segment(q.ID) + "/judge", Label: t(v, "inquiry.judge"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Div("actions", c.Button{Text: t(v, "inquiry.judge_yes"), Name: "satisfied", Value: "yes"}.UI(),
					c.Button{Text: t(v, "inquiry.judge_no"), Name: "satisfied", Value: "no", Kind: "secondary"}.UI())}}.UI()))
	case q.Question != "":
		body = append(body, c.Section("question", t(v, "inquiry.question"), c.Div("quote", page.Paragraphs(q.Question))))
	case q.State == mingjing.InquiryAsked:
		body = append(body, c.Section("add", t(v, "inquiry.add"),
			page.DraftForm(v, c.Form{Action: "/api/inquiries/" + page.Segment(q.ID) + "/question", Label: t(v, "inquiry.add"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Textarea{Lang: v.Lang, Name: "question", Label: t(v, "field.question"), Hint: t(v, "inquiry.add_hint"),
					Value: page.Typed(v, "question"),
					Error: page.FieldError(v, "question"), Rows: 3, Max: mingjing.MaxInquiryQuestion}.UI(),
				c.Button{Text: t(v, "inquiry.add_send"), Kind: "secondary"}.UI()}})))
	}
	if q.Unexplained {
		body = append(body, c.Section("complaint", t(v, "inquiry.complaint"),
			c.El("p", c.A{"class": "quote"}, c.Text(t(v, "inquiry.complaint_line",
				"number", page.CaseNumber(q.ID), "line", page.Digits(q.Entry.Seq), "who", page.AccessorName(v, q.Entry), "when",
				page.Instant(v, q.Entry.At),
				"asked", page.Instant(v, q.AskedAt), "due", page.Deadline(v, q.Due))))))
	}
	return body
}

package page

import (
	"strconv"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Digits returns the number of an entry of the access log.
func Digits(n int64) string { return strconv.FormatInt(n, 10) }

// InquiryTags returns the state of an inquiry; once unexplained, it stays marked so.
func InquiryTags(v *mingjing.View, q mingjing.Inquiry) app.UI {
	tag := c.Tag{Text: Code(v, "inquiry_state", string(q.State)), Tone: "info"}
	switch q.State {
	case mingjing.InquiryAnswered:
		last := q.Answers[len(q.Answers)-1].Outcome
		tag = c.Tag{Text: Code(v, "inquiry_outcome", string(last)), Tone: "good"}
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
		body = append(body, c.Tag{Text: T(v, "inquiry.late"), Tone: "bad", Shape: "diamond"}.UI())
	}
	if q.Unexplained && q.State != mingjing.InquiryUnexplained {
		body = append(body, c.Tag{Text: T(v, "inquiry.stayed_unexplained"), Tone: "bad", Shape: "diamond"}.UI())
	}
	return c.Div("why-tags", body...)
}

// InquiryDue returns when an answer is due, or was.
func InquiryDue(v *mingjing.View, q mingjing.Inquiry) app.UI {
	key := map[mingjing.InquiryState]string{mingjing.InquiryAsked: "inquiry.answer_by",
		mingjing.InquiryEscalated: "inquiry.second_by"}[q.State]
	if key == "" {
		return nil
	}
	return c.El("p", nil, c.Text(T(v, key)+" "), DeadlineUI(v, q.Due))
}

// AccessorName returns who read the data, as a text.
func AccessorName(v *mingjing.View, l mingjing.AccessEntry) string {
	return T(v, "inquiry.looker", "who", v.Label("agency", l.Who), "role", Code(v, "role", string(l.Role)))
}

// AccessSummary returns one entry of the access log as a summary list.
func AccessSummary(v *mingjing.View, l mingjing.AccessEntry) app.UI {
	return c.SummaryList{Rows: []c.SummaryRow{
		{Key: T(v, "inquiry.line"), Text: Digits(l.Seq)},
		{Key: T(v, "access_log.when"), Value: TimeUI(v, l.At)},
		{Key: T(v, "access_log.who"), Text: AccessorName(v, l)},
		{Key: T(v, "access_log.what"), Text: ActionText(v, l)},
		{Key: T(v, "access_log.why"), Text: PurposeText(v, l)}}}.UI()
}

// InquiryAnswers returns the answers with who gave them, or nil.
func InquiryAnswers(v *mingjing.View, q mingjing.Inquiry) app.UI {
	if len(q.Answers) == 0 {
		return nil
	}
	var body []app.UI
	for _, a := range q.Answers {
		body = append(body, c.Div("quote", c.El("p", nil, c.El("strong", nil, c.Text(Code(v, "inquiry_outcome", string(a.Outcome))))),
			Paragraphs(a.Text),
			c.El("p", c.A{"class": "signed"},
				c.Text(T(v, "inquiry.by", "who", v.Label("agency", a.By), "role", Code(v, "role", string(a.Role)), "time", Instant(v, a.At))))))
	}
	return c.Section("answers", T(v, "inquiry.answers"), body...)
}

package desk

import (
	"net/url"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// maxAnswer is the most characters of an agency's answer in one language.
const maxAnswer = 1000

var (
	_ = page.Register("agency-questions", page.Screen{Data: page.New[mingjing.AgencyQuestionsView], Body: agencyQuestionsBody, Wide: true})
	_ = page.Register("agency-question", page.Screen{Data: page.New[mingjing.AgencyQuestion], Body: agencyQuestionBody, Wide: true,
		Back: page.BackTo("agency-questions")})
	_ = page.Register("agency-records", page.Screen{Data: page.New[mingjing.AgencyRecordsView], Body: agencyRecordsBody, Wide: true})
)

// agencyName returns the name of the officer's agency.
func agencyName(v *mingjing.View) string {
	if v.Who == nil || v.Who.Agency == "" {
		return ""
	}
	return v.Label("agency", v.Who.Agency)
}

// agencyQuestionsBody returns the questions that wait for the agency's answer, the
// nearest clock first. It names nobody.
func agencyQuestionsBody(v *mingjing.View) []app.UI {
	q := mingjing.DataOf[mingjing.AgencyQuestionsView](v)
	if q == nil {
		q = &mingjing.AgencyQuestionsView{}
	}
	body := []app.UI{page.Heading(agencyName(v), t(v, "title.agency-questions")), page.Lead(t(v, "agencyside.questions_lead"))}
	if len(q.Questions) == 0 {
		return append(body, c.EmptyState{Title: t(v, "agencyside.none_title"), Text: t(v, "agencyside.none")}.UI())
	}
	rows := make([][]app.UI, 0, len(q.Questions))
	for _, k := range q.Questions {
		rows = append(rows, []app.UI{
			c.El("a", c.A{"href": href(v, "agency-question", page.Segment(k.ID)), "class": "case-link"},
				c.El("code", nil, c.Text(page.CaseNumber(k.ID)))),
			c.Text(v.Label("item", k.Code)), c.El("code", nil, c.Text(k.Ref)), questionNotice(v, k), questionClock(v, k)})
	}
	return append(body, c.Div("queue", c.Table{Caption: t(v, "title.agency-questions"), QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "agencyside.col_case")}, {Text: t(v, "agencyside.col_item")}, {Text: t(v, "agencyside.col_ref")},
		{Text: t(v, "agencyside.col_notice")}, {Text: t(v, "agencyside.col_due")}}, Rows: rows}.UI()),
		morePages(v, "agency-questions", "", q.Next))
}

func morePages(v *mingjing.View, page, ref, next string) app.UI {
	if next == "" {
		return nil
	}
	q := url.Values{"cursor": {next}}
	if ref != "" {
		q.Set("ref", ref)
	}
	return c.Pagination{Label: t(v, "queue.pages"), Text: t(v, "queue.more"), Href: href(v, page) + "?" + q.Encode()}.UI()
}

func questionNotice(v *mingjing.View, k mingjing.AgencyQuestion) app.UI {
	if k.Notice > 1 {
		return c.Tag{Text: t(v, "agencyside.notice_second"), Tone: "bad", Shape: "triangle"}.UI()
	}
	return c.Tag{Text: t(v, "agencyside.notice_first"), Shape: "circle"}.UI()
}

func questionClock(v *mingjing.View, k mingjing.AgencyQuestion) app.UI {
	return c.Div("two", page.DeadlineUI(v, k.Clock.Due), c.Span("muted", i18n.Relative(v.Lang, k.Clock.Due, v.Now)))
}

// agencyQuestionBody returns one question: what the resident wrote, the evidence, and
// the form for the answer.
func agencyQuestionBody(v *mingjing.View) []app.UI {
	q := mingjing.DataOf[mingjing.AgencyQuestion](v)
	if q == nil {
		return page.ErrorBody(v)
	}
	stakes := "agencyside.stakes_first"
	if q.Notice > 1 {
		stakes = "agencyside.stakes_second"
	}
	body := []app.UI{page.Heading(page.KindText(v, mingjing.Case{Kind: q.Kind}, "case_number", "id", page.CaseNumber(q.ID)),
		v.Label("item", q.Code)),
		c.Div("state-line", questionNotice(v, *q), c.El("p", nil, c.Text(t(v, "agencyside.answer_by")+" "), page.DeadlineUI(v, q.Clock.Due)))}
	if q.Open {
		body = append(body, c.Notification{Kind: "warning", Text: ofKind(v, q.Kind, stakes)}.UI())
	} else {
		body = append(body, c.Notification{Kind: "info", Text: t(v, "agencyside.closed")}.UI())
	}
	occurred := ""
	if q.Occurred != "" {
		occurred = page.Date(v, q.Occurred)
	}
	var document app.UI
	if q.Document != nil && q.Kind != mingjing.CaseMissing {
		document = page.DocumentUI(v, *q.Document)
	}
	rows := []c.SummaryRow{
		{Key: t(v, "agencyside.col_ref"), Value: c.El("code", nil, c.Text(q.Ref))},
		{Key: t(v, "agencyside.resident"), Text: q.Resident},
		{Key: t(v, "record.subject"), Text: q.Subject},
		{Key: t(v, "record.occurred"), Text: occurred}}
	if q.Kind == mingjing.CaseMissing && q.Document != nil {
		rows = append(rows[1:], c.SummaryRow{Key: t(v, "doc.number"), Text: q.Document.Number})
	}
	var reason app.UI
	if q.Reason != "" {
		reason = c.El("p", nil, c.El("strong", nil, c.Text(page.Code(v, "reason", string(q.Reason)))))
	}
	var answer app.UI
	if q.Answer != nil {
		answer = c.Section("answer", t(v, "dispute.agency_answer"), c.Div("quote",
			c.El("p", nil, c.El("strong", nil, c.Text(page.PositionText(v, q.Kind, q.Answer.Position)))),
			page.Paragraphs(q.Answer.Text.In(v.Lang)), page.AnswerDocument(v, *q.Answer, "/api/agency/evidence/")))
	}
	body = append(body, c.Div("columns columns-even",
		c.Div("stack",
			c.Section("words", t(v, "dispute.words"), reason, c.Div("quote", page.Paragraphs(q.Statement))),
			c.Section("files", t(v, "dispute.evidence"), agencyEvidence(v, *q))),
		c.Div("stack", c.Section("own", ofKind(v, q.Kind, "agencyside.own"), c.SummaryList{Rows: rows}.UI(), document))), answer)
	if q.Open {
		body = append(body, answerForm(v, *q))
	}
	return body
}

// ofKind returns the sentence of a key for a kind of case, if there is one, and otherwise
// that of the key alone.
func ofKind(v *mingjing.View, kind mingjing.CaseKind, key string) string {
	return page.OwnOr(v, mingjing.Case{Kind: kind}, key)
}

// agencyEvidence returns the list of the evidence; opening a piece leaves a receipt.
func agencyEvidence(v *mingjing.View, q mingjing.AgencyQuestion) app.UI {
	if len(q.Evidence) == 0 {
		return c.Muted(t(v, "dispute.evidence_none"))
	}
	items := make([]app.UI, 0, len(q.Evidence))
	for _, e := range q.Evidence {
		items = append(items, page.EvidenceLink(v, e, "/api/agency/evidence/"))
	}
	return c.Div("stack", c.Muted(t(v, "agencyside.receipt_note")), page.UnscannedNote(v, q.Evidence), c.List("papers", items...),
		page.OpenedList(v, q.Opened))
}

// answerForm returns the form for the position, the text in both languages, the right
// date and the document.
func answerForm(v *mingjing.View, q mingjing.AgencyQuestion) app.UI {
	offered := q.Kind.Positions()
	positions := make([]c.Option, 0, len(offered))
	for _, p := range offered {
		option := c.Option{Value: string(p), Text: page.PositionText(v, q.Kind, p),
			Hint: ofKind(v, q.Kind, "agencyside.position_hint."+string(p))}
		if p == mingjing.PositionCorrected && q.Occurred != "" {
			option.Body = c.Input{Name: "occurred", Type: "date", Label: t(v, "field.occurred"), Value: page.Typed(v, "occurred"),
				Error: page.FieldError(v, "occurred"), Width: "medium"}.UI()
		}
		positions = append(positions, option)
	}
	return c.Section("reply", t(v, "agencyside.answer_title"), page.DraftForm(v, c.Form{
		Action:    "/api/agency/questions/" + page.Segment(q.ID) + "/answer",
		Multipart: true, Label: t(v, "agencyside.answer_title"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Radios{Name: "position", Legend: t(v, "field.position"), Options: positions, Value: page.Typed(v, "position"),
				Error: page.FieldError(v, "position")}.UI(),
			c.Textarea{Lang: v.Lang, Name: "text_zh", Label: t(v, "field.text_zh"), Hint: t(v, "agencyside.text_hint"),
				Value: page.Typed(v, "text_zh"),
				Error: page.FieldError(v, "text_zh"), Rows: 5, Max: maxAnswer, Required: true}.UI(),
			c.Textarea{Lang: v.Lang, Name: "text_en", Label: t(v, "field.text_en"), Value: page.Typed(v, "text_en"),
				Error: page.FieldError(v, "text_en"), Rows: 5, Max: maxAnswer}.UI(),
			page.DraftUpload(v, "/api/agency/questions/"+page.Segment(q.ID)+"/answer", c.FileUpload{Name: "evidence",
				Label:  t(v, "agencyside.document"),
				Hint:   t(v, "agencyside.document_hint", "size", i18n.FileSize(v.Lang, mingjing.MaxEvidenceBytes)),
				Accept: page.EvidenceTypes, Error: page.FieldError(v, "evidence")}),
			c.Button{Text: t(v, "agencyside.send")}.UI()}}))
}

// agencyRecordsBody returns what the agency has supplied: references and states, which
// name nobody. A search by reference does, and says that it is logged.
func agencyRecordsBody(v *mingjing.View) []app.UI {
	r := mingjing.DataOf[mingjing.AgencyRecordsView](v)
	if r == nil {
		r = &mingjing.AgencyRecordsView{}
	}
	var all app.UI
	if r.Ref != "" {
		all = c.LinkButton{Text: t(v, "queue.clear"), Href: href(v, "agency-records"), Kind: "quiet"}.UI()
	}
	body := []app.UI{page.Heading(agencyName(v), t(v, "title.agency-records")), page.Lead(t(v, "agencyside.records_lead")),
		c.Form{Action: href(v, "agency-records"), Method: "get", Role: "search", Label: t(v, "agencyside.search"), Class: "form-line filter-line",
			Body: []app.UI{
				c.Input{Name: "ref", Type: "search", Label: t(v, "agencyside.search"), Hint: t(v, "agencyside.search_hint"), Value: r.Ref,
					MaxLength: 128, Autocomplete: "off"}.UI(),
				c.Button{Text: t(v, "agencyside.find"), Kind: "secondary"}.UI(), all}}.UI()}
	if len(r.Holdings) == 0 {
		return append(body, unmatchedList(v, r.Unmatched),
			c.EmptyState{Title: t(v, "agencyside.nothing_title"), Text: t(v, "agencyside.nothing")}.UI())
	}
	columns := []c.Column{{Text: t(v, "agencyside.col_ref")}, {Text: t(v, "agencyside.col_kind")}, {Text: t(v, "agencyside.col_item")},
		{Text: t(v, "agencyside.col_state")}}
	if r.Ref != "" {
		columns = append(columns, c.Column{Text: t(v, "agencyside.resident")})
	}
	rows := make([][]app.UI, 0, len(r.Holdings))
	for _, h := range r.Holdings {
		row := []app.UI{c.El("code", nil, c.Text(h.Ref)), c.Text(page.Code(v, "agencyside.kind", h.Kind)), c.Text(v.Label("item", h.Code)),
			c.Text(page.Code(v, h.Kind+"_state", h.State))}
		if r.Ref != "" {
			row = append(row, c.Text(h.Resident))
		}
		rows = append(rows, row)
	}
	return append(body, unmatchedList(v, r.Unmatched),
		c.Table{Caption: t(v, "title.agency-records"), QuietCaption: len(r.Unmatched) == 0, Columns: columns, Rows: rows}.UI(),
		morePages(v, "agency-records", r.Ref, r.Next))
}

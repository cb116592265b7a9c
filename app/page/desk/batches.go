package desk

import (
	"net/url"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("agency-batches", page.Screen{Data: page.New[mingjing.AgencyBatchesView], Body: batchesBody, Wide: true})
	_ = page.Register("agency-batch", page.Screen{Data: page.New[mingjing.AgencyBatchView], Body: batchBody, Wide: true,
		Back: page.BackTo("agency-batches")})
)

// batchesBody returns the batches that the agency's computer has submitted, newest first.
func batchesBody(v *mingjing.View) []app.UI {
	list := mingjing.DataOf[mingjing.AgencyBatchesView](v)
	if list == nil {
		list = &mingjing.AgencyBatchesView{}
	}
	body := []app.UI{page.Heading(agencyName(v), t(v, "title.agency-batches")), page.Lead(t(v, "batch.lead"))}
	if len(list.Batches) == 0 {
		return append(body, c.EmptyState{Title: t(v, "batch.none_title"), Text: t(v, "batch.none")}.UI())
	}
	rows := make([][]app.UI, 0, len(list.Batches))
	for _, b := range list.Batches {
		rows = append(rows, []app.UI{
			c.El("a", c.A{"href": href(v, "agency-batch", page.Segment(b.Key)), "class": "case-link"}, c.El("code", nil, c.Text(b.ID))),
			page.TimeUI(v, b.At), batchState(v, b), c.Text(i18n.Number(v.Lang, b.Total)), c.Text(i18n.Number(v.Lang, b.Accepted)),
			c.Text(i18n.Number(v.Lang, b.Refused))})
	}
	return append(body, c.Div("queue", c.Table{Caption: t(v, "title.agency-batches"), QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "batch.col_id")}, {Text: t(v, "batch.col_at")}, {Text: t(v, "batch.col_state")}, {Text: t(v, "batch.col_total")},
		{Text: t(v, "batch.col_accepted")}, {Text: t(v, "batch.col_refused")}}, Rows: rows}.UI()),
		morePages(v, "agency-batches", "", list.Next))
}

// batchState returns the state of a batch as a tag.
func batchState(v *mingjing.View, b mingjing.BatchSummary) app.UI {
	tag := c.Tag{Text: page.Code(v, "batch_state", string(b.State)), Shape: "circle"}
	switch {
	case b.State == mingjing.BatchDone && b.Refused > 0:
		tag.Tone, tag.Shape = "warn", "triangle"
	case b.State == mingjing.BatchDone:
		tag.Tone = "good"
	}
	return tag.UI()
}

// batchBody returns how far a batch is, and its lines that were refused, each with what
// has to be put right.
func batchBody(v *mingjing.View) []app.UI {
	b := mingjing.DataOf[mingjing.AgencyBatchView](v)
	if b == nil {
		return page.ErrorBody(v)
	}
	finished := t(v, "batch.not_finished")
	if b.FinishedAt != nil {
		finished = page.Instant(v, *b.FinishedAt)
	}
	body := []app.UI{page.Heading(t(v, "title.agency-batch"), b.ID), c.Div("state-line", batchState(v, b.BatchSummary)),
		c.ProgressBar{Label: t(v, "batch.progress"), Value: b.Answered(), Max: b.Total,
			Text: t(v, "batch.progress_text", "answered", i18n.Number(v.Lang, b.Answered()), "total", i18n.Number(v.Lang, b.Total))}.UI(),
		c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "batch.col_at"), Value: page.TimeUI(v, b.At)},
			{Key: t(v, "batch.finished"), Text: finished},
			{Key: t(v, "batch.col_accepted"), Text: i18n.Number(v.Lang, b.Accepted)},
			{Key: t(v, "batch.col_refused"), Text: i18n.Number(v.Lang, b.Refused)}}}.UI()}
	if len(b.Lines) == 0 {
		if b.State == mingjing.BatchDone && b.Refused == 0 {
			body = append(body, c.Notification{Kind: "success", Text: t(v, "batch.all_accepted")}.UI())
		}
		return body
	}
	rows := make([][]app.UI, 0, len(b.Lines))
	for _, l := range b.Lines {
		rows = append(rows, []app.UI{c.Text(i18n.Number(v.Lang, max(l.FileLine, l.Line))), c.El("code", nil, c.Text(l.Ref)),
			c.Text(lineSentence(v, l)), c.El("code", nil, c.Text(l.Field))})
	}
	var more app.UI
	if b.Next != "" {
		more = c.Pagination{Label: t(v, "queue.pages"), Text: t(v, "queue.more"),
			Href: href(v, "agency-batch", page.Segment(b.Key)) + "?" + url.Values{"cursor": {b.Next}}.Encode()}.UI()
	}
	return append(body, c.Section("refused", t(v, "batch.refused_title"), c.Muted(t(v, "batch.refused_lead")),
		c.Table{Caption: t(v, "batch.refused_title"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "batch.col_line")},
			{Text: t(v, "agencyside.col_ref")}, {Text: t(v, "batch.col_why")}, {Text: t(v, "batch.col_field")}}, Rows: rows}.UI(), more))
}

// lineSentence returns why a line was refused.
func lineSentence(v *mingjing.View, l mingjing.LineAnswer) string {
	var pairs []string
	for name, value := range l.Values {
		pairs = append(pairs, name, value)
	}
	text := t(v, "error."+l.Code, pairs...)
	if l.HeldBy != "" {
		text += " (" + l.HeldBy + ")"
	}
	return text
}

// unmatchedList returns what waits for the agency because of a name; nil for nothing.
func unmatchedList(v *mingjing.View, list []mingjing.UnmatchedRecord) app.UI {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]app.UI, 0, len(list))
	for _, u := range list {
		from := "batch.unmatched_sent"
		if u.Asked {
			from = "batch.unmatched_asked"
		}
		rows = append(rows, []app.UI{c.El("code", nil, c.Text(u.Ref)), c.Text(v.Label("item", u.Code)), c.Text(t(v, from)), page.TimeUI(v, u.At)})
	}
	return c.Section("unmatched", tn(v, "batch.unmatched_title", len(list)),
		c.Notification{Kind: "warning", Text: t(v, "batch.unmatched_lead")}.UI(),
		c.Table{Caption: t(v, "batch.unmatched_caption"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "agencyside.col_ref")},
			{Text: t(v, "agencyside.col_item")}, {Text: t(v, "batch.unmatched_from")}, {Text: t(v, "batch.unmatched_since")}}, Rows: rows}.UI())
}

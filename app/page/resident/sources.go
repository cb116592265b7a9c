package resident

import (
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("sources", page.Screen{Data: page.New[mingjing.SourcesView], Body: sourcesBody})

// sourcesBody returns which agencies hold what: those that hold something first.
func sourcesBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.SourcesView](v)
	body := []app.UI{page.Heading("", t(v, "title.sources")), page.Lead(t(v, "sources.lead"))}
	if shown == nil || len(shown.Sources) == 0 {
		return append(body, c.EmptyState{Title: t(v, "sources.empty_title"), Text: t(v, "sources.empty")}.UI())
	}
	var with, without []mingjing.SourceView
	missing := false
	for _, s := range shown.Sources {
		missing = missing || s.State == mingjing.SourceMissing
		if s.Records > 0 {
			with = append(with, s)
		} else {
			without = append(without, s)
		}
	}
	body = append(body, c.El("p", c.A{"class": "count-line"}, c.El("strong", nil, c.Text(
		tn(v, "sources.summary", len(with), "total", i18n.Number(v.Lang, len(shown.Sources)))))))
	if missing {
		body = append(body, c.Notification{Kind: "info", Text: t(v, "sources.missing_note")}.UI())
	}
	if len(with) > 0 {
		body = append(body, c.Section("with", t(v, "sources.with"), sourcesTable(v, with, t(v, "sources.with"))))
	}
	if len(without) > 0 {
		body = append(body, c.Section("without", t(v, "sources.without"), sourcesTable(v, without, t(v, "sources.without"))))
	}
	return body
}

func sourcesTable(v *mingjing.View, sources []mingjing.SourceView, caption string) app.UI {
	rows := make([][]app.UI, 0, len(sources))
	for _, s := range sources {
		held := t(v, "sources.records_none")
		if s.Records > 0 {
			held = tn(v, "sources.records_count", s.Records)
		}
		rows = append(rows, []app.UI{c.Text(v.Label("agency", s.Agency)), c.Text(held), holdsText(v, s.Holds), askedText(v, s)})
	}
	return c.Table{Caption: caption, QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "sources.agency")}, {Text: t(v, "sources.records")}, {Text: t(v, "sources.holds")}, {Text: t(v, "sources.state")},
	}, Rows: rows}.UI()
}

// holdsText returns what an agency may supply; a long list is folded.
func holdsText(v *mingjing.View, codes []string) app.UI {
	names := make([]string, 0, len(codes))
	for _, code := range codes {
		names = append(names, v.Label("item", code))
	}
	if len(names) <= 3 {
		return c.Text(strings.Join(names, t(v, "records.separator")))
	}
	items := make([]app.UI, 0, len(names))
	for _, n := range names {
		items = append(items, c.Text(n))
	}
	return c.Details{Summary: tn(v, "sources.holds_count", len(names)), Body: []app.UI{c.List("bullets", items...)}}.UI()
}

func askedText(v *mingjing.View, s mingjing.SourceView) app.UI {
	if s.State == "" {
		return c.Span("muted", t(v, "source_state.never"))
	}
	tone := ""
	switch s.State {
	case mingjing.SourceAnswered:
		tone = "good"
	case mingjing.SourceMissing:
		tone = "info"
	}
	tag := c.Tag{Text: page.Code(v, "source_state", string(s.State)), Tone: tone}.UI()
	if s.At == nil {
		return tag
	}
	return c.Div("asked", tag, c.El("span", c.A{"class": "muted"}, page.TimeUI(v, *s.At)))
}

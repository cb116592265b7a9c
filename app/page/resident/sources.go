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
	body = append(body, page.SearchForm(v, href(v, "sources"), t(v, "sources.search")))
	groups, words, found := map[string][]mingjing.SourceView{}, page.Searched(v), 0
	for _, s := range shown.Sources {
		if !page.Finds(words, append(holdsNames(v, s.Holds), v.Label("agency", s.Agency))...) {
			continue
		}
		found++
		of := sourceGroup(s)
		groups[of] = append(groups[of], s)
	}
	body = append(body, c.El("p", c.A{"class": "count-line"}, c.El("strong", nil, c.Text(
		tn(v, "sources.summary", len(groups["with"]), "total", i18n.Number(v.Lang, len(shown.Sources)))))))
	if len(words) > 0 {
		body = body[:len(body)-1]
		if found == 0 {
			return append(body, c.El("p", c.A{"role": "status"}, c.Text(t(v, "search.none"))))
		}
		body = append(body, c.El("p", c.A{"class": "count-line", "role": "status"}, c.Text(tn(v, "search.found", found))))
	}
	var folds []app.UI
	for _, of := range []string{"with", "silent", "without", "unasked"} {
		if len(groups[of]) == 0 {
			continue
		}
		title := t(v, "sources."+of)
		var note app.UI
		if of == "silent" {
			note = c.Div("", c.P(t(v, "sources.silent_text")), c.P(t(v, "sources.missing_note")))
		}
		folds = append(folds, c.Fold{ID: of, Title: title, Count: i18n.Number(v.Lang, len(groups[of])), Open: of == "with" || found <= 10,
			Body: []app.UI{note, sourcesTable(v, groups[of], title)}}.UI())
	}
	return append(body, c.Div("folds", folds...))
}

// sourceGroup returns what is known of an agency: that it holds something, that it
// answered and holds nothing, or that neither is known.
func sourceGroup(s mingjing.SourceView) string {
	switch {
	case s.Records > 0:
		return "with"
	case s.State == mingjing.SourceAnswered:
		return "without"
	case s.State == "":
		return "unasked"
	}
	return "silent"
}

func sourcesTable(v *mingjing.View, sources []mingjing.SourceView, caption string) app.UI {
	rows := make([][]app.UI, 0, len(sources))
	for _, s := range sources {
		held := t(v, "sources.unknown")
		switch sourceGroup(s) {
		case "with":
			held = tn(v, "sources.records_count", s.Records)
		case "without":
			held = t(v, "sources.records_none")
		}
		rows = append(rows, []app.UI{c.Text(v.Label("agency", s.Agency)), c.Text(held), holdsText(v, s.Holds), askedText(v, s)})
	}
	return c.Table{Caption: caption, QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "sources.agency")}, {Text: t(v, "sources.records")}, {Text: t(v, "sources.holds")}, {Text: t(v, "sources.state")},
	}, Rows: rows}.UI()
}

func holdsNames(v *mingjing.View, codes []string) []string {
	names := make([]string, 0, len(codes))
	for _, code := range codes {
		names = append(names, v.Label("item", code))
	}
	return names
}

// holdsText returns what an agency may supply; a long list is folded.
func holdsText(v *mingjing.View, codes []string) app.UI {
	names := holdsNames(v, codes)
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

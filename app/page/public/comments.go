package public

import (
	"net/url"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// commentsSection returns the comments on a version that is or was a draft: the form
// while they are accepted, what was published, and how many were hidden and why.
func commentsSection(v *mingjing.View, shown *mingjing.RulebookPage) app.UI {
	k := shown.Comments
	if k == nil {
		return nil
	}
	var body []app.UI
	switch {
	case k.Open:
		body = append(body, c.P(t(v, "comments.open", "day", page.Date(v, k.Until))), commentForm(v, shown.Hash))
	case shown.Rulebook.Draft:
		body = append(body, c.P(t(v, "comments.over", "day", page.Date(v, k.Until))))
	default:
		body = append(body, c.P(t(v, "comments.kept")))
	}
	body = append(body, c.El("h3", c.A{"id": "published"}, c.Text(tn(v, "comments.published", k.Published))))
	if k.Waiting > 0 {
		body = append(body, c.Muted(tn(v, "comments.waiting", k.Waiting)))
	}
	items := make([]app.UI, 0, len(k.Comments))
	for _, x := range k.Comments {
		items = append(items, oneComment(v, shown.Hash, x))
	}
	if len(items) > 0 {
		body = append(body, c.List("cards", items...))
	}
	if k.Next != "" {
		body = append(body, c.Pagination{Label: t(v, "comments.pages"), Text: t(v, "comments.more"),
			Href: href(v, "rulebook", shown.Hash) + "?" + url.Values{"cursor": {k.Next}}.Encode() + "#comments"}.UI())
	}
	return c.Section("comments", t(v, "comments.title"), append(body, hiddenPart(v, k.Hidden))...)
}

// commentForm returns the form for a comment on the draft with a hash.
func commentForm(v *mingjing.View, hash string) app.UI {
	// It is not saved while it is typed: nothing is stored of who writes.
	return c.Form{Action: "/api/rulebooks/" + page.Segment(hash) + "/comments", Label: t(v, "comments.write"), Unsaved: true,
		Body: []app.UI{page.LangField(v),
			c.Textarea{Lang: v.Lang, Name: "comment", Label: t(v, "comments.text"), Hint: t(v, "comments.text_hint"),
				Value: page.Typed(v, "comment"),
				Error: page.FieldError(v, "comment"), Rows: 6, Max: mingjing.MaxComment, Required: true}.UI(),
			c.Input{Name: "name", Label: t(v, "comments.name"), Hint: t(v, "comments.name_hint"), Value: page.Typed(v, "name"),
				Error: page.FieldError(v, "name"), MaxLength: mingjing.MaxCommentName, Autocomplete: "off"}.UI(),
			c.Inset{Body: []app.UI{c.P(t(v, "comments.stored")), c.P(t(v, "comments.for_ever"))}}.UI(),
			c.Button{Text: t(v, "comments.send")}.UI()}}.UI()
}

// oneComment returns a published comment with its answer.
func oneComment(v *mingjing.View, hash string, x mingjing.Comment) app.UI {
	name := x.Name
	if name == "" {
		name = t(v, "comments.nameless")
	}
	parts := []app.UI{c.El("p", c.A{"class": "meta"}, c.El("strong", nil, c.El("bdi", nil, c.Text(name))),
		c.El("span", nil, c.Text(page.Date(v, x.Sent)))), c.Div("quote", page.Paragraphs(x.Text))}
	if x.Draft != hash {
		parts = append(parts, c.El("p", nil, c.Link{Text: t(v, "comments.older"), Href: href(v, "rulebook", x.Draft)}.UI()))
	}
	if x.Answer != "" {
		parts = append(parts, c.El("p", c.A{"class": "meta"}, c.El("strong", nil, c.Text(t(v, "comments.answer"))),
			c.El("span", nil, c.Text(page.Date(v, x.Answered)))), page.Paragraphs(x.Answer))
	}
	return c.Card{Body: parts}.UI()
}

// hiddenPart says how many comments were hidden, and why.
func hiddenPart(v *mingjing.View, hidden []mingjing.HiddenCount) app.UI {
	if len(hidden) == 0 {
		return c.Muted(t(v, "comments.none_hidden"))
	}
	rows := make([]c.SummaryRow, 0, len(hidden))
	for _, h := range hidden {
		rows = append(rows, c.SummaryRow{Key: t(v, "hidden_reason."+h.Reason), Text: i18n.Number(v.Lang, h.Count)})
	}
	return c.Div("", c.El("h3", nil, c.Text(t(v, "comments.hidden"))), c.P(t(v, "comments.hidden_text")), c.SummaryList{Rows: rows}.UI())
}

package desk

import (
	"net/url"
	"slices"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("comments", page.Screen{Data: page.New[mingjing.ModerationView], Body: commentsBody, Wide: true})
	_ = page.Register("comment", page.Screen{Data: page.New[mingjing.ModeratedComment], Body: commentBody, Back: page.BackTo("comments")})
)

// commentsBody returns the comments of one state, with links to the others.
func commentsBody(v *mingjing.View) []app.UI {
	m := mingjing.DataOf[mingjing.ModerationView](v)
	if m == nil {
		return page.ErrorBody(v)
	}
	chips := make([]app.UI, 0, len(mingjing.CommentStates))
	for _, s := range mingjing.CommentStates {
		a := c.A{"href": href(v, "comments") + "?state=" + string(s), "class": "chip"}
		if s == m.State {
			a["aria-current"] = "true"
		}
		chips = append(chips, c.El("a", a, c.El("span", nil, c.Text(page.Code(v, "comment_state", string(s)))), c.Text(" "),
			c.Span("chip-count", i18n.Number(v.Lang, m.Counts[s]))))
	}
	body := []app.UI{page.Heading("", t(v, "title.comments")), page.Lead(t(v, "moderation.lead")),
		c.El("nav", c.A{"class": "chips", "aria-label": t(v, "moderation.states")}, c.List("chip-list", chips...))}
	if len(m.Comments) == 0 {
		return append(body, c.EmptyState{Title: t(v, "moderation.none_title"), Text: t(v, "moderation.none")}.UI())
	}
	rows := make([][]app.UI, 0, len(m.Comments))
	for _, k := range m.Comments {
		rows = append(rows, []app.UI{
			c.El("a", c.A{"href": href(v, "comment", page.Segment(k.ID)), "class": "case-link"}, c.Text(beginning(v, k))),
			c.Text(t(v, "rulebook_version", "rulebook", v.Label("rulebook", k.Rulebook), "version", k.Version)),
			c.Text(page.Date(v, k.Sent)), commentState(v, k)})
	}
	q := url.Values{"state": {string(m.State)}, "cursor": {m.Next}}
	body = append(body, c.Div("queue", c.Table{Caption: t(v, "title.comments"), QuietCaption: true, Columns: []c.Column{
		{Text: t(v, "moderation.col_text")}, {Text: t(v, "moderation.col_draft")}, {Text: t(v, "moderation.col_sent")},
		{Text: t(v, "moderation.col_state")}}, Rows: rows}.UI()))
	if m.Next != "" {
		body = append(body, c.Pagination{Label: t(v, "queue.pages"), Text: t(v, "queue.more"), Href: href(v, "comments") + "?" + q.Encode()}.UI())
	}
	return body
}

// beginning returns the first words of a comment, by which its link is known.
func beginning(v *mingjing.View, k mingjing.DraftComment) string {
	if k.Removed {
		return t(v, "moderation.removed")
	}
	const most = 80
	if text := []rune(k.Text); len(text) > most {
		return string(text[:most]) + "…"
	}
	return k.Text
}

// commentState returns how a comment was moderated, with the reason where it is hidden.
func commentState(v *mingjing.View, k mingjing.DraftComment) app.UI {
	state := c.El("span", nil, c.Text(page.Code(v, "comment_state", string(k.State))))
	switch {
	case k.Reason != "":
		return c.Div("two", state, c.Span("muted", page.Code(v, "hidden_reason", k.Reason)))
	case k.Answer != "":
		return c.Div("two", state, c.Span("muted", t(v, "moderation.answered")))
	}
	return state
}

// commentBody returns one comment with the forms of what can be done, and its history.
func commentBody(v *mingjing.View) []app.UI {
	k := mingjing.DataOf[mingjing.ModeratedComment](v)
	if k == nil {
		return page.ErrorBody(v)
	}
	name := k.Name
	if name == "" {
		name = t(v, "comments.nameless")
	}
	text := c.Muted(t(v, "moderation.removed"))
	if !k.Removed {
		text = c.Div("quote", page.Paragraphs(k.Text))
	}
	rows := []c.SummaryRow{{Key: t(v, "moderation.col_state"), Value: commentState(v, k.DraftComment)}}
	if !k.Removed {
		rows = append(rows, c.SummaryRow{Key: t(v, "moderation.col_sent"), Text: page.Date(v, k.Sent)},
			c.SummaryRow{Key: t(v, "moderation.name"), Value: c.El("bdi", nil, c.Text(name))},
			c.SummaryRow{Key: t(v, "moderation.col_draft"), Value: c.Link{Text: t(v, "rulebook_version", "rulebook",
				v.Label("rulebook", k.Rulebook), "version", k.Version), Href: href(v, "rulebook", page.Segment(k.Draft)), Full: true}.UI()})
	}
	body := []app.UI{page.Heading("", t(v, "title.comment")), c.SummaryList{Rows: rows}.UI(),
		c.Section("text", t(v, "moderation.col_text"), text)}
	if k.Answer != "" {
		body = append(body, c.Section("answered", t(v, "comments.answer"), page.Paragraphs(k.Answer)))
	}
	if len(k.Steps) == 0 && !k.Removed {
		body = append(body, c.Muted(t(v, "moderation.read_only")))
	}
	for _, step := range mingjing.CommentSteps {
		if slices.Contains(k.Steps, step) {
			body = append(body, commentStep(v, k, step))
		}
	}
	return append(body, commentHistory(v, k.History))
}

// commentStep returns the form of one step.
func commentStep(v *mingjing.View, k *mingjing.ModeratedComment, step string) app.UI {
	fields, kind := []app.UI{page.LangField(v)}, ""
	switch step {
	case mingjing.CommentHide:
		options := make([]c.Option, 0, len(mingjing.HiddenReasons))
		for _, r := range mingjing.HiddenReasons {
			options = append(options, c.Option{Value: r, Text: t(v, "hidden_reason."+r)})
		}
		kind = "warning"
		fields = append(fields, c.Radios{Name: "reason", Legend: t(v, "moderation.reason"), Hint: t(v, "moderation.reason_hint"),
			Options: options, Value: page.Typed(v, "reason"), Error: page.FieldError(v, "reason")}.UI())
	case mingjing.CommentAnswer:
		value := k.Answer
		if typed, ok := v.Form["answer"]; ok {
			value = typed
		}
		fields = append(fields, c.Textarea{Lang: v.Lang, Name: "answer", Label: t(v, "comments.answer"), Hint: t(v, "moderation.answer_hint"),
			Value: value, Error: page.FieldError(v, "answer"), Max: mingjing.MaxCommentAnswer, Required: true}.UI())
	}
	title := t(v, "moderation."+step)
	form := c.Form{Action: "/api/admin/comments/" + page.Segment(k.ID) + "/" + step, Label: title,
		Body: append(fields, c.Button{Text: t(v, "moderation."+step+"_submit"), Kind: kind}.UI())}
	if step != mingjing.CommentAnswer {
		return c.Section("step-"+step, title, form.UI())
	}
	return c.Section("step-"+step, title, page.DraftForm(v, form))
}

// commentHistory returns the steps that were taken about a comment.
func commentHistory(v *mingjing.View, history []mingjing.CommentAct) app.UI {
	if len(history) == 0 {
		return c.Section("history", t(v, "moderation.history"), c.Muted(t(v, "moderation.history_none")))
	}
	rows := make([][]app.UI, 0, len(history))
	for _, act := range history {
		step := []app.UI{c.El("span", nil, c.Text(t(v, "comment_step."+act.Step)))}
		switch {
		case act.Reason != "":
			step = append(step, c.Span("muted", page.Code(v, "hidden_reason", act.Reason)))
		case act.Answer != "":
			step = append(step, c.Span("muted", act.Answer))
		}
		if act.Broken {
			step = append(step, c.Tag{Text: t(v, "people.broken"), Tone: "bad", Shape: "triangle"}.UI())
		}
		rows = append(rows, []app.UI{page.TimeUI(v, act.At), c.Div("two", step...), c.Text(staffBy(v, act.By, act.ByName))})
	}
	return c.Section("history", t(v, "moderation.history"), c.Table{Caption: t(v, "moderation.history"), QuietCaption: true,
		Columns: []c.Column{{Text: t(v, "people.col_time")}, {Text: t(v, "people.col_step")}, {Text: t(v, "people.col_by")}}, Rows: rows}.UI())
}

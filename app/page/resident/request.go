package resident

import (
	"cmp"
	"slices"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("request", page.Screen{Data: page.New[mingjing.ScoreRequest], Body: requestBody, Back: page.BackTo("overview")})

func requestBody(v *mingjing.View) []app.UI {
	r := mingjing.DataOf[mingjing.ScoreRequest](v)
	if r == nil {
		r = &mingjing.ScoreRequest{}
	}
	title := t(v, "request.title_open")
	var result app.UI
	switch r.State {
	case mingjing.RequestReady:
		title = t(v, "request.title_ready")
		result = requestResult(v, r)
	case mingjing.RequestTooLittle:
		title = t(v, "request.title_too_little")
		result = requestTooLittle(v, r)
	case mingjing.RequestWithdrawn:
		title = t(v, "request.title_withdrawn")
		result = c.Notification{Kind: "info", Text: t(v, "request.withdrawn_text"), Body: []app.UI{
			c.LinkButton{Text: t(v, "overview.ask"), Href: href(v, "ask"), Kind: "secondary"}.UI()}}.UI()
	}
	var live app.UI
	if r.State.Open() {
		live = c.Card{Body: []app.UI{
			c.El("p", c.A{"role": "status", "class": "row-title"}, c.Text(page.Code(v, "request_state", string(r.State)))),
			requestProgress(v, r), requestTimes(v, r)}}.UI()
	}
	return []app.UI{page.Heading(v.Label("rulebook", r.Rulebook.ID), title), result, live, sourcesSection(v, r)}
}

func requestResult(v *mingjing.View, r *mingjing.ScoreRequest) app.UI {
	missing := 0
	for _, s := range r.Sources {
		if s.State == mingjing.SourceMissing {
			missing++
		}
	}
	text := t(v, "request.ready_all")
	switch {
	case len(r.Sources) == 0:
		text = t(v, "request.sources_removed")
	case missing > 0:
		text = tn(v, "request.ready_missing", missing)
	}
	return c.Notification{Kind: "success", Role: "status", Title: t(v, "request.ready"), Text: text, Body: []app.UI{
		c.LinkButton{Text: t(v, "request.see_score"), Href: scorePath(v, r.Rulebook.ID)}.UI()}}.UI()
}

// requestTooLittle says that there is no score, since too few agencies have answered, and
// leads to the request that was made in its place.
func requestTooLittle(v *mingjing.View, r *mingjing.ScoreRequest) app.UI {
	text, next := t(v, "request.too_little_last"), c.LinkButton{Text: t(v, "overview.ask"), Href: href(v, "ask"), Kind: "secondary"}
	if r.Again != "" {
		text, next = t(v, "request.too_little_again"), c.LinkButton{Text: t(v, "request.see_again"), Href: href(v, "request", r.Again)}
	}
	return c.Notification{Kind: "warning", Role: "status",
		Title: t(v, "request.too_little", "answered", i18n.Number(v.Lang, r.Progress.Answered), "total", i18n.Number(v.Lang, r.Progress.Total)),
		Text:  text, Body: []app.UI{next.UI()}}.UI()
}

// requestProgress returns the place in the queue, or how many have answered.
func requestProgress(v *mingjing.View, r *mingjing.ScoreRequest) app.UI {
	p := r.Progress
	text := t(v, "request.answered", "answered", i18n.Number(v.Lang, p.Answered), "total", i18n.Number(v.Lang, p.Total))
	switch {
	case r.State == mingjing.RequestQueued && p.Place > 1:
		text = tn(v, "request.place", p.Place-1)
	case r.State == mingjing.RequestQueued:
		text = t(v, "request.next")
	case r.State == mingjing.RequestScoring:
		text = t(v, "request.scoring")
	}
	return c.ProgressBar{Label: t(v, "request.progress"), Text: text, Value: p.Answered, Max: p.Total}.UI()
}

func requestTimes(v *mingjing.View, r *mingjing.ScoreRequest) app.UI {
	expected := t(v, "request.expected_unknown")
	if r.Progress.Expected != nil {
		if r.Progress.Expected.After(v.Now) {
			expected = t(v, "request.expected", "when", page.Ago(v, *r.Progress.Expected))
		} else {
			expected = t(v, "request.expected_soon")
		}
	}
	deadline := t(v, "request.deadline", "when", page.Instant(v, r.Deadline), "far", page.Ago(v, r.Deadline))
	var demo app.UI
	if v.Demo != nil {
		demo = c.El("p", c.A{"class": "hint"}, c.Text(t(v, "request.demo", "scale", i18n.Number(v.Lang, v.Demo.ClockScale))))
	}
	return c.Div("stack", c.P(expected), c.P(deadline), c.P(t(v, "request.leave")), demo)
}

// sourceOrder puts the agencies that have not answered yet first.
var sourceOrder = map[mingjing.SourceState]int{mingjing.SourceRetrying: 0, mingjing.SourceWaiting: 1, mingjing.SourceMissing: 2,
	mingjing.SourceAnswered: 3}

func sourcesSection(v *mingjing.View, r *mingjing.ScoreRequest) app.UI {
	if len(r.Sources) == 0 {
		return nil
	}
	groups := map[mingjing.SourceState][]mingjing.Source{}
	for _, s := range r.Sources {
		groups[s.State] = append(groups[s.State], s)
	}
	states := make([]mingjing.SourceState, 0, len(groups))
	for s := range groups {
		states = append(states, s)
	}
	slices.SortFunc(states, func(a, b mingjing.SourceState) int { return cmp.Or(sourceOrder[a]-sourceOrder[b], cmp.Compare(a, b)) })
	parts := []app.UI{}
	for _, s := range states {
		items := make([]app.UI, 0, len(groups[s]))
		for _, src := range groups[s] {
			note := ""
			switch {
			case src.State == mingjing.SourceAnswered && src.Items > 0:
				note = tn(v, "request.items", src.Items)
			case src.State == mingjing.SourceRetrying:
				note = tn(v, "request.attempts", src.Attempts)
			}
			var noteUI app.UI
			if note != "" {
				noteUI = c.Span("agency-state", note)
			}
			items = append(items, c.El("li", c.A{"class": "agency-" + string(s)}, sourceShape(s),
				c.El("span", nil, c.Text(v.Label("agency", src.Agency))), noteUI))
		}
		var hint app.UI
		if s == mingjing.SourceMissing {
			hint = c.Muted(t(v, "request.missing_text"))
		}
		parts = append(parts, c.Div("stack",
			c.El("h3", nil, c.Text(t(v, "request.group", "state", t(v, "source_state."+string(s)), "count", strconv.Itoa(len(items))))),
			hint, c.El("ul", c.A{"class": "agencies", "role": "list"}, items...)))
	}
	return c.Section("agencies", t(v, "request.agencies"), parts...)
}

// sourceShape returns the shape of an agency's state.
func sourceShape(s mingjing.SourceState) app.UI {
	d := "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z"
	switch s {
	case mingjing.SourceAnswered:
		d = "M2.5 7.5 5.8 11 11.5 3.5"
	case mingjing.SourceRetrying:
		d = "M11.5 7a4.5 4.5 0 1 1-1.4-3.3M10.5 1v3h-3"
	case mingjing.SourceMissing:
		d = "M3 7h8"
	}
	return c.SVG("svg", c.A{"viewBox": "0 0 14 14", "width": "14", "height": "14", "aria-hidden": "true", "focusable": "false"},
		c.SVG("path", c.A{"d": d, "class": "stroke"}))
}

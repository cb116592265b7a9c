package desk

import (
	"net/url"
	"slices"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("queue", page.Screen{Data: page.New[mingjing.QueueView], Body: queueBody, Wide: true})

// queueBody returns the handlers' work queue: every case that matches, the nearest
// clock first.
func queueBody(v *mingjing.View) []app.UI {
	q := mingjing.DataOf[mingjing.QueueView](v)
	if q == nil {
		q = &mingjing.QueueView{}
	}
	body := []app.UI{page.Heading("", t(v, "title.queue")), page.Lead(t(v, "queue.lead")), nextForm(v), stateChips(v, q), searchForm(v, q),
		queueFilter(v, q)}
	if v.Who != nil && (v.Who.Role == mingjing.RoleSupervisor || v.Who.Role == mingjing.RoleAuditor) {
		body = append(body, c.El("p", nil, c.Link{Text: t(v, "title.complaints-open"), Href: href(v, "complaints-open")}.UI()))
	}
	if n := q.Counts["missed"]; n > 0 {
		body = append(body, c.Notification{Kind: "warning", Text: tn(v, "queue.missed", n)}.UI())
	}
	if n := q.Scores.Late; n > 0 {
		body = append(body, c.Notification{Kind: "warning", Text: tn(v, "queue.scores_late", n)}.UI())
	}
	if n := q.Scores.Endangered; n > 0 {
		body = append(body, c.Notification{Kind: "warning", Text: tn(v, "queue.scores_endangered", n)}.UI())
	}
	body = append(body, calendarEnds(v, q.Calendars)...)
	if len(q.Cases) == 0 {
		if q.Filter == (mingjing.CaseFilter{}) || q.Filter == (mingjing.CaseFilter{State: "open"}) {
			return append(body, c.EmptyState{Title: t(v, "queue.empty_title"), Text: t(v, "queue.empty")}.UI())
		}
		return append(body, c.EmptyState{Title: t(v, "queue.none_title"), Text: t(v, "queue.none"),
			Action: c.LinkButton{Text: t(v, "queue.clear"), Href: href(v, "queue"), Kind: "secondary"}.UI()}.UI())
	}
	columns := []c.Column{{Text: t(v, "queue.col_case")}, {Text: t(v, "queue.col_kind")}, {Text: t(v, "queue.col_what")},
		{Text: t(v, "queue.col_resident")},
		{Text: t(v, "queue.col_state")}, {Text: t(v, "queue.col_handler")}, {Text: t(v, "queue.col_next")}}
	rows := make([][]app.UI, 0, len(q.Cases))
	for _, k := range q.Cases {
		rows = append(rows, caseRow(v, k))
	}
	// The names are there only after a search.
	if !slices.ContainsFunc(q.Cases, func(k mingjing.CaseView) bool { return k.Resident != "" || k.IDMasked != "" }) {
		columns = slices.Delete(columns, 3, 4)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], 3, 4)
		}
	}
	body = append(body, c.Div("queue", c.Table{Caption: t(v, "queue.caption"), QuietCaption: true, Columns: columns, Rows: rows}.UI()))
	if q.Next != "" && q.Filter.Search != "" {
		body = append(body, c.Form{Action: searchAction, Full: true, Label: t(v, "queue.pages"), Body: append(filterFields(v, q),
			c.Hidden{Name: "search", Value: q.Filter.Search}.UI(), c.Hidden{Name: "cursor", Value: q.Next}.UI(),
			c.Button{Text: t(v, "queue.more"), Kind: "secondary"}.UI())}.UI())
	} else if q.Next != "" {
		body = append(body, c.Pagination{Label: t(v, "queue.pages"), Text: t(v, "queue.more"), Href: queueHref(v, q.Filter, q.Next)}.UI())
	}
	return body
}

// calendarEnds warns of calendars that end soon, or have ended.
func calendarEnds(v *mingjing.View, ends []mingjing.CalendarEnd) []app.UI {
	out := make([]app.UI, 0, len(ends))
	for _, e := range ends {
		title := t(v, "queue.calendar_over", "name", e.Name.In(v.Lang), "day", page.Date(v, e.Last))
		if e.Days >= 0 {
			title = tn(v, "queue.calendar_ends", e.Days, "name", e.Name.In(v.Lang), "day", page.Date(v, e.Last))
		}
		out = append(out, c.Notification{Kind: "warning", Title: title, Text: t(v, "queue.calendar_text")}.UI())
	}
	return out
}

// queueHref returns the address of the queue with a filter, from a cursor on. Words that
// are searched for are never in it: they may be a name.
func queueHref(v *mingjing.View, f mingjing.CaseFilter, cursor string) string {
	q := url.Values{}
	if f.State != "" {
		q.Set("state", f.State)
	}
	if f.Kind != "" {
		q.Set("kind", string(f.Kind))
	}
	if f.Late != "" {
		q.Set("late", string(f.Late))
	}
	if f.Mine {
		q.Set("mine", "1")
	}
	if f.Agency != "" {
		q.Set("agency", f.Agency)
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if len(q) == 0 {
		return href(v, "queue")
	}
	return href(v, "queue") + "?" + q.Encode()
}

// stateChips returns links to the states, and to the late cases, with their numbers;
// each keeps the other filters.
func stateChips(v *mingjing.View, q *mingjing.QueueView) app.UI {
	open, all := 0, 0
	for _, s := range mingjing.CaseStates {
		all += q.Counts[string(s)]
		if s != mingjing.CaseDecided {
			open += q.Counts[string(s)]
		}
	}
	current := q.Filter.State
	if current == "" {
		current = "open"
	}
	link := func(f mingjing.CaseFilter, here bool, shape app.UI, name string, n int) app.UI {
		a := c.A{"href": queueHref(v, f, ""), "class": "chip"}
		if here {
			a["aria-current"] = "true"
		}
		return c.El("a", a, shape, c.El("span", nil, c.Text(name)), c.Text(" "), c.Span("chip-count", i18n.Number(v.Lang, n)))
	}
	chip := func(state, name string, n int) app.UI {
		f := q.Filter
		f.State, f.Late = state, ""
		return link(f, state == current && q.Filter.Late == "", nil, name, n)
	}
	late := func(late mingjing.Lateness) app.UI {
		f := q.Filter
		f.State, f.Late = "", late
		tag := page.LateTag(late, t(v, "lateness."+string(late)))
		return link(f, q.Filter.Late == late, c.Shape(tag.Shape, 12), tag.Text, q.Counts[string(late)])
	}
	chips := []app.UI{chip("open", t(v, "queue.state_open"), open)}
	for _, s := range mingjing.CaseStates {
		chips = append(chips, chip(string(s), page.Code(v, "dispute_state", string(s)), q.Counts[string(s)]))
	}
	chips = append(chips, chip("all", t(v, "queue.state_all"), all), late(mingjing.Late), late(mingjing.VeryLate))
	return c.El("nav", c.A{"class": "chips-nav", "aria-label": t(v, "queue.chips")}, c.List("chips", chips...))
}

// searchAction is where a search goes. The browser sends it itself: the answer is a page
// of its own that is stored nowhere.
const searchAction = "/api/admin/cases/search"

// filterFields returns the language and the filters of the queue as hidden fields.
func filterFields(v *mingjing.View, q *mingjing.QueueView) []app.UI {
	fields := []app.UI{c.Hidden{Name: "lang", Value: v.Lang}.UI()}
	for _, f := range [][2]string{{"state", q.Filter.State}, {"kind", string(q.Filter.Kind)}, {"late", string(q.Filter.Late)},
		{"agency", q.Filter.Agency}} {
		if f[1] != "" {
			fields = append(fields, c.Hidden{Name: f[0], Value: f[1]}.UI())
		}
	}
	if q.Filter.Mine {
		fields = append(fields, c.Hidden{Name: "mine", Value: "1"}.UI())
	}
	return fields
}

// searchForm returns the search among the cases that the filters leave.
func searchForm(v *mingjing.View, q *mingjing.QueueView) app.UI {
	return c.Form{Action: searchAction, Full: true, Role: "search", Label: t(v, "queue.search"), Class: "form-line filter-line",
		Body: append(filterFields(v, q),
			c.Input{Name: "search", Type: "search", Label: t(v, "queue.search"), Hint: t(v, "queue.search_hint"), Value: q.Filter.Search,
				MaxLength: 100, Autocomplete: "off", Error: page.FieldError(v, "search")}.UI(),
			c.Button{Text: t(v, "search.button"), Kind: "secondary"}.UI())}.UI()
}

func queueFilter(v *mingjing.View, q *mingjing.QueueView) app.UI {
	var state app.UI
	if q.Filter.State != "" {
		state = c.Hidden{Name: "state", Value: q.Filter.State}.UI()
	}
	var late app.UI
	if q.Filter.Late != "" {
		late = c.Hidden{Name: "late", Value: string(q.Filter.Late)}.UI()
	}
	var reset app.UI
	if q.Filter.Mine || q.Filter.Kind != "" || q.Filter.Agency != "" || q.Filter.Search != "" {
		reset = c.LinkButton{Text: t(v, "queue.clear"), Href: queueHref(v, mingjing.CaseFilter{State: q.Filter.State, Late: q.Filter.Late}, ""),
			Kind: "quiet"}.UI()
	}
	return c.Form{Action: href(v, "queue"), Method: "get", Label: t(v, "queue.filter"), Class: "form-line filter-line",
		Body: []app.UI{
			state, late,
			c.Select{Name: "kind", Label: t(v, "queue.kind"), Options: kindOptions(v), Value: string(q.Filter.Kind)}.UI(),
			c.Select{Name: "agency", Label: t(v, "queue.agency"), Options: agencyOptions(v, q), Value: q.Filter.Agency}.UI(),
			c.Checkbox{Name: "mine", Value: "1", Label: t(v, "queue.mine"), Checked: q.Filter.Mine}.UI(),
			c.Button{Text: t(v, "queue.apply"), Kind: "secondary"}.UI(),
			reset,
		}}.UI()
}

// kindOptions returns the kinds of case.
func kindOptions(v *mingjing.View) []c.Option {
	options := []c.Option{{Value: mingjing.AnyKind, Text: t(v, "queue.kind_all")}}
	for _, k := range mingjing.CaseKinds {
		options = append(options, c.Option{Value: string(k), Text: page.Code(v, "case_kind", string(k))})
	}
	return options
}

// agencyOptions returns the agencies that the view names, by name.
func agencyOptions(v *mingjing.View, q *mingjing.QueueView) []c.Option {
	var options []c.Option
	for key, name := range v.Labels {
		if code, ok := strings.CutPrefix(key, "agency."); ok && code != q.Filter.Agency {
			options = append(options, c.Option{Value: code, Text: name})
		}
	}
	if q.Filter.Agency != "" {
		options = append(options, c.Option{Value: q.Filter.Agency, Text: v.Label("agency", q.Filter.Agency)})
	}
	slices.SortFunc(options, func(a, b c.Option) int { return strings.Compare(a.Text, b.Text) })
	return slices.Insert(options, 0, c.Option{Value: mingjing.AnyAgency, Text: t(v, "queue.agency_all")})
}

func caseRow(v *mingjing.View, k mingjing.CaseView) []app.UI {
	return []app.UI{
		c.El("a", c.A{"href": href(v, "case", page.Segment(k.ID)), "class": "case-link"}, c.El("code", nil, c.Text(page.CaseNumber(k.ID)))),
		c.Text(page.KindText(v, k.Case, "case_kind")),
		c.Div("two", c.El("span", nil, c.Text(v.Label("item", k.Code()))), c.Span("muted", v.Label("agency", k.Agency()))),
		c.Div("two", c.El("span", nil, c.Text(k.Resident)), c.El("code", c.A{"class": "muted"}, c.Text(k.IDMasked))),
		caseTags(v, k),
		caseHandler(v, k),
		caseClock(v, k),
	}
}

// caseTags returns the state of a case, and whether supervisors have it.
func caseTags(v *mingjing.View, k mingjing.CaseView) app.UI {
	if !k.Escalated || k.State == mingjing.CaseDecided {
		return page.DisputeTag(v, k.Case)
	}
	return c.Div("two", c.El("p", nil, page.DisputeTag(v, k.Case)),
		c.El("p", nil, c.Tag{Text: t(v, "queue.escalated"), Tone: "bad", Shape: "diamond"}.UI()))
}

// mine reports whether the viewer is the one who handles the case.
func mine(v *mingjing.View, k mingjing.CaseView) bool {
	return v.Who != nil && k.HandlerID != "" && k.HandlerID == v.Who.IDMasked
}

func caseHandler(v *mingjing.View, k mingjing.CaseView) app.UI {
	switch {
	case mine(v, k):
		return c.El("strong", nil, c.Text(t(v, "queue.you")))
	case k.Handler != "":
		return c.Text(k.Handler)
	}
	return c.Span("muted", t(v, "queue.unassigned"))
}

// caseClock returns the deadline that matters: the nearest that is running, or the one
// that was missed.
func caseClock(v *mingjing.View, k mingjing.CaseView) app.UI {
	next := page.NextClock(k.Clocks)
	if next == nil {
		next = k.Next
	}
	if next == nil || k.State == mingjing.CaseDecided {
		return c.Span("muted", t(v, "queue.no_clock"))
	}
	var late app.UI
	far := i18n.Relative(v.Lang, next.Due, v.Now)
	if how := next.Lateness(v.Now); how != mingjing.OnTime {
		late = page.LateTag(how, t(v, "lateness."+string(how))).UI()
	}
	return c.Div("two", c.Div("clock-name", c.El("span", nil, c.Text(page.Code(v, "clock", next.Code))), late),
		c.Div("meta", page.DeadlineUI(v, next.Due), c.El("span", nil, c.Text(far))))
}

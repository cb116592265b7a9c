package desk

import (
	"slices"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("workload", page.Screen{Data: page.New[mingjing.WorkloadView], Body: workloadBody, Wide: true})
	_ = page.Register("relatives", page.Screen{Data: page.New[mingjing.RelativesView], Body: relativesBody})
	_ = page.Register("counter", page.Screen{Data: page.New[mingjing.CounterView], Body: counterBody})
)

// nextForm returns the form that asks for the next case.
func nextForm(v *mingjing.View) app.UI {
	if v.Who == nil || v.Who.Role == mingjing.RoleAuditor {
		return nil
	}
	return c.Form{Action: "/api/admin/cases/next", Class: "step-form", Label: t(v, "queue.next"), Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.Button{Text: t(v, "queue.next")}.UI(),
		c.El("p", c.A{"class": "hint"}, c.Text(t(v, "queue.next_hint")))}}.UI()
}

// replyForm returns the choice of a published text, which the page then shows among the
// reasons.
func replyForm(v *mingjing.View, k mingjing.CaseView) app.UI {
	if !slices.Contains(k.Allowed, "decide") && !slices.Contains(k.Allowed, "recommend") {
		return nil
	}
	fit := mingjing.RepliesFor(k.Kind)
	options := make([]c.Option, 0, len(fit))
	for _, r := range fit {
		options = append(options, c.Option{Value: r.Code,
			Text: t(v, "case.reply_option", "outcome", page.Code(v, "outcome", string(r.Outcomes[0])), "title", t(v, "reply."+r.Code+".title"))})
	}
	hint := t(v, "case.reply_hint")
	if slices.Contains(mingjing.Languages, k.ReplyLang) {
		hint = t(v, "case.reply_hint_"+map[string]string{"zh-CN": "zh", "en": "en"}[k.ReplyLang])
	}
	return c.Section("replies", t(v, "case.reply_title"),
		c.Form{Action: href(v, "case", page.Segment(k.ID)), Method: "get", Class: "form-line", Label: t(v, "case.reply_title"),
			Body: []app.UI{c.Select{Name: "reply", Label: t(v, "case.reply"), Hint: hint, Options: options, Value: page.Typed(v, "reply")}.UI(),
				c.Button{Text: t(v, "case.reply_insert"), Kind: "secondary"}.UI()}}.UI())
}

// deskSide returns what staff write for each other, and the ID number, which is opened
// only for a reason.
func deskSide(v *mingjing.View, k mingjing.CaseView) app.UI {
	var number app.UI
	if part := idNumberPart(v, k); part != nil {
		number = c.Section("id-number", t(v, "case.id_title"), part)
	}
	return c.Div("columns columns-even", notesPart(v, k), number)
}

func notesPart(v *mingjing.View, k mingjing.CaseView) app.UI {
	body := []app.UI{c.Muted(t(v, "case.notes_hint"))}
	for _, n := range k.Notes {
		body = append(body, c.Div("quote", page.Paragraphs(n.Text), c.El("p", c.A{"class": "muted"},
			c.Text(t(v, "case.note_by", "name", n.By, "role", t(v, "role."+string(n.Role)), "time", page.Instant(v, n.At))))))
	}
	if len(k.Notes) == 0 {
		body = append(body, c.P(t(v, "case.notes_none")))
	}
	if v.Who != nil && v.Who.Role != mingjing.RoleAuditor {
		body = append(body, page.DraftForm(v, c.Form{Action: "/api/admin/cases/" + page.Segment(k.ID) + "/notes",
			Label: t(v, "case.note_add"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Textarea{Lang: v.Lang, Name: "text", Label: t(v, "case.note"), Value: page.Typed(v, "text"), Error: page.FieldError(v, "text"),
					Rows: 3, Max: mingjing.MaxNote, Required: true}.UI(),
				c.Button{Text: t(v, "case.note_add"), Kind: "secondary"}.UI()}}))
	}
	return c.Section("notes", t(v, "case.notes"), body...)
}

func idNumberPart(v *mingjing.View, k mingjing.CaseView) app.UI {
	if k.IDNumber != "" {
		return c.Notification{Kind: "info", Text: t(v, "case.id_number", "number", k.IDNumber), Role: "status"}.UI()
	}
	if !mine(v, k) || k.State == mingjing.CaseDecided {
		return nil
	}
	reasons := make([]c.Option, 0, len(mingjing.IDNumberReasons))
	for _, r := range mingjing.IDNumberReasons {
		reasons = append(reasons, c.Option{Value: r, Text: t(v, "purpose.id_"+r)})
	}
	// The browser sends it itself: the answer is a page of its own that is stored
	// nowhere.
	return c.Form{Action: "/api/admin/cases/" + page.Segment(k.ID) + "/id-number", Full: true, Label: t(v, "case.id_title"), Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.Radios{Name: "id_reason", Legend: t(v, "case.id_reason"), Hint: t(v, "case.id_hint"), Options: reasons,
			Value: page.Typed(v, "id_reason"), Error: page.FieldError(v, "id_reason")}.UI(),
		c.Button{Text: t(v, "case.id_show"), Kind: "secondary"}.UI()}}.UI()
}

// workloadBody returns how much work each handler has.
func workloadBody(v *mingjing.View) []app.UI {
	w := mingjing.DataOf[mingjing.WorkloadView](v)
	if w == nil {
		return page.ErrorBody(v)
	}
	body := []app.UI{page.Heading("", t(v, "title.workload")), page.Lead(tn(v, "workload.lead", w.Days))}
	if len(w.Handlers) == 0 {
		return append(body, c.EmptyState{Title: t(v, "workload.empty_title"), Text: t(v, "workload.empty")}.UI())
	}
	number := func(n int) app.UI { return c.Text(i18n.Number(v.Lang, n)) }
	rows := make([][]app.UI, 0, len(w.Handlers))
	for _, h := range w.Handlers {
		var next, median app.UI = c.Muted(t(v, "workload.none")), c.Muted(t(v, "workload.none"))
		if h.Next != nil {
			next = page.TimeUI(v, *h.Next)
		}
		if h.MedianDays != nil {
			median = number(*h.MedianDays)
		}
		rows = append(rows, []app.UI{c.Div("two", c.El("span", nil, c.Text(h.Name)), c.Span("muted", h.ID)),
			number(h.Open), next, number(h.Late), number(h.Decided), median, number(h.Given), number(h.Picked), number(h.Missed),
			number(h.Opened)})
	}
	return append(body, c.Table{Caption: t(v, "workload.caption"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "workload.handler")},
		{Text: t(v, "workload.open"), Numeric: true}, {Text: t(v, "workload.next")}, {Text: t(v, "workload.late"), Numeric: true},
		{Text: t(v, "workload.decided"), Numeric: true}, {Text: t(v, "workload.median"), Numeric: true},
		{Text: t(v, "workload.given"), Numeric: true}, {Text: t(v, "workload.picked"), Numeric: true},
		{Text: t(v, "workload.missed"), Numeric: true}, {Text: t(v, "workload.opened"), Numeric: true}}, Rows: rows}.UI())
}

// relativesBody returns the relatives that the viewer has declared; for an auditor,
// those of everybody.
func relativesBody(v *mingjing.View) []app.UI {
	r := mingjing.DataOf[mingjing.RelativesView](v)
	if r == nil {
		return page.ErrorBody(v)
	}
	if v.Who != nil && v.Who.Role == mingjing.RoleAuditor {
		body := []app.UI{page.Heading("", t(v, "title.relatives")), page.Lead(t(v, "relatives.lead_auditor"))}
		if len(r.Log) == 0 {
			return append(body, c.P(t(v, "relatives.log_empty")))
		}
		rows := make([][]app.UI, 0, len(r.Log))
		for _, d := range r.Log {
			rows = append(rows, []app.UI{page.TimeUI(v, d.At), c.Div("two", c.El("span", nil, c.Text(d.Name)), c.Span("muted", d.Staff)),
				c.Text(page.Code(v, "relative_action", d.Action)), c.El("code", nil, c.Text(d.IDMasked))})
		}
		return append(body, c.Table{Caption: t(v, "relatives.log"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "relatives.at")},
			{Text: t(v, "relatives.who")}, {Text: t(v, "relatives.what")}, {Text: t(v, "relatives.number")}}, Rows: rows}.UI())
	}
	body := []app.UI{page.Heading("", t(v, "title.relatives")), page.Lead(t(v, "relatives.lead"))}
	if len(r.Relatives) == 0 {
		body = append(body, c.P(t(v, "relatives.none")))
	} else {
		rows := make([][]app.UI, 0, len(r.Relatives))
		for _, x := range r.Relatives {
			rows = append(rows, []app.UI{c.El("code", nil, c.Text(x.IDMasked)), page.TimeUI(v, x.At),
				c.Form{Action: "/api/admin/relatives/remove", Body: []app.UI{c.Hidden{Name: "lang", Value: v.Lang}.UI(),
					c.Hidden{Name: "relative_id", Value: x.ID}.UI(),
					c.Button{Text: t(v, "relatives.remove"), About: x.IDMasked, Kind: "quiet"}.UI()}}.UI()})
		}
		body = append(body, c.Table{Caption: t(v, "relatives.caption"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "relatives.number")},
			{Text: t(v, "relatives.at")}, {Text: t(v, "relatives.what")}}, Rows: rows}.UI())
	}
	return append(body, c.Section("declare", t(v, "relatives.declare"),
		c.Form{Action: "/api/admin/relatives", Label: t(v, "relatives.declare"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(), deskNumber(v, t(v, "relatives.hint")),
			c.Button{Text: t(v, "relatives.declare")}.UI()}}.UI()))
}

func deskNumber(v *mingjing.View, hint string) app.UI {
	return c.Input{Name: "id_number", Label: t(v, "field.id_number"), Hint: hint, Error: page.FieldError(v, "id_number"),
		Autocomplete: "off", MaxLength: 40, Required: true, Code: true}.UI()
}

// counterBody returns the counter: who came, then what they dispute and in which words.
func counterBody(v *mingjing.View) []app.UI {
	k := mingjing.DataOf[mingjing.CounterView](v)
	if k == nil {
		return page.ErrorBody(v)
	}
	if k.Code != nil {
		return codeBody(v, t(v, "counter.code_made"), k.Resident, k.IDMasked, *k.Code)
	}
	body := []app.UI{page.Heading("", t(v, "title.counter"))}
	if k.Visit == "" {
		return append(body, page.Lead(t(v, "counter.lead")), c.Form{Action: "/api/admin/counter", Full: true, Label: t(v, "counter.look_up"),
			Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(), deskNumber(v, t(v, "counter.hint")),
				c.Button{Text: t(v, "counter.look_up")}.UI()}}.UI(),
			c.P(t(v, "enrol_one.not_yet")), c.Link{Text: t(v, "title.enrol"), Href: href(v, "enrol")}.UI())
	}
	body = append(body, c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "case.resident"), Text: k.Resident},
		{Key: t(v, "counter.number"), Value: c.El("code", nil, c.Text(k.IDMasked))}}}.UI(), c.Muted(t(v, "counter.logged")))
	var what []c.Option
	add := func(kind, family string, items []mingjing.CounterItem) {
		for _, i := range items {
			if i.Open {
				what = append(what, c.Option{Value: kind + ":" + i.ID, Text: v.Label("item", i.Code),
					Hint: t(v, "counter.item", "agency", v.Label("agency", i.Agency), "state", page.Code(v, family, i.State))})
			}
		}
	}
	add("record", "record_state", k.Records)
	add("listing", "listing_state", k.Listings)
	body = append(body, counterClosed(v, k))
	if len(what) == 0 {
		return append(body, c.Notification{Kind: "info", Text: t(v, "counter.nothing")}.UI(), counterCode(v, k),
			c.Link{Text: t(v, "counter.another"), Href: href(v, "counter")}.UI())
	}
	reasons := make([]c.Option, 0, len(mingjing.DisputeReasons))
	for _, r := range mingjing.DisputeReasons {
		reasons = append(reasons, c.Option{Value: string(r), Text: page.Code(v, "reason", string(r))})
	}
	return append(body, c.Section("file", t(v, "counter.file"), c.Form{Action: "/api/admin/counter/disputes", Multipart: true, Full: true,
		Unsaved: true,
		Label:   t(v, "counter.file"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(), c.Hidden{Name: "visit", Value: k.Visit}.UI(),
			c.Radios{Name: "what", Legend: t(v, "counter.what"), Options: what, Value: page.Typed(v, "what"),
				Error: page.FieldError(v, "what")}.UI(),
			c.Radios{Name: "reason", Legend: t(v, "new_dispute.reason"), Options: reasons, Value: page.Typed(v, "reason"),
				Error: page.FieldError(v, "reason")}.UI(),
			c.Textarea{Lang: v.Lang, Name: "statement", Label: t(v, "counter.statement"), Hint: t(v, "counter.statement_hint"),
				Value: page.Typed(v, "statement"),
				Error: page.FieldError(v, "statement"), Rows: 8, Max: mingjing.MaxStatement, Required: true}.UI(),
			c.FileUpload{Name: "evidence", Label: t(v, "counter.evidence"),
				Hint: t(v, "new_dispute.evidence_hint", "max", strconv.Itoa(mingjing.MaxEvidence),
					"size", i18n.FileSize(v.Lang, mingjing.MaxEvidenceBytes)), Accept: page.EvidenceTypes, Multiple: true,
				Error: page.FieldError(v, "evidence")}.UI(),
			c.Inset{Body: []app.UI{c.P(t(v, "counter.barred"))}}.UI(),
			c.Button{Text: t(v, "counter.submit")}.UI()}}.UI()), counterCode(v, k),
		c.Link{Text: t(v, "counter.another"), Href: href(v, "counter")}.UI())
}

// counterClosed returns what can't be disputed now, so that the resident learns why it
// is no choice.
func counterClosed(v *mingjing.View, k *mingjing.CounterView) app.UI {
	var closed []app.UI
	add := func(family string, items []mingjing.CounterItem) {
		for _, i := range items {
			if !i.Open {
				closed = append(closed, c.Text(t(v, "counter.closed_item", "item", v.Label("item", i.Code), "state", page.Code(v, family, i.State))))
			}
		}
	}
	add("record_state", k.Records)
	add("listing_state", k.Listings)
	if len(closed) == 0 {
		return nil
	}
	return c.Section("closed", t(v, "counter.closed"), c.List("bullets", closed...))
}

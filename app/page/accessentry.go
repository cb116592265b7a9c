package page

import (
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// AccessTable returns entries of the access log as a table, newest first. Each row says
// whether the look was allowed: who it was, what was opened, for what, and by which law.
// why returns the last cell, or is nil.
func AccessTable(v *mingjing.View, entries []mingjing.AccessEntry, caption string, why func(mingjing.AccessEntry) app.UI) app.UI {
	rows := make([][]app.UI, 0, len(entries))
	columns := []c.Column{{Text: T(v, "access_log.who")}, {Text: T(v, "access_log.what")}, {Text: T(v, "access_log.why")}}
	if why != nil {
		columns = append(columns, c.Column{Text: T(v, "access_log.allowed")})
	}
	for _, l := range entries {
		law, _ := BasisText(v, l)
		row := []app.UI{c.Div("two", AccessWho(v, l), c.El("span", c.A{"class": "muted small"}, TimeUI(v, l.At))), AccessWhat(v, l),
			c.Div("two", c.Text(PurposeText(v, l)), c.Span("muted small", law))}
		if why != nil {
			row = append(row, why(l))
		}
		rows = append(rows, row)
	}
	return c.Div("looks", c.Table{Caption: caption, QuietCaption: true, Columns: columns, Rows: rows}.UI())
}

// OpenedText returns which data was opened, as a text.
func OpenedText(v *mingjing.View, l mingjing.AccessEntry) string {
	key := "opened." + strings.TrimPrefix(l.Action, "look.")
	if !i18n.Has(key) {
		key = "opened.other"
	}
	return T(v, key)
}

// BasisText returns the law that allows the look, and what it says, as texts.
func BasisText(v *mingjing.View, l mingjing.AccessEntry) (law, says string) {
	purpose := strings.TrimPrefix(l.Purpose, "purpose.")
	switch {
	case strings.HasPrefix(purpose, "checked_"):
		purpose = "counter"
	case strings.HasPrefix(purpose, "id_"):
		purpose = "id"
	case purpose == mingjing.PurposeOtherCase:
		purpose = "dispute"
	case !i18n.Has("basis." + purpose):
		purpose = "other"
	}
	return T(v, "basis."+purpose), T(v, "basis_says."+purpose)
}

// AccessWho returns the person or agency that read the data.
func AccessWho(v *mingjing.View, l mingjing.AccessEntry) app.UI {
	switch {
	case l.Role == mingjing.RoleResident && l.For != "":
		return c.Span("look-you", T(v, "acting.for", "name", T(v, "role.you"), "resident", l.For))
	case l.Role == mingjing.RoleResident:
		return c.Span("look-you", T(v, "role.you"))
	}
	role := Code(v, "role", string(l.Role))
	if l.For != "" && l.Who != "" {
		return c.El("strong", nil, c.Text(T(v, "acting.for", "name", l.Who, "resident", l.For)))
	}
	if l.Who == "" {
		return c.El("strong", nil, c.Text(role))
	}
	if l.Role == mingjing.RoleRecipient { // a name that the recipient gave is no code of ours
		return c.El("span", nil, c.El("strong", nil, c.Text(l.Who)), c.Text(" "), c.Span("muted", role))
	}
	name := c.El("strong", nil, c.Text(v.Label("agency", l.Who)))
	if l.Role == mingjing.RoleSystem {
		return name
	}
	return c.El("span", nil, name, c.Text(" "), c.Span("muted", role))
}

// entryPages are the pages on which a resident can see what was read, by action.
var entryPages = map[string]string{"record": "record", "listing": "listing", "dispute": "dispute", "case": "dispute", "evidence": "dispute",
	"search": "dispute", "request": "request", "letter": "letter", "court_file": "letter", "clock": "dispute", "propose": "listing",
	"listing_term": "listing",
	"filed":        "dispute", "evidence_added": "dispute", "inquiry": "inquiry", "inquiry_answer": "inquiry", "share_corrected": "dispute"}

// AccessWhat returns what was read, with a link where the resident has a page of it.
func AccessWhat(v *mingjing.View, l mingjing.AccessEntry) app.UI {
	page, ok := entryPages[strings.TrimPrefix(l.Action, "look.")]
	if !ok || l.Subject == "" {
		return c.Text(ActionText(v, l))
	}
	text := ActionText(v, l)
	if page == "dispute" || page == "letter" {
		text = T(v, "access_log.what_case", "what", text, "number", CaseNumber(l.Subject))
	}
	if page == "dispute" && l.Role == mingjing.RoleResident && l.For != "" {
		page = "helping"
	}
	return c.Link{Text: text, Href: Href(v, page, l.Subject)}.UI()
}

// ActionText returns what was read, as a text.
func ActionText(v *mingjing.View, l mingjing.AccessEntry) string {
	key := "look." + strings.TrimPrefix(l.Action, "look.")
	if !i18n.Has(key) {
		key = "look.other"
	}
	return T(v, key)
}

// PurposeText returns for what it was read, as a text, with the reason that was typed.
func PurposeText(v *mingjing.View, l mingjing.AccessEntry) string {
	key := "purpose." + strings.TrimPrefix(l.Purpose, "purpose.")
	if !i18n.Has(key) {
		key = "purpose.other"
	}
	if l.Reason != "" {
		return T(v, "access_log.reason", "purpose", T(v, key), "reason", l.Reason)
	}
	return T(v, key)
}

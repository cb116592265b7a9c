package desk

import (
	"slices"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("staff", page.Screen{Data: page.New[mingjing.StaffView], Body: staffBody, Wide: true})
	_ = page.Register("staff-member", page.Screen{Data: page.New[mingjing.StaffMemberView], Body: staffMemberBody, Back: page.BackTo("staff")})
	_ = page.Register("staff-register", page.Screen{Data: page.New[mingjing.StaffRegisterView], Body: staffRegisterBody, Wide: true})
)

// staffRole returns what somebody does, with an officer's agency.
func staffRole(v *mingjing.View, role mingjing.Role, agency string) string {
	if role != mingjing.RoleAgency {
		return page.Code(v, "role", string(role))
	}
	return t(v, "staff_role.agency") + " · " + v.Label("agency", agency)
}

// staffBy returns who took a step: a member, or a command.
func staffBy(v *mingjing.View, login, name string) string {
	if login == "" {
		return t(v, "people.by_command", "name", name)
	}
	return t(v, "people.by", "name", name, "login", login)
}

// staffBody returns the list of staff and officers, or what came of a form.
func staffBody(v *mingjing.View) []app.UI {
	s := mingjing.DataOf[mingjing.StaffView](v)
	if s == nil {
		return page.ErrorBody(v)
	}
	if s.Result != nil {
		return staffResult(v, *s.Result)
	}
	body := []app.UI{page.Heading("", t(v, "title.staff")), page.Lead(t(v, "people.lead"))}
	for _, p := range s.Proposals {
		body = append(body, proposalPart(v, p))
	}
	rows, unknown := make([][]app.UI, 0, len(s.Members)), 0
	for _, m := range s.Members {
		state := page.Code(v, "staff_state", string(m.State))
		var code, link app.UI
		if m.LacksLink() {
			unknown++
			link = c.Span("muted", t(v, "people.unlinked"))
		}
		if m.CodeUntil != nil {
			code = c.Span("muted", codeEnd(v, m))
		}
		rows = append(rows, []app.UI{
			c.El("a", c.A{"href": href(v, "staff-member", page.Segment(m.Login)), "class": "case-link"}, c.El("code", nil, c.Text(m.Login))),
			c.Text(m.Name), c.Text(staffRole(v, m.Role, m.Agency)), c.Div("two", c.El("span", nil, c.Text(state)), code, link)})
	}
	if unknown > 0 {
		body = append(body, c.Notification{Kind: "warning", Text: tn(v, "people.unlinked_some", unknown)}.UI())
	}
	return append(body, c.Table{Caption: t(v, "people.caption"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "people.col_login")},
		{Text: t(v, "people.col_name")}, {Text: t(v, "people.col_role")}, {Text: t(v, "people.col_state")}}, Rows: rows}.UI(),
		c.Section("add", t(v, "people.add"), c.Form{Action: "/api/admin/staff", Full: true, Class: "narrow", Label: t(v, "people.add"),
			Body: []app.UI{page.LangField(v),
				c.Input{Name: "login", Label: t(v, "staff.login"), Hint: t(v, "people.login_hint"), Value: page.Typed(v, "login"),
					Error: page.FieldError(v, "login"), MaxLength: 32, Required: true, Code: true, Width: "medium"}.UI(),
				c.Input{Name: "name", Label: t(v, "field.name"), Value: page.Typed(v, "name"), Error: page.FieldError(v, "name"), MaxLength: 100,
					Required: true}.UI(),
				roleField(v, page.Typed(v, "role")), agencyField(v, s.Agencies, page.Typed(v, "agency")), memberNumber(v, false), staffReason(v, ""),
				c.Button{Text: t(v, "people.add_submit")}.UI()}}.UI()))
}

// codeEnd returns until when a member's code is good.
func codeEnd(v *mingjing.View, m mingjing.StaffMember) string {
	if m.CodeUntil.Before(v.Now) {
		return t(v, "people.code_over")
	}
	return t(v, "people.code_until", "time", page.Instant(v, *m.CodeUntil))
}

func roleField(v *mingjing.View, value string) app.UI {
	options := make([]c.Option, 0, len(mingjing.StaffRoles))
	for _, r := range mingjing.StaffRoles {
		text := page.Code(v, "role", string(r))
		if r == mingjing.RoleAgency {
			text = t(v, "staff_role.agency")
		}
		options = append(options, c.Option{Value: string(r), Text: text})
	}
	return c.Radios{Name: "role", Legend: t(v, "field.role"), Options: options, Value: value, Error: page.FieldError(v, "role")}.UI()
}

func agencyField(v *mingjing.View, agencies []string, value string) app.UI {
	options := []c.Option{{Value: "", Text: t(v, "people.agency_none")}}
	for _, a := range agencies {
		options = append(options, c.Option{Value: a, Text: v.Label("agency", a)})
	}
	return c.Select{Name: "agency", Label: t(v, "field.agency"), Hint: t(v, "people.agency_hint"), Options: options, Value: value,
		Error: page.FieldError(v, "agency")}.UI()
}

// memberNumber returns the field for the ID number of somebody who works here.
func memberNumber(v *mingjing.View, required bool) app.UI {
	return c.Input{Name: "id_number", Label: t(v, "field.id_number"), Hint: t(v, "people.id_number_hint"),
		Error:        page.FieldError(v, "id_number"),
		Autocomplete: "off", MaxLength: 40, Required: required, Code: true}.UI()
}

// staffReason returns the field of a reason; id tells it from those of other forms.
func staffReason(v *mingjing.View, id string) app.UI {
	return c.Input{Name: "reason", ID: id, Label: t(v, "people.reason"), Hint: t(v, "people.reason_hint"), Value: page.Typed(v, "reason"),
		Error: page.FieldError(v, "reason"), MaxLength: 500}.UI()
}

// staffResult returns what came of a form, with the one-time code, which is shown once.
func staffResult(v *mingjing.View, r mingjing.StaffResult) []app.UI {
	who := c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "people.col_login"), Text: r.Member.Login}, {Key: t(v, "people.col_name"),
		Text: r.Member.Name},
		{Key: t(v, "people.col_role"), Text: staffRole(v, r.Member.Role, r.Member.Agency)}}}.UI()
	back := c.Div("actions", c.LinkButton{Text: t(v, "people.back"), Href: href(v, "staff"), Kind: "secondary"}.UI())
	switch {
	case r.Proposal != nil:
		return []app.UI{page.Heading("", t(v, "people.proposed_title")), page.Lead(t(v, "people.proposed_text")), who, back}
	case r.Code == nil:
		return []app.UI{page.Heading("", t(v, "title.staff-member")), page.Lead(t(v, "done.staff_changed")), who, back}
	}
	return []app.UI{page.Heading("", t(v, "people.made_title", "name", r.Code.Name)),
		c.Notification{Kind: "warning", Text: t(v, "people.made_once")}.UI(),
		c.El("p", nil, c.El("code", c.A{"class": "share-url", "id": "one-time-code"}, c.Text(r.Code.Code))),
		c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "people.made_until"), Text: page.Instant(v, r.Code.Until)}}}.UI(), who,
		c.P(t(v, "people.made_how", "address", href(v, "staff-activate"))), back}
}

// proposalPart returns a change that waits for a second administrator.
func proposalPart(v *mingjing.View, p mingjing.StaffProposal) app.UI {
	id := "proposal-" + page.Segment(p.ID)
	body := []app.UI{c.P(t(v, "people.waiting_text", "change", page.Code(v, "staff_step", p.Change), "name", p.Name, "login", p.Login,
		"role", staffRole(v, p.Role, p.Agency), "by", staffBy(v, p.By, p.ByName), "time", page.Instant(v, p.At)))}
	if p.Reason != "" {
		body = append(body, c.P(t(v, "people.waiting_reason", "reason", p.Reason)))
	}
	form := func(step, kind string) app.UI {
		return c.Form{Action: "/api/admin/staff/proposals/" + page.Segment(p.ID) + "/" + step, Full: true, Class: "step-form",
			Label: t(v, "people."+step) + " " + p.Login, Body: []app.UI{page.LangField(v),
				c.Button{Text: t(v, "people."+step), Kind: kind, About: p.Name}.UI()}}.UI()
	}
	if p.Mine {
		body = append(body, c.Muted(t(v, "people.mine")))
	} else {
		body = append(body, form("confirm", ""))
	}
	if !p.Mine || v.Who != nil && v.Who.IDMasked == p.By {
		body = append(body, form("refuse", "secondary"))
	}
	return c.Section(id, t(v, "people.waiting"), body...)
}

// staffMemberBody returns one member with the forms of what can be changed.
func staffMemberBody(v *mingjing.View) []app.UI {
	m := mingjing.DataOf[mingjing.StaffMemberView](v)
	if m == nil {
		return page.ErrorBody(v)
	}
	state := page.Code(v, "staff_state", string(m.State))
	if m.CodeUntil != nil {
		state += " · " + codeEnd(v, m.StaffMember)
	}
	body := []app.UI{page.Heading(m.Login, m.Name), c.SummaryList{Rows: []c.SummaryRow{
		{Key: t(v, "people.col_role"), Text: staffRole(v, m.Role, m.Agency)}, {Key: t(v, "people.col_state"), Text: state},
		{Key: t(v, "people.added_on"), Text: page.Instant(v, m.AddedAt)}, {Key: t(v, "people.linked"), Text: linkText(v, m.StaffMember)}}}.UI()}
	if len(m.Changes) == 0 {
		return append(body, c.Muted(t(v, "people.self")))
	}
	if m.Two {
		body = append(body, c.Notification{Kind: "info", Text: t(v, "people.two")}.UI())
	}
	form := func(step, title, text, kind string, fields ...app.UI) {
		if !slices.Contains(m.Changes, step) {
			return
		}
		all := append([]app.UI{page.LangField(v)}, fields...)
		all = append(all, staffReason(v, "reason-"+step), c.Button{Text: t(v, title), Kind: kind}.UI())
		body = append(body, c.Section("change-"+step, t(v, title), c.P(t(v, text)), c.Form{Class: "narrow", Label: t(v, title),
			Action: "/api/admin/staff/" + page.Segment(m.Login) + "/" + step, Full: step == mingjing.StaffReset, Body: all}.UI()))
	}
	if m.LacksLink() {
		body = append(body, c.Notification{Kind: "warning", Text: t(v, "people.unlinked_text")}.UI())
	}
	form(mingjing.StaffLink, "people.link", "people.link_text", "secondary", memberNumber(v, true))
	form(mingjing.StaffReset, "people.reset", "people.reset_text", "secondary")
	form(mingjing.StaffEnable, "people.enable", "people.enable_text", "")
	role, agency := string(m.Role), m.Agency
	if v.Form["role"] != "" {
		role, agency = page.Typed(v, "role"), page.Typed(v, "agency")
	}
	form(mingjing.StaffRole, "people.change_role", "people.change_role_text", "secondary", roleField(v, role), agencyField(v,
		m.Agencies, agency))
	form(mingjing.StaffDisable, "people.disable", "people.disable_text", "warning")
	return body
}

// linkText returns whether it is known who somebody is as a resident.
func linkText(v *mingjing.View, m mingjing.StaffMember) string {
	switch {
	case m.Role == mingjing.RoleAdministrator:
		return t(v, "people.link_needless")
	case m.Linked:
		return t(v, "people.link_known")
	}
	return t(v, "people.unlinked")
}

// entryAbout returns whom an entry of the register is about, or which key.
func entryAbout(v *mingjing.View, e mingjing.StaffEntry) string {
	if e.Key != "" {
		return t(v, "people.of_key", "id", e.Key)
	}
	return t(v, "people.by", "name", e.Name, "login", e.Login)
}

// staffRegisterBody returns a page of the staff register.
func staffRegisterBody(v *mingjing.View) []app.UI {
	r := mingjing.DataOf[mingjing.StaffRegisterView](v)
	if r == nil {
		return page.ErrorBody(v)
	}
	body := []app.UI{page.Heading("", t(v, "title.staff-register")), page.Lead(t(v, "people.register_lead"))}
	if len(r.Entries) == 0 {
		return append(body, c.P(t(v, "people.register_none")))
	}
	rows := make([][]app.UI, 0, len(r.Entries))
	for _, e := range r.Entries {
		step := []app.UI{c.El("span", nil, c.Text(page.Code(v, "staff_step", e.Step)))}
		if e.Change != "" {
			step = append(step, c.Span("muted", page.Code(v, "staff_step", e.Change)))
		}
		if e.Reason != "" {
			step = append(step, c.Span("muted", e.Reason))
		}
		if e.Broken {
			step = append(step, c.Tag{Text: t(v, "people.broken"), Tone: "bad", Shape: "triangle"}.UI())
		}
		by := []app.UI{c.El("span", nil, c.Text(staffBy(v, e.By, e.ByName)))}
		if e.WithName != "" {
			by = append(by, c.Span("muted", t(v, "people.with", "by", staffBy(v, e.With, e.WithName))))
		}
		if e.Alone {
			by = append(by, c.Tag{Text: t(v, "people.alone"), Tone: "warn", Shape: "diamond"}.UI())
		}
		rows = append(rows, []app.UI{c.Text(strconv.FormatInt(e.Seq, 10)), page.TimeUI(v, e.At), c.Div("two", step...),
			c.Div("two", c.El("span", nil, c.Text(entryAbout(v, e))), c.Span("muted", staffRole(v, e.Role, e.Agency))),
			c.Div("two", by...), c.El("code", nil, c.Text(e.Hash[:min(12, len(e.Hash))]))})
	}
	return append(body, c.Table{Caption: t(v, "title.staff-register"), QuietCaption: true, Columns: []c.Column{{Text: "#", Numeric: true},
		{Text: t(v, "people.col_time")}, {Text: t(v, "people.col_step")}, {Text: t(v, "people.col_about")}, {Text: t(v, "people.col_by")},
		{Text: t(v, "people.col_hash")}}, Rows: rows}.UI(), morePages(v, "staff-register", "", r.Next))
}

package resident

import (
	"slices"
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("shares", page.Screen{Data: page.New[mingjing.SharesView], Body: sharesBody})
	_ = page.Register("new-share", page.Screen{Data: page.New[mingjing.NewShareView], Body: newShareBody, Back: page.BackTo("shares"),
		Title: func(v *mingjing.View) string {
			if mingjing.DataOf[mingjing.NewShareView](v) != nil && mingjing.DataOf[mingjing.NewShareView](v).Made != nil {
				return t(v, "made.title")
			}
			return t(v, "title.new-share")
		}})
)

// sharesBody returns what the resident shares and has shared, each with who viewed it.
func sharesBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.SharesView](v)
	body := []app.UI{page.Heading("", t(v, "title.shares")), page.Lead(t(v, "shares.lead")),
		c.Div("actions", c.LinkButton{Text: t(v, "shares.new"), Href: href(v, "new-share")}.UI())}
	decline := c.El("p", nil, c.Link{Text: t(v, "shares.decline"), Href: href(v, "no-score")}.UI())
	if shown == nil || len(shown.Shares) == 0 {
		return append(body, c.EmptyState{Title: t(v, "shares.empty_title"), Text: t(v, "shares.empty")}.UI(), decline)
	}
	var active, past []app.UI
	for _, s := range shown.Shares {
		if s.State == mingjing.ShareActive {
			active = append(active, shareCard(v, s))
		} else {
			past = append(past, shareCard(v, s))
		}
	}
	now := c.Muted(t(v, "shares.active_none"))
	if len(active) > 0 {
		now = c.List("cards", active...)
	}
	body = append(body, c.Section("active", t(v, "shares.active"), now))
	if len(past) > 0 {
		body = append(body, c.Section("past", t(v, "shares.past"), c.List("cards", past...)))
	}
	return append(body, decline)
}

var shareTones = map[mingjing.ShareState]string{mingjing.ShareActive: "good", mingjing.ShareRevoked: "warn"}

func shareCard(v *mingjing.View, s mingjing.Share) app.UI {
	rows := []c.SummaryRow{
		{Key: t(v, "shares.shows"), Text: shareShows(v, s)},
		{Key: t(v, "shares.named"), Text: page.Code(v, "share_named", string(s.Named))},
		{Key: t(v, "shares.views"), Text: t(v, "shares.viewed", "viewed", strconv.Itoa(s.Viewed), "views", strconv.Itoa(s.Views))}}
	if s.RevokedAt != nil {
		rows = append(rows, c.SummaryRow{Key: t(v, "shares.revoked"), Value: page.TimeUI(v, *s.RevokedAt)})
	} else {
		rows = append(rows, c.SummaryRow{Key: t(v, "shares.ends"), Text: page.EndOf(v, s.EndsAt)})
	}
	if s.CorrectedAt != nil {
		rows = append(rows, c.SummaryRow{Key: t(v, "shares.corrected"), Value: page.TimeUI(v, *s.CorrectedAt)})
	}
	var revoke app.UI
	if s.State == mingjing.ShareActive {
		revoke = c.Form{Action: "/api/shares/" + page.Segment(s.ID) + "/revoke", Label: t(v, "shares.revoke_named", "purpose", s.Purpose),
			Body: []app.UI{
				page.LangField(v), c.Button{Text: t(v, "shares.revoke"), Kind: "warning", About: s.Purpose}.UI()}}.UI()
	}
	return c.Card{Title: s.Purpose, Level: 3, Aside: c.Tag{Text: page.Code(v, "share_state", string(s.State)), Tone: shareTones[s.State]}.UI(),
		Body: []app.UI{
			c.El("p", c.A{"class": "muted small"},
				c.Text(t(v, "shares.made", "rulebook", v.Label("rulebook", s.Rulebook), "time", page.Instant(v, s.MadeAt)))),
			c.SummaryList{Rows: rows}.UI(), shareAccesses(v, s.Accesses), revoke}}.UI()
}

// shareShows returns the fields of a share in words.
func shareShows(v *mingjing.View, s mingjing.Share) string {
	names := make([]string, 0, len(s.Fields))
	for _, f := range s.Fields {
		names = append(names, page.Code(v, "share_field", string(f)))
	}
	return i18n.Join(v.Lang, names)
}

// shareAccesses returns who viewed a share, newest first.
func shareAccesses(v *mingjing.View, accesses []mingjing.ShareAccess) app.UI {
	if len(accesses) == 0 {
		return c.Muted(t(v, "shares.looks_none"))
	}
	rows := make([]app.UI, 0, len(accesses))
	for _, l := range slices.Backward(accesses) {
		var told app.UI
		if l.ToldAt != nil {
			told = c.El("p", c.A{"class": "muted small"}, c.Text(toldText(v, l)))
		}
		rows = append(rows, c.Div("row", c.Div("row-main", c.El("p", nil, c.El("strong", nil, c.Text(l.Who))), told),
			c.El("p", c.A{"class": "muted small"}, page.TimeUI(v, l.At))))
	}
	return c.Div("share-looks", c.El("p", c.A{"class": "label"}, c.Text(t(v, "shares.looks"))), c.List("rows", rows...))
}

// toldText returns whether a recipient was told of a correction, and how.
func toldText(v *mingjing.View, l mingjing.ShareAccess) string {
	said := t(v, "correction.told_at", "time", page.Instant(v, *l.ToldAt))
	if l.Mail != "" {
		said += " " + page.Code(v, "share_mail", l.Mail)
	}
	return said
}

// newShareBody returns the form of a new share, or the share that it made.
func newShareBody(v *mingjing.View) []app.UI {
	n := mingjing.DataOf[mingjing.NewShareView](v)
	switch {
	case n != nil && n.Made != nil:
		return madeBody(v, n.Made)
	case n == nil || len(n.Scores) == 0:
		return []app.UI{page.Heading("", t(v, "title.new-share")),
			c.EmptyState{Title: t(v, "share_form.no_score_title"), Text: t(v, "share_form.no_score"),
				Action: c.LinkButton{Text: t(v, "overview.ask"), Href: href(v, "ask")}.UI()}.UI(),
			c.El("p", nil, c.Link{Text: t(v, "shares.decline"), Href: href(v, "no-score")}.UI())}
	}
	if n.Stale {
		return []app.UI{page.Heading("", t(v, "title.new-share")), c.P(t(v, "factor.share")),
			c.LinkButton{Text: t(v, "export.confirm"), Href: href(v, "confirm") + "?next=shares/new"}.UI()}
	}
	fresh := v.Problem == nil
	or := func(field, standard string) string {
		if typed := page.Typed(v, field); typed != "" || !fresh {
			return typed
		}
		return standard
	}
	return []app.UI{page.Heading("", t(v, "title.new-share")), page.Lead(t(v, "share_form.lead")),
		page.DraftForm(v, c.Form{Action: "/api/shares", Body: []app.UI{
			page.LangField(v), shareBook(v, n.Scores, or("rulebook", n.Scores[0].Rulebook.ID)),
			c.Input{Name: "purpose", Label: t(v, "field.purpose"), Hint: t(v, "share_form.purpose_hint"), Error: page.FieldError(v, "purpose"),
				Value: page.Typed(v, "purpose"), MaxLength: mingjing.MaxSharePurpose, Autocomplete: "off", Required: true}.UI(),
			shareChoices(v, or("fields", string(mingjing.ShareFields[0]))),
			c.Radios{Name: "named", Legend: t(v, "field.named"), Error: page.FieldError(v, "named"), Options: shareNames(v),
				Value: or("named", string(mingjing.ShareNames[0]))}.UI(),
			c.Input{Name: "views", Label: t(v, "field.views"), Hint: t(v, "share_form.views_hint", "max", strconv.Itoa(mingjing.MaxShareViews)),
				Error: page.FieldError(v, "views"), Value: or("views", "1"), InputMode: "numeric", MaxLength: 2, Width: "short", Autocomplete: "off",
				Required: true}.UI(),
			c.Input{Name: "ends", Type: "date", Label: t(v, "field.ends"),
				Hint:  t(v, "share_form.ends_hint", "date", page.Date(v, daysOn(v, mingjing.MaxShareDays))),
				Error: page.FieldError(v, "ends"), Value: or("ends", string(daysOn(v, 7))), Width: "medium", Required: true}.UI(),
			c.El("div", c.A{"class": "inset"}, c.P(t(v, "share_form.current")), c.P(t(v, "share_form.once"))),
			c.Button{Text: t(v, "share_form.submit")}.UI()}}),
		c.El("p", nil, c.Link{Text: t(v, "shares.decline"), Href: href(v, "no-score")}.UI())}
}

// daysOn returns the day so many days after today.
func daysOn(v *mingjing.View, days int) mingjing.Date {
	return mingjing.DateOf(v.Today.Time(page.Zone(v)).AddDate(0, 0, days))
}

// shareBook returns the choice of the score that is shared; it is hidden where there is
// only one.
func shareBook(v *mingjing.View, scores []mingjing.ScoreCard, chosen string) app.UI {
	if len(scores) == 1 {
		return c.Div("", c.Hidden{Name: "rulebook", Value: scores[0].Rulebook.ID}.UI(),
			c.El("p", c.A{"class": "label"}, c.Text(t(v, "share_form.score"))),
			c.El("p", c.A{"class": "meta"}, c.El("span", nil, c.Text(v.Label("rulebook", scores[0].Rulebook.ID))),
				page.BandUI(v, scores[0].Band, "")))
	}
	options := make([]c.Option, 0, len(scores))
	for _, s := range scores {
		options = append(options, c.Option{Value: s.Rulebook.ID, Text: v.Label("rulebook", s.Rulebook.ID), Hint: s.Band.Name.In(v.Lang)})
	}
	return c.Radios{Name: "rulebook", Legend: t(v, "share_form.score"), Error: page.FieldError(v, "rulebook"), Options: options,
		Value: chosen}.UI()
}

// shareChoices returns the fields that can be shown; chosen has those that are, with
// spaces between them.
func shareChoices(v *mingjing.View, chosen string) app.UI {
	parts := []app.UI{c.El("legend", c.A{"class": "label"}, c.Text(t(v, "field.fields"))),
		c.El("p", c.A{"class": "hint", "id": "fields-group-hint"}, c.Text(t(v, "share_form.fields_hint")))}
	for i, f := range mingjing.ShareFields {
		box := c.Checkbox{Name: "fields", ID: "fields", Value: string(f), Label: page.Code(v, "share_field", string(f)),
			Hint: page.Code(v, "share_field_hint", string(f)), Checked: slices.Contains(strings.Fields(chosen), string(f))}
		if i == 0 {
			box.Error = page.FieldError(v, "fields")
		} else {
			box.ID += "-" + strconv.Itoa(i+1)
		}
		parts = append(parts, box.UI())
	}
	return c.El("fieldset", c.A{"class": "field", "aria-describedby": "fields-group-hint"}, parts...)
}

func shareNames(v *mingjing.View) []c.Option {
	options := make([]c.Option, 0, len(mingjing.ShareNames))
	for _, n := range mingjing.ShareNames {
		o := c.Option{Value: string(n), Text: page.Code(v, "share_named", string(n))}
		if n == mingjing.ShareMasked && v.Who != nil {
			o.Hint = t(v, "share_form.masked_hint", "name", mingjing.MaskName(v.Who.Name))
		}
		if n == mingjing.ShareFull && v.Who != nil {
			o.Hint = t(v, "share_form.full_hint", "name", v.Who.Name, "number", v.Who.IDMasked)
		}
		options = append(options, o)
	}
	return options
}

// madeBody returns the link and its code, which are shown once.
func madeBody(v *mingjing.View, m *mingjing.MadeShare) []app.UI {
	size := strconv.Itoa(m.QR.Size)
	s := m.Share
	return []app.UI{page.Heading("", t(v, "made.title")),
		c.Notification{Kind: "warning", Title: t(v, "made.once_title"), Text: t(v, "made.once")}.UI(),
		c.El("div", c.A{"class": "card share-made"},
			c.SVG("svg", c.A{"class": "qr", "viewBox": "0 0 " + size + " " + size, "width": "232", "height": "232", "role": "img",
				"aria-label": t(v, "made.qr", "purpose", s.Purpose), "shape-rendering": "crispEdges"},
				c.SVG("rect", c.A{"width": size, "height": size, "class": "qr-paper"}), c.SVG("path", c.A{"d": m.QR.Path, "class": "qr-ink"})),
			c.Div("share-link",
				c.El("p", c.A{"class": "label", "id": "link-label"}, c.Text(t(v, "made.link"))),
				c.El("p", nil, c.El("code", c.A{"class": "share-url", "aria-labelledby": "link-label"}, c.Text(m.Link))),
				linkButtons(v, m.Link))),
		c.Section("made-what", t(v, "made.what"), c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "field.purpose"), Text: s.Purpose},
			{Key: t(v, "shares.shows"), Text: shareShows(v, s)},
			{Key: t(v, "shares.named"), Text: page.Code(v, "share_named", string(s.Named))},
			{Key: t(v, "shares.views"), Text: tn(v, "made.views", s.Views)},
			{Key: t(v, "shares.ends"), Text: page.EndOf(v, s.EndsAt)}}}.UI(),
			c.P(t(v, "made.hear"))),
		c.Div("actions", c.LinkButton{Text: t(v, "made.all"), Href: href(v, "shares"), Kind: "secondary"}.UI())}
}

// linkButtons returns the buttons that hand the link to another app, or copy it where the
// browser can't do that. A script shows them; the link can also be selected.
func linkButtons(v *mingjing.View, link string) app.UI {
	button := func(way, text string) app.UI {
		return c.El("button", c.A{"type": "button", "class": "button button-secondary", "hidden": "true", "data-link": link, "data-way": way,
			"data-done": t(v, "made.copied")}, c.Text(text))
	}
	return c.Div("actions", button("share", t(v, "made.hand_on")), button("copy", t(v, "made.copy")),
		c.El("span", c.A{"class": "muted", "role": "status"}))
}

// correctionSection returns the form by which a resident tells those who viewed a score
// that a decision has changed it, and who was told.
func correctionSection(v *mingjing.View) app.UI {
	shown := mingjing.DataOf[mingjing.DisputePage](v)
	k := shown.Correction
	if k == nil {
		return nil
	}
	body := []app.UI{}
	if len(k.Waiting) > 0 {
		names := make([]app.UI, 0, len(k.Waiting))
		for _, l := range k.Waiting {
			names = append(names, c.Text(t(v, "correction.seen", "who", l.Who, "time", page.Instant(v, l.At))))
		}
		body = append(body, c.P(tn(v, "correction.lead", len(k.Waiting))), c.El("ul", c.A{"class": "bullets"}, page.ListItems(names)...),
			c.P(t(v, "correction.how")),
			c.Form{Action: "/api/disputes/" + page.Segment(shown.ID) + "/tell-recipients", Label: t(v, "correction.tell"), Body: []app.UI{
				page.LangField(v), c.Button{Text: t(v, "correction.tell"), Kind: "secondary"}.UI()}}.UI())
	}
	if len(k.Told) > 0 {
		rows := make([]app.UI, 0, len(k.Told))
		for _, l := range k.Told {
			rows = append(rows, c.Div("row", c.Div("row-main", c.El("p", nil, c.El("strong", nil, c.Text(l.Who))), c.Muted(toldText(v, l)))))
		}
		body = append(body, c.H(3, t(v, "correction.told")), c.List("rows", rows...))
	}
	return c.Section("correction", t(v, "correction.title"), body...)
}

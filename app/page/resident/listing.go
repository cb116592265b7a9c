package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("listing", page.Screen{Data: page.New[mingjing.ListingView], Body: listingBody, Back: page.BackTo("listings"),
	Title: func(v *mingjing.View) string {
		if mingjing.DataOf[mingjing.ListingView](v) == nil {
			return t(v, "title.listing")
		}
		return v.Label("item", mingjing.DataOf[mingjing.ListingView](v).Listing.Code)
	}})

// listingBody returns one listing: its state and what can be done about it, the notice
// or what it says, what it does, and its timeline.
func listingBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.ListingView](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	view := shown
	l := view.Listing
	body := []app.UI{
		page.Heading(page.Code(v, "list_kind", string(l.Kind)), v.Label("item", l.Code)),
		c.Div("state-line", page.ListingTag(v, l), c.Muted(effectiveText(v, *view)),
			objectLink(v, view.Open && l.DisputeID == "", t(v, "listing.wrong_title"))),
		stand(v, *view),
	}
	if toBeServed(l) {
		body = append(body, notice(v, l))
	}
	body = append(body, c.Section("facts", t(v, "listing.facts"), c.SummaryList{Rows: page.ListingRows(v, l, page.Viewer(v))}.UI(),
		datesLink(v, "listings", l.ID, len(l.Coming(v.Now, v.Today)) > 0)))
	if !toBeServed(l) {
		body = append(body, measures(v, *view), exitCondition(v, *view))
	}
	body = append(body, scoresWithout(v, *view))
	if len(view.Effect) > 0 {
		body = append(body, c.Section("effect", t(v, "effect.title"), page.EffectTable(v, view.Effect)))
	}
	if l.Kind == mingjing.Redlist && !l.State.Over() {
		body = append(body, shownForm(v, l))
	}
	body = append(body, c.Section("document", t(v, "doc.title"), page.DocumentUI(v, l.Document)))
	if len(l.Life) > 0 {
		body = append(body, c.Section("life", t(v, "listing.life"), listingTimeline(v, l)))
	}
	closed := t(v, "listing.closed")
	if l.State == mingjing.ListingDecided {
		closed = t(v, "listing.closed_decided")
	}
	return append(body,
		disputeSection(v, objection{
			title: t(v, "listing.wrong_title"), text: t(v, "listing.wrong"), closed: closed,
			open: view.Open, disputeID: l.DisputeID, disputed: l.State == mingjing.ListingDisputed || !view.Open && l.DisputeID != "" &&
				!l.State.Over(),
			href: disputeHref(v, l)}),
		statementSection(v, "listing_id", l.ID, l.Statement))
}

func disputeHref(v *mingjing.View, l mingjing.Listing) string {
	return href(v, "new-dispute") + "?listing=" + page.Segment(l.ID)
}

// toBeServed reports whether the page shows the notice itself: the listing was decided,
// and the resident may still answer.
func toBeServed(l mingjing.Listing) bool {
	return l.State == mingjing.ListingDecided || l.State == mingjing.ListingServed
}

// stand returns the state of a listing as a text, and what can be done now.
func stand(v *mingjing.View, view mingjing.ListingView) app.UI {
	l := view.Listing
	state := page.ListingState(v, l)
	tone := "calm"
	var more []app.UI
	var far app.UI // how long it still is
	pairs := []string{"agency", v.Label("agency", l.Agency),
		"days", tn(v, "count.working_days", page.ProcedureDays(v, func(p *mingjing.Procedure) int { return p.AnswerDays }))}
	title, text := "listing.stand."+state, "listing.stand_text."+state
	switch state {
	case string(mingjing.ListingUnserved):
		title, text = "listing.unserved_title", "listing.unserved"
	case string(mingjing.ListingDecided):
		tone = "act"
		if by := approvedBy(v, l); by != nil {
			more = append(more, by)
		}
		more = append(more, c.Div("actions", c.LinkButton{Text: t(v, "listing.notice_title"), Href: "#notice", Kind: "secondary"}.UI()))
	case string(mingjing.ListingServed):
		tone = "act"
		if l.AnswerBy != nil {
			pairs = append(pairs, "time", page.Deadline(v, *l.AnswerBy))
			far = c.El("p", c.A{"class": "stand-far"}, c.Text(page.Ago(v, *l.AnswerBy)))
		}
		if by := approvedBy(v, l); by != nil {
			more = append(more, by)
		}
		if view.Open {
			more = append(more, c.Div("actions", c.LinkButton{Text: t(v, "listing.answer"), Href: disputeHref(v, l)}.UI()))
		}
	case "not_yet":
		pairs = append(pairs, "date", page.Date(v, l.From))
	case string(mingjing.ListingInEffect):
		if l.Kind == mingjing.Redlist {
			pairs = append(pairs, "date", page.Date(v, l.Ends.AddDays(-1)))
			title, text = title+"_red", text+"_red"
			break
		}
		tone = "effect"
		if l.Ends == "" {
			return nil
		}
		pairs = append(pairs, "date", page.Date(v, l.Ends))
		far = c.El("p", c.A{"class": "stand-far"}, c.Text(page.Ago(v, l.Ends.Time(page.Zone(v)))))
		switch {
		case view.Repair:
			more = append(more, c.P(t(v, "listing.sooner_now")),
				c.Div("actions", c.LinkButton{Text: t(v, "listing.repair_apply"), Href: href(v, "repair", page.Segment(l.ID))}.UI()))
		case view.RepairWhy == "too_early":
			more = append(more, c.P(t(v, "listing.sooner_from", "date", page.Date(v, l.RepairFrom))))
		}
	case "ended":
		title, text = "listing.stand.expired", "listing.stand_text.expired"
	case string(mingjing.ListingDisputed), string(mingjing.ListingSuspended):
		if l.DisputeID != "" {
			more = append(more, c.El("p", nil, c.Link{Text: t(v, "held.dispute_see"), Href: href(v, "dispute", page.Segment(l.DisputeID))}.UI()))
		}
	}
	if !i18n.Has(title) {
		return nil
	}
	return c.El("section", c.A{"class": "stand stand-" + tone, "aria-labelledby": "stand"},
		append([]app.UI{c.El("h2", c.A{"id": "stand"}, c.Text(t(v, title, pairs...))), far, c.P(t(v, text, pairs...))}, more...)...)
}

// approvedBy returns who approved a listing, and when.
func approvedBy(v *mingjing.View, l mingjing.Listing) app.UI {
	for _, e := range l.Life {
		if e.Code == "approved" && e.Who != "" {
			return c.El("p", c.A{"class": "signed"}, c.Text(t(v, "listing.approved_by", "name", e.Who, "time", page.Instant(v, e.At))))
		}
	}
	return nil
}

// notice returns the notice of a listing with the repair notice, which is served with
// it: why, on what basis, what it would do, what the resident can do, and how to get
// off.
func notice(v *mingjing.View, l mingjing.Listing) app.UI {
	var confirm app.UI
	if l.State == mingjing.ListingDecided {
		confirm = c.Form{Action: "/api/listings/" + page.Segment(l.ID) + "/receipt", Class: "notice-confirm", Label: t(v, "listing.confirm"),
			Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Button{Text: t(v, "listing.confirm")}.UI(),
				c.El("p", c.A{"class": "hint"}, c.Text(t(v, "listing.confirm_hint"))),
				c.Muted(t(v, "listing.confirm_not"))}}.UI()
	}
	rights := []app.UI{c.Text(t(v, "listing.right_answer")), c.Text(t(v, "listing.right_see")), c.Text(t(v, "listing.right_off")),
		c.Text(t(v, "listing.right_on"))}
	off := []app.UI{c.P(l.Exit.In(v.Lang))}
	if l.TermMonths > 0 {
		off = append(off, c.P(t(v, "listing.off_term", "months", tn(v, "count.months", l.TermMonths))))
	}
	if v.Rules().Procedure != nil {
		if tier, ok := v.Rules().Procedure.Tier(l.Tier); ok {
			name := page.Gravity(v, l.Tier)
			if tier.MinMonths == 0 {
				off = append(off, c.P(t(v, "listing.off_tier_now", "tier", name)))
			} else {
				off = append(off, c.P(t(v, "listing.off_tier", "tier", name, "months", tn(v, "count.months", tier.MinMonths))))
			}
			off = append(off, c.P(t(v, "listing.off_days", "days", tn(v, "count.working_days", v.Rules().Procedure.RepairDays))))
		}
	}
	return c.Section("notice", t(v, "listing.notice_title"),
		c.Div("served-notice stack",
			c.Muted(t(v, "listing.notice_lead")),
			c.H(3, t(v, "listing.notice_why")),
			c.P(l.Ground.In(v.Lang)),
			c.Muted(l.LegalBasis.In(v.Lang)),
			c.H(3, t(v, "listing.notice_measures")),
			measureList(v, l),
			c.H(3, t(v, "listing.notice_rights")),
			c.List("bullets", rights...),
			c.H(3, t(v, "listing.notice_off")),
			c.Inset{Body: off}.UI(),
			confirm))
}

func measures(v *mingjing.View, view mingjing.ListingView) app.UI {
	l := view.Listing
	title := t(v, "listing.measures_black")
	switch {
	case l.Kind == mingjing.Redlist:
		title = t(v, "listing.measures_red")
	case !view.Effective:
		title = t(v, "listing.measures_black_idle")
	}
	var only app.UI
	if l.Kind == mingjing.Blacklist && len(l.Measures) > 0 {
		only = c.P(t(v, "listing.measures_lead"))
	}
	return c.Section("measures", title, only, measureList(v, l))
}

func measureList(v *mingjing.View, l mingjing.Listing) app.UI {
	if len(l.Measures) == 0 {
		return c.P(t(v, "listing.measures_none"))
	}
	items := make([]app.UI, 0, len(l.Measures))
	for _, m := range l.Measures {
		items = append(items, c.Div("measure",
			c.El("p", c.A{"class": "measure-name"}, c.Text(m.Name.In(v.Lang))),
			c.Muted(t(v, "listing.measure_basis", "basis", page.OrNone(v, m.LegalBasis.In(v.Lang))))))
	}
	return c.List("measures", items...)
}

// exitCondition returns how to get off: by the condition, at the end, and by repair.
func exitCondition(v *mingjing.View, view mingjing.ListingView) app.UI {
	l := view.Listing
	if l.State.Over() {
		return nil
	}
	var early, late, repair app.UI
	if s := l.Exit.In(v.Lang); s != "" {
		early = c.P(s)
	}
	if l.Ends != "" {
		late = c.P(t(v, "listing.exit_term", "date", page.Date(v, l.Ends)))
	}
	switch {
	case view.Repair:
		repair = c.El("p", nil, c.Link{Text: t(v, "listing.repair_apply"), Href: href(v, "repair", page.Segment(l.ID))}.UI())
	case view.RepairWhy != "" && view.RepairWhy != "no_condition" && l.Kind == mingjing.Blacklist:
		repair = c.Muted(t(v, "listing.repair_why", "why", repairWhy(v, view)))
	}
	if early == nil && late == nil {
		return nil
	}
	return c.Section("exit", t(v, "listing.exit_title"), c.Inset{Body: []app.UI{early, late, repair}}.UI())
}

// repairWhy returns why repair can't be applied for now.
func repairWhy(v *mingjing.View, view mingjing.ListingView) string {
	if view.RepairWhy == "too_early" {
		return t(v, "repair_why.too_early", "date", page.Date(v, view.Listing.RepairFrom))
	}
	return page.Code(v, "repair_why", view.RepairWhy)
}

// scoresWithout returns what the scores would be without the listing; it is shown while
// the listing counts against them.
func scoresWithout(v *mingjing.View, view mingjing.ListingView) app.UI {
	if len(view.Without) == 0 || !view.Effective || view.Listing.Kind != mingjing.Blacklist {
		return nil
	}
	rows := make([]c.SummaryRow, 0, len(view.Without))
	for _, w := range view.Without {
		rows = append(rows, c.SummaryRow{Key: v.Label("rulebook", w.Rulebook), Value: c.Div("score-if",
			c.Band{Text: v.Label("band", w.Rulebook+"."+w.Band), Shape: w.Shape, Tone: w.Tone}.UI(),
			c.Span("muted", i18n.Number(v.Lang, w.Value)))})
	}
	return c.Section("without", t(v, "listing.without_title"), c.Muted(t(v, "listing.without_text")), c.SummaryList{Rows: rows}.UI())
}

// listingTimeline returns what has happened to a listing, and what comes next.
func listingTimeline(v *mingjing.View, l mingjing.Listing) app.UI {
	d := mingjing.Case{Kind: mingjing.CaseListing, Listing: &l}
	items := make([]c.TimelineItem, 0, len(l.Life)+1)
	for _, e := range l.Life {
		item := c.TimelineItem{Title: page.Happened(v, d, e.Code), When: page.Instant(v, e.At), At: e.At, Who: page.TimelineWho(v, d, e),
			State: "done"}
		if e.Code == "suspended" {
			item.State = "missed"
		}
		items = append(items, item)
	}
	next := c.TimelineItem{State: "next"}
	switch l.State {
	case mingjing.ListingProposed:
		next.Title = t(v, "listing.next_decide")
	case mingjing.ListingDecided:
		next.Title = t(v, "listing.next_serve")
	case mingjing.ListingServed:
		next.Title = t(v, "listing.next_effect")
		if l.AnswerBy != nil {
			next.When, next.At = i18n.Start(v.Lang, *l.AnswerBy, page.Zone(v)), *l.AnswerBy
		}
	case mingjing.ListingInEffect:
		if l.Ends != "" && l.Ends > v.Today {
			next.Title, next.When, next.At = t(v, "listing.next_end"), page.Date(v, l.Ends), l.Ends.Time(page.Zone(v))
		}
	}
	if next.Title != "" {
		items = append(items, next)
	}
	return c.Timeline{Items: items}.UI()
}

// shownForm returns the choice whether a redlisting is shown.
func shownForm(v *mingjing.View, l mingjing.Listing) app.UI {
	now, then, to := t(v, "listing.shown_off"), t(v, "listing.show"), "true"
	if l.Shown {
		now, then, to = t(v, "listing.shown_on"), t(v, "listing.hide"), "false"
	}
	return c.Section("shown", t(v, "listing.shown_title"), c.P(t(v, "listing.shown_text")),
		c.Form{Action: "/api/listings/" + page.Segment(l.ID) + "/shown", Class: "form-line", Label: t(v, "listing.shown_title"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(), c.Hidden{Name: "shown", Value: to}.UI(),
			c.El("p", nil, c.El("strong", nil, c.Text(now))),
			c.Button{Text: then, Kind: "secondary"}.UI()}}.UI())
}

// statementSection returns the resident's own statement on file, and the form for it.
func statementSection(v *mingjing.View, field, id, said string) app.UI {
	most := page.ProcedureDays(v, func(p *mingjing.Procedure) int { return p.StatementWords })
	if most == 0 && said == "" {
		return nil
	}
	var own app.UI
	if said != "" {
		own = c.Div("quote", c.El("p", c.A{"class": "quote-by"}, c.Text(t(v, "statement.own"))), page.Paragraphs(said))
	}
	value := said
	if typed, ok := v.Form["statement_on_file"]; ok {
		value = typed
	}
	open := page.FieldError(v, "statement_on_file") != "" || page.HasDraft(v, "/api/statements")
	return c.Section("statement", t(v, "statement.title"), c.P(t(v, "statement.text")), own,
		c.Details{Summary: t(v, "statement.edit"), Open: open, Body: []app.UI{
			page.DraftForm(v, c.Form{Action: "/api/statements", Label: t(v, "statement.title"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(), c.Hidden{Name: field, Value: id}.UI(),
				c.Textarea{Lang: v.Lang, Name: "statement_on_file", Label: t(v, "statement.label"), Hint: tn(v, "statement.hint", most), Value: value,
					Error: page.FieldError(v, "statement_on_file"), Rows: 5}.UI(),
				c.Button{Text: t(v, "statement.save"), Kind: "secondary"}.UI()}})}}.UI())
}

package resident

import (
	"slices"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("dispute", page.Screen{Data: page.New[mingjing.DisputePage], Body: disputeBody, Back: page.BackTo("disputes"),
	Title: func(v *mingjing.View) string {
		if mingjing.DataOf[mingjing.DisputePage](v) == nil {
			return t(v, "title.dispute")
		}
		return page.KindText(v, mingjing.DataOf[mingjing.DisputePage](v).Case, "case_title",
			"item", v.Label("item", mingjing.DataOf[mingjing.DisputePage](v).Code()))
	}})

// disputeBody returns one case as the resident sees it: what was decided and the lanes,
// or what happens next and by when, then everything that was said.
func disputeBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.DisputePage](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	d := shown.Case
	body := []app.UI{
		page.Heading(page.KindText(v, d, "case_number", "id", page.CaseNumber(d.ID)), v.Label("item", d.Code())),
		c.Div("state-line", page.DisputeTag(v, d), c.Muted(disputeState(v, d))),
	}
	body = append(body, caseNotes(v, d)...)
	if d.Decision != nil {
		body = append(body, won(v, d), decision(v, d))
		if correction := correctionSection(v); correction != nil {
			body = append(body, correction)
		}
		if len(d.Lanes) > 0 {
			body = append(body, lanes(v, d))
		}
		body = append(body, feedback(v, d))
	}
	body = append(body, c.Section("about", page.OwnOr(v, d, "dispute.about"), disputed(v, d)))
	if len(d.Timeline) > 0 {
		body = append(body, c.Section("timeline", t(v, "dispute.timeline"), page.Timeline(v, d)))
	}
	if len(d.Clocks) > 0 {
		body = append(body, c.Section("clocks", t(v, "dispute.clocks"), c.Muted(t(v, "dispute.clocks_lead")), page.Clocks(v, d.Clocks),
			datesLink(v, "disputes", d.ID, slices.ContainsFunc(d.Clocks, func(k mingjing.Clock) bool { return k.MetAt == nil && !k.Missed }))))
	}
	if answer := page.AgencyAnswer(v, d); answer != nil {
		body = append(body, c.Section("agency", t(v, "dispute.agency_answer"), answer))
	}
	body = append(body, c.Section("words", page.WordsTitle(v, d), page.ReasonLine(v, d), page.Paragraphs(d.Statement),
		page.Further(v, d)))
	if d.Kind == mingjing.CaseListing {
		return body
	}
	return append(body, c.Section("files", t(v, "dispute.evidence"), page.EvidenceList(v, d.Evidence), page.OpenedList(v, d.AgencyOpened),
		addEvidence(v, d), nothingToAdd(v, d)), helpers(v, d))
}

// nothingToAdd lets the resident have the case decided sooner.
func nothingToAdd(v *mingjing.View, d mingjing.Case) app.UI {
	if d.Sooner == nil {
		return nil
	}
	return c.Form{Action: "/api/disputes/" + page.Segment(d.ID) + "/nothing-to-add", Label: t(v, "dispute.nothing_to_add"), Body: []app.UI{
		page.LangField(v), c.Muted(t(v, "dispute.sooner", "time", page.Deadline(v, *d.Sooner))),
		c.Button{Text: t(v, "dispute.nothing_to_add"), Kind: "secondary"}.UI()}}.UI()
}

// disputeState returns the state of the case as a sentence.
func disputeState(v *mingjing.View, d mingjing.Case) string {
	switch {
	case d.State == mingjing.CaseToServe:
		return t(v, "dispute.open.to_serve")
	case d.Decision != nil && d.Decision.Rule != "":
		return t(v, "decision_rule.by", "time", page.Instant(v, d.Decision.At))
	case d.Decision != nil:
		return t(v, "dispute.decided_by", "name", d.Decision.By, "time", page.Instant(v, d.Decision.At))
	case d.State == mingjing.CaseAgencySilent, d.State == mingjing.CaseAgencyLost:
		return page.LostText(v, d)
	case d.Kind == mingjing.CaseListing && d.State == mingjing.CaseRecommended:
		return t(v, "dispute.open.recommended")
	case d.Kind == mingjing.CaseListing:
		return t(v, "dispute.open.listing")
	case d.Missing != nil:
		return t(v, "dispute.open.missing")
	case d.Kind == mingjing.CaseRepair && d.Escalated:
		return t(v, "dispute.escalated_repair")
	case d.Kind == mingjing.CaseRepair:
		return t(v, "dispute.open.repair")
	}
	return t(v, "dispute.paused")
}

// caseNotes returns what the resident must know first: that the bureau is late itself,
// that there is more time, and where a proposed listing is answered.
func caseNotes(v *mingjing.View, d mingjing.Case) []app.UI {
	var out []app.UI
	if d.Escalated && d.Decision == nil {
		out = append(out, c.Notification{Kind: "info", Title: t(v, "dispute.escalated_title"), Text: t(v, "dispute.escalated")}.UI())
	}
	if d.Extended && d.Decision == nil {
		out = append(out, c.Muted(t(v, "dispute.extended")))
	}
	if d.State == mingjing.CaseToServe && d.Listing != nil {
		out = append(out, c.Div("actions", c.LinkButton{Text: t(v, "dispute.see_listing"),
			Href: href(v, "listing", page.Segment(d.Listing.ID))}.UI()))
	}
	if d.Previous != "" {
		out = append(out, c.El("p", nil, c.Link{Text: t(v, "dispute.previous_see"), Href: caseHref(v, d, d.Previous)}.UI()))
	}
	return out
}

// feedback asks how a decided case was dealt with, in one tap; who says "poor" is told the
// way on.
func feedback(v *mingjing.View, d mingjing.Case) app.UI {
	if d.ActingFor != "" {
		return nil
	}
	var said app.UI
	switch {
	case d.Feedback == mingjing.FeedbackPoor && len(d.Lanes) > 0:
		said = c.El("p", nil, c.Text(t(v, "feedback.poor_on")+" "), c.Link{Text: t(v, "dispute.lanes"), Href: "#lanes"}.UI())
	case d.Feedback == mingjing.FeedbackPoor:
		said = c.El("p", nil, c.Text(t(v, "feedback.poor_end")+" "), c.Link{Text: t(v, "title.contact"), Href: href(v, "contact")}.UI())
	case d.Feedback != "":
		said = c.Muted(t(v, "feedback.good_said"))
	}
	buttons := make([]app.UI, 0, len(mingjing.Feedbacks))
	for _, f := range mingjing.Feedbacks {
		text := t(v, "feedback."+f)
		if f == d.Feedback {
			text = t(v, "feedback.chosen", "what", text)
		}
		buttons = append(buttons, c.Button{Text: text, Name: "feedback", Value: f, Kind: "secondary"}.UI())
	}
	return c.Section("feedback", t(v, "feedback.title"), c.Muted(t(v, "feedback.text")), said,
		c.Form{Action: "/api/disputes/" + page.Segment(d.ID) + "/feedback", Label: t(v, "feedback.title"),
			Body: []app.UI{page.LangField(v), c.Div("actions", buttons...)}}.UI())
}

// lanes returns what can be done after a decision, each with what it is and a link to
// it.
func lanes(v *mingjing.View, d mingjing.Case) app.UI {
	said := t(v, "dispute.lanes_court")
	if slices.Contains(d.Lanes, mingjing.LaneReview) || slices.Contains(d.Lanes, mingjing.LaneEvidence) {
		said = t(v, "dispute.lanes_text", "date", page.Date(v, d.LanesUntil))
	}
	late := 0
	for _, e := range d.Evidence {
		if e.Late {
			late++
		}
	}
	cards := make([]app.UI, 0, len(d.Lanes))
	for _, lane := range d.Lanes {
		var ready app.UI
		text := t(v, "letter.lane_text."+lane, "name", page.DeciderName(v, d))
		to := c.LinkButton{Text: t(v, "dispute.lane."+lane), Kind: "secondary"}
		switch lane {
		case mingjing.LaneEvidence:
			to.Href = href(v, "new-dispute") + "?previous=" + page.Segment(d.ID)
			if late > 0 {
				ready = c.El("p", nil, c.El("strong", nil, c.Text(tn(v, "dispute.lane_ready", late))))
			}
		case mingjing.LaneReview:
			to.Href = href(v, "review", page.Segment(d.ID))
		default:
			to.Href, to.Full = letterFile(v, d.ID, "court-file.pdf"), true
			text = t(v, "dispute.lane_text.court")
		}
		cards = append(cards, c.Card{Title: t(v, "letter.lane."+lane), Level: 3,
			Body: []app.UI{c.P(text), ready, c.Div("actions", to.UI())}}.UI())
	}
	return c.Section("lanes", t(v, "dispute.lanes"), c.P(said), c.List("cards lanes", cards...))
}

// disputed returns the record or listing that the case is about.
func disputed(v *mingjing.View, d mingjing.Case) app.UI {
	handler := d.Handler
	if handler == "" {
		handler = t(v, "dispute.handler_none")
	}
	rows := []c.SummaryRow{{Key: t(v, "record.agency"), Text: v.Label("agency", d.Agency())}}
	switch {
	case d.Missing != nil && d.Record == nil:
		rows = append([]c.SummaryRow{{Key: t(v, "record.item"), Text: v.Label("item", d.Code())}}, page.MissingRows(v, *d.Missing)...)
	case d.Record != nil:
		rows = append([]c.SummaryRow{{Key: t(v, "record.item"),
			Value: ownLink(d, v.Label("item", d.Record.Code), href(v, "record", page.Segment(d.Record.ID)))}}, rows...)
		rows = append(rows, c.SummaryRow{Key: t(v, "record.occurred"), Text: page.Date(v, d.Record.Occurred)},
			c.SummaryRow{Key: t(v, "dispute.state_now"), Value: page.RecordTag(v, *d.Record, page.RecordEnds(v, *d.Record))})
	case d.Listing != nil:
		rows = append([]c.SummaryRow{{Key: t(v, "record.item"),
			Value: ownLink(d, v.Label("item", d.Listing.Code), href(v, "listing", page.Segment(d.Listing.ID)))}}, rows...)
		rows = append(rows, c.SummaryRow{Key: t(v, "listing.term"), Text: page.ListingTerm(v, *d.Listing)},
			c.SummaryRow{Key: t(v, "dispute.state_now"), Value: page.ListingTag(v, *d.Listing)})
	}
	return c.SummaryList{Rows: append(rows, c.SummaryRow{Key: t(v, "dispute.handler"), Text: handler})}.UI()
}

// won says which score has risen since the case was filed, and why.
func won(v *mingjing.View, d mingjing.Case) app.UI {
	if len(d.Changes) == 0 {
		return nil
	}
	rows := []app.UI{}
	for _, x := range d.Changes {
		rows = append(rows, c.El("p", c.A{"class": "won-value"}, c.Text(t(v, "dispute.won_value", "rulebook", v.Label("rulebook", x.Rulebook.ID),
			"before", page.Plain(x.Before.Value), "after", page.Plain(x.After.Value), "band", x.After.BandName.In(v.Lang)))))
	}
	rows = append(rows, c.P(ofKind(v, d, "dispute.won_why", "item", v.Label("item", d.Code()))))
	return c.Section("won", t(v, "dispute.won"), c.Div("won", page.Mirror(56), c.Div("", rows...)))
}

// decision returns how the case ended, and what that means for the resident.
func decision(v *mingjing.View, d mingjing.Case) app.UI {
	means := "dispute.means." + page.MeansText(d)
	var meaning, answers app.UI
	if i18n.Has(means) {
		meaning = c.P(t(v, means, "date", page.Date(v, correctedDay(d))))
	}
	if slices.ContainsFunc(d.Evidence, func(e mingjing.Evidence) bool { return e.Answer != "" }) {
		answers = c.P(t(v, "dispute.means_answers"))
	}
	return c.Section("decision", t(v, "dispute.decision"), page.DecisionCard(v, d),
		c.H(3, t(v, "dispute.means_title")), meaning, answers,
		c.Div("actions", c.LinkButton{Text: t(v, "dispute.letter"), Href: href(v, "letter", page.Segment(d.ID))}.UI(),
			ownScore(v, d)))
}

// addEvidence returns the form for more files, while there is room and no decision;
// after the decision for new evidence, as long as a dispute can follow with it.
func addEvidence(v *mingjing.View, d mingjing.Case) app.UI {
	left := mingjing.MaxEvidence
	for _, e := range d.Evidence {
		if e.State != mingjing.EvidenceRefused {
			left--
		}
	}
	label, after := t(v, "dispute.evidence_add"), app.UI(nil)
	if d.Decision != nil || d.State == mingjing.CaseDecided {
		if !slices.Contains(d.Lanes, mingjing.LaneEvidence) {
			return nil
		}
		label, after = t(v, "dispute.evidence_late_add"), c.Muted(t(v, "dispute.evidence_late_hint"))
	}
	if left <= 0 {
		return c.Muted(t(v, "dispute.evidence_full", "max", strconv.Itoa(mingjing.MaxEvidence)))
	}
	var words app.UI
	if d.Decision == nil && len(d.Further) < mingjing.MaxFurther {
		words = c.Textarea{Lang: v.Lang, Name: "statement", Label: t(v, "dispute.further"), Hint: t(v, "new_dispute.statement_hint"),
			Value: page.Typed(v, "statement"), Error: page.FieldError(v, "statement"), Rows: 4, Max: mingjing.MaxStatement}.UI()
	}
	return page.DraftForm(v, c.Form{Action: "/api/disputes/" + page.Segment(d.ID) + "/evidence", Multipart: true, Label: label, Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(), after, words,
		page.DraftUpload(v, "/api/disputes/"+page.Segment(d.ID)+"/evidence", c.FileUpload{Name: "evidence", Label: label,
			Hint:   tn(v, "dispute.evidence_add_hint", left, "size", i18n.FileSize(v.Lang, mingjing.MaxEvidenceBytes)),
			Accept: page.EvidenceTypes, Multiple: left > 1, Error: page.FieldError(v, "evidence")}),
		c.Button{Text: t(v, "dispute.evidence_send"), Kind: "secondary"}.UI(),
	}})
}

package page

import (
	"slices"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = register("dispute", screen{body: disputeBody, back: backTo("disputes"), title: func(v *mingjing.View) string {
	if v.Dispute == nil {
		return t(v, "title.dispute")
	}
	return kindText(v, *v.Dispute, "case_title", "item", v.Label("item", v.Dispute.Code()))
}})

// kindText is the sentence of a family for the kind of the case; one without a
// kind is a dispute.
func kindText(v *mingjing.View, d mingjing.Dispute, family string, pairs ...string) string {
	kind := string(d.Kind)
	if !i18n.Has(family + "." + kind) {
		kind = string(mingjing.CaseDispute)
	}
	return t(v, family+"."+kind, pairs...)
}

// ownOr is the sentence of a key for the kind of the case, if there is one, and
// otherwise the key's own.
func ownOr(v *mingjing.View, d mingjing.Dispute, key string) string {
	if of := key + "." + string(d.Kind); d.Kind != "" && i18n.Has(of) {
		return t(v, of)
	}
	return t(v, key)
}

// disputeBody is one case as the resident sees it: what was decided and the ways
// on, or what happens next and by when, then all that was said.
func disputeBody(v *mingjing.View) []app.UI {
	if v.Dispute == nil {
		return errorBody(v)
	}
	d := *v.Dispute
	body := []app.UI{
		heading(kindText(v, d, "case_number", "id", caseNumber(d.ID)), v.Label("item", d.Code())),
		c.Div("state-line", disputeTag(v, d), c.Muted(disputeState(v, d))),
	}
	body = append(body, aside(v, d)...)
	if d.Decision != nil {
		body = append(body, decision(v, d))
		if correction := correctionSection(v); correction != nil {
			body = append(body, correction)
		}
		if len(d.Lanes) > 0 {
			body = append(body, lanes(v, d))
		}
	}
	body = append(body, c.Section("about", ownOr(v, d, "dispute.about"), disputed(v, d)))
	if len(d.Timeline) > 0 {
		body = append(body, c.Section("timeline", t(v, "dispute.timeline"), timeline(v, d)))
	}
	if len(d.Clocks) > 0 {
		body = append(body, c.Section("clocks", t(v, "dispute.clocks"), c.Muted(t(v, "dispute.clocks_lead")), clocks(v, d.Clocks),
			datesLink(v, "disputes", d.ID, slices.ContainsFunc(d.Clocks, func(k mingjing.Clock) bool { return k.MetAt == nil && !k.Missed }))))
	}
	if answer := agencyAnswer(v, d); answer != nil {
		body = append(body, c.Section("agency", t(v, "dispute.agency_answer"), answer))
	}
	body = append(body, c.Section("words", wordsTitle(v, d), reasonLine(v, d), paragraphs(d.Statement)))
	if d.Kind == mingjing.CaseListing {
		return body
	}
	return append(body, c.Section("files", t(v, "dispute.evidence"), evidenceList(v, d.Evidence), openedList(v, d.AgencyOpened), addEvidence(v, d)), helpers(v, d))
}

// wordsTitle says whose words those are that a case began with.
func wordsTitle(v *mingjing.View, d mingjing.Dispute) string {
	if d.ActingFor != "" && d.Kind != mingjing.CaseListing {
		return t(v, "acting.words", "name", d.ActingFor)
	}
	return ownOr(v, d, "dispute.words")
}

// reasonLine is why the resident objects; cases of other kinds have no reason.
func reasonLine(v *mingjing.View, d mingjing.Dispute) app.UI {
	if d.Reason == "" {
		return nil
	}
	return c.El("p", nil, c.El("strong", nil, c.Text(code(v, "reason", string(d.Reason)))))
}

// disputeState says in a sentence how things stand.
func disputeState(v *mingjing.View, d mingjing.Dispute) string {
	switch {
	case d.State == mingjing.DisputeToServe:
		return t(v, "dispute.open.to_serve")
	case d.Decision != nil && d.Decision.Rule != "":
		return t(v, "decision_rule.by", "time", instant(v, d.Decision.At))
	case d.Decision != nil:
		return t(v, "dispute.decided_by", "name", d.Decision.By, "time", instant(v, d.Decision.At))
	case d.State == mingjing.DisputeAgencySilent, d.State == mingjing.DisputeAgencyLost:
		return lostText(v, d)
	case d.Kind == mingjing.CaseListing && d.State == mingjing.DisputeRecommended:
		return t(v, "dispute.open.recommended")
	case d.Kind == mingjing.CaseListing:
		return t(v, "dispute.open.listing")
	case d.Kind == mingjing.CaseRepair && d.Escalated:
		return t(v, "dispute.escalated_repair")
	case d.Kind == mingjing.CaseRepair:
		return t(v, "dispute.open.repair")
	}
	return t(v, "dispute.paused")
}

// aside is what else is to be known before all the rest: that the bureau is late
// itself, that there is more time, and where a proposed listing is answered.
func aside(v *mingjing.View, d mingjing.Dispute) []app.UI {
	var out []app.UI
	if d.Escalated && d.Decision == nil {
		out = append(out, c.Notification{Kind: "info", Title: t(v, "dispute.escalated_title"), Text: t(v, "dispute.escalated")}.UI())
	}
	if d.Extended && d.Decision == nil {
		out = append(out, c.Muted(t(v, "dispute.extended")))
	}
	if d.State == mingjing.DisputeToServe && d.Listing != nil {
		out = append(out, c.Div("actions", c.LinkButton{Text: t(v, "dispute.see_listing"), Href: href(v, "listing", segment(d.Listing.ID))}.UI()))
	}
	if d.Previous != "" {
		out = append(out, c.El("p", nil, c.Link{Text: t(v, "dispute.previous_see"), Href: caseHref(v, d, d.Previous)}.UI()))
	}
	return out
}

// lanes are the ways on from a decision, each with what it is and where it begins.
func lanes(v *mingjing.View, d mingjing.Dispute) app.UI {
	said := t(v, "dispute.lanes_court")
	if slices.Contains(d.Lanes, mingjing.LaneReview) || slices.Contains(d.Lanes, mingjing.LaneEvidence) {
		said = t(v, "dispute.lanes_text", "date", date(v, d.LanesUntil))
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
		text := t(v, "letter.lane_text."+lane, "name", deciderName(v, d))
		to := c.LinkButton{Text: t(v, "dispute.lane."+lane), Kind: "secondary"}
		switch lane {
		case mingjing.LaneEvidence:
			to.Href = href(v, "new-dispute") + "?previous=" + segment(d.ID)
			if late > 0 {
				ready = c.El("p", nil, c.El("strong", nil, c.Text(tn(v, "dispute.lane_ready", late))))
			}
		case mingjing.LaneReview:
			to.Href = href(v, "review", segment(d.ID))
		default:
			to.Href, to.Full = letterFile(v, d.ID, "court-file.pdf"), true
			text = t(v, "dispute.lane_text.court")
		}
		cards = append(cards, c.Card{Title: t(v, "letter.lane."+lane), Level: 3, Body: []app.UI{c.P(text), ready, c.Div("actions", to.UI())}}.UI())
	}
	return c.Section("lanes", t(v, "dispute.lanes"), c.P(said), c.List("cards lanes", cards...))
}

// deciderName is who decided a case.
func deciderName(v *mingjing.View, d mingjing.Dispute) string {
	if d.Decision == nil || d.Decision.By == "" {
		return t(v, "letter.by_rule")
	}
	return d.Decision.By
}

// disputed is the record or listing that the case is about.
func disputed(v *mingjing.View, d mingjing.Dispute) app.UI {
	handler := d.Handler
	if handler == "" {
		handler = t(v, "dispute.handler_none")
	}
	rows := []c.SummaryRow{{Key: t(v, "record.agency"), Text: v.Label("agency", d.Agency())}}
	switch {
	case d.Record != nil:
		rows = append([]c.SummaryRow{{Key: t(v, "record.item"), Value: ownLink(d, v.Label("item", d.Record.Code), href(v, "record", segment(d.Record.ID)))}}, rows...)
		rows = append(rows, c.SummaryRow{Key: t(v, "record.occurred"), Text: date(v, d.Record.Occurred)},
			c.SummaryRow{Key: t(v, "dispute.state_now"), Value: recordTag(v, d.Record.State)})
	case d.Listing != nil:
		rows = append([]c.SummaryRow{{Key: t(v, "record.item"), Value: ownLink(d, v.Label("item", d.Listing.Code), href(v, "listing", segment(d.Listing.ID)))}}, rows...)
		rows = append(rows, c.SummaryRow{Key: t(v, "listing.term"), Text: term(v, *d.Listing)},
			c.SummaryRow{Key: t(v, "dispute.state_now"), Value: listingTag(v, *d.Listing)})
	}
	return c.SummaryList{Rows: append(rows, c.SummaryRow{Key: t(v, "dispute.handler"), Text: handler})}.UI()
}

// decision is how the case ended, and what that means for the resident.
func decision(v *mingjing.View, d mingjing.Dispute) app.UI {
	means := "dispute.means." + meansOf(d)
	var meaning, answers app.UI
	if i18n.Has(means) {
		meaning = c.P(t(v, means, "date", date(v, d.Decision.Corrected)))
	}
	if slices.ContainsFunc(d.Evidence, func(e mingjing.Evidence) bool { return e.Answer != "" }) {
		answers = c.P(t(v, "dispute.means_answers"))
	}
	return c.Section("decision", t(v, "dispute.decision"), decisionCard(v, d),
		c.H(3, t(v, "dispute.means_title")), meaning, answers,
		c.Div("actions", c.LinkButton{Text: t(v, "dispute.letter"), Href: href(v, "letter", segment(d.ID))}.UI(),
			ownScore(v, d)))
}

// decisionCard is the outcome of a case with its reasons and who decided, or the
// rule that did where nobody decided in time.
func decisionCard(v *mingjing.View, d mingjing.Dispute) app.UI {
	if d.Decision == nil {
		return nil
	}
	signed := t(v, "dispute.decision_by", "name", deciderName(v, d), "time", instant(v, d.Decision.At))
	var rule app.UI
	if d.Decision.Rule != "" {
		rule = c.P(code(v, "decision_rule", d.Decision.Rule))
		if d.Decision.By == "" {
			signed = t(v, "decision_rule.by", "time", instant(v, d.Decision.At))
		}
	}
	return c.Card{Title: outcomeText(v, d), Level: 3, Tone: outcomeTone(d), Body: []app.UI{
		rule, paragraphs(d.Decision.Reasons), c.El("p", c.A{"class": "signed"}, c.Text(signed))}}.UI()
}

// meansOf is the end of the keys of what a decision means.
func meansOf(d mingjing.Dispute) string {
	switch {
	case d.Decision.Rule == "unserved":
		return "unserved.listing"
	case d.Decision.Outcome == mingjing.OutcomePartly && d.Decision.Corrected == "":
		return "partly.undated"
	case d.Decision.Outcome == mingjing.OutcomeRefused && d.Kind == mingjing.CaseListing:
		return "refused.proposal"
	}
	return string(d.Decision.Outcome) + "." + subject(d)
}

// subject is the kind of what is disputed: record or listing.
func subject(d mingjing.Dispute) string {
	if d.Listing != nil {
		return "listing"
	}
	return "record"
}

// addEvidence is the form for more files, while there is room and no decision; and
// after it for new evidence, as long as a dispute can go on with it.
func addEvidence(v *mingjing.View, d mingjing.Dispute) app.UI {
	left := mingjing.MaxEvidence - len(d.Evidence)
	label, after := t(v, "dispute.evidence_add"), app.UI(nil)
	if d.Decision != nil || d.State == mingjing.DisputeDecided {
		if !slices.Contains(d.Lanes, mingjing.LaneEvidence) {
			return nil
		}
		label, after = t(v, "dispute.evidence_late_add"), c.Muted(t(v, "dispute.evidence_late_hint"))
	}
	switch {
	case left <= 0:
		return c.Muted(t(v, "dispute.evidence_full", "max", strconv.Itoa(mingjing.MaxEvidence)))
	}
	return c.Form{Action: "/api/disputes/" + segment(d.ID) + "/evidence", Multipart: true, Label: label, Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(), after,
		c.FileUpload{Name: "evidence", Label: label,
			Hint:   tn(v, "dispute.evidence_add_hint", left, "size", i18n.FileSize(v.Lang, mingjing.MaxEvidenceBytes)),
			Accept: evidenceTypes, Multiple: left > 1, Error: fieldError(v, "evidence")}.UI(),
		c.Button{Text: t(v, "dispute.evidence_send"), Kind: "secondary"}.UI(),
	}}.UI()
}

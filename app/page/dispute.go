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
	return t(v, "dispute.title", "item", v.Label("item", v.Dispute.Code()))
}})

// disputeBody is one case as the resident sees it: what was decided, or what
// happens next and by when, then all that was said.
func disputeBody(v *mingjing.View) []app.UI {
	if v.Dispute == nil {
		return errorBody(v)
	}
	d := *v.Dispute
	body := []app.UI{
		heading(t(v, "dispute.number", "id", caseNumber(d.ID)), v.Label("item", d.Code())),
		c.Div("state-line", disputeTag(v, d), c.Muted(disputeState(v, d))),
	}
	if d.Decision != nil {
		body = append(body, decision(v, d))
	}
	body = append(body, c.Section("about", t(v, "dispute.about"), disputed(v, d)))
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
	return append(body,
		c.Section("words", t(v, "dispute.words"), c.El("p", nil, c.El("strong", nil, c.Text(code(v, "reason", string(d.Reason))))), paragraphs(d.Statement)),
		c.Section("files", t(v, "dispute.evidence"), evidenceList(v, d.Evidence), openedList(v, d.AgencyOpened), addEvidence(v, d)))
}

// disputeState says in a sentence how things stand.
func disputeState(v *mingjing.View, d mingjing.Dispute) string {
	switch {
	case d.Decision != nil:
		return t(v, "dispute.decided_by", "name", d.Decision.By, "time", instant(v, d.Decision.At))
	case d.State == mingjing.DisputeAgencySilent:
		return t(v, "dispute.silent")
	}
	return t(v, "dispute.paused")
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
		rows = append([]c.SummaryRow{{Key: t(v, "record.item"), Value: c.Link{Text: v.Label("item", d.Record.Code), Href: href(v, "record", segment(d.Record.ID))}.UI()}}, rows...)
		rows = append(rows, c.SummaryRow{Key: t(v, "record.occurred"), Text: date(v, d.Record.Occurred)},
			c.SummaryRow{Key: t(v, "dispute.state_now"), Value: recordTag(v, d.Record.State)})
	case d.Listing != nil:
		rows = append([]c.SummaryRow{{Key: t(v, "record.item"), Value: c.Link{Text: v.Label("item", d.Listing.Code), Href: href(v, "listing", segment(d.Listing.ID))}.UI()}}, rows...)
		rows = append(rows, c.SummaryRow{Key: t(v, "listing.term"), Text: term(v, *d.Listing)},
			c.SummaryRow{Key: t(v, "dispute.state_now"), Value: listingTag(v, *d.Listing)})
	}
	return c.SummaryList{Rows: append(rows, c.SummaryRow{Key: t(v, "dispute.handler"), Text: handler})}.UI()
}

// decision is how the case ended, and what that means for the resident.
func decision(v *mingjing.View, d mingjing.Dispute) app.UI {
	means := "dispute.means." + string(d.Decision.Outcome) + "." + subject(d)
	if d.Decision.Outcome == mingjing.OutcomePartly && d.Decision.Corrected == "" {
		means = "dispute.means.partly.undated"
	}
	var meaning app.UI
	if i18n.Has(means) {
		meaning = c.P(t(v, means, "date", date(v, d.Decision.Corrected)))
	}
	return c.Section("decision", t(v, "dispute.decision"),
		c.Card{Title: code(v, "outcome", string(d.Decision.Outcome)), Level: 3, Tone: outcomeTone(d.Decision.Outcome), Body: []app.UI{
			paragraphs(d.Decision.Reasons),
			c.El("p", c.A{"class": "signed"}, c.Text(t(v, "dispute.decision_by", "name", d.Decision.By, "time", instant(v, d.Decision.At)))),
		}}.UI(),
		c.H(3, t(v, "dispute.means_title")),
		meaning,
		c.P(t(v, "dispute.means_answers")),
		c.Div("actions", c.LinkButton{Text: t(v, "dispute.letter"), Href: href(v, "letter", segment(d.ID))}.UI(),
			c.LinkButton{Text: t(v, "dispute.means_score"), Href: href(v, "score"), Kind: "secondary"}.UI()))
}

// subject is the kind of what is disputed: record or listing.
func subject(d mingjing.Dispute) string {
	if d.Listing != nil {
		return "listing"
	}
	return "record"
}

func outcomeTone(o mingjing.Outcome) string {
	if o == mingjing.OutcomeRejected {
		return ""
	}
	return "good"
}

// addEvidence is the form for more files, while there is room and no decision.
func addEvidence(v *mingjing.View, d mingjing.Dispute) app.UI {
	left := mingjing.MaxEvidence - len(d.Evidence)
	switch {
	case d.Decision != nil || d.State == mingjing.DisputeDecided:
		return nil
	case left <= 0:
		return c.Muted(t(v, "dispute.evidence_full", "max", strconv.Itoa(mingjing.MaxEvidence)))
	}
	return c.Form{Action: "/api/disputes/" + segment(d.ID) + "/evidence", Multipart: true, Label: t(v, "dispute.evidence_add"), Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.FileUpload{Name: "evidence", Label: t(v, "dispute.evidence_add"),
			Hint:   tn(v, "dispute.evidence_add_hint", left, "size", i18n.FileSize(v.Lang, mingjing.MaxEvidenceBytes)),
			Accept: evidenceTypes, Multiple: left > 1, Error: fieldError(v, "evidence")}.UI(),
		c.Button{Text: t(v, "dispute.evidence_send"), Kind: "secondary"}.UI(),
	}}.UI()
}

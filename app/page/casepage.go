package page

import (
	"slices"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = register("case", screen{body: caseBody, wide: true, back: backTo("queue"), title: func(v *mingjing.View) string {
	if v.Case == nil {
		return t(v, "title.case")
	}
	return t(v, "case.title", "id", caseNumber(v.Case.ID), "item", v.Label("item", v.Case.Code()))
}})

// maxReasons is the most characters of a decision's reasons, and of an answer to
// a piece of evidence.
const maxReasons = 4000

// caseBody is a case on one screen: the resident's words beside the record and
// the agency's answer, then what may be done.
func caseBody(v *mingjing.View) []app.UI {
	if v.Case == nil {
		return errorBody(v)
	}
	k := *v.Case
	body := []app.UI{
		heading(t(v, "dispute.number", "id", caseNumber(k.ID)), v.Label("item", k.Code())),
		c.Div("case-bar", disputeTag(v, k.Dispute),
			fact(t(v, "case.resident"), c.El("span", nil, c.Text(k.Resident), c.Text(" "), c.El("code", c.A{"class": "muted"}, c.Text(k.IDMasked)))),
			fact(t(v, "case.handler"), caseHandler(v, k)),
			fact(t(v, "case.filed"), timeUI(v, k.FiledAt)),
			fact(t(v, "case.next_clock"), caseClock(v, k))),
	}
	if k.Decision != nil {
		body = append(body, caseDecision(v, k))
	}
	body = append(body, steps(v, k))
	body = append(body, c.Div("columns columns-even",
		c.Div("stack",
			c.Section("resident-side", t(v, "case.resident_side"),
				c.El("p", nil, c.El("strong", nil, c.Text(code(v, "reason", string(k.Reason))))),
				c.Div("quote", paragraphs(k.Statement)),
				c.H(3, t(v, "dispute.evidence")),
				evidenceList(v, k.Evidence),
				evidenceNote(v, k))),
		c.Div("stack", agencySide(v, k))))
	body = append(body, replyForm(v, k))
	if slices.Contains(k.Allowed, "decide") {
		body = append(body, decideForm(v, k))
	}
	return append(body, deskSide(v, k), c.Div("columns columns-even",
		c.Section("timeline", t(v, "dispute.timeline"), timeline(v, k.Dispute)),
		c.Section("clocks", t(v, "dispute.clocks"), clocks(v, k.Clocks))))
}

func evidenceNote(v *mingjing.View, k mingjing.Case) app.UI {
	if len(k.Evidence) == 0 {
		return nil
	}
	return c.Muted(t(v, "case.evidence_logged"))
}

// fact is a name and a value in one line.
func fact(name string, value app.UI) app.UI {
	return c.Div("fact", c.Span("fact-name", name), value)
}

// agencySide is the record or listing and what its agency says.
func agencySide(v *mingjing.View, k mingjing.Case) app.UI {
	body := []app.UI{}
	switch {
	case k.Record != nil:
		r := k.Record
		body = append(body, c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "record.agency"), Text: v.Label("agency", r.Agency)},
			{Key: t(v, "dispute.state_now"), Value: recordTag(v, r.State)},
			{Key: t(v, "record.occurred"), Text: orNone(v, date(v, r.Occurred))},
			{Key: t(v, "record.detail"), Text: r.Detail.In(v.Lang)},
			subjectRow(v, t(v, "record.subject"), r.Subject, k.Resident, t(v, "case.subject_differs")),
		}}.UI(), c.H(3, t(v, "doc.title")), documentUI(v, r.Document))
	case k.Listing != nil:
		l := k.Listing
		rows := append([]c.SummaryRow{{Key: t(v, "dispute.state_now"), Value: listingTag(v, *l)}}, listingRows(v, *l, k.Resident)...)
		rows = append(rows, c.SummaryRow{Key: t(v, "listing.exit_title"), Text: l.Exit.In(v.Lang)})
		names := make([]app.UI, 0, len(l.Measures))
		for _, m := range l.Measures {
			names = append(names, c.Text(t(v, "case.measure", "name", m.Name.In(v.Lang), "basis", orNone(v, m.LegalBasis.In(v.Lang)))))
		}
		if len(names) > 0 {
			rows = append(rows, c.SummaryRow{Key: t(v, "case.measures"), Value: c.List("bullets", names...)})
		}
		body = append(body, c.SummaryList{Rows: rows}.UI(), c.H(3, t(v, "doc.title")), documentUI(v, l.Document))
	}
	answer := agencyAnswer(v, k.Dispute)
	if answer == nil {
		answer = c.Muted(t(v, "case.not_asked"))
	}
	return c.Section("agency-side", t(v, "case.agency_side"), append(body, c.H(3, t(v, "dispute.agency_answer")), answer)...)
}

func caseDecision(v *mingjing.View, k mingjing.Case) app.UI {
	var corrected app.UI
	if k.Decision.Corrected != "" {
		corrected = c.P(t(v, "case.corrected."+subject(k.Dispute), "date", date(v, k.Decision.Corrected)))
	}
	return c.Section("decision", t(v, "dispute.decision"),
		c.Card{Title: code(v, "outcome", string(k.Decision.Outcome)), Level: 3, Tone: outcomeTone(k.Decision.Outcome), Body: []app.UI{
			corrected, paragraphs(k.Decision.Reasons),
			c.El("p", c.A{"class": "signed"}, c.Text(t(v, "dispute.decision_by", "name", k.Decision.By, "time", instant(v, k.Decision.At)))),
		}}.UI())
}

// steps are what may be done before the decision, or why nothing may.
func steps(v *mingjing.View, k mingjing.Case) app.UI {
	if len(k.Allowed) == 0 {
		return c.Notification{Kind: "info", Text: whyNot(v, k)}.UI()
	}
	var forms []app.UI
	step := func(name, action, label, hint string, kind string) {
		if slices.Contains(k.Allowed, name) {
			forms = append(forms, c.Form{Action: "/api/admin/cases/" + segment(k.ID) + "/" + action, Class: "step-form", Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Button{Text: label, Kind: kind}.UI(),
				c.El("p", c.A{"class": "hint"}, c.Text(hint))}}.UI())
		}
	}
	step("assign", "assign", t(v, "case.assign"), t(v, "case.assign_hint"), "")
	kind := ""
	if len(forms) > 0 {
		kind = "secondary"
	}
	step("ask_agency", "ask-agency", t(v, "case.ask"), t(v, "case.ask_hint", "agency", v.Label("agency", k.Agency())), kind)
	if slices.Contains(k.Allowed, "decide") {
		kind = ""
		if len(forms) > 0 {
			kind = "secondary"
		}
		forms = append(forms, c.LinkButton{Text: t(v, "case.to_decision"), Href: "#decide", Kind: kind}.UI())
	}
	if len(forms) == 0 {
		return nil
	}
	return c.Section("steps", t(v, "case.steps"), c.Div("step-forms", forms...))
}

// whyNot says why the viewer may do nothing with the case.
func whyNot(v *mingjing.View, k mingjing.Case) string {
	switch {
	case k.Decision != nil || k.State == mingjing.DisputeDecided:
		return t(v, "case.why.decided")
	case v.Who != nil && v.Who.Role == mingjing.RoleAuditor:
		return t(v, "case.why.auditor")
	case k.HandlerID != "" && !mine(v, k):
		return t(v, "case.why.other_handler", "name", k.Handler)
	}
	return t(v, "case.why.own")
}

// decideForm takes the outcome, the reasons and an answer to each piece of
// evidence. evidence_id and evidence_answer are repeated, in the same order.
func decideForm(v *mingjing.View, k mingjing.Case) app.UI {
	outcomes := make([]c.Option, 0, len(mingjing.Outcomes))
	for _, o := range mingjing.Outcomes {
		option := c.Option{Value: string(o), Text: code(v, "outcome", string(o)), Hint: t(v, "case.outcome_hint."+string(o)+"."+subject(k.Dispute))}
		if o == mingjing.OutcomePartly {
			option.Body = c.Input{Name: "correct_to", Type: "date", Label: t(v, "case.correct_to."+subject(k.Dispute)), Hint: t(v, "case.correct_to_hint"),
				Value: correctTo(v, k), Error: fieldError(v, "correct_to"), Width: "medium"}.UI()
		}
		outcomes = append(outcomes, option)
	}
	body := []app.UI{
		c.Radios{Name: "outcome", Legend: t(v, "case.outcome"), Options: outcomes, Value: typed(v, "outcome"), Error: fieldError(v, "outcome")}.UI(),
		c.Textarea{Lang: v.Lang, Name: "reasons", Label: t(v, "case.reasons"), Hint: t(v, "case.reasons_hint"), Value: typed(v, "reasons"),
			Error: fieldError(v, "reasons"), Rows: 8, Max: maxReasons, Required: true}.UI(),
	}
	fields := c.Div("fields", body...)
	if len(k.Evidence) > 0 {
		answers := []app.UI{c.H(3, t(v, "case.evidence_answers"))}
		for _, e := range k.Evidence {
			answers = append(answers, c.Hidden{Name: "evidence_id", Value: e.ID}.UI(), evidenceAnswer(v, e))
		}
		fields = c.Div("columns columns-even", fields, c.Div("fields", answers...))
	}
	return c.Section("decide", t(v, "case.decide_title"), c.Form{Action: "/api/admin/cases/" + segment(k.ID) + "/decision",
		Class: "decide-form", Label: t(v, "case.decide_title"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(), fields, c.Button{Text: t(v, "case.decide")}.UI()}}.UI())
}

// correctTo is the date that was typed, or the one that the agency offers.
func correctTo(v *mingjing.View, k mingjing.Case) string {
	if s := typed(v, "correct_to"); s != "" {
		return s
	}
	if v.Problem == nil && k.Answer != nil && k.Record != nil {
		return string(k.Answer.Occurred)
	}
	return ""
}

// evidenceAnswer is the field for the answer to one piece. What had been typed,
// and what was wrong with it, comes back under "evidence_answer_" and the
// evidence's id.
func evidenceAnswer(v *mingjing.View, e mingjing.Evidence) app.UI {
	own := "evidence_answer_" + e.ID
	return c.Textarea{Lang: v.Lang, Name: "evidence_answer", ID: own,
		Label: t(v, "case.evidence_answer", "name", e.Name), Hint: t(v, "case.evidence_answer_hint"),
		Value: typed(v, own), Error: fieldError(v, own), Rows: 3, Required: true}.UI()
}

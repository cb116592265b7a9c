package desk

import (
	"slices"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("case", page.Screen{Data: page.New[mingjing.CasePage], Body: caseBody, Wide: true, Back: page.BackTo("queue"),
	Title: func(v *mingjing.View) string {
		if mingjing.DataOf[mingjing.CasePage](v) == nil {
			return t(v, "title.case")
		}
		return page.KindText(v, mingjing.DataOf[mingjing.CasePage](v).Case, "case_number",
			"id", page.CaseNumber(mingjing.DataOf[mingjing.CasePage](v).ID)) + t(v, "case.title_item", "item",
			v.Label("item", mingjing.DataOf[mingjing.CasePage](v).Code()))
	}})

// maxReasons is the limit of a decision's reasons, and of an answer to a piece of
// evidence, in characters.
const maxReasons = 4000

// caseBody returns a case on one screen: what one side says beside the record or
// listing and the agency's answer, then the possible steps.
func caseBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.CasePage](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	k := shown.CaseView
	if k.Closed {
		return closedBody(v, k)
	}
	body := []app.UI{
		page.Heading(page.KindText(v, k.Case, "case_number", "id", page.CaseNumber(k.ID)), v.Label("item", k.Code())),
		c.Div("case-bar", caseTags(v, k),
			fact(t(v, "queue.col_kind"), c.El("span", nil, c.Text(page.KindText(v, k.Case, "case_kind")))),
			fact(t(v, "case.resident"), c.El("span", nil, c.Text(k.Resident), c.Text(" "), c.El("code", c.A{"class": "muted"}, c.Text(k.IDMasked)))),
			fact(t(v, "case.handler"), caseHandler(v, k)),
			fact(t(v, "case.filed"), page.TimeUI(v, k.FiledAt)),
			fact(t(v, "case.next_clock"), caseClock(v, k))),
	}
	if k.Escalated && k.State != mingjing.CaseDecided {
		body = append(body, c.Notification{Kind: "warning", Text: t(v, "case.escalated")}.UI())
	}
	if k.Decision != nil {
		body = append(body, caseDecision(v, k))
	}
	body = append(body, steps(v, k))
	if k.Recommendation != nil && k.Decision == nil {
		body = append(body, recommendation(v, k))
	}
	if shown.First != nil {
		body = append(body, firstDecision(v, *shown.First))
	}
	var checks app.UI
	if k.Kind == mingjing.CaseListing && k.Listing != nil {
		checks = checkList(v, k)
	}
	body = append(body, c.Div("columns columns-even", c.Div("stack", ownSide(v, k), checks), c.Div("stack", agencySide(v, k))),
		replyForm(v, k))
	switch {
	case slices.Contains(k.Allowed, "recommend"):
		body = append(body, recommendForm(v, k))
	case page.CanDecide(k.Allowed):
		body = append(body, decideForm(v, k))
	case slices.Contains(k.Allowed, "serve"):
		body = append(body, serveForm(v, k))
	}
	return append(body, deskSide(v, k), c.Div("columns columns-even",
		c.Section("timeline", t(v, "dispute.timeline"), page.Timeline(v, k.Case)),
		c.Section("clocks", t(v, "dispute.clocks"), page.Clocks(v, k.Clocks))))
}

// closedBody returns a case that was not opened, since it is not the viewer's: what the
// queue shows of it, the step that makes it theirs, and the form that opens it with a
// reason.
func closedBody(v *mingjing.View, k mingjing.CaseView) []app.UI {
	return []app.UI{
		page.Heading(page.KindText(v, k.Case, "case_number", "id", page.CaseNumber(k.ID)), v.Label("item", k.Code())),
		c.Div("case-bar", caseTags(v, k),
			fact(t(v, "queue.col_kind"), c.El("span", nil, c.Text(page.KindText(v, k.Case, "case_kind")))),
			fact(t(v, "case.handler"), caseHandler(v, k)),
			fact(t(v, "case.filed"), page.TimeUI(v, k.FiledAt)),
			fact(t(v, "case.next_clock"), caseClock(v, k))),
		steps(v, k),
		c.Section("open", t(v, "case.open_title"), c.P(t(v, "case.open_text")),
			c.Form{Action: "/api/admin/cases/" + page.Segment(k.ID) + "/open", Label: t(v, "case.open_title"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Textarea{Lang: v.Lang, Name: "reason", Label: t(v, "case.open_reason"), Hint: t(v, "case.open_hint"),
					Value: page.Typed(v, "reason"), Error: page.FieldError(v, "reason"), Rows: 2, Max: mingjing.MaxOpenReason, Required: true}.UI(),
				c.Button{Text: t(v, "case.open"), Kind: "secondary"}.UI()}}.UI())}
}

// ownSide returns what was said for the case: by the resident, or of a proposed listing
// by the agency.
func ownSide(v *mingjing.View, k mingjing.CaseView) app.UI {
	title := t(v, "case.resident_side")
	switch k.Kind {
	case mingjing.CaseMissing:
		title = t(v, "case.missing_side")
	case mingjing.CaseRepair:
		title = t(v, "case.applied")
	case mingjing.CaseReview:
		title = t(v, "case.review_side")
	case mingjing.CaseListing:
		return c.Section("resident-side", t(v, "case.proposal_side"), c.Div("quote",
			c.El("p", c.A{"class": "quote-by"}, c.El("strong", nil, c.Text(v.Label("agency", k.Agency())))), page.Paragraphs(k.Statement)))
	}
	return c.Section("resident-side", title, page.ReasonLine(v, k.Case),
		c.Div("quote", page.Paragraphs(k.Statement)), page.Further(v, k.Case),
		c.H(3, t(v, "dispute.evidence")),
		page.EvidenceList(v, k.Evidence),
		evidenceNote(v, k), page.OpenedList(v, k.AgencyOpened))
}

// recommendation returns what the first of two people would decide, for the second.
func recommendation(v *mingjing.View, k mingjing.CaseView) app.UI {
	r := k.Recommendation
	var own app.UI
	if page.CanDecide(k.Allowed) {
		own = c.Muted(t(v, "case.second"))
	}
	return c.Section("recommendation", t(v, "case.recommendation"),
		c.Card{Title: page.OutcomeName(v, k.Case, r.Outcome), Level: 3, Body: []app.UI{page.Paragraphs(r.Reasons),
			c.El("p", c.A{"class": "signed"}, c.Text(t(v, "dispute.decision_by", "name", r.By, "time", page.Instant(v, r.At))))}}.UI(), own)
}

// firstDecision returns the decision that is reviewed.
func firstDecision(v *mingjing.View, first mingjing.CaseView) app.UI {
	return c.Section("first", t(v, "case.first_title"), page.DecisionCard(v, first.Case),
		c.El("p", nil, c.Link{Text: t(v, "case.first_see"), Href: href(v, "case", page.Segment(first.ID))}.UI()))
}

// checkList returns the rules for a proposed listing, and whether they are met. They
// were checked when it was proposed; the person who decides sees how it is now.
func checkList(v *mingjing.View, k mingjing.CaseView) app.UI {
	l, item := k.Listing, v.Rules().Item
	if item == nil {
		return nil
	}
	line := func(ok bool, text string) app.UI {
		tag := c.Tag{Text: t(v, "case.check_ok"), Tone: "good", Shape: "circle"}
		if !ok {
			tag = c.Tag{Text: t(v, "case.check_bad"), Tone: "bad", Shape: "triangle"}
		}
		return c.Div("check", tag.UI(), c.El("span", nil, c.Text(text)))
	}
	published := len(l.Measures) > 0
	for _, m := range l.Measures {
		published = published && slices.Contains(item.Measures, m.Code)
	}
	most := item.CountsMonths
	if v.Rules().Procedure != nil {
		if tier, ok := v.Rules().Procedure.Tier(l.Tier); ok {
			most = min(most, tier.MaxMonths)
		}
	}
	months, longest := tn(v, "count.months", l.TermMonths), tn(v, "count.months", most)
	term := t(v, "case.check_term_most", "months", months, "most", longest)
	if l.Tier != "" {
		term = t(v, "case.check_term", "months", months, "most", longest, "tier", page.Gravity(v, l.Tier))
	}
	return c.Section("checks", t(v, "case.check_title"), c.List("checks",
		line(l.Document.Complete() && slices.Contains(item.Documents, l.Document.Kind), t(v, "case.check_document")),
		line(published, t(v, "case.check_measures")),
		line(l.TermMonths > 0 && l.TermMonths <= most, term),
		line(strings.TrimSpace(l.Subject) == strings.TrimSpace(k.Resident), t(v, "case.check_subject"))))
}

// recommendForm returns the form in which the first of two people recommends a
// decision.
func recommendForm(v *mingjing.View, k mingjing.CaseView) app.UI {
	return c.Section("recommend", t(v, "case.recommend_title"), c.P(t(v, "case.recommend_text")),
		page.DraftForm(v, c.Form{Action: "/api/admin/cases/" + page.Segment(k.ID) + "/recommend",
			Class: "decide-form", Label: t(v, "case.recommend_title"),
			Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Radios{Name: "outcome", Legend: t(v, "case.recommend_outcome"), Options: outcomeOptions(v, k), Value: page.Typed(v, "outcome"),
					Error: page.FieldError(v, "outcome")}.UI(),
				c.Textarea{Lang: v.Lang, Name: "reasons", Label: t(v, "case.reasons"), Hint: t(v, "case.recommend_reasons_hint"),
					Value: page.Typed(v, "reasons"),
					Error: page.FieldError(v, "reasons"), Rows: 6, Max: maxReasons, Required: true}.UI(),
				c.Button{Text: t(v, "case.recommend")}.UI()}}))
}

// serveForm returns the form that records that a listing was served by post or in
// person.
func serveForm(v *mingjing.View, k mingjing.CaseView) app.UI {
	return c.Section("serve", t(v, "case.serve_title"), c.P(t(v, "case.serve_text")),
		page.DraftForm(v, c.Form{Action: "/api/admin/cases/" + page.Segment(k.ID) + "/serve",
			Class: "decide-form", Label: t(v, "case.serve_title"), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Radios{Name: "method", Legend: t(v, "case.serve_method"), Value: page.Typed(v, "method"), Error: page.FieldError(v, "method"),
					Options: []c.Option{
						{Value: mingjing.ServedByPost, Text: t(v, "served.post")}, {Value: mingjing.ServedInPerson, Text: t(v, "served.in_person")}}}.UI(),
				c.Input{Name: "on", Type: "date", Label: t(v, "case.serve_on"), Value: page.Typed(v, "on"), Error: page.FieldError(v, "on"),
					Width: "medium", Required: true}.UI(),
				c.Input{Name: "proof", Label: t(v, "case.serve_proof"), Value: page.Typed(v, "proof"), Error: page.FieldError(v, "proof"),
					MaxLength: 100, Autocomplete: "off", Required: true}.UI(),
				c.Button{Text: t(v, "case.serve")}.UI()}}))
}

func evidenceNote(v *mingjing.View, k mingjing.CaseView) app.UI {
	if len(k.Evidence) == 0 {
		return nil
	}
	return c.Div("", c.Muted(t(v, "case.evidence_logged")), page.UnscannedNote(v, k.Evidence))
}

// fact returns a name and a value in one line.
func fact(name string, value app.UI) app.UI {
	return c.Div("fact", c.Span("fact-name", name), value)
}

// agencySide returns the record or listing and what its agency says.
func agencySide(v *mingjing.View, k mingjing.CaseView) app.UI {
	body := []app.UI{}
	switch {
	case k.Missing != nil && k.Record == nil:
		body = append(body, c.SummaryList{Rows: page.MissingRows(v, *k.Missing)}.UI())
	case k.Record != nil:
		r := k.Record
		body = append(body, c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "record.agency"), Text: v.Label("agency", r.Agency)},
			{Key: t(v, "dispute.state_now"), Value: page.RecordTag(v, *r, page.RecordEnds(v, *r))},
			{Key: t(v, "record.occurred"), Text: page.OrNone(v, page.Date(v, r.Occurred))},
			{Key: t(v, "record.detail"), Text: r.Detail.In(v.Lang)},
			page.SubjectRow(v, t(v, "record.subject"), r.Subject, k.Resident, t(v, "case.subject_differs")),
		}}.UI(), c.H(3, t(v, "doc.title")), page.DocumentUI(v, r.Document))
	case k.Listing != nil:
		l := k.Listing
		rows := append([]c.SummaryRow{{Key: t(v, "dispute.state_now"), Value: page.ListingTag(v, *l)}}, page.ListingRows(v, *l, k.Resident)...)
		exit := t(v, "listing.exit_title")
		if k.Kind == mingjing.CaseRepair {
			exit = t(v, "case.repair_side")
			rows = append(rows, c.SummaryRow{Key: t(v, "case.repair_from"), Text: page.Date(v, l.RepairFrom)})
			if n := page.ProcedureDays(v, func(p *mingjing.Procedure) int { return p.RepairDays }); n > 0 {
				rows = append(rows, c.SummaryRow{Key: t(v, "case.repair_days"), Text: tn(v, "count.working_days", n)})
			}
		}
		rows = append(rows, c.SummaryRow{Key: exit, Text: l.Exit.In(v.Lang)})
		names := make([]app.UI, 0, len(l.Measures))
		for _, m := range l.Measures {
			names = append(names, c.Text(t(v, "case.measure", "name", m.Name.In(v.Lang), "basis", page.OrNone(v, m.LegalBasis.In(v.Lang)))))
		}
		if len(names) > 0 {
			rows = append(rows, c.SummaryRow{Key: t(v, "case.measures"), Value: c.List("bullets", names...)})
		}
		body = append(body, c.SummaryList{Rows: rows}.UI(), c.H(3, t(v, "doc.title")), page.DocumentUI(v, l.Document))
	}
	if k.Kind == mingjing.CaseListing || k.Kind == mingjing.CaseReview && k.Answer == nil {
		return c.Section("agency-side", page.KindText(v, k.Case, "case.held_side"), body...)
	}
	answer := page.AgencyAnswer(v, k.Case)
	if answer == nil {
		answer = c.Muted(t(v, "case.not_asked"))
	}
	return c.Section("agency-side", t(v, "case.agency_side"), append(body, c.H(3, t(v, "dispute.agency_answer")), answer)...)
}

func caseDecision(v *mingjing.View, k mingjing.CaseView) app.UI {
	var corrected app.UI
	if k.Decision.Corrected != "" {
		corrected = c.P(t(v, "case.corrected."+page.CaseSubject(k.Case), "date", page.Date(v, k.Decision.Corrected)))
	}
	return c.Section("decision", t(v, "dispute.decision"), corrected, page.DecisionCard(v, k.Case))
}

// steps returns the forms of the steps before the decision, or why there are none.
func steps(v *mingjing.View, k mingjing.CaseView) app.UI {
	if len(k.Allowed) == 0 {
		return c.Notification{Kind: "info", Text: whyNot(v, k)}.UI()
	}
	var forms []app.UI
	step := func(name, action, label, hint string, kind string) {
		if slices.Contains(k.Allowed, name) {
			forms = append(forms, c.Form{Action: "/api/admin/cases/" + page.Segment(k.ID) + "/" + action, Class: "step-form", Body: []app.UI{
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
	for _, to := range []struct{ step, text string }{{"recommend", "case.to_recommend"}, {"decide", "case.to_decision"},
		{"serve", "case.to_serve"}} {
		if !slices.Contains(k.Allowed, to.step) {
			continue
		}
		kind = ""
		if len(forms) > 0 {
			kind = "secondary"
		}
		forms = append(forms, c.LinkButton{Text: t(v, to.text), Href: page.StepTargets[to.step], Kind: kind}.UI())
	}
	step("extend", "extend", t(v, "case.extend"), t(v, "case.extend_hint"), "secondary")
	if len(forms) == 0 {
		return nil
	}
	return c.Section("steps", t(v, "case.steps"), c.Div("step-forms", forms...))
}

// whyNot returns why the viewer can do nothing with the case.
func whyNot(v *mingjing.View, k mingjing.CaseView) string {
	switch {
	case k.Decision != nil || k.State == mingjing.CaseDecided:
		return t(v, "case.why.decided")
	case v.Who != nil && v.Who.Role == mingjing.RoleAuditor:
		return t(v, "case.why.auditor")
	case k.State == mingjing.CaseRecommended:
		return t(v, "case.why.second")
	case k.Kind == mingjing.CaseReview && k.HandlerID == "":
		return t(v, "case.why.review")
	case mine(v, k):
		return t(v, "case.why.mine")
	case k.Closed && k.HandlerID != "":
		return t(v, "case.why.closed", "name", k.Handler)
	case k.HandlerID != "":
		return t(v, "case.why.other_handler", "name", k.Handler)
	}
	return t(v, "case.why.own")
}

// outcomeOptions returns how a case can be decided.
func outcomeOptions(v *mingjing.View, k mingjing.CaseView) []c.Option {
	kind := k.Kind
	outcomes := make([]c.Option, 0, 3)
	for _, o := range k.Outcomes() {
		hint := "case.outcome_hint." + string(o) + "." + page.CaseSubject(k.Case)
		switch {
		case k.Missing != nil:
		case kind == mingjing.CaseReview:
			hint = "case.outcome_hint." + string(o) + ".review"
		case kind == mingjing.CaseListing && o == mingjing.OutcomeRefused:
			hint = "case.outcome_hint.refused.proposal"
		}
		option := c.Option{Value: string(o), Text: page.OutcomeName(v, k.Case, o), Hint: t(v, hint)}
		if o == mingjing.OutcomePartly {
			option.Body = c.Input{Name: "correct_to", Type: "date", Label: t(v, "case.correct_to."+page.CaseSubject(k.Case)),
				Hint:  t(v, "case.correct_to_hint"),
				Value: correctTo(v, k), Error: page.FieldError(v, "correct_to"), Width: "medium"}.UI()
		}
		outcomes = append(outcomes, option)
	}
	return outcomes
}

// decideForm returns the form for the outcome, the reasons and an answer to each piece
// of evidence. evidence_id and evidence_answer are repeated, in the same order.
func decideForm(v *mingjing.View, k mingjing.CaseView) app.UI {
	body := []app.UI{
		c.Radios{Name: "outcome", Legend: t(v, "case.outcome"), Options: outcomeOptions(v, k), Value: page.Typed(v, "outcome"),
			Error: page.FieldError(v, "outcome")}.UI(),
		c.Textarea{Lang: v.Lang, Name: "reasons", Label: t(v, "case.reasons"), Hint: t(v, "case.reasons_hint"), Value: page.Typed(v, "reasons"),
			Error: page.FieldError(v, "reasons"), Rows: 8, Max: maxReasons, Required: true}.UI(),
	}
	fields := c.Div("fields", body...)
	if len(k.Evidence) > 0 {
		answers := []app.UI{c.H(3, t(v, "case.evidence_answers"))}
		for _, e := range k.Evidence {
			if e.State == mingjing.EvidenceRefused {
				continue
			}
			answers = append(answers, c.Hidden{Name: "evidence_id", Value: e.ID}.UI(), evidenceAnswer(v, e))
		}
		fields = c.Div("columns columns-even", fields, c.Div("fields", answers...))
	}
	return c.Section("decide", t(v, "case.decide_title"), page.DraftForm(v, c.Form{
		Action: "/api/admin/cases/" + page.Segment(k.ID) + "/decision",
		Class:  "decide-form", Label: t(v, "case.decide_title"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(), fields, c.Button{Text: t(v, "case.decide")}.UI()}}))
}

// correctTo returns the date that was typed, or the one that the agency offers.
func correctTo(v *mingjing.View, k mingjing.CaseView) string {
	if s := page.Typed(v, "correct_to"); s != "" {
		return s
	}
	if v.Problem == nil && k.Answer != nil && k.Record != nil {
		return string(k.Answer.Occurred)
	}
	return ""
}

// evidenceAnswer returns the field for the answer to one piece. What was typed, and its
// error, have the name "evidence_answer_" and the evidence's id.
func evidenceAnswer(v *mingjing.View, e mingjing.Evidence) app.UI {
	own := "evidence_answer_" + e.ID
	return c.Textarea{Lang: v.Lang, Name: "evidence_answer", ID: own,
		Label: t(v, "case.evidence_answer", "name", e.Name), Hint: t(v, "case.evidence_answer_hint"),
		Value: page.Typed(v, own), Error: page.FieldError(v, own), Rows: 3, Required: true}.UI()
}

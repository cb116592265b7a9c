package page

import (
	"slices"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = register("review", screen{body: reviewBody, back: func(v *mingjing.View) (string, string) {
	if v.NewCase == nil || v.NewCase.Previous == nil {
		return t(v, "nav.disputes"), href(v, "disputes")
	}
	return t(v, "review.back"), caseHref(v, *v.NewCase.Previous, v.NewCase.Previous.ID)
}})

// reviewBody is the form by which a resident has a decision looked at again.
func reviewBody(v *mingjing.View) []app.UI {
	if v.NewCase == nil || v.NewCase.Previous == nil {
		return errorBody(v)
	}
	d := *v.NewCase.Previous
	if !slices.Contains(d.Lanes, mingjing.LaneReview) {
		return []app.UI{heading("", t(v, "title.review")), c.EmptyState{Title: t(v, "review.closed_title"), Text: t(v, "review.closed"),
			Action: c.LinkButton{Text: t(v, "review.back"), Href: caseHref(v, d, d.ID), Kind: "secondary"}.UI()}.UI()}
	}
	within := tn(v, "count.working_days", days(v, func(p *mingjing.Procedure) int { return p.ReviewDays }))
	return []app.UI{
		heading("", t(v, "title.review")), lead(t(v, "letter.lane_text.review")),
		c.Section("about", t(v, "review.about"), decisionCard(v, d)),
		c.Form{Action: "/api/disputes/" + segment(d.ID) + "/review", Multipart: true, Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Hidden{Name: "idempotency_key", Value: v.NewCase.Key}.UI(),
			c.Textarea{Lang: v.Lang, Name: "statement", Label: t(v, "review.statement"), Hint: t(v, "review.statement_hint"),
				Value: typed(v, "statement"), Error: fieldError(v, "statement"), Rows: 6, Max: mingjing.MaxStatement, Required: true}.UI(),
			evidenceField(v, t(v, "review.evidence")),
			c.Section("next", t(v, "new_dispute.next_title"), ordered("stages",
				t(v, "review.next_mark"), t(v, "review.next_days", "days", within), t(v, "review.next_court"))),
			c.Button{Text: t(v, "review.submit")}.UI(),
		}}.UI(),
	}
}

package resident

import (
	"slices"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("review", page.Screen{Data: page.New[mingjing.NewCaseView], Body: reviewBody,
	Back: func(v *mingjing.View) (string, string) {
		if mingjing.DataOf[mingjing.NewCaseView](v) == nil || mingjing.DataOf[mingjing.NewCaseView](v).Previous == nil {
			return t(v, "nav.disputes"), href(v, "disputes")
		}
		return t(v, "review.back"), caseHref(v, *mingjing.DataOf[mingjing.NewCaseView](v).Previous,
			mingjing.DataOf[mingjing.NewCaseView](v).Previous.ID)
	}})

// reviewBody returns the form by which a resident asks for the review of a decision.
func reviewBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.NewCaseView](v)
	if shown == nil || shown.Previous == nil {
		return page.ErrorBody(v)
	}
	d := *shown.Previous
	if !slices.Contains(d.Lanes, mingjing.LaneReview) {
		return []app.UI{page.Heading("", t(v, "title.review")), c.EmptyState{Title: t(v, "review.closed_title"), Text: t(v, "review.closed"),
			Action: c.LinkButton{Text: t(v, "review.back"), Href: caseHref(v, d, d.ID), Kind: "secondary"}.UI()}.UI()}
	}
	within := tn(v, "count.working_days", page.ProcedureDays(v, func(p *mingjing.Procedure) int { return p.ReviewDays }))
	return []app.UI{
		page.Heading("", t(v, "title.review")), page.Lead(t(v, "letter.lane_text.review")),
		c.Section("about", t(v, "review.about"), page.DecisionCard(v, d)),
		page.DraftForm(v, c.Form{Action: "/api/disputes/" + page.Segment(d.ID) + "/review", Multipart: true, Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Textarea{Lang: v.Lang, Name: "statement", Label: t(v, "review.statement"), Hint: t(v, "review.statement_hint"),
				Value: page.Typed(v, "statement"), Error: page.FieldError(v, "statement"), Rows: 6, Max: mingjing.MaxStatement, Required: true}.UI(),
			evidenceField(v, "/api/disputes/"+page.Segment(d.ID)+"/review", t(v, "review.evidence")),
			c.Section("next", t(v, "new_dispute.next_title"), page.Ordered("stages",
				t(v, "review.next_mark"), t(v, "review.next_days", "days", within), t(v, "review.next_court"))),
			c.Button{Text: t(v, "review.submit")}.UI(),
		}}),
	}
}

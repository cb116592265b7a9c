package public

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("agencies", page.Screen{Data: page.New[mingjing.AgenciesView], Body: agenciesBody, Wide: true,
	Back: func(v *mingjing.View) (string, string) { return t(v, "chrome.rulebooks"), href(v, "rulebooks") }})

// agenciesBody returns how each agency deals with disputes: those that have any, then
// the names of the others.
func agenciesBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.AgenciesView](v)
	body := []app.UI{page.Heading("", t(v, "title.agencies")), page.Lead(t(v, "agencies.lead")),
		c.Muted(t(v, "agencies.few_note", "n", i18n.Number(v.Lang, mingjing.FewestShown)))}
	var rows [][]app.UI
	var quiet []app.UI
	if shown != nil {
		body = append(body, c.Section("bureau", t(v, "conduct.bureau"), c.P(t(v, "conduct.bureau_text")),
			c.Div("", agencyBand(v, shown, mingjing.BureauCode)),
			c.El("p", nil, c.Link{Text: t(v, "conduct.link"), Href: href(v, "agency", mingjing.BureauCode), Class: "row-link", Full: true}.UI())))
		for _, f := range shown.Agencies {
			if f.Disputes != nil && *f.Disputes == 0 && f.Inquiries != nil && *f.Inquiries == 0 && shown.Conduct[f.Agency] == nil {
				quiet = append(quiet, c.Text(v.Label("agency", f.Agency)))
				continue
			}
			rows = append(rows, agencyRow(v, shown, f))
		}
	}
	if len(rows) == 0 {
		body = append(body, c.EmptyState{Title: t(v, "agencies.none_title"), Text: t(v, "agencies.none")}.UI())
	} else {
		body = append(body, c.Table{Caption: t(v, "title.agencies"), QuietCaption: true, Columns: []c.Column{
			{Text: t(v, "rulebook.agency")}, {Text: t(v, "score.band")}, {Text: t(v, "agencies.disputes"), Numeric: true},
			{Text: t(v, "agencies.asked"), Numeric: true},
			{Text: t(v, "agencies.answers")}, {Text: t(v, "agencies.answer_days")}, {Text: t(v, "agencies.outcomes")},
			{Text: t(v, "agencies.decide_days")}, {Text: t(v, "agencies.late_now"), Numeric: true}, {Text: t(v,
				"agencies.feedback")}, {Text: t(v, "agencies.inquiries")}},
			Rows: rows}.UI())
	}
	if len(quiet) > 0 {
		body = append(body, c.Details{Summary: tn(v, "agencies.quiet", len(quiet)), Body: []app.UI{c.List("bullets", quiet...)}}.UI())
	}
	return append(body, complaintSums(v, shown))
}

// complaintSums returns what residents have reported, in sums; nil where there is nothing.
func complaintSums(v *mingjing.View, shown *mingjing.AgenciesView) app.UI {
	if shown == nil || len(shown.Complaints) == 0 {
		return nil
	}
	number := func(n *int) app.UI {
		if n == nil {
			return c.Text(t(v, "agencies.few"))
		}
		return c.Text(i18n.Number(v.Lang, *n))
	}
	rows := make([][]app.UI, 0, len(shown.Complaints))
	for _, k := range shown.Complaints {
		rows = append(rows, []app.UI{c.Text(t(v, "complaint_kind."+string(k.Kind))), number(k.Filed), number(k.Answered), number(k.Late),
			number(k.Unlawful)})
	}
	return c.Section("complaints", t(v, "agencies.complaints"), c.Table{Caption: t(v, "agencies.complaints"), QuietCaption: true,
		Columns: []c.Column{{Text: t(v, "queue.col_kind")}, {Text: t(v, "agencies.complaints_filed"), Numeric: true},
			{Text: t(v, "complaint_state.answered"), Numeric: true}, {Text: t(v, "complaint.late"), Numeric: true},
			{Text: t(v, "complaint_outcome.unlawful"), Numeric: true}}, Rows: rows}.UI())
}

// agencyBand returns how an agency is rated.
func agencyBand(v *mingjing.View, shown *mingjing.AgenciesView, code string) app.UI {
	if k := shown.Conduct[code]; k != nil {
		for _, band := range shown.Bands {
			if band.Code == k.Band {
				return page.BandUI(v, band, "")
			}
		}
	}
	return c.Text(t(v, "agencies.too_few"))
}

func agencyRow(v *mingjing.View, shown *mingjing.AgenciesView, f mingjing.AgencyFigures) []app.UI {
	few := t(v, "agencies.few")
	number := func(n *int) app.UI {
		if n == nil {
			return c.Text(few)
		}
		return c.Text(i18n.Number(v.Lang, *n))
	}
	// parts are numbers that are shown together or not at all.
	parts := func(of *int, names []string, numbers ...*int) app.UI {
		if of != nil && *of == 0 {
			return nil
		}
		lines := make([]app.UI, 0, len(names))
		for i, n := range numbers {
			if n == nil {
				return c.Text(few)
			}
			lines = append(lines, c.Text(t(v, "agencies.part", "name", names[i], "n", i18n.Number(v.Lang, *n))))
		}
		return c.List("", lines...)
	}
	days := func(n *int) app.UI {
		if n == nil {
			return c.Text(t(v, "agencies.too_few"))
		}
		return c.Text(tn(v, "count.working_days", *n))
	}
	return []app.UI{
		c.Link{Text: v.Label("agency", f.Agency), Href: href(v, "agency", page.Segment(f.Agency)), Full: true}.UI(),
		agencyBand(v, shown, f.Agency), number(f.Disputes), number(f.Asked),
		parts(f.Asked, []string{t(v, "agencies.in_time"), t(v, "agencies.late"), t(v, "agencies.silent")}, f.InTime, f.Late, f.Silent),
		days(f.AnswerDays),
		parts(nil, []string{page.Code(v, "outcome", string(mingjing.OutcomeUpheld)), page.Code(v, "outcome", string(mingjing.OutcomePartly)),
			page.Code(v, "outcome", string(mingjing.OutcomeRejected))}, f.Upheld, f.Partly, f.Rejected),
		days(f.DecideDays), number(f.LateNow), parts(nil, []string{t(v, "feedback.good"), t(v, "feedback.poor")}, f.Good, f.Poor),
		parts(f.Inquiries, []string{t(v, "agencies.inquiries_all"), t(v, "agencies.unexplained"), t(v, "agencies.unfounded")}, f.Inquiries,
			f.Unexplained, f.Unfounded),
	}
}

package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("disputes", page.Screen{Data: page.New[mingjing.CasesView], Body: disputesBody})

// disputesBody returns the resident's disputes: the open ones, then the decided ones.
func disputesBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.CasesView](v)
	body := []app.UI{page.Heading("", t(v, "title.disputes")), page.Lead(t(v, "disputes.lead")),
		c.El("p", nil, c.Link{Text: t(v, "disputes.missing"), Href: href(v, "missing")}.UI())}
	if shown == nil || len(shown.Disputes) == 0 {
		return append(body, c.EmptyState{Title: t(v, "disputes.empty_title"), Text: t(v, "disputes.empty"),
			Action: c.LinkButton{Text: t(v, "disputes.empty_records"), Href: href(v, "records"), Kind: "secondary"}.UI()}.UI())
	}
	var open, decided []app.UI
	for _, d := range shown.Disputes {
		if d.State == mingjing.CaseDecided || d.Decision != nil && d.State != mingjing.CaseToServe {
			decided = append(decided, disputeCard(v, d))
		} else {
			open = append(open, disputeCard(v, d))
		}
	}
	if len(open) > 0 {
		body = append(body, c.Section("open", t(v, "disputes.open"), c.List("cards", open...)))
	}
	if len(decided) > 0 {
		body = append(body, c.Section("decided", t(v, "disputes.decided"), c.List("cards", decided...)))
	}
	return body
}

func disputeCard(v *mingjing.View, d mingjing.Case) app.UI {
	facts := []app.UI{c.El("span", nil, c.Text(v.Label("agency", d.Agency()))),
		c.El("span", nil, c.Text(t(v, "disputes.filed_on", "time", page.Instant(v, d.FiledAt))))}
	var next app.UI
	if d.Decision != nil && d.State == mingjing.CaseDecided {
		facts = append(facts, c.El("span", nil, c.Text(t(v, "disputes.decided_on", "time", page.Instant(v, d.Decision.At)))))
	} else if k := page.NextClock(d.Clocks); k != nil {
		next = c.El("p", c.A{"class": "next"},
			c.Text(t(v, "disputes.next", "time", page.Deadline(v, k.Due), "clock", page.Code(v, "clock", k.Code))))
	}
	return c.Card{Title: v.Label("item", d.Code()), Href: href(v, "dispute", page.Segment(d.ID)), Level: 3, Aside: page.DisputeTag(v, d),
		Body: []app.UI{c.P(kindOrReason(v, d)), c.El("p", c.A{"class": "meta"}, facts...), next}}.UI()
}

// kindOrReason returns the reason of a dispute, and the kind of another case.
func kindOrReason(v *mingjing.View, d mingjing.Case) string {
	if d.Kind == "" || d.Kind == mingjing.CaseDispute {
		return page.Code(v, "reason", string(d.Reason))
	}
	return page.Code(v, "case_kind", string(d.Kind))
}

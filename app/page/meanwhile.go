package page

import (
	"slices"
	"time"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// CanDecide reports whether the form of a decision, or of a recommendation, is there.
func CanDecide(allowed []string) bool {
	return slices.Contains(allowed, "decide") || slices.Contains(allowed, "recommend")
}

// StepTargets has, by step, the place on the page of a case where it is taken.
var StepTargets = map[string]string{"assign": "#steps", "ask_agency": "#steps", "extend": "#steps",
	"recommend": "#recommend", "decide": "#decide", "serve": "#serve"}

// meanwhile explains an error of a step that is no longer possible: the state of the
// case now, who did what last, and what can be done instead.
func meanwhile(v *mingjing.View) []app.UI {
	p := v.Problem
	if p.Status != 409 {
		return nil
	}
	var facts, can []app.UI
	switch shown := v.Data.(type) {
	case *mingjing.CasePage:
		facts, can = lastOf(v, shown.Case), canDo(v, shown.Allowed)
		if len(can) == 0 {
			facts = append(facts, c.P(T(v, "meanwhile.nothing")))
		}
	case *mingjing.DisputePage:
		facts = lastOf(v, shown.Case)
	case *mingjing.ListingView:
		facts = []app.UI{c.P(T(v, "meanwhile.now", "state", Code(v, "listing_state", ListingState(v, shown.Listing))))}
	}
	if p.Code == "lane_closed" {
		for _, lane := range p.Allowed {
			can = append(can, c.Text(Code(v, "letter.lane", lane)))
		}
	}
	if len(can) > 0 {
		facts = append(facts, c.P(T(v, "meanwhile.can")), c.List("bullets", can...))
	}
	return append(facts, kept(v)...)
}

// standing says what was done when the same form was sent before with other content, and
// where it is.
func standing(v *mingjing.View) []app.UI {
	p := v.Problem
	if p.Code != "key_used" {
		return nil
	}
	var out []app.UI
	if at, err := time.Parse(time.RFC3339, p.Values["at"]); err == nil {
		out = append(out, c.P(T(v, "key_used.at", "time", Instant(v, at))))
	}
	page, id := p.Values["page"], p.Values["id"]
	if page != "" && page != v.Page {
		var to []string
		if id != "" {
			to = append(to, Segment(id))
		}
		out = append(out, c.El("p", nil, c.Link{Text: T(v, "key_used.open"), Href: Href(v, page, to...)}.UI()))
	}
	if d := mingjing.DataOf[mingjing.DisputePage](v); d != nil && d.ID == id {
		if d.Decision == nil {
			out = append(out, c.P(T(v, "key_used.add")))
		}
		return out
	}
	return append(out, c.P(T(v, "key_used.resend")))
}

// lastOf returns the state of a case and the last thing that happened in it.
func lastOf(v *mingjing.View, d mingjing.Case) []app.UI {
	state := Code(v, "dispute_state", string(d.State))
	if d.Decision != nil && d.State == mingjing.CaseDecided {
		state = OutcomeText(v, d)
	}
	out := []app.UI{c.P(T(v, "meanwhile.now", "state", state))}
	if len(d.Timeline) == 0 {
		return out
	}
	last := d.Timeline[len(d.Timeline)-1]
	what, who := Happened(v, d, last.Code), TimelineWho(v, d, last)
	if who == "" {
		return append(out, c.P(T(v, "meanwhile.last_nobody", "what", what, "time", Instant(v, last.At))))
	}
	return append(out, c.P(T(v, "meanwhile.last", "what", what, "who", who, "time", Instant(v, last.At))))
}

// canDo returns steps as sentences with links to where they are taken.
func canDo(v *mingjing.View, allowed []string) []app.UI {
	out := make([]app.UI, 0, len(allowed))
	for _, s := range allowed {
		out = append(out, c.Link{Text: Code(v, "step", s), Href: StepTargets[s]}.UI())
	}
	return out
}

// kept returns what the person had typed into a form that the page no longer has.
func kept(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.CasePage](v)
	if shown == nil || Typed(v, "reasons") == "" || CanDecide(shown.Allowed) {
		return nil
	}
	return []app.UI{c.Details{Summary: T(v, "meanwhile.typed"), Body: []app.UI{Paragraphs(Typed(v, "reasons"))}}.UI()}
}

// Happened returns the sentence of something that happened in a case, in the words of
// its kind where there are any.
func Happened(v *mingjing.View, d mingjing.Case, what string) string {
	if key := "timeline." + what + "." + string(d.Kind); d.Kind != "" && i18n.Has(key) {
		return T(v, key)
	}
	return Code(v, "timeline", what)
}

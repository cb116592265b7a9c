package page

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// stepTargets are where on the page of a case each step is taken.
var stepTargets = map[string]string{"assign": "#steps", "ask_agency": "#steps", "extend": "#steps",
	"recommend": "#recommend", "decide": "#decide", "serve": "#serve"}

// meanwhile says, where something was impossible, how things stand now, who did
// what last, and what can be done instead. A person who was too late to do a thing
// has to know why, and what is left to do.
func meanwhile(v *mingjing.View) []app.UI {
	p := v.Problem
	if p.Status != 409 {
		return nil
	}
	var facts []app.UI
	if v.Case != nil {
		facts = lastOf(v, v.Case.Dispute)
	} else if v.Dispute != nil {
		facts = lastOf(v, *v.Dispute)
	} else if v.Listing != nil {
		l := v.Listing.Listing
		facts = []app.UI{c.P(t(v, "meanwhile.now", "state", code(v, "listing_state", listingState(v, l))))}
	}
	var can []app.UI
	switch {
	case v.Case != nil:
		can = canDo(v, v.Case.Allowed)
		if len(can) == 0 {
			facts = append(facts, c.P(t(v, "meanwhile.nothing")))
		}
	case p.Code == "lane_closed":
		for _, lane := range p.Allowed {
			can = append(can, c.Text(code(v, "letter.lane", lane)))
		}
	}
	if len(can) > 0 {
		facts = append(facts, c.P(t(v, "meanwhile.can")), c.List("bullets", can...))
	}
	return append(facts, kept(v)...)
}

// lastOf is the state of a case and the last thing that happened in it.
func lastOf(v *mingjing.View, d mingjing.Dispute) []app.UI {
	state := code(v, "dispute_state", string(d.State))
	if d.Decision != nil && d.State == mingjing.DisputeDecided {
		state = outcomeText(v, d)
	}
	out := []app.UI{c.P(t(v, "meanwhile.now", "state", state))}
	if len(d.Timeline) == 0 {
		return out
	}
	last := d.Timeline[len(d.Timeline)-1]
	what, who := happened(v, d, last.Code), timelineWho(v, d, last)
	if who == "" {
		return append(out, c.P(t(v, "meanwhile.last_nobody", "what", what, "time", instant(v, last.At))))
	}
	return append(out, c.P(t(v, "meanwhile.last", "what", what, "who", who, "time", instant(v, last.At))))
}

// canDo are steps as sentences, each leading to where it is taken.
func canDo(v *mingjing.View, allowed []string) []app.UI {
	out := make([]app.UI, 0, len(allowed))
	for _, s := range allowed {
		out = append(out, c.Link{Text: code(v, "step", s), Href: stepTargets[s]}.UI())
	}
	return out
}

// kept is what was written for a form that the page no longer has.
func kept(v *mingjing.View) []app.UI {
	if v.Case == nil || typed(v, "reasons") == "" || canDecide(v.Case.Allowed) {
		return nil
	}
	return []app.UI{c.Details{Summary: t(v, "meanwhile.typed"), Body: []app.UI{paragraphs(typed(v, "reasons"))}}.UI()}
}

// happened is the sentence of something that happened in a case: that of the kind
// of case where it has its own.
func happened(v *mingjing.View, d mingjing.Dispute, what string) string {
	if key := "timeline." + what + "." + string(d.Kind); d.Kind != "" && i18n.Has(key) {
		return t(v, key)
	}
	return code(v, "timeline", what)
}

package resident

import (
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// counterfactuals returns what would lead to other bands: to better ones, and folded to
// worse ones.
func counterfactuals(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	var better, worse []app.UI
	for _, x := range s.Counterfactuals.Bands {
		for _, b := range s.Bands {
			switch {
			case b.Code != x.Band:
			case x.Better:
				better = append(better, wayTo(v, s.Score.Rulebook.ID, b, x))
			default:
				worse = append(worse, wayTo(v, s.Score.Rulebook.ID, b, x))
			}
		}
	}
	var said []app.UI
	all := s.Counterfactuals.UpTo == 0
	switch _, more := s.NextBand(); {
	case len(better) > 0:
		said = append(said, better...)
	case more && all:
		said = append(said, c.P(t(v, "change.none_better")))
	}
	if !all {
		said = append(said, c.Muted(tn(v, "change.up_to", s.Counterfactuals.UpTo)))
	}
	switch {
	case len(worse) > 0:
		said = append(said, c.Details{Summary: t(v, "change.worse"), Body: worse}.UI())
	case all:
		said = append(said, c.Muted(t(v, "change.none_worse")))
	}
	return c.Div("stack ways-to", said...)
}

// wayTo returns the smallest sets of changes that lead to one band.
func wayTo(v *mingjing.View, book string, b mingjing.Band, x mingjing.Counterfactual) app.UI {
	body := []app.UI{c.El("h3", c.A{"class": "way-to"}, c.Span("visually-hidden", t(v, "change.to", "band", b.Name.In(v.Lang))),
		c.El("span", c.A{"aria-hidden": "true"}, c.Text("→ "), page.BandUI(v, b, "")))}
	for i, choice := range x.Choices {
		if i > 0 {
			body = append(body, c.P(t(v, "change.or")))
		}
		for j, pick := range choice {
			flips := make([]app.UI, 0, len(pick.Of))
			for _, f := range pick.Of {
				name := c.Text(flipText(v, book, f))
				if to := contributionPath(v, f.RecordID, f.ListingID); to != "" {
					name = c.El("a", c.A{"href": to}, name)
				}
				flips = append(flips, name)
			}
			body = append(body, c.P(pickText(v, choice, j)), folded(v, flips))
		}
	}
	if len(x.Choices) == mingjing.MaxChoices {
		body = append(body, c.Muted(t(v, "change.more")))
	}
	return c.Div("stack", body...)
}

// folded returns a list; a long one is folded after its first items.
func folded(v *mingjing.View, items []app.UI) app.UI {
	const shown = 5
	if len(items) <= shown+1 {
		return c.List("bullets", items...)
	}
	return c.Div("", c.List("bullets", items[:shown]...), c.Details{Summary: tn(v, "change.show", len(items)),
		Body: []app.UI{c.List("bullets", items[shown:]...)}}.UI())
}

// pickText returns how many of the flips of a pick are meant, by its place in the choice.
func pickText(v *mingjing.View, choice mingjing.Choice, at int) string {
	key, p := "change.", choice[at]
	if at > 0 {
		key += "and_"
	}
	of := i18n.Number(v.Lang, len(p.Of))
	switch {
	case len(choice) > 1 && len(p.Of) == 1:
		return t(v, key+"this")
	case len(p.Of) == 1:
		return t(v, key+"alone")
	case p.Take == len(p.Of):
		return t(v, key+"all", "of", of)
	}
	return t(v, key+"any", "n", strconv.Itoa(p.Take), "of", of)
}

// flipText returns one change as a sentence.
func flipText(v *mingjing.View, book string, f mingjing.Flip) string {
	key, limit := "change.gone", "change.lifts"
	if f.Counts {
		key, limit = "change.comes", "change.caps"
	}
	effect := i18n.Signed(v.Lang, f.Points)
	if f.Cap != "" {
		effect = t(v, limit, "band", v.Label("band."+book, f.Cap))
	}
	return t(v, "change.flip", "what", t(v, key, "item", v.Label("item", f.Rule)), "effect", effect)
}

// changes adds what would have led to another band: the nearest better one and the
// nearest worse one, by each rulebook.
func (w *letterWriter) changes(all []mingjing.ScoreCounterfactuals) {
	v := w.v
	if len(all) == 0 {
		return
	}
	w.heading("letter.change_title")
	w.say("letter.change_text")
	for _, s := range all {
		w.add(mingjing.BlockSub, t(v, "letter.change_score", "rulebook", v.Label("rulebook", s.Rulebook.ID),
			"value", i18n.Number(v.Lang, s.Value), "band", s.Band.Name.In(v.Lang)))
		w.bands(s, 1)
		if x := s.Counterfactuals; len(x.Bands) == 0 && x.UpTo == 0 {
			w.say("letter.change_none")
		} else if x.UpTo > 0 {
			w.add(mingjing.BlockText, tn(v, "change.up_to", x.UpTo))
		}
	}
}

// bands adds the smallest sets of changes for so many bands on each side.
func (w *letterWriter) bands(s mingjing.ScoreCounterfactuals, aSide int) {
	v, book := w.v, s.Rulebook.ID
	better, worse := 0, 0
	for _, x := range s.Counterfactuals.Bands {
		n := &worse
		if x.Better {
			n = &better
		}
		if *n++; *n > aSide {
			continue
		}
		w.add(mingjing.BlockStrong, t(v, "change.to", "band", v.Label("band."+book, x.Band)))
		for i, choice := range x.Choices {
			if i > 0 {
				w.say("change.or")
			}
			for j, pick := range choice {
				flips := make([]string, 0, len(pick.Of))
				for _, f := range pick.Of {
					flips = append(flips, flipText(v, book, f))
				}
				w.add(mingjing.BlockText, pickText(v, choice, j))
				w.add(mingjing.BlockList, "", flips...)
			}
		}
		if len(x.Choices) == mingjing.MaxChoices {
			w.say("change.more")
		}
	}
}

package resident

import (
	"slices"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("score", page.Screen{Data: page.New[mingjing.ScoreView], Body: scoreBody, Back: page.BackTo("overview")})

func scoreBody(v *mingjing.View) []app.UI {
	s := mingjing.DataOf[mingjing.ScoreView](v)
	if s == nil || s.Score.Rulebook.ID == "" {
		return []app.UI{page.Heading("", t(v, "title.score")),
			c.EmptyState{Title: t(v, "overview.no_score"), Text: t(v, "overview.no_score_text"),
				Action: c.LinkButton{Text: t(v, "overview.ask"), Href: href(v, "ask")}.UI()}.UI()}
	}
	book := v.Label("rulebook", s.Score.Rulebook.ID)
	return []app.UI{
		page.Heading(book, t(v, "title.score")),
		c.Card{Body: []app.UI{scoreHero(v, s)}}.UI(),
		c.Section("made-of", t(v, "score.made_of"), c.Muted(t(v, "score.made_of_text")), waterfall(v, s), c.Muted(t(v, "score.one_scale"))),
		missingNote(v, s),
		&Verify{Lang: v.Lang, Score: s.Score},
		notCountedSection(v, s),
		c.Section("change", t(v, "change.title"), c.Muted(t(v, "change.text")), counterfactuals(v, s)),
		c.Section("what-if", t(v, "whatif.title"), c.Muted(t(v, "whatif.text")),
			&WhatIf{V: v, Codes: s.Codes, Score: s.Score, Outlook: s.Outlook}),
		outlookSection(v, s),
		bringsSection(v, s),
		c.Section("bands", t(v, "score.bands"), ladder(v, s.Bands, s.Min, s.Max, s.Band.Code),
			c.Link{Text: t(v, "score.rulebook_link"), Href: href(v, "rulebook", s.Score.Rulebook.Hash), Class: "row-link"}.UI()),
		historySection(v, s),
		c.Div("actions", c.LinkButton{Text: t(v, "shares.new"), Href: href(v, "new-share"), Kind: "secondary"}.UI()),
		draftsSection(v, s),
		othersSection(v, s),
	}
}

// scoreHero returns what the score is: its value, its band, and how far the next one is.
func scoreHero(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	made := t(v, "score.made_cause", "when", page.Instant(v, s.Score.At), "cause", page.Code(v, "cause", s.Score.Cause))
	if s.Score.Cause == "" {
		made = t(v, "score.made", "when", page.Instant(v, s.Score.At))
	}
	return c.Div("score-hero",
		c.Disc{Value: s.Score.Value, Min: s.Min, Max: s.Max, Tone: s.Band.Tone, Label: t(v, "score.value"),
			Scale: t(v, "score.scale", "min", page.Plain(s.Min), "max", page.Plain(s.Max))}.UI(),
		c.El("p", nil, c.Span("visually-hidden", t(v, "score.band")+" "), page.BandUI(v, s.Band, "large")),
		c.Div("next-band", nextBand(v, s)...),
		littleNote(v, &s.Score, s.Band),
		c.Scale{Value: s.Score.Value, Min: s.Min, Max: s.Max, Segments: segments(s.Bands, s.Min, s.Max, s.Band.Code)}.UI(),
		c.El("p", c.A{"class": "muted small"}, c.Text(made)))
}

// nextBand returns how far the next better band is, and what leads there.
func nextBand(v *mingjing.View, s *mingjing.ScoreView) []app.UI {
	next, ok := s.NextBand()
	if !ok {
		return []app.UI{c.P(t(v, "score.best", "from", page.Plain(max(s.Band.From, s.Min))))}
	}
	band := next.Band.Name.In(v.Lang)
	var said []app.UI
	if next.Points > 0 {
		said = append(said, c.El("p", nil, c.El("strong", nil, c.Text(tn(v, "score.next_points", next.Points, "band", band)))))
	}
	if len(next.Caps) > 0 {
		rules := make([]string, 0, len(next.Caps))
		for _, x := range next.Caps {
			rules = append(rules, x.Rule)
		}
		said = append(said, c.El("p", nil, c.El("strong", nil,
			c.Text(t(v, "score.next_cap", "band", band, "items", i18n.Join(v.Lang, itemNames(v, rules)))))))
	}
	better := slices.ContainsFunc(s.Counterfactuals.Bands, func(x mingjing.Counterfactual) bool { return x.Better })
	switch {
	case next.By != nil:
		said = append(said, c.P(t(v, "score.next_by", "day", page.Date(v, next.By.On), "why", changeText(v, *next.By))))
	case !better && s.Counterfactuals.UpTo == 0:
		none := "score.next_none"
		if slices.ContainsFunc(s.Score.Explanation, func(x mingjing.Contribution) bool { return x.Points < 0 }) {
			none = "score.next_short"
		}
		said = append(said, c.P(t(v, none)))
	}
	if better {
		said = append(said, c.El("p", nil, c.Link{Text: t(v, "score.next_change"), Href: "#change"}.UI()))
	}
	return said
}

// changeText returns what ends and what begins on a day of the outlook.
func changeText(v *mingjing.View, x mingjing.Change) string {
	var said []string
	if len(x.Rules) > 0 {
		said = append(said, t(v, "score.outlook_ends", "items", i18n.Join(v.Lang, itemNames(v, x.Rules))))
	}
	if len(x.Starts) > 0 {
		said = append(said, t(v, "score.outlook_starts", "items", i18n.Join(v.Lang, itemNames(v, x.Starts))))
	}
	return strings.Join(said, " ")
}

// segments returns the bands from the lowest to the highest.
func segments(bands []mingjing.Band, low, high int, here string) []c.Segment {
	out := make([]c.Segment, 0, len(bands))
	for i, b := range bands {
		to := high
		if i > 0 {
			to = bands[i-1].From
		}
		out = append(out, c.Segment{From: max(b.From, low), To: to, Tone: b.Tone, Here: b.Code == here})
	}
	slices.Reverse(out)
	return out
}

func ladder(v *mingjing.View, bands []mingjing.Band, low, high int, here string) app.UI {
	l := c.Ladder{}
	for i, b := range bands {
		to := high
		if i > 0 {
			to = bands[i-1].From - 1
		}
		r := c.Rung{Band: c.Band{Text: b.Name.In(v.Lang), Shape: b.Shape, Tone: b.Tone},
			Range: t(v, "score.range", "from", page.Plain(max(b.From, low)), "to", page.Plain(to))}
		if b.Code == here {
			r.Here = t(v, "score.you_are_here")
		}
		l.Rungs = append(l.Rungs, r)
	}
	return l.UI()
}

// missingNote returns the names of the agencies that had not answered.
func missingNote(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	if len(s.Score.Missing) == 0 {
		return nil
	}
	names := make([]app.UI, 0, len(s.Score.Missing))
	for _, m := range s.Score.Missing {
		names = append(names, c.El("li", nil, c.Text(v.Label("agency", m))))
	}
	return c.Notification{Kind: "info", Title: tn(v, "score.missing", len(names)), Text: t(v, "score.missing_text"),
		Body: []app.UI{c.El("ul", c.A{"class": "bullets"}, names...)}}.UI()
}

func waterfall(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	w := c.Waterfall{Lang: v.Lang, Label: t(v, "score.made_of"), Total: t(v, "score.total"), Sum: s.Score.Value}
	for _, x := range s.Score.Explanation {
		step := c.Step{Points: x.Points}
		switch x.Kind {
		case mingjing.ContributionBase:
			step.Name, step.Base = t(v, "score.base"), true
		case mingjing.ContributionBound:
			step.Name = t(v, "score.bound")
			step.Meta = []string{t(v, "score.bound_text", "min", page.Plain(s.Min), "max", page.Plain(s.Max))}
		case mingjing.ContributionFactor:
			step.Name = v.Label("factor", x.Factor)
			step.Meta = []string{t(v, "score.factor", "n", page.Plain(x.Raw))}
		case mingjing.ContributionCriterion:
			step.Name = v.Label("item", x.Rule)
			step.Meta = append([]string{tn(v, "score.criterion_count", x.Count)}, inFactor(v, x)...)
		default:
			step.Name, step.Href = v.Label("item", x.Rule), contributionPath(v, x.RecordID, x.ListingID)
			if x.Kind == mingjing.ContributionCap {
				step.Word = t(v, "score.cap", "band", v.Label("band."+s.Score.Rulebook.ID, x.Cap))
			}
			if item := s.Item(x); item != nil {
				step.Meta = append(step.Meta, documentText(v, item.Document))
				step.Action = stepAction(v, item, step.Name)
			}
			if x.Ends != "" {
				step.Meta = append(step.Meta, t(v, "score.counts_until", "day", page.Date(v, x.Ends.AddDays(-1))))
			}
			step.Meta = append(step.Meta, inFactor(v, x)...)
			if x.Tabled {
				step.Meta = append(step.Meta, t(v, "score.tabled"))
			}
		}
		w.Steps = append(w.Steps, step)
	}
	return w.UI()
}

// inFactor says how many points something has in a factor; nothing when it is in none.
func inFactor(v *mingjing.View, x mingjing.Contribution) []string {
	if x.Factor == "" {
		return nil
	}
	return []string{t(v, "score.in_factor", "points", i18n.Signed(v.Lang, x.Raw), "factor", v.Label("factor", x.Factor))}
}

// documentText returns the document behind a line, in short.
func documentText(v *mingjing.View, d mingjing.Document) string {
	return strings.Join(slices.DeleteFunc([]string{v.Label("doc", d.Kind), d.Number}, func(s string) bool { return s == "" }), " ")
}

// stepAction returns the way to dispute what contributes, or to the case about it.
func stepAction(v *mingjing.View, item *mingjing.ScoreItem, name string) app.UI {
	switch {
	case item.Open && item.RecordID != "":
		return c.Link{Text: t(v, "score.dispute"), About: name, Class: "row-link", Href: href(v, "new-dispute") + "?record=" +
			page.Segment(item.RecordID)}.UI()
	case item.Open:
		return c.Link{Text: t(v, "score.dispute"), About: name, Class: "row-link", Href: href(v, "new-dispute") + "?listing=" +
			page.Segment(item.ListingID)}.UI()
	case item.DisputeID != "":
		return c.Link{Text: t(v, "score.case"), About: name, Class: "row-link", Href: href(v, "dispute", page.Segment(item.DisputeID))}.UI()
	}
	return nil
}

func contributionPath(v *mingjing.View, record, listing string) string {
	switch {
	case record != "":
		return href(v, "record", record)
	case listing != "":
		return href(v, "listing", listing)
	}
	return ""
}

func notCountedSection(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	if len(s.Score.NotCounted) == 0 {
		return nil
	}
	rows := make([]app.UI, 0, len(s.Score.NotCounted))
	for _, n := range s.Score.NotCounted {
		name := c.Text(v.Label("item", n.Rule))
		if p := contributionPath(v, n.RecordID, n.ListingID); p != "" {
			name = c.El("a", c.A{"href": p}, name)
		}
		rows = append(rows, c.Div("", c.El("p", c.A{"class": "row-title"}, name), c.Muted(page.Code(v, "not_counted", n.Why))))
	}
	return c.Section("not-counted", t(v, "score.not_counted"), c.List("rows", rows...))
}

func outlookSection(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	if len(s.Outlook) == 0 {
		return c.Section("outlook", t(v, "score.outlook"), c.Muted(t(v, "score.outlook_none")))
	}
	items := make([]c.TimelineItem, 0, len(s.Outlook))
	for _, x := range s.Outlook {
		bandName := v.Label("band."+s.Score.Rulebook.ID, x.Band)
		for _, b := range s.Bands {
			if b.Code == x.Band {
				bandName = b.Name.In(v.Lang)
			}
		}
		items = append(items, c.TimelineItem{Title: t(v, "score.outlook_value", "value", page.Plain(x.Value), "band", bandName),
			When: page.Date(v, x.On), At: x.On.Time(page.Zone(v)), State: "next", Body: c.P(changeText(v, x))})
	}
	return c.Section("outlook", t(v, "score.outlook"), c.Muted(t(v, "score.outlook_text")), c.Timeline{Items: items}.UI())
}

func itemNames(v *mingjing.View, codes []string) []string {
	names := make([]string, 0, len(codes))
	for _, code := range codes {
		names = append(names, v.Label("item", code))
	}
	return names
}

func bringsSection(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	title := t(v, "score.brings", "band", s.Band.Name.In(v.Lang))
	if len(s.Band.Brings) == 0 {
		return c.Section("brings", title, c.Muted(t(v, "score.brings_none")))
	}
	return c.Section("brings", title, page.Texts(v, s.Band.Brings))
}

func historySection(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	if len(s.History) < 2 {
		return nil
	}
	h := c.History{}
	for _, b := range s.Bands {
		h.Marks = append(h.Marks, c.Mark{Value: b.From, Name: b.Name.In(v.Lang)})
	}
	rows := make([][]app.UI, 0, len(s.History))
	for _, x := range s.History {
		h.Dots = append(h.Dots, c.Dot{When: i18n.ShortDate(v.Lang, mingjing.DateOf(x.At.In(page.Zone(v)))), At: x.At, Value: x.Value})
	}
	for _, x := range slices.Backward(s.History) {
		rows = append(rows, []app.UI{page.TimeUI(v, x.At), c.Text(page.Plain(x.Value)), page.BandUI(v, x.Band, "")})
	}
	first, last := s.History[0], s.History[len(s.History)-1]
	h.Label = t(v, "score.history_label", "first", page.Plain(first.Value), "from", page.Instant(v, first.At), "last", page.Plain(last.Value),
		"to", page.Instant(v, last.At))
	return c.Section("history", t(v, "score.history"), h.UI(), c.Details{Summary: t(v, "score.history_table"), Body: []app.UI{
		c.Table{Caption: t(v, "score.history"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "score.history_when")},
			{Text: t(v, "score.value"), Numeric: true}, {Text: t(v, "score.band")}}, Rows: rows}.UI()}}.UI())
}

// littleNote says apart from a band that is not bad that little is held; nothing where
// enough is.
func littleNote(v *mingjing.View, s *mingjing.Score, band mingjing.Band) app.UI {
	if !s.Little() || band.Tone == "poor" {
		return nil
	}
	return c.Muted(t(v, "score.little"))
}

func othersSection(v *mingjing.View, s *mingjing.ScoreView) app.UI {
	ways := c.Div("actions", c.LinkButton{Text: t(v, "overview.ask_again"), Href: href(v, "ask"), Kind: "secondary"}.UI(),
		c.LinkButton{Text: t(v, "compare.link"), Href: href(v, "compare"), Kind: "secondary"}.UI())
	if len(s.Others) == 0 {
		return c.Section("others", t(v, "score.others"), c.Muted(t(v, "score.others_none")), ways)
	}
	cards := make([]app.UI, 0, len(s.Others))
	for _, o := range s.Others {
		cards = append(cards, scoreCard(v, o))
	}
	return c.Section("others", t(v, "score.others"), c.List("cards", cards...), ways)
}

package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("overview", page.Screen{Data: page.New[mingjing.OverviewView], Body: overviewBody})

func overviewBody(v *mingjing.View) []app.UI {
	o := mingjing.DataOf[mingjing.OverviewView](v)
	if o == nil {
		o = &mingjing.OverviewView{}
	}
	name := ""
	if v.Who != nil {
		name = v.Who.Name
	}
	var blacklisted app.UI
	if o.Blacklisted > 0 {
		kind, text := "info", "overview.blacklisted_paused"
		if o.Restricted > 0 {
			kind, text = "warning", "overview.blacklisted_text"
		}
		blacklisted = c.Notification{Kind: kind, Title: tn(v, "overview.blacklisted", o.Blacklisted), Text: t(v, text),
			Body: []app.UI{c.Link{Text: t(v, "overview.blacklisted_link"), Href: href(v, "listings"), Class: "row-link"}.UI()}}.UI()
	}
	// A listing that an agency proposes is no objection of the resident's; once it waits
	// for them it stands above.
	disputes, proposals := []mingjing.Case{}, []mingjing.Case{}
	for _, d := range o.OpenDisputes {
		switch {
		case d.Kind != mingjing.CaseListing:
			disputes = append(disputes, d)
		case d.State != mingjing.CaseToServe:
			proposals = append(proposals, d)
		}
	}
	return []app.UI{
		page.Heading(name, t(v, "overview.title")),
		awaitingCard(v, o.Awaiting),
		blacklisted,
		openRequestCard(v, o.Open),
		scoreSection(v, o),
		overviewDisputes(v, "open-disputes", t(v, "overview.open_disputes"), disputes),
		overviewDisputes(v, "proposals", t(v, "overview.proposals"), proposals),
		c.Section("held", t(v, "overview.held"), c.Div("figures figures-three",
			figure(v, o.Records, "overview.records", href(v, "records")),
			figure(v, o.Blacklisted, "overview.blacklists", href(v, "listings")),
			figure(v, len(disputes), "overview.disputes", href(v, "disputes")))),
		entriesSection(v, o.RecentEntries),
		// It is the first page after a login.
		c.El("p", c.A{"class": "passkey"}, c.Link{Text: t(v, "passkeys.offer"), Href: href(v, "security")}.UI()),
	}
}

// awaitingCard returns the notices of listings that wait to be confirmed or answered.
func awaitingCard(v *mingjing.View, listings []mingjing.Listing) app.UI {
	if len(listings) == 0 {
		return nil
	}
	notes := make([]app.UI, 0, len(listings))
	for _, l := range listings {
		title, text, link := t(v, "overview.notice_title"), "overview.notice_confirm", "overview.notice_read"
		if l.State == mingjing.ListingServed && l.AnswerBy != nil {
			title, text, link = t(v, "listing.stand.served", "time", page.Deadline(v, *l.AnswerBy)), "overview.notice_answer", "overview.notice_see"
		}
		notes = append(notes, c.Notification{Kind: "warning", Title: title,
			Text: t(v, text, "agency", v.Label("agency", l.Agency), "item", v.Label("item", l.Code)),
			Body: []app.UI{c.Link{Text: t(v, link), Href: href(v, "listing", page.Segment(l.ID)), Class: "row-link"}.UI()}}.UI())
	}
	return c.Div("stack", notes...)
}

// figure returns a number with a link to the page that shows what is counted.
func figure(v *mingjing.View, n int, key, to string) app.UI {
	return c.El("a", c.A{"href": to, "class": "figure"}, c.Span("figure-number", i18n.Number(v.Lang, n)), c.Span("figure-name", tn(v, key, n)))
}

// openRequestCard returns the request that is being worked on, live.
func openRequestCard(v *mingjing.View, r *mingjing.ScoreRequest) app.UI {
	if r == nil {
		return nil
	}
	return c.Card{Title: t(v, "overview.working"), Href: href(v, "request", r.ID), Body: []app.UI{
		c.Muted(v.Label("rulebook", r.Rulebook.ID)),
		requestProgress(v, r),
	}}.UI()
}

func scoreSection(v *mingjing.View, o *mingjing.OverviewView) app.UI {
	ask := app.UI(nil)
	if o.Open == nil {
		ask = c.LinkButton{Text: t(v, "overview.ask_again"), Href: href(v, "ask"), Kind: "secondary"}.UI()
	}
	if len(o.Latest) == 0 {
		if o.Open != nil {
			return nil
		}
		return c.Section("scores", t(v, "overview.scores"), c.EmptyState{Title: t(v, "overview.no_score"), Text: t(v, "overview.no_score_text"),
			Action: c.LinkButton{Text: t(v, "overview.ask"), Href: href(v, "ask")}.UI()}.UI())
	}
	cards := make([]app.UI, 0, len(o.Latest))
	for _, s := range o.Latest {
		cards = append(cards, scoreCard(v, s))
	}
	return c.Section("scores", t(v, "overview.scores"), c.List("cards", cards...), ask)
}

// scoreCard returns a score in short, with a link to its page.
func scoreCard(v *mingjing.View, s mingjing.ScoreCard) app.UI {
	return c.Card{Body: []app.UI{c.Div("score-card",
		c.Disc{Value: s.Value, Min: s.Min, Max: s.Max, Tone: s.Band.Tone, Small: true, Label: t(v, "score.value")}.UI(),
		c.Div("", c.El("h3", c.A{"class": "card-title"},
			c.El("a", c.A{"href": scorePath(v, s.Rulebook.ID), "class": "card-link"}, c.Text(v.Label("rulebook", s.Rulebook.ID)))),
			c.El("p", nil, page.BandUI(v, s.Band, "")),
			c.El("p", c.A{"class": "muted small"}, c.Text(t(v, "score.made", "when", page.Instant(v, s.At))))))}}.UI()
}

// scorePath returns the address of the score by one rulebook.
func scorePath(v *mingjing.View, rulebook string) string {
	return href(v, "score") + "?rulebook=" + rulebook
}

func overviewDisputes(v *mingjing.View, id, title string, disputes []mingjing.Case) app.UI {
	if len(disputes) == 0 {
		return nil
	}
	cards := make([]app.UI, 0, len(disputes))
	for _, d := range disputes {
		var clock app.UI
		if next := page.NextClock(d.Clocks); next != nil {
			clock = c.Clock{Lang: v.Lang, Label: page.Code(v, "clock", next.Code), Due: next.Due, Now: v.Now, Zone: page.Zone(v),
				Missed: next.Missed}.UI()
		}
		cards = append(cards, c.Card{Title: v.Label("item", d.Code()), Level: 3, Href: href(v, "dispute", d.ID),
			Aside: c.Tag{Text: page.Code(v, "dispute_state", string(d.State)), Tone: "info"}.UI(),
			Body:  []app.UI{c.Muted(v.Label("agency", d.Agency())), clock}}.UI())
	}
	return c.Section(id, title, c.List("cards", cards...))
}

func entriesSection(v *mingjing.View, entries []mingjing.AccessEntry) app.UI {
	if len(entries) == 0 {
		return c.Section("looks", t(v, "overview.looks"), c.Muted(t(v, "overview.no_looks")))
	}
	rows := make([]app.UI, 0, len(entries))
	for _, l := range entries {
		rows = append(rows, c.Div("row", c.Div("row-main",
			c.El("p", nil, page.AccessWho(v, l)),
			c.El("p", c.A{"class": "meta"}, c.El("span", nil, page.AccessWhat(v, l)), c.El("span", nil, c.Text(page.PurposeText(v, l))))),
			c.El("p", c.A{"class": "muted small"}, page.TimeUI(v, l.At))))
	}
	return c.Section("looks", t(v, "overview.looks"), c.List("rows", rows...),
		c.Link{Text: t(v, "overview.looks_link"), Href: href(v, "access-log"), Class: "row-link"}.UI(),
		exportLink(v))
}

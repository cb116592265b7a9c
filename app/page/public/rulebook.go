package public

import (
	"cmp"
	"slices"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("rulebooks", page.Screen{Data: page.New[mingjing.RulebooksView], Body: rulebooksBody})
	_ = page.Register("rulebook", page.Screen{Data: page.New[mingjing.RulebookPage], Body: rulebookBody, Wide: true,
		Title: func(v *mingjing.View) string {
			if mingjing.DataOf[mingjing.RulebookPage](v) == nil {
				return t(v, "title.rulebook")
			}
			return mingjing.DataOf[mingjing.RulebookPage](v).Rulebook.Name.In(v.Lang)
		},
		Back: func(v *mingjing.View) (string, string) { return t(v, "chrome.rulebooks"), href(v, "rulebooks") }})
)

func rulebooksBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.RulebooksView](v)
	body := []app.UI{page.Heading("", t(v, "title.rulebooks")), page.Lead(t(v, "rulebooks.lead"))}
	if shown == nil || len(shown.Rulebooks) == 0 {
		return append(body, c.EmptyState{Title: t(v, "rulebooks.none"), Text: t(v, "rulebooks.none_text")}.UI())
	}
	cards := make([]app.UI, 0, len(shown.Rulebooks))
	for i := range shown.Rulebooks {
		b := &shown.Rulebooks[i]
		cards = append(cards, c.Card{Title: b.Name.In(v.Lang), Href: href(v, "rulebook", b.ID), Aside: sampleTag(v, b.Sample), Body: []app.UI{
			c.P(b.About.In(v.Lang)),
			c.El("p", c.A{"class": "meta"},
				c.El("span", nil, c.Text(b.City.In(v.Lang))),
				c.El("span", nil, c.Text(t(v, "rulebook.version_is", "version", b.Version))),
				c.El("span", nil, c.Text(tn(v, "count.items", len(b.Catalogue)))),
				c.El("span", nil, c.Text(tn(v, "count.agencies", len(b.Agencies)))))}}.UI())
	}
	return append(body, c.List("cards", cards...), draftsList(v, shown.Drafts), refusedSection(v, "rulebooks.refused", shown.Refused),
		registerLink(v),
		c.El("p", nil, c.Link{Text: t(v, "nav.agencies"), Href: href(v, "agencies"), Class: "row-link"}.UI()))
}

func sampleTag(v *mingjing.View, sample bool) app.UI {
	if !sample {
		return nil
	}
	return c.Tag{Text: t(v, "rulebook.sample"), Tone: "warn"}.UI()
}

func rulebookBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.RulebookPage](v)
	if shown == nil || shown.Rulebook == nil {
		shown = &mingjing.RulebookPage{Rulebook: &mingjing.Rulebook{}}
	}
	b := shown.Rulebook
	var sample app.UI
	if b.Sample {
		sample = c.Notification{Kind: "info", Title: t(v, "rulebook.sample_title"),
			Text: cmp.Or(b.SampleNote.In(v.Lang), t(v, "rulebook.sample_text"))}.UI()
	}
	body := []app.UI{
		page.Heading(b.City.In(v.Lang), b.Name.In(v.Lang)),
		page.Lead(b.About.In(v.Lang)),
		notInForce(v, shown),
		changesSection(v, shown),
		commentsSection(v, shown),
		sample,
		c.Div("figures",
			bookFigure(page.Plain(b.Base), t(v, "rulebook.base")),
			bookFigure(t(v, "score.range", "from", page.Plain(b.Min), "to", page.Plain(b.Max)), t(v, "rulebook.scale")),
			bookFigure(i18n.Number(v.Lang, len(b.Catalogue)), t(v, "rulebook.items")),
			bookFigure(i18n.Number(v.Lang, len(b.Agencies)), t(v, "rulebook.agencies")),
			bookFigure(t(v, "rulebook.percent", "n", i18n.Number(v.Lang, b.LeastPercent())), t(v, "rulebook.least_answered"))),
		tryLink(v, shown),
		refusedSection(v, "rulebook.refused", b.Refused),
		page.SearchForm(v, href(v, "rulebook", cmp.Or(shown.Hash, b.ID)), t(v, "rulebook.search")),
	}
	if words := page.Searched(v); len(words) > 0 {
		return append(body, foundRules(v, b, words)...)
	}
	return append(body, c.Div("folds", rulebookFolds(v, shown)...))
}

// rulebookFolds returns the parts of a rulebook, each folded away under its heading, so
// that the headings are the contents.
func rulebookFolds(v *mingjing.View, shown *mingjing.RulebookPage) []app.UI {
	b := shown.Rulebook
	var folds []app.UI
	fold := func(id, title string, count int, body ...app.UI) {
		f := c.Fold{ID: id, Title: title, Body: body}
		if count > 0 {
			f.Count = i18n.Number(v.Lang, count)
		}
		folds = append(folds, f.UI())
	}
	folds = append(folds, c.Fold{ID: "bands", Title: t(v, "score.bands"), Count: i18n.Number(v.Lang, len(b.Bands)), Open: len(b.Bands) < 5,
		Body: []app.UI{bandsTable(v, b)}}.UI())
	fold("never", t(v, "rulebook.never"), len(b.NeverUsed), c.P(t(v, "rulebook.never_text")), neverTable(b.NeverUsed, v.Lang), registerLink(v))
	for _, area := range mingjing.Areas {
		if items := b.InArea(area); len(items) > 0 {
			fold("rules-"+string(area), t(v, "area."+string(area)), len(items), c.Muted(t(v, "rulebook.rules_text")),
				rulesTable(v, b, items, t(v, "area."+string(area))))
		}
	}
	if len(b.Criteria) > 0 {
		fold("criteria", t(v, "rulebook.criteria"), len(b.Criteria), criteriaSection(v, b)...)
	}
	if len(b.Factors) > 0 {
		fold("factors", t(v, "rulebook.factors"), len(b.Factors), factorsSection(v, b)...)
	}
	fold("procedure", t(v, "rulebook.procedure"), 0, c.P(t(v, "rulebook.procedure_text")), stepsTable(v, b), procedureNote(v, b),
		calendarPart(v, shown.Calendar))
	fold("tiers", t(v, "rulebook.tiers"), len(b.Procedure.Tiers), tiersTable(v, b))
	fold("lists", t(v, "rulebook.lists"), 0, listsTable(v, b))
	fold("measures", t(v, "rulebook.measures"), len(b.Measures), c.P(t(v, "rulebook.measures_text")), measuresTable(v, b))
	fold("agencies", t(v, "rulebook.agencies_title"), len(b.Agencies), agenciesTable(v, b))
	hash := cmp.Or(shown.Hash, b.Ref().Hash)
	fold("file", t(v, "rulebook.file"), 0, c.P(t(v, "rulebook.file_text")), c.SummaryList{Rows: []c.SummaryRow{
		{Key: t(v, "rulebook.version"), Text: b.Version},
		{Key: t(v, "rulebook.from"), Text: page.Date(v, b.From)},
		{Key: t(v, "rulebook.figures"), Text: cmp.Or(b.Basis.In(v.Lang), t(v, "rulebook.figures_by_item"))},
		{Key: "SHA-256", Value: hashUI(hash)},
		{Key: t(v, "rulebook.download"), Value: c.Link{Text: b.ID + "-" + b.Version + ".json",
			Href: "/web/rulebooks/" + hash + ".json", Full: true, Class: "row-link"}.UI()}}}.UI())
	if len(shown.Versions) > 0 {
		fold("versions", t(v, "rulebook.versions"), len(shown.Versions), versionsSection(v, shown)...)
	}
	if drafts := draftsList(v, shown.Drafts); drafts != nil {
		folds = append(folds, drafts)
	}
	return folds
}

// foundRules returns the rules of a rulebook that have all the words.
func foundRules(v *mingjing.View, b *mingjing.Rulebook, words []string) []app.UI {
	var items []mingjing.Item
	for _, i := range b.Catalogue {
		if page.Finds(words, i.Name.In(v.Lang), i.LegalBasis.In(v.Lang), t(v, "area."+string(i.Area)),
			strings.Join(documentNames(v, b, i.Documents), " ")) {
			items = append(items, i)
		}
	}
	if len(items) == 0 {
		return []app.UI{c.El("p", c.A{"role": "status"}, c.Text(t(v, "search.none")))}
	}
	count := tn(v, "search.found", len(items))
	return []app.UI{c.El("p", c.A{"class": "count-line", "role": "status"}, c.Text(count)), rulesTable(v, b, items, count)}
}

// tryLink returns the link to the page on which anybody can try the rulebook.
func tryLink(v *mingjing.View, shown *mingjing.RulebookPage) app.UI {
	hash := cmp.Or(shown.Hash, shown.Rulebook.Ref().Hash)
	if hash == "" {
		return nil
	}
	return c.Div("actions", c.LinkButton{Text: t(v, "try.link"), Href: href(v, "try", hash)}.UI())
}

// notInForce returns a note on a page of a version that does not hold today.
func notInForce(v *mingjing.View, shown *mingjing.RulebookPage) app.UI {
	b := shown.Rulebook
	if shown.InForce || b.ID == "" {
		return nil
	}
	if b.Draft {
		return c.Notification{Kind: "warning", Title: t(v, "draft.title", "version", b.Version, "day", page.Date(v, b.From)),
			Text: t(v, "draft.text")}.UI()
	}
	key, other := "rulebook.held", href(v, "rulebook", b.ID)
	if b.From > v.Today {
		key = "rulebook.will_hold"
	}
	return c.Notification{Kind: "info", Title: t(v, key, "version", b.Version, "day", page.Date(v, b.From)), Text: t(v, key+"_text"),
		Body: []app.UI{c.El("p", nil, c.Link{Text: t(v, "rulebook.now"), Href: other}.UI())}}.UI()
}

// changesSection says why a version that does not hold yet is proposed, and what it
// changes.
func changesSection(v *mingjing.View, shown *mingjing.RulebookPage) app.UI {
	b := shown.Rulebook
	if shown.InForce || !b.Draft && len(shown.Changes) == 0 {
		return nil
	}
	var body []app.UI
	if why := b.Why.In(v.Lang); why != "" {
		body = append(body, c.El("h3", nil, c.Text(t(v, "draft.why"))), c.P(why))
	}
	body = append(body, c.El("h3", nil, c.Text(t(v, "draft.changes"))))
	items := make([]app.UI, 0, len(shown.Changes))
	for _, x := range shown.Changes {
		items = append(items, c.El("li", nil, c.Text(i18n.LawChange(v.Lang, x))))
	}
	if len(items) == 0 {
		body = append(body, c.P(t(v, "law_change.none")))
	} else {
		body = append(body, c.El("ul", c.A{"class": "bullets"}, items...))
	}
	return c.Section("changes", t(v, "draft.section"), append(body, c.P(t(v, "draft.for_me")),
		c.El("p", nil, c.Link{Text: t(v, "draft.my_score"), Href: href(v, "score") + "?rulebook=" + b.ID, Class: "row-link"}.UI()))...)
}

// draftsList lists proposed versions.
func draftsList(v *mingjing.View, drafts []mingjing.RulebookVersion) app.UI {
	if len(drafts) == 0 {
		return nil
	}
	items := make([]app.UI, 0, len(drafts))
	for _, d := range drafts {
		items = append(items, c.El("li", nil, c.Link{
			Text: t(v, "draft.link", "rulebook", d.ID, "version", d.Version, "day", page.Date(v, d.From)),
			Href: href(v, "rulebook", d.Hash)}.UI()))
	}
	return c.Section("drafts", t(v, "draft.list"), c.P(t(v, "draft.list_text")), c.El("ul", c.A{"class": "bullets"}, items...))
}

// versionsSection lists all versions of the rulebook; a score is explained by its own.
func versionsSection(v *mingjing.View, shown *mingjing.RulebookPage) []app.UI {
	rows := make([][]app.UI, 0, len(shown.Versions))
	for _, x := range shown.Versions {
		state := "rulebook.state_was"
		switch {
		case x.InForce:
			state = "rulebook.state_now"
		case x.From > v.Today:
			state = "rulebook.state_later"
		}
		rows = append(rows, []app.UI{c.Link{Text: x.Version, About: t(v, "rulebook.version"), Href: href(v, "rulebook", x.Hash)}.UI(),
			c.Text(page.Date(v, x.From)), c.Text(t(v, state)), hashUI(x.Hash)})
	}
	return []app.UI{c.P(t(v, "rulebook.versions_text")), c.Table{
		Caption: t(v, "rulebook.versions"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "rulebook.version")},
			{Text: t(v, "rulebook.from")}, {Text: t(v, "rulebook.state")}, {Text: "SHA-256"}}, Rows: rows}.UI()}
}

func hashUI(hash string) app.UI {
	if hash == "" {
		return nil
	}
	return c.Span("hash", hash)
}

func bookFigure(value, name string) app.UI {
	return c.El("p", nil, c.Span("figure-number", value), c.El("br", nil), c.Span("figure-name", name))
}

func bandsTable(v *mingjing.View, b *mingjing.Rulebook) app.UI {
	rows := make([][]app.UI, 0, len(b.Bands))
	for i, band := range b.Bands {
		to := b.Max
		if i > 0 {
			to = b.Bands[i-1].From - 1
		}
		var brings app.UI = c.Text(t(v, "score.brings_none"))
		if len(band.Brings) > 0 {
			brings = page.Texts(v, band.Brings)
		}
		rows = append(rows, []app.UI{page.BandUI(v, band, ""),
			c.Span("nowrap", t(v, "score.range", "from", page.Plain(max(band.From, b.Min)), "to", page.Plain(to))), brings,
			sampleTag(v, band.Sample)})
	}
	return c.Table{Caption: t(v, "score.bands"), QuietCaption: true,
		Columns: []c.Column{{Text: t(v, "score.band")}, {Text: t(v, "rulebook.values")},
			{Text: t(v, "rulebook.brings")}, {Text: t(v, "rulebook.source")}}, Rows: rows}.UI()
}

func neverTable(of []mingjing.NeverUse, lang string) app.UI {
	rows := make([]c.SummaryRow, 0, len(of))
	for _, n := range of {
		rows = append(rows, c.SummaryRow{Key: n.Name.In(lang), Text: n.Reason.In(lang)})
	}
	return c.SummaryList{Rows: rows}.UI()
}

// refusedSection says what such a system did and this one does not, with the reasons;
// nothing where there is none.
func refusedSection(v *mingjing.View, key string, refused []mingjing.NeverUse) app.UI {
	if len(refused) == 0 {
		return nil
	}
	return c.Section("refused", t(v, key), c.P(t(v, key+"_text")), neverTable(refused, v.Lang))
}

// registerLink leads to the file of all that a rulebook may name.
func registerLink(v *mingjing.View) app.UI {
	return c.El("p", nil, c.Link{Text: t(v, "rulebook.register"), Href: "/web/rulebooks/" + mingjing.RegisterName, Full: true,
		Class: "row-link"}.UI())
}

// rulesTable returns rules, each with its documents and its law folded away.
func rulesTable(v *mingjing.View, b *mingjing.Rulebook, items []mingjing.Item, caption string) app.UI {
	rows := make([][]app.UI, 0, len(items))
	for _, i := range items {
		var list app.UI
		if i.Listing != "" {
			list = c.El("p", c.A{"class": "muted"}, c.Text(t(v, "list_kind."+string(i.Listing))))
		}
		rows = append(rows, []app.UI{
			c.Div("", c.El("p", nil, c.Text(i.Name.In(v.Lang))), list),
			ruleEffect(v, b, i),
			c.Text(tn(v, "count.months", i.CountsMonths)),
			c.Details{Summary: t(v, "rulebook.citation"), Body: []app.UI{
				c.P(strings.Join(documentNames(v, b, i.Documents), t(v, "rulebook.or"))), c.Muted(i.LegalBasis.In(v.Lang)),
				sampleTag(v, i.Sample)}}.UI()})
	}
	return c.Table{Caption: caption, QuietCaption: true,
		Columns: []c.Column{{Text: t(v, "rulebook.item")}, {Text: t(v, "rulebook.effect")},
			{Text: t(v, "rulebook.counts")}, {Text: t(v, "rulebook.basis")}}, Rows: rows}.UI()
}

func ruleEffect(v *mingjing.View, b *mingjing.Rulebook, i mingjing.Item) app.UI {
	switch {
	case i.Cap != "":
		name := i.Cap
		if band, ok := b.Band(i.Cap); ok {
			name = band.Name.In(v.Lang)
		}
		return c.Span("points", t(v, "score.cap", "band", name))
	case i.Points > 0:
		return c.Span("points points-plus", i18n.Signed(v.Lang, i.Points))
	case i.Points < 0:
		return c.Span("points points-minus", i18n.Signed(v.Lang, i.Points))
	}
	if slices.ContainsFunc(b.Criteria, func(k mingjing.Criterion) bool { return slices.Contains(k.Items, i.Code) }) {
		return c.Span("muted", t(v, "rulebook.by_table"))
	}
	return c.Span("muted", t(v, "rulebook.held_only"))
}

func documentNames(v *mingjing.View, b *mingjing.Rulebook, kinds []string) []string {
	names := make([]string, 0, len(kinds))
	for _, k := range kinds {
		name := k
		for _, d := range b.Documents {
			if d.Code == k {
				name = d.Name.In(v.Lang)
			}
		}
		names = append(names, name)
	}
	return names
}

func agenciesTable(v *mingjing.View, b *mingjing.Rulebook) app.UI {
	rows := make([][]app.UI, 0, len(b.Agencies))
	for _, a := range b.Agencies {
		names := make([]string, 0, len(a.Holds))
		for _, h := range a.Holds {
			if i, ok := b.Item(h); ok {
				names = append(names, i.Name.In(v.Lang))
			}
		}
		rows = append(rows, []app.UI{c.Text(a.Name.In(v.Lang)), c.Text(strings.Join(names, t(v, "rulebook.semicolon")))})
	}
	return c.Table{Caption: t(v, "rulebook.agencies_title"), QuietCaption: true,
		Columns: []c.Column{{Text: t(v, "rulebook.agency")}, {Text: t(v, "rulebook.may_supply")}}, Rows: rows}.UI()
}

// stepsTable returns how long everybody has, in the order of the procedure.
func stepsTable(v *mingjing.View, b *mingjing.Rulebook) app.UI {
	p := &b.Procedure
	var rows [][]app.UI
	row := func(step, time string) {
		rows = append(rows, []app.UI{c.Text(t(v, "rulebook.step."+step)), c.Span("nowrap", time)})
	}
	for _, s := range []struct {
		step string
		days int
	}{
		{"check", p.CheckDays}, {"serve", p.ServeDays}, {"answer", p.AnswerDays}, {"mark", p.MarkDays}, {"forward", p.ForwardDays},
		{"agency", p.AgencyDays}, {"second_notice", p.SecondNoticeDays}, {"bureau", p.BureauDays}, {"extension", p.ExtensionDays},
		{"review", p.ReviewDays}, {"repair", p.RepairDays}, {"delete", p.DeleteDays}, {"very_late", p.VeryLateDays},
	} {
		row(s.step, tn(v, "count.working_days", s.days))
	}
	row("reopen", tn(v, "count.months", p.ReopenMonths))
	row("statement", tn(v, "count.words", p.StatementWords))
	return c.Table{Caption: t(v, "rulebook.procedure"), QuietCaption: true,
		Columns: []c.Column{{Text: t(v, "rulebook.procedure_step")}, {Text: t(v, "rulebook.procedure_time")}}, Rows: rows}.UI()
}

func procedureNote(v *mingjing.View, b *mingjing.Rulebook) app.UI {
	p := &b.Procedure
	var sample app.UI
	if p.Sample {
		sample = c.El("p", c.A{"class": "muted"}, sampleTag(v, true), c.Text(" "+p.SampleNote.In(v.Lang)))
	}
	return c.Div("", c.Muted(t(v, "rulebook.procedure_basis", "basis", p.LegalBasis.In(v.Lang))), sample)
}

func tiersTable(v *mingjing.View, b *mingjing.Rulebook) app.UI {
	rows := make([][]app.UI, 0, len(b.Procedure.Tiers))
	for _, tier := range b.Procedure.Tiers {
		repair := t(v, "rulebook.tier_at_once")
		if tier.MinMonths > 0 {
			repair = t(v, "rulebook.tier_after", "time", tn(v, "count.months", tier.MinMonths))
		}
		rows = append(rows, []app.UI{c.Text(tier.Name.In(v.Lang)), c.Text(repair), c.Text(tn(v, "count.months", tier.MaxMonths))})
	}
	return c.Table{Caption: t(v, "rulebook.tiers"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "rulebook.tier")},
		{Text: t(v, "rulebook.tier_repair")}, {Text: t(v, "rulebook.tier_ends")}}, Rows: rows}.UI()
}

func tierName(v *mingjing.View, b *mingjing.Rulebook, code string) string {
	tier, _ := b.Procedure.Tier(code)
	return cmp.Or(tier.Name.In(v.Lang), code)
}

func listsTable(v *mingjing.View, b *mingjing.Rulebook) app.UI {
	var rows [][]app.UI
	for _, i := range b.Catalogue {
		if i.Listing == "" {
			continue
		}
		var tier app.UI
		if i.Tier != "" {
			tier = c.Text(tierName(v, b, i.Tier))
		}
		var measures []mingjing.Text
		for _, m := range b.MeasuresOf(i) {
			measures = append(measures, m.Name)
		}
		rows = append(rows, []app.UI{
			c.Div("", c.El("p", nil, c.Text(i.Name.In(v.Lang))), c.El("p", c.A{"class": "muted"}, c.Text(t(v, "list_kind."+string(i.Listing))))),
			tier, page.Texts(v, measures), c.Text(i.Exit.In(v.Lang))})
	}
	return c.Table{Caption: t(v, "rulebook.lists"), QuietCaption: true,
		Columns: []c.Column{{Text: t(v, "rulebook.list")}, {Text: t(v, "rulebook.tier")},
			{Text: t(v, "rulebook.list_measures")}, {Text: t(v, "rulebook.list_exit")}}, Rows: rows}.UI()
}

func measuresTable(v *mingjing.View, b *mingjing.Rulebook) app.UI {
	rows := make([][]app.UI, 0, len(b.Measures))
	for _, m := range b.Measures {
		rows = append(rows, []app.UI{c.Text(m.Name.In(v.Lang)), c.Text(m.LegalBasis.In(v.Lang)), c.Text(tierName(v, b, m.Tier))})
	}
	return c.Table{Caption: t(v, "rulebook.measures"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "rulebook.measure")},
		{Text: t(v, "rulebook.basis")}, {Text: t(v, "rulebook.measure_tier")}}, Rows: rows}.UI()
}

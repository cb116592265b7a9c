package resident

import (
	"context"
	"slices"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// WhatIf lets a person try in the browser what changes would do to a score. The scoring
// function itself makes it, of the published rulebook and of the resident's own records
// and listings, or of none for somebody who is not logged in. Nothing is sent.
type WhatIf struct {
	app.Compo

	// V has the names of what can be added, Codes its catalogue codes.
	V     *mingjing.View
	Codes []string
	// Score is the score to begin with. Without an ID it is nobody's, and begins with
	// nothing on file.
	Score mingjing.Score
	// Outlook are the days on which the score changes by itself.
	Outlook []mingjing.Change

	state verifyState
	able  bool // there is a browser to try it in
	work  background

	book    *mingjing.Rulebook
	in      mingjing.Input
	flips   []mingjing.Flip
	flipped map[int]bool
	added   []string // catalogue codes
	adding  string   // the one that is chosen to be added
	day     mingjing.Date
	// from is the id of the score and the hash of the rulebook that were begun with.
	from string
}

// maxAdded is the limit of what can be added to one trial.
const maxAdded = 20

// OnMount shows the button: there is a browser.
func (p *WhatIf) OnMount(app.Context) { p.able = Fetch != nil }

// OnUpdate begins anew when the score has changed.
func (p *WhatIf) OnUpdate(ctx app.Context) {
	if p.from != "" && p.from != p.Score.ID+p.Score.Rulebook.Hash {
		p.start(ctx)
	}
}

// OnDismount cancels what is being read.
func (p *WhatIf) OnDismount() { p.work.stop() }

// start reads the rulebook and the person's own data.
func (p *WhatIf) start(ctx app.Context) {
	score := p.Score
	p.state, p.from = verifyWorking, score.ID+score.Rulebook.Hash
	p.work.start(ctx, func(ctx context.Context) func() {
		book, in, err := whatIfInput(ctx, Fetch, score)
		return func() {
			if p.state = verifyFailed; err == nil {
				p.begin(book, in)
			}
		}
	})
}

// whatIfInput returns the rulebook of a score and what the score is made from.
func whatIfInput(ctx context.Context, fetch func(context.Context, string) ([]byte, error), score mingjing.Score) (*mingjing.Rulebook,
	mingjing.Input, error) {
	in := mingjing.Input{AsOf: score.AsOf}
	book, err := versionAt(ctx, fetch, score.Rulebook.Hash)
	if err != nil {
		return nil, in, err
	}
	if book.Ref().Hash != score.Rulebook.Hash {
		return nil, in, errOtherFile
	}
	if score.ID != "" {
		in, err = ownInput(ctx, fetch, score)
	}
	return book, in, err
}

// begin shows the score as it is, to be changed.
func (p *WhatIf) begin(book *mingjing.Rulebook, in mingjing.Input) {
	p.book, p.in, p.state = book, in, verifySame
	p.flips, _ = mingjing.Flips(book, in)
	p.flipped, p.added, p.adding, p.day = map[int]bool{}, nil, "", in.AsOf
}

// made returns the score with the changes that were chosen.
func (p *WhatIf) made() mingjing.Score {
	var chosen []mingjing.Flip
	for i, f := range p.flips {
		if p.flipped[i] {
			chosen = append(chosen, f)
		}
	}
	in := mingjing.Flipped(p.book, p.in, chosen...)
	in.AsOf = p.day
	for i, code := range p.added {
		in = mingjing.WithNew(p.book, in, code, "new-"+strconv.Itoa(i))
	}
	return mingjing.MakeScore(p.book, in)
}

// Render shows the result, and what can be changed.
func (p *WhatIf) Render() app.UI {
	t := func(key string, pairs ...string) string { return i18n.T(p.V.Lang, key, pairs...) }
	if !p.able {
		return c.El("p", c.A{"class": "muted", "data-what-if": "idle"}, c.Text(t("whatif.scripts")))
	}
	key, name := "whatif.start", "start"
	var body []app.UI
	switch p.state {
	case verifyWorking:
		name = "working"
		body = []app.UI{c.El("p", c.A{"role": "status"}, c.Text(t("whatif.working")))}
	case verifyFailed:
		name = "failed"
		body = []app.UI{c.El("p", c.A{"role": "status"}, c.Text(t("whatif.failed")))}
	case verifySame:
		key, name = "whatif.again", "ready"
		body = p.trial(t)
	}
	// The button stays where it is, so that it keeps the focus.
	button := app.Button().Type("button").Class("button", "button-secondary").Text(t(key)).OnClick(func(ctx app.Context, _ app.Event) {
		p.start(ctx)
	})
	return c.El("div", c.A{"class": "what-if stack", "data-what-if": name}, append([]app.UI{button}, body...)...)
}

// trial returns the result and the choices.
func (p *WhatIf) trial(t func(string, ...string) string) []app.UI {
	now, then := mingjing.MakeScore(p.book, p.in), p.made()
	band := func(code string) mingjing.Band { b, _ := p.book.Band(code); return b }
	nowBand, thenBand := band(now.Band), band(then.Band)
	said := t("whatif.result", "value", page.Plain(then.Value), "band", thenBand.Name.In(p.V.Lang), "now", page.Plain(now.Value),
		"now_band", nowBand.Name.In(p.V.Lang))
	out := []app.UI{c.El("div", c.A{"class": "what-if-result", "role": "status"},
		c.Disc{Value: then.Value, Min: p.book.Min, Max: p.book.Max, Tone: thenBand.Tone, Small: true, Label: t("score.value")}.UI(),
		c.Div("", c.El("p", nil, c.Band{Text: thenBand.Name.In(p.V.Lang), Shape: thenBand.Shape, Tone: thenBand.Tone}.UI()), c.P(said)))}
	var fields []app.UI
	for _, counts := range []bool{false, true} {
		if boxes := p.boxes(t, counts); len(boxes) > 0 {
			title := "whatif.gone"
			if counts {
				title = "whatif.comes"
			}
			fields = append(fields, c.El("fieldset", c.A{"class": "stack"}, c.El("legend", c.A{"class": "label"}, c.Text(t(title))),
				c.Div("stack", boxes...)))
		}
	}
	fields = append(fields, p.additions(t)...)
	if len(p.Outlook) > 0 {
		days := c.Select{Name: dayField, Label: t("whatif.day"), Value: string(p.day), Options: []c.Option{
			{Value: string(p.in.AsOf), Text: t("whatif.today", "day", i18n.Date(p.V.Lang, p.in.AsOf))}}}
		for _, x := range p.Outlook {
			days.Options = append(days.Options, c.Option{Value: string(x.On), Text: i18n.Date(p.V.Lang, x.On)})
		}
		fields = append(fields, days.UI())
	}
	return append(out, app.Elem("div").Attr("class", "stack").Body(fields...).On("change", p.change))
}

// The names of the fields of a trial.
const (
	flipField = "what-if"
	newField  = "what-if-new"
	dayField  = "what-if-day"
)

// change takes what the person has chosen in a field. The fields are in no form, so that
// they can't be sent.
func (p *WhatIf) change(_ app.Context, e app.Event) {
	field := e.Get("target")
	switch value := field.Get("value").String(); field.Get("name").String() {
	case newField:
		p.adding = value
	case dayField:
		p.day = mingjing.Date(value)
	case flipField:
		if i, err := strconv.Atoi(value); err == nil {
			p.flipped[i] = field.Get("checked").Bool()
		}
	}
}

// boxes returns a box for each change of one direction.
func (p *WhatIf) boxes(t func(string, ...string) string, counts bool) []app.UI {
	var boxes []app.UI
	for i, f := range p.flips {
		if n := strconv.Itoa(i); f.Counts == counts {
			boxes = append(boxes, c.Checkbox{Name: flipField, ID: flipField + "-" + n, Value: n, Checked: p.flipped[i],
				Label: t("change.flip", "what", p.itemName(f.Rule), "effect", p.effect(t, f.Points, f.Cap))}.UI())
		}
	}
	return boxes
}

// additions returns what was added, and the list to add from.
func (p *WhatIf) additions(t func(string, ...string) string) []app.UI {
	var out []app.UI
	for i, code := range p.added {
		remove := app.Button().Type("button").Class("button", "button-secondary").
			Aria("label", t("whatif.remove_item", "item", p.itemName(code))).Text(t("whatif.remove")).
			OnClick(func(app.Context, app.Event) { p.added = slices.Delete(p.added, i, i+1) })
		out = append(out, c.Div("what-if-added", c.P(p.itemName(code)), remove))
	}
	list := c.Select{Name: newField, Label: t("whatif.new"), Value: p.adding, Options: []c.Option{{Value: "-", Text: t("whatif.choose")}}}
	for _, code := range p.Codes {
		item, ok := p.book.Item(code)
		if !ok {
			continue
		}
		text := p.itemName(code)
		if item.Points != 0 || item.Cap != "" { // and not by a table alone
			text = t("change.flip", "what", text, "effect", p.effect(t, item.Points, item.Cap))
		}
		list.Options = append(list.Options, c.Option{Value: code, Text: text})
	}
	add := app.Button().Type("button").Class("button", "button-secondary").Text(t("whatif.add")).OnClick(func(app.Context, app.Event) {
		if _, ok := p.book.Item(p.adding); ok && len(p.added) < maxAdded {
			p.added = append(p.added, p.adding)
		}
	})
	return append(out, list.UI(), add)
}

func (p *WhatIf) itemName(code string) string { return p.V.Label("item", code) }

// effect returns the points of an entry, or the band that it caps, in short.
func (p *WhatIf) effect(t func(string, ...string) string, points int, limit string) string {
	if limit == "" {
		return i18n.Signed(p.V.Lang, points)
	}
	band, _ := p.book.Band(limit)
	return t("score.cap", "band", band.Name.In(p.V.Lang))
}

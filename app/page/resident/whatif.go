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

	Lang string
	// Score is the score to begin with. Without an ID it is nobody's, and begins with
	// nothing on file.
	Score mingjing.Score

	state verifyState
	able  bool // there is a browser to try it in
	work  background

	book    *mingjing.Rulebook
	in      mingjing.Input
	flips   []mingjing.Flip
	days    []mingjing.Date
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
	p.days = []mingjing.Date{in.AsOf}
	for _, x := range mingjing.Outlook(book, in) {
		p.days = append(p.days, x.On)
	}
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
	t := func(key string, pairs ...string) string { return i18n.T(p.Lang, key, pairs...) }
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
	said := t("whatif.result", "value", page.Plain(then.Value), "band", thenBand.Name.In(p.Lang), "now", page.Plain(now.Value),
		"now_band", nowBand.Name.In(p.Lang))
	out := []app.UI{c.El("div", c.A{"class": "what-if-result", "role": "status"},
		c.Disc{Value: then.Value, Min: p.book.Min, Max: p.book.Max, Tone: thenBand.Tone, Small: true, Label: t("score.value")}.UI(),
		c.Div("", c.El("p", nil, c.Band{Text: thenBand.Name.In(p.Lang), Shape: thenBand.Shape, Tone: thenBand.Tone}.UI()), c.P(said)))}
	for _, counts := range []bool{false, true} {
		if boxes := p.boxes(t, counts); len(boxes) > 0 {
			title := "whatif.gone"
			if counts {
				title = "whatif.comes"
			}
			out = append(out, c.El("fieldset", c.A{"class": "field"}, c.El("legend", c.A{"class": "label"}, c.Text(t(title))),
				c.Div("choices", boxes...)))
		}
	}
	out = append(out, p.additions(t)...)
	if len(p.days) > 1 {
		days := make([]app.UI, 0, len(p.days))
		for i, d := range p.days {
			text := i18n.Date(p.Lang, d)
			if i == 0 {
				text = t("whatif.today", "day", text)
			}
			days = append(days, option(string(d), text, d == p.day))
		}
		out = append(out, p.choice("what-if-day", t("whatif.day"), days, func(value string) { p.day = mingjing.Date(value) }))
	}
	return out
}

// boxes returns a box for each change of one direction.
func (p *WhatIf) boxes(t func(string, ...string) string, counts bool) []app.UI {
	var boxes []app.UI
	for i, f := range p.flips {
		if f.Counts != counts {
			continue
		}
		id := "what-if-" + strconv.Itoa(i)
		box := app.Elem("input").Attr("type", "checkbox").Attr("id", id).Attr("class", "choice-input").
			On("change", func(ctx app.Context, _ app.Event) { p.flipped[i] = ctx.JSSrc().Get("checked").Bool() })
		if p.flipped[i] {
			box = box.Attr("checked", "true")
		}
		boxes = append(boxes, c.Div("choice choice-box", box, c.El("label", c.A{"for": id, "class": "choice-label"},
			c.Text(t("change.flip", "what", p.itemName(f.Rule), "effect", p.effect(t, f.Points, f.Cap))))))
	}
	return boxes
}

// additions returns what was added, and the list to add from.
func (p *WhatIf) additions(t func(string, ...string) string) []app.UI {
	var out []app.UI
	for i, code := range p.added {
		remove := app.Button().Type("button").Class("button", "button-secondary").Aria("label", t("whatif.remove_item", "item", p.itemName(code))).
			Text(t("whatif.remove")).OnClick(func(app.Context, app.Event) { p.added = slices.Delete(p.added, i, i+1) })
		out = append(out, c.Div("what-if-added", c.P(p.itemName(code)), remove))
	}
	options := []app.UI{option("", t("whatif.choose"), p.adding == "")}
	for _, item := range p.book.Catalogue {
		if item.Points != 0 || item.Cap != "" {
			options = append(options, option(item.Code, t("change.flip", "what", item.Name.In(p.Lang), "effect", p.effect(t, item.Points, item.Cap)),
				item.Code == p.adding))
		}
	}
	add := app.Button().Type("button").Class("button", "button-secondary").Text(t("whatif.add")).OnClick(func(app.Context, app.Event) {
		if p.adding != "" && len(p.added) < maxAdded {
			p.added = append(p.added, p.adding)
		}
	})
	return append(out, p.choice("what-if-new", t("whatif.new"), options, func(value string) { p.adding = value }), add)
}

// choice returns a list to choose from.
func (p *WhatIf) choice(id, label string, options []app.UI, chosen func(value string)) app.UI {
	return c.Div("field", c.El("label", c.A{"for": id, "class": "label"}, c.Text(label)),
		app.Elem("select").Attr("id", id).Attr("class", "input select").
			On("change", func(ctx app.Context, _ app.Event) { chosen(ctx.JSSrc().Get("value").String()) }).Body(options...))
}

func option(value, text string, selected bool) app.UI {
	o := app.Elem("option").Attr("value", value).Body(app.Text(text))
	if selected {
		o = o.Attr("selected", "true")
	}
	return o
}

func (p *WhatIf) itemName(code string) string {
	item, _ := p.book.Item(code)
	return item.Name.In(p.Lang)
}

// effect returns the points of an entry, or the band that it caps, in short.
func (p *WhatIf) effect(t func(string, ...string) string, points int, cap string) string {
	if cap == "" {
		return i18n.Signed(p.Lang, points)
	}
	band, _ := p.book.Band(cap)
	return t("score.cap", "band", band.Name.In(p.Lang))
}

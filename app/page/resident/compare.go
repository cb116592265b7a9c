package resident

import (
	"context"
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("compare", page.Screen{Data: page.New[mingjing.CompareView], Body: compareBody, Back: page.BackTo("score")})

func compareBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.CompareView](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	return []app.UI{
		page.Heading("", t(v, "title.compare")),
		page.Lead(t(v, "compare.lead")),
		c.P(t(v, "compare.private")),
		&Compare{V: v, Books: shown.Books},
	}
}

// Compare makes in the browser what each rulebook makes of the resident's own records and
// listings, and says what changes from one to another. Nothing is sent.
type Compare struct {
	app.Compo

	// V has the names of the items.
	V     *mingjing.View
	Books []mingjing.RulebookVersion

	state verifyState
	made  []mingjing.Comparison
	// from and to are the ids of the rulebooks of a move.
	from, to string
	work     background
}

// OnMount starts the work.
func (p *Compare) OnMount(ctx app.Context) {
	if Fetch == nil {
		return
	}
	p.state = verifyWorking
	today := p.V.Today
	p.work.start(ctx, func(ctx context.Context) func() {
		made, err := compareAll(ctx, Fetch, p.Books, today)
		return func() {
			if p.state = verifyFailed; err == nil {
				p.begin(made)
			}
		}
	})
}

// OnDismount cancels it.
func (p *Compare) OnDismount() { p.work.stop() }

// begin shows what was made.
func (p *Compare) begin(made []mingjing.Comparison) {
	p.state, p.made = verifySame, made
	if len(made) > 1 {
		p.from, p.to = made[0].Book.ID, made[1].Book.ID
	}
}

// compareAll reads the rulebooks and the person's own data, and compares them.
func compareAll(ctx context.Context, fetch func(context.Context, string) ([]byte, error), versions []mingjing.RulebookVersion,
	today mingjing.Date) ([]mingjing.Comparison, error) {
	books := make([]*mingjing.Rulebook, 0, len(versions))
	for _, x := range versions {
		b, err := versionAt(ctx, fetch, x.Hash)
		if err != nil {
			return nil, err
		}
		if b.Ref().Hash != x.Hash {
			return nil, errOtherFile
		}
		books = append(books, b)
	}
	in, err := ownInput(ctx, fetch, mingjing.Score{AsOf: today})
	if err != nil {
		return nil, err
	}
	return mingjing.Compare(books, in), nil
}

// Render shows the comparison, and the move.
func (p *Compare) Render() app.UI {
	var key string
	switch p.state {
	case verifyWorking:
		key = "working"
	case verifyFailed:
		key = "failed"
	case verifySame:
		cards := make([]app.UI, 0, len(p.made))
		for i := range p.made {
			cards = append(cards, p.card(&p.made[i]))
		}
		return c.El("div", c.A{"class": "stack", "data-compare": "ready"}, c.List("cards", cards...), p.move())
	default:
		key = "scripts"
	}
	return c.El("p", c.A{"role": "status", "data-compare": key}, c.Text(p.t("compare."+key)))
}

func (p *Compare) t(key string, pairs ...string) string { return i18n.T(p.V.Lang, key, pairs...) }

// card returns what one rulebook makes of what is on file.
func (p *Compare) card(x *mingjing.Comparison) app.UI {
	lang, b := p.V.Lang, x.Book
	band, _ := b.Band(x.Score.Band)
	body := []app.UI{
		c.Muted(b.City.In(lang)),
		c.Div("compare-score",
			c.Disc{Value: x.Score.Value, Min: b.Min, Max: b.Max, Tone: band.Tone, Small: true, Label: p.t("score.value")}.UI(),
			c.Band{Text: band.Name.In(lang), Shape: band.Shape, Tone: band.Tone}.UI()),
		c.Scale{Value: x.Score.Value, Min: b.Min, Max: b.Max, Segments: segments(b.Bands, b.Min, b.Max, x.Score.Band)}.UI(),
		c.P(littleText(lang, &x.Score, band.Tone)),
	}
	if len(x.Makes) > 0 {
		lines := make([]app.UI, 0, mostMakes)
		for _, f := range x.Makes[:min(len(x.Makes), mostMakes)] {
			lines = append(lines, c.Text(p.t("change.flip", "what", p.V.Label("item", f.Rule), "effect", p.effect(b, &f))))
		}
		body = append(body, c.El("h3", nil, c.Text(p.t("compare.makes"))), c.List("bullets", lines...))
	}
	return c.Card{Title: b.Name.In(lang), Href: href(p.V, "rulebook", b.Ref().Hash), Body: body}.UI()
}

// mostMakes is how many lines a card says of what makes the difference.
const mostMakes = 4

// littleText says how much counts, and where that is little, apart from a band that is not
// bad, that the band says little.
func littleText(lang string, s *mingjing.Score, tone string) string {
	said := i18n.T(lang, "compare.counted", "n", strconv.Itoa(s.Counted()))
	if s.Little() && tone != "poor" {
		said += " " + i18n.T(lang, "score.little")
	}
	return said
}

// effect returns what an entry does by a rulebook, in short.
func (p *Compare) effect(b *mingjing.Rulebook, f *mingjing.Flip) string {
	switch {
	case f == nil:
		return p.t("compare.nothing")
	case f.Cap == "":
		return i18n.Signed(p.V.Lang, f.Points)
	}
	band, _ := b.Band(f.Cap)
	return p.t("score.cap", "band", band.Name.In(p.V.Lang))
}

// The names of the fields of a move.
const (
	fromField = "compare-from"
	toField   = "compare-to"
)

// move says what changes from one rulebook to another.
func (p *Compare) move() app.UI {
	var here, there *mingjing.Comparison
	options := make([]c.Option, 0, len(p.made))
	for i := range p.made {
		x := &p.made[i]
		if x.Book.ID == p.from {
			here = x
		}
		if x.Book.ID == p.to {
			there = x
		}
		options = append(options, c.Option{Value: x.Book.ID, Text: p.t("paper.pair", "a", x.Book.Name.In(p.V.Lang), "b", x.Book.City.In(p.V.Lang))})
	}
	if here == nil || there == nil {
		return nil
	}
	said := func(x *mingjing.Comparison) string {
		band, _ := x.Book.Band(x.Score.Band)
		return p.t("compare.is", "rulebook", x.Book.Name.In(p.V.Lang), "value", page.Plain(x.Score.Value), "band", band.Name.In(p.V.Lang))
	}
	lines := []app.UI{}
	for _, m := range mingjing.Moves(*here, *there) {
		before, after := p.effect(here.Book, m.Here), p.effect(there.Book, m.There)
		if before != after {
			lines = append(lines, c.Text(p.t("compare.line", "what", p.V.Label("item", m.Rule), "before", before, "after", after)))
		}
	}
	result := []app.UI{c.P(strings.Join([]string{said(here), said(there)}, " "))}
	if len(lines) == 0 {
		result = append(result, c.P(p.t("compare.same")))
	} else {
		result = append(result, c.List("bullets", lines...))
	}
	return c.Section("move", p.t("compare.move"), c.Muted(p.t("compare.move_text")),
		app.Elem("div").Attr("class", "stack").Body(
			c.Select{Name: fromField, Label: p.t("compare.from"), Value: p.from, Options: options}.UI(),
			c.Select{Name: toField, Label: p.t("compare.to"), Value: p.to, Options: options}.UI()).On("change", p.change),
		c.El("div", c.A{"role": "status", "class": "stack", "data-move": p.from + " " + p.to}, result...))
}

// change takes the rulebook that the person has chosen. The fields are in no form, so that
// they can't be sent.
func (p *Compare) change(_ app.Context, e app.Event) {
	switch field := e.Get("target"); field.Get("name").String() {
	case fromField:
		p.from = field.Get("value").String()
	case toField:
		p.to = field.Get("value").String()
	}
}

package resident

import (
	"cmp"
	"context"
	"strconv"

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

	// state is "", working, failed or ready.
	state string
	made  []mingjing.Comparison
	// from and to are the numbers of the rulebooks of a move.
	from, to int
	work     background
}

// OnMount starts the work.
func (p *Compare) OnMount(ctx app.Context) {
	if Fetch == nil {
		return
	}
	p.state = "working"
	p.work.start(ctx, func(ctx context.Context) func() {
		made, err := compareAll(ctx, Fetch, p.Books, p.V.Today)
		return func() {
			if p.state = "failed"; err == nil {
				p.begin(made)
			}
		}
	})
}

// OnDismount cancels it.
func (p *Compare) OnDismount() { p.work.stop() }

// begin shows what was made, with a move from the first rulebook to the second.
func (p *Compare) begin(made []mingjing.Comparison) {
	p.state, p.made, p.from, p.to = "ready", made, 0, min(1, len(made)-1)
}

// compareAll reads the rulebooks and the person's own data, and compares them.
func compareAll(ctx context.Context, fetch func(context.Context, string) ([]byte, error), versions []mingjing.RulebookVersion,
	today mingjing.Date) ([]mingjing.Comparison, error) {
	in, err := ownInput(ctx, fetch, mingjing.Score{AsOf: today})
	var books []*mingjing.Rulebook
	for i := 0; i < len(versions) && err == nil; i++ {
		var b *mingjing.Rulebook
		if b, err = versionAt(ctx, fetch, versions[i].Hash); err == nil && b.Ref().Hash != versions[i].Hash {
			err = errOtherFile
		}
		books = append(books, b)
	}
	if err != nil {
		return nil, err
	}
	return mingjing.Compare(books, in), nil
}

// Render shows the comparison, and the move.
func (p *Compare) Render() app.UI {
	if p.state != "ready" {
		return c.El("p", c.A{"role": "status", "data-compare": p.state}, c.Text(t(p.V, "compare."+cmp.Or(p.state, "scripts"))))
	}
	var cards []app.UI
	for i := range p.made {
		cards = append(cards, p.card(&p.made[i]))
	}
	return c.El("div", c.A{"class": "stack", "data-compare": p.state}, c.List("cards", cards...), p.move())
}

// card returns what one rulebook makes of what is on file.
func (p *Compare) card(x *mingjing.Comparison) app.UI {
	b, band := x.Book, p.band(x, x.Score.Band)
	body := []app.UI{
		c.Muted(t(p.V, "paper.pair", "a", b.City.In(p.V.Lang), "b", t(p.V, "score.scale", "min", page.Plain(b.Min), "max", page.Plain(b.Max)))),
		c.Div("compare-score",
			c.Disc{Value: x.Score.Value, Min: b.Min, Max: b.Max, Tone: band.Tone, Small: true, Label: t(p.V, "score.value")}.UI(),
			page.BandUI(p.V, band, "")),
		littleNote(p.V, &x.Score, band)}
	for i := range x.Makes[:min(len(x.Makes), mostMakes)] {
		body = append(body, p.line(x.Makes[i].Rule, p.effect(x, &x.Makes[i])))
	}
	return c.Card{Title: b.Name.In(p.V.Lang), Href: href(p.V, "rulebook", b.Ref().Hash), Body: body}.UI()
}

// mostMakes is how many lines a card says of what makes the difference.
const mostMakes = 4

func (p *Compare) band(x *mingjing.Comparison, code string) mingjing.Band {
	band, _ := x.Book.Band(code)
	return band
}

// line says what an item does.
func (p *Compare) line(item, effect string) app.UI {
	return c.P(t(p.V, "change.flip", "what", p.V.Label("item", item), "effect", effect))
}

// effect returns what an entry does by a rulebook, in short.
func (p *Compare) effect(x *mingjing.Comparison, f *mingjing.Flip) string {
	switch {
	case f == nil:
		return t(p.V, "compare.nothing")
	case f.Cap == "":
		return i18n.Signed(p.V.Lang, f.Points)
	}
	return t(p.V, "score.cap", "band", p.band(x, f.Cap).Name.In(p.V.Lang))
}

// move says what changes from one rulebook to another.
func (p *Compare) move() app.UI {
	here, there := &p.made[p.from], &p.made[p.to]
	var said []app.UI
	for _, x := range []*mingjing.Comparison{here, there} {
		said = append(said, c.P(t(p.V, "compare.is", "rulebook", x.Book.Name.In(p.V.Lang), "value", page.Plain(x.Score.Value), "band",
			p.band(x, x.Score.Band).Name.In(p.V.Lang))))
	}
	for _, m := range mingjing.Moves(*here, *there) {
		if before, after := p.effect(here, m.Here), p.effect(there, m.There); before != after {
			said = append(said, p.line(m.Rule, before+" → "+after))
		}
	}
	if len(said) == 2 {
		said = append(said, c.P(t(p.V, "compare.same")))
	}
	return c.Section("move", t(p.V, "compare.move"), c.Muted(t(p.V, "compare.move_text")),
		app.Elem("div").Attr("class", "stack").Body(p.choice("from", p.from), p.choice("to", p.to)).On("change", p.change),
		c.El("div", c.A{"role": "status", "class": "stack", "data-move": here.Book.ID + " " + there.Book.ID}, said...))
}

// choice returns a list of the rulebooks.
func (p *Compare) choice(name string, chosen int) app.UI {
	list := c.Select{Name: "compare-" + name, Label: t(p.V, "compare."+name), Value: strconv.Itoa(chosen)}
	for i, x := range p.made {
		list.Options = append(list.Options, c.Option{Value: strconv.Itoa(i), Text: x.Book.Name.In(p.V.Lang)})
	}
	return list.UI()
}

// change takes the rulebook that the person has chosen. The fields are in no form, so that
// they can't be sent.
func (p *Compare) change(_ app.Context, e app.Event) {
	field := e.Get("target")
	n, err := strconv.Atoi(field.Get("value").String())
	switch {
	case err != nil || n < 0 || n >= len(p.made):
	case field.Get("name").String() == "compare-from":
		p.from = n
	default:
		p.to = n
	}
}

package resident

import (
	"context"
	"encoding/json"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// It is public, and in the resident's program since the device works the rating out again.
var _ = page.Register("agency", page.Screen{Data: page.New[mingjing.AgencyView], Body: conductBody,
	Back: func(v *mingjing.View) (string, string) { return t(v, "title.agencies"), href(v, "agencies") }})

// agencyTitle returns the name of an agency, or of the bureau.
func agencyTitle(v *mingjing.View, code string) string {
	if code == mingjing.BureauCode {
		return t(v, "conduct.bureau")
	}
	return v.Label("agency", code)
}

// conductBody returns how an agency is rated, and by which published figures.
func conductBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.AgencyView](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	f, k := shown.Figures, shown.Conduct
	at := "/api/agencies/" + page.Segment(f.Agency)
	body := []app.UI{page.Heading(t(v, "title.agency"), agencyTitle(v, f.Agency)), page.Lead(t(v, "conduct.lead"))}
	if k == nil || shown.Band == nil {
		body = append(body, c.P(t(v, "conduct.none")))
	} else {
		body = append(body, c.Div("conduct", page.BandUI(v, *shown.Band, "large"),
			c.P(t(v, "conduct.value", "value", page.Plain(k.Value), "base", page.Plain(shown.Base)))))
	}
	number := func(n *int) string {
		if n == nil {
			return t(v, "agencies.few")
		}
		return i18n.Number(v.Lang, *n)
	}
	var rows [][]app.UI
	for _, s := range f.Shares() {
		share, points := t(v, "conduct.unknown"), ""
		if n, ok := s.Percent(); ok {
			share = t(v, "rulebook.percent", "n", i18n.Number(v.Lang, n))
			if k != nil {
				points = i18n.Signed(v.Lang, k.Points[s.Code])
			}
		}
		rows = append(rows, []app.UI{c.Text(page.Code(v, "conduct_share", s.Code)), c.Text(number(s.Of)), c.Text(number(s.Count)), c.Text(share),
			c.Text(points)})
	}
	body = append(body, c.Table{Caption: t(v, "conduct.figures"), Columns: []c.Column{{Text: t(v, "conduct.what")},
		{Text: t(v, "conduct.of"), Numeric: true}, {Text: t(v, "conduct.count"), Numeric: true}, {Text: t(v, "conduct.share"), Numeric: true},
		{Text: t(v, "conduct.points"), Numeric: true}}, Rows: rows}.UI(),
		c.Muted(t(v, "agencies.few_note", "n", i18n.Number(v.Lang, mingjing.FewestShown))))
	if k != nil {
		body = append(body, &Verify{Lang: v.Lang, Score: mingjing.Score{Rulebook: k.Rulebook, Value: k.Value, Band: k.Band, AsOf: k.AsOf},
			Public: at}, c.El("p", nil, c.Link{Text: t(v, "score.rulebook_link"), Href: href(v, "rulebook", k.Rulebook.Hash),
			Class: "row-link"}.UI()))
	}
	return append(body, c.El("p", nil, c.Link{Text: t(v, "conduct.json"), Href: at, Full: true, Class: "row-link"}.UI()))
}

// rateAgain makes the rating of an agency again, from the published figures at an address.
func rateAgain(ctx context.Context, fetch func(context.Context, string) ([]byte, error), at string, book *mingjing.Rulebook,
	asOf mingjing.Date) (mingjing.Score, error) {
	var public mingjing.AgencyView
	data, err := fetch(ctx, at)
	if err == nil {
		err = json.Unmarshal(data, &public)
	}
	if err != nil {
		return mingjing.Score{}, err
	}
	mine := mingjing.Score{Rulebook: book.Ref()}
	if k := mingjing.MakeConduct(book, public.Figures, asOf); k != nil {
		mine.Value, mine.Band = k.Value, k.Band
	}
	return mine, nil
}

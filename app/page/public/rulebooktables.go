package public

import (
	"cmp"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// criteriaSection shows what gives points by a table.
func criteriaSection(v *mingjing.View, b *mingjing.Rulebook) []app.UI {
	rows := make([][]app.UI, 0, len(b.Criteria))
	for _, k := range b.Criteria {
		items := make([]string, 0, len(k.Items))
		for _, code := range k.Items {
			item, _ := b.Item(code)
			items = append(items, cmp.Or(item.Name.In(v.Lang), code))
		}
		points := make([]app.UI, 0, len(k.Table)+1)
		for _, row := range k.Table {
			points = append(points, c.El("li", nil, c.Text(t(v, "rulebook.table_row", "from", page.Plain(row.From), "points",
				i18n.Signed(v.Lang, row.Points)))))
		}
		if k.Kind != mingjing.CriterionCount {
			points = append(points, c.El("li", nil, c.Text(t(v, "rulebook.table_none", "points", i18n.Signed(v.Lang, k.None)))))
		}
		var back app.UI
		if k.Months > 0 {
			back = c.Text(tn(v, "count.months", k.Months))
		}
		rows = append(rows, []app.UI{c.Text(k.Name.In(v.Lang)), c.Text(strings.Join(items, t(v, "rulebook.semicolon"))), back,
			c.El("ul", c.A{"class": "bullets"}, points...), sampleTag(v, k.Sample)})
	}
	return []app.UI{c.P(t(v, "rulebook.criteria_text")), c.Table{Caption: t(v, "rulebook.criteria"),
		QuietCaption: true, Columns: []c.Column{{Text: t(v, "rulebook.criterion")}, {Text: t(v, "rulebook.looks_at")},
			{Text: t(v, "rulebook.counts")}, {Text: t(v, "rulebook.table")}, {Text: t(v, "rulebook.source")}}, Rows: rows}.UI()}
}

// factorsSection shows the parts of the score that have a weight.
func factorsSection(v *mingjing.View, b *mingjing.Rulebook) []app.UI {
	rows := make([][]app.UI, 0, len(b.Factors))
	for _, f := range b.Factors {
		rows = append(rows, []app.UI{c.Text(f.Name.In(v.Lang)), c.Text(t(v, "rulebook.percent", "n", i18n.Number(v.Lang, f.Weight))),
			c.Text(t(v, "rulebook.bounds_are", "base", page.Plain(f.Base), "from", page.Plain(f.Floor), "to", page.Plain(f.Ceiling))),
			sampleTag(v, f.Sample)})
	}
	return []app.UI{c.P(t(v, "rulebook.factors_text")), c.Table{Caption: t(v, "rulebook.factors"),
		QuietCaption: true, Columns: []c.Column{{Text: t(v, "rulebook.factor")}, {Text: t(v, "rulebook.weight")},
			{Text: t(v, "rulebook.bounds")}, {Text: t(v, "rulebook.source")}}, Rows: rows}.UI()}
}

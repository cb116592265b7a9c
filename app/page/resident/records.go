package resident

import (
	"cmp"
	"slices"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("records", page.Screen{Data: page.New[mingjing.RecordsView], Body: recordsBody})

// recordsBody returns everything that agencies supplied, by area and agency.
func recordsBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.RecordsView](v)
	body := []app.UI{page.Heading("", t(v, "title.records")), page.Lead(t(v, "records.lead"))}
	if shown == nil || len(shown.Records) == 0 {
		return append(body, c.EmptyState{Title: t(v, "records.empty_title"), Text: t(v, "records.empty"),
			Action: c.LinkButton{Text: t(v, "records.empty_ask"), Href: href(v, "ask")}.UI()}.UI())
	}
	records := slices.Clone(shown.Records)
	slices.SortStableFunc(records, func(a, b mingjing.RecordView) int {
		return cmp.Or(cmp.Compare(areaRank(a.Area), areaRank(b.Area)),
			strings.Compare(a.Record.Agency, b.Record.Agency),
			-strings.Compare(string(a.Record.Occurred), string(b.Record.Occurred)))
	})
	disputed := 0
	for _, r := range records {
		if r.Record.State == mingjing.RecordDisputed {
			disputed++
		}
	}
	count := []app.UI{c.El("strong", nil, c.Text(tn(v, "records.count", len(records))))}
	if disputed > 0 {
		count = append(count, c.El("span", nil, c.Text(tn(v, "records.count_disputed", disputed))))
	}
	body = append(body, c.El("p", c.A{"class": "meta count-line"}, count...))

	for len(records) > 0 {
		rank := areaRank(records[0].Area)
		n := slices.IndexFunc(records, func(r mingjing.RecordView) bool { return areaRank(r.Area) != rank })
		if n < 0 {
			n = len(records)
		}
		body = append(body, areaSection(v, records[:n]))
		records = records[n:]
	}
	return body
}

// areaRank returns the position of an area; records without an area are last.
func areaRank(a mingjing.Area) int {
	if i := slices.Index(mingjing.Areas, a); i >= 0 {
		return i
	}
	return len(mingjing.Areas)
}

func areaName(v *mingjing.View, a mingjing.Area) string {
	if areaRank(a) == len(mingjing.Areas) {
		return t(v, "area.other")
	}
	return t(v, "area."+string(a))
}

// areaSection returns the records of one area, sorted by agency.
func areaSection(v *mingjing.View, records []mingjing.RecordView) app.UI {
	area := "other"
	if areaRank(records[0].Area) < len(mingjing.Areas) {
		area = string(records[0].Area)
	}
	var groups []app.UI
	for len(records) > 0 {
		agency := records[0].Record.Agency
		var cards []app.UI
		for len(records) > 0 && records[0].Record.Agency == agency {
			cards = append(cards, recordCard(v, records[0]))
			records = records[1:]
		}
		groups = append(groups, c.Div("group", c.H(3, v.Label("agency", agency)), c.List("cards", cards...)))
	}
	return c.Section("area-"+area, t(v, "area."+area), groups...)
}

func recordCard(v *mingjing.View, r mingjing.RecordView) app.UI {
	facts := []app.UI{c.El("span", nil, c.Text(t(v, "records.occurred", "date", page.Date(v, r.Record.Occurred))))}
	if s := endsText(v, r); s != "" {
		facts = append(facts, c.El("span", nil, c.Text(s)))
	}
	return c.Card{Title: v.Label("item", r.Record.Code), Href: href(v, "record", page.Segment(r.Record.ID)), Level: 4,
		Aside: page.RecordTag(v, r.Record, r.Ends),
		Body:  []app.UI{page.EffectList(v, r.Effect), c.El("p", c.A{"class": "meta"}, facts...)}}.UI()
}

// endsText returns when a record stops counting, or stopped; empty when it does not
// count for another reason.
func endsText(v *mingjing.View, r mingjing.RecordView) string {
	switch {
	case r.Ends == "":
		return ""
	case r.Ends <= v.Today:
		return t(v, "records.ended", "date", page.Date(v, r.Ends))
	case r.Record.State == mingjing.RecordRemoved:
		return ""
	}
	return t(v, "records.ends", "date", page.Date(v, r.Ends))
}

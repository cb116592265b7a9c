package public

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// calendarPart returns which days are working days, and where the calendar ends.
func calendarPart(v *mingjing.View, k *mingjing.Calendar) app.UI {
	if k == nil {
		return nil
	}
	var sample app.UI
	if k.Sample {
		sample = c.El("p", c.A{"class": "muted"}, sampleTag(v, true), c.Text(" "+k.SampleNote.In(v.Lang)))
	}
	file := k.Code + ".json"
	return c.Div("",
		c.El("h3", nil, c.Text(t(v, "calendar.title"))),
		c.P(t(v, "calendar.text", "name", k.Name.In(v.Lang), "version", k.Version, "from", page.Date(v, k.From), "to", page.Date(v, k.To))),
		c.Muted(t(v, "calendar.source", "source", k.Source.In(v.Lang))),
		sample,
		c.Details{Summary: t(v, "calendar.days"), Body: []app.UI{
			c.El("h4", nil, c.Text(t(v, "calendar.holidays"))), dayRuns(v, k, k.Holidays),
			c.El("h4", nil, c.Text(t(v, "calendar.workdays"))), dayRuns(v, k, k.Workdays)}}.UI(),
		c.El("p", nil, c.Link{Text: file, Href: "/web/rulebooks/calendars/" + file, Full: true, Class: "row-link"}.UI()))
}

// dayRuns returns days as text, consecutive ones as one range.
func dayRuns(v *mingjing.View, k *mingjing.Calendar, days []mingjing.Date) app.UI {
	var runs []app.UI
	for i := 0; i < len(days); {
		last := i
		for last+1 < len(days) && days[last+1] == days[last].AddDays(1) {
			last++
		}
		text := page.Date(v, days[i])
		if last > i {
			text = t(v, "calendar.range", "from", text, "to", page.Date(v, days[last]))
		}
		if k.Sample && days[i] >= k.SampleFrom {
			text = t(v, "calendar.projected", "days", text)
		}
		runs = append(runs, c.Text(text))
		i = last + 1
	}
	return c.List("", runs...)
}

package desk

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("demo-clock", page.Screen{Data: page.New[mingjing.DemoClockView], Body: demoClockBody})

// demoClockBody returns the clock of a demo city: its time, the next deadlines, and the
// steps by which a tester moves it.
func demoClockBody(v *mingjing.View) []app.UI {
	k := mingjing.DataOf[mingjing.DemoClockView](v)
	if k == nil {
		return page.ErrorBody(v)
	}
	body := []app.UI{page.Heading("", t(v, "title.demo-clock")), page.Lead(t(v, "demo_clock.lead")),
		c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "demo_clock.now"), Value: page.TimeUI(v, k.Now)}}}.UI()}
	if v.Demo != nil && v.Demo.ClockScale > 1 {
		body = append(body, c.Muted(t(v, "demo_clock.scale", "scale", i18n.Number(v.Lang, v.Demo.ClockScale))))
	}
	if v.Who == nil || v.Who.Role != mingjing.RoleAuditor {
		steps := []app.UI{c.Hidden{Name: "lang", Value: v.Lang}.UI()}
		for _, step := range mingjing.ClockSteps {
			steps = append(steps, c.Button{Text: t(v, "clock_step."+step), Kind: "secondary", Name: "step", Value: step}.UI())
		}
		body = append(body, c.Section("move", t(v, "demo_clock.move"), c.Muted(t(v, "demo_clock.move_hint")),
			c.Form{Action: "/api/admin/demo-clock", Label: t(v, "demo_clock.move"), Class: "form-line", Body: steps}.UI()))
	}
	rows := make([][]app.UI, 0, len(k.Deadlines))
	for _, d := range k.Deadlines {
		rows = append(rows, []app.UI{page.TimeUI(v, d.At), c.Text(i18n.Relative(v.Lang, d.At, k.Now)), c.Text(tn(v, "deadline."+d.Kind, d.N))})
	}
	var next app.UI = c.Muted(t(v, "demo_clock.none"))
	if len(rows) > 0 {
		next = c.Table{Caption: t(v, "demo_clock.next"), QuietCaption: true, Columns: []c.Column{{Text: t(v, "demo_clock.at")},
			{Text: t(v, "demo_clock.in")}, {Text: t(v, "demo_clock.waits")}}, Rows: rows}.UI()
	}
	return append(body, c.Section("next", t(v, "demo_clock.next"), next))
}

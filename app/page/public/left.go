package public

import (
	"strings"
	"time"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("left", page.Screen{Data: page.New[mingjing.Erasure], Body: leftBody,
	Title: func(v *mingjing.View) string {
		if mingjing.DataOf[mingjing.Erasure](v) == nil {
			return t(v, "left.nothing")
		}
		return t(v, "title.left")
	}})

// leftBody returns how far an erasure has got, for somebody with the receipt. It names
// nobody.
func leftBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.Erasure](v)
	if shown == nil {
		lead := page.Lead(t(v, "left.nothing_text"))
		if _, query, _ := strings.Cut(v.Path, "receipt="); query != "" {
			lead = page.Lead(t(v, "left.unknown"))
		}
		return []app.UI{page.Heading("", t(v, "left.nothing")), lead}
	}
	body := []app.UI{page.Heading("", t(v, "title.left"))}
	e := shown
	text := t(v, "left.under_way")
	if e.ErasedAt != nil {
		text = t(v, "left.done")
	}
	row := func(step string, at *time.Time) app.UI {
		done := c.Tag{Text: t(v, "left.waits")}.UI()
		if at != nil {
			done = c.Div("meta", c.Tag{Text: t(v, "left.ready"), Tone: "good"}.UI(), page.TimeUI(v, *at))
		}
		return c.Div("two", c.El("strong", nil, c.Text(t(v, "leave.step_"+step))), done)
	}
	body = append(body, c.El("p", c.A{"class": "lead", "role": "status"}, c.Text(text)),
		c.El("ol", c.A{"class": "stages"},
			page.ListItems([]app.UI{row("scoring", &e.AskedAt), row("listed", e.ListedAt), row("login", e.LoginAt), row("keys", e.ErasedAt)})...))
	if e.ErasedAt == nil {
		body = append(body, c.Div("actions", c.LinkButton{Text: t(v, "left.again"), Href: href(v, "left") + "?receipt=" + e.ID,
			Kind: "secondary"}.UI()))
	}
	return append(body, c.Section("stays", t(v, "leave.stays"), c.List("bullets", page.KeptAfterLeaving(v)...)),
		c.Muted(t(v, "left.receipt", "code", e.ID)))
}

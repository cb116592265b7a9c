package public

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("forgot", page.Screen{Data: page.New[mingjing.ForgotView], Body: forgotBody})
	_ = page.Register("reset", page.Screen{Data: page.New[mingjing.ForgotView], Body: resetBody})
)

// forgotBody returns the form by which a code is asked for, and where the counter is.
func forgotBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.ForgotView](v)
	body := []app.UI{page.Heading("", t(v, "title.forgot"))}
	if shown != nil && shown.MailOffered {
		body = append(body, page.Lead(t(v, "forgot.lead")),
			c.Form{Action: "/api/forgot", Full: true, Class: "narrow", Body: []app.UI{
				page.LangField(v),
				idNumberInput(v),
				c.Button{Text: t(v, "forgot.submit")}.UI(),
				c.El("p", c.A{"class": "hint"}, c.Text(t(v, "forgot.same")))}}.UI(),
			c.Section("have", t(v, "forgot.have"),
				c.LinkButton{Text: t(v, "forgot.enter"), Href: href(v, "reset"), Kind: "secondary"}.UI()))
	} else {
		body = append(body, page.Lead(t(v, "forgot.no_mail")))
	}
	return append(body, counterSection(v, shown))
}

// counterSection says where residents without a confirmed address get a code.
func counterSection(v *mingjing.View, shown *mingjing.ForgotView) app.UI {
	body := []app.UI{c.P(t(v, "forgot.counter"))}
	if shown != nil && shown.Counter != "" {
		body = append(body, c.P(t(v, "forgot.counter_at", "address", shown.Counter)))
	}
	return c.Section("counter", t(v, "forgot.counter_title"), body...)
}

// resetBody returns the form of a new password by a code.
func resetBody(v *mingjing.View) []app.UI {
	return []app.UI{
		page.Heading("", t(v, "title.reset")),
		page.Lead(t(v, "reset.lead")),
		passwordByCode(v, "/api/reset", t(v, "reset.code"), t(v, "reset.code_hint"), t(v, "reset.submit")),
		c.Section("again", t(v, "reset.again"), c.P(t(v, "reset.again_text")),
			c.LinkButton{Text: t(v, "title.forgot"), Href: href(v, "forgot"), Kind: "secondary"}.UI()),
		counterSection(v, mingjing.DataOf[mingjing.ForgotView](v)),
	}
}

package public

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("check-us", page.Screen{Body: checkUsBody})

// checkUsBody tells residents how they can check the bureau, and what they can't check.
func checkUsBody(v *mingjing.View) []app.UI {
	p := func(key string) app.UI { return c.P(t(v, "check_us."+key)) }
	list := func(keys ...string) app.UI {
		items := make([]app.UI, 0, len(keys))
		for _, key := range keys {
			items = append(items, c.Text(t(v, "check_us."+key)))
		}
		return c.List("bullets", items...)
	}
	section := func(id string, body ...app.UI) app.UI { return c.Section(id, t(v, "check_us."+id+"_title"), body...) }
	return []app.UI{page.Heading("", t(v, "title.check-us")), page.Lead(t(v, "check_us.lead")),
		section("logged", p("logged_text"), p("tree_text")),
		section("phone", list("phone1", "phone2", "phone3", "phone4"), p("phone_text")),
		section("witness", p("witness_text"), c.List("bullets",
			c.Link{Text: t(v, "check_us.public_key"), Href: "/log/key", Full: true}.UI(),
			c.Link{Text: t(v, "check_us.public_checkpoint"), Href: "/log/checkpoint", Full: true}.UI())),
		section("offline", p("offline_text")),
		section("sealed", p("sealed_text")),
		section("limits", list("limit1", "limit2", "limit3", "limit4", "limit5", "limit6"))}
}

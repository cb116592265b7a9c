package public

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("home", page.Screen{Body: homeBody})

// neverUsed are the things of the charter that no rulebook may use, in the order
// of the landing page.
var neverUsed = []string{"friends", "purchases", "browsing", "religion", "ethnicity", "opinion", "health", "biometrics", "location"}

// promises are the rules of the charter that a newcomer reads first.
var promises = []string{"asked", "documented", "notice", "person", "recompute", "looks"}

func homeBody(v *mingjing.View) []app.UI {
	actions := []app.UI{
		c.LinkButton{Text: t(v, "chrome.login"), Href: href(v, "login")}.UI(),
		c.LinkButton{Text: t(v, "home.activate"), Href: href(v, "activate"), Kind: "secondary"}.UI()}
	switch {
	case v.Who != nil && v.Who.Role.Staff():
		actions = []app.UI{c.LinkButton{Text: t(v, "nav.queue"), Href: href(v, "queue")}.UI()}
	case v.Who != nil && v.Who.Role == mingjing.RoleAdministrator:
		actions = []app.UI{c.LinkButton{Text: t(v, "nav.staff"), Href: href(v, "staff")}.UI()}
	case v.Who != nil && v.Who.Role == mingjing.RoleAgency:
		actions = []app.UI{c.LinkButton{Text: t(v, "nav.agency-questions"), Href: href(v, "agency-questions")}.UI()}
	case v.Who != nil:
		actions = []app.UI{c.LinkButton{Text: t(v, "home.to_overview"), Href: href(v, "overview")}.UI()}
	}
	steps := make([]app.UI, 0, 3)
	for _, s := range []string{"1", "2", "3"} {
		steps = append(steps, c.El("li", c.A{"class": "timeline-item"},
			c.El("h3", nil, c.Text(t(v, "home.step"+s))), c.Muted(t(v, "home.step"+s+"_text"))))
	}
	kept := make([]app.UI, 0, len(promises))
	for _, p := range promises {
		kept = append(kept, c.Div("promise", c.H(3, t(v, "promise."+p)), c.P(t(v, "promise."+p+"_text"))))
	}
	never := make([]app.UI, 0, len(neverUsed))
	for _, n := range neverUsed {
		never = append(never, c.Text(t(v, "never."+n)))
	}
	return []app.UI{
		c.Div("hero",
			c.El("div", c.A{"class": "hero-mirror", "aria-hidden": "true"}, bigMirror()),
			c.Div("hero-text",
				page.Heading(t(v, "home.kicker"), t(v, "home.title")),
				page.Lead(t(v, "home.lead")),
				c.Div("actions", actions...))),
		c.Section("how", t(v, "home.how"), c.El("ol", c.A{"class": "timeline how", "role": "list"}, steps...)),
		c.Section("never", t(v, "home.never"), c.P(t(v, "home.never_text")), c.List("never", never...)),
		c.Section("promises", t(v, "home.promises"), c.Div("promises", kept...)),
		c.Section("books", t(v, "home.books"), c.P(t(v, "home.books_text")),
			c.LinkButton{Text: t(v, "home.books_link"), Href: href(v, "rulebooks"), Kind: "secondary"}.UI()),
	}
}

// bigMirror returns the back of the mirror in full: rim, petals, ring and knob.
func bigMirror() app.UI {
	parts := []app.UI{
		c.SVG("circle", c.A{"cx": "100", "cy": "100", "r": "96", "class": "mirror-rim"}),
		c.SVG("circle", c.A{"cx": "100", "cy": "100", "r": "84", "class": "mirror-ring"}),
		c.SVG("circle", c.A{"cx": "100", "cy": "100", "r": "78", "class": "mirror-ring"})}
	for _, turn := range []string{"0", "45", "90", "135", "180", "225", "270", "315"} {
		rotate := "rotate(" + turn + " 100 100)"
		parts = append(parts,
			c.SVG("path", c.A{"d": "M100 30c16 12 18 26 0 40c-18-14-16-28 0-40z", "class": "mirror-ring", "transform": rotate}),
			c.SVG("path", c.A{"d": "M80.9 53.8A50 50 0 0 1 119.1 53.8", "class": "mirror-mark", "transform": rotate}),
			c.SVG("circle", c.A{"cx": "100", "cy": "24.5", "r": "1.8", "class": "mirror-knob", "transform": "rotate(22.5 100 100) " + rotate}))
	}
	parts = append(parts,
		c.SVG("circle", c.A{"cx": "100", "cy": "100", "r": "26", "class": "mirror-ring"}),
		c.SVG("circle", c.A{"cx": "100", "cy": "100", "r": "13", "class": "mirror-knob"}))
	return c.SVG("svg", c.A{"viewBox": "0 0 200 200", "width": "100%", "height": "100%", "focusable": "false"}, parts...)
}

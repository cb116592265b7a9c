package public

import (
	"cmp"
	"slices"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("help", page.Screen{Body: helpBody})
	_ = page.Register("glossary", page.Screen{Body: glossaryBody})
	_ = page.Register("contact", page.Screen{Data: page.New[mingjing.ContactView], Body: contactBody})
	_ = page.Register("accessibility", page.Screen{Body: statement("accessibility", "works", "not_yet", "tested", "tell")})
	_ = page.Register("privacy", page.Screen{Body: statement("privacy", "who", "what", "why", "who_sees", "how_long", "rights", "cookies",
		"others")})
	_ = page.Register("status", page.Screen{Data: page.New[mingjing.StatusView], Body: statusBody})
	_ = page.Register("display", page.Screen{Body: displayBody})
)

// helpQuestions are the questions of the help page, each with the page that its answer
// leads to.
var helpQuestions = []struct{ key, page string }{
	{"what", "rulebooks"}, {"must", "check-us"}, {"start", "activate"}, {"password", "forgot"}, {"wrong", "disputes"}, {"not_me", "disputes"},
	{"how_long", "disputes"}, {"listing", "listings"}, {"repair", "listings"}, {"no", "no-score"}, {"looked", "access-log"},
	{"share", "shares"}, {"somebody", "mandates"}, {"take", "export"}, {"install", "display"}, {"leave", "leave"}, {"counter", "contact"},
}

func helpBody(v *mingjing.View) []app.UI {
	folds := make([]app.UI, 0, len(helpQuestions))
	for _, q := range helpQuestions {
		folds = append(folds, c.Fold{ID: q.key, Title: t(v, "help."+q.key), Body: []app.UI{c.P(t(v, "help."+q.key+"_text")),
			link(v, q.page)}}.UI())
	}
	return []app.UI{page.Heading("", t(v, "title.help")), page.Lead(t(v, "help.lead")), c.Div("folds", folds...),
		c.El("p", nil, c.Link{Text: t(v, "title.glossary"), Href: href(v, "glossary"), Class: "row-link"}.UI()),
		c.El("p", nil, c.Link{Text: t(v, "title.contact"), Href: href(v, "contact"), Class: "row-link"}.UI())}
}

func glossaryBody(v *mingjing.View) []app.UI {
	terms := i18n.Glossary(v.Lang)
	rows := make([]app.UI, 0, len(terms))
	for _, x := range terms {
		rows = append(rows, c.Div("summary-row", c.El("dt", c.A{"id": x.Code, "class": "term"}, c.Text(t(v, "term."+x.Code))),
			c.El("dd", nil, c.Text(x.Means))))
	}
	return []app.UI{page.Heading("", t(v, "title.glossary")), page.Lead(t(v, "glossary.lead")),
		c.El("dl", c.A{"class": "summary glossary"}, rows...)}
}

func contactBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.ContactView](v)
	counter := c.Muted(t(v, "contact.counter_unsaid"))
	if shown != nil && shown.Counter != "" {
		counter = c.El("p", c.A{"class": "words"}, c.Text(shown.Counter))
	}
	return []app.UI{page.Heading("", t(v, "title.contact")), page.Lead(t(v, "contact.lead")),
		c.Section("counter", t(v, "contact.counter"), counter, c.P(t(v, "contact.counter_text"))),
		c.Section("online", t(v, "contact.online"), c.P(t(v, "contact.online_text")),
			c.List("bullets", link(v, "help"), link(v, "disputes"), link(v, "access-log"))),
		c.Section("complain", t(v, "contact.complain"), c.P(t(v, "contact.complain_text"))),
		c.Section("security", t(v, "contact.security"), c.P(t(v, "contact.security_text")),
			c.Link{Text: "security.txt", Href: "/.well-known/security.txt", Full: true, Class: "row-link"}.UI())}
}

// link leads to a page, and is its title alone where the viewer may not open it.
func link(v *mingjing.View, name string) app.UI {
	if v.Who != nil && (name == "activate" || name == "forgot" || v.Who.Role != mingjing.RoleResident && slices.ContainsFunc(mingjing.Routes,
		func(r mingjing.Route) bool { return r.Name == name && r.Access == mingjing.Residents })) {
		return c.El("span", nil, c.Text(t(v, "title."+name)))
	}
	return c.Link{Text: t(v, "title."+name), Href: href(v, name)}.UI()
}

// statement returns the body of a page that is text: sections, each with a title and a
// text whose lines are its paragraphs.
func statement(name string, sections ...string) func(v *mingjing.View) []app.UI {
	return func(v *mingjing.View) []app.UI {
		body := []app.UI{page.Heading("", t(v, "title."+name)), page.Lead(t(v, name+".lead"))}
		for _, s := range sections {
			body = append(body, c.Section(s, t(v, name+"."+s), page.Paragraphs(t(v, name+"."+s+"_text"))))
		}
		return append(body, c.El("p", nil, link(v, "contact")))
	}
}

// statusBody says what works at this moment.
func statusBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.StatusView](v)
	if shown == nil {
		shown = &mingjing.StatusView{}
	}
	var names []string
	all := true
	for name, works := range shown.Works {
		names = append(names, name)
		all = all && works
	}
	slices.Sort(names)
	said := c.Notification{Kind: "success", Text: t(v, "status.all")}
	if !all {
		said = c.Notification{Kind: "warning", Text: t(v, "status.not_all")}
	}
	rows := make([]c.SummaryRow, 0, len(names))
	for _, name := range names {
		tag := c.Tag{Text: t(v, "status.works"), Tone: "good"}
		if !shown.Works[name] {
			tag = c.Tag{Text: t(v, "status.away"), Tone: "bad"}
		}
		rows = append(rows, c.SummaryRow{Key: page.Code(v, "status_work", name), Value: tag.UI()})
	}
	return []app.UI{page.Heading("", t(v, "title.status")), page.Lead(t(v, "status.lead", "time", page.Instant(v, v.Now))), said.UI(),
		c.SummaryList{Rows: rows}.UI(), c.Muted(t(v, "status.deadlines"))}
}

// displayBody is the form by which somebody chooses colours and the size of text.
func displayBody(v *mingjing.View) []app.UI {
	choose := func(name, chosen string, values []string) app.UI {
		options := []c.Option{{Value: "own", Text: t(v, "display."+name+"_own")}}
		for _, value := range values {
			options = append(options, c.Option{Value: value, Text: t(v, "display."+name+"_"+value)})
		}
		return c.Radios{Name: name, Legend: t(v, "display."+name), Heading: true, Options: options, Value: cmp.Or(chosen, "own")}.UI()
	}
	return []app.UI{page.Heading("", t(v, "title.display")), page.Lead(t(v, "display.lead")),
		c.Form{Action: "/api/display", Full: true, Label: t(v, "title.display"), Body: []app.UI{page.LangField(v),
			choose("theme", v.Display.Theme, mingjing.Themes), choose("text", v.Display.Text, mingjing.TextSizes),
			c.Button{Text: t(v, "display.save")}.UI()}}.UI()}
}

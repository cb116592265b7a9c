package page

import (
	"slices"
	"strconv"
	"strings"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Pages of an agency's officer.
var agencyPages = []string{"agency-questions", "agency-records", "agency-batches", "agency-keys", "agency-inquiries", "sessions"}

// Pages of an administrator.
var administratorPages = []string{"staff", "staff-register", "sessions"}

// Pages of a resident: the first four and "more" are the tabs of a phone.
var (
	residentTabs = []string{"overview", "score", "records", "disputes"}
	residentMore = []string{"inbox", "listings", "sources", "access-log", "shares", "consents", "mandates", "organisations", "drafts",
		"sessions"}
)

// parents has, by page, the item of the menu to which the page belongs.
var parents = map[string]string{"ask": "score", "request": "score", "compare": "score", "record": "records",
	"listing": "listings", "repair": "listings",
	"new-dispute": "disputes", "missing": "disputes", "refused": "listings", "list-used": "listings", "complaints": "listings",
	"complaints-open": "queue", "complaint": "queue", "dispute": "disputes", "review": "disputes", "letter": "disputes", "case": "queue",
	"leave": "consents", "new-share": "shares", "helping": "mandates",
	"staff-member": "staff", "comment": "comments",
	"enrol":   "counter",
	"inquiry": "access-log", "inquiry-answer": "inquiries", "agency-inquiry": "agency-inquiries",
	"agency-question": "agency-questions", "agency-batch": "agency-batches",
	"notice-settings": "inbox", "incoming": "drafts", "security": "sessions"}

func activeRoute(v *mingjing.View) string {
	if p, ok := parents[v.Page]; ok {
		return p
	}
	return v.Page
}

func header(v *mingjing.View) app.UI {
	home := Href(v, "home")
	var inbox, account, lock, menu, demo app.UI
	if v.Demo != nil {
		demo = c.Tag{Text: T(v, "chrome.demo_tag")}.UI()
	}
	switch {
	case v.Who != nil && v.Who.Role.Staff():
		pages := deskPages(v)
		if v.Demo != nil {
			pages = append(slices.Clone(pages), "demo-clock")
		}
		home, account, menu = Href(v, "queue"), accountMenu(v), mainMenu(v, pages, nil)
	case v.Who != nil && v.Who.Role == mingjing.RoleAdministrator:
		home, account, menu = Href(v, "staff"), accountMenu(v), mainMenu(v, administratorPages, nil)
	case v.Who != nil && v.Who.Role == mingjing.RoleAgency:
		home, account, menu = Href(v, "agency-questions"), accountMenu(v), mainMenu(v, agencyPages, nil)
	case v.Who != nil:
		inbox = inboxLink(v)
		home, account, menu = Href(v, "overview"), accountMenu(v), mainMenu(v, residentTabs, residentMore)
	case v.Page != "login" && v.Page != "staff-login":
		account = c.Link{Text: T(v, "chrome.login"), Href: Href(v, "login"), Class: "header-link"}.UI()
	}
	if v.Who != nil {
		lock = lockButton(v)
	}
	return c.El("header", c.A{"class": "header"},
		c.Div("header-row",
			c.Div("header-brand",
				c.El("a", c.A{"href": home, "class": "brand"}, Mirror(30),
					c.El("span", c.A{"class": "brand-zh", "lang": "zh-CN"}, c.Text(T(v, "brand.zh"))),
					c.El("span", c.A{"class": "brand-en", "lang": "en"}, c.Text("Mingjing"))),
				demo),
			c.Div("header-tools", languageLink(v), inbox, account, lock)),
		menu)
}

func languageLink(v *mingjing.View) app.UI {
	other := i18n.Other(v.Lang)
	return c.El("a", c.A{"href": pathIn(v, other), "class": "header-link", "data-full": "true",
		"lang": other, "hreflang": other}, c.Text(T(v, "lang.switch")))
}

// pathIn returns the path of this page in another language.
func pathIn(v *mingjing.View, lang string) string {
	return "/" + lang + "/" + strings.TrimPrefix(v.Path, "/")
}

// inboxLink returns the link to the inbox with the number of unread notices; screen
// readers announce it when that changes.
func inboxLink(v *mingjing.View) app.UI {
	a := c.A{"href": Href(v, "inbox"), "class": "header-link inbox-link"}
	if v.Page == "inbox" {
		a["aria-current"] = "page"
	}
	count, words := "", T(v, "inbox.none_unread")
	if n := v.Who.Unread; n > 0 {
		count, words = i18n.Number(v.Lang, min(n, mostUnread)), Tn(v, "inbox.unread_count", n)
		if n > mostUnread {
			count += "+"
		}
	}
	var badge app.UI
	if count != "" {
		badge = c.El("span", c.A{"class": "inbox-count", "aria-hidden": "true"}, c.Text(count))
	}
	return c.El("a", a,
		c.SVG("svg", c.A{"viewBox": "0 0 20 20", "width": "20", "height": "20", "aria-hidden": "true", "focusable": "false"},
			c.SVG("path", c.A{"d": "M2.5 5h15v11h-15zM2.5 5.5l7.5 6 7.5-6", "class": "stroke"})),
		c.Span("visually-hidden", T(v, "nav.inbox")+" "),
		c.El("span", c.A{"class": "visually-hidden", "role": "status"}, c.Text(words)),
		badge)
}

// mostUnread is the greatest number that is shown exactly.
const mostUnread = 99

func accountMenu(v *mingjing.View) app.UI {
	return c.El("details", c.A{"class": "menu account", "data-menu": "true"},
		c.El("summary", c.A{"class": "header-link"},
			c.SVG("svg", c.A{"viewBox": "0 0 20 20", "width": "20", "height": "20", "aria-hidden": "true", "focusable": "false"},
				c.SVG("circle", c.A{"cx": "10", "cy": "6.6", "r": "3.6", "class": "stroke"}),
				c.SVG("path", c.A{"d": "M2.8 18c.8-4 3.6-6 7.2-6s6.4 2 7.2 6", "class": "stroke"})),
			c.Span("visually-hidden", T(v, "chrome.account"))),
		c.Div("menu-panel",
			c.El("p", c.A{"class": "menu-who"}, c.Span("menu-name", v.Who.Name),
				c.Span("menu-id", v.Who.IDMasked), c.Span("menu-role", T(v, "role."+string(v.Who.Role)))),
			menuLink(v, "drafts"), menuLink(v, "sessions"),
			c.Form{Action: "/api/logout", Full: true, Class: "menu-form", Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Button{Text: T(v, "chrome.logout"), Kind: "secondary"}.UI()}}.UI()))
}

// menuLink returns a link to a page that also closes the menu around it.
func menuLink(v *mingjing.View, name string) app.UI {
	a := app.A().Href(Href(v, name)).Text(T(v, "nav."+name)).Class("menu-link").OnClick(foldMenu)
	if activeRoute(v) == name {
		a = a.Attr("aria-current", "page")
	}
	return a
}

func foldMenu(ctx app.Context, e app.Event) {
	if d := ctx.JSSrc().Call("closest", "details"); d.Truthy() {
		d.Set("open", false)
	}
}

func mainMenu(v *mingjing.View, pages, more []string) app.UI {
	items := make([]app.UI, 0, len(pages)+len(more))
	for _, name := range slices.Concat(pages, more) {
		items = append(items, c.El("li", nil, navLink(v, name, "nav-link")))
	}
	class := "nav"
	if more != nil {
		class = "nav nav-resident"
	}
	return c.El("nav", c.A{"class": class, "aria-label": T(v, "chrome.nav")}, c.El("ul", c.A{"role": "list"}, items...))
}

func navLink(v *mingjing.View, name, class string, before ...app.UI) app.UI {
	a := c.A{"href": Href(v, name), "class": class}
	if activeRoute(v) == name {
		a["aria-current"] = "page"
		if v.Page != name {
			a["aria-current"] = "location"
		}
	}
	return c.El("a", a, append(before, c.El("span", nil, c.Text(T(v, "nav."+name))))...)
}

// tabs returns the bar at the bottom of a resident's phone.
func tabs(v *mingjing.View) app.UI {
	if v.Who == nil || v.Who.Role != mingjing.RoleResident {
		return nil
	}
	items := make([]app.UI, 0, len(residentTabs)+1)
	for _, name := range residentTabs {
		items = append(items, c.El("li", nil, navLink(v, name, "tab", icon(name))))
	}
	more := c.A{"class": "tab", "href": Href(v, "more")}
	if v.Page == "more" {
		more["aria-current"] = "page"
	} else if slices.Contains(residentMore, activeRoute(v)) {
		more["aria-current"] = "location"
	}
	items = append(items, c.El("li", nil, c.El("a", more, icon("more"), c.El("span", nil, c.Text(T(v, "chrome.more"))))))
	return c.El("nav", c.A{"class": "tabs", "aria-label": T(v, "chrome.tabs")}, c.El("ul", c.A{"role": "list"}, items...))
}

var icons = map[string]string{
	"overview": "M3 10.5 12 3l9 7.5M5.5 9v11h13V9",
	"score":    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 6.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z",
	"records":  "M6 3h9l4 4v14H6zM9 11h7M9 15h7",
	"disputes": "M4 4h16v12h-8l-5 4.5V16H4zM8.5 10h7",
	"more":     "M4 6.5h16M4 12h16M4 17.5h16",
	"looked":   "M2.5 12C6 6.5 18 6.5 21.5 12 18 17.5 6 17.5 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
	"lock":     "M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11",
	"inbox":    "M3 6h18v13H3zM3 6.5l9 7 9-7",
}

func icon(name string) app.UI { return Icon(name, "icon") }

// Icon returns a drawing of a thing, by the name of its page, with a class.
func Icon(name, class string) app.UI {
	return c.SVG("svg", c.A{"class": class, "viewBox": "0 0 24 24", "width": "24", "height": "24", "aria-hidden": "true",
		"focusable": "false"},
		c.SVG("path", c.A{"d": icons[name], "class": "stroke"}))
}

// Mirror draws the logo of the product: the back of a bronze mirror.
func Mirror(size int) app.UI {
	s := strconv.Itoa(size)
	return c.SVG("svg", c.A{"class": "mirror", "viewBox": "0 0 64 64", "width": s, "height": s, "aria-hidden": "true", "focusable": "false"},
		c.SVG("circle", c.A{"cx": "32", "cy": "32", "r": "29", "class": "mirror-rim"}),
		c.SVG("circle", c.A{"cx": "32", "cy": "32", "r": "21", "class": "mirror-ring"}),
		c.SVG("path", c.A{"d": "M32 14v7m0 22v7M14 32h7m22 0h7", "class": "mirror-mark"}),
		c.SVG("circle", c.A{"cx": "32", "cy": "32", "r": "6", "class": "mirror-knob"}))
}

// zoneNote returns the sentence that times are those of the city. It is shown where the
// device is set to another time (web/early.js).
func zoneNote(v *mingjing.View) app.UI {
	if v.Zone == "" {
		return nil
	}
	_, seconds := v.Now.In(Zone(v)).Zone()
	sign, minutes := "+", seconds/60
	if minutes < 0 {
		sign, minutes = "−", -minutes
	}
	offset := "UTC" + sign + strconv.Itoa(minutes/60)
	if minutes %= 60; minutes != 0 {
		offset += ":" + strconv.Itoa(minutes)
	}
	return c.El("p", c.A{"class": "zone-note"}, c.Text(T(v, "chrome.zone", "offset", offset)))
}

func footer(v *mingjing.View) app.UI {
	links := []app.UI{c.Link{Text: T(v, "chrome.rulebooks"), Href: Href(v, "rulebooks")}.UI(),
		c.Link{Text: T(v, "nav.agencies"), Href: Href(v, "agencies")}.UI(),
		c.Link{Text: T(v, "nav.check-us"), Href: Href(v, "check-us")}.UI()}
	for _, name := range []string{"help", "glossary", "contact", "display", "accessibility", "privacy", "status"} {
		links = append(links, c.Link{Text: T(v, "title."+name), Href: Href(v, name)}.UI())
	}
	if v.Who == nil {
		links = append(links, c.Link{Text: T(v, "chrome.staff_login"), Href: Href(v, "staff-login")}.UI())
	}
	var demo app.UI
	if v.Demo != nil {
		demo = c.P(T(v, "chrome.demo", "scale", i18n.Number(v.Lang, v.Demo.ClockScale)))
	}
	return c.El("footer", c.A{"class": "footer"}, words(v), c.Div("footer-row", c.List("footer-links", links...), demo))
}

// pageWords are the words of the glossary that a page cannot do without, by the part of
// the menu to which the page belongs.
var pageWords = map[string]string{"overview": "score record dispute deadline", "score": "score band rulebook record source",
	"records": "record document agency dispute", "listings": "listing notice measure repair dispute",
	"disputes": "dispute evidence appeal deadline working-day mandate", "sources": "source agency record",
	"access-log": "access-log handler agency consent", "shares": "share score band", "consents": "consent rulebook score",
	"mandates": "mandate case", "security": "passkey", "sessions": "passkey", "login": "passkey resident",
	"rulebooks": "rulebook band record listing measure working-day", "rulebook": "rulebook band document listing measure working-day",
	"agencies": "agency dispute appeal working-day"}

// words returns the hard words of the page, each with a link to what it means.
func words(v *mingjing.View) app.UI {
	codes := strings.Fields(pageWords[activeRoute(v)])
	if len(codes) == 0 || v.Who != nil && v.Who.Role != mingjing.RoleResident {
		return nil
	}
	links := make([]app.UI, 0, len(codes))
	for _, code := range codes {
		links = append(links, c.Link{Text: T(v, "term."+code), Href: Href(v, "glossary") + "#" + code}.UI())
	}
	return c.El("nav", c.A{"class": "footer-row words-here", "aria-labelledby": "page-words"},
		c.El("p", c.A{"id": "page-words"}, c.Text(T(v, "glossary.here"))), c.List("footer-links", links...))
}

// deskPages returns the pages of the viewer's desk, in the order of the menu.
func deskPages(v *mingjing.View) []string {
	switch v.Who.Role {
	case mingjing.RoleSupervisor:
		return []string{"queue", "counter", "inquiries", "comments", "workload", "representatives", "relatives", "sessions"}
	case mingjing.RoleAuditor:
		return []string{"queue", "inquiries", "comments", "workload", "relatives", "staff-register", "sessions"}
	}
	return []string{"queue", "counter", "inquiries", "representatives", "relatives", "sessions"}
}

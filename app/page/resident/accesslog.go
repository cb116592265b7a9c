package resident

import (
	"net/url"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("access-log", page.Screen{Data: page.New[mingjing.AccessLogView], Body: accessLogBody})

// accessLogBody returns the resident's access log: the looks of others, newest first, and
// then their own, folded into days.
func accessLogBody(v *mingjing.View) []app.UI {
	log := mingjing.DataOf[mingjing.AccessLogView](v)
	if log == nil {
		log = &mingjing.AccessLogView{}
	}
	body := []app.UI{page.Heading("", t(v, "title.access-log")), page.Lead(t(v, "access_log.lead")), showLinks(v, log.Show)}
	if log.Show != "own" {
		body = append(body, c.Section("others", t(v, "access_log.by_others"), othersEntries(v, log)...))
	}
	if log.Show != "others" {
		body = append(body, c.Section("own", t(v, "access_log.by_you"), ownDays(v, log)...))
	}
	return append(body, &LogCheck{V: v},
		c.LinkButton{Text: t(v, "log_check.file"), Href: page.ProofFile, Kind: "secondary", Full: true}.UI(), exportLink(v))
}

// showLinks returns the links that leave out others' looks, or one's own.
func showLinks(v *mingjing.View, show string) app.UI {
	var chips []app.UI
	for _, x := range []struct{ show, query, text string }{{"", "", t(v, "access_log.show_all")},
		{"others", "?others=1", t(v, "access_log.others")}, {"own", "?own=1", t(v, "access_log.show_own")}} {
		a := c.A{"href": href(v, "access-log") + x.query, "class": "chip"}
		if x.show == show {
			a["aria-current"] = "page"
		}
		chips = append(chips, c.El("a", a, c.Text(x.text)))
	}
	return c.El("nav", c.A{"aria-label": t(v, "access_log.show")}, c.List("chips", chips...))
}

func othersEntries(v *mingjing.View, log *mingjing.AccessLogView) []app.UI {
	if len(log.Entries) == 0 {
		return []app.UI{c.EmptyState{Title: t(v, "access_log.empty_title"), Text: t(v, "access_log.empty_others")}.UI()}
	}
	return []app.UI{page.AccessTable(v, log.Entries, t(v, "access_log.caption"), whyOf(v, log)),
		olderLooks(v, "others", t(v, "access_log.older"), log.Next)}
}

// olderLooks returns the link to older looks of a kind, or nil at the end.
func olderLooks(v *mingjing.View, show, text, cursor string) app.UI {
	if cursor == "" {
		return nil
	}
	return c.Pagination{Label: t(v, "access_log.pages"), Text: text,
		Href: href(v, "access-log") + "?" + url.Values{show: {"1"}, "cursor": {cursor}}.Encode()}.UI()
}

// ownDays returns the resident's own looks, each day as one line that unfolds.
func ownDays(v *mingjing.View, log *mingjing.AccessLogView) []app.UI {
	if len(log.Days) == 0 {
		return []app.UI{c.Muted(t(v, "access_log.no_own"))}
	}
	days := make([]app.UI, 0, len(log.Days))
	for _, d := range log.Days {
		looks := make([]app.UI, 0, len(d.Looks))
		for _, x := range d.Looks {
			what := page.ActionText(v, mingjing.AccessEntry{Action: x.Action})
			key, pairs := "access_log.action", []string{"what", what}
			if x.For != "" {
				key, pairs = "access_log.action_for", append(pairs, "name", x.For)
			}
			looks = append(looks, c.Text(tn(v, key, x.Count, pairs...)))
		}
		days = append(days, c.Details{Summary: tn(v, "access_log.day", d.Count, "day", page.Date(v, d.Day)),
			Body: []app.UI{c.El("ul", c.A{"class": "bullets"}, page.ListItems(looks)...)}}.UI())
	}
	return []app.UI{c.Muted(t(v, "access_log.all_own")), c.Div("own-days", days...),
		olderLooks(v, "own", t(v, "access_log.older_days"), log.NextDays)}
}

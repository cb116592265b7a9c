package resident

import (
	"net/url"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("access-log", page.Screen{Data: page.New[mingjing.AccessLogView], Body: accessLogBody})

// accessLogBody returns the entries of the resident's access log, newest first.
func accessLogBody(v *mingjing.View) []app.UI {
	log := mingjing.DataOf[mingjing.AccessLogView](v)
	if log == nil {
		log = &mingjing.AccessLogView{}
	}
	body := []app.UI{page.Heading("", t(v, "title.access-log")), page.Lead(t(v, "access_log.lead")), &LogCheck{V: v}, exportLink(v)}
	if len(log.Entries) > 0 || log.Others {
		body = append(body, c.Form{Action: href(v, "access-log"), Method: "get", Label: t(v, "access_log.filter"),
			Class: "filter-line", Body: []app.UI{
				c.Checkbox{Name: "others", Value: "1", Label: t(v, "access_log.others"), Checked: log.Others}.UI(),
				c.Button{Text: t(v, "access_log.apply"), Kind: "secondary"}.UI()}}.UI())
	}
	file := c.LinkButton{Text: t(v, "log_check.file"), Href: page.ProofFile, Kind: "secondary", Full: true}.UI()
	switch {
	case len(log.Entries) == 0 && log.Others:
		return append(body, c.EmptyState{Title: t(v, "access_log.empty_title"), Text: t(v, "access_log.empty_others")}.UI(), file)
	case len(log.Entries) == 0:
		return append(body, c.EmptyState{Title: t(v, "access_log.empty_title"), Text: t(v, "access_log.empty")}.UI())
	}
	body = append(body, page.AccessTable(v, log.Entries, t(v, "access_log.caption"), whyOf(v, log)))
	if log.Next != "" {
		q := url.Values{"cursor": {log.Next}}
		if log.Others {
			q.Set("others", "1")
		}
		body = append(body, c.Pagination{Label: t(v, "access_log.pages"), Text: t(v, "access_log.older"),
			Href: href(v, "access-log") + "?" + q.Encode()}.UI())
	}
	return append(body, file)
}

package page

import (
	"net/url"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// proofFile is where a resident takes the proof of the access log as a file.
const proofFile = "/api/access-log/proof.json"

var _ = register("access-log", screen{body: accessLogBody})

// accessLogBody is every look at the resident's data, newest first.
func accessLogBody(v *mingjing.View) []app.UI {
	log := v.AccessLog
	if log == nil {
		log = &mingjing.AccessLogView{}
	}
	body := []app.UI{heading("", t(v, "title.access-log")), lead(t(v, "access_log.lead")), &LookCheck{V: v}, exportLink(v)}
	if len(log.Looks) > 0 || log.Others {
		body = append(body, c.Form{Action: href(v, "access-log"), Method: "get", Label: t(v, "access_log.filter"), Class: "filter-line", Body: []app.UI{
			c.Checkbox{Name: "others", Value: "1", Label: t(v, "access_log.others"), Checked: log.Others}.UI(),
			c.Button{Text: t(v, "access_log.apply"), Kind: "secondary"}.UI()}}.UI())
	}
	file := c.LinkButton{Text: t(v, "log_check.file"), Href: proofFile, Kind: "secondary", Full: true}.UI()
	switch {
	case len(log.Looks) == 0 && log.Others:
		return append(body, c.EmptyState{Title: t(v, "access_log.empty_title"), Text: t(v, "access_log.empty_others")}.UI(), file)
	case len(log.Looks) == 0:
		return append(body, c.EmptyState{Title: t(v, "access_log.empty_title"), Text: t(v, "access_log.empty")}.UI())
	}
	body = append(body, looksTable(v, log.Looks, t(v, "access_log.caption"), whyOf(v, log)))
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

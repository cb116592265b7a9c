package page

import (
	"strconv"

	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// ProofFile is the address of the proof of the access log as a file.
const ProofFile = "/api/access-log/proof.json"

var _ = Register("error", Screen{Body: ErrorBody, quiet: true, Title: func(v *mingjing.View) string { return errorTitle(v) }})

// errorTitle returns a short title for a problem.
func errorTitle(v *mingjing.View) string {
	if altered(v) {
		return T(v, "altered.title")
	}
	switch status(v) {
	case 401, 403, 404, 429, 503:
		return T(v, "error_page."+strconv.Itoa(status(v)))
	}
	return T(v, "error_page.500")
}

func status(v *mingjing.View) int {
	if v.Problem == nil {
		return 404
	}
	return v.Problem.Status
}

// altered reports whether stored data was changed in the database, or is damaged.
func altered(v *mingjing.View) bool { return v.Problem != nil && v.Problem.Code == mingjing.Altered }

// alteredBody says that, and what the person can do about it.
func alteredBody(v *mingjing.View) app.UI {
	do := []app.UI{c.Text(T(v, "altered.do_number", "id", v.Problem.ErrorID))}
	var actions []app.UI
	if v.Who != nil && v.Who.Role == mingjing.RoleResident {
		do = append(do, c.Text(T(v, "altered.do_log")), c.Text(T(v, "log_check.do_auditor")), c.Text(T(v, "log_check.do_keep")))
		actions = append(actions, c.LinkButton{Text: T(v, "nav.access-log"), Href: Href(v, "access-log"), Full: true}.UI(),
			c.LinkButton{Text: T(v, "log_check.file"), Href: ProofFile, Kind: "secondary", Full: true}.UI())
	} else {
		do = append(do, c.Text(T(v, "altered.do_staff")))
	}
	return Finding(c.A{"class": "verify verify-differs", "data-altered": "true"}, AlarmShape,
		c.Div("verify-body", c.El("div", c.A{"class": "verify-said", "role": "alert"},
			c.P(T(v, "error.altered")), c.El("p", c.A{"class": "row-title"}, c.Text(T(v, "log_check.do"))), c.List("bullets", do...),
			c.Div("actions", actions...))))
}

// ErrorBody says what happened, what to do, and where to go.
func ErrorBody(v *mingjing.View) []app.UI {
	if altered(v) {
		return []app.UI{Heading("", errorTitle(v)), alteredBody(v)}
	}
	text := T(v, "error.not_found")
	if v.Problem != nil {
		text = problemText(v)
	}
	var actions []app.UI
	switch {
	case v.Who == nil && (status(v) == 401 || status(v) == 403):
		actions = append(actions, c.LinkButton{Text: T(v, "chrome.login"), Href: Href(v, "login")}.UI())
	case status(v) == 429 || status(v) >= 500:
		actions = append(actions, c.LinkButton{Text: T(v, "error_page.retry"), Href: pathIn(v, v.Lang), Full: true}.UI())
	}
	if v.Problem != nil && v.Problem.Code == "share_over" {
		actions = append(actions, c.LinkButton{Text: T(v, "recipient.may_ask"), Href: Href(v, "no-score"), Kind: "secondary"}.UI())
	}
	switch {
	case v.Who == nil:
		actions = append(actions, c.LinkButton{Text: T(v, "nav.home"), Href: Href(v, "home"), Kind: "secondary"}.UI())
	case v.Who.Role.Staff():
		actions = append(actions, c.LinkButton{Text: T(v, "nav.queue"), Href: Href(v, "queue"), Kind: "secondary"}.UI())
	case v.Who.Role == mingjing.RoleAdministrator:
		actions = append(actions, c.LinkButton{Text: T(v, "nav.staff"), Href: Href(v, "staff"), Kind: "secondary"}.UI())
	case v.Who.Role == mingjing.RoleAgency:
		actions = append(actions, c.LinkButton{Text: T(v, "nav.agency-questions"), Href: Href(v, "agency-questions"), Kind: "secondary"}.UI())
	default:
		actions = append(actions, c.LinkButton{Text: T(v, "nav.overview"), Href: Href(v, "overview"), Kind: "secondary"}.UI())
	}
	var number app.UI
	if v.Problem != nil && v.Problem.ErrorID != "" {
		number = c.El("p", c.A{"class": "muted"}, c.Text(T(v, "error_page.number")+" "), c.El("code", nil, c.Text(v.Problem.ErrorID)))
	}
	return []app.UI{c.Div("center-page", Mirror(88), Heading(strconv.Itoa(status(v)), errorTitle(v)), Lead(text), number,
		c.Div("actions", actions...))}
}

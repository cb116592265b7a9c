package resident

import (
	"net/url"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("inbox", page.Screen{Data: page.New[mingjing.InboxView], Body: inboxBody})

// inboxBody returns what has happened, newest first. A notice is opened by a form,
// since that marks it as read.
func inboxBody(v *mingjing.View) []app.UI {
	box := mingjing.DataOf[mingjing.InboxView](v)
	if box == nil {
		box = &mingjing.InboxView{}
	}
	body := []app.UI{page.Heading("", t(v, "title.inbox")), page.Lead(t(v, "inbox.lead"))}
	if box.MailFailed {
		body = append(body, c.Notification{Kind: "warning", Title: t(v, "notice.mail_failed"), Text: t(v, "settings.email_failed"),
			Body: []app.UI{c.El("p", nil, c.Link{Text: t(v, "nav.notice-settings"), Href: href(v, "notice-settings")}.UI())}}.UI())
	}
	var all app.UI
	if box.Unread > 0 {
		all = c.Form{Action: "/api/notices/read", Label: t(v, "inbox.read_all"), Class: "inbox-all", Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Button{Text: t(v, "inbox.read_all"), Kind: "secondary"}.UI()}}.UI()
	}
	body = append(body, c.Div("actions", all, c.LinkButton{Text: t(v, "nav.notice-settings"), Href: href(v, "notice-settings"),
		Kind: "secondary"}.UI()))
	if len(box.Notices) == 0 {
		return append(body, c.EmptyState{Title: t(v, "inbox.empty_title"), Text: t(v, "inbox.empty")}.UI())
	}
	items := make([]app.UI, 0, len(box.Notices))
	for _, n := range box.Notices {
		items = append(items, noticeCard(v, n))
	}
	body = append(body, c.Section("notices", t(v, "inbox.notices"), c.List("notices", items...)))
	if box.Next != "" {
		body = append(body, c.Pagination{Label: t(v, "inbox.pages"), Text: t(v, "inbox.older"),
			Href: href(v, "inbox") + "?" + url.Values{"cursor": {box.Next}}.Encode()}.UI())
	}
	return body
}

// noticeText returns the sentence of a notice: that of its code where there is one.
func noticeText(v *mingjing.View, n mingjing.Notice) string {
	if key := "notice." + string(n.Kind) + "." + n.Code; n.Code != "" && i18n.Has(key) {
		return t(v, key)
	}
	return page.Code(v, "notice", string(n.Kind))
}

// noticeCard returns a notice; an unread one is marked by a word and a filled shape.
func noticeCard(v *mingjing.View, n mingjing.Notice) app.UI {
	class, mark := "notice", "inbox.read"
	var state app.UI
	if n.ReadAt == nil {
		class, mark = "notice notice-unread", "inbox.unread"
		state = c.Tag{Text: t(v, mark), Tone: "info"}.UI()
	} else {
		state = c.Span("muted", t(v, mark))
	}
	text := noticeText(v, n)
	return c.Div(class,
		page.Icon(noticeIcon(n.Kind), "notice-shape"),
		c.Div("notice-body",
			c.El("h3", c.A{"class": "notice-title"}, c.Text(text)),
			noticeItem(v, n),
			versionChange(v, n.Version),
			security(v, n),
			c.El("p", c.A{"class": "meta"}, state, page.TimeUI(v, n.At))),
		c.Form{Action: "/api/notices/" + page.Segment(n.ID) + "/open", Class: "notice-open", Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(),
			c.Button{Text: t(v, "inbox.open"), Kind: "secondary", About: text}.UI()}}.UI())
}

// noticeItem returns the name of what a notice is about.
func noticeItem(v *mingjing.View, n mingjing.Notice) app.UI {
	kind := "item"
	switch {
	case n.Item == "" || n.Version != nil:
		return nil
	case n.Kind == mingjing.NoticeScoreReady:
		kind = "rulebook"
	}
	return c.El("p", c.A{"class": "notice-item"}, c.Text(v.Label(kind, n.Item)))
}

// noticeIcon returns the name of the drawing of what a notice is about.
func noticeIcon(k mingjing.NoticeKind) string {
	switch k {
	case mingjing.NoticeListingServed, mingjing.NoticeListingInEffect, mingjing.NoticeListingEnded, mingjing.NoticeRecordChanged:
		return "records"
	case mingjing.NoticeCaseDecided, mingjing.NoticeCaseExtended, mingjing.NoticeCaseMoved:
		return "disputes"
	case mingjing.NoticeNewVersion, mingjing.NoticeScoreReady:
		return "score"
	case mingjing.NoticeInquiry, mingjing.NoticeShareViewed:
		return "looked"
	case mingjing.NoticeSecurity, mingjing.NoticeHelper:
		return "lock"
	}
	return "inbox"
}

// security says with which browser something happened to the resident's own login, and
// what to do when that was somebody else.
func security(v *mingjing.View, n mingjing.Notice) app.UI {
	if n.Kind != mingjing.NoticeSecurity {
		return nil
	}
	device := n.Device
	if device == "" {
		device = t(v, "sessions.unknown_device")
	}
	return c.Div("", c.P(t(v, "inbox.device", "device", device)), c.Muted(t(v, "inbox.not_you")))
}

// versionChange says what a new version of a rulebook changed, and by how much.
func versionChange(v *mingjing.View, x *mingjing.VersionChange) app.UI {
	if x == nil {
		return nil
	}
	body := []app.UI{c.P(t(v, "notice_version.summary", "rulebook", v.Label("rulebook", x.Rulebook.ID), "version", x.Rulebook.Version,
		"was", x.Was.Version, "before", page.Plain(x.Before.Value), "band_before", x.Before.BandName.In(v.Lang),
		"after", page.Plain(x.After.Value), "band_after", x.After.BandName.In(v.Lang)))}
	items := make([]app.UI, 0, len(x.Rules))
	for _, r := range x.Rules {
		name := t(v, "notice_version.base")
		if r.Rule != "" {
			name = v.Label("item", r.Rule)
		}
		if r.Before != r.After {
			items = append(items, c.El("li", nil, c.Text(t(v, "notice_version.points", "item", name,
				"before", i18n.Signed(v.Lang, r.Before), "after", i18n.Signed(v.Lang, r.After)))))
		}
		switch {
		case r.CapBefore == r.CapAfter:
		case r.CapAfter != "":
			items = append(items, c.El("li", nil, c.Text(t(v, "notice_version.cap_new", "item", name))))
		default:
			items = append(items, c.El("li", nil, c.Text(t(v, "notice_version.cap_gone", "item", name))))
		}
	}
	if len(items) > 0 {
		body = append(body, c.El("ul", c.A{"class": "bullets"}, items...))
	}
	return c.Div("", append(body, c.Muted(t(v, "notice_version.alone")))...)
}

// datesLink returns the link that adds the dates of a case or listing to the person's
// own calendar.
func datesLink(v *mingjing.View, what, id string, running bool) app.UI {
	if !running {
		return nil
	}
	return c.El("p", c.A{"class": "dates"},
		c.El("a", c.A{"href": "/api/" + what + "/" + page.Segment(id) + "/dates.ics?lang=" + v.Lang, "download": "mingjing-dates.ics"},
			c.Text(t(v, "ics.link"))),
		c.Span("hint", t(v, "ics.hint")))
}

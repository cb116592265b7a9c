package api

import (
	"cmp"
	"mime"
	"net/http"
	"strconv"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/notice"
)

func getNotices(c *call) (any, error) {
	v, err := c.s.casework.Notices.Notices(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
	return struct {
		list[mingjing.Notice]
		Unread int `json:"unread"`
	}{items(v.Notices, v.Next), v.Unread}, err
}

func getNoticeSettings(c *call) (any, error) {
	return c.s.casework.Notices.NoticeSettings(c.ctx(), c.actor())
}

// openNotice leads to what a notice is about.
func openNotice(c *call) (any, goal, error) {
	n, err := c.s.casework.Notices.OpenNotice(c.ctx(), c.actor(), c.r.PathValue("id"))
	return n, goal{page: n.Page, id: n.Subject}, err
}

func readNotices(c *call) (any, goal, error) {
	err := c.s.casework.Notices.ReadNotices(c.ctx(), c.actor())
	return map[string]bool{"read": true}, goal{page: "inbox", done: "notices_read"}, err
}

func setNotices(c *call) (any, goal, error) {
	choice := notice.Choice{Push: c.in.is("push"), Mail: c.in.is("mail"), ShowText: c.in.is("show_text")}
	for _, k := range c.in.values["kinds"] {
		choice.Kinds = append(choice.Kinds, mingjing.NoticeKind(k))
	}
	v, err := c.s.casework.Notices.SetNotices(c.ctx(), c.actor(), choice)
	return v, goal{page: "notice-settings", done: "notice_settings"}, err
}

func setEmail(c *call) (any, goal, error) {
	v, err := c.s.casework.Notices.SetEmail(c.ctx(), c.actor(), c.in.get("email"))
	return v, goal{page: "notice-settings", done: "email_code_sent"}, err
}

func confirmEmail(c *call) (any, goal, error) {
	v, err := c.s.casework.Notices.ConfirmEmail(c.ctx(), c.actor(), c.in.get("email_code"))
	return v, goal{page: "notice-settings", done: "email_confirmed"}, err
}

func removeEmail(c *call) (any, goal, error) {
	v, err := c.s.casework.Notices.RemoveEmail(c.ctx(), c.actor())
	return v, goal{page: "notice-settings", done: "email_removed"}, err
}

// addDevice takes a subscription as a browser has it, {endpoint, keys: {p256dh,
// auth}}, or with its keys beside the endpoint, as a form sends them.
func addDevice(c *call) (any, goal, error) {
	v, err := c.s.casework.Notices.AddDevice(c.ctx(), c.actor(), c.who.SessionID, c.client().Device, notice.PushAddress{
		Endpoint: c.in.get("endpoint"), P256dh: cmp.Or(c.in.get("keys.p256dh"), c.in.get("p256dh")),
		Auth: cmp.Or(c.in.get("keys.auth"), c.in.get("auth"))})
	return v, goal{page: "notice-settings", done: "push_on"}, err
}

func removeDevice(c *call) (any, goal, error) {
	v, err := c.s.casework.Notices.RemoveDevice(c.ctx(), c.actor(), c.in.get("device"), c.in.get("endpoint"))
	return v, goal{page: "notice-settings", done: "push_off"}, err
}

// speaks remembers the language in which a resident has just sent a form. It is
// no reason for the form to fail.
func (c *call) speaks() {
	if c.who == nil || c.who.Actor.Role != mingjing.RoleResident {
		return
	}
	if err := c.s.casework.Notices.RememberLanguage(c.ctx(), c.actor(), c.lang); err != nil {
		c.s.Logger.Warn("remember a language", "id", c.id, "err", err)
	}
}

// A pushText is what the service worker can say in a language.
type pushText struct {
	Title   string `json:"title"`
	Neutral string `json:"neutral"`
	// Kinds are for those who want them on a locked screen.
	Kinds map[string]string `json:"kinds"`
}

func pushTexts() map[string]pushText {
	all := map[string]pushText{}
	for _, lang := range mingjing.Languages {
		p := pushText{Title: i18n.T(lang, "app.name"), Neutral: i18n.T(lang, "push.neutral"), Kinds: map[string]string{}}
		for _, k := range mingjing.NoticeKinds {
			p.Kinds[string(k)] = i18n.T(lang, "notice."+string(k))
		}
		all[lang] = p
	}
	return all
}

func serveDisputeDates(c *call) error {
	d, err := c.s.casework.Cases.Dispute(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	cal := c.calendar("dispute", d.ID)
	for i, k := range d.Clocks {
		if k.MetAt == nil && !k.Missed {
			cal.at(k.Code+strconv.Itoa(i), k.Due)
		}
	}
	return c.serveCalendar(cal)
}

func serveListingDates(c *call) error {
	l, err := c.s.casework.Cases.Listing(c.ctx(), c.actor(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	cal := c.calendar("listing", l.Listing.ID)
	now := c.s.casework.City.Now()
	for _, d := range l.Listing.Coming(now, mingjing.DateOf(now)) {
		if d.Day != "" {
			cal.on(d.Name, d.Day)
		} else {
			cal.at(d.Name, d.At)
		}
	}
	return c.serveCalendar(cal)
}

// calendar begins the calendar of the dates of one thing, in the language of the
// page that led here.
func (c *call) calendar(page, id string) *calendar {
	for _, l := range mingjing.Languages {
		if c.r.URL.Query().Get("lang") == l {
			c.lang = l
		}
	}
	link := ""
	if c.s.origin != nil {
		link = c.s.origin.Scheme + "://" + c.s.origin.Host + mingjing.Path(c.lang, page, id)
	}
	return &calendar{id: id, title: i18n.T(c.lang, "ics.title"), text: i18n.T(c.lang, "ics.text"), link: link, now: c.s.casework.City.Now()}
}

func (c *call) serveCalendar(cal *calendar) error {
	if len(cal.events) == 0 {
		return mingjing.Errorf(mingjing.NotFound, "no_dates")
	}
	data := cal.bytes()
	c.noStore()
	h := c.w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "mingjing-dates.ics"}))
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(data)
	return nil
}

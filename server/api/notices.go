package api

import (
	"cmp"
	"net/http"
	"net/url"

	"mingjing"
	"mingjing/i18n"
	"mingjing/server/casework/notice"
)

var inboxPage = page[mingjing.InboxView]{
	name: "inbox",
	get: func(c *call) (mingjing.InboxView, error) {
		return c.s.casework.Notices.Notices(c.ctx(), c.actor(), c.r.URL.Query().Get("cursor"))
	},
	endpoints: []endpoint{
		query[paged, noticeList]{
			path: "/api/notices", access: mingjing.Residents,
			doc: apiDoc{id: "notices", summary: "The inbox", answer: "A page, newest first."},
			get: func(c *call, in paged) (noticeList, error) {
				v, err := c.s.casework.Notices.Notices(c.ctx(), c.actor(), in.Cursor)
				return noticeList{items(v.Notices, v.Next), v.Unread}, err
			},
		},
		action[none, read]{
			path: "/api/notices/read", access: mingjing.Residents, errorPage: "inbox",
			doc: apiDoc{id: "readNotices", summary: "Mark all notices as read", answer: "Read."},
			do: func(c *call, _ none) (read, redirect, error) {
				return read{true}, redirect{page: "inbox", done: "notices_read"}, c.s.casework.Notices.ReadNotices(c.ctx(), c.actor())
			},
		},
		action[none, mingjing.Notice]{
			path: "/api/notices/{id}/open", access: mingjing.Residents, errorPage: "inbox",
			doc: apiDoc{id: "openNotice", summary: "Mark a notice as read; a form is redirected to what it is about", answer: "The notice.",
				of: "notice"},
			do: func(c *call, _ none) (mingjing.Notice, redirect, error) {
				n, err := c.s.casework.Notices.OpenNotice(c.ctx(), c.actor(), c.r.PathValue("id"))
				if n.Version != nil {
					return n, redirect{page: n.Page, query: url.Values{"rulebook": {n.Subject}}.Encode()}, err
				}
				return n, redirect{page: n.Page, id: n.Subject}, err
			},
		},
	},
}

// A noticeList is a page of the inbox.
type noticeList struct {
	list[mingjing.Notice]
	// Unread is how many of all notices were not opened.
	Unread int `json:"unread"`
}

// read is the answer where notices were marked as read.
type read struct {
	Read bool `json:"read"`
}

var noticeSettingsPage = page[mingjing.NoticeSettingsView]{
	name: "notice-settings",
	get: func(c *call) (mingjing.NoticeSettingsView, error) {
		return c.s.casework.Notices.NoticeSettings(c.ctx(), c.actor())
	},
	endpoints: []endpoint{
		query[none, mingjing.NoticeSettingsView]{
			path: "/api/notice-settings", access: mingjing.Residents,
			doc: apiDoc{id: "noticeSettings", summary: "How notices are sent", answer: "The current state."},
			get: func(c *call, _ none) (mingjing.NoticeSettingsView, error) {
				return c.s.casework.Notices.NoticeSettings(c.ctx(), c.actor())
			},
		},
		action[noticeForm, mingjing.NoticeSettingsView]{
			path: "/api/notice-settings", access: mingjing.Residents, errorPage: "notice-settings",
			doc:     apiDoc{id: "setNotices", summary: "Choose which notices are sent, and how", answer: "The current state."},
			example: noticeForm{Push: true, Kinds: []mingjing.NoticeKind{mingjing.NoticeScoreReady}},
			do: func(c *call, in noticeForm) (mingjing.NoticeSettingsView, redirect, error) {
				v, err := c.s.casework.Notices.SetNotices(c.ctx(), c.actor(), notice.Choice{Push: in.Push, Mail: in.Mail, ShowText: in.ShowText,
					Kinds: in.Kinds})
				return v, redirect{page: "notice-settings", done: "notice_settings"}, err
			},
		},
		action[emailForm, mingjing.NoticeSettingsView]{
			outside: true,
			path:    "/api/notice-settings/email", access: mingjing.Residents, errorPage: "notice-settings",
			doc: apiDoc{id: "setEmail", summary: "Send a code to an e-mail address", answer: "The current state.",
				fails: []int{http.StatusConflict, http.StatusTooManyRequests}},
			example: emailForm{Email: "lin.xiaoyu@mail.example"},
			do: func(c *call, in emailForm) (mingjing.NoticeSettingsView, redirect, error) {
				v, err := c.s.casework.Notices.SetEmail(c.ctx(), c.actor(), in.Email)
				return v, redirect{page: "notice-settings", done: "email_code_sent"}, err
			},
		},
		action[emailCodeForm, mingjing.NoticeSettingsView]{
			path: "/api/notice-settings/email/confirm", access: mingjing.Residents, errorPage: "notice-settings",
			doc: apiDoc{id: "confirmEmail", summary: "Confirm the address with the code", answer: "The current state.",
				fails: []int{http.StatusConflict}},
			example: emailCodeForm{Code: "493820"},
			do: func(c *call, in emailCodeForm) (mingjing.NoticeSettingsView, redirect, error) {
				v, err := c.s.casework.Notices.ConfirmEmail(c.ctx(), c.actor(), in.Code)
				return v, redirect{page: "notice-settings", done: "email_confirmed"}, err
			},
		},
		action[none, mingjing.NoticeSettingsView]{
			path: "/api/notice-settings/email/remove", access: mingjing.Residents, errorPage: "notice-settings",
			doc: apiDoc{id: "removeEmail", summary: "Remove the e-mail address", answer: "The current state."},
			do: func(c *call, _ none) (mingjing.NoticeSettingsView, redirect, error) {
				v, err := c.s.casework.Notices.RemoveEmail(c.ctx(), c.actor())
				return v, redirect{page: "notice-settings", done: "email_removed"}, err
			},
		},
		action[deviceForm, mingjing.NoticeSettingsView]{
			path: "/api/push", access: mingjing.Residents, errorPage: "notice-settings", do: addDevice,
			doc: apiDoc{id: "addPush", summary: "Send push messages to this browser", answer: "The current state.",
				fails: []int{http.StatusConflict}},
			example: deviceForm{Endpoint: "https://push.example/send/3c9f", Keys: pushKeys{P256dh: "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQ",
				Auth: "tBHItJI5svbpez7KI4CCXg"}},
		},
		action[noDeviceForm, mingjing.NoticeSettingsView]{
			path: "/api/push/remove", access: mingjing.Residents, errorPage: "notice-settings",
			doc:     apiDoc{id: "removePush", summary: "End push messages to a browser, by its id or its endpoint", answer: "The current state."},
			example: noDeviceForm{Endpoint: "https://push.example/send/3c9f"},
			do: func(c *call, in noDeviceForm) (mingjing.NoticeSettingsView, redirect, error) {
				v, err := c.s.casework.Notices.RemoveDevice(c.ctx(), c.actor(), in.Device, in.Endpoint)
				return v, redirect{page: "notice-settings", done: "push_off"}, err
			},
		},
	},
}

// noticeForm is the body of the choice what is sent, and how.
type noticeForm struct {
	Push     bool `json:"push,omitempty"`
	Mail     bool `json:"mail,omitempty"`
	ShowText bool `json:"show_text,omitempty"`
	// Kinds are those to be sent. Notices with legal effect always are.
	Kinds []mingjing.NoticeKind `json:"kinds,omitempty"`
}

// emailForm is the body of an address that notices are to be sent to.
type emailForm struct {
	Email string `json:"email" min:"3" max:"1024"`
}

// emailCodeForm is the body of the code that was sent to the address.
type emailCodeForm struct {
	Code string `json:"email_code" min:"1" max:"100"`
}

// deviceForm is a subscription as PushSubscription.toJSON() returns it; a form sends
// its keys beside the endpoint.
type deviceForm struct {
	// Endpoint is an https address of a push service.
	Endpoint string   `json:"endpoint" format:"uri" max:"1024"`
	Keys     pushKeys `json:"keys,omitzero"`
	P256dh   string   `json:"p256dh,omitempty"`
	Auth     string   `json:"auth,omitempty"`
}

// pushKeys are the keys of a push subscription.
type pushKeys struct {
	P256dh string `json:"p256dh"`
	Auth   string `json:"auth"`
}

func addDevice(c *call, in deviceForm) (mingjing.NoticeSettingsView, redirect, error) {
	v, err := c.s.casework.Notices.AddDevice(c.ctx(), c.actor(), c.who.SessionID, c.client().Device, notice.PushAddress{
		Endpoint: in.Endpoint, P256dh: cmp.Or(in.Keys.P256dh, in.P256dh), Auth: cmp.Or(in.Keys.Auth, in.Auth)})
	return v, redirect{page: "notice-settings", done: "push_on"}, err
}

// noDeviceForm is the body of the end of push messages to a browser.
type noDeviceForm struct {
	Device   string `json:"device,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
}

// rememberLanguage stores the language in which a resident has just sent a form. Its
// error does not fail the form.
func (c *call) rememberLanguage() {
	if c.who == nil || c.who.Actor.Role != mingjing.RoleResident {
		return
	}
	if err := c.s.casework.Notices.RememberLanguage(c.ctx(), c.actor(), c.lang); err != nil {
		c.s.Logger.Warn("remember a language", "id", c.id, "err", err)
	}
}

// A pushText is what the service worker can show in a language.
type pushText struct {
	Title   string `json:"title"`
	Neutral string `json:"neutral"`
	// Kinds are the texts for residents who want them on a locked screen.
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

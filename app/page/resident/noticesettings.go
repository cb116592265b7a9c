package resident

import (
	"slices"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("notice-settings", page.Screen{Data: page.New[mingjing.NoticeSettingsView], Body: noticeSettingsBody,
	Back: page.BackTo("inbox")})

// noticeSettingsBody returns how the resident gets notices besides the inbox.
func noticeSettingsBody(v *mingjing.View) []app.UI {
	s := mingjing.DataOf[mingjing.NoticeSettingsView](v)
	if s == nil {
		s = &mingjing.NoticeSettingsView{}
	}
	return []app.UI{page.Heading("", t(v, "title.notice-settings")), page.Lead(t(v, "settings.lead")),
		c.Section("what", t(v, "settings.what"), choiceForm(v, s)),
		c.Section("push-devices", t(v, "settings.push"), pushSection(v, s)...),
		c.Section("mail-address", t(v, "settings.mail"), mailSection(v, s)...)}
}

// choiceForm returns one form for the ways and the kinds. Notices with legal effect are
// ticked and can't be switched off.
func choiceForm(v *mingjing.View, s *mingjing.NoticeSettingsView) app.UI {
	ways := []app.UI{c.El("legend", c.A{"class": "label"}, c.Text(t(v, "settings.ways")))}
	if s.PushKey != "" {
		ways = append(ways,
			c.Checkbox{Name: "push", Value: "true", Label: t(v, "settings.push_way"), Checked: s.Push}.UI(),
			c.Checkbox{Name: "show_text", Value: "true", Label: t(v, "settings.show_text"), Hint: t(v, "settings.show_text_hint"),
				Checked: s.ShowText}.UI())
	}
	if s.MailOffered {
		ways = append(ways, c.Checkbox{Name: "mail", Value: "true", Label: t(v, "settings.mail_way"), Checked: s.Mail}.UI())
	}
	kinds := []app.UI{c.El("legend", c.A{"class": "label"}, c.Text(t(v, "settings.kinds"))),
		c.El("p", c.A{"class": "hint", "id": "kinds-hint"}, c.Text(t(v, "settings.legal")))}
	for i, k := range mingjing.NoticeKinds {
		box := c.Checkbox{Name: "kinds", ID: "kinds-" + strconv.Itoa(i+1), Value: string(k), Label: t(v, "notice_kind."+string(k)),
			Checked: k.Legal() || !slices.Contains(s.Off, k), Disabled: k.Legal()}
		if k.Legal() {
			box.Hint = t(v, "settings.always")
		}
		kinds = append(kinds, box.UI())
	}
	return c.Form{Action: "/api/notice-settings", Label: t(v, "settings.what"), Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.El("fieldset", c.A{"class": "field"}, ways...),
		c.El("fieldset", c.A{"class": "field", "aria-describedby": "kinds-hint"}, kinds...),
		c.Button{Text: t(v, "settings.save")}.UI()}}.UI()
}

// pushSection returns which devices get push messages, and the button to add this one.
// unreached says of a device that messages do not reach it.
func unreached(v *mingjing.View, d mingjing.PushDevice) app.UI {
	if !d.Unreached {
		return app.Text("")
	}
	return c.Notification{Kind: "warning", Text: t(v, "settings.push_unreached")}.UI()
}

func pushSection(v *mingjing.View, s *mingjing.NoticeSettingsView) []app.UI {
	if s.PushKey == "" {
		return []app.UI{c.P(t(v, "settings.push_none"))}
	}
	body := []app.UI{c.P(t(v, "settings.push_lead"))}
	devices := make([]app.UI, 0, len(s.Devices))
	for _, d := range s.Devices {
		name := d.Name
		if name == "" {
			name = t(v, "sessions.unknown_device")
		}
		devices = append(devices, c.Card{Title: name, Level: 3, Body: []app.UI{
			c.El("p", c.A{"class": "meta"}, c.El("span", nil, c.Text(t(v, "settings.push_added", "time", page.Instant(v, d.AddedAt))))),
			unreached(v, d),
			c.Form{Action: "/api/push/remove", Label: t(v, "settings.push_remove_named", "device", name), Body: []app.UI{
				c.Hidden{Name: "lang", Value: v.Lang}.UI(),
				c.Hidden{Name: "device", Value: d.ID}.UI(),
				c.Button{Text: t(v, "settings.push_remove"), Kind: "secondary", About: name}.UI()}}.UI()}}.UI())
	}
	if len(devices) > 0 {
		body = append(body, c.List("cards", devices...))
	}
	if len(s.Devices) >= mingjing.MaxPushDevices {
		return append(body, c.P(t(v, "settings.push_full", "max", strconv.Itoa(mingjing.MaxPushDevices))))
	}
	if !app.IsClient {
		return append(body, c.P(t(v, "settings.push_scripts")))
	}
	return append(body, c.Form{Action: "/api/push", Label: t(v, "settings.push_add"), Class: "push-form", Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.Hidden{Name: "endpoint"}.UI(), c.Hidden{Name: "p256dh"}.UI(), c.Hidden{Name: "auth"}.UI(),
		pushProblem(v, "unsupported"), pushProblem(v, "denied"), pushProblem(v, "failed"),
		app.Button().Type("button").Class("button", "button-secondary", "push-add").DataSet("key", s.PushKey).
			Text(t(v, "settings.push_add")).OnClick(addThisDevice)}}.UI())
}

// pushProblem returns the message of an error in the browser; it is hidden until the
// error occurs.
func pushProblem(v *mingjing.View, what string) app.UI {
	return c.El("p", c.A{"class": "error push-" + what, "role": "alert", "hidden": "true"}, c.Text(t(v, "settings.push_"+what)))
}

// addThisDevice asks the person and then the browser for a subscription, and sends it
// with the form around the button.
func addThisDevice(ctx app.Context, _ app.Event) {
	button := ctx.JSSrc()
	form := button.Call("closest", "form")
	say := func(what string) {
		for _, other := range []string{"unsupported", "denied", "failed"} {
			form.Call("querySelector", ".push-"+other).Set("hidden", other != what)
		}
		button.Set("disabled", false)
	}
	w := app.Window()
	workers, notification := w.Get("navigator").Get("serviceWorker"), w.Get("Notification")
	if !workers.Truthy() || !notification.Truthy() || !w.Get("PushManager").Truthy() {
		say("unsupported")
		return
	}
	button.Set("disabled", true)
	key := button.Get("dataset").Get("key")
	// A rejected promise shows its error here; go-app's Then would wait for ever.
	then := func(promise app.Value, yes func(app.Value), no func()) {
		promise.Call("then", app.FuncOf(func(_ app.Value, args []app.Value) any {
			yes(args[0])
			return nil
		}), app.FuncOf(func(app.Value, []app.Value) any {
			no()
			return nil
		}))
	}
	failed := func() { say("failed") }
	send := func(subscription app.Value) {
		s := subscription.Call("toJSON")
		set := func(name string, value app.Value) {
			form.Call("querySelector", `[name="`+name+`"]`).Set("value", value)
		}
		set("endpoint", s.Get("endpoint"))
		set("p256dh", s.Get("keys").Get("p256dh"))
		set("auth", s.Get("keys").Get("auth"))
		say("")
		form.Call("requestSubmit")
	}
	then(notification.Call("requestPermission"), func(answer app.Value) {
		if answer.String() != "granted" {
			say("denied")
			return
		}
		then(workers.Get("ready"), func(registration app.Value) {
			manager := registration.Get("pushManager")
			subscribe := func(no func()) {
				then(manager.Call("subscribe", map[string]any{"userVisibleOnly": true, "applicationServerKey": key}), send, no)
			}
			// A browser that is subscribed with another key refuses; then that one goes.
			subscribe(func() {
				then(manager.Call("getSubscription"), func(old app.Value) {
					if !old.Truthy() {
						failed()
						return
					}
					then(old.Call("unsubscribe"), func(app.Value) { subscribe(failed) }, failed)
				}, failed)
			})
		}, failed)
	}, failed)
}

// mailSection returns the e-mail address with its state.
func mailSection(v *mingjing.View, s *mingjing.NoticeSettingsView) []app.UI {
	if !s.MailOffered {
		return []app.UI{c.P(t(v, "settings.mail_none"))}
	}
	lang := func() app.UI { return c.Hidden{Name: "lang", Value: v.Lang}.UI() }
	body := []app.UI{c.P(t(v, "settings.mail_lead"))}
	if s.EmailFailed {
		body = append(body, c.Notification{Kind: "warning", Title: t(v, "notice.mail_failed"), Text: t(v, "settings.email_failed")}.UI())
	}
	if s.Email != "" {
		body = append(body, c.SummaryList{Rows: []c.SummaryRow{{Key: t(v, "settings.email_confirmed"), Text: s.Email}}}.UI())
	}
	if s.Pending != "" {
		if s.PendingFailed {
			body = append(body, c.Notification{Kind: "warning", Text: t(v, "settings.pending_failed", "email", s.Pending)}.UI())
		} else {
			until := ""
			if s.PendingUntil != nil {
				until = page.Instant(v, *s.PendingUntil)
			}
			body = append(body,
				c.P(t(v, "settings.pending", "email", s.Pending, "time", until)),
				c.Form{Action: "/api/notice-settings/email/confirm", Label: t(v, "settings.confirm"), Body: []app.UI{lang(),
					c.Input{Name: "email_code", Label: t(v, "field.email_code"), Hint: t(v, "settings.code_hint"), Error: page.FieldError(v, "email_code"),
						Autocomplete: "one-time-code", InputMode: "numeric", MaxLength: 20, Width: "short", Code: true, Required: true}.UI(),
					c.Button{Text: t(v, "settings.confirm")}.UI()}}.UI())
		}
	}
	label := "settings.email_add"
	if s.Email != "" || s.Pending != "" {
		label = "settings.email_change"
	}
	body = append(body, c.Form{Action: "/api/notice-settings/email", Label: t(v, label), Body: []app.UI{lang(),
		c.Input{Name: "email", Label: t(v, "field.email"), Hint: t(v, "settings.email_hint"), Error: page.FieldError(v, "email"), Type: "email",
			Value: page.Typed(v, "email"), Autocomplete: "email", InputMode: "email", MaxLength: 254, Required: true}.UI(),
		c.Button{Text: t(v, label), Kind: "secondary"}.UI()}}.UI())
	if s.Email != "" || s.Pending != "" {
		body = append(body, c.Form{Action: "/api/notice-settings/email/remove", Label: t(v, "settings.email_remove"), Body: []app.UI{lang(),
			c.Button{Text: t(v, "settings.email_remove"), Kind: "warning"}.UI()}}.UI())
	}
	return body
}

package page

import (
	"strconv"
	"time"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// lockButton returns the button that locks the screen: web/lock.js does it at once, and
// without scripts it is a form like any other. Its attributes have what the script
// needs.
func lockButton(v *mingjing.View) app.UI {
	a := c.A{"type": "submit", "class": "header-link lock-button", "title": T(v, "lock.title"),
		"data-lock-to": Href(v, "locked"), "data-lock-text": T(v, "locked.waiting"),
		"data-lock-ask": T(v, "lock.ask")}
	if v.Who.LockAfter > 0 {
		a["data-lock-after"], a["data-lock-warn"] = strconv.Itoa(v.Who.LockAfter), strconv.FormatFloat(lockWarning(v).Seconds(), 'f', -1, 64)
	}
	return c.Form{Action: "/api/lock", Full: true, Class: "lock-form", Body: []app.UI{
		c.Hidden{Name: "lang", Value: v.Lang}.UI(),
		c.El("button", a,
			c.SVG("svg", c.A{"viewBox": "0 0 20 20", "width": "20", "height": "20", "aria-hidden": "true", "focusable": "false"},
				c.SVG("path", c.A{"d": "M3.8 9h12.4v8.2H3.8zM6.6 9V6.2a3.4 3.4 0 0 1 6.8 0V9", "class": "stroke"})),
			c.Span("visually-hidden", T(v, "lock.button")))}}.UI()
}

func lockWarning(v *mingjing.View) time.Duration {
	return mingjing.LockWarning(time.Duration(v.Who.LockAfter) * time.Second)
}

// lockDialog returns the warning before the screen locks by itself; a script opens it,
// and any key or tap closes it.
func lockDialog(v *mingjing.View) app.UI {
	if v.Who == nil || v.Who.LockAfter == 0 {
		return nil
	}
	return c.El("dialog", c.A{"class": "lock-warning", "role": "alertdialog", "aria-labelledby": "lock-warning-title",
		"aria-describedby": "lock-warning-text"},
		c.El("h2", c.A{"id": "lock-warning-title"}, c.Text(T(v, "lock.warning"))),
		c.El("p", c.A{"id": "lock-warning-text"}, c.Text(Tn(v, "lock.warning_text", int(lockWarning(v).Seconds())))),
		c.El("button", c.A{"type": "button", "class": "button"}, c.Text(T(v, "lock.stay"))))
}

// lockSection returns the choice how long the screen may be left alone.
func lockSection(v *mingjing.View) app.UI {
	body := []app.UI{c.P(T(v, "lock.how"))}
	if v.Who == nil || v.Who.Role != mingjing.RoleResident {
		return c.Section("lock", T(v, "lock.section"), body...)
	}
	radios := c.Radios{Name: "minutes", Legend: T(v, "lock.after"), Hint: T(v, "lock.after_hint"), Error: FieldError(v, "minutes")}
	for _, m := range mingjing.LockMinutes {
		radios.Options = append(radios.Options, c.Option{Value: strconv.Itoa(m), Text: Tn(v, "lock.minutes", m)})
		if v.Who.LockAfter == 60*m {
			radios.Value = strconv.Itoa(m)
		}
	}
	return c.Section("lock", T(v, "lock.section"), append(body,
		c.Form{Action: "/api/sessions/lock-after", Label: T(v, "lock.after"), Body: []app.UI{
			c.Hidden{Name: "lang", Value: v.Lang}.UI(), radios.UI(),
			c.Button{Text: T(v, "settings.save"), Kind: "secondary"}.UI()}}.UI())...)
}

// seenText returns when a session was last used.
func seenText(v *mingjing.View, s mingjing.Session) string {
	if s.Current {
		return T(v, "sessions.seen_now")
	}
	return T(v, "sessions.seen", "time", i18n.DateTime(v.Lang, s.SeenAt, Zone(v)))
}

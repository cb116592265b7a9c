package desk

import (
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("agency-keys", page.Screen{Data: page.New[mingjing.AgencyKeysView], Body: keysBody, Wide: true})

// keysBody returns the keys of the agency with the forms to make, replace and end one, or
// the key that a form has just made.
func keysBody(v *mingjing.View) []app.UI {
	k := mingjing.DataOf[mingjing.AgencyKeysView](v)
	if k == nil {
		return page.ErrorBody(v)
	}
	if k.Made != nil {
		return madeKey(v, *k.Made)
	}
	body := []app.UI{page.Heading(agencyName(v), t(v, "title.agency-keys")), page.Lead(t(v, "keys.lead"))}
	if len(k.Keys) == 0 {
		body = append(body, c.EmptyState{Title: t(v, "keys.none_title"), Text: t(v, "keys.none")}.UI())
	} else {
		rows := make([][]app.UI, 0, len(k.Keys))
		for _, key := range k.Keys {
			rows = append(rows, []app.UI{c.El("code", nil, c.Text(key.ID)), c.Text(page.Code(v, "key_use", string(key.Use))),
				page.TimeUI(v, key.CreatedAt), keyState(v, key), keySteps(v, key)})
		}
		body = append(body, c.P(t(v, "keys.rotate_text")), c.Table{Caption: t(v, "title.agency-keys"), QuietCaption: true, Columns: []c.Column{
			{Text: t(v, "keys.col_id")}, {Text: t(v, "keys.col_use")}, {Text: t(v, "keys.col_made")}, {Text: t(v, "keys.col_state")},
			{Text: t(v, "keys.col_steps")}}, Rows: rows}.UI())
	}
	uses := make([]c.Option, 0, len(mingjing.KeyUses))
	for _, use := range mingjing.KeyUses {
		uses = append(uses, c.Option{Value: string(use), Text: page.Code(v, "key_use", string(use)),
			Hint: page.Code(v, "key_use_hint", string(use))})
	}
	return append(body, c.Section("new", t(v, "keys.new"), c.Form{Action: "/api/agency/keys", Full: true, Class: "narrow",
		Label: t(v, "keys.new"), Body: []app.UI{page.LangField(v),
			c.Radios{Name: "use", Legend: t(v, "keys.col_use"), Options: uses, Value: page.Typed(v, "use"), Error: page.FieldError(v, "use")}.UI(),
			c.Button{Text: t(v, "keys.new_submit")}.UI()}}.UI()))
}

// keyState returns the state of a key, with the time that belongs to it.
func keyState(v *mingjing.View, k mingjing.AgencyKey) app.UI {
	state := k.State(v.Now)
	tag := c.Tag{Text: page.Code(v, "key_state", string(state)), Shape: "circle"}
	at := ""
	switch state {
	case mingjing.KeyGood:
		tag.Tone = "good"
	case mingjing.KeyEnding:
		tag.Tone, tag.Shape, at = "warn", "diamond", t(v, "keys.until", "time", page.Instant(v, *k.EndsAt))
	case mingjing.KeyRevoked:
		at = t(v, "keys.revoked_at", "time", page.Instant(v, *k.RevokedAt))
	case mingjing.KeyEnded:
	}
	var when app.UI
	if at != "" {
		when = c.Span("muted", at)
	}
	return c.Div("two", tag.UI(), when)
}

// keySteps returns the forms of what can be done with a key.
func keySteps(v *mingjing.View, k mingjing.AgencyKey) app.UI {
	var forms []app.UI
	action := "/api/agency/keys/" + page.Segment(k.ID)
	if k.State(v.Now) == mingjing.KeyGood {
		days := make([]c.Option, 0, len(mingjing.OverlapDays))
		for _, n := range mingjing.OverlapDays {
			days = append(days, c.Option{Value: strconv.Itoa(n), Text: tn(v, "count.days", n)})
		}
		forms = append(forms, c.Form{Action: action + "/rotate", Full: true, Class: "form-line", Label: t(v, "keys.rotate_label", "id", k.ID),
			Body: []app.UI{page.LangField(v), c.Select{Name: "overlap_days", ID: "overlap-" + k.ID, Label: t(v, "keys.overlap"), Options: days,
				Value: strconv.Itoa(mingjing.OverlapDays[1])}.UI(),
				c.Button{Text: t(v, "keys.rotate"), Kind: "secondary", About: k.ID}.UI()}}.UI())
	}
	if k.Usable(v.Now) {
		forms = append(forms, c.Form{Action: action + "/revoke", Label: t(v, "keys.revoke_label", "id", k.ID), Body: []app.UI{page.LangField(v),
			c.Button{Text: t(v, "keys.revoke"), Kind: "warning", About: k.ID}.UI()}}.UI())
	}
	return c.Div("stack", forms...)
}

// madeKey returns a new key with its secret, which is shown once.
func madeKey(v *mingjing.View, k mingjing.MadeKey) []app.UI {
	return []app.UI{page.Heading(agencyName(v), t(v, "keys.made_title")), c.Notification{Kind: "warning", Text: t(v, "keys.made_once")}.UI(),
		c.SummaryList{Rows: []c.SummaryRow{
			{Key: t(v, "keys.col_id"), Value: c.El("code", c.A{"id": "key-id"}, c.Text(k.ID))},
			{Key: t(v, "keys.secret"), Value: c.El("code", c.A{"id": "key-secret", "class": "share-url"}, c.Text(k.Secret))},
			{Key: t(v, "keys.col_use"), Text: page.Code(v, "key_use", string(k.Use))}}}.UI(),
		c.P(t(v, "keys.made_how")),
		c.Div("actions", c.LinkButton{Text: t(v, "keys.back"), Href: href(v, "agency-keys"), Kind: "secondary"}.UI())}
}

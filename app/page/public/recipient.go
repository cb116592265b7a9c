package public

import (
	"encoding/base64"
	"strconv"

	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var (
	_ = page.Register("recipient", page.Screen{Data: page.New[mingjing.RecipientView], Body: recipientBody,
		Title: func(v *mingjing.View) string { return recipientTitle(v) }})
	_ = page.Register("no-score", page.Screen{Body: noScoreBody})
)

func recipientTitle(v *mingjing.View) string {
	switch r := mingjing.DataOf[mingjing.RecipientView](v); {
	case r != nil && r.Statement != nil:
		return t(v, "recipient.statement")
	case r != nil && !r.Open:
		return t(v, "recipient.over_title")
	}
	return t(v, "title.recipient")
}

// recipientBody returns the page of a share's link: the form that asks who views it,
// then what was shown to them; or only that it was corrected.
func recipientBody(v *mingjing.View) []app.UI {
	r := mingjing.DataOf[mingjing.RecipientView](v)
	if r == nil {
		return page.ErrorBody(v)
	}
	var corrected app.UI
	if r.CorrectedAt != nil {
		corrected = c.Notification{Kind: "warning", Title: t(v, "recipient.corrected", "time", page.Instant(v, *r.CorrectedAt)),
			Text: t(v, "recipient.corrected_text")}.UI()
	}
	if r.Statement != nil {
		return statementBody(v, r)
	}
	if !r.Open {
		return []app.UI{page.Heading("", recipientTitle(v)), corrected, c.P(t(v, "error.share_over")), declineLink(v)}
	}
	var email app.UI
	if r.Mail {
		email = c.Input{Name: "email", Type: "email", Label: t(v, "recipient.email"), Hint: t(v, "recipient.email_hint"),
			Error: page.FieldError(v, "email"),
			Value: page.Typed(v, "email"), Autocomplete: "email", InputMode: "email", MaxLength: 254}.UI()
	}
	return []app.UI{
		page.Heading(t(v, "recipient.kicker"), recipientTitle(v)), corrected, page.Lead(t(v, "recipient.lead")),
		c.El("ul", c.A{"class": "bullets"}, page.ListItems([]app.UI{
			c.Text(tn(v, "recipient.left", r.Left, "end", page.EndOf(v, r.EndsAt))),
			c.Text(t(v, "recipient.logged")), c.Text(t(v, "recipient.all"))})...),
		c.Form{Action: "/api/s/" + page.Segment(r.Code), Full: true, Label: t(v, "recipient.look"), Body: []app.UI{page.LangField(v),
			c.Input{Name: "who", Label: t(v, "field.who"), Hint: t(v, "recipient.who_hint"), Error: page.FieldError(v, "who"),
				Value: page.Typed(v, "who"), Autocomplete: "organization", MaxLength: mingjing.MaxShareWho, Required: true}.UI(),
			email, c.Button{Text: t(v, "recipient.look")}.UI()}}.UI(),
		declineLink(v)}
}

func declineLink(v *mingjing.View) app.UI {
	return c.El("p", nil, c.Link{Text: t(v, "recipient.may_ask"), Href: href(v, "no-score")}.UI())
}

// statementBody returns the statement as a document that can be printed.
func statementBody(v *mingjing.View, r *mingjing.RecipientView) []app.UI {
	s := r.Statement
	var band app.UI
	if s.Band != nil {
		band = c.El("p", c.A{"class": "statement-band"}, c.Span("visually-hidden", t(v, "score.band")+" "), page.BandUI(v, *s.Band, "large"))
	}
	rows := []c.SummaryRow{{Key: t(v, "recipient.name"), Text: s.Name}, {Key: t(v, "recipient.id"), Text: s.IDMasked}}
	if s.Value != nil {
		rows = append(rows, c.SummaryRow{Key: t(v, "score.value"), Text: t(v, "recipient.value", "value", page.Plain(s.Value.Value),
			"min", page.Plain(s.Value.Min), "max", page.Plain(s.Value.Max))})
	}
	if s.Missing != nil {
		rows = append(rows, c.SummaryRow{Key: t(v, "share_field.missing"), Text: strconv.Itoa(*s.Missing)})
	}
	if s.Listings != nil {
		rows = append(rows, c.SummaryRow{Key: t(v, "share_field.listings"), Text: strconv.Itoa(*s.Listings)})
	}
	rows = append(rows,
		c.SummaryRow{Key: t(v, "recipient.as_of"), Text: page.Date(v, s.AsOf)},
		c.SummaryRow{Key: t(v, "field.rulebook"), Value: c.El("span", nil,
			c.Link{Text: v.Label("rulebook", s.Rulebook.ID), Href: href(v, "rulebook", s.Rulebook.ID)}.UI(), c.Text(" "),
			c.Span("muted", s.Rulebook.Version))},
		c.SummaryRow{Key: t(v, "field.purpose"), Text: s.Purpose},
		c.SummaryRow{Key: t(v, "recipient.shown_to"), Text: s.ShownTo},
		c.SummaryRow{Key: t(v, "recipient.shown_at"), Value: page.TimeUI(v, s.IssuedAt)},
		c.SummaryRow{Key: t(v, "recipient.expires"), Text: page.EndOf(v, s.ExpiresAt)})
	return []app.UI{
		c.El("article", c.A{"class": "letter share-statement"},
			c.Div("letter-head", page.Mirror(44), c.Div("letter-office",
				c.El("p", c.A{"class": "letter-from"}, c.Text(t(v, "brand.zh")+" Mingjing")),
				c.Muted(t(v, "recipient.number", "number", page.CaseNumber(s.Number))))),
			c.El("h1", nil, c.Text(t(v, "recipient.statement"))),
			band, c.SummaryList{Rows: rows}.UI(),
			c.P(t(v, "recipient.nothing_more")),
			c.Muted(t(v, "recipient.revoked_later"))),
		c.Div("actions", c.El("a", c.A{"class": "button", "download": "mingjing-" + page.CaseNumber(s.Number) + ".sd-jwt",
			"href": "data:application/dc+sd-jwt;base64," + base64.StdEncoding.EncodeToString([]byte(r.Token))}, c.Text(t(v, "recipient.download")))),
		c.Details{Summary: t(v, "recipient.check"), Body: []app.UI{c.P(t(v, "recipient.check_text")),
			c.El("p", nil, c.El("code", nil, c.Text("mingjing statement verify FILE --key KEYS"))),
			c.El("p", nil, c.El("code", nil, c.Text("/.well-known/jwt-vc-issuer")))}}.UI(),
		declineLink(v)}
}

// noScoreBody returns a document to show to others, which says that nobody has to share
// a score.
func noScoreBody(v *mingjing.View) []app.UI {
	list := func(family string, names ...string) app.UI {
		items := make([]app.UI, 0, len(names))
		for _, n := range names {
			items = append(items, c.Text(t(v, family+"."+n)))
		}
		return c.El("ul", c.A{"class": "bullets"}, page.ListItems(items)...)
	}
	return []app.UI{c.El("article", c.A{"class": "letter"},
		c.Div("letter-head", page.Mirror(44), c.Div("letter-office",
			c.El("p", c.A{"class": "letter-from"}, c.Text(t(v, "brand.zh")+" Mingjing")), c.Muted(t(v, "no_score.kicker")))),
		c.El("h1", nil, c.Text(t(v, "title.no-score"))),
		c.Div("letter-outcome", c.El("p", c.A{"class": "letter-outcome-title"}, c.Text(t(v, "no_score.answer"))), c.P(t(v, "no_score.complete"))),
		c.H(2, t(v, "no_score.may")), list("no_score.may", "purpose", "chosen", "check"),
		c.H(2, t(v, "no_score.may_not")), list("no_score.may_not", "more", "login", "why", "against"),
		c.H(2, t(v, "no_score.instead")), c.P(t(v, "no_score.instead_text")))}
}

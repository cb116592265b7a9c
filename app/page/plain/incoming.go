package plain

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

var _ = page.Register("incoming", page.Screen{Data: page.New[mingjing.IncomingView], Body: incomingBody, Back: page.BackTo("drafts")})

// incomingBody returns the files that another app has handed over, and asks where they go.
func incomingBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.IncomingView](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	body := []app.UI{page.Heading("", t(v, "title.incoming"))}
	var files []app.UI
	ready := false
	for _, d := range v.Drafts {
		for _, f := range d.Files {
			ready = ready || f.State != mingjing.DraftFileRefused
			note := c.Muted(t(v, "paper.pair", "a", i18n.FileSize(v.Lang, f.Size), "b", t(v, "draft_file."+string(f.State))))
			if f.State == mingjing.DraftFileRefused {
				note = c.El("p", c.A{"class": "error"}, c.Text(page.Code(v, "error", f.Why)))
			}
			files = append(files, c.Div("", c.El("bdi", nil, c.Text(f.Name)), note,
				c.Form{Action: "/api/drafts/files/" + page.Segment(f.ID) + "/remove", Class: "form-line", Body: []app.UI{page.LangField(v),
					c.Button{Text: t(v, "keep.remove"), About: f.Name, Kind: "secondary"}.UI()}}.UI()))
		}
	}
	if len(files) == 0 {
		return append(body, c.EmptyState{Title: t(v, "incoming.none_title"), Text: t(v, "incoming.none")}.UI())
	}
	body = append(body, page.Lead(t(v, "incoming.lead")), c.Section("files", t(v, "incoming.files"), c.List("rows", files...)))
	if !ready {
		return body
	}
	if len(shown.Places) == 0 {
		return append(body, c.P(t(v, "incoming.no_place")))
	}
	cards := make([]app.UI, 0, len(shown.Places))
	for _, p := range shown.Places {
		button := "incoming.dispute"
		if p.Case {
			button = "incoming.case"
		}
		item := v.Label("item", p.Code)
		cards = append(cards, c.Card{Title: item, Level: 3, Body: []app.UI{c.Muted(v.Label("agency", p.Agency)),
			c.Form{Action: "/api/incoming/place", Body: []app.UI{page.LangField(v), c.Hidden{Name: "to", Value: p.Draft}.UI(),
				c.Button{Text: t(v, button), About: item, Kind: "secondary"}.UI()}}.UI()}}.UI())
	}
	return append(body, c.Section("places", t(v, "incoming.places"), c.List("cards", cards...)))
}

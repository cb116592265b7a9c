package resident

import (
	"mingjing"
	c "mingjing/app/component"
	"mingjing/app/page"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// It is the one public page that a program is loaded for, and so in the resident's.
var _ = page.Register("try", page.Screen{Data: page.New[mingjing.TryView], Body: tryBody, Back: func(v *mingjing.View) (string, string) {
	if shown := mingjing.DataOf[mingjing.TryView](v); shown != nil {
		return v.Label("rulebook", shown.Version.ID), href(v, "rulebook", shown.Version.Hash)
	}
	return t(v, "nav.rulebooks"), href(v, "rulebooks")
}})

// tryBody returns the page on which anybody can try what a rulebook would make of them.
func tryBody(v *mingjing.View) []app.UI {
	shown := mingjing.DataOf[mingjing.TryView](v)
	if shown == nil {
		return page.ErrorBody(v)
	}
	ref := mingjing.RulebookRef{ID: shown.Version.ID, Version: shown.Version.Version, Hash: shown.Version.Hash}
	return []app.UI{
		page.Heading(v.Label("rulebook", ref.ID), t(v, "title.try")),
		page.Lead(t(v, "try.lead", "base", page.Plain(shown.Base))),
		c.P(t(v, "try.private")),
		&WhatIf{V: v, Codes: shown.Codes, Score: mingjing.Score{Rulebook: ref, AsOf: v.Today}},
		c.El("p", nil, c.Link{Text: t(v, "score.rulebook_link"), Href: href(v, "rulebook", ref.Hash), Class: "row-link"}.UI()),
	}
}

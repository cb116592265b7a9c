package page

import (
	"mingjing"
	c "mingjing/app/component"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Acting returns the resident for whom the reader of a page acts, and until when; ""
// for nobody.
func Acting(v *mingjing.View) (name string, until mingjing.Date) {
	var d mingjing.Case
	switch shown := v.Data.(type) {
	case *mingjing.DisputePage:
		d = shown.Case
	case *mingjing.LetterView:
		d = shown.Dispute
	case *mingjing.CourtFile:
		d = shown.Dispute
	case *mingjing.NewCaseView:
		if shown.Previous != nil {
			d = *shown.Previous
		}
	}
	return d.ActingFor, d.ActingUntil
}

// actingBanner returns the banner that says, on every page of somebody else's case,
// whose it is.
func actingBanner(v *mingjing.View) app.UI {
	name, until := Acting(v)
	if name == "" {
		return nil
	}
	return c.Notification{Kind: "info", Title: T(v, "acting.banner", "name", name),
		Text: T(v, "acting.banner_text", "name", name, "date", Date(v, until))}.UI()
}

// actingWho returns who did an entry of the timeline, where that was done for somebody
// else or the reader acts for somebody; "" otherwise.
func actingWho(v *mingjing.View, d mingjing.Case, e mingjing.TimelineEntry) string {
	switch {
	case e.For != "":
		return T(v, "acting.for", "name", e.Who, "resident", e.For)
	case d.ActingFor != "" && e.Role == mingjing.RoleResident:
		return d.ActingFor
	}
	return ""
}

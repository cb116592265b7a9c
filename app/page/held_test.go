package page_test

import (
	"maps"
	"slices"
	"testing"

	"mingjing"
	"mingjing/app/page"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func eachHeld(t *testing.T, check func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document)) {
	for _, lang := range mingjing.Languages {
		views := pagetest.HeldScreens(lang)
		for _, name := range slices.Sorted(maps.Keys(views)) {
			t.Run(lang+"/"+name, func(t *testing.T) { check(t, name, views[name], pagetest.RenderHeld(t, name, views[name])) })
		}
	}
}

func TestEveryScreenOfHeldDataIsSoundHTML(t *testing.T) {
	eachHeld(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) { pagetest.Sound(t, doc) })
}

func TestNothingThatAnyoneWritesBecomesMarkup(t *testing.T) {
	for _, lang := range mingjing.Languages {
		views := pagetest.HeldScreens(lang)
		for _, name := range slices.Sorted(maps.Keys(views)) {
			t.Run(lang+"/"+name, func(t *testing.T) {
				pagetest.Poison(views[name])
				doc := pagetest.RenderHeld(t, name, views[name])
				pagetest.Sound(t, doc)
				if n := doc.Find("script, img:not(.draft-picture)").Length(); n != 0 {
					t.Errorf("%d elements came out of text", n)
				}
			})
		}
	}
}

func TestEverySentenceOfHeldDataIsThere(t *testing.T) {
	before := i18n.OnMissing
	defer func() { i18n.OnMissing = before }()
	i18n.OnMissing = func(what string) { t.Error(what) }
	for _, lang := range mingjing.Languages {
		for _, v := range pagetest.HeldScreens(lang) {
			app.HTMLString(page.Body(v))
			page.Title(v)
		}
	}
}

func TestEveryCodeOfADisputeHasItsSentences(t *testing.T) {
	want := []string{"area.other"}
	for _, r := range mingjing.DisputeReasons {
		want = append(want, "reason."+string(r), "reason_hint."+string(r))
	}
	for _, k := range mingjing.CaseKinds {
		want = append(want, "case_kind."+string(k), "case_title."+string(k), "case_number."+string(k), "letter.title."+string(k),
			"letter.opening."+string(k))
		for _, o := range k.Outcomes() {
			want = append(want, "outcome."+string(o))
			for _, what := range []mingjing.Case{{Kind: k, Record: &mingjing.Record{}}, {Kind: k, Listing: &mingjing.Listing{}}} {
				if what.Record != nil && (k == mingjing.CaseRepair || k == mingjing.CaseListing) {
					continue
				}
				what.Decision = &mingjing.Decision{Outcome: o, Corrected: "2026-01-01"}
				want = append(want, "dispute.means."+page.MeansText(what), "letter.means."+page.MeansText(what))
			}
		}
	}
	for _, s := range mingjing.CaseStates {
		want = append(want, "dispute_state."+string(s))
	}
	for _, s := range []mingjing.RecordState{mingjing.RecordActive, mingjing.RecordCorrected, mingjing.RecordDisputed,
		mingjing.RecordSuspended, mingjing.RecordRemoved} {
		want = append(want, "record_state."+string(s), "record_state_hint."+string(s))
	}
	for _, s := range append([]mingjing.ListingState{"not_yet", "ended"}, mingjing.ListingStates...) {
		want = append(want, "listing_state."+string(s))
		if s != mingjing.ListingUnserved && s != "ended" { // which have sentences of their own
			want = append(want, "listing.stand."+string(s), "listing.stand_text."+string(s))
		}
	}
	for _, a := range mingjing.Areas {
		want = append(want, "area."+string(a))
	}
	for _, key := range want {
		if !i18n.Has(key) {
			t.Errorf("no sentence %s", key)
		}
	}
}

func TestOnlyOtherDevicesAreEndedHere(t *testing.T) {
	views := pagetest.HeldScreens("en")
	doc := pagetest.RenderHeld(t, "sessions", views["sessions"])
	var ended []string
	doc.Find(`form[action="/api/sessions/end"] input[name=session_id]`).Each(func(_ int, s *goquery.Selection) {
		ended = append(ended, s.AttrOr("value", ""))
	})
	if !slices.Equal(ended, []string{"s-2", "s-3"}) || doc.Find(`form[action="/api/sessions/end-others"]`).Length() != 1 {
		t.Errorf("sessions that can be ended: %v", ended)
	}
	if pagetest.RenderHeld(t, "sessions", views["sessions.one"]).Find(`form[action="/api/sessions/end-others"]`).Length() != 0 {
		t.Error("the only device offers to end others")
	}
}

func TestAMissedAgencyClockIsNoLongerWaitedFor(t *testing.T) {
	d := pagetest.DisputeIn(mingjing.CaseAgencySilent, false)
	if k := page.NextClock(d.Clocks); k == nil || k.Code != "decide" {
		t.Errorf("next is %+v, want the decision", k)
	}
}

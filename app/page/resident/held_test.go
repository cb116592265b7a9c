package resident

import (
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"
)

func TestARecordIsDisputedOnlyWhileItMayBe(t *testing.T) {
	views := pagetest.HeldScreens("en")
	doc := pagetest.RenderHeld(t, "record", views["record"])
	if got := doc.Find("#object + .actions a, .section a.button").AttrOr("href", ""); got != "/en/disputes/new?record=r-1" {
		t.Errorf("the way to a dispute leads to %q", got)
	}
	doc = pagetest.RenderHeld(t, "record", views["record.disputed"])
	if doc.Find(`a[href*="disputes/new"]`).Length() != 0 || doc.Find(`main a[href="/en/disputes/4f1c9a20b7e84d33"]`).Length() != 1 {
		t.Error("a disputed record offers a second dispute, or does not lead to the first")
	}
}

func TestAListingWithoutNoticeSaysThatItHasNoEffect(t *testing.T) {
	views := pagetest.HeldScreens("en")
	text := pagetest.RenderHeld(t, "listing", views["listing.unserved"]).Find("main").Text()
	if !strings.Contains(text, i18n.T("en", "listing.unserved_title")) || !strings.Contains(text, i18n.T("en", "listing.notice_none")) {
		t.Error("it does not say so")
	}
	if strings.Contains(pagetest.RenderHeld(t, "listing", views["listing"]).Find("main").Text(), i18n.T("en", "listing.unserved_title")) {
		t.Error("a listing with notice says so too")
	}
}

func TestAConsentIsWithdrawnByItsOwnForm(t *testing.T) {
	doc := pagetest.RenderHeld(t, "consents", pagetest.HeldScreens("en")["consents.wrong"])
	forms := doc.Find(`form[action="/api/consents/withdraw"]`)
	if forms.Length() != 2 {
		t.Fatalf("%d forms for two rulebooks in force", forms.Length())
	}
	open := doc.Find("details[open] form[action='/api/consents/withdraw']")
	if open.Find("input[name=rulebook]").AttrOr("value", "") != "rongcheng" || open.Find("#confirm[value=true]").Length() != 1 {
		t.Error("the form that was sent wrongly is not the open one with the field that the summary leads to")
	}
}

func TestADisputeFormKeepsWhatWasTyped(t *testing.T) {
	doc := pagetest.RenderHeld(t, "new-dispute", pagetest.HeldScreens("zh-CN")["new-dispute.wrong"])
	form := doc.Find(`form[action="/api/disputes"]`)
	if form.AttrOr("enctype", "") != "multipart/form-data" || form.Find("input[name=listing_id]").AttrOr("value", "") != "l-1" ||
		form.Find("input[name=record_id]").Length() != 0 {
		t.Error("the form does not name its listing")
	}
	if got := form.Find("textarea[name=statement]").Text(); !strings.Contains(got, "期限 "+pagetest.Hostile) {
		t.Errorf("the statement came back as %q", got)
	}
	if form.Find("input[name=reason][checked]").AttrOr("value", "") != "expired" ||
		form.Find("input[name=reason]").Length() != len(mingjing.DisputeReasons) {
		t.Error("the reasons are not all there, or the chosen one is not chosen")
	}
	if form.Find("input[name=evidence][multiple]").AttrOr("accept", "") != "application/pdf,image/*,.heic,.heif" {
		t.Error("the file field takes other files")
	}
}

func TestEvidenceIsAddedUntilTheDecision(t *testing.T) {
	views := pagetest.HeldScreens("en")
	for name, want := range map[string]int{"dispute.filed": 1, "dispute.agency_silent": 1, "dispute.decided": 0, "dispute.full": 0} {
		if got := pagetest.RenderHeld(t, name, views[name]).Find(`form[action$="/evidence"]`).Length(); got != want {
			t.Errorf("%s has %d forms, want %d", name, got, want)
		}
	}
	link := pagetest.RenderHeld(t, "dispute", views["dispute.filed"]).Find(".paper-name").First()
	if _, full := link.Attr("data-full"); !full || link.AttrOr("href", "") != "/api/evidence/e-1" ||
		link.AttrOr("download", "") != "结案通知书.pdf" {
		t.Error("a piece of evidence is not offered as a download")
	}
}

func TestADecisionSaysWhoWhyAndWhatFollows(t *testing.T) {
	text := pagetest.RenderHeld(t, "dispute", pagetest.HeldScreens("en")["dispute.decided"]).Find("main").Text()
	for _, want := range []string{"Partly upheld", "陈晓", "结案通知书证明", "2 April 2024", "采纳。它证明义务已经履行。"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
}

func TestASuspendedRecordLeadsToItsDisputeAndOffersNoSecond(t *testing.T) {
	v := pagetest.HeldScreens("en")["record"]
	mingjing.DataOf[mingjing.RecordView](v).Record.State, mingjing.DataOf[mingjing.RecordView](v).Record.DisputeID = mingjing.RecordSuspended,
		"d-9"
	doc := pagetest.RenderHeld(t, "record", v)
	if doc.Find(`a[href*="disputes/new"]`).Length() != 0 || doc.Find(`main a[href="/en/disputes/d-9"]`).Length() != 1 {
		t.Error("it offers a second dispute, or hides the first")
	}
}

func TestAResidentSeesThatTheAgencyIsLate(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldScreens(lang)["dispute.agency_silent"]
		k := &mingjing.DataOf[mingjing.DisputePage](v).Clocks[2]
		for how, after := range map[string]time.Duration{"late": time.Minute, "very_late": -time.Minute} {
			k.VeryLateAt = pagetest.HeldNow.Add(after)
			tag := pagetest.RenderHeld(t, "dispute", v).Find(".clocks .tag:has(.shape)")
			if got, want := strings.TrimSpace(tag.Text()), i18n.T(lang, "lateness.agency."+how); got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
		}
	}
}

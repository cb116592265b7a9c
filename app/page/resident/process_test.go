package resident

import (
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"
)

func TestAListingSaysWhereItStandsAndWhatCanBeDoneNow(t *testing.T) {
	for _, lang := range mingjing.Languages {
		views := pagetest.HeldScreens(lang)
		for _, s := range mingjing.ListingStates {
			name := "listing.state-" + string(s)
			doc := pagetest.RenderHeld(t, name, views[name])
			if doc.Find("#stand").Length() != 1 {
				t.Errorf("%s %s does not say where it stands", lang, s)
			}
			confirm, notice := doc.Find(`form[action="/api/listings/l-1/receipt"]`).Length(), doc.Find("#notice").Length()
			if want := s == mingjing.ListingDecided; (confirm == 1) != want {
				t.Errorf("%s %s: %d forms to confirm the notice", lang, s, confirm)
			}
			if want := s == mingjing.ListingDecided || s == mingjing.ListingServed; (notice == 1) != want {
				t.Errorf("%s %s: the notice is there %d times", lang, s, notice)
			}
			if answer := doc.Find(`.stand a[href*="disputes/new?listing=l-1"]`).Length(); (answer == 1) != (s == mingjing.ListingServed) {
				t.Errorf("%s %s: %d ways to answer", lang, s, answer)
			}
		}
		// The notice says how to get off the list.
		off := pagetest.RenderHeld(t, "listing", views["listing.state-decided"]).Find(".served-notice .inset").Text()
		for _, want := range []string{i18n.T(lang, "count.months", "n", "24"), i18n.T(lang, "count.months", "n", "12"),
			i18n.T(lang, "count.working_days", "n", "10")} {
			if !strings.Contains(off, want) {
				t.Errorf("%s: the way off does not say %q: %s", lang, want, off)
			}
		}
	}
}

func TestAListingInEffectCountsDownAndOffersRepair(t *testing.T) {
	for _, lang := range mingjing.Languages {
		views := pagetest.HeldScreens(lang)
		said := pagetest.MainText(t, "listing", views["listing.state-in_effect"])
		for _, want := range []string{i18n.Date(lang, "2028-10-01"), i18n.Date(lang, "2027-10-01"), i18n.T(lang, "listing.without_title"),
			"975"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: it does not say %q", lang, want)
			}
		}
		repair := `a[href="/` + lang + `/listings/l-1/repair"]`
		if pagetest.RenderHeld(t, "listing", views["listing.state-in_effect"]).Find(repair).Length() != 0 ||
			pagetest.RenderHeld(t, "listing", views["listing.repairable"]).Find(repair).Length() == 0 {
			t.Errorf("%s: repair is offered before its day, or not after", lang)
		}
		form := pagetest.RenderHeld(t, "repair", views["repair"]).Find(`form[action="/api/repairs"][enctype="multipart/form-data"]`)
		if form.Find("input[name=listing_id]").AttrOr("value", "") != "l-1" {
			t.Errorf("%s: the form of repair does not name its listing", lang)
		}
		closed := pagetest.RenderHeld(t, "repair", views["repair.closed"])
		if closed.Find("main form").Length() != 0 || !strings.Contains(closed.Find("main").Text(), i18n.Date(lang, "2027-10-01")) {
			t.Errorf("%s: a repair that is not open does not say from when", lang)
		}
	}
}

func TestRedlistingsAreFoldedAwayUnlessTheyAreShown(t *testing.T) {
	views := pagetest.HeldScreens("en")
	v := views["listings.all"]
	doc := pagetest.RenderHeld(t, "listings", v)
	if doc.Find(`.quiet-fold a[href="/en/listings/l-2"]`).Length() != 1 || doc.Find(".quiet-fold[open]").Length() != 0 ||
		!strings.Contains(doc.Find(".quiet-fold summary").Text(), "1 redlisting, not shown") {
		t.Error("a redlisting that is not shown is not folded away")
	}
	mingjing.DataOf[mingjing.ListingsView](v).Listings[len(mingjing.DataOf[mingjing.ListingsView](v).Listings)-1].Listing.Shown = true
	doc = pagetest.RenderHeld(t, "listings", v)
	if doc.Find(".quiet-fold").Length() != 0 || doc.Find(`.card-link[href="/en/listings/l-2"]`).Length() != 1 {
		t.Error("one that is shown is folded away")
	}
	for name, to := range map[string]string{"listing.red": "true", "listing.red-shown": "false"} {
		if got := pagetest.RenderHeld(t, name, views[name]).Find(`form[action="/api/listings/l-2/shown"] input[name=shown]`).AttrOr("value",
			""); got != to {
			t.Errorf("%s would be set to %q", name, got)
		}
	}
	// What waits for the resident comes first, what is over last.
	var order []string
	titles := doc.Find("main section h2, main details.fold")
	for i := range titles.Length() {
		order = append(order, titles.Eq(i).AttrOr("id", ""))
	}
	if !slices.Equal(order, []string{"list-waiting", "list-effect", "list-idle", "list-over", "list-red"}) {
		t.Errorf("groups %v", order)
	}
}

func TestADecisionShowsTheWaysOnThatAreOpen(t *testing.T) {
	for _, lang := range mingjing.Languages {
		views := pagetest.HeldScreens(lang)
		for name, want := range map[string][]string{
			"dispute.lanes": {"/" + lang + "/disputes/new?previous=4f1c9a20b7e84d33", "/" + lang + "/disputes/4f1c9a20b7e84d33/review",
				"/api/disputes/4f1c9a20b7e84d33/court-file.pdf?lang=" + lang},
			"dispute.granted": {"/api/disputes/4f1c9a20b7e84d33/court-file.pdf?lang=" + lang},
			"dispute.repair-refused": {"/" + lang + "/disputes/4f1c9a20b7e84d33/review", "/api/disputes/4f1c9a20b7e84d33/court-file.pdf?lang=" +
				lang},
			"dispute.filed": nil,
		} {
			var got []string
			links := pagetest.RenderHeld(t, name, views[name]).Find(".lanes a")
			for i := range links.Length() {
				got = append(got, links.Eq(i).AttrOr("href", ""))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %s leads on to %v, want %v", lang, name, got, want)
			}
		}
		doc := pagetest.RenderHeld(t, "dispute.lanes", views["dispute.lanes"])
		if doc.Find(".paper-late").Length() != 1 || doc.Find(`form[action$="/evidence"]`).Length() != 1 {
			t.Errorf("%s: late evidence is not marked, or no more can be added", lang)
		}
		again := pagetest.RenderHeld(t, "new-dispute.again", views["new-dispute.again"])
		if again.Find("input[name=previous]").AttrOr("value", "") != "4f1c9a20b7e84d33" || again.Find("input[name=listing_id]").Length() != 0 ||
			again.Find("[aria-labelledby=before] .paper").Length() != 1 {
			t.Errorf("%s: the new dispute does not carry over the evidence that came late", lang)
		}
	}
}

func TestACaseThatNobodyDecidedNamesTheRule(t *testing.T) {
	for _, lang := range mingjing.Languages {
		views := pagetest.HeldScreens(lang)
		for _, rule := range []string{"unchecked", "unserved"} {
			if said := pagetest.MainText(t, rule, views["dispute."+rule]); !strings.Contains(said, i18n.T(lang, "decision_rule."+rule)) {
				t.Errorf("%s: the rule %s is not named", lang, rule)
			}
			d := mingjing.DataOf[mingjing.DisputePage](views["dispute."+rule]).Case
			letter := &mingjing.View{Page: "letter", Lang: lang, Zone: "Asia/Shanghai", Data: &mingjing.LetterView{Dispute: d}}
			if said := saidIn(LetterOf(letter)); !strings.Contains(said, i18n.T(lang, "decision_rule."+rule)) ||
				strings.Contains(said, i18n.T(lang, "letter.evidence_title")) {
				t.Errorf("%s: the letter does not name the rule %s, or tells of evidence that there can't be", lang, rule)
			}
		}
	}
}

func TestALetterAnswersOnlyWhatWasThereToDecide(t *testing.T) {
	v := pagetest.HeldScreens("en")["dispute.lanes"]
	letter := &mingjing.View{Page: "letter", Lang: "en", Zone: "Asia/Shanghai",
		Data: &mingjing.LetterView{Dispute: mingjing.DataOf[mingjing.DisputePage](v).Case}}
	if said := saidIn(LetterOf(letter)); strings.Contains(said, "结清证明.pdf") || !strings.Contains(said, "结案通知书.pdf") {
		t.Error("the letter lists evidence that came after it, or not what came before")
	}
	file := &mingjing.View{Page: "letter", Lang: "en", Zone: "Asia/Shanghai", Data: &mingjing.CourtFile{
		LetterView: *mingjing.DataOf[mingjing.LetterView](letter), Case: mingjing.DataOf[mingjing.LetterView](letter).Dispute}}
	if said := saidIn(CourtFileOf(file)); !strings.Contains(said, "结清证明.pdf") || !strings.Contains(said, i18n.T("en", "dispute.late_text")) {
		t.Error("the file for the court leaves out what came late, or does not say that it did")
	}
}

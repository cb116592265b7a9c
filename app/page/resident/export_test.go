package resident

import (
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/app/page/pagetest"
	"mingjing/i18n"
)

func TestTheExportPageOffersTheFileToAFreshLoginAlone(t *testing.T) {
	for _, lang := range mingjing.Languages {
		for _, s := range pagetest.SamplesOfExport(t, lang) {
			doc, _ := pagetest.Render(t, &s.View)
			file, form := doc.Find(`main a[href="/api/export/file?lang=`+lang+`"][data-full]`).Length(),
				doc.Find(`main form[action="/api/export"]`).Length()
			confirm := doc.Find(`main a[href="/` + lang + `/confirm?next=export"]`).Length()
			var want [3]int
			switch x := mingjing.DataOf[mingjing.ExportView](&s.View); {
			case x == nil && s.View.Page == "export":
				want = [3]int{0, 0, 1}
			case x == nil, x.Job != nil && x.Job.State == mingjing.ExportMaking:
			case !x.Fresh:
				want = [3]int{0, 0, 1}
			case x.Job != nil && x.Job.State == mingjing.ExportReady:
				want = [3]int{1, 1, 0}
			default:
				want = [3]int{0, 1, 0}
			}
			if got := [3]int{file, form, confirm}; got != want {
				t.Errorf("%s in %s leads to the file, the form and the password %v times, want %v", s.Name, lang, got, want)
			}
		}
	}
}

// sampleExport returns an export with one of each kind of data.
func sampleExport(lang string) mingjing.Export {
	record, listing := pagetest.DisputeIn(mingjing.CaseDecided, false), pagetest.DisputeIn(mingjing.CaseDecided, true)
	withdrawn := pagetest.HeldNow.Add(-time.Hour)
	return mingjing.Export{Version: 1, MadeAt: pagetest.HeldNow, City: pagetest.Both("上海市", "Shanghai"), Zone: "Asia/Shanghai", Lang: lang,
		Identity: mingjing.ExportIdentity{ResidentID: "R1", IDNumber: "999999198001011234", Name: "李静", EnrolledAt: pagetest.HeldNow},
		Consents: []mingjing.Consent{{ID: "c", Rulebook: "rongcheng", GivenAt: pagetest.HeldNow},
			{ID: "d", Rulebook: "honest-shanghai", GivenAt: pagetest.HeldNow, WithdrawnAt: &withdrawn}},
		Requests: []mingjing.ExportRequest{{ID: "q-1", Rulebook: mingjing.RulebookRef{ID: "rongcheng"}, State: mingjing.RequestReady,
			CreatedAt: pagetest.HeldNow,
			Sources: []mingjing.ExportSource{
				{Source: mingjing.Source{Agency: "hpc", State: mingjing.SourceAnswered, AnsweredAt: &pagetest.HeldNow, Items: 2}},
				{Source: mingjing.Source{Agency: "bank", State: mingjing.SourceMissing}}}}},
		Records: []mingjing.ExportRecord{
			{Record: *record.Record, Ends: "2030-01-01", Effect: []mingjing.Effect{{Rulebook: "rongcheng", Points: -20}}}},
		Listings: []mingjing.ExportListing{
			{Listing: *listing.Listing, Effect: []mingjing.Effect{{Rulebook: "honest-shanghai", Why: "disputed"}}}},
		Scores: []mingjing.Score{{ID: "s", Rulebook: mingjing.RulebookRef{ID: "rongcheng", Version: "2026.1", Hash: strings.Repeat("ab", 32)},
			Value: 980, Band: "C", At: pagetest.HeldNow, Cause: "request",
			Explanation: []mingjing.Contribution{{Kind: mingjing.ContributionBase, Points: 1000},
				{Kind: mingjing.ContributionRecord, Rule: "judgment-unpaid", Points: -20, Ends: "2030-01-01"},
				{Kind: mingjing.ContributionCap, Rule: "blacklist-court", Cap: "C"}, {Kind: mingjing.ContributionBound, Points: 0}},
			NotCounted: []mingjing.NotCounted{{Rule: "traffic-fine", Why: "no_document"}}, Missing: []string{"bank"}}},
		Disputes: []mingjing.ExportDispute{{Case: record}, {Case: listing}},
		Notices:  []mingjing.Notice{{ID: "n", Kind: mingjing.NoticeCaseDecided, At: pagetest.HeldNow}},
		Settings: mingjing.ExportSettings{Lang: lang, Mail: true, Email: "li@mail.example", Off: []mingjing.NoticeKind{mingjing.NoticeScoreReady},
			Devices: []mingjing.PushDevice{{Name: "Chrome, Android", AddedAt: pagetest.HeldNow}, {AddedAt: pagetest.HeldNow}}},
		AccessLog: []mingjing.AccessEntry{
			{Seq: 1, At: pagetest.HeldNow, Role: mingjing.RoleHandler, Who: "沈默", Action: "case", Purpose: "dispute"},
			{Seq: 2, At: pagetest.HeldNow, Role: mingjing.RoleResident, Action: "export", Purpose: "own"}},
		Inquiries: []mingjing.Inquiry{{ID: "i-1", Entry: mingjing.AccessEntry{Seq: 1, At: pagetest.HeldNow, Action: "case"},
			Question: "为什么？", AskedAt: pagetest.HeldNow, State: mingjing.InquiryAnswered,
			Answers: []mingjing.InquiryAnswer{{Outcome: mingjing.InquiryExplained, Text: "为办理异议。", By: "沈默", Role: mingjing.RoleHandler,
				At: pagetest.HeldNow}}}},
		Shares: []mingjing.Share{{ID: "h", Rulebook: "rongcheng", Purpose: "租房", Fields: []mingjing.ShareField{mingjing.ShareBand},
			Named: mingjing.ShareMasked, Views: 3, Viewed: 1,
			State: mingjing.ShareRevoked, MadeAt: pagetest.HeldNow, EndsAt: pagetest.HeldNow, RevokedAt: &withdrawn,
			Accesses: []mingjing.ShareAccess{{At: pagetest.HeldNow, Who: "房东"}}}},
		Helping: []mingjing.Mandate{{ID: "m", CaseID: "case-7", Resident: "赵明", Relation: mingjing.RelationChild, From: pagetest.HeldNow,
			Until: "2026-06-30", State: mingjing.MandateAccepted}},
		Drafts: []mingjing.ExportDraft{{Draft: mingjing.FormDraft{ID: "d-1", Form: "/api/disputes", Page: "disputes/new?record=r-1",
			Fields: []mingjing.DraftField{{Name: "statement", Value: "写了一半"}}, SavedAt: pagetest.HeldNow},
			Files: []mingjing.ExportFile{{Kind: mingjing.FileDraft, Path: "drafts/d-1/f-1.pdf", SHA256: strings.Repeat("ab", 32)}}}}}
}

func TestTheReadableCopyHasAllOfItInWords(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := pagetest.HeldView(lang, "export", mingjing.RoleResident)
		e := sampleExport(lang)
		l := ExportOf(v, e)
		text := saidIn(l)
		for _, want := range []string{e.Identity.IDNumber, e.Identity.Name, "980", "1000", "−20", "li@mail.example", "Chrome, Android", "沈默",
			v.Label("rulebook", "honest-shanghai"), v.Label("item", "judgment-unpaid"), v.Label("item", "traffic-fine"), v.Label("agency", "bank"),
			"我是担保人，去年已经付清了我应承担的份额。", e.Disputes[0].Decision.Reasons, i18n.T(lang, "not_counted.no_document"), i18n.T(lang, "look.export"), "q-1",
			"i-1", "为什么？", "为办理异议。", "租房", "房东", "case-7", "赵明", "写了一半", "drafts/d-1/f-1.pdf"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: there is no %q", lang, want)
			}
		}
		if l.Title == "" || l.Office == "" || !l.At.Equal(e.MadeAt) || strings.Contains(text, "judgment-unpaid") {
			t.Errorf("%s: the head is %q of %q at %v, or a code is shown", lang, l.Title, l.Office, l.At)
		}
		empty := ExportOf(v, mingjing.Export{MadeAt: pagetest.HeldNow, Lang: lang}) // somebody of whom nothing is held
		if n := strings.Count(saidIn(empty), i18n.T(lang, "letter.looks_none")); n != 13 {
			t.Errorf("%s: %d parts say that they are empty", lang, n)
		}
	}
}

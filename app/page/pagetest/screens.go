package pagetest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mingjing"
)

// HeldScreens are samples of every screen of this kind, by name.
func HeldScreens(lang string) map[string]*mingjing.View {
	all := map[string]*mingjing.View{}
	add := func(name string, fill func(v *mingjing.View)) {
		page, _, _ := strings.Cut(name, ".")
		role := mingjing.RoleResident
		if page == "queue" || page == "case" {
			role = mingjing.RoleHandler
		}
		v := HeldView(lang, page, role)
		if fill != nil {
			fill(v)
		}
		heldRules(v)
		all[name] = v
	}
	add("records", func(v *mingjing.View) {
		volunteer := record("r-3", "housing", "volunteer", mingjing.RecordActive)
		volunteer.Occurred = "2024-12-05"
		v.Data = &mingjing.RecordsView{Records: []mingjing.RecordView{
			{Record: record("r-1", "hpc", "judgment-unpaid", mingjing.RecordDisputed), Area: mingjing.AreaJudicial, Effect: down("disputed"),
				Ends: "2030-04-02"},
			{Record: record("r-2", "traffic", "traffic-fine", mingjing.RecordActive), Area: mingjing.AreaGovernment,
				Effect: []mingjing.Effect{{Rulebook: "rongcheng", Points: -5}, {Rulebook: "honest-shanghai"}}, Ends: "2027-04-02", Open: true},
			{Record: volunteer, Area: mingjing.AreaSocial, Effect: []mingjing.Effect{{Rulebook: "rongcheng", Points: 30, Ends: "2029-12-05"}},
				Ends: "2029-12-05", Open: true},
			{Record: record("r-4", "housing", "lease-breach", mingjing.RecordSuspended), Area: mingjing.AreaSocial, Effect: down("suspended"),
				Ends: "2030-04-02"},
			{Record: record("r-5", "traffic", "traffic-fine", mingjing.RecordRemoved), Area: mingjing.AreaGovernment, Effect: down("removed")},
			{Record: record("r-6", "bank", "unknown-code", mingjing.RecordCorrected), Effect: nil, Ends: "2021-01-01"}}}
	})
	add("records.empty", nil)
	add("record", func(v *mingjing.View) {
		v.Data = &mingjing.RecordView{Record: record("r-1", "hpc", "judgment-unpaid", mingjing.RecordActive), Area: mingjing.AreaJudicial,
			Effect: down(""), Ends: "2030-04-02", Open: true,
			Log: []mingjing.AccessEntry{{Seq: 9, At: HeldNow, Role: mingjing.RoleResident, Who: "林静", Action: "record", Purpose: "own"}}}
		mingjing.DataOf[mingjing.RecordView](v).Record.Subject = "林婧"
	})
	add("record.disputed", func(v *mingjing.View) {
		v.Data = &mingjing.RecordView{Record: record("r-1", "hpc", "judgment-unpaid", mingjing.RecordDisputed), Area: mingjing.AreaJudicial,
			Effect: down("disputed"), Ends: "2030-04-02"}
		mingjing.DataOf[mingjing.RecordView](v).Record.DisputeID = "4f1c9a20b7e84d33"
	})
	add("record.bare", func(v *mingjing.View) {
		v.Data = &mingjing.RecordView{Record: mingjing.Record{ID: "r-7", Agency: "hpc", Code: "judgment-unpaid", State: mingjing.RecordRemoved}}
	})
	add("record.gone", nil)
	add("listings", func(v *mingjing.View) {
		unserved := sampleListing(mingjing.ListingUnserved, "")
		v.Data = &mingjing.ListingsView{Listings: []mingjing.ListingView{
			{Listing: sampleListing(mingjing.ListingInEffect, "2025-05-20"), Effective: true, Effect: down(""), Open: true},
			{Listing: unserved, Effect: down("unserved"), Open: true},
			{Listing: redListing(), Effective: true, Effect: []mingjing.Effect{{Rulebook: "rongcheng", Points: 5}}}}}
	})
	add("listings.empty", nil)
	add("listing", func(v *mingjing.View) {
		v.Data = &mingjing.ListingView{Listing: sampleListing(mingjing.ListingInEffect, "2025-05-20"), Effective: true, Effect: down(""),
			Open: true}
	})
	add("listing.unserved", func(v *mingjing.View) {
		v.Data = &mingjing.ListingView{Listing: sampleListing(mingjing.ListingUnserved, ""), Effect: down("unserved"), Open: true}
	})
	add("listing.red", func(v *mingjing.View) {
		v.Data = &mingjing.ListingView{Listing: redListing(), Effective: true, Open: true}
	})
	add("listing.lifted", func(v *mingjing.View) {
		v.Data = &mingjing.ListingView{Listing: sampleListing(mingjing.ListingLifted, "2025-05-20")}
		mingjing.DataOf[mingjing.ListingView](v).Listing.Document, mingjing.DataOf[mingjing.ListingView](
			v).Listing.Measures, mingjing.DataOf[mingjing.ListingView](v).Listing.DisputeID = mingjing.Document{}, nil, "d-1"
	})
	add("listing.gone", nil)
	for _, s := range mingjing.ListingStates {
		add("listing.state-"+string(s), func(v *mingjing.View) { v.Data = listingView(s) })
	}
	add("listing.repairable", func(v *mingjing.View) {
		v.Data = listingView(mingjing.ListingInEffect)
		mingjing.DataOf[mingjing.ListingView](v).Repair, mingjing.DataOf[mingjing.ListingView](
			v).RepairWhy, mingjing.DataOf[mingjing.ListingView](v).Listing.Statement = true, "", "我已经和对方达成分期协议。"
	})
	add("listing.wordy", func(v *mingjing.View) {
		v.Data = listingView(mingjing.ListingInEffect)
		v.Form = map[string]string{"statement_on_file": Hostile}
		v.Problem = &mingjing.Problem{Status: 422,
			Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "statement_on_file", Code: "too_many_words"}}}
	})
	add("listing.red-shown", func(v *mingjing.View) {
		v.Data = &mingjing.ListingView{Listing: redListing(), Effective: true, RepairWhy: "no_condition"}
		mingjing.DataOf[mingjing.ListingView](v).Listing.Shown = true
	})
	add("listings.all", func(v *mingjing.View) {
		v.Data = &mingjing.ListingsView{}
		for _, s := range mingjing.ListingStates {
			view := *listingView(s)
			view.Listing.ID = "l-" + string(s)
			mingjing.DataOf[mingjing.ListingsView](v).Listings = append(mingjing.DataOf[mingjing.ListingsView](v).Listings, view)
		}
		mingjing.DataOf[mingjing.ListingsView](v).Listings = append(mingjing.DataOf[mingjing.ListingsView](v).Listings,
			mingjing.ListingView{Listing: redListing(), Effective: true})
	})
	add("repair", func(v *mingjing.View) { v.Data = mingjing.DataOf[mingjing.ListingView](all["listing.repairable"]) })
	add("repair.wrong", func(v *mingjing.View) {
		v.Data = mingjing.DataOf[mingjing.ListingView](all["listing.repairable"])
		v.Form = map[string]string{"statement": Hostile}
		v.Problem = &mingjing.Problem{Status: 422,
			Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "statement", Code: "statement_required"}}}
	})
	add("repair.closed", func(v *mingjing.View) { v.Data = listingView(mingjing.ListingInEffect) })
	add("repair.gone", nil)
	add("review", func(v *mingjing.View) {
		d := decidedCase(mingjing.CaseDispute, mingjing.OutcomeRejected)
		v.Data = &mingjing.NewCaseView{Previous: &d, Listing: d.Listing}
	})
	add("review.closed", func(v *mingjing.View) {
		d := DisputeIn(mingjing.CaseAssigned, true)
		v.Data = &mingjing.NewCaseView{Previous: &d, Listing: d.Listing}
	})
	add("review.gone", nil)
	add("sources", func(v *mingjing.View) {
		at := HeldNow.Add(-time.Hour)
		v.Data = &mingjing.SourcesView{Sources: []mingjing.SourceView{
			{Agency: "hpc", Holds: []string{"judgment-unpaid", "blacklist-court"}, Records: 2, State: mingjing.SourceAnswered, At: &at},
			{Agency: "traffic", Holds: []string{"traffic-fine"}, Records: 1, State: mingjing.SourceAnswered, At: &at},
			{Agency: "housing", Holds: []string{"lease-breach", "volunteer", "traffic-fine", "redlist-tax"}, State: mingjing.SourceMissing},
			{Agency: "bank", Holds: []string{"redlist-tax"}}}}
	})
	add("sources.empty", nil)
	add("access-log", func(v *mingjing.View) {
		v.Data = &mingjing.AccessLogView{Next: "41", Others: true, NextDays: "9", Days: []mingjing.OwnDay{
			{Day: "2026-11-24", Count: 14, Looks: []mingjing.OwnAction{{Action: "overview", Count: 9}, {Action: "records", Count: 4},
				{Action: "dispute", For: Hostile, Count: 1}}},
			{Day: "2026-11-21", Count: 1, Looks: []mingjing.OwnAction{{Action: "nobody_knows_this", Count: 1}}}}, Entries: []mingjing.AccessEntry{
			{Seq: 45, At: HeldNow.Add(-2 * time.Minute), Role: mingjing.RoleHandler, Who: "陈晓", Action: "case", Subject: "d-1", Purpose: "dispute"},
			{Seq: 44, At: HeldNow.Add(-3 * time.Hour), Role: mingjing.RoleSystem, Who: "hpc", Action: "collect", Purpose: "score"},
			{Seq: 43, At: HeldNow.Add(-4 * time.Hour), Role: mingjing.RoleSystem, Action: "rescore", Purpose: "score"},
			{Seq: 42, At: HeldNow.Add(-40 * time.Hour), Role: mingjing.RoleResident, Who: "林静", Action: "record", Subject: "r-1", Purpose: "own"},
			{Seq: 41, At: HeldNow.Add(-50 * time.Hour), Role: mingjing.RoleAuditor, Who: "周敏", Action: "nobody_knows_this", Purpose: "nor_this"}}}
	})
	add("access-log.empty", nil)
	add("access-log.no-others", func(v *mingjing.View) { v.Data = &mingjing.AccessLogView{Others: true, Show: "others"} })
	add("access-log.own", func(v *mingjing.View) {
		v.Data = &mingjing.AccessLogView{Show: "own", Days: mingjing.DataOf[mingjing.AccessLogView](all["access-log"]).Days}
	})
	add("consents", func(v *mingjing.View) {
		ended := HeldNow.Add(-300 * time.Hour)
		v.Data = &mingjing.ConsentsView{Consents: []mingjing.Consent{
			{ID: "c-1", Rulebook: "honest-shanghai", GivenAt: HeldNow.Add(-50 * time.Hour)},
			{ID: "c-2", Rulebook: "honest-shanghai", GivenAt: HeldNow.Add(-20 * time.Hour)},
			{ID: "c-3", Rulebook: "rongcheng", GivenAt: HeldNow.Add(-10 * time.Hour)},
			{ID: "c-4", Rulebook: "rongcheng", GivenAt: HeldNow.Add(-400 * time.Hour), WithdrawnAt: &ended}}}
	})
	add("consents.wrong", func(v *mingjing.View) {
		v.Data = mingjing.DataOf[mingjing.ConsentsView](all["consents"])
		v.Form = map[string]string{"rulebook": "rongcheng"}
		v.Problem = &mingjing.Problem{Status: 422,
			Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "confirm", Code: "confirm_required"}}}
	})
	add("consents.withdrawn", func(v *mingjing.View) {
		v.Data = &mingjing.ConsentsView{Consents: mingjing.DataOf[mingjing.ConsentsView](all["consents"]).Consents[3:]}
		v.Done = "consent_withdrawn"
	})
	add("consents.empty", nil)
	add("sessions", func(v *mingjing.View) {
		v.Data = &mingjing.SessionsView{Sessions: []mingjing.Session{
			{ID: "s-1", Device: "Chrome · Android", StartedAt: HeldNow.Add(-time.Hour), ExpiresAt: HeldNow.Add(11 * time.Hour), Current: true},
			{ID: "s-2", Device: "Firefox · Windows", StartedAt: HeldNow.Add(-5 * time.Hour), ExpiresAt: HeldNow.Add(7 * time.Hour)},
			{ID: "s-3", StartedAt: HeldNow.Add(-9 * time.Hour), ExpiresAt: HeldNow.Add(3 * time.Hour)}}}
	})
	add("sessions.one", func(v *mingjing.View) {
		v.Data = &mingjing.SessionsView{Sessions: mingjing.DataOf[mingjing.SessionsView](all["sessions"]).Sessions[:1]}
	})
	add("sessions.empty", nil)
	add("disputes", func(v *mingjing.View) {
		v.Data = &mingjing.CasesView{Disputes: []mingjing.Case{
			DisputeIn(mingjing.CaseAgencyAsked, true), DisputeIn(mingjing.CaseAgencySilent, false), DisputeIn(mingjing.CaseDecided, false)}}
	})
	add("disputes.empty", nil)
	add("new-dispute", func(v *mingjing.View) {
		r := record("r-1", "hpc", "judgment-unpaid", mingjing.RecordActive)
		v.Data = &mingjing.NewCaseView{Record: &r}
	})
	add("new-dispute.wrong", func(v *mingjing.View) {
		l := sampleListing(mingjing.ListingInEffect, "2025-05-20")
		v.Data = &mingjing.NewCaseView{Listing: &l}
		v.Form = map[string]string{"reason": "expired", "statement": "期限 " + Hostile}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{
			{Field: "reason", Code: "reason_required"}, {Field: "statement", Code: "too_long"}, {Field: "evidence", Code: "evidence_type"}}}
	})
	add("new-dispute.draft", func(v *mingjing.View) {
		r := record("r-1", "hpc", "judgment-unpaid", mingjing.RecordActive)
		v.Data = &mingjing.NewCaseView{Record: &r}
		v.Drafts, v.Form = []mingjing.FormDraft{sampleDraft(v)}, map[string]string{"statement": Hostile, "reason": "other"}
	})
	add("drafts", func(v *mingjing.View) { v.Data = &mingjing.FormDrafts{Drafts: []mingjing.FormDraft{sampleDraft(v)}} })
	add("drafts.none", func(v *mingjing.View) { v.Data = &mingjing.FormDrafts{} })
	add("new-dispute.gone", nil)
	add("missing", func(v *mingjing.View) {
		v.Data = &mingjing.MissingView{Choices: []mingjing.MissingChoice{{Agency: "hpc", Code: "volunteer"}}}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{
			{Field: "missing", Code: "missing_choice"}, {Field: "happened_on", Code: "required"}, {Field: "document_number", Code: "required"}}}
	})
	for _, s := range []mingjing.CaseState{mingjing.CaseFiled, mingjing.CaseAgencyAnswered, mingjing.CaseAgencySilent, mingjing.CaseAgencyLost,
		mingjing.CaseDecided} {
		add("dispute.missing-"+string(s), func(v *mingjing.View) { v.Data = &mingjing.DisputePage{Case: MissingIn(s)} })
		add("case.missing-"+string(s), func(v *mingjing.View) {
			v.Data = &mingjing.CasePage{CaseView: mingjing.CaseView{Case: MissingIn(s), Resident: "王小明", Allowed: []string{"decide"}}}
		})
	}
	add("new-dispute.again", func(v *mingjing.View) {
		d := mingjing.DataOf[mingjing.NewCaseView](all["review"]).Previous
		again := *d
		again.Lanes = []string{mingjing.LaneEvidence, mingjing.LaneReview, mingjing.LaneCourt}
		again.Evidence = append(slices.Clone(d.Evidence), mingjing.Evidence{ID: "e-3", Name: "结清证明.pdf", Type: "application/pdf", Size: 9,
			AddedAt: HeldNow, Late: true})
		v.Data = &mingjing.NewCaseView{Previous: &again, Listing: d.Listing}
	})
	add("new-dispute.closed", func(v *mingjing.View) { v.Data = mingjing.DataOf[mingjing.NewCaseView](all["review.closed"]) })
	for _, s := range mingjing.CaseStates {
		add("dispute."+string(s), func(v *mingjing.View) { d := DisputeIn(s, false); v.Data = &mingjing.DisputePage{Case: d} })
	}
	add("dispute.upheld-listing", func(v *mingjing.View) {
		d := DisputeIn(mingjing.CaseDecided, true)
		d.Decision.Outcome, d.Decision.Corrected = mingjing.OutcomeUpheld, ""
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.won", func(v *mingjing.View) { // with a better score, and while nothing more is to be added
		d := DisputeIn(mingjing.CaseDecided, false)
		d.Changes = []mingjing.ScoreChange{{Rulebook: mingjing.RulebookRef{ID: "honest-shanghai"},
			Before: mingjing.ScoreState{Value: 50, Band: "bad", BandName: Both("差", "Bad")},
			After:  mingjing.ScoreState{Value: 95, Band: "good", BandName: Both("好", "Good")}}}
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.sooner", func(v *mingjing.View) {
		d := DisputeIn(mingjing.CaseAgencyAnswered, false)
		d.Sooner = &d.Clocks[len(d.Clocks)-1].Due
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.rejected", func(v *mingjing.View) {
		d := DisputeIn(mingjing.CaseDecided, false)
		d.Decision.Outcome, d.Decision.Corrected, d.Evidence = mingjing.OutcomeRejected, "", nil
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.full", func(v *mingjing.View) {
		d := DisputeIn(mingjing.CaseFiled, false)
		for len(d.Evidence) < mingjing.MaxEvidence {
			d.Evidence = append(d.Evidence, mingjing.Evidence{ID: "e-" + strconv.Itoa(len(d.Evidence)+1), Name: "附件.png", Type: "image/png",
				Size: 999})
		}
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.files", func(v *mingjing.View) { // a file in each state
		d := DisputeIn(mingjing.CaseFiled, false)
		d.Evidence = []mingjing.Evidence{
			{ID: "e-1", Name: "照片.heic", Size: 999, AddedAt: HeldNow, State: mingjing.EvidenceChecking},
			{ID: "e-2", Name: Hostile, Size: 999, AddedAt: HeldNow, State: mingjing.EvidenceRefused, Why: "evidence_broken", CheckedAt: HeldNow},
			{ID: "e-3", Name: "发票.pdf", Type: "application/pdf", Size: 999, Pages: 2, AddedAt: HeldNow, State: mingjing.EvidenceChecked,
				CheckedAt: HeldNow, HandlerOpenedAt: HeldNow, AgencyOpenedAt: HeldNow, Stripped: true}}
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.lanes", func(v *mingjing.View) {
		v.Data = &mingjing.DisputePage{Case: *mingjing.DataOf[mingjing.NewCaseView](all["new-dispute.again"]).Previous}
	})
	add("dispute.granted", func(v *mingjing.View) {
		d := decidedCase(mingjing.CaseRepair, mingjing.OutcomeGranted)
		d.Lanes, d.LanesUntil = []string{mingjing.LaneCourt}, "2027-11-23"
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.repair-refused", func(v *mingjing.View) {
		d := decidedCase(mingjing.CaseRepair, mingjing.OutcomeRefused)
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.review", func(v *mingjing.View) {
		d := decidedCase(mingjing.CaseReview, mingjing.OutcomeRejected)
		d.Previous, d.Lanes = "d-8", []string{mingjing.LaneEvidence, mingjing.LaneCourt}
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.repair-late", func(v *mingjing.View) {
		d := DisputeIn(mingjing.CaseAssigned, true)
		d.Kind, d.Reason, d.Escalated, d.Extended = mingjing.CaseRepair, "", true, true
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: HeldNow, Code: "escalated", Role: mingjing.RoleSystem})
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.proposed", func(v *mingjing.View) {
		v.Data = &mingjing.DisputePage{Case: proposedCase(mingjing.CaseFiled, "").Case}
	})
	add("dispute.proposal-recommended", func(v *mingjing.View) {
		v.Data = &mingjing.DisputePage{Case: proposedCase(mingjing.CaseRecommended, "").Case}
		mingjing.DataOf[mingjing.DisputePage](v).Recommendation = nil
	})
	add("dispute.proposal-to-serve", func(v *mingjing.View) {
		v.Data = &mingjing.DisputePage{Case: proposedCase(mingjing.CaseToServe, "").Case}
	})
	add("dispute.unchecked", func(v *mingjing.View) {
		d := proposedCase(mingjing.CaseDecided, "").Case
		d.Decision = &mingjing.Decision{Outcome: mingjing.OutcomeRefused, At: HeldNow, Rule: "unchecked"}
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.unserved", func(v *mingjing.View) {
		d := proposedCase(mingjing.CaseToServe, "").Case
		d.State, d.Decision.Rule = mingjing.CaseDecided, "unserved"
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute.gone", nil)
	for name, v := range LetterViews() {
		add("letter."+name, func(to *mingjing.View) { to.Data = v })
	}
	for name, d := range map[string]*mingjing.DisputePage{"kind-repair": mingjing.DataOf[mingjing.DisputePage](all["dispute.repair-refused"]),
		"kind-review":   mingjing.DataOf[mingjing.DisputePage](all["dispute.review"]),
		"kind-refused":  mingjing.DataOf[mingjing.DisputePage](all["dispute.unchecked"]),
		"kind-unserved": mingjing.DataOf[mingjing.DisputePage](all["dispute.unserved"]),
		"kind-late":     mingjing.DataOf[mingjing.DisputePage](all["dispute.lanes"])} {
		add("letter."+name, func(v *mingjing.View) {
			letter := *LetterView(true)
			letter.Dispute = d.Case
			v.Data = &letter
		})
	}
	add("letter.gone", nil)
	counts := map[string]int{"filed": 12, "assigned": 3, "agency_asked": 1204, "agency_answered": 2, "agency_silent": 1, "decided": 48,
		"missed": 4, "late": 3, "very_late": 1}
	add("queue", func(v *mingjing.View) {
		late := *WorkCase(mingjing.CaseAssigned, "H-0002", true)
		late.ID = "aa11bb22cc33"
		late.Clocks[1].Due, late.Clocks[1].Missed = HeldNow.Add(-2*time.Hour), true
		fresh := *WorkCase(mingjing.CaseFiled, "", false, "assign")
		fresh.ID = "0d9e8f7a6b5c"
		late.Resident, late.IDMasked, fresh.Resident, fresh.IDMasked = "", "", "", ""
		v.Data = &mingjing.QueueView{Counts: counts, Next: "n", Scores: mingjing.LateScores{Endangered: 2, Late: 1},
			Cases: []mingjing.CaseView{late, fresh}, Calendars: []mingjing.CalendarEnd{
				{Calendar: "china", Name: mingjing.Text{"zh-CN": "中国工作日历", "en": "Working days in China"}, Last: "2026-12-31", Days: 38},
				{Calendar: "over", Name: mingjing.Text{"zh-CN": "旧日历", "en": Hostile}, Last: "2026-11-01", Days: -22}}}
	})
	add("queue.filtered", func(v *mingjing.View) {
		v.Data = &mingjing.QueueView{Counts: counts, Filter: mingjing.CaseFilter{State: "filed", Mine: true, Agency: "hpc", Search: Hostile},
			Next:  "n",
			Cases: []mingjing.CaseView{*WorkCase(mingjing.CaseFiled, "", false)}}
	})
	add("queue.none", func(v *mingjing.View) {
		v.Data = &mingjing.QueueView{Filter: mingjing.CaseFilter{Search: "nobody"}}
	})
	add("queue.empty", nil)
	add("case", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAgencyAnswered, "H-0001", false, "decide")}
		mingjing.DataOf[mingjing.CasePage](v).Record.Subject = "林婧"
	})
	add("case.new", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseFiled, "", true, "assign")}
	})
	add("case.ask", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAssigned, "H-0001", false, "ask_agency", "decide")}
		mingjing.DataOf[mingjing.CasePage](v).Evidence = nil
	})
	add("case.wrong", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAgencySilent, "H-0001", false, "decide")}
		v.Form = map[string]string{"outcome": "partly", "reasons": Hostile, "evidence_answer_e-1": "看过了"}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{
			{Field: "correct_to", Code: "correction_required"}, {Field: "evidence_answer_e-2", Code: "evidence_unanswered"}}}
	})
	add("case.decided", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseDecided, "H-0001", false)}
	})
	add("case.taken", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAssigned, "H-0002", true)}
	})
	add("case.waiting", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAgencyAsked, "H-0001", false)}
	})
	add("case.auditor", func(v *mingjing.View) {
		v.Who.Role = mingjing.RoleAuditor
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseFiled, "", false)}
	})
	add("case.repair", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAssigned, "H-0001", true, "ask_agency", "extend", "decide")}
		l := listingIn(mingjing.ListingInEffect)
		mingjing.DataOf[mingjing.CasePage](v).Kind, mingjing.DataOf[mingjing.CasePage](v).Reason, mingjing.DataOf[mingjing.CasePage](
			v).Listing, mingjing.DataOf[mingjing.CasePage](v).Escalated = mingjing.CaseRepair, "", &l, true
	})
	add("case.review", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAssigned, "H-0001", true, "extend", "decide")}
		mingjing.DataOf[mingjing.CasePage](v).Kind, mingjing.DataOf[mingjing.CasePage](v).Reason, mingjing.DataOf[mingjing.CasePage](
			v).Previous = mingjing.CaseReview, "", "d-8"
		mingjing.DataOf[mingjing.CasePage](v).First = &mingjing.CaseView{Case: decidedCase(mingjing.CaseDispute, mingjing.OutcomeRejected)}
	})
	add("case.proposed", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *proposedCase(mingjing.CaseAssigned, "H-0001", "recommend")}
		mingjing.DataOf[mingjing.CasePage](v).Listing.TermMonths = 48
	})
	add("case.recommend-wrong", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *proposedCase(mingjing.CaseAssigned, "H-0001", "recommend")}
		v.Form = map[string]string{"reasons": Hostile}
		v.Problem = &mingjing.Problem{Status: 422,
			Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "outcome", Code: "outcome_required"}}}
	})
	add("case.second", func(v *mingjing.View) {
		v.Who.Role = mingjing.RoleSupervisor
		v.Data = &mingjing.CasePage{CaseView: *proposedCase(mingjing.CaseRecommended, "H-0001", "decide")}
	})
	add("case.first-waits", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *proposedCase(mingjing.CaseRecommended, "")}
	})
	add("case.serve", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *proposedCase(mingjing.CaseToServe, "H-0002", "serve")}
	})
	add("case.serve-wrong", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *proposedCase(mingjing.CaseToServe, "H-0002", "serve")}
		v.Form = map[string]string{"method": "post", "proof": Hostile}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "method", Code: "method_required"},
			{Field: "on", Code: "served_on_invalid"}, {Field: "proof", Code: "proof_required"}}}
	})
	add("case.faster", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseDecided, "H-0002", false)}
		v.Form = map[string]string{"outcome": "rejected", "reasons": "我写好的理由。" + Hostile}
		v.Problem = &mingjing.Problem{Status: 409, Code: "case_decided", Allowed: []string{}}
	})
	add("case.moved", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAssigned, "H-0002", false, "assign")}
		v.Problem = &mingjing.Problem{Status: 409, Code: "case_taken", Allowed: []string{"assign"}}
	})
	add("case.lost", func(v *mingjing.View) {
		v.Data = &mingjing.CasePage{CaseView: *WorkCase(mingjing.CaseAgencyLost, "H-0001", false, "extend", "decide")}
	})
	add("case.gone", nil)
	return all
}

// sampleDraft is a draft of the form of a dispute, with a file in each state.
func sampleDraft(v *mingjing.View) mingjing.FormDraft {
	return mingjing.FormDraft{ID: "dr-1", Form: "/api/disputes", Page: v.Path, SavedAt: HeldNow, Until: HeldNow.Add(mingjing.FormDraftKeep),
		Fields: []mingjing.DraftField{{Name: "reason", Value: "other"}, {Name: "statement", Value: Hostile},
			{Name: "evidence_answer_e-1", Value: Hostile}},
		Files: []mingjing.DraftFile{
			{ID: "f-1", Name: Hostile + ".jpg", Type: "image/jpeg", Size: 2_400_000, Received: 2_400_000, State: mingjing.DraftFileReady},
			{ID: "f-2", Name: "收据.pdf", Type: "application/pdf", Size: 9, Received: 9, State: mingjing.DraftFileReady},
			{ID: "f-3", Name: "scan.pdf", Size: 9_000_000, Received: 4_000_000, State: mingjing.DraftFileArriving},
			{ID: "f-5", Name: "照片.jpg", Size: 9_000_000, Received: 9_000_000, State: mingjing.DraftFileChecking},
			{ID: "f-4", Name: "信.docx", Size: 9, Received: 9, State: mingjing.DraftFileRefused, Why: "evidence_document"}}}
}

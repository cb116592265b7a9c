package page

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/i18n"

	"github.com/PuerkitoBio/goquery"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

const (
	hostile  = `<script>alert("x")</script>"'><img src=x onerror=alert(1)>`
	longName = "阿卜杜勒热合曼·买买提依明江·阿不都外力·Wolfeschlegelsteinhausenbergerdorff the Elder of Lujiazui"
)

var (
	heldNow = time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)
	hash64  = strings.Repeat("3fa9c1d07be24586", 4)
)

func both(zh, en string) mingjing.Text { return mingjing.Text{"zh-CN": zh, "en": en} }

func heldView(lang, page string, role mingjing.Role) *mingjing.View {
	zh := map[string]string{
		"rulebook.honest-shanghai": "诚信上海", "rulebook.rongcheng": "荣成",
		"agency.hpc": "市高级人民法院", "agency.traffic": "市公安局交警总队", "agency.housing": "市住房和城乡建设管理委员会", "agency.bank": "市地方金融监督管理局",
		"item.judgment-unpaid": "未履行生效判决确定的付款义务", "item.traffic-fine": "交通违法罚款", "item.volunteer": "市级志愿者表彰",
		"item.lease-breach": "公共租赁住房租约违约", "item.blacklist-court": "失信被执行人名单", "item.redlist-tax": "纳税信用 A 级名单",
		"doc.judgment": "民事判决书", "doc.penalty": "行政处罚决定书", "band.rongcheng.C": "C", "band.honest-shanghai.good": "好",
	}
	en := map[string]string{
		"rulebook.honest-shanghai": "Honest Shanghai", "rulebook.rongcheng": "Rongcheng",
		"agency.hpc": "High People’s Court", "agency.traffic": "Traffic Police", "agency.housing": "Commission of Housing and Urban-Rural Development", "agency.bank": "Financial Regulation Bureau",
		"item.judgment-unpaid": "Payment under a final judgment not made", "item.traffic-fine": "Traffic fine", "item.volunteer": "City award for volunteers",
		"item.lease-breach": "Breach of a public rental lease", "item.blacklist-court": "List of persons subject to enforcement for breach of trust", "item.redlist-tax": "Taxpayers of credit grade A",
		"doc.judgment": "Civil judgment", "doc.penalty": "Penalty decision", "band.rongcheng.C": "C", "band.honest-shanghai.good": "Good",
	}
	v := &mingjing.View{Page: page, Lang: lang, Path: page, Now: heldNow, Today: "2026-11-23", Zone: "Asia/Shanghai",
		Labels: zh, Demo: &mingjing.DemoNote{ClockScale: 720}}
	if lang == "en" {
		v.Labels = en
	}
	v.Procedure = &mingjing.Procedure{AgencyDays: 5, SecondNoticeDays: 5, BureauDays: 5, AnswerDays: 5, RepairDays: 10, ReviewDays: 10, StatementWords: 100,
		Tiers: []mingjing.Tier{{Code: "general", Name: both("一般", "General"), MinMonths: 3, MaxMonths: 12}, {Code: "serious", Name: both("严重", "Serious"), MinMonths: 12, MaxMonths: 36}}}
	v.Item = &mingjing.Item{Code: "blacklist-court", Measures: []string{"plane", "hotel"}, Documents: []string{"judgment"}, CountsMonths: 60, Tier: "serious"}
	v.Who = &mingjing.Viewer{Role: mingjing.RoleResident, Name: "林静", IDMasked: "99**************1X"}
	if role.Staff() {
		v.Who = &mingjing.Viewer{Role: role, Name: "陈晓", IDMasked: "H-0001"}
	}
	return v
}

func judgment() mingjing.Document {
	return mingjing.Document{Kind: "judgment", Issuer: "上海市高级人民法院", Number: "（2025）沪民终 1024 号", Date: "2025-03-14", Hash: hash64}
}

func record(id, agency, code string, s mingjing.RecordState) mingjing.Record {
	return mingjing.Record{ID: id, Agency: agency, Code: code, Subject: "林静", Occurred: "2025-04-02", State: s, Document: judgment(),
		Detail:      both("逾期未履行付款义务，金额 38,000 元。", "Payment of 38,000 yuan was not made when it was due."),
		CollectedAt: heldNow.Add(-3 * time.Hour)}
}

func down(why string) []mingjing.Effect {
	return []mingjing.Effect{
		{Rulebook: "rongcheng", Points: -30, Why: why, LegalBasis: both("《荣成市社会成员信用积分和信用评价管理办法》第十二条", "Rongcheng Measures for Credit Points, article 12"), Ends: "2030-04-02"},
		{Rulebook: "honest-shanghai", Cap: "good", Why: why, LegalBasis: both("《上海市社会信用条例》第二十八条", "Shanghai Social Credit Regulations, article 28"), Ends: "2030-04-02"}}
}

func sampleListing(s mingjing.ListingState, notice mingjing.Date) mingjing.Listing {
	return mingjing.Listing{ID: "l-1", Kind: mingjing.Blacklist, Code: "blacklist-court", Agency: "hpc", Subject: "林静",
		Ground:     both("有履行能力而拒不履行生效法律文书确定的义务。", "Able to perform what a final judgment orders, and refuses to."),
		LegalBasis: both("《最高人民法院关于公布失信被执行人名单信息的若干规定》第一条", "Provisions of the Supreme People’s Court on publishing the list, article 1"),
		Measures: []mingjing.Measure{
			{Code: "plane", Name: both("限制乘坐飞机和列车软卧", "No planes and no soft sleepers"), LegalBasis: both("《关于限制被执行人高消费的若干规定》第三条第一项", "Provisions on restricting high consumption, article 3(1)")},
			{Code: "hotel", Name: both("限制在星级以上宾馆消费", "No star-rated hotels"), LegalBasis: both("同上，第三条第二项", "The same, article 3(2)")}},
		Document: judgment(), NoticeOn: notice, From: "2025-06-01", Ends: "2027-06-01",
		Exit: both("履行完判决确定的义务后，法院在三个工作日内将你移出名单。", "When you have paid what the judgment orders, the court takes you off within 3 working days."), State: s}
}

// listingIn is a listing in a state, with the life that led there.
func listingIn(s mingjing.ListingState) mingjing.Listing {
	l := sampleListing(s, "2026-11-20")
	l.Tier, l.TermMonths, l.CaseID, l.Served = "serious", 24, "c-9", mingjing.ServedInApp
	by := heldNow.Add(72 * time.Hour)
	l.AnswerBy, l.From, l.Ends, l.RepairFrom = &by, "2026-10-01", "2028-10-01", "2027-10-01"
	at := func(h int, code string, role mingjing.Role, who string) {
		l.Life = append(l.Life, mingjing.TimelineEntry{At: heldNow.Add(time.Duration(h) * time.Hour), Code: code, Role: role, Who: who})
	}
	at(-300, "proposed", mingjing.RoleAgency, "hpc")
	early := s == mingjing.ListingProposed || s == mingjing.ListingRefused
	if !early {
		at(-200, "approved", mingjing.RoleSupervisor, "周敏")
	}
	if early || s == mingjing.ListingDecided || s == mingjing.ListingUnserved {
		l.NoticeOn, l.Served, l.AnswerBy, l.From, l.Ends, l.RepairFrom = "", "", nil, "", "", ""
		if s == mingjing.ListingRefused {
			at(-150, "refused", mingjing.RoleSupervisor, "周敏")
		}
		return l
	}
	at(-100, "served", mingjing.RoleResident, "")
	if s == mingjing.ListingServed {
		l.From, l.Ends, l.RepairFrom = "", "", ""
		return l
	}
	at(-90, "in_effect", mingjing.RoleSystem, "")
	switch s {
	case mingjing.ListingDisputed, mingjing.ListingSuspended:
		at(-50, "disputed", mingjing.RoleResident, "")
		l.DisputeID = "4f1c9a20b7e84d33"
	}
	if s != mingjing.ListingInEffect && s != mingjing.ListingDisputed {
		at(-10, string(s), mingjing.RoleSystem, "")
	}
	return l
}

func listingView(s mingjing.ListingState) *mingjing.ListingView {
	why := map[mingjing.ListingState]string{mingjing.ListingInEffect: "", mingjing.ListingDisputed: "disputed", mingjing.ListingSuspended: "suspended",
		mingjing.ListingProposed: "pending", mingjing.ListingDecided: "pending", mingjing.ListingServed: "pending", mingjing.ListingUnserved: "unserved"}
	v := &mingjing.ListingView{Listing: listingIn(s), RepairWhy: "not_in_effect", Key: "k-1"}
	if w, ok := why[s]; ok {
		v.Effect = down(w)
	}
	switch s {
	case mingjing.ListingInEffect:
		v.Effective, v.Open, v.RepairWhy = true, true, "too_early"
		v.Without = []mingjing.ScoreIf{{Rulebook: "rongcheng", Value: 975, Band: "C", Shape: "square", Tone: "fair"}, {Rulebook: "honest-shanghai", Value: 128, Band: "good", Shape: "circle", Tone: "good"}}
	case mingjing.ListingServed, mingjing.ListingUnserved:
		v.Open = true
	}
	return v
}

// decidedCase is a case of a kind with its decision.
func decidedCase(k mingjing.CaseKind, o mingjing.Outcome) mingjing.Dispute {
	d := dispute(mingjing.DisputeDecided, true)
	d.Kind, d.Reason, d.Answer, d.Decision.Corrected = k, "", nil, ""
	d.Decision.Outcome, d.Decision.Reasons = o, "核对了文书和付款凭证。"
	d.Lanes, d.LanesUntil = []string{mingjing.LaneReview, mingjing.LaneCourt}, "2027-11-23"
	return d
}

// proposedCase is the case of a proposed listing.
func proposedCase(s mingjing.DisputeState, handler string, allowed ...string) *mingjing.Case {
	k := workCase(mingjing.DisputeAssigned, handler, true, allowed...)
	l := listingIn(mingjing.ListingProposed)
	k.Kind, k.Reason, k.State, k.Listing, k.Evidence, k.Statement = mingjing.CaseListing, "", s, &l, nil, l.Ground["zh-CN"]
	k.Clocks = []mingjing.Clock{{Code: "check", Due: heldNow.Add(90 * time.Hour)}}
	k.Timeline = []mingjing.TimelineEntry{{At: heldNow.Add(-40 * time.Hour), Code: "proposed", Role: mingjing.RoleAgency, Who: "hpc"}}
	if s == mingjing.DisputeRecommended || s == mingjing.DisputeToServe {
		k.Recommendation = &mingjing.Recommendation{Outcome: mingjing.OutcomeApproved, Reasons: "文书齐全，期限合适。", By: "王磊", At: heldNow.Add(-10 * time.Hour)}
		k.Timeline = append(k.Timeline, mingjing.TimelineEntry{At: heldNow.Add(-10 * time.Hour), Code: "recommended", Role: mingjing.RoleHandler, Who: "王磊"})
	}
	if s == mingjing.DisputeToServe {
		*k.Listing = listingIn(mingjing.ListingDecided)
		k.Decision = &mingjing.Decision{Outcome: mingjing.OutcomeApproved, Reasons: "同意。", By: "周敏", At: heldNow.Add(-5 * time.Hour)}
		k.Clocks = []mingjing.Clock{{Code: "serve", Due: heldNow.Add(90 * time.Hour)}}
	}
	k.Next = nextClock(k.Clocks)
	return k
}

func redListing() mingjing.Listing {
	l := sampleListing(mingjing.ListingInEffect, "2025-05-20")
	l.ID, l.Kind, l.Code, l.Agency = "l-2", mingjing.Redlist, "redlist-tax", "bank"
	l.Ground = both("连续三年按时足额纳税。", "Taxes paid in full and on time for three years.")
	l.Measures = []mingjing.Measure{{Code: "fast", Name: both("办事优先窗口", "A priority counter"), LegalBasis: both("《纳税信用管理办法》第二十九条", "Measures for Tax Credit, article 29")}}
	l.Exit = nil
	return l
}

func dispute(s mingjing.DisputeState, listing bool) mingjing.Dispute {
	at := func(h int) time.Time { return heldNow.Add(time.Duration(h) * time.Hour) }
	done := at(-47)
	d := mingjing.Dispute{ID: "4f1c9a20b7e84d33", Reason: mingjing.ReasonAlreadyPerformed, State: s, FiledAt: at(-48),
		Statement: "我是担保人，去年已经付清了我应承担的份额。\n\n付款凭证和法院出具的结案通知附在后面，请核对。",
		Evidence: []mingjing.Evidence{
			{ID: "e-1", Name: "结案通知书.pdf", Type: "application/pdf", Size: 482_133, AddedAt: at(-48)},
			{ID: "e-2", Name: "transfer-receipt-2025-06-30.jpg", Type: "image/jpeg", Size: 2_310_442, AddedAt: at(-47)}},
		Clocks: []mingjing.Clock{
			{Code: "mark", Due: at(-24), MetAt: &done},
			{Code: "forward", Due: at(3)},
			{Code: "agency", Due: at(120)}},
		Timeline: []mingjing.TimelineEntry{
			{At: at(-48), Code: "filed", Role: mingjing.RoleResident, Who: "林静"},
			{At: at(-47), Code: "evidence_added", Role: mingjing.RoleResident, Who: "林静"}}}
	if listing {
		l := sampleListing(mingjing.ListingDisputed, "2025-05-20")
		d.Listing = &l
	} else {
		r := record("r-1", "hpc", "judgment-unpaid", mingjing.RecordDisputed)
		d.Record = &r
	}
	if s == mingjing.DisputeFiled {
		return d
	}
	d.Handler = "陈晓"
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: at(-30), Code: "assigned", Role: mingjing.RoleHandler, Who: "陈晓"})
	if s == mingjing.DisputeAssigned {
		return d
	}
	asked := at(-29)
	d.Clocks[1].MetAt = &asked
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: asked, Code: "agency_asked", Role: mingjing.RoleHandler, Who: "陈晓"})
	switch s {
	case mingjing.DisputeAgencySilent, mingjing.DisputeAgencyLost:
		d.Clocks[2].Due, d.Clocks[2].Missed = at(-2), true
		if d.Record != nil {
			d.Record.State = mingjing.RecordSuspended
		}
		if s == mingjing.DisputeAgencyLost {
			d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: at(-1), Code: "agency_lost", Role: mingjing.RoleSystem})
		} else {
			d.Clocks = append(d.Clocks, mingjing.Clock{Code: "second", Due: at(118)})
		}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: at(-2), Code: "agency_silent", Role: mingjing.RoleSystem, Who: "hpc"})
		d.Clocks = append(d.Clocks, mingjing.Clock{Code: "decide", Due: at(96)})
	case mingjing.DisputeAgencyAnswered, mingjing.DisputeDecided:
		answered := at(-5)
		d.Clocks[2].MetAt = &answered
		d.Answer = &mingjing.AgencyAnswer{Position: mingjing.PositionCorrected, At: answered, Occurred: "2024-04-02",
			Text: both("经核查，担保人已于 2025 年 6 月履行完毕。", "We checked: the guarantor performed in full in June 2025.")}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: answered, Code: "agency_answered", Role: mingjing.RoleSystem, Who: "hpc"})
		d.Clocks = append(d.Clocks, mingjing.Clock{Code: "decide", Due: at(96)})
	}
	if s == mingjing.DisputeDecided {
		decided := at(-1)
		d.Clocks[3].MetAt = &decided
		if d.Record != nil {
			d.Record.State = mingjing.RecordCorrected
		}
		d.Decision = &mingjing.Decision{Outcome: mingjing.OutcomePartly, By: "陈晓", At: decided, Corrected: "2024-04-02",
			Reasons: "结案通知书证明义务已于 2025 年 6 月 30 日履行完毕，但发生日期登记有误。\n依据《上海市社会信用条例》第三十六条更正。"}
		d.Evidence[0].Answer = "采纳。它证明义务已经履行。"
		d.Evidence[1].Answer = "采纳。金额与判决一致。"
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: decided, Code: "decided", Role: mingjing.RoleHandler, Who: "陈晓"})
	}
	return d
}

func workCase(s mingjing.DisputeState, handler string, listing bool, allowed ...string) *mingjing.Case {
	k := &mingjing.Case{Dispute: dispute(s, listing), Resident: "林静", IDMasked: "99**************1X", HandlerID: handler, Allowed: allowed}
	k.Handler = ""
	if handler != "" {
		k.Handler = "陈晓"
		if handler != "H-0001" {
			k.Handler = "王磊"
		}
	}
	k.Next = nextClock(k.Clocks)
	return k
}

// heldScreens are samples of every screen of this kind, by name.
func heldScreens(lang string) map[string]*mingjing.View {
	all := map[string]*mingjing.View{}
	add := func(name string, fill func(v *mingjing.View)) {
		page, _, _ := strings.Cut(name, ".")
		role := mingjing.RoleResident
		if page == "queue" || page == "case" {
			role = mingjing.RoleHandler
		}
		v := heldView(lang, page, role)
		if fill != nil {
			fill(v)
		}
		all[name] = v
	}
	add("records", func(v *mingjing.View) {
		volunteer := record("r-3", "housing", "volunteer", mingjing.RecordActive)
		volunteer.Occurred = "2024-12-05"
		v.Records = &mingjing.RecordsView{Records: []mingjing.RecordView{
			{Record: record("r-1", "hpc", "judgment-unpaid", mingjing.RecordDisputed), Area: mingjing.AreaJudicial, Effect: down("disputed"), Ends: "2030-04-02"},
			{Record: record("r-2", "traffic", "traffic-fine", mingjing.RecordActive), Area: mingjing.AreaGovernment, Effect: []mingjing.Effect{{Rulebook: "rongcheng", Points: -5}, {Rulebook: "honest-shanghai"}}, Ends: "2027-04-02", Open: true},
			{Record: volunteer, Area: mingjing.AreaSocial, Effect: []mingjing.Effect{{Rulebook: "rongcheng", Points: 30, Ends: "2029-12-05"}}, Ends: "2029-12-05", Open: true},
			{Record: record("r-4", "housing", "lease-breach", mingjing.RecordSuspended), Area: mingjing.AreaSocial, Effect: down("suspended"), Ends: "2030-04-02"},
			{Record: record("r-5", "traffic", "traffic-fine", mingjing.RecordRemoved), Area: mingjing.AreaGovernment, Effect: down("removed")},
			{Record: record("r-6", "bank", "unknown-code", mingjing.RecordCorrected), Effect: nil, Ends: "2021-01-01"}}}
	})
	add("records.empty", nil)
	add("record", func(v *mingjing.View) {
		v.Record = &mingjing.RecordView{Record: record("r-1", "hpc", "judgment-unpaid", mingjing.RecordActive), Area: mingjing.AreaJudicial, Effect: down(""), Ends: "2030-04-02", Open: true,
			Log: []mingjing.Look{{Seq: 9, At: heldNow, Role: mingjing.RoleResident, Who: "林静", Action: "record", Purpose: "own"}}}
		v.Record.Record.Subject = "林婧"
	})
	add("record.disputed", func(v *mingjing.View) {
		v.Record = &mingjing.RecordView{Record: record("r-1", "hpc", "judgment-unpaid", mingjing.RecordDisputed), Area: mingjing.AreaJudicial, Effect: down("disputed"), Ends: "2030-04-02"}
		v.Record.Record.DisputeID = "4f1c9a20b7e84d33"
	})
	add("record.bare", func(v *mingjing.View) {
		v.Record = &mingjing.RecordView{Record: mingjing.Record{ID: "r-7", Agency: "hpc", Code: "judgment-unpaid", State: mingjing.RecordRemoved}}
	})
	add("record.gone", nil)
	add("listings", func(v *mingjing.View) {
		unserved := sampleListing(mingjing.ListingUnserved, "")
		v.Listings = &mingjing.ListingsView{Listings: []mingjing.ListingView{
			{Listing: sampleListing(mingjing.ListingInEffect, "2025-05-20"), Effective: true, Effect: down(""), Open: true},
			{Listing: unserved, Effect: down("unserved"), Open: true},
			{Listing: redListing(), Effective: true, Effect: []mingjing.Effect{{Rulebook: "rongcheng", Points: 5}}}}}
	})
	add("listings.empty", nil)
	add("listing", func(v *mingjing.View) {
		v.Listing = &mingjing.ListingView{Listing: sampleListing(mingjing.ListingInEffect, "2025-05-20"), Effective: true, Effect: down(""), Open: true}
	})
	add("listing.unserved", func(v *mingjing.View) {
		v.Listing = &mingjing.ListingView{Listing: sampleListing(mingjing.ListingUnserved, ""), Effect: down("unserved"), Open: true}
	})
	add("listing.red", func(v *mingjing.View) {
		v.Listing = &mingjing.ListingView{Listing: redListing(), Effective: true, Open: true}
	})
	add("listing.lifted", func(v *mingjing.View) {
		v.Listing = &mingjing.ListingView{Listing: sampleListing(mingjing.ListingLifted, "2025-05-20")}
		v.Listing.Listing.Document, v.Listing.Listing.Measures, v.Listing.Listing.DisputeID = mingjing.Document{}, nil, "d-1"
	})
	add("listing.gone", nil)
	for _, s := range mingjing.ListingStates {
		add("listing.state-"+string(s), func(v *mingjing.View) { v.Listing = listingView(s) })
	}
	add("listing.repairable", func(v *mingjing.View) {
		v.Listing = listingView(mingjing.ListingInEffect)
		v.Listing.Repair, v.Listing.RepairWhy, v.Listing.Listing.Statement = true, "", "我已经和对方达成分期协议。"
	})
	add("listing.wordy", func(v *mingjing.View) {
		v.Listing = listingView(mingjing.ListingInEffect)
		v.Form = map[string]string{"statement_on_file": hostile}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "statement_on_file", Code: "too_many_words"}}}
	})
	add("listing.red-shown", func(v *mingjing.View) {
		v.Listing = &mingjing.ListingView{Listing: redListing(), Effective: true, RepairWhy: "no_condition"}
		v.Listing.Listing.Shown = true
	})
	add("listings.all", func(v *mingjing.View) {
		v.Listings = &mingjing.ListingsView{}
		for _, s := range mingjing.ListingStates {
			view := *listingView(s)
			view.Listing.ID = "l-" + string(s)
			v.Listings.Listings = append(v.Listings.Listings, view)
		}
		v.Listings.Listings = append(v.Listings.Listings, mingjing.ListingView{Listing: redListing(), Effective: true})
	})
	add("repair", func(v *mingjing.View) { v.Listing = all["listing.repairable"].Listing })
	add("repair.wrong", func(v *mingjing.View) {
		v.Listing = all["listing.repairable"].Listing
		v.Form = map[string]string{"statement": hostile}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "statement", Code: "statement_required"}}}
	})
	add("repair.closed", func(v *mingjing.View) { v.Listing = listingView(mingjing.ListingInEffect) })
	add("repair.gone", nil)
	add("review", func(v *mingjing.View) {
		d := decidedCase(mingjing.CaseDispute, mingjing.OutcomeRejected)
		v.NewCase = &mingjing.NewCaseView{Previous: &d, Listing: d.Listing, Key: "k-1"}
	})
	add("review.closed", func(v *mingjing.View) {
		d := dispute(mingjing.DisputeAssigned, true)
		v.NewCase = &mingjing.NewCaseView{Previous: &d, Listing: d.Listing, Key: "k-1"}
	})
	add("review.gone", nil)
	add("sources", func(v *mingjing.View) {
		at := heldNow.Add(-time.Hour)
		v.Sources = &mingjing.SourcesView{Sources: []mingjing.SourceView{
			{Agency: "hpc", Holds: []string{"judgment-unpaid", "blacklist-court"}, Records: 2, State: mingjing.SourceAnswered, At: &at},
			{Agency: "traffic", Holds: []string{"traffic-fine"}, Records: 1, State: mingjing.SourceAnswered, At: &at},
			{Agency: "housing", Holds: []string{"lease-breach", "volunteer", "traffic-fine", "redlist-tax"}, State: mingjing.SourceMissing},
			{Agency: "bank", Holds: []string{"redlist-tax"}}}}
	})
	add("sources.empty", nil)
	add("access-log", func(v *mingjing.View) {
		v.AccessLog = &mingjing.AccessLogView{Next: "41", Others: true, Looks: []mingjing.Look{
			{Seq: 45, At: heldNow.Add(-2 * time.Minute), Role: mingjing.RoleHandler, Who: "陈晓", Action: "case", Subject: "d-1", Purpose: "dispute"},
			{Seq: 44, At: heldNow.Add(-3 * time.Hour), Role: mingjing.RoleSystem, Who: "hpc", Action: "collect", Purpose: "score"},
			{Seq: 43, At: heldNow.Add(-4 * time.Hour), Role: mingjing.RoleSystem, Action: "rescore", Purpose: "score"},
			{Seq: 42, At: heldNow.Add(-40 * time.Hour), Role: mingjing.RoleResident, Who: "林静", Action: "record", Subject: "r-1", Purpose: "own"},
			{Seq: 41, At: heldNow.Add(-50 * time.Hour), Role: mingjing.RoleAuditor, Who: "周敏", Action: "nobody_knows_this", Purpose: "nor_this"}}}
	})
	add("access-log.empty", nil)
	add("access-log.no-others", func(v *mingjing.View) { v.AccessLog = &mingjing.AccessLogView{Others: true} })
	add("consents", func(v *mingjing.View) {
		ended := heldNow.Add(-300 * time.Hour)
		v.Consents = &mingjing.ConsentsView{Consents: []mingjing.Consent{
			{ID: "c-1", Rulebook: "honest-shanghai", GivenAt: heldNow.Add(-50 * time.Hour)},
			{ID: "c-2", Rulebook: "honest-shanghai", GivenAt: heldNow.Add(-20 * time.Hour)},
			{ID: "c-3", Rulebook: "rongcheng", GivenAt: heldNow.Add(-10 * time.Hour)},
			{ID: "c-4", Rulebook: "rongcheng", GivenAt: heldNow.Add(-400 * time.Hour), WithdrawnAt: &ended}}}
	})
	add("consents.wrong", func(v *mingjing.View) {
		v.Consents = all["consents"].Consents
		v.Form = map[string]string{"rulebook": "rongcheng"}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "confirm", Code: "confirm_required"}}}
	})
	add("consents.withdrawn", func(v *mingjing.View) {
		v.Consents = &mingjing.ConsentsView{Consents: all["consents"].Consents.Consents[3:]}
		v.Done = "consent_withdrawn"
	})
	add("consents.empty", nil)
	add("sessions", func(v *mingjing.View) {
		v.Sessions = &mingjing.SessionsView{Sessions: []mingjing.Session{
			{ID: "s-1", Device: "Chrome · Android", StartedAt: heldNow.Add(-time.Hour), ExpiresAt: heldNow.Add(11 * time.Hour), Current: true},
			{ID: "s-2", Device: "Firefox · Windows", StartedAt: heldNow.Add(-5 * time.Hour), ExpiresAt: heldNow.Add(7 * time.Hour)},
			{ID: "s-3", StartedAt: heldNow.Add(-9 * time.Hour), ExpiresAt: heldNow.Add(3 * time.Hour)}}}
	})
	add("sessions.one", func(v *mingjing.View) {
		v.Sessions = &mingjing.SessionsView{Sessions: all["sessions"].Sessions.Sessions[:1]}
	})
	add("sessions.empty", nil)
	add("disputes", func(v *mingjing.View) {
		v.Disputes = &mingjing.DisputesView{Disputes: []mingjing.Dispute{
			dispute(mingjing.DisputeAgencyAsked, true), dispute(mingjing.DisputeAgencySilent, false), dispute(mingjing.DisputeDecided, false)}}
	})
	add("disputes.empty", nil)
	add("new-dispute", func(v *mingjing.View) {
		r := record("r-1", "hpc", "judgment-unpaid", mingjing.RecordActive)
		v.NewCase = &mingjing.NewCaseView{Record: &r, Key: "k-1"}
	})
	add("new-dispute.wrong", func(v *mingjing.View) {
		l := sampleListing(mingjing.ListingInEffect, "2025-05-20")
		v.NewCase = &mingjing.NewCaseView{Listing: &l, Key: "k-1"}
		v.Form = map[string]string{"reason": "expired", "statement": "期限 " + hostile}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{
			{Field: "reason", Code: "reason_required"}, {Field: "statement", Code: "too_long"}, {Field: "evidence", Code: "evidence_type"}}}
	})
	add("new-dispute.gone", nil)
	add("new-dispute.again", func(v *mingjing.View) {
		d := all["review"].NewCase.Previous
		again := *d
		again.Lanes = []string{mingjing.LaneEvidence, mingjing.LaneReview, mingjing.LaneCourt}
		again.Evidence = append(slices.Clone(d.Evidence), mingjing.Evidence{ID: "e-3", Name: "结清证明.pdf", Type: "application/pdf", Size: 9, AddedAt: heldNow, Late: true})
		v.NewCase = &mingjing.NewCaseView{Previous: &again, Listing: d.Listing, Key: "k-1"}
	})
	add("new-dispute.closed", func(v *mingjing.View) { v.NewCase = all["review.closed"].NewCase })
	for _, s := range mingjing.DisputeStates {
		add("dispute."+string(s), func(v *mingjing.View) { d := dispute(s, false); v.Dispute = &d })
	}
	add("dispute.upheld-listing", func(v *mingjing.View) {
		d := dispute(mingjing.DisputeDecided, true)
		d.Decision.Outcome, d.Decision.Corrected = mingjing.OutcomeUpheld, ""
		v.Dispute = &d
	})
	add("dispute.rejected", func(v *mingjing.View) {
		d := dispute(mingjing.DisputeDecided, false)
		d.Decision.Outcome, d.Decision.Corrected, d.Evidence = mingjing.OutcomeRejected, "", nil
		v.Dispute = &d
	})
	add("dispute.full", func(v *mingjing.View) {
		d := dispute(mingjing.DisputeFiled, false)
		for len(d.Evidence) < mingjing.MaxEvidence {
			d.Evidence = append(d.Evidence, mingjing.Evidence{ID: "e-" + strconv.Itoa(len(d.Evidence)+1), Name: "附件.png", Type: "image/png", Size: 999})
		}
		v.Dispute = &d
	})
	add("dispute.lanes", func(v *mingjing.View) { v.Dispute = all["new-dispute.again"].NewCase.Previous })
	add("dispute.granted", func(v *mingjing.View) {
		d := decidedCase(mingjing.CaseRepair, mingjing.OutcomeGranted)
		d.Lanes, d.LanesUntil = []string{mingjing.LaneCourt}, "2027-11-23"
		v.Dispute = &d
	})
	add("dispute.repair-refused", func(v *mingjing.View) {
		d := decidedCase(mingjing.CaseRepair, mingjing.OutcomeRefused)
		v.Dispute = &d
	})
	add("dispute.review", func(v *mingjing.View) {
		d := decidedCase(mingjing.CaseReview, mingjing.OutcomeRejected)
		d.Previous, d.Lanes = "d-8", []string{mingjing.LaneEvidence, mingjing.LaneCourt}
		v.Dispute = &d
	})
	add("dispute.repair-late", func(v *mingjing.View) {
		d := dispute(mingjing.DisputeAssigned, true)
		d.Kind, d.Reason, d.Escalated, d.Extended = mingjing.CaseRepair, "", true, true
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: heldNow, Code: "escalated", Role: mingjing.RoleSystem})
		v.Dispute = &d
	})
	add("dispute.proposed", func(v *mingjing.View) { v.Dispute = &proposedCase(mingjing.DisputeFiled, "").Dispute })
	add("dispute.proposal-recommended", func(v *mingjing.View) {
		v.Dispute = &proposedCase(mingjing.DisputeRecommended, "").Dispute
		v.Dispute.Recommendation = nil
	})
	add("dispute.proposal-to-serve", func(v *mingjing.View) { v.Dispute = &proposedCase(mingjing.DisputeToServe, "").Dispute })
	add("dispute.unchecked", func(v *mingjing.View) {
		d := proposedCase(mingjing.DisputeDecided, "").Dispute
		d.Decision = &mingjing.Decision{Outcome: mingjing.OutcomeRefused, At: heldNow, Rule: "unchecked"}
		v.Dispute = &d
	})
	add("dispute.unserved", func(v *mingjing.View) {
		d := proposedCase(mingjing.DisputeToServe, "").Dispute
		d.State, d.Decision.Rule = mingjing.DisputeDecided, "unserved"
		v.Dispute = &d
	})
	add("dispute.gone", nil)
	for name, v := range letterViews() {
		add("letter."+name, func(to *mingjing.View) { to.Letter = v })
	}
	for name, d := range map[string]*mingjing.Dispute{"kind-repair": all["dispute.repair-refused"].Dispute, "kind-review": all["dispute.review"].Dispute,
		"kind-refused": all["dispute.unchecked"].Dispute, "kind-unserved": all["dispute.unserved"].Dispute, "kind-late": all["dispute.lanes"].Dispute} {
		add("letter."+name, func(v *mingjing.View) {
			letter := *letterView(true)
			letter.Dispute = *d
			v.Letter = &letter
		})
	}
	add("letter.gone", nil)
	counts := map[string]int{"filed": 12, "assigned": 3, "agency_asked": 1204, "agency_answered": 2, "agency_silent": 1, "decided": 48, "missed": 4, "late": 3, "very_late": 1}
	add("queue", func(v *mingjing.View) {
		late := *workCase(mingjing.DisputeAssigned, "H-0002", true)
		late.ID = "aa11bb22cc33"
		late.Clocks[1].Due, late.Clocks[1].Missed = heldNow.Add(-2*time.Hour), true
		fresh := *workCase(mingjing.DisputeFiled, "", false, "assign")
		fresh.ID = "0d9e8f7a6b5c"
		late.Resident, late.IDMasked, fresh.Resident, fresh.IDMasked = "", "", "", ""
		v.Queue = &mingjing.QueueView{Counts: counts, Next: "n", Cases: []mingjing.Case{late, fresh}}
	})
	add("queue.filtered", func(v *mingjing.View) {
		v.Queue = &mingjing.QueueView{Counts: counts, Filter: mingjing.CaseFilter{State: "filed", Mine: true, Agency: "hpc", Search: hostile}, Next: "n",
			Cases: []mingjing.Case{*workCase(mingjing.DisputeFiled, "", false)}}
	})
	add("queue.none", func(v *mingjing.View) {
		v.Queue = &mingjing.QueueView{Filter: mingjing.CaseFilter{Search: "nobody"}}
	})
	add("queue.empty", nil)
	add("case", func(v *mingjing.View) {
		v.Case = workCase(mingjing.DisputeAgencyAnswered, "H-0001", false, "decide")
		v.Case.Record.Subject = "林婧"
	})
	add("case.new", func(v *mingjing.View) { v.Case = workCase(mingjing.DisputeFiled, "", true, "assign") })
	add("case.ask", func(v *mingjing.View) {
		v.Case = workCase(mingjing.DisputeAssigned, "H-0001", false, "ask_agency", "decide")
		v.Case.Evidence = nil
	})
	add("case.wrong", func(v *mingjing.View) {
		v.Case = workCase(mingjing.DisputeAgencySilent, "H-0001", false, "decide")
		v.Form = map[string]string{"outcome": "partly", "reasons": hostile, "evidence_answer_e-1": "看过了"}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{
			{Field: "correct_to", Code: "correction_required"}, {Field: "evidence_answer_e-2", Code: "evidence_unanswered"}}}
	})
	add("case.decided", func(v *mingjing.View) { v.Case = workCase(mingjing.DisputeDecided, "H-0001", false) })
	add("case.taken", func(v *mingjing.View) { v.Case = workCase(mingjing.DisputeAssigned, "H-0002", true) })
	add("case.waiting", func(v *mingjing.View) { v.Case = workCase(mingjing.DisputeAgencyAsked, "H-0001", false) })
	add("case.auditor", func(v *mingjing.View) {
		v.Who.Role = mingjing.RoleAuditor
		v.Case = workCase(mingjing.DisputeFiled, "", false)
	})
	add("case.repair", func(v *mingjing.View) {
		v.Case = workCase(mingjing.DisputeAssigned, "H-0001", true, "ask_agency", "extend", "decide")
		l := listingIn(mingjing.ListingInEffect)
		v.Case.Kind, v.Case.Reason, v.Case.Listing, v.Case.Escalated = mingjing.CaseRepair, "", &l, true
	})
	add("case.review", func(v *mingjing.View) {
		v.Case = workCase(mingjing.DisputeAssigned, "H-0001", true, "extend", "decide")
		v.Case.Kind, v.Case.Reason, v.Case.Previous = mingjing.CaseReview, "", "d-8"
		v.First = &mingjing.Case{Dispute: decidedCase(mingjing.CaseDispute, mingjing.OutcomeRejected)}
	})
	add("case.proposed", func(v *mingjing.View) {
		v.Case = proposedCase(mingjing.DisputeAssigned, "H-0001", "recommend")
		v.Case.Listing.TermMonths = 48
	})
	add("case.recommend-wrong", func(v *mingjing.View) {
		v.Case = proposedCase(mingjing.DisputeAssigned, "H-0001", "recommend")
		v.Form = map[string]string{"reasons": hostile}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "outcome", Code: "outcome_required"}}}
	})
	add("case.second", func(v *mingjing.View) {
		v.Who.Role = mingjing.RoleSupervisor
		v.Case = proposedCase(mingjing.DisputeRecommended, "H-0001", "decide")
	})
	add("case.first-waits", func(v *mingjing.View) { v.Case = proposedCase(mingjing.DisputeRecommended, "") })
	add("case.serve", func(v *mingjing.View) { v.Case = proposedCase(mingjing.DisputeToServe, "H-0002", "serve") })
	add("case.serve-wrong", func(v *mingjing.View) {
		v.Case = proposedCase(mingjing.DisputeToServe, "H-0002", "serve")
		v.Form = map[string]string{"method": "post", "proof": hostile}
		v.Problem = &mingjing.Problem{Status: 422, Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "method", Code: "method_required"}, {Field: "on", Code: "served_on_invalid"}, {Field: "proof", Code: "proof_required"}}}
	})
	add("case.faster", func(v *mingjing.View) {
		v.Case = workCase(mingjing.DisputeDecided, "H-0002", false)
		v.Form = map[string]string{"outcome": "rejected", "reasons": "我写好的理由。" + hostile}
		v.Problem = &mingjing.Problem{Status: 409, Code: "case_decided", Allowed: []string{}}
	})
	add("case.moved", func(v *mingjing.View) {
		v.Case = workCase(mingjing.DisputeAssigned, "H-0002", false, "assign")
		v.Problem = &mingjing.Problem{Status: 409, Code: "case_taken", Allowed: []string{"assign"}}
	})
	add("case.lost", func(v *mingjing.View) {
		v.Case = workCase(mingjing.DisputeAgencyLost, "H-0001", false, "extend", "decide")
	})
	add("case.gone", nil)
	return all
}

// poison puts hostile and overlong text wherever a person or an agency writes.
func poison(v *mingjing.View) {
	for key := range v.Labels {
		v.Labels[key] = hostile + longName
	}
	if v.Who != nil {
		v.Who.Name = longName + hostile
	}
	text := mingjing.Text{"en": hostile, "zh-CN": hostile + longName}
	doc := mingjing.Document{Kind: hostile, Issuer: hostile, Number: hostile, Date: "2025-03-14", Hash: hostile}
	rec := func(r *mingjing.Record) {
		if r != nil {
			r.ID, r.Code, r.Subject, r.Detail, r.Document, r.DisputeID = hostile, hostile, hostile, text, doc, hostile
		}
	}
	list := func(l *mingjing.Listing) {
		if l != nil {
			l.ID, l.Subject, l.Ground, l.LegalBasis, l.Exit, l.Document = hostile, longName, text, text, text, doc
			l.Measures = []mingjing.Measure{{Code: hostile, Name: text, LegalBasis: text}}
			l.Statement, l.Tier, l.Served = hostile+longName, hostile, hostile
			for i := range l.Life {
				l.Life[i].Who, l.Life[i].Code = hostile, hostile
			}
		}
	}
	disp := func(d *mingjing.Dispute) {
		rec(d.Record)
		list(d.Listing)
		d.ID, d.Statement, d.Handler = hostile, hostile+"\n"+hostile, hostile
		for i := range d.Evidence {
			d.Evidence[i].Name, d.Evidence[i].Type, d.Evidence[i].Answer = hostile, hostile, hostile
		}
		for i := range d.Timeline {
			d.Timeline[i].Who, d.Timeline[i].Code = hostile, hostile
		}
		if d.Answer != nil {
			d.Answer.Text, d.Answer.Position = text, hostile
		}
		if d.Decision != nil {
			d.Decision.By, d.Decision.Reasons, d.Decision.Rule = hostile, hostile, hostile
		}
		if d.Recommendation != nil {
			d.Recommendation.By, d.Recommendation.Reasons = hostile, hostile
		}
	}
	if v.Records != nil {
		for i := range v.Records.Records {
			rec(&v.Records.Records[i].Record)
			for j := range v.Records.Records[i].Effect {
				v.Records.Records[i].Effect[j].Rulebook, v.Records.Records[i].Effect[j].Why = hostile, hostile
			}
		}
	}
	if v.Record != nil {
		rec(&v.Record.Record)
		for i := range v.Record.Log {
			l := &v.Record.Log[i]
			l.Who, l.Action, l.Subject, l.Role = hostile, hostile, hostile, hostile
		}
	}
	if v.Listings != nil {
		for i := range v.Listings.Listings {
			list(&v.Listings.Listings[i].Listing)
		}
	}
	if v.Listing != nil {
		list(&v.Listing.Listing)
	}
	if v.Sources != nil {
		for i := range v.Sources.Sources {
			v.Sources.Sources[i].Agency, v.Sources.Sources[i].Holds, v.Sources.Sources[i].State = hostile, []string{hostile}, hostile
		}
	}
	if v.AccessLog != nil {
		v.AccessLog.Next = hostile
		for i := range v.AccessLog.Looks {
			l := &v.AccessLog.Looks[i]
			l.Who, l.Subject = hostile, hostile
		}
	}
	if v.Sessions != nil {
		for i := range v.Sessions.Sessions {
			v.Sessions.Sessions[i].Device, v.Sessions.Sessions[i].ID = hostile, hostile
		}
	}
	if v.Disputes != nil {
		for i := range v.Disputes.Disputes {
			disp(&v.Disputes.Disputes[i])
		}
	}
	if v.NewCase != nil {
		rec(v.NewCase.Record)
		list(v.NewCase.Listing)
		v.NewCase.Key = hostile
		if v.NewCase.Previous != nil {
			disp(v.NewCase.Previous)
		}
	}
	if v.Dispute != nil {
		disp(v.Dispute)
	}
	if v.Letter != nil {
		disp(&v.Letter.Dispute)
		v.Letter.City, v.Letter.LegalBasis, v.Letter.Documents = text, text, []string{hostile}
		v.Letter.Rulebook = mingjing.RulebookRef{ID: hostile, Version: hostile, Hash: hostile}
	}
	if v.Queue != nil {
		v.Queue.Next, v.Queue.Filter.Agency = hostile, hostile
		for i := range v.Queue.Cases {
			disp(&v.Queue.Cases[i].Dispute)
			v.Queue.Cases[i].Resident, v.Queue.Cases[i].IDMasked = longName, hostile
		}
	}
	if v.Case != nil {
		disp(&v.Case.Dispute)
		v.Case.Resident = longName
		if v.First != nil {
			disp(&v.First.Dispute)
		}
	}
}

func renderHeld(t *testing.T, name string, v *mingjing.View) *goquery.Document {
	t.Helper()
	html := app.HTMLString(Body(v))
	doc, err := goquery.NewDocumentFromReader(strings.NewReader("<!doctype html><html><body>" + html + "</body></html>"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc
}

func eachHeld(t *testing.T, check func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document)) {
	for _, lang := range mingjing.Languages {
		views := heldScreens(lang)
		for _, name := range slices.Sorted(maps.Keys(views)) {
			t.Run(lang+"/"+name, func(t *testing.T) { check(t, name, views[name], renderHeld(t, name, views[name])) })
		}
	}
}

func TestEveryScreenOfHeldDataIsSoundHTML(t *testing.T) {
	eachHeld(t, func(t *testing.T, name string, v *mingjing.View, doc *goquery.Document) { sound(t, doc) })
}

func sound(t *testing.T, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1, want 1", n)
	}
	if n := doc.Find("[style], style, script, iframe, object").Length(); n != 0 {
		t.Errorf("%d elements that a strict policy refuses", n)
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("attribute %s on %s", a.Key, s.Nodes[0].Data)
			}
		}
	})
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] || id == "" || strings.ContainsAny(id, " \t\n") {
			t.Errorf("id %q is there twice or unfit", id)
		}
		seen[id] = true
	})
	for _, name := range []string{"aria-describedby", "aria-labelledby", "for"} {
		doc.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(name, "")) {
				if !seen[id] {
					t.Errorf("%s names %q, which is not there", name, id)
				}
			}
		})
	}
	doc.Find(".error-list a").Each(func(_ int, s *goquery.Selection) {
		if id := strings.TrimPrefix(s.AttrOr("href", ""), "#"); !seen[id] {
			t.Errorf("the error summary leads to %q, which is not there", id)
		}
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		if doc.Find("label").FilterFunction(func(_ int, l *goquery.Selection) bool {
			return l.AttrOr("for", "") == s.AttrOr("id", "-") && strings.TrimSpace(l.Text()) != ""
		}).Length() != 1 {
			t.Errorf("%s %s has no label of its own", s.Nodes[0].Data, s.AttrOr("name", ""))
		}
	})
	level := 1
	doc.Find("main").Find("h1, h2, h3, h4").Each(func(_ int, s *goquery.Selection) {
		l := int(s.Nodes[0].Data[1] - '0')
		if l > level+1 {
			t.Errorf("heading %q jumps from level %d to %d", s.Text(), level, l)
		}
		level = l
		if strings.TrimSpace(s.Text()) == "" {
			t.Error("a heading says nothing")
		}
	})
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Find("caption").Text()) == "" {
			t.Error("a table has no caption")
		}
		if s.Find("th:not([scope])").Length() > 0 {
			t.Error("a table heading has no scope")
		}
	})
	doc.Find("a[href], button").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Text()) == "" && s.AttrOr("aria-label", "") == "" {
			t.Errorf("a link or button to %q has no name", s.AttrOr("href", ""))
		}
	})
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		if m := s.AttrOr("method", ""); m != "post" && m != "get" || s.AttrOr("action", "") == "" {
			t.Errorf("a form goes nowhere: %s %s", m, s.AttrOr("action", ""))
		}
		if s.Find("button").Length() == 0 {
			t.Errorf("form %s has no button", s.AttrOr("action", ""))
		}
	})
}

func TestNothingThatAnyoneWritesBecomesMarkup(t *testing.T) {
	for _, lang := range mingjing.Languages {
		views := heldScreens(lang)
		for _, name := range slices.Sorted(maps.Keys(views)) {
			t.Run(lang+"/"+name, func(t *testing.T) {
				poison(views[name])
				doc := renderHeld(t, name, views[name])
				sound(t, doc)
				if n := doc.Find("script, img").Length(); n != 0 {
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
		for _, v := range heldScreens(lang) {
			app.HTMLString(Body(v))
			Title(v)
		}
	}
}

func TestEveryCodeOfADisputeHasItsSentences(t *testing.T) {
	want := []string{"area.other"}
	for _, r := range mingjing.DisputeReasons {
		want = append(want, "reason."+string(r), "reason_hint."+string(r))
	}
	for _, k := range mingjing.CaseKinds {
		want = append(want, "case_kind."+string(k), "case_title."+string(k), "case_number."+string(k), "letter.title."+string(k), "letter.opening."+string(k))
		for _, o := range k.Outcomes() {
			want = append(want, "outcome."+string(o))
			for _, what := range []mingjing.Dispute{{Kind: k, Record: &mingjing.Record{}}, {Kind: k, Listing: &mingjing.Listing{}}} {
				if what.Record != nil && (k == mingjing.CaseRepair || k == mingjing.CaseListing) {
					continue
				}
				what.Decision = &mingjing.Decision{Outcome: o, Corrected: "2026-01-01"}
				want = append(want, "dispute.means."+meansOf(what), "letter.means."+meansOf(what))
			}
		}
	}
	for _, s := range mingjing.DisputeStates {
		want = append(want, "dispute_state."+string(s))
	}
	for _, s := range []mingjing.RecordState{mingjing.RecordActive, mingjing.RecordCorrected, mingjing.RecordDisputed, mingjing.RecordSuspended, mingjing.RecordRemoved} {
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

func TestARecordIsDisputedOnlyWhileItMayBe(t *testing.T) {
	views := heldScreens("en")
	doc := renderHeld(t, "record", views["record"])
	if got := doc.Find("#object + .actions a, .section a.button").AttrOr("href", ""); got != "/en/disputes/new?record=r-1" {
		t.Errorf("the way to a dispute leads to %q", got)
	}
	doc = renderHeld(t, "record", views["record.disputed"])
	if doc.Find(`a[href*="disputes/new"]`).Length() != 0 || doc.Find(`main a[href="/en/disputes/4f1c9a20b7e84d33"]`).Length() != 1 {
		t.Error("a disputed record offers a second dispute, or does not lead to the first")
	}
}

func TestAListingWithoutNoticeSaysThatItHasNoEffect(t *testing.T) {
	views := heldScreens("en")
	text := renderHeld(t, "listing", views["listing.unserved"]).Find("main").Text()
	if !strings.Contains(text, i18n.T("en", "listing.unserved_title")) || !strings.Contains(text, i18n.T("en", "listing.notice_none")) {
		t.Error("it does not say so")
	}
	if strings.Contains(renderHeld(t, "listing", views["listing"]).Find("main").Text(), i18n.T("en", "listing.unserved_title")) {
		t.Error("a listing with notice says so too")
	}
}

func TestAConsentIsWithdrawnByItsOwnForm(t *testing.T) {
	doc := renderHeld(t, "consents", heldScreens("en")["consents.wrong"])
	forms := doc.Find(`form[action="/api/consents/withdraw"]`)
	if forms.Length() != 2 {
		t.Fatalf("%d forms for two rulebooks in force", forms.Length())
	}
	open := doc.Find("details[open] form[action='/api/consents/withdraw']")
	if open.Find("input[name=rulebook]").AttrOr("value", "") != "rongcheng" || open.Find("#confirm[value=true]").Length() != 1 {
		t.Error("the form that was sent wrongly is not the open one with the field that the summary leads to")
	}
}

func TestOnlyOtherDevicesAreEndedHere(t *testing.T) {
	views := heldScreens("en")
	doc := renderHeld(t, "sessions", views["sessions"])
	var ended []string
	doc.Find(`form[action="/api/sessions/end"] input[name=session_id]`).Each(func(_ int, s *goquery.Selection) {
		ended = append(ended, s.AttrOr("value", ""))
	})
	if !slices.Equal(ended, []string{"s-2", "s-3"}) || doc.Find(`form[action="/api/sessions/end-others"]`).Length() != 1 {
		t.Errorf("sessions that can be ended: %v", ended)
	}
	if renderHeld(t, "sessions", views["sessions.one"]).Find(`form[action="/api/sessions/end-others"]`).Length() != 0 {
		t.Error("the only device offers to end others")
	}
}

func TestADisputeFormKeepsWhatWasTyped(t *testing.T) {
	doc := renderHeld(t, "new-dispute", heldScreens("zh-CN")["new-dispute.wrong"])
	form := doc.Find(`form[action="/api/disputes"]`)
	if form.AttrOr("enctype", "") != "multipart/form-data" || form.Find("input[name=listing_id]").AttrOr("value", "") != "l-1" || form.Find("input[name=record_id]").Length() != 0 {
		t.Error("the form does not name its listing")
	}
	if got := form.Find("textarea[name=statement]").Text(); !strings.Contains(got, "期限 "+hostile) {
		t.Errorf("the statement came back as %q", got)
	}
	if form.Find("input[name=reason][checked]").AttrOr("value", "") != "expired" || form.Find("input[name=reason]").Length() != len(mingjing.DisputeReasons) {
		t.Error("the reasons are not all there, or the chosen one is not chosen")
	}
	if form.Find("input[name=evidence][multiple]").AttrOr("accept", "") != ".pdf,.jpg,.jpeg,.png" {
		t.Error("the file field takes other files")
	}
}

func TestEvidenceIsAddedUntilTheDecision(t *testing.T) {
	views := heldScreens("en")
	for name, want := range map[string]int{"dispute.filed": 1, "dispute.agency_silent": 1, "dispute.decided": 0, "dispute.full": 0} {
		if got := renderHeld(t, name, views[name]).Find(`form[action$="/evidence"]`).Length(); got != want {
			t.Errorf("%s has %d forms, want %d", name, got, want)
		}
	}
	link := renderHeld(t, "dispute", views["dispute.filed"]).Find(".paper-name").First()
	if _, full := link.Attr("data-full"); !full || link.AttrOr("href", "") != "/api/evidence/e-1" || link.AttrOr("download", "") != "结案通知书.pdf" {
		t.Error("a piece of evidence is not offered as a download")
	}
}

func TestADecisionSaysWhoWhyAndWhatFollows(t *testing.T) {
	text := renderHeld(t, "dispute", heldScreens("en")["dispute.decided"]).Find("main").Text()
	for _, want := range []string{"Partly upheld", "陈晓", "结案通知书证明", "2 April 2024", "采纳。它证明义务已经履行。"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
}

func TestTheQueueKeepsItsFilters(t *testing.T) {
	doc := renderHeld(t, "queue", heldScreens("en")["queue.filtered"])
	form := doc.Find("form[role=search]")
	if form.Find("input[name=state]").AttrOr("value", "") != "filed" || form.Find("input[name=search]").AttrOr("value", "") != hostile ||
		form.Find("input[name=mine][checked]").Length() != 1 || form.Find("option[selected]").AttrOr("value", "") != "hpc" {
		t.Error("the form has lost a filter")
	}
	next := doc.Find(".pagination a").AttrOr("href", "")
	for _, want := range []string{"state=filed", "mine=1", "agency=hpc", "search=%3Cscript", "cursor=n"} {
		if !strings.Contains(next, want) {
			t.Errorf("the next page %q has lost %s", next, want)
		}
	}
	if doc.Find(".chip[aria-current]").Length() != 1 {
		t.Error("no state is marked as the chosen one")
	}
}

func TestTheQueueShowsNoColumnOfNamesWithoutNames(t *testing.T) {
	views := heldScreens("en")
	column := i18n.T("en", "queue.col_resident")
	if strings.Contains(renderHeld(t, "queue", views["queue"]).Find("thead").Text(), column) {
		t.Error("an empty column of names is shown")
	}
	if !strings.Contains(renderHeld(t, "queue.filtered", views["queue.filtered"]).Find("table").Text(), "林静") {
		t.Error("a search does not show the name")
	}
}

func TestASuspendedRecordLeadsToItsDisputeAndOffersNoSecond(t *testing.T) {
	v := heldScreens("en")["record"]
	v.Record.Record.State, v.Record.Record.DisputeID = mingjing.RecordSuspended, "d-9"
	doc := renderHeld(t, "record", v)
	if doc.Find(`a[href*="disputes/new"]`).Length() != 0 || doc.Find(`main a[href="/en/disputes/d-9"]`).Length() != 1 {
		t.Error("it offers a second dispute, or hides the first")
	}
}

func TestALateCaseIsMarkedInTheQueue(t *testing.T) {
	for how, after := range map[string]time.Duration{"late": time.Minute, "very_late": -time.Minute} {
		v := heldScreens("en")["queue"]
		v.Queue.Cases[0].Clocks[1].VeryLateAt = heldNow.Add(after)
		rows := renderHeld(t, "queue", v).Find("tbody tr")
		tag := rows.Eq(0).Find(".tag:has(.shape)")
		if got, want := strings.TrimSpace(tag.Text()), i18n.T("en", "lateness."+how); got != want || tag.Find("svg[aria-hidden=true]").Length() != 1 {
			t.Errorf("the case is marked %q, want %q with a shape", got, want)
		}
		if rows.Eq(1).Find(".tag:has(.shape)").Length() != 0 {
			t.Error("the other one is marked too")
		}
	}
}

func TestTheQueueCountsAndFiltersWhatIsLate(t *testing.T) {
	v := heldScreens("en")["queue"]
	v.Queue.Filter = mingjing.CaseFilter{State: "filed", Mine: true}
	doc := renderHeld(t, "queue", v)
	for how, count := range map[string]string{"late": "3", "very_late": "1"} {
		chip := doc.Find(`.chips a[href="/en/admin?late=` + how + `&mine=1"]`)
		if chip.Find(".chip-count").Text() != count || chip.Find(".shape").Length() != 1 || !strings.Contains(chip.Text(), i18n.T("en", "lateness."+how)) {
			t.Errorf("the chip of %s is %q", how, chip.Text())
		}
	}
	v.Queue.Filter = mingjing.CaseFilter{Late: mingjing.VeryLate}
	doc = renderHeld(t, "queue", v)
	if here := doc.Find(".chips [aria-current]"); here.Length() != 1 || !strings.Contains(here.Text(), i18n.T("en", "lateness.very_late")) {
		t.Errorf("the chips are at %q", here.Text())
	}
	if doc.Find(`form input[type=hidden][name=late][value=very_late]`).Length() != 1 {
		t.Error("a search forgets what is late")
	}
}

func TestAResidentSeesThatTheAgencyIsLate(t *testing.T) {
	for _, lang := range mingjing.Languages {
		v := heldScreens(lang)["dispute.agency_silent"]
		k := &v.Dispute.Clocks[2]
		for how, after := range map[string]time.Duration{"late": time.Minute, "very_late": -time.Minute} {
			k.VeryLateAt = heldNow.Add(after)
			tag := renderHeld(t, "dispute", v).Find(".clocks .tag:has(.shape)")
			if got, want := strings.TrimSpace(tag.Text()), i18n.T(lang, "lateness.agency."+how); got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
		}
	}
}

func TestAMissedAgencyClockIsNoLongerWaitedFor(t *testing.T) {
	d := dispute(mingjing.DisputeAgencySilent, false)
	if k := nextClock(d.Clocks); k == nil || k.Code != "decide" {
		t.Errorf("next is %+v, want the decision", k)
	}
}

func TestOpenCasesAreThoseNotDecided(t *testing.T) {
	doc := renderHeld(t, "queue", heldScreens("en")["queue"])
	if got := doc.Find(".chip[aria-current] .chip-count").Text(); strings.TrimSpace(got) != "1,222" {
		t.Errorf("%q open cases, want 1,222", got)
	}
}

func TestACaseOffersOnlyTheStepsThatAreAllowed(t *testing.T) {
	views := heldScreens("en")
	for name, want := range map[string][]string{
		"case": {"decision"}, "case.new": {"assign"}, "case.ask": {"ask-agency", "decision"}, "case.decided": nil, "case.taken": nil, "case.waiting": nil, "case.auditor": nil,
	} {
		var got []string
		renderHeld(t, name, views[name]).Find(stepForms).Each(func(_ int, s *goquery.Selection) {
			action := s.AttrOr("action", "")
			got = append(got, action[strings.LastIndexByte(action, '/')+1:])
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s offers %v, want %v", name, got, want)
		}
	}
	for name, why := range map[string]string{"case.decided": "decided", "case.auditor": "auditor"} {
		if !strings.Contains(renderHeld(t, name, views[name]).Find("main").Text(), i18n.T("en", "case.why."+why)) {
			t.Errorf("%s does not say why nothing can be done", name)
		}
	}
	if !strings.Contains(renderHeld(t, "case.taken", views["case.taken"]).Find("main").Text(), "王磊") {
		t.Error("a case of a colleague does not say whose it is")
	}
}

func TestEachPieceOfEvidenceHasItsAnswerField(t *testing.T) {
	doc := renderHeld(t, "case", heldScreens("en")["case.wrong"])
	var order []string
	doc.Find(".decide-form [name=evidence_id], .decide-form [name=evidence_answer]").Each(func(_ int, s *goquery.Selection) {
		order = append(order, s.AttrOr("name", "")+s.AttrOr("value", ""))
	})
	if !slices.Equal(order, []string{"evidence_ide-1", "evidence_answer", "evidence_ide-2", "evidence_answer"}) {
		t.Errorf("fields in the order %v", order)
	}
	answers := doc.Find("textarea[name=evidence_answer]")
	if !strings.Contains(answers.First().Text(), "看过了") || answers.Last().AttrOr("aria-invalid", "") != "true" || answers.First().AttrOr("aria-invalid", "") != "" {
		t.Error("what was typed is lost, or the wrong piece is marked")
	}
}

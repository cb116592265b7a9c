package pagetest

import (
	"strings"
	"time"

	"mingjing"
	"mingjing/app/page"
)

const (
	// Hostile is text that would be markup if it were not escaped.
	Hostile  = `<script>alert("x")</script>"'><img src=x onerror=alert(1)>`
	longName = "阿卜杜勒热合曼·买买提依明江·阿不都外力·Wolfeschlegelsteinhausenbergerdorff the Elder of Lujiazui"
)

var (
	// HeldNow is the time of the views of this file.
	HeldNow = time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)
	hash64  = strings.Repeat("3fa9c1d07be24586", 4)
)

// Both returns a text in both languages.
func Both(zh, en string) mingjing.Text { return mingjing.Text{"zh-CN": zh, "en": en} }

// HeldView returns a view of a page for somebody of a role.
func HeldView(lang, page string, role mingjing.Role) *mingjing.View {
	zh := map[string]string{
		"rulebook.honest-shanghai": "诚信上海", "rulebook.rongcheng": "荣成",
		"agency.hpc": "市高级人民法院", "agency.traffic": "市公安局交警总队", "agency.housing": "市住房和城乡建设管理委员会", "agency.bank": "市地方金融监督管理局",
		"item.judgment-unpaid": "未履行生效判决确定的付款义务", "item.traffic-fine": "交通违法罚款", "item.volunteer": "市级志愿者表彰",
		"item.lease-breach": "公共租赁住房租约违约", "item.blacklist-court": "失信被执行人名单", "item.redlist-tax": "纳税信用 A 级名单",
		"doc.judgment": "民事判决书", "doc.penalty": "行政处罚决定书", "band.rongcheng.C": "C", "band.honest-shanghai.good": "好",
	}
	en := map[string]string{
		"rulebook.honest-shanghai": "Honest Shanghai", "rulebook.rongcheng": "Rongcheng",
		"agency.hpc": "High People’s Court", "agency.traffic": "Traffic Police",
		"agency.housing": "Commission of Housing and Urban-Rural Development", "agency.bank": "Financial Regulation Bureau",
		"item.judgment-unpaid": "Payment under a final judgment not made", "item.traffic-fine": "Traffic fine",
		"item.volunteer":       "City award for volunteers",
		"item.lease-breach":    "Breach of a public rental lease",
		"item.blacklist-court": "List of persons subject to enforcement for breach of trust", "item.redlist-tax": "Taxpayers of credit grade A",
		"doc.judgment": "Civil judgment", "doc.penalty": "Penalty decision", "band.rongcheng.C": "C", "band.honest-shanghai.good": "Good",
	}
	v := &mingjing.View{Page: page, Lang: lang, Path: page, Now: HeldNow, Today: "2026-11-23", Zone: "Asia/Shanghai",
		Labels: zh, Demo: &mingjing.DemoNote{ClockScale: 720}}
	if lang == "en" {
		v.Labels = en
	}
	v.Who = &mingjing.Viewer{Role: mingjing.RoleResident, Name: "林静", IDMasked: "99**************1X"}
	if role.Staff() {
		v.Who = &mingjing.Viewer{Role: role, Name: "陈晓", IDMasked: "H-0001"}
	}
	return v
}

// heldRules adds the rules to a page that has any.
func heldRules(v *mingjing.View) {
	v.Rules().Procedure = &mingjing.Procedure{AgencyDays: 5, SecondNoticeDays: 5, BureauDays: 5, AnswerDays: 5, RepairDays: 10, ReviewDays: 10,
		StatementWords: 100,
		Tiers: []mingjing.Tier{{Code: "general", Name: Both("一般", "General"), MinMonths: 3, MaxMonths: 12},
			{Code: "serious", Name: Both("严重", "Serious"), MinMonths: 12, MaxMonths: 36}}}
	v.Rules().Item = &mingjing.Item{Code: "blacklist-court", Measures: []string{"plane", "hotel"}, Documents: []string{"judgment"},
		CountsMonths: 60, Tier: "serious"}
}

func judgment() mingjing.Document {
	return mingjing.Document{Kind: "judgment", Issuer: "上海市高级人民法院", Number: "（2025）沪民终 1024 号", Date: "2025-03-14", Hash: hash64}
}

func record(id, agency, code string, s mingjing.RecordState) mingjing.Record {
	return mingjing.Record{ID: id, Agency: agency, Code: code, Subject: "林静", Occurred: "2025-04-02", State: s, Document: judgment(),
		Detail:      Both("逾期未履行付款义务，金额 38,000 元。", "Payment of 38,000 yuan was not made when it was due."),
		CollectedAt: HeldNow.Add(-3 * time.Hour)}
}

func down(why string) []mingjing.Effect {
	return []mingjing.Effect{
		{Rulebook: "rongcheng", Points: -30, Why: why,
			LegalBasis: Both("《荣成市社会成员信用积分和信用评价管理办法》第十二条", "Rongcheng Measures for Credit Points, article 12"), Ends: "2030-04-02"},
		{Rulebook: "honest-shanghai", Cap: "good", Why: why,
			LegalBasis: Both("《上海市社会信用条例》第二十八条", "Shanghai Social Credit Regulations, article 28"), Ends: "2030-04-02"}}
}

func sampleListing(s mingjing.ListingState, notice mingjing.Date) mingjing.Listing {
	return mingjing.Listing{ID: "l-1", Kind: mingjing.Blacklist, Code: "blacklist-court", Agency: "hpc", Subject: "林静",
		Ground:     Both("有履行能力而拒不履行生效法律文书确定的义务。", "Able to perform what a final judgment orders, and refuses to."),
		LegalBasis: Both("《最高人民法院关于公布失信被执行人名单信息的若干规定》第一条", "Provisions of the Supreme People’s Court on publishing the list, article 1"),
		Measures: []mingjing.Measure{
			{Code: "plane", Name: Both("限制乘坐飞机和列车软卧", "No planes and no soft sleepers"),
				LegalBasis: Both("《关于限制被执行人高消费的若干规定》第三条第一项", "Provisions on restricting high consumption, article 3(1)")},
			{Code: "hotel", Name: Both("限制在星级以上宾馆消费", "No star-rated hotels"), LegalBasis: Both("同上，第三条第二项", "The same, article 3(2)")}},
		Document: judgment(), NoticeOn: notice, From: "2025-06-01", Ends: "2027-06-01",
		Exit: Both("履行完判决确定的义务后，法院在三个工作日内将你移出名单。",
			"When you have paid what the judgment orders, the court takes you off within 3 working days."),
		State: s}
}

// listingIn returns a listing in a state, with the life that led there.
func listingIn(s mingjing.ListingState) mingjing.Listing {
	l := sampleListing(s, "2026-11-20")
	l.Tier, l.TermMonths, l.CaseID, l.Served = "serious", 24, "c-9", mingjing.ServedInApp
	by := HeldNow.Add(72 * time.Hour)
	l.AnswerBy, l.From, l.Ends, l.RepairFrom = &by, "2026-10-01", "2028-10-01", "2027-10-01"
	at := func(h int, code string, role mingjing.Role, who string) {
		l.Life = append(l.Life, mingjing.TimelineEntry{At: HeldNow.Add(time.Duration(h) * time.Hour), Code: code, Role: role, Who: who})
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
	why := map[mingjing.ListingState]string{mingjing.ListingInEffect: "", mingjing.ListingDisputed: "disputed",
		mingjing.ListingSuspended: "suspended",
		mingjing.ListingProposed:  "pending", mingjing.ListingDecided: "pending", mingjing.ListingServed: "pending",
		mingjing.ListingUnserved: "unserved"}
	v := &mingjing.ListingView{Listing: listingIn(s), RepairWhy: "not_in_effect"}
	if w, ok := why[s]; ok {
		v.Effect = down(w)
	}
	switch s {
	case mingjing.ListingInEffect:
		v.Effective, v.Open, v.RepairWhy = true, true, "too_early"
		v.Without = []mingjing.ScoreIf{{Rulebook: "rongcheng", Value: 975, Band: "C", Shape: "square", Tone: "fair"},
			{Rulebook: "honest-shanghai", Value: 128, Band: "good", Shape: "circle", Tone: "good"}}
	case mingjing.ListingServed, mingjing.ListingUnserved:
		v.Open = true
	}
	return v
}

// decidedCase returns a case of a kind with its decision.
func decidedCase(k mingjing.CaseKind, o mingjing.Outcome) mingjing.Case {
	d := DisputeIn(mingjing.CaseDecided, true)
	d.Kind, d.Reason, d.Answer, d.Decision.Corrected = k, "", nil, ""
	d.Decision.Outcome, d.Decision.Reasons = o, "核对了文书和付款凭证。"
	d.Lanes, d.LanesUntil = []string{mingjing.LaneReview, mingjing.LaneCourt}, "2027-11-23"
	return d
}

// proposedCase returns the case of a proposed listing.
func proposedCase(s mingjing.CaseState, handler string, allowed ...string) *mingjing.CaseView {
	k := WorkCase(mingjing.CaseAssigned, handler, true, allowed...)
	l := listingIn(mingjing.ListingProposed)
	k.Kind, k.Reason, k.State, k.Listing, k.Evidence, k.Statement = mingjing.CaseListing, "", s, &l, nil, l.Ground["zh-CN"]
	k.Clocks = []mingjing.Clock{{Code: "check", Due: HeldNow.Add(90 * time.Hour)}}
	k.Timeline = []mingjing.TimelineEntry{{At: HeldNow.Add(-40 * time.Hour), Code: "proposed", Role: mingjing.RoleAgency, Who: "hpc"}}
	if s == mingjing.CaseRecommended || s == mingjing.CaseToServe {
		k.Recommendation = &mingjing.Recommendation{Outcome: mingjing.OutcomeApproved, Reasons: "文书齐全，期限合适。", By: "王磊",
			At: HeldNow.Add(-10 * time.Hour)}
		k.Timeline = append(k.Timeline, mingjing.TimelineEntry{At: HeldNow.Add(-10 * time.Hour), Code: "recommended", Role: mingjing.RoleHandler,
			Who: "王磊"})
	}
	if s == mingjing.CaseToServe {
		*k.Listing = listingIn(mingjing.ListingDecided)
		k.Decision = &mingjing.Decision{Outcome: mingjing.OutcomeApproved, Reasons: "同意。", By: "周敏", At: HeldNow.Add(-5 * time.Hour)}
		k.Clocks = []mingjing.Clock{{Code: "serve", Due: HeldNow.Add(90 * time.Hour)}}
	}
	k.Next = page.NextClock(k.Clocks)
	return k
}

func redListing() mingjing.Listing {
	l := sampleListing(mingjing.ListingInEffect, "2025-05-20")
	l.ID, l.Kind, l.Code, l.Agency = "l-2", mingjing.Redlist, "redlist-tax", "bank"
	l.Ground = Both("连续三年按时足额纳税。", "Taxes paid in full and on time for three years.")
	l.Measures = []mingjing.Measure{
		{Code: "fast", Name: Both("办事优先窗口", "A priority counter"), LegalBasis: Both("《纳税信用管理办法》第二十九条", "Measures for Tax Credit, article 29")}}
	l.Exit = nil
	return l
}

// DisputeIn returns a dispute in a state, about a listing or about a record.
func DisputeIn(s mingjing.CaseState, listing bool) mingjing.Case {
	at := func(h int) time.Time { return HeldNow.Add(time.Duration(h) * time.Hour) }
	done := at(-47)
	d := mingjing.Case{ID: "4f1c9a20b7e84d33", Reason: mingjing.ReasonAlreadyPerformed, State: s, FiledAt: at(-48),
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
	if s == mingjing.CaseFiled {
		return d
	}
	d.Handler = "陈晓"
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: at(-30), Code: "assigned", Role: mingjing.RoleHandler, Who: "陈晓"})
	if s == mingjing.CaseAssigned {
		return d
	}
	asked := at(-29)
	d.Clocks[1].MetAt = &asked
	d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: asked, Code: "agency_asked", Role: mingjing.RoleHandler, Who: "陈晓"})
	switch s {
	case mingjing.CaseAgencySilent, mingjing.CaseAgencyLost:
		d.Clocks[2].Due, d.Clocks[2].Missed = at(-2), true
		if d.Record != nil {
			d.Record.State = mingjing.RecordSuspended
		}
		if s == mingjing.CaseAgencyLost {
			d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: at(-1), Code: "agency_lost", Role: mingjing.RoleSystem})
		} else {
			d.Clocks = append(d.Clocks, mingjing.Clock{Code: "second", Due: at(118)})
		}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: at(-2), Code: "agency_silent", Role: mingjing.RoleSystem, Who: "hpc"})
		d.Clocks = append(d.Clocks, mingjing.Clock{Code: "decide", Due: at(96)})
	case mingjing.CaseAgencyAnswered, mingjing.CaseDecided:
		answered := at(-5)
		d.Clocks[2].MetAt = &answered
		d.Answer = &mingjing.AgencyAnswer{Position: mingjing.PositionCorrected, At: answered, Occurred: "2024-04-02",
			Text: Both("经核查，担保人已于 2025 年 6 月履行完毕。", "We checked: the guarantor performed in full in June 2025.")}
		d.Timeline = append(d.Timeline, mingjing.TimelineEntry{At: answered, Code: "agency_answered", Role: mingjing.RoleSystem, Who: "hpc"})
		d.Clocks = append(d.Clocks, mingjing.Clock{Code: "decide", Due: at(96)})
	}
	if s == mingjing.CaseDecided {
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

// WorkCase returns a case as a handler sees it, with the steps that are allowed.
func WorkCase(s mingjing.CaseState, handler string, listing bool, allowed ...string) *mingjing.CaseView {
	k := &mingjing.CaseView{Case: DisputeIn(s, listing), Resident: "林静", IDMasked: "99**************1X", HandlerID: handler, Allowed: allowed}
	k.Handler = ""
	if handler != "" {
		k.Handler = "陈晓"
		if handler != "H-0001" {
			k.Handler = "王磊"
		}
	}
	k.Next = page.NextClock(k.Clocks)
	return k
}

// MissingIn returns a request for a missing record in a state.
func MissingIn(s mingjing.CaseState) mingjing.Case {
	d := DisputeIn(s, false)
	d.Kind, d.Reason, d.Record = mingjing.CaseMissing, "", nil
	d.Missing = &mingjing.MissingRecord{Agency: "hpc", Code: "volunteer", Occurred: "2026-01-15", Number: "志 15 号 " + Hostile}
	if d.Answer != nil {
		d.Answer.Position, d.Answer.Occurred = mingjing.PositionMaintained, ""
	}
	if d.Decision != nil {
		d.Decision.Outcome, d.Decision.Corrected = mingjing.OutcomeRejected, ""
		d.Lanes = []string{mingjing.LaneReview, mingjing.LaneCourt}
	}
	return d
}

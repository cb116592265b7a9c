package pagetest

import (
	"strings"
	"time"

	"mingjing"
)

func inquiryOf(state mingjing.InquiryState, outcomes ...mingjing.InquiryOutcome) mingjing.Inquiry {
	q := mingjing.Inquiry{ID: "INQUIRY-1", State: state, AskedAt: SampleNow.Add(-time.Hour), Due: SampleNow.Add(5 * 24 * time.Hour),
		Answers: []mingjing.InquiryAnswer{},
		Entry: mingjing.AccessEntry{Seq: 7, At: SampleNow.Add(-2 * time.Hour), Role: mingjing.RoleHandler, Who: Hostile,
			By: "H-0001", Action: "case", Subject: "d-1", Purpose: "dispute"}}
	for _, o := range outcomes {
		q.Answers = append(q.Answers, mingjing.InquiryAnswer{Outcome: o, Text: Hostile, By: "周慧", Role: mingjing.RoleHandler, At: SampleNow})
	}
	return q
}

// InquiryScreens returns the pages of inquiries in all their states.
func InquiryScreens(lang string) map[string]*mingjing.View {
	all := map[string]*mingjing.View{}
	add := func(name string, role mingjing.Role, fill func(v *mingjing.View)) {
		page, _, _ := strings.Cut(name, ".")
		v := HeldView(lang, page, role)
		if role == mingjing.RoleAgency {
			v.Who = &mingjing.Viewer{Role: role, Name: "顾南", IDMasked: "G-1", Agency: "hpc"}
		}
		fill(v)
		all[name] = v
	}
	unexplained, again := inquiryOf(mingjing.InquiryUnexplained), inquiryOf(mingjing.InquiryAnswered, mingjing.InquiryExplained,
		mingjing.InquiryUnfounded)
	unexplained.Late, unexplained.Unexplained, again.Unexplained = true, true, true
	late, wordy := inquiryOf(mingjing.InquiryEscalated), inquiryOf(mingjing.InquiryAsked)
	late.Late, wordy.Question = true, Hostile
	for name, q := range map[string]mingjing.Inquiry{"asked": inquiryOf(mingjing.InquiryAsked), "wordy": wordy, "late": late,
		"unexplained": unexplained,
		"answered":    inquiryOf(mingjing.InquiryAnswered, mingjing.InquiryExplained),
		"founded":     inquiryOf(mingjing.InquiryAnswered, mingjing.InquiryFounded), "unfounded": again} {
		add("inquiry."+name, mingjing.RoleResident, func(v *mingjing.View) { v.Data = &q })
		add("access-log."+name, mingjing.RoleResident, func(v *mingjing.View) {
			v.Path = "access-log?others=1&cursor=90"
			system, own, other, about := q.Entry, q.Entry, q.Entry, q.Entry
			system.Role, system.Seq, system.Action = mingjing.RoleSystem, 5, "collect"
			own.Role, own.Seq, other.Seq, about.Seq, about.Action = mingjing.RoleResident, 4, 3, 2, "inquiry_answer"
			v.Data = &mingjing.AccessLogView{Entries: []mingjing.AccessEntry{q.Entry, system, own, other, about}, Inquiries: []mingjing.Inquiry{q}}
		})
	}
	lines := []mingjing.InquirySummary{{ID: "INQUIRY-1", State: mingjing.InquiryAsked, Staff: "H-0001", AskedAt: SampleNow, Due: SampleNow,
		Mine: true, Open: true},
		{ID: "INQUIRY-2", State: mingjing.InquiryEscalated, Agency: "hpc", AskedAt: SampleNow, Due: SampleNow, Late: true},
		{ID: "INQUIRY-3", State: mingjing.InquiryUnexplained, Staff: Hostile, AskedAt: SampleNow, Due: SampleNow},
		{ID: "INQUIRY-4", State: mingjing.InquiryEscalated, AskedAt: SampleNow, Due: SampleNow}}
	add("inquiries", mingjing.RoleHandler, func(v *mingjing.View) {
		v.Data = &mingjing.InquiriesView{Inquiries: lines, Escalated: 2, Unexplained: 1, Next: "1.x"}
	})
	add("inquiries.none", mingjing.RoleAuditor, func(v *mingjing.View) { v.Data = &mingjing.InquiriesView{} })
	add("agency-inquiries", mingjing.RoleAgency, func(v *mingjing.View) {
		v.Data = &mingjing.InquiriesView{Inquiries: lines[1:2], Next: "1.x"}
	})
	own := mingjing.InquiryCase{Inquiry: wordy, Resident: Hostile, CaseID: "d-1", Item: "judgment-unpaid", Outcomes: []mingjing.InquiryOutcome{
		mingjing.InquiryExplained}}
	finding, read := own, own
	finding.Inquiry, finding.Outcomes, read.Outcomes, read.CaseID, read.Item = late, mingjing.InquiryFindings, nil, "", ""
	add("inquiry-answer", mingjing.RoleHandler, func(v *mingjing.View) { v.Data = &own })
	add("inquiry-answer.finding", mingjing.RoleSupervisor, func(v *mingjing.View) {
		v.Data = &finding
		v.Form = map[string]string{"explanation": Hostile}
		v.Problem = &mingjing.Problem{Status: 422,
			Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "outcome", Code: "finding_required"},
				{Field: "explanation", Code: "explanation_short"}}}
	})
	add("inquiry-answer.read", mingjing.RoleAuditor, func(v *mingjing.View) { v.Data = &read })
	add("agency-inquiry", mingjing.RoleAgency, func(v *mingjing.View) { v.Data = &own })
	return all
}

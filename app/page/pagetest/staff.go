package pagetest

import (
	"strings"
	"testing"
	"time"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, samplesOfStaff) }

func administratorView(t testing.TB, lang, page string) mingjing.View {
	v := Base(t, lang, page)
	v.Path = strings.Replace(v.Path, "req-1", "h-1001", 1)
	v.Who = &mingjing.Viewer{Role: mingjing.RoleAdministrator, Name: "赵敏", IDMasked: "adm-1"}
	return v
}

func sampleMembers() []mingjing.StaffMember {
	later, before := SampleNow.Add(time.Hour), SampleNow.Add(-time.Hour)
	return []mingjing.StaffMember{{Login: "adm-1", Name: "赵敏", Role: mingjing.RoleAdministrator, State: mingjing.StaffActive,
		AddedAt: SampleNow},
		{Login: "g-3001", Name: Hostile, Role: mingjing.RoleAgency, Agency: "court", State: mingjing.StaffInvited, CodeUntil: &later,
			AddedAt: SampleNow},
		{Login: "h-1001", Name: longName, Role: mingjing.RoleHandler, State: mingjing.StaffInvited, CodeUntil: &before, AddedAt: SampleNow,
			Linked: true},
		{Login: "h-1002", Name: "罗文博", Role: mingjing.RoleHandler, State: mingjing.StaffDisabled, AddedAt: SampleNow}}
}

func samplesOfStaff(t testing.TB, lang string) []Sample {
	var all []Sample
	add := func(name string, v mingjing.View, change func(v *mingjing.View)) {
		if change != nil {
			change(&v)
		}
		all = append(all, Sample{name, v})
	}
	agencies := []string{"court", "tax"}
	add("staff", administratorView(t, lang, "staff"), func(v *mingjing.View) {
		v.Data = &mingjing.StaffView{Members: sampleMembers(), Agencies: agencies, Proposals: []mingjing.StaffProposal{
			{ID: "p-1", At: SampleNow, Change: mingjing.StaffAdd, ByName: "root", Login: "adm-9", Name: Hostile, Role: mingjing.RoleAdministrator,
				Reason: Hostile},
			{ID: "p-2", At: SampleNow, Change: mingjing.StaffReset, By: "adm-1", ByName: "赵敏", Login: "adm-2", Name: "钱一",
				Role: mingjing.RoleAdministrator, Mine: true}}}
	})
	add("staff-wrong", administratorView(t, lang, "staff"), func(v *mingjing.View) {
		v.Data = &mingjing.StaffView{Agencies: agencies}
		v.Form = map[string]string{"login": "no number!", "name": Hostile, "role": "agency", "agency": "tax", "reason": Hostile}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "login", Code: "staff_number_invalid"},
			mingjing.FieldError{Field: "name", Code: "name_required"}, mingjing.FieldError{Field: "role", Code: "role_required"},
			mingjing.FieldError{Field: "agency", Code: "agency_required"}, mingjing.FieldError{Field: "id_number", Code: "id_number_check"},
			mingjing.FieldError{Field: "reason", Code: "too_long"})
	})
	code := &mingjing.StaffCode{Login: "g-3001", Name: Hostile, Code: "abcd-efgh-ijkm-2345", Until: SampleNow}
	for name, r := range map[string]mingjing.StaffResult{"code": {Member: sampleMembers()[1], Code: code},
		"proposed": {Member: sampleMembers()[0], Proposal: &mingjing.StaffProposal{ID: "p-1"}}, "changed": {Member: sampleMembers()[3]}} {
		add("staff-"+name, administratorView(t, lang, "staff"), func(v *mingjing.View) { v.Data = &mingjing.StaffView{Result: &r} })
	}
	add("staff-gone", administratorView(t, lang, "staff"), nil)
	for i, changes := range [][]string{{}, {mingjing.StaffRole, mingjing.StaffReset, mingjing.StaffDisable, mingjing.StaffLink},
		{mingjing.StaffRole, mingjing.StaffReset, mingjing.StaffDisable, mingjing.StaffLink}, {mingjing.StaffRole, mingjing.StaffEnable}} {
		m := sampleMembers()[i]
		add("staff-member-"+m.Login, administratorView(t, lang, "staff-member"), func(v *mingjing.View) {
			v.Data = &mingjing.StaffMemberView{StaffMember: m, Changes: changes, Agencies: agencies, Two: i == 1}
			v.Done = "staff_changed"
		})
	}
	add("staff-member-gone", administratorView(t, lang, "staff-member"), nil)
	add("staff-register", administratorView(t, lang, "staff-register"), func(v *mingjing.View) {
		v.Who = &mingjing.Viewer{Role: mingjing.RoleAuditor, Name: "秦岳", IDMasked: "a-3001"}
		v.Data = &mingjing.StaffRegisterView{Next: "41"}
		for i, step := range mingjing.StaffSteps {
			e := mingjing.StaffEntry{Seq: int64(50 - i), At: SampleNow, Step: step, ByName: "root", Login: "g-3001", Name: Hostile,
				Role: mingjing.RoleAgency, Agency: "court", Hash: strings.Repeat("0a", 32), Alone: i == 1, Broken: i == 2}
			if i%2 == 0 {
				e.By, e.ByName, e.WithName, e.Reason, e.Change = "adm-1", "赵敏", "root", Hostile, mingjing.StaffReset
			}
			mingjing.DataOf[mingjing.StaffRegisterView](v).Entries = append(mingjing.DataOf[mingjing.StaffRegisterView](v).Entries, e)
		}
	})
	add("staff-register-none", administratorView(t, lang, "staff-register"), func(v *mingjing.View) { v.Data = &mingjing.StaffRegisterView{} })
	add("administrator-error", administratorView(t, lang, "error"), func(v *mingjing.View) { v.Problem = Problem(403, "forbidden") })
	add("staff-activate", Anonymous(Base(t, lang, "staff-activate")), func(v *mingjing.View) {
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "login", Code: "staff_number_invalid"},
			mingjing.FieldError{Field: "code", Code: "required"}, mingjing.FieldError{Field: "new_password", Code: "password_short"})
		v.Form = map[string]string{"login": Hostile}
	})
	add("staff-activate-factor", Anonymous(Base(t, lang, "staff-activate")), func(v *mingjing.View) {
		v.Data = &mingjing.StaffEnrolment{Ticket: Hostile, Login: "h-1001", Secret: strings.Repeat("JBSWY3DP", 4),
			QR: mingjing.QRCode{Size: 29, Path: "M4 4h7v1h-7z"}}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "totp", Code: "totp_wrong"})
	})
	add("staff-activate-recovery", administratorView(t, lang, "staff-activate"), func(v *mingjing.View) {
		v.Data = &mingjing.StaffEnrolment{Login: "adm-1", Recovery: []string{"abcde-fghij", "kmnpq-rstuv"}}
		v.Done = "activated"
	})
	return all
}

package pagetest

import (
	"testing"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, SamplesOfSecurity) }

// SamplesOfSecurity returns the pages about logging in, in each state.
func SamplesOfSecurity(t testing.TB, lang string) []Sample {
	var all []Sample
	add := func(name, page string, change func(v *mingjing.View)) {
		v := Base(t, lang, page)
		change(&v)
		all = append(all, Sample{name, v})
	}
	add("security", "security", func(v *mingjing.View) { v.Data = &mingjing.SecurityView{} })
	keys := []mingjing.Passkey{{ID: "k1", Name: "Chrome, Android", AddedAt: SampleNow}, {ID: "k2", AddedAt: SampleNow}}
	add("security-passkeys", "security", func(v *mingjing.View) {
		v.Data = &mingjing.SecurityView{Fresh: true, PasskeysOffered: true, Passkeys: keys}
	})
	add("security-factor", "security", func(v *mingjing.View) {
		v.Data = &mingjing.SecurityView{Fresh: true, PasskeysOffered: true, Passkeys: keys, Factor: mingjing.SecondFactor{On: true, Passkeys: 2}}
	})
	add("security-authenticator", "security", func(v *mingjing.View) {
		v.Data = &mingjing.SecurityView{Factor: mingjing.SecondFactor{On: true, App: true}}
	})
	add("security-no-factor", "security", func(v *mingjing.View) {
		v.Data = &mingjing.SecurityView{Fresh: true, Passkeys: keys, Factor: mingjing.SecondFactor{Passkeys: 2}}
	})
	add("security-new-factor", "security", func(v *mingjing.View) {
		v.Data = &mingjing.SecurityView{Fresh: true, NewFactor: &mingjing.NewFactor{ //nolint:gosec // nobody has it
			Ticket: "dGlja2V0", Secret: "JBSWY3DPEHPK3PXP",
			QR: mingjing.QRCode{Size: 29, Path: "M4 4h7v1h-7z"}}}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "totp", Code: "totp_wrong"})
	})
	add("security-stale", "security", func(v *mingjing.View) {
		v.Data = &mingjing.SecurityView{PasskeysOffered: true, Passkeys: keys}
	})
	add("security-staff", "security", func(v *mingjing.View) {
		v.Who = &mingjing.Viewer{Role: mingjing.RoleHandler, Name: "周慧", IDMasked: "H-1024"}
		v.Data = &mingjing.SecurityView{PasskeysOffered: true, Passkeys: keys}
	})
	add("security-changed", "security", func(v *mingjing.View) {
		v.Data, v.Done = &mingjing.SecurityView{}, "password_changed"
	})
	add("security-wrong", "security", func(v *mingjing.View) {
		v.Data = &mingjing.SecurityView{}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "password", Code: "password_wrong"},
			mingjing.FieldError{Field: "new_password", Code: "password_personal"})
	})
	shown := &mingjing.ForgotView{MailOffered: true, Counter: "人民广场 100 号 " + Hostile}
	number := mingjing.FieldError{Field: "id_number", Code: "id_number_check"}
	add("forgot", "forgot", func(v *mingjing.View) { v.Data = shown })
	add("forgot-wrong", "forgot", func(v *mingjing.View) { v.Data, v.Problem = shown, Problem(422, "invalid_form", number) })
	add("forgot-no-mail", "forgot", func(v *mingjing.View) { v.Data = &mingjing.ForgotView{} })
	add("forgot-nothing", "forgot", func(*mingjing.View) {})
	add("reset", "reset", func(v *mingjing.View) { v.Data = shown })
	add("reset-wrong", "reset", func(v *mingjing.View) {
		v.Data, v.Problem = shown, Problem(422, "invalid_form", number, mingjing.FieldError{Field: "code", Code: "required"},
			mingjing.FieldError{Field: "new_password", Code: "password_weak"})
	})
	add("reset-failed", "reset", func(v *mingjing.View) { v.Data, v.Problem = shown, Problem(422, "reset_failed") })
	return all
}

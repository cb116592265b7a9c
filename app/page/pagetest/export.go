package pagetest

import (
	"fmt"
	"testing"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, SamplesOfExport) }

// SamplesOfExport returns the export page in each state, and the page that asks for the
// password.
func SamplesOfExport(t testing.TB, lang string) []Sample {
	var all []Sample
	add := func(name, page string, change func(v *mingjing.View)) {
		v := Base(t, lang, page)
		change(&v)
		all = append(all, Sample{name, v})
	}
	made, until := SampleNow, SampleNow.Add(mingjing.ExportKeep)
	jobs := map[string]*mingjing.ExportJob{"none": nil,
		"ready":  {ID: "x", State: mingjing.ExportReady, Percent: 100, AskedAt: made, MadeAt: &made, ExpiresAt: &until, Size: 1_234_567},
		"odd":    {ID: "x", State: mingjing.ExportReady, AskedAt: made},
		"failed": {ID: "x", State: mingjing.ExportFailed, Why: "export_too_large", AskedAt: made, MadeAt: &made, ExpiresAt: &until}}
	for i, step := range append([]string{"of_the_future"}, mingjing.ExportSteps...) {
		jobs["making-"+step] = &mingjing.ExportJob{ID: "x", State: mingjing.ExportMaking, Step: step, Percent: 15 * i, AskedAt: made}
	}
	for name, job := range jobs {
		for _, fresh := range []bool{true, false} {
			add(fmt.Sprintf("export-%s-%v", name, fresh), "export", func(v *mingjing.View) { v.Data = &mingjing.ExportView{Fresh: fresh, Job: job} })
		}
	}
	add("export-nothing", "export", func(v *mingjing.View) {})
	add("confirm", "confirm", func(v *mingjing.View) {})
	add("confirm-factor", "confirm", func(v *mingjing.View) { v.Data = &mingjing.SecondFactor{On: true, App: true, Passkeys: 1} })
	add("confirm-passkey", "confirm", func(v *mingjing.View) {
		v.Data, v.Problem = &mingjing.SecondFactor{On: true, Passkeys: 1}, Problem(422, "passkey_asked")
	})
	add("confirm-wrong", "confirm", func(v *mingjing.View) {
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "password", Code: "password_wrong"})
	})
	return all
}

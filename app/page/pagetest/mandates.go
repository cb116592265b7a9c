package pagetest

import (
	"testing"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, SamplesOfMandates) }

func sampleMandates() []mingjing.Mandate {
	var all []mingjing.Mandate
	for i, s := range []mingjing.MandateState{mingjing.MandateOffered, mingjing.MandateAccepted, mingjing.MandateDeclined,
		mingjing.MandateRevoked, mingjing.MandateEnded} {
		m := mingjing.Mandate{ID: "m-" + string(s), CaseID: "dis-1", Helper: "99**************1X", Resident: "陈明远",
			Relation: mingjing.Relations[i],
			From:     SampleNow, Until: "2027-02-01", State: s}
		if s == mingjing.MandateAccepted {
			m.Name = "陈小雨"
		}
		all = append(all, m)
	}
	return all
}

// SamplesOfMandates returns the pages of who helps, and a case as they see it.
func SamplesOfMandates(t testing.TB, lang string) []Sample {
	var all []Sample
	add := func(name, page string, change func(v *mingjing.View)) {
		v := Base(t, lang, page)
		change(&v)
		all = append(all, Sample{name, v})
	}
	add("mandates", "mandates", func(v *mingjing.View) { v.Data = &mingjing.MandatesView{Mandates: sampleMandates()} })
	add("mandates-none", "mandates", func(v *mingjing.View) { v.Data = &mingjing.MandatesView{} })
	add("helping", "helping", func(v *mingjing.View) {
		d := sampleDispute(Book(t, "rongcheng"))
		d.ActingFor, d.ActingUntil = "陈明远", "2027-02-01"
		d.Timeline = []mingjing.TimelineEntry{{At: d.FiledAt, Code: "filed", Role: mingjing.RoleResident},
			{At: SampleNow, Code: "evidence_added", Role: mingjing.RoleHelper, Who: "陈小雨", For: "陈明远"}}
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute-helpers", "dispute", func(v *mingjing.View) {
		d := sampleDispute(Book(t, "rongcheng"))
		d.Mandates = sampleMandates()
		v.Data = &mingjing.DisputePage{Case: d}
	})
	add("dispute-helper-wrong", "dispute", func(v *mingjing.View) {
		d := sampleDispute(Book(t, "rongcheng"))
		v.Data, v.Form = &mingjing.DisputePage{Case: d}, map[string]string{"relation": "lawyer", "until": "2028-01-01"}
		v.Problem = Problem(422, "invalid_form", mingjing.FieldError{Field: "id_number", Code: "helper_self"},
			mingjing.FieldError{Field: "until", Code: "helper_until"})
	})
	return all
}

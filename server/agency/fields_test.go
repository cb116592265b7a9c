package agency_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/agency"
	"mingjing/server/casework/score"
)

// fill sets every field of a value to something.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if _, ok := v.Addr().Interface().(*time.Time); ok {
			v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.ValueOf(mingjing.Text{"en": "x"}).Convert(v.Type()))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1)
	}
}

// kept returns the fields that are not zero.
func kept(t *testing.T, v any) []string {
	t.Helper()
	var all []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); !f.Anonymous && !reflect.ValueOf(v).FieldByIndex(f.Index).IsZero() {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// TestAnAgencySetsNoFieldThatIsOurs: a resident's own statement, what was decided, or who
// answered may not come from an agency.
func TestAnAgencySetsNoFieldThatIsOurs(t *testing.T) {
	var reply score.Reply
	fill(reflect.ValueOf(&reply).Elem())
	var answer mingjing.AgencyAnswer
	fill(reflect.ValueOf(&answer).Elem())
	r, l := &reply.Records[0], &reply.Listings[0]
	r.Occurred, r.Document.Date, answer.Occurred = "2026-01-02", "2026-01-02", "2026-01-02"
	l.NoticeOn, l.From, l.Ends, l.Document.Date, l.Kind = "2026-01-02", "2026-01-02", "2026-01-03", "2026-01-02", mingjing.Blacklist
	answer.Position = mingjing.PositionCorrected
	body := func(v any) []byte {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	got, err := agency.DecodeReply(body(reply))
	if err != nil {
		t.Fatal(err)
	}
	said, err := agency.DecodeAnswer(body(map[string]any{"answer": answer}))
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct {
		have []string
		want []string
	}{
		{kept(t, got.Records[0]), agency.RecordFields},
		{kept(t, got.Listings[0]), agency.ListingFields},
		{kept(t, said), agency.AnswerFields},
	} {
		if want := slices.Sorted(slices.Values(of.want)); !slices.Equal(of.have, want) {
			t.Errorf("taken from an agency: %v, want %v", of.have, want)
		}
	}
}

func TestEachProblemOfAnAnswerIsNamedWithItsField(t *testing.T) {
	_, found := agency.CheckReply([]byte(`{"records":[
		{"ref":"","code":"Bad Code","occurred":"2026/03/02","detail":{"fr":"x"},"document":{"number":7}},
		{"ref":"a","code":"x","occurred":"2026-03-02","document":{"date":"2026-02-30"},"colour":"red"},
		{"ref":"b","code":"x","occurred":"","document":{"date":"2026-02-30","issuer":"a\u0007"}}],
		"listings":[{"ref":"b","kind":"grey","code":"x","from":"2026-03-02","ends":"2026-03-01"}]}`))
	var got []string
	for _, p := range found {
		got = append(got, p.Field+" "+p.Code)
		for _, lang := range mingjing.Languages {
			if p.Sentence()[lang] == "" {
				t.Errorf("%s has no sentence in %s", p.Code, lang)
			}
		}
	}
	want := []string{"records[0].document.number type_wrong", "records[1] field_unknown", "records[2].occurred required",
		"records[2].document.issuer characters", "records[2].document.date date_form", "listings[0].kind kind_unknown",
		"listings[0].ends ends_before_from"}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%q, want\n%q", got, want)
	}
}

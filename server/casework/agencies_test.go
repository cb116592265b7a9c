package casework_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/intake"
	"mingjing/web/rulebooks"
)

// figuresOf returns an agency's public figures.
func (c *city) figuresOf(t tb, agency string) string {
	t.Helper()
	v, err := c.AgencyFigures(ctx)
	must(t, err)
	i := slices.IndexFunc(v.Agencies, func(f mingjing.AgencyFigures) bool { return f.Agency == agency })
	if i < 0 {
		t.Fatalf("no figures of %s", agency)
	}
	data, err := json.Marshal(v.Agencies[i])
	must(t, err)
	var numbers map[string]any
	must(t, json.Unmarshal(data, &numbers))
	var out []string
	for _, name := range []string{"disputes", "asked", "in_time", "late", "silent", "upheld", "partly", "rejected", "answer_days",
		"decide_days", "late_now"} {
		n, ok := numbers[name]
		if !ok {
			t.Fatalf("%s is left out", name)
		}
		if n == nil {
			n = "-"
		}
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, " ")
}

func TestTheFiguresOfAnAgencyArePublicAndFewAreNotBrokenDown(t *testing.T) {
	c := newCity(t)
	check := func(when, want string) {
		t.Helper()
		if got := c.figuresOf(t, "court"); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	decide := func(d mingjing.Case, o mingjing.Outcome) {
		t.Helper()
		_, err := c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: o, Reasons: "So."})
		must(t, err)
	}
	var records []string
	var people []mingjing.Actor
	for n := 1; n <= 5; n++ {
		a, record, _ := c.owing(t, n)
		people, records = append(people, a), append(records, record)
	}
	check("nobody disputed", "0 0 0 0 0 0 0 0 - - 0")
	if got := c.figuresOf(t, "traffic"); got != "0 0 0 0 0 0 0 0 - - 0" {
		t.Errorf("an agency without disputes: %s", got)
	}

	// One that is answered three working days later, and rejected.
	first := c.file(t, people[0], records[0], "")
	c.put(t, first.ID)
	check("one", "- - - - - - - - - - -")
	c.clock.set(at(t, "2026-03-05 10:00"))
	c.offices.answer = says(mingjing.PositionMaintained)
	_, err := c.job(ctx, cases.JobQuestion, first.ID)
	must(t, err)
	decide(first, mingjing.OutcomeRejected)

	// Two that it is silent on; one of them is decided.
	c.offices.answer = nil
	second, third := c.file(t, people[1], records[1], ""), c.file(t, people[2], records[2], "")
	c.put(t, second.ID)
	c.put(t, third.ID)
	check("three, of which one is answered", "3 3 1 0 0 - - - - - 0")
	c.clock.set(at(t, "2026-03-13 10:00"))
	for _, d := range []mingjing.Case{second, third} {
		_, err := c.job(ctx, cases.JobQuestion, d.ID)
		must(t, err)
	}
	check("silent on two", "3 3 1 0 2 - - - - - -") // late with two: few
	decide(second, mingjing.OutcomeUpheld)
	check("one of them decided", "3 3 1 0 2 - - - - - -")

	// One that is upheld without asking.
	fourth := c.file(t, people[3], records[3], "")
	_, err = c.Assign(ctx, handler, fourth.ID)
	must(t, err)
	decide(fourth, mingjing.OutcomeUpheld)
	// Decided after three, six and no working days.
	check("three decided", "4 3 1 0 2 2 0 1 - 3 -")
	decide(third, mingjing.OutcomeUpheld)
	check("all decided", "4 3 1 0 2 3 0 1 - 3 0")

	data, err := json.Marshal(must1(c.AgencyFigures(ctx)))
	must(t, err)
	for _, a := range people {
		if strings.Contains(string(data), a.ID) || strings.Contains(string(data), a.Name) {
			t.Error("there is a person in it")
		}
	}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAnAgencyIsRatedByWhetherItOpenedTheEvidenceAndWhatItSent(t *testing.T) {
	conduct, err := rulebooks.Parse(rulebooks.Files()["conduct.json"])
	must(t, err)
	c := newCity(t, func(cfg *casework.Config) { cfg.Books = append(slices.Clone(cfg.Books), conduct) })
	if v := must1(c.Agency(ctx, "court")); v.Conduct != nil || v.Band != nil {
		t.Fatalf("it is rated by nothing: %+v", v.Conduct)
	}
	open := func(n int, opens bool) {
		t.Helper()
		a, record, _ := c.owing(t, n)
		d := c.file(t, a, record, "", pdf)
		c.put(t, d.ID)
		if opens {
			must1(c.AgencyQuestion(ctx, judge, d.ID))
			_, _, err := c.AgencyEvidence(ctx, judge, must1(c.Dispute(ctx, a, d.ID)).Evidence[0].ID)
			must(t, err)
		}
		_, err := c.AgencyAnswer(ctx, judge, d.ID, agencyside.OfficerAnswer{Position: mingjing.PositionWithdrawn, Text: mingjing.Text{"zh-CN": "撤回。"}})
		must(t, err)
		want := map[bool]string{true: mingjing.OpenedYes, false: mingjing.OpenedNo}[opens]
		if got := must1(c.Dispute(ctx, a, d.ID)).Opened; got != want {
			t.Errorf("the case says of the evidence %q, want %q", got, want)
		}
	}
	open(1, true)
	open(2, true)
	if f := must1(c.Agency(ctx, "court")).Figures; f.Evidence != nil || f.Unopened != nil {
		t.Errorf("two are few: %d %d", f.Evidence, f.Unopened)
	}
	open(3, false)
	v := must1(c.Agency(ctx, "court"))
	if *v.Figures.Evidence != 3 || *v.Figures.Unopened != 1 || *v.Figures.Silent != 0 {
		t.Errorf("%d with evidence, %d unopened", *v.Figures.Evidence, *v.Figures.Unopened)
	}
	if *v.Figures.Rows != 0 || *v.Figures.RowsRefused != 0 {
		t.Errorf("rows before any: %d, %d", *v.Figures.Rows, *v.Figures.RowsRefused)
	}
	must1(c.Submit(ctx, court, intake.Batch{ID: "bad", Lines: []intake.BatchLine{{Op: "nonsense", Ref: "x"}, {Op: "nonsense", Ref: "y"},
		{Op: "nonsense", Ref: "z"}}}))
	v = must1(c.Agency(ctx, "court"))
	if *v.Figures.Rows != 3 || *v.Figures.RowsRefused != 3 {
		t.Errorf("of %d rows %d were refused", *v.Figures.Rows, *v.Figures.RowsRefused)
	}
	again := mingjing.MakeConduct(conduct, v.Figures, v.Conduct.AsOf)
	if again.Value != v.Conduct.Value || again.Points["conduct.unopened"] != -15 || v.Band.Code != v.Conduct.Band {
		t.Errorf("%+v, and again %+v", v.Conduct, again)
	}
	if _, err := c.Agency(ctx, "nobody"); err == nil {
		t.Error("an agency that is none has figures")
	}
	if f := must1(c.Agency(ctx, mingjing.BureauCode)).Figures; f.Disputes == nil || *f.Disputes != 3 || f.Asked == nil || *f.Asked != 0 {
		t.Errorf("the bureau: %+v", f)
	}
}

func TestEveryAgencyHasFiguresOnce(t *testing.T) {
	c := newCity(t)
	v, err := c.AgencyFigures(ctx)
	must(t, err)
	var codes []string
	for _, f := range v.Agencies {
		codes = append(codes, f.Agency)
	}
	slices.Sort(codes)
	want := slices.Sorted(slices.Values(few))
	if !slices.Equal(codes, want) {
		t.Errorf("figures of %v, want %v", codes, want)
	}
}

func TestWorkingDaysOfFiguresAreThoseOfTheLaw(t *testing.T) {
	c := newCity(t, func(cfg *casework.Config) { cfg.ClockScale = 1000 })
	for n := 1; n <= 3; n++ {
		a, record, _ := c.owing(t, n)
		c.clock.set(at(t, "2026-03-02 09:00"))
		d := c.file(t, a, record, "")
		_, err := c.Assign(ctx, handler, d.ID)
		must(t, err)
		c.clock.set(at(t, "2026-03-02 09:00").Add(at(t, "2026-03-10 09:00").Sub(at(t, "2026-03-02 09:00")) / 1000))
		_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
		must(t, err)
	}
	if got := c.figuresOf(t, "court"); got != "3 0 0 0 0 3 0 0 - 6 0" {
		t.Errorf("figures %s", got)
	}
}

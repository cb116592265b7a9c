package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mingjing"
)

// TestAnAgencyThatNeverAnswersLosesAtOnceWhenTheClockIsMoved lets the law's own
// days pass, six of them, in no time.
func TestAnAgencyThatNeverAnswersLosesAtOnceWhenTheClockIsMoved(t *testing.T) {
	t.Parallel()
	theOpenCity(t) // inspect needs it for descriptions
	s, err := testSettings(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	s.DemoClockScale = 1
	c, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.end(); err != nil {
			t.Error("stopping:", err)
		}
	})
	b, desk := c.resident(t, "silent-agency"), c.desk(t, "h-1001")
	b.ready("honest-shanghai")
	var record string
	for _, r := range list[mingjing.Record](b.json("GET", "/api/records", nil)) {
		if r.Code == "metro.fare_evasion" {
			record = r.ID
		}
	}
	d := into[mingjing.Case](b.json("POST", "/api/disputes", map[string]any{"record_id": record, "reason": "not_me",
		"statement": typedStatement}).want(201))
	desk.json("POST", "/api/admin/cases/"+d.ID+"/assign", nil).want(200)
	asked := into[mingjing.CaseView](desk.json("POST", "/api/admin/cases/"+d.ID+"/ask-agency", nil).want(200))
	if left := time.Until(asked.Clocks[len(asked.Clocks)-1].Due); left < 4*24*time.Hour {
		t.Fatalf("the agency has %s", left)
	}
	if page := string(desk.page("admin/demo-clock").want(200).body); !strings.Contains(page, "2 disputes") ||
		strings.Contains(page, c.account(t, "silent-agency").Name) {
		t.Error("the page does not say that the case and the proposed listing wait, or says whose")
	}
	was := into[mingjing.DemoClockView](desk.json("POST", "/api/admin/demo-clock", map[string]any{"step": "working_5"}).want(200)).Now
	is := into[mingjing.DemoClockView](desk.json("POST", "/api/admin/demo-clock", map[string]any{"step": "working_1"}).want(200)).Now
	if moved := is.Sub(was); moved < 23*time.Hour || time.Until(was) < 4*24*time.Hour {
		t.Errorf("five days moved it to %s and one more to %s", was, is)
	}
	eventually(t, 20*time.Second, "the agency has lost the point", func() bool {
		return into[mingjing.Case](b.json("GET", "/api/disputes/"+d.ID, nil).want(200)).State == mingjing.CaseAgencySilent
	})
	// The logins are by the wall's clock and still good; the record has no effect.
	r := into[mingjing.Case](b.json("GET", "/api/disputes/"+d.ID, nil).want(200)).Record
	if r.State != mingjing.RecordSuspended && r.State != mingjing.RecordDisputed {
		t.Errorf("the record is %s", r.State)
	}
	if to := desk.form("/api/admin/demo-clock", map[string][]string{"step": {"hour"}, "lang": {"en"}}).want(
		303).to(); to != "/en/admin/demo-clock?done=clock_moved" {
		t.Errorf("the form goes to %s", to)
	}
	if code := desk.json("POST", "/api/admin/demo-clock", map[string]any{"step": "week"}).problem(422); code != "invalid_form" {
		t.Errorf("a step that there is not: %s", code)
	}
}

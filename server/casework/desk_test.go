package casework_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/evidence"
)

// waiting files the debts of so many residents, a second apart, and returns the cases.
func (c *city) waiting(t *testing.T, n int) (owners []mingjing.Actor, cases []string) {
	t.Helper()
	for i := range n {
		a, record, _ := c.owing(t, i+1)
		owners, cases = append(owners, a), append(cases, c.file(t, a, record, "").ID)
		c.clock.pass(time.Second)
	}
	return owners, cases
}

func TestTheNextCaseIsTheOneThatWaitsLongest(t *testing.T) {
	c := newCity(t)
	_, cases := c.waiting(t, 3)
	for _, want := range cases {
		k, err := c.Next(ctx, handler)
		must(t, err)
		if k.ID != want || k.HandlerID != handler.ID || k.State != mingjing.CaseAssigned {
			t.Errorf("the next is %s of %s in %s, want %s", k.ID, k.HandlerID, k.State, want)
		}
	}
	_, err := c.Next(ctx, handler)
	wants(t, err, "no_case_waiting")
	_, err = c.Next(ctx, auditor)
	wants(t, err, "forbidden")
}

func TestTwoHandlersAtOnceNeverGetTheSameCase(t *testing.T) {
	c := newCity(t)
	_, cases := c.waiting(t, 8)
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		got []string
	)
	for i := range cases {
		wg.Go(func() {
			a := handler
			a.ID = fmt.Sprintf("H-%d", i)
			k, err := c.Next(ctx, a)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			got = append(got, k.ID)
		})
	}
	wg.Wait()
	slices.Sort(got)
	slices.Sort(cases)
	if !slices.Equal(got, cases) {
		t.Errorf("they got %v, of %v", got, cases)
	}
}

func TestNobodyHoardsCases(t *testing.T) {
	c := newCity(t)
	_, cases := c.waiting(t, mingjing.MaxOpenCases+1)
	for range mingjing.MaxOpenCases {
		_, err := c.Next(ctx, handler)
		must(t, err)
	}
	_, err := c.Next(ctx, handler)
	wants(t, err, "too_many_cases")
	k, err := c.Next(ctx, handler2)
	must(t, err)
	if k.ID != cases[len(cases)-1] {
		t.Errorf("the other handler gets %s", k.ID)
	}
}

func TestAnEscalatedCaseIsTheSupervisorsFirst(t *testing.T) {
	c := newCity(t)
	_, three := c.waiting(t, 2)
	_, err := c.Assign(ctx, handler, three[1])
	must(t, err)
	c.clock.pass(60 * 24 * time.Hour)
	if _, err := c.job(ctx, cases.JobClock, three[1]); err != nil {
		t.Fatal(err)
	}
	if !c.storedDispute(t, three[1]).Escalated {
		t.Fatal("it is not escalated")
	}
	k, err := c.Next(ctx, supervisor)
	must(t, err)
	if k.ID != three[1] {
		t.Error("the supervisor got another case first")
	}
	other := supervisor
	other.ID = "S-2"
	k, err = c.Next(ctx, other)
	must(t, err)
	if k.ID != three[0] {
		t.Error("a supervisor took an escalated case from another")
	}
}

func TestACaseOfARelativeIsRefusedAndNotGiven(t *testing.T) {
	c := newCity(t)
	number := mingjing.MakeIDNumber("99999919800101001")
	v, err := c.DeclareRelative(ctx, handler, number) // before they are enrolled
	must(t, err)
	if len(v.Relatives) != 1 || v.Relatives[0].IDMasked != number.Masked() || len(v.Log) != 0 {
		t.Errorf("declared: %+v", v)
	}
	_, cases := c.waiting(t, 2)
	_, err = c.Case(ctx, handler, cases[0])
	wants(t, err, "case_relative")
	_, err = c.Assign(ctx, handler, cases[0])
	wants(t, err, "case_relative")
	_, err = c.AddNote(ctx, handler, cases[0], "So.")
	wants(t, err, "case_relative")
	_, err = c.Counter(ctx, handler, number)
	wants(t, err, "case_relative")
	q, err := c.Cases(ctx, handler, mingjing.CaseFilter{}, "")
	must(t, err)
	if len(q.Cases) != 1 || q.Cases[0].ID != cases[1] {
		t.Errorf("the queue shows %d cases", len(q.Cases))
	}
	k, err := c.Next(ctx, handler)
	must(t, err)
	if k.ID != cases[1] {
		t.Error("the relative's case was given")
	}
	_, err = c.RemoveRelative(ctx, handler2, v.Relatives[0].ID)
	wants(t, err, "not_found")
	_, err = c.RemoveRelative(ctx, handler, v.Relatives[0].ID)
	must(t, err)
	_, err = c.Assign(ctx, handler, cases[0])
	must(t, err)
	log, err := c.Relatives(ctx, auditor)
	must(t, err)
	if len(log.Log) != 2 || log.Log[0].Action != "removed" || log.Log[1].Action != "declared" || log.Log[1].Staff != handler.ID {
		t.Errorf("the auditor reads %+v", log)
	}
	for _, a := range []mingjing.Actor{handler2, supervisor} {
		if v, err := c.Relatives(ctx, a); err != nil || len(v.Log)+len(v.Relatives) != 0 {
			t.Errorf("%s sees %+v, %v", a.ID, v, err)
		}
	}
}

func TestANoteNeverReachesTheResident(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	k, err := c.AddNote(ctx, handler, d.ID, " Call SECRET back. ")
	must(t, err)
	if len(k.Notes) != 1 || k.Notes[0].Text != "Call SECRET back." || k.Notes[0].By != handler.Name {
		t.Errorf("the notes are %+v", k.Notes)
	}
	_, err = c.AddNote(ctx, handler, d.ID, " ")
	wants(t, err, "text:required")
	_, err = c.AddNote(ctx, handler, d.ID, strings.Repeat("字", mingjing.MaxNote+1))
	wants(t, err, "text:too_long")
	_, err = c.AddNote(ctx, auditor, d.ID, "So.")
	wants(t, err, "forbidden")
	_, err = c.AddNote(ctx, a, d.ID, "So.")
	wants(t, err, "forbidden")
	if l := c.looks(t, a)[0]; l.Action != "note" || l.Subject != d.ID || l.Who != handler.Name {
		t.Errorf("the log says %+v", l)
	}
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
	must(t, err)
	for what, read := range map[string]func() (any, error){
		"dispute":    func() (any, error) { return c.Dispute(ctx, a, d.ID) },
		"disputes":   func() (any, error) { return c.Disputes(ctx, a) },
		"overview":   func() (any, error) { return c.Overview(ctx, a) },
		"letter":     func() (any, error) { return c.Letter(ctx, a, d.ID) },
		"court file": func() (any, error) { return c.CourtFile(ctx, a, d.ID) },
		"log":        func() (any, error) { return c.AccessLog(ctx, a, false, "") },
		"notices":    func() (any, error) { return c.Notices(ctx, a, "") },
		"queue":      func() (any, error) { return c.Cases(ctx, handler, mingjing.CaseFilter{State: "all"}, "") },
	} {
		v, err := read()
		must(t, err)
		if data, _ := json.Marshal(v); strings.Contains(string(data), "SECRET") {
			t.Errorf("the note is in the %s", what)
		}
	}
	k, err = c.Case(ctx, auditor, d.ID)
	must(t, err)
	if len(k.Notes) != 1 {
		t.Error("the note was not kept")
	}
}

func TestADisputeFiledAtTheCounterIsLoggedAndNotDecidedByWhoFiledIt(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	number := mingjing.MakeIDNumber("99999919800101001")
	_, err := c.Counter(ctx, auditor, number)
	wants(t, err, "forbidden")
	_, err = c.Counter(ctx, handler, mingjing.MakeIDNumber("99999919800101777"))
	wants(t, err, "id_number:resident_unknown")
	v, err := c.Counter(ctx, handler, number)
	must(t, err)
	if v.Resident != a.Name || v.IDMasked != number.Masked() || len(v.Records) != 1 || !v.Records[0].Open || len(v.Listings) != 1 {
		t.Errorf("the counter shows %+v", v)
	}
	if data, _ := json.Marshal(v); strings.Contains(string(data), string(number)) || strings.Contains(string(data), "Owes a debt") ||
		strings.Contains(string(data), a.ID) {
		t.Errorf("the counter shows more than it needs: %s", data)
	}
	if l := c.looks(t, a)[0]; l.Action != "counter" || l.Purpose != "counter" || l.Who != handler.Name {
		t.Errorf("the log says %+v", l)
	}
	f := cases.Filing{RecordID: record, Reason: mingjing.ReasonNotMe, Statement: "It was not me.",
		Evidence: []evidence.Upload{pdf}}
	_, err = c.FileAtCounter(ctx, handler2, v.Visit, f)
	wants(t, err, "visit_over")
	k, err := c.FileAtCounter(ctx, handler, v.Visit, f)
	must(t, err)
	if e := k.Timeline[0]; e.Code != "filed_counter" || e.Who != handler.Name || e.Role != mingjing.RoleHandler || len(k.Evidence) != 1 {
		t.Errorf("the timeline begins with %+v", e)
	}
	if !slices.ContainsFunc(c.looks(t, a), func(l mingjing.AccessEntry) bool {
		return l.Action == "counter_filed" && l.Subject == k.ID && l.Who == handler.Name
	}) {
		t.Error("the filing is not in the log")
	}
	if n := c.inbox(t, a)[0]; n.Code != "filed_counter" || n.Subject != k.ID {
		t.Errorf("the resident is told %+v", n)
	}
	_, err = c.Assign(ctx, handler, k.ID)
	wants(t, err, "case_involved")
	_, err = c.Next(ctx, handler)
	wants(t, err, "no_case_waiting")
	next, err := c.Next(ctx, handler2)
	must(t, err)
	if next.ID != k.ID {
		t.Error("the other handler got another case")
	}
	d, err := c.Dispute(ctx, a, k.ID)
	must(t, err)
	if d.Statement != f.Statement {
		t.Errorf("the resident sees %+v", d)
	}
	c.clock.pass(2 * time.Hour)
	_, err = c.FileAtCounter(ctx, handler, v.Visit, cases.Filing{ListingID: listing, Reason: mingjing.ReasonNotMe, Statement: "Nor that."})
	wants(t, err, "visit_over")
	own := c.linked(t, handler, a)
	_, err = c.Counter(ctx, own, number)
	wants(t, err, "case_own")
}

func TestTheFullIDNumberIsOpenedForAReasonOnly(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	number := string(mingjing.MakeIDNumber("99999919800101001"))
	d := c.file(t, a, record, "")
	k, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	if data, _ := json.Marshal(k); strings.Contains(string(data), number) || strings.Contains(string(data), "19800101") {
		t.Errorf("the case shows the number or the date of birth: %s", data)
	}
	_, err = c.OpenIDNumber(ctx, handler, d.ID, "")
	wants(t, err, "id_reason:id_reason_required")
	_, err = c.OpenIDNumber(ctx, handler2, d.ID, "identity")
	wants(t, err, "case_not_yours")
	_, err = c.OpenIDNumber(ctx, auditor, d.ID, "identity")
	wants(t, err, "forbidden")
	k, err = c.OpenIDNumber(ctx, handler, d.ID, "identity")
	must(t, err)
	if k.IDNumber != number {
		t.Errorf("the number is %q", k.IDNumber)
	}
	if l := c.looks(t, a)[0]; l.Action != "id_number" || l.Subject != d.ID || l.Purpose != "id_identity" || l.Who != handler.Name {
		t.Errorf("the log says %+v", l)
	}
	k, err = c.Case(ctx, handler, d.ID)
	must(t, err)
	if k.IDNumber != "" {
		t.Error("the number stays open")
	}
}

func TestTheWorkloadIsOfHandlersAndNamesNoResident(t *testing.T) {
	c := newCity(t)
	owners, cases := c.waiting(t, 3)
	_, err := c.Next(ctx, handler)
	must(t, err)
	_, err = c.Assign(ctx, handler, cases[1])
	must(t, err)
	c.clock.pass(24 * time.Hour)
	_, err = c.Decide(ctx, handler, cases[1], desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
	must(t, err)
	_, err = c.Workload(ctx, handler)
	wants(t, err, "forbidden")
	v, err := c.Workload(ctx, auditor)
	must(t, err)
	if len(v.Handlers) != 1 {
		t.Fatalf("figures %+v", v)
	}
	f := v.Handlers[0]
	if f.ID != handler.ID || f.Name != handler.Name || f.Open != 1 || f.Next == nil || f.Late != 0 || f.Decided != 1 || f.MedianDays == nil ||
		*f.MedianDays != 1 || f.Given != 1 || f.Picked != 1 {
		t.Errorf("the figures are %+v", f)
	}
	data, _ := json.Marshal(v)
	for _, secret := range []string{owners[0].Name, owners[0].ID, cases[0]} {
		if strings.Contains(string(data), secret) {
			t.Errorf("%s is in the figures", secret)
		}
	}
	c.clock.pass(60 * 24 * time.Hour)
	v, err = c.Workload(ctx, supervisor)
	must(t, err)
	if f := v.Handlers[0]; f.Decided != 0 || f.Given+f.Picked != 0 || f.Open != 1 || f.Late != 1 {
		t.Errorf("two months on the figures are %+v", f)
	}
}

func TestLookUpsAtTheCounterThatFindNobodyAreCountedLoggedAndLimited(t *testing.T) {
	var log bytes.Buffer
	c := newCity(t, func(cfg *casework.Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	c.resident(t, 1)
	known, nobody := mingjing.MakeIDNumber("99999919800101001"), mingjing.MakeIDNumber("99999919800101777")
	for range mingjing.MaxMisses {
		_, err := c.Counter(ctx, handler, nobody)
		wants(t, err, "id_number:resident_unknown")
		c.clock.pass(time.Minute)
	}
	for _, n := range []mingjing.IDNumber{nobody, known} {
		_, err := c.Counter(ctx, handler, n)
		if e, ok := errors.AsType[*mingjing.Error](err); !ok || e.Kind != mingjing.Limited || e.Values["seconds"] != "3000" {
			t.Errorf("after %d misses: %v", mingjing.MaxMisses, err)
		}
	}
	if _, err := c.Counter(ctx, handler2, known); err != nil {
		t.Errorf("somebody else is kept from looking up: %v", err)
	}
	if n := strings.Count(log.String(), "staff="+handler.ID); n != mingjing.MaxMisses || strings.Contains(log.String(), string(nobody)) {
		t.Errorf("the log has %d lines of them, or the number:\n%s", n, log.String())
	}
	v, err := c.Workload(ctx, supervisor)
	must(t, err)
	if len(v.Handlers) != 1 || v.Handlers[0].ID != handler.ID || v.Handlers[0].Missed != mingjing.MaxMisses {
		t.Errorf("the supervisor sees %+v", v.Handlers)
	}
	c.clock.pass(time.Hour - mingjing.MaxMisses*time.Minute + time.Second)
	if _, err := c.Counter(ctx, handler, known); err != nil {
		t.Errorf("an hour after the first: %v", err)
	}
}

func TestTheDeskIsForStaffWithASecondFactorAndNothingIsShownWithoutTheLog(t *testing.T) {
	broken := &flawed{}
	c := newCity(t, func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
	a, record, listing := c.owing(t, 1)
	number := mingjing.MakeIDNumber("99999919800101001")
	d := c.file(t, a, record, "")
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	visit, err := c.Counter(ctx, handler, number)
	must(t, err)
	weak, nameless := handler, handler
	weak.AAL, nameless.ID = 1, ""
	calls := map[string]func(a mingjing.Actor) (any, error){
		"Next":            func(a mingjing.Actor) (any, error) { return c.Next(ctx, a) },
		"AddNote":         func(a mingjing.Actor) (any, error) { return c.AddNote(ctx, a, d.ID, "So.") },
		"OpenIDNumber":    func(a mingjing.Actor) (any, error) { return c.OpenIDNumber(ctx, a, d.ID, "identity") },
		"Counter":         func(a mingjing.Actor) (any, error) { return c.Counter(ctx, a, number) },
		"CounterAgain":    func(a mingjing.Actor) (any, error) { return c.CounterAgain(ctx, a, visit.Visit) },
		"Relatives":       func(a mingjing.Actor) (any, error) { return c.Relatives(ctx, a) },
		"DeclareRelative": func(a mingjing.Actor) (any, error) { return c.DeclareRelative(ctx, a, number) },
		"RemoveRelative":  func(a mingjing.Actor) (any, error) { return c.RemoveRelative(ctx, a, "x") },
		"Workload":        func(a mingjing.Actor) (any, error) { return c.Workload(ctx, a) },
		"FileAtCounter": func(a mingjing.Actor) (any, error) {
			return c.FileAtCounter(ctx, a, visit.Visit, cases.Filing{ListingID: listing, Reason: mingjing.ReasonNotMe, Statement: "Not me."})
		},
	}
	for name, call := range calls {
		for _, who := range []mingjing.Actor{{}, a, court, nameless, {Role: mingjing.RoleSystem, ID: "worker"}} {
			if got, err := call(who); err == nil || err.Error() != "forbidden" || !nothing(got) {
				t.Errorf("%s as %q: %v, %v", name, who.Role, got, err)
			}
		}
		if _, err := call(weak); err == nil || err.Error() != "aal2_required" {
			t.Errorf("%s without a second factor: %v", name, err)
		}
	}
	broken.noLooks = true
	for _, name := range []string{"AddNote", "OpenIDNumber", "Counter", "CounterAgain", "FileAtCounter"} {
		if got, err := calls[name](handler); err == nil || !nothing(got) {
			t.Errorf("%s with no log: %+v, %v", name, got, err)
		}
	}
	broken.noLooks = false
	k, err := c.Case(ctx, handler, d.ID)
	must(t, err)
	if len(k.Notes) != 0 || c.storedListing(t, listing).State == mingjing.ListingDisputed {
		t.Error("with no log something was done")
	}
	_, err = calls["CounterAgain"](handler)
	must(t, err)
	_, err = c.CounterAgain(ctx, handler2, visit.Visit)
	wants(t, err, "visit_over")
}

func TestStaffSeeHowManyWaitForTheNextDeadlines(t *testing.T) {
	c := newCity(t)
	next, err := c.Deadlines(ctx, handler)
	must(t, err)
	if next == nil || len(next) != 0 {
		t.Errorf("in an empty city %+v wait", next)
	}
	a, record, _ := c.owing(t, 1)
	b, other, _ := c.owing(t, 2)
	d := c.file(t, a, record, "")
	c.file(t, b, other, "")
	next, err = c.Deadlines(ctx, auditor)
	must(t, err)
	if next[0].Kind != mingjing.DeadlineCase || next[0].N != 2 || !next[0].At.Equal(d.Clocks[1].Due) {
		t.Errorf("next is %+v", next[0])
	}
	if !slices.IsSortedFunc(next, func(x, y mingjing.DeadlineCount) int { return x.At.Compare(y.At) }) || len(next) > 8 {
		t.Errorf("they are %+v", next)
	}
	c.clock.pass(d.Clocks[1].Due.Sub(c.clock.Now()) + time.Millisecond)
	next, err = c.Deadlines(ctx, supervisor)
	must(t, err)
	for _, k := range next {
		if !k.At.After(c.clock.Now()) {
			t.Errorf("%+v is over", k)
		}
	}
	q, err := c.Cases(ctx, handler, mingjing.CaseFilter{}, "")
	must(t, err)
	if q.Counts["late"] != 2 {
		t.Errorf("counts %v, want two that are late", q.Counts)
	}
	half := handler
	half.AAL = 1
	for want, who := range map[string]mingjing.Actor{"forbidden": a, "aal2_required": half} {
		_, err := c.Deadlines(ctx, who)
		wants(t, err, want)
	}
	_, err = c.Deadlines(ctx, mingjing.Actor{})
	wants(t, err, "forbidden")
}

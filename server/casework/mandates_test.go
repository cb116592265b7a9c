package casework_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/score"
	"mingjing/server/evidence"
)

func numberOf(n int) string {
	return string(mingjing.MakeIDNumber(fmt.Sprintf("99999919800101%03d", n)))
}

// offer names the nth resident until the end of March.
func offer(dispute string, n int) cases.Offer {
	return cases.Offer{CaseID: dispute, IDNumber: numberOf(n), Relation: mingjing.RelationChild, Until: "2026-03-31"}
}

// offered returns a mandate that a resident offers to the nth resident.
func (c *city) offered(t tb, a mingjing.Actor, dispute string, n int) string {
	t.Helper()
	c.clock.pass(time.Microsecond) // they are listed by time
	d, err := c.OfferMandate(ctx, a, offer(dispute, n))
	must(t, err)
	id := d.Mandates[len(d.Mandates)-1].ID
	for range 2 { // however often the job runs, it tells once
		must(t, c.did(ctx, mandate.JobMandate, id))
	}
	return id
}

// asks returns a mandate that the nth resident offers to the mth.
func (c *city) asks(t tb, n, m int) string {
	t.Helper()
	c.offices.hold("court", score.Reply{Records: []score.ReplyRecord{debt("theirs")}})
	a := c.resident(t, n)
	c.ready(t, a, "honest-shanghai")
	var record string
	c.do(t, func(tx opened) error {
		records, err := tx.Records(ctx, mingjing.ResidentID(a.ID))
		if err == nil {
			record = records[0].ID
		}
		return err
	})
	return c.offered(t, a, c.file(t, a, record, "").ID, m)
}

// helped returns a resident, their helper, and the case in which the helper acts.
func (c *city) helped(t tb) (a, helper mingjing.Actor, d mingjing.Case, mandate string) {
	t.Helper()
	a, record, _ := c.owing(t, 1)
	helper = c.resident(t, 2)
	d = c.file(t, a, record, "", pdf)
	mandate = c.offered(t, a, d.ID, 2)
	_, err := c.AcceptMandate(ctx, helper, mandate)
	must(t, err)
	return a, helper, d, mandate
}

// waysIn calls each method by which a helper reaches a case, and returns its error by name.
func (c *city) waysIn(a mingjing.Actor, d mingjing.Case) map[string]error {
	var errs = map[string]error{}
	_, errs["dispute"] = c.Dispute(ctx, a, d.ID)
	_, errs["helping"] = c.Helping(ctx, a, d.ID)
	_, _, errs["evidence"] = c.EvidenceFile(ctx, a, d.Evidence[0].ID)
	_, errs["add evidence"] = c.AddEvidence(ctx, a, d.ID, []evidence.Upload{pdf})
	_, errs["letter"] = c.Letter(ctx, a, d.ID)
	_, errs["court file"] = c.CourtFile(ctx, a, d.ID)
	_, errs["new case"] = c.NewCase(ctx, a, "", "", d.ID)
	_, errs["review"] = c.AskForReview(ctx, a, cases.Filing{Previous: d.ID, Statement: "Again."})
	_, errs["go on"] = c.FileDispute(ctx, a,
		cases.Filing{Previous: d.ID, Reason: mingjing.ReasonOther, Statement: "Again.", Evidence: []evidence.Upload{pdf}})
	return errs
}

func (c *city) shut(t *testing.T, who string, a mingjing.Actor, d mingjing.Case) {
	t.Helper()
	for door, err := range c.waysIn(a, d) {
		if codeOf(err) != "not_found" {
			t.Errorf("%s, %s: %v, want not_found", who, door, err)
		}
	}
}

func TestAHelperSeesAndDoesWhatTheCaseNeeds(t *testing.T) {
	c := newCity(t)
	a, helper, d, _ := c.helped(t)
	seen, err := c.Helping(ctx, helper, d.ID)
	must(t, err)
	if seen.ActingFor != "居民1" || len(seen.Evidence) != 1 || seen.Statement == "" || seen.Mandates != nil {
		t.Errorf("the helper sees %+v", seen)
	}
	seen, err = c.AddEvidence(ctx, helper, d.ID, []evidence.Upload{pdf})
	must(t, err)
	if _, _, err := c.EvidenceFile(ctx, helper, seen.Evidence[1].ID); err != nil {
		t.Error(err)
	}
	last := seen.Timeline[len(seen.Timeline)-1]
	if last.Code != "evidence_added" || last.Role != mingjing.RoleHelper || last.Who != "居民2" || last.For != "居民1" {
		t.Errorf("the timeline says %+v", last)
	}
	if own, err := c.Dispute(ctx, a, d.ID); err != nil || own.ActingFor != "" || len(own.Mandates) != 1 || own.Mandates[0].Name != "居民2" {
		t.Errorf("the resident sees %+v, %v", own, err)
	}
	_, err = c.Helping(ctx, a, d.ID)
	wants(t, err, "not_found")
}

func TestTheLetterAndTheCourtFileOfAHelperHaveNoScoreAndNoLog(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	helper := c.resident(t, 2)
	d := c.rejected(t, a, record, "")
	_, err := c.AcceptMandate(ctx, helper, c.offered(t, a, d.ID, 2))
	must(t, err)
	own, err := c.CourtFile(ctx, a, d.ID)
	must(t, err)
	theirs, err := c.CourtFile(ctx, helper, d.ID)
	must(t, err)
	letter, err := c.Letter(ctx, helper, d.ID)
	must(t, err)
	if len(own.Scores) == 0 || len(own.Entries) == 0 {
		t.Errorf("the resident's own has %d scores and %d looks", len(own.Scores), len(own.Entries))
	}
	if len(theirs.Scores)+len(theirs.Entries)+len(letter.Scores) > 0 || letter.Dispute.ActingFor != "居民1" ||
		theirs.Dispute.ActingFor != "居民1" {
		t.Errorf("the helper gets %+v", theirs)
	}
}

func TestWhatAHelperFilesIsTheResidents(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	helper := c.resident(t, 2)
	d := c.rejected(t, a, record, "")
	mandate := c.offered(t, a, d.ID, 2)
	_, err := c.AcceptMandate(ctx, helper, mandate)
	must(t, err)
	next, err := c.AskForReview(ctx, helper, cases.Filing{Previous: d.ID, Statement: "Look again."})
	must(t, err)
	stored := c.storedDispute(t, next.ID)
	if string(stored.Resident) != a.ID || stored.ResidentName != "居民1" || next.ActingFor != "居民1" {
		t.Errorf("the case is %+v", stored)
	}
	if e := stored.Timeline[0]; e.Who != "居民2" || e.For != "居民1" || e.Role != mingjing.RoleHelper {
		t.Errorf("the timeline says %+v", e)
	}
	if list, err := c.Disputes(ctx, a); err != nil || len(list.Disputes) != 2 {
		t.Errorf("the resident has %d cases, %v", len(list.Disputes), err)
	}
	// The mandate holds in it too, and ends there too.
	_, err = c.Helping(ctx, helper, next.ID)
	must(t, err)
	_, err = c.RevokeMandate(ctx, a, mandate)
	must(t, err)
	_, err = c.Helping(ctx, helper, next.ID)
	wants(t, err, "not_found")
}

func TestWithoutAMandateThatHoldsTodayThereIsNoCase(t *testing.T) {
	for name, stop := range map[string]func(t *testing.T, c *city, a, helper mingjing.Actor, mandate string){
		"revoked": func(t *testing.T, c *city, a, _ mingjing.Actor, m string) {
			_, err := c.RevokeMandate(ctx, a, m)
			must(t, err)
		},
		"given back": func(t *testing.T, c *city, _, helper mingjing.Actor, m string) {
			_, err := c.DeclineMandate(ctx, helper, m)
			must(t, err)
		},
		"expired": func(_ *testing.T, c *city, _, _ mingjing.Actor, _ string) {
			c.clock.pass(time.Date(2026, 4, 1, 0, 0, 0, 0, c.Zone()).Sub(c.clock.Now()))
		},
	} {
		c := newCity(t)
		a, helper, d, m := c.helped(t)
		if name == "expired" { // it holds to the last second
			last := time.Date(2026, 3, 31, 23, 59, 59, 0, c.Zone()).Sub(c.clock.Now())
			c.clock.pass(last)
			_, err := c.Helping(ctx, helper, d.ID)
			must(t, err)
			c.clock.pass(-last)
		}
		stop(t, c, a, helper, m)
		c.shut(t, name, helper, d)
		if _, err := c.AcceptMandate(ctx, helper, m); codeOf(err) != "mandate_over" {
			t.Errorf("%s, and accepted again: %v", name, err)
		}
	}
}

func TestAnOfferAloneOrAnotherCaseLetsNobodyIn(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	helper, stranger := c.resident(t, 2), c.resident(t, 3)
	first, second := c.file(t, a, record, "", pdf), c.file(t, a, "", listing, pdf)
	m := c.offered(t, a, first.ID, 2)
	c.shut(t, "an offer", helper, first)
	_, err := c.AcceptMandate(ctx, stranger, m)
	wants(t, err, "not_found")
	_, err = c.AcceptMandate(ctx, helper, m)
	must(t, err)
	c.shut(t, "a helper of another case", helper, second)
	c.shut(t, "a stranger", stranger, first)
}

func TestTheLastWayOnEndsAMandate(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	helper := c.resident(t, 2)
	d := c.rejected(t, a, record, "")
	until := c.storedDispute(t, d.ID)
	end := mingjing.DateOf(until.Decision.At.In(c.Zone())).AddMonths(c.books[0].Procedure.ReopenMonths)
	at := end.AddDays(-1).Time(c.Zone())
	c.clock.pass(at.Sub(c.clock.Now()))
	o := offer(d.ID, 2)
	o.Until = end.AddMonths(3)
	got, err := c.OfferMandate(ctx, a, o)
	must(t, err)
	if until := got.Mandates[0].Until; until != end {
		t.Errorf("it is offered until %s, want %s", until, end)
	}
	_, err = c.AcceptMandate(ctx, helper, got.Mandates[0].ID)
	must(t, err)
	c.clock.pass(24 * time.Hour)
	_, err = c.Helping(ctx, helper, d.ID)
	must(t, err)
	c.clock.pass(24 * time.Hour)
	_, err = c.Helping(ctx, helper, d.ID)
	wants(t, err, "not_found")
	_, err = c.OfferMandate(ctx, a, o)
	wants(t, err, "case_decided")
}

func TestAHelperReachesNothingElseOfTheResidents(t *testing.T) {
	c := newCity(t)
	a, helper, d, _ := c.helped(t)
	stored := c.storedDispute(t, d.ID)
	var listing string
	c.do(t, func(tx opened) error {
		listings, err := tx.Listings(ctx, mingjing.ResidentID(a.ID))
		if err == nil {
			listing = listings[0].ID
		}
		return err
	})
	_, err := c.Record(ctx, helper, stored.RecordID)
	wants(t, err, "not_found")
	_, err = c.Listing(ctx, helper, listing)
	wants(t, err, "not_found")
	_, err = c.NewCase(ctx, helper, "", listing, "")
	wants(t, err, "not_found")
	_, err = c.FileDispute(ctx, helper, cases.Filing{ListingID: listing, Reason: mingjing.ReasonOther, Statement: "x"})
	wants(t, err, "not_found")
	_, err = c.FileDispute(ctx, helper, cases.Filing{ListingID: listing, Previous: d.ID, Reason: mingjing.ReasonOther, Statement: "x"})
	wants(t, err, "lane_closed") // what is named beside the case is not looked at
	_, err = c.OfferMandate(ctx, helper, offer(d.ID, 3))
	wants(t, err, "not_found") // nobody hands a mandate on
	score, err := c.Score(ctx, helper, "")
	must(t, err)
	log, err := c.AccessLog(ctx, helper, false, "")
	must(t, err)
	records, err := c.Records(ctx, helper)
	must(t, err)
	disputes, err := c.Disputes(ctx, helper)
	must(t, err)
	if score != nil || len(records.Records)+len(disputes.Disputes) > 0 {
		t.Errorf("the helper has %v, %v, %v", score, records, disputes)
	}
	for _, l := range log.Entries {
		if l.Subject == stored.RecordID || l.Action == "access_log" {
			t.Errorf("the helper's log has %+v", l)
		}
	}
}

func TestWhatAHelperDoesIsInBothLogs(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	helper := c.resident(t, 2)
	d := c.rejected(t, a, record, "")
	_, err := c.AcceptMandate(ctx, helper, c.offered(t, a, d.ID, 2))
	must(t, err)
	mine := func(who mingjing.Actor, role mingjing.Role) (acts []string) {
		t.Helper()
		for _, l := range c.looks(t, who) {
			if l.Purpose != "mandate" || l.Action == "mandate" {
				continue
			}
			acts = append(acts, l.Action+" "+l.Subject)
			if l.Role != role || l.Who != "居民2" || l.For != "居民1" {
				t.Errorf("the log has %+v", l)
			}
		}
		slices.Reverse(acts)
		return acts
	}
	seen, err := c.AddEvidence(ctx, helper, d.ID, []evidence.Upload{pdf})
	must(t, err)
	_, _, err = c.EvidenceFile(ctx, helper, seen.Evidence[0].ID)
	must(t, err)
	_, err = c.Letter(ctx, helper, d.ID)
	must(t, err)
	_, err = c.CourtFile(ctx, helper, d.ID)
	must(t, err)
	next, err := c.AskForReview(ctx, helper, cases.Filing{Previous: d.ID, Statement: "Look again."})
	must(t, err)
	want := "[dispute %[1]s evidence_added %[1]s dispute %[1]s evidence %[1]s letter %[1]s court_file %[1]s filed %[2]s]"
	want = fmt.Sprintf(want, d.ID, next.ID)
	for name, got := range map[string][]string{"resident": mine(a, mingjing.RoleHelper), "helper": mine(helper, mingjing.RoleResident)} {
		if fmt.Sprint(got) != want {
			t.Errorf("the %s's log has\n%v, want\n%v", name, got, want)
		}
	}
	// In the resident's log these are entries of others, in the helper's their own.
	for name, x := range map[string]mingjing.Actor{"resident": a, "helper": helper} {
		v, err := c.AccessLog(ctx, x, true, "")
		must(t, err)
		acted := slices.ContainsFunc(v.Entries, func(l mingjing.AccessEntry) bool { return l.Purpose == "mandate" })
		if acted != (name == "resident") {
			t.Errorf("the looks of others in the %s's log are %+v", name, v.Entries)
		}
	}
}

func TestWithoutEitherLogAHelperGetsNothing(t *testing.T) {
	broken := &flawed{}
	c := newCity(t, func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
	_, helper, d, _ := c.helped(t)
	broken.noLooks = true
	got, err := c.Dispute(ctx, helper, d.ID)
	if err == nil || got.ID != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestBothHearOfEveryStepOfAMandate(t *testing.T) {
	c := newCity(t)
	a, helper, d, m := c.helped(t)
	codes := func(who mingjing.Actor) (out []string) {
		for _, n := range c.inbox(t, who) {
			if n.Kind == mingjing.NoticeHelper {
				out = append(out, n.Code)
			}
		}
		slices.Reverse(out)
		return out
	}
	c.clock.pass(time.Date(2026, 4, 1, 0, 0, 0, 0, c.Zone()).Sub(c.clock.Now()))
	for range 2 { // once, however often the job runs
		must(t, c.did(ctx, mandate.JobMandate, m))
	}
	for who, x := range map[string]mingjing.Actor{"the resident": a, "the helper": helper} {
		if got := fmt.Sprint(codes(x)); got != "[offered accepted ended]" {
			t.Errorf("%s hears %s", who, got)
		}
	}
	if own, err := c.Dispute(ctx, a, d.ID); err != nil || own.Mandates[0].State != mingjing.MandateEnded {
		t.Errorf("%+v, %v", own.Mandates, err)
	}
}

func TestAHelpersOpenPageHearsOfTheCaseAndOfTheEnd(t *testing.T) {
	c := newCity(t)
	a, helper, d, m := c.helped(t)
	heard := func(do func()) int {
		n := c.bus.count(helper.ID, mingjing.EventDispute)
		do()
		return c.bus.count(helper.ID, mingjing.EventDispute) - n
	}
	if n := heard(func() { _, err := c.Assign(ctx, handler, d.ID); must(t, err) }); n != 1 {
		t.Errorf("a step of the case: %d events", n)
	}
	if n := heard(func() { _, err := c.RevokeMandate(ctx, a, m); must(t, err) }); n != 1 {
		t.Errorf("the end: %d events", n)
	}
	_, err := c.Helping(ctx, helper, d.ID) // what the page then does
	wants(t, err, "not_found")
	if n := heard(func() { _, err := c.AddEvidence(ctx, a, d.ID, []evidence.Upload{pdf}); must(t, err) }); n != 0 {
		t.Errorf("after the end: %d events", n)
	}
}

func TestAHelpersInboxHasWhatHappensInTheCase(t *testing.T) {
	c := newCity(t)
	a, helper, d, m := c.helped(t)
	news := func() (out []string) {
		for _, n := range c.inbox(t, helper) {
			if n.Kind != mingjing.NoticeHelper {
				out = append(out, fmt.Sprint(n.Kind, ".", n.Code, " ", n.Page, " ", n.Subject == d.ID))
			}
		}
		slices.Reverse(out)
		return out
	}
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler, d.ID,
		desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So it is.", Answers: map[string]string{d.Evidence[0].ID: "Seen."}})
	must(t, err)
	if got := fmt.Sprint(news()); got != "[case_moved.helping helping true case_decided.helping helping true]" {
		t.Errorf("the helper hears %s", got)
	}
	_, err = c.RevokeMandate(ctx, a, m)
	must(t, err)
	n := len(news())
	_, err = c.AskForReview(ctx, a, cases.Filing{Previous: d.ID, Statement: "Again."})
	wants(t, err, "lane_closed")
	if len(news()) != n {
		t.Error("the helper hears of it after the end")
	}
}

func TestNobodyHandlesACaseInWhichTheyHelp(t *testing.T) {
	c := newCity(t)
	a, helper, d, m := c.helped(t)
	self := c.linked(t, handler, helper)
	for range 2 { // nor when they no longer do
		_, err := c.Case(ctx, self, d.ID)
		wants(t, err, "case_helper")
		_, err = c.Assign(ctx, self, d.ID)
		wants(t, err, "case_helper")
		_, _, err = c.EvidenceFile(ctx, self, d.Evidence[0].ID)
		wants(t, err, "case_helper")
		_, _ = c.RevokeMandate(ctx, a, m)
	}
	q, err := c.Cases(ctx, self, mingjing.CaseFilter{}, "")
	must(t, err)
	if len(q.Cases) != 0 {
		t.Errorf("the queue shows %d cases", len(q.Cases))
	}
	_, err = c.Next(ctx, self)
	wants(t, err, "no_case_waiting")
	// A mandate that was only offered bars nobody from the case.
	other := c.linked(t, handler2, c.resident(t, 3))
	c.offered(t, a, d.ID, 3)
	_, err = c.Case(ctx, other, d.ID)
	must(t, err)
}

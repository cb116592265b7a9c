package casework_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/score"
	"mingjing/server/evidence"
)

var pdf = evidence.Upload{Name: "receipt.pdf", Data: []byte("%PDF-1.7\nreceipt\n%%EOF\n")}

func TestFilingPausesTheEffectAtOnce(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	before := c.latest(t, a, "honest-shanghai")
	if !counts(before, record) || !counts(before, listing) {
		t.Fatal("they did not count")
	}
	d := c.file(t, a, record, "")
	s := c.latest(t, a, "honest-shanghai")
	if counts(s, record) || !counts(s, listing) || s.Cause != "dispute_filed" {
		t.Errorf("score %+v", s)
	}
	if d.State != mingjing.CaseFiled || d.Record == nil || d.Record.State != mingjing.RecordDisputed || d.Record.DisputeID != d.ID {
		t.Errorf("dispute %+v of %+v", d, d.Record)
	}
	c.file(t, a, "", listing)
	s = c.latest(t, a, "honest-shanghai")
	if counts(s, listing) || s.Value != c.books[0].Base {
		t.Errorf("score %+v", s)
	}
	v, err := c.Listings(ctx, a)
	must(t, err)
	if v.Listings[0].Effective || v.Listings[0].Open {
		t.Error("a disputed listing has effect, or can be disputed twice")
	}
}

func TestFilingAndItsRescoreAreOneTransaction(t *testing.T) {
	broken := &flawed{}
	c := newCity(t, func(cfg *casework.Config) { broken.Store = cfg.Store; cfg.Store = broken })
	a, record, _ := c.owing(t, 1)
	broken.fail = func(op string) error {
		if op == "score" {
			return errDown
		}
		return nil
	}
	_, err := c.FileDispute(ctx, a, cases.Filing{RecordID: record, Reason: mingjing.ReasonNotMe, Statement: "Not me."})
	if err == nil {
		t.Fatal("filed without the rescore")
	}
	broken.fail = nil
	if s := c.storedRecord(t, record).State; s != mingjing.RecordActive {
		t.Errorf("the record is %s", s)
	}
	if v, err := c.Disputes(ctx, a); err != nil || len(v.Disputes) != 0 {
		t.Errorf("disputes %+v, %v", v.Disputes, err)
	}
}

func TestThereIsOneOpenDisputeAboutARecord(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	errs := make(chan error, 8)
	var all sync.WaitGroup
	for range cap(errs) {
		all.Go(func() {
			_, err := c.FileDispute(ctx, a, cases.Filing{RecordID: record, Reason: mingjing.ReasonOther, Statement: "It is wrong."})
			errs <- err
		})
	}
	all.Wait()
	close(errs)
	filed := 0
	for err := range errs {
		if err == nil {
			filed++
		} else {
			wants(t, err, "dispute_open")
		}
	}
	if filed != 1 {
		t.Errorf("%d were filed", filed)
	}
}

func TestADisputeSaysWhatAndWhy(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	good := cases.Filing{RecordID: record, Reason: mingjing.ReasonOther, Statement: "It is wrong."}
	for code, f := range map[string]func(*cases.Filing){
		"record_id:nothing_to_dispute": func(f *cases.Filing) { f.RecordID = "" },
		"reason:reason_required":       func(f *cases.Filing) { f.Reason = "because" },
		"statement:statement_required": func(f *cases.Filing) { f.Statement = " \r\n " },
		"statement:too_long":           func(f *cases.Filing) { f.Statement = strings.Repeat("冤", mingjing.MaxStatement+1) },
		"evidence:evidence_count":      func(f *cases.Filing) { f.Evidence = slices.Repeat([]evidence.Upload{pdf}, mingjing.MaxEvidence+1) },
		"evidence:evidence_type":       func(f *cases.Filing) { f.Evidence = []evidence.Upload{{Name: "x.pdf", Data: []byte("<svg/>")}} },
		"not_found":                    func(f *cases.Filing) { f.RecordID = "no such" },
	} {
		bad := good
		f(&bad)
		_, err := c.FileDispute(ctx, a, bad)
		wants(t, err, code)
	}
	both := good
	both.ListingID = listing
	_, err := c.FileDispute(ctx, a, both)
	wants(t, err, "record_id:nothing_to_dispute")
	if s := c.storedRecord(t, record).State; s != mingjing.RecordActive {
		t.Errorf("a form that was refused made the record %s", s)
	}
	good.Statement = strings.Repeat("冤", mingjing.MaxStatement)
	_, err = c.FileDispute(ctx, a, good)
	must(t, err)
}

func TestEvidenceIsCountedOverTheWholeCase(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "", slices.Repeat([]evidence.Upload{pdf}, mingjing.MaxEvidence-1)...)
	_, err := c.AddEvidence(ctx, a, d.ID, []evidence.Upload{pdf, pdf})
	wants(t, err, "evidence:evidence_count")
	d, err = c.AddEvidence(ctx, a, d.ID, []evidence.Upload{pdf})
	must(t, err)
	if len(d.Evidence) != mingjing.MaxEvidence {
		t.Errorf("%d pieces", len(d.Evidence))
	}
	_, err = c.AddEvidence(ctx, a, d.ID, nil)
	wants(t, err, "evidence:nothing_added")
	got, data, err := c.EvidenceFile(ctx, a, d.Evidence[0].ID)
	must(t, err)
	if string(data) != string(pdf.Data) || got.Type != "application/pdf" || got.Size != int64(len(pdf.Data)) {
		t.Errorf("got %+v", got)
	}
}

func TestACaseIsTakenOnceAndASupervisorMayTakeOver(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	_, err := c.AskAgency(ctx, handler, d.ID)
	wants(t, err, "case_not_yours")
	k, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	if k.HandlerID != handler.ID || k.State != mingjing.CaseAssigned {
		t.Errorf("%s in state %s", k.HandlerID, k.State)
	}
	_, err = c.Assign(ctx, handler2, d.ID)
	wants(t, err, "case_taken")
	_, err = c.AskAgency(ctx, handler2, d.ID)
	wants(t, err, "case_not_yours")
	_, err = c.Decide(ctx, handler2, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
	wants(t, err, "case_not_yours")
	k, err = c.Assign(ctx, supervisor, d.ID)
	must(t, err)
	if k.HandlerID != supervisor.ID || !slices.Contains(k.Allowed, "ask_agency") {
		t.Errorf("%s may %v", k.HandlerID, k.Allowed)
	}
	_, err = c.AskAgency(ctx, handler, d.ID)
	wants(t, err, "case_not_yours")
	_, err = c.AskAgency(ctx, supervisor, d.ID)
	must(t, err)
	_, err = c.AskAgency(ctx, supervisor, d.ID)
	wants(t, err, "agency_already_asked")
}

func TestOfTwoHandlersWhoTakeACaseOneHasIt(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	race(t, []func() error{
		func() error { _, err := c.Assign(ctx, handler, d.ID); return err },
		func() error { _, err := c.Assign(ctx, handler2, d.ID); return err },
	}, "case_taken", "changed_meanwhile")
}

func TestOfTwoDecisionsAtOnceOneStands(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.answered(t, a, record, "", mingjing.PositionMaintained)
	decide := func(o mingjing.Outcome) func() error {
		return func() error {
			_, err := c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: o, Reasons: "So."})
			return err
		}
	}
	race(t, []func() error{decide(mingjing.OutcomeUpheld), decide(mingjing.OutcomeRejected)}, "case_decided", "changed_meanwhile")
	got, r := c.storedDispute(t, d.ID), c.storedRecord(t, record)
	want := map[mingjing.Outcome]mingjing.RecordState{mingjing.OutcomeUpheld: mingjing.RecordRemoved,
		mingjing.OutcomeRejected: mingjing.RecordActive}
	if r.State != want[got.Decision.Outcome] {
		t.Errorf("decided %s, and the record is %s", got.Decision.Outcome, r.State)
	}
}

// race runs all at once: one succeeds, the others get one of the codes.
func race(t *testing.T, all []func() error, codes ...string) {
	t.Helper()
	errs := make(chan error, len(all))
	for _, f := range all {
		go func() { errs <- f() }()
	}
	won := 0
	for range all {
		if err := <-errs; err == nil {
			won++
		} else if !slices.Contains(codes, codeOf(err)) {
			t.Errorf("the other got %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestAStoredConflictIsToldAsOne(t *testing.T) {
	stale := &staleStore{}
	c := newCity(t, func(cfg *casework.Config) { stale.Store = cfg.Store; cfg.Store = stale })
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	stale.on = true
	_, err := c.Assign(ctx, handler, d.ID)
	wants(t, err, "changed_meanwhile")
}

// More agencies think than there are workers, and no job waits for them.
func TestNoJobWaitsForAnAgencyThatIsAskedAboutACase(t *testing.T) {
	c := newCity(t)
	thinking := make(chan struct{})
	think := sync.OnceFunc(func() { close(thinking) })
	defer think()
	c.offices.answer = func(string, cases.Question) (*mingjing.AgencyAnswer, error) {
		<-thinking
		return &mingjing.AgencyAnswer{Position: mingjing.PositionMaintained}, nil
	}
	var asked []mingjing.Case
	for n := range 12 {
		a, record, _ := c.owing(t, n+1)
		d := c.file(t, a, record, "")
		c.put(t, d.ID)
		asked = append(asked, d)
	}
	for range 2 { // what is under way is not asked twice
		for _, d := range asked {
			must(t, c.work(cases.JobQuestion, d.ID))
		}
	}
	if waiting, running := c.Asker().Asking(); waiting+running != len(asked) {
		t.Errorf("%d wait and %d are asked", waiting, running)
	}
	think()
	c.Asker().Wait(0)
	for _, d := range asked {
		if s := c.storedDispute(t, d.ID).State; s != mingjing.CaseAgencyAnswered {
			t.Errorf("%s is %s", d.ID, s)
		}
	}
}

func TestAnAgencyThatIsSilentLosesThePoint(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	c.offices.answer = func(string, cases.Question) (*mingjing.AgencyAnswer, error) { return nil, errDown }
	for _, d := range []mingjing.Case{c.file(t, a, record, ""), c.file(t, a, "", listing)} {
		c.put(t, d.ID)
		for {
			wait, err := c.job(ctx, cases.JobQuestion, d.ID)
			must(t, err)
			if wait == 0 {
				break
			}
			c.clock.pass(wait)
		}
		got, err := c.Case(ctx, handler, d.ID)
		must(t, err)
		if got.State != mingjing.CaseAgencyLost || got.Next == nil || got.Next.Code != "decide" {
			t.Errorf("state %s, next clock %+v", got.State, got.Next)
		}
		for _, k := range got.Clocks {
			if (k.Code == "agency" || k.Code == "second") && (!k.Missed || c.clock.Now().Before(k.Due)) {
				t.Errorf("lost before its time: %+v", k)
			}
		}
		// An answer that comes too late changes nothing.
		c.offices.answer = says(mingjing.PositionMaintained)
		_, err = c.job(ctx, cases.JobQuestion, d.ID)
		must(t, err)
		for _, o := range []mingjing.Outcome{mingjing.OutcomeRejected, mingjing.OutcomePartly} {
			_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: o, Reasons: "So.", CorrectTo: "2026-01-01"})
			if o == mingjing.OutcomePartly && d.Record != nil {
				_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: o, Reasons: "So.", CorrectTo: "2025-01-01"})
			}
			wants(t, err, "agency_lost")
		}
		c.offices.answer = nil
	}
	if r, l := c.storedRecord(t, record), c.storedListing(t, listing); r.State != mingjing.RecordRemoved || l.State != mingjing.ListingLifted {
		t.Errorf("the record is %s, the listing %s", r.State, l.State)
	}
	v, err := c.Record(ctx, a, record)
	must(t, err)
	if v.Open {
		t.Error("a second dispute is offered while the first is open")
	}
	_, err = c.FileDispute(ctx, a, cases.Filing{RecordID: record, Reason: mingjing.ReasonOther, Statement: "Again."})
	wants(t, err, "nothing_to_dispute")
	if s := c.latest(t, a, "honest-shanghai"); s.Value != c.books[0].Base {
		t.Errorf("value %d", s.Value)
	}
}

func TestAnAgencyThatWithdrawsLosesThePoint(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.answered(t, a, record, "", mingjing.PositionWithdrawn)
	for _, o := range []mingjing.Outcome{mingjing.OutcomeRejected, mingjing.OutcomePartly} {
		_, err := c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: o, Reasons: "So.", CorrectTo: "2025-01-01"})
		wants(t, err, "agency_lost")
	}
	_, err := c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
	must(t, err)
}

func TestADisputedRecordIsLeftAloneByItsAgency(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	c.file(t, a, record, "")
	c.file(t, a, "", listing)
	changed := debt("debt")
	changed.Occurred = "2026-02-01"
	for _, r := range []score.Reply{
		{Records: []score.ReplyRecord{changed}, Listings: []score.ReplyListing{blacklisted("list")}}, {},
	} {
		c.offices.hold("court", r)
		c.ready(t, a, "honest-shanghai")
		if r, l := c.storedRecord(t, record), c.storedListing(t, listing); r.State != mingjing.RecordDisputed || r.Occurred != "2025-06-01" ||
			l.State != mingjing.ListingDisputed {
			t.Errorf("the record is %s of %s, the listing %s", r.State, r.Occurred, l.State)
		}
	}
}

func TestEveryClockHasItsStatutoryDate(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	c.put(t, d.ID)
	d, err := c.Dispute(ctx, a, d.ID)
	must(t, err)
	// Filed on Monday the 2nd; each ends with its day in Shanghai.
	want := map[string]string{"mark": "2026-03-04", "forward": "2026-03-05", "agency": "2026-03-10", "decide": "2026-03-17"}
	for _, k := range d.Clocks {
		if got := k.Due.In(c.Zone()).Format("2006-01-02 15:04"); got != want[k.Code]+" 00:00" {
			t.Errorf("%s is due at %s, want the start of %s", k.Code, got, want[k.Code])
		}
		if (k.Code == "mark" || k.Code == "forward") == (k.MetAt == nil) {
			t.Errorf("%s met at %v", k.Code, k.MetAt)
		}
	}
	if len(d.Clocks) != len(want) {
		t.Errorf("clocks %+v", d.Clocks)
	}
}

func TestOpenScreensHearOfEveryStep(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	heard := func(kind mingjing.EventKind, what string, do func()) {
		t.Helper()
		mine, staff, kinds := c.bus.count(a.ID, mingjing.EventDispute), c.bus.count(mingjing.AudienceStaff, mingjing.EventDispute),
			c.bus.count(a.ID, kind)
		do()
		if c.bus.count(a.ID, mingjing.EventDispute) != mine+1 || c.bus.count(mingjing.AudienceStaff, mingjing.EventDispute) != staff+1 {
			t.Errorf("not both heard of %s", what)
		}
		if kind != mingjing.EventDispute && c.bus.count(a.ID, kind) <= kinds {
			t.Errorf("no %s event when %s", kind, what)
		}
	}
	var d mingjing.Case
	heard(mingjing.EventScore, "filed", func() { d = c.file(t, a, record, "") })
	heard(mingjing.EventDispute, "taken", func() { _, _ = c.Assign(ctx, handler, d.ID) })
	heard(mingjing.EventDispute, "added to", func() { _, _ = c.AddEvidence(ctx, a, d.ID, []evidence.Upload{pdf}) })
	heard(mingjing.EventDispute, "asked", func() { _, _ = c.AskAgency(ctx, handler, d.ID) })
	c.clock.pass(30 * 24 * time.Hour)
	heard(mingjing.EventRecord, "lost", func() { _, _ = c.job(ctx, cases.JobQuestion, d.ID) })
	got, err := c.Case(ctx, handler, d.ID)
	must(t, err)
	heard(mingjing.EventRecord, "decided", func() {
		_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So.",
			Answers: map[string]string{got.Evidence[0].ID: "Seen."}})
	})
	must(t, err)
	var codes []string
	for _, e := range c.storedDispute(t, d.ID).Timeline {
		codes = append(codes, e.Code)
	}
	if want := []string{"filed", "assigned", "evidence_added", "agency_asked", "agency_silent", "decided"}; !slices.Equal(codes, want) {
		t.Errorf("timeline %v", codes)
	}
}

func TestWordsAreAddedToACaseUntilItIsDecided(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	_, err := c.AddToCase(ctx, a, d.ID, strings.Repeat("字", mingjing.MaxStatement+1), nil)
	wants(t, err, "statement:too_long")
	_, err = c.AddToCase(ctx, c.resident(t, 2), d.ID, "Mine.", nil)
	wants(t, err, "not_found")
	for i := range mingjing.MaxFurther {
		c.clock.pass(time.Minute)
		d, err = c.AddToCase(ctx, a, d.ID, fmt.Sprintf(" The receipt is number %d.\r\n", i), nil)
		must(t, err)
	}
	_, err = c.AddToCase(ctx, a, d.ID, "One more.", nil)
	wants(t, err, "words_full")
	first := mingjing.FurtherStatement{At: d.FiledAt.Add(time.Minute), Text: "The receipt is number 0."}
	if last := d.Timeline[len(d.Timeline)-1]; len(d.Further) != mingjing.MaxFurther || d.Further[0] != first ||
		last.Code != "statement_added" {
		t.Errorf("added is %+v, and last %+v", d.Further, last)
	}
	_, err = c.Assign(ctx, handler, d.ID)
	must(t, err)
	_, err = c.AskAgency(ctx, handler, d.ID)
	must(t, err)
	q, err := c.AgencyQuestion(ctx, judge, d.ID)
	if must(t, err); !strings.HasPrefix(q.Statement, d.Statement) || !strings.HasSuffix(q.Statement, "The receipt is number 4.") {
		t.Errorf("the agency reads %q", q.Statement)
	}
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
	must(t, err)
	_, err = c.AddToCase(ctx, a, d.ID, "Too late.", nil)
	wants(t, err, "case_decided")
}

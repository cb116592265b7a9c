package casework_test

import (
	"bytes"
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
	"mingjing/server/casework/intake"
	"mingjing/server/store"
	"mingjing/server/store/pgtest"
	"mingjing/server/vault"
)

// Officers of two agencies, each with a second factor.
var (
	judge   = mingjing.Actor{Role: mingjing.RoleAgency, ID: "g-1", Name: "Judge", Agency: "court", AAL: 2}
	officer = mingjing.Actor{Role: mingjing.RoleAgency, ID: "g-2", Name: "Officer", Agency: "tax", AAL: 2}
)

func idNumber(n int) string {
	return string(mingjing.MakeIDNumber(fmt.Sprintf("99999919800101%03d", n)))
}

// dated is a complete document of a day.
func dated(kind string, on mingjing.Date) mingjing.Document {
	d := doc(kind)
	d.Date = on
	return d
}

// owes is a line with a record of the court's about the nth resident.
func owes(n int, ref string) intake.BatchLine {
	return intake.BatchLine{Op: intake.OpRecord, Ref: ref, IDNumber: idNumber(n), Subject: fmt.Sprintf("居民%d", n),
		Code:     "court.unpaid_judgment",
		Occurred: "2025-06-01", Detail: mingjing.Text{"zh-CN": "未履行。"}, Document: doc("judgment")}
}

var batches int

// line submits one line as the court and returns "accepted", or field:code.
func (c *city) line(t tb, l intake.BatchLine) (string, string) {
	t.Helper()
	batches++
	out, err := c.Submit(ctx, court, intake.Batch{ID: fmt.Sprint("batch ", batches), Lines: []intake.BatchLine{l}})
	must(t, err)
	if len(out.Lines) != 1 || out.Accepted+out.Refused != 1 || out.Lines[0].Line != 1 || out.Lines[0].Ref != l.Ref {
		t.Fatalf("%+v", out)
	}
	a := out.Lines[0]
	if (a.Code == "") != (a.Status == mingjing.LineAccepted) || a.Code != "" && !slices.Contains(intake.LineCodes, a.Code) {
		t.Errorf("the code %q of a line %s is in no list", a.Code, a.Status)
	}
	if a.Status == mingjing.LineAccepted {
		return "accepted", a.ID
	}
	return strings.TrimPrefix(a.Field+":"+a.Code, ":"), ""
}

func (c *city) lineIs(t tb, l intake.BatchLine, want string) string {
	t.Helper()
	got, id := c.line(t, l)
	if got != want {
		t.Fatalf("%s %s is %s, want %s", l.Op, l.Ref, got, want)
	}
	return id
}

// noticesOf are the codes of the notices of a kind, newest first.
func (c *city) noticesOf(t tb, a mingjing.Actor, kind mingjing.NoticeKind) string {
	t.Helper()
	var codes []string
	for _, n := range c.inbox(t, a) {
		if n.Kind == kind {
			codes = append(codes, n.Code)
		}
	}
	return strings.Join(codes, " ")
}

// seen are the actions of others in the resident's access log, newest first, each
// with who it was.
func (c *city) seen(t tb, a mingjing.Actor) string {
	t.Helper()
	var all []string
	for _, l := range c.looks(t, a) {
		if l.Role == mingjing.RoleAgency {
			all = append(all, l.Action+" by "+l.Who)
		}
	}
	return strings.Join(all, ", ")
}

// intakeOnEach runs a test of the intake on both engines.
func intakeOnEach(t *testing.T, fn func(t *testing.T, c *city)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, newCity(t)) })
	t.Run("postgres", func(t *testing.T) {
		s, err := store.Open(ctx, pgtest.Start(t), store.Options{IDKey: bytes.Repeat([]byte("k"), store.IDKeySize), Vault: vault.Memory()})
		must(t, err)
		t.Cleanup(func() { must(t, s.Close()) })
		fn(t, cityOn(t, s))
	})
}

func TestABadLineStopsNoGoodOne(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		a, b := c.resident(t, 1), c.resident(t, 2)
		batch := intake.Batch{ID: "2026-03-02/1",
			Lines: []intake.BatchLine{owes(1, "one"), {FileLine: 7, Wrong: &intake.WrongLine{Code: "line_unreadable"}},
				owes(3, "three"), owes(2, "two")}}
		out, err := c.Submit(ctx, court, batch)
		must(t, err)
		var got []string
		for i, l := range out.Lines {
			if l.Line != i+1 {
				t.Errorf("line %d is answered as %d", i+1, l.Line)
			}
			got = append(got, l.Status+l.Field+l.Code)
		}
		if out.Lines[1].FileLine != 7 || out.State != mingjing.BatchDone || out.FinishedAt == nil || out.Total != 4 {
			t.Errorf("%+v", out)
		}
		want := []string{"accepted", "refusedline_unreadable", "refusedid_numberresident_unknown", "accepted"}
		if !slices.Equal(got, want) || out.Accepted != 2 || out.Refused != 2 {
			t.Fatalf("%v, want %v", got, want)
		}
		for _, who := range []mingjing.Actor{a, b} {
			v, err := c.Records(ctx, who)
			must(t, err)
			if len(v.Records) != 1 || v.Records[0].Record.State != mingjing.RecordActive || v.Records[0].Record.Agency != "court" {
				t.Errorf("%+v", v.Records)
			}
			if got := c.noticesOf(t, who, mingjing.NoticeRecordChanged); got != "added" {
				t.Errorf("the resident is told %q", got)
			}
			if got := c.seen(t, who); got != "submit by court" {
				t.Errorf("the access log has %q", got)
			}
			if s, err := c.Score(ctx, who, ""); s != nil || err != nil {
				t.Errorf("a score was made that nobody asked for: %v %v", s, err)
			}
		}

		// The same batch again is the same answer, and nothing happens twice.
		again, err := c.Submit(ctx, court, batch)
		must(t, err)
		if fmt.Sprint(again) != fmt.Sprint(out) || c.noticesOf(t, a, mingjing.NoticeRecordChanged) != "added" {
			t.Errorf("again: %+v", again)
		}
		other := batch
		other.Lines = []intake.BatchLine{owes(1, "other")}
		_, err = c.Submit(ctx, court, other)
		wants(t, err, "batch_changed")
		// Another agency's ids are its own.
		tax := court
		tax.Agency = "tax"
		o, err := c.Submit(ctx, tax, other)
		must(t, err)
		if o.Lines[0].Code != "not_from_agency" {
			t.Errorf("%+v", o)
		}
	})
}

func TestABatchThatWasCutOffIsTakenUpAgain(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.lineIs(t, owes(1, "one"), "accepted")
	// What a process that died in between has left.
	batch := intake.Batch{ID: "cut", Lines: []intake.BatchLine{owes(1, "one"), owes(1, "two")}}
	batch.Lines[1].Occurred, batch.Lines[1].Document.Number = "2025-07-01", "No. 2"
	var both sync.WaitGroup
	answers := make([]intake.BatchAnswer, 2)
	for i := range answers {
		both.Go(func() {
			var err error
			if answers[i], err = c.Submit(ctx, court, batch); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if fmt.Sprint(answers[0]) != fmt.Sprint(answers[1]) || answers[0].Accepted != 2 {
		t.Errorf("%+v", answers)
	}
	v, err := c.Records(ctx, a)
	must(t, err)
	if len(v.Records) != 2 || c.noticesOf(t, a, mingjing.NoticeRecordChanged) != "added added" {
		t.Errorf("%d records", len(v.Records))
	}
}

func TestALineIsTriedThreeTimesWhenSomebodyComesInBetween(t *testing.T) {
	for times, want := range map[int]string{1: "", 2: "", 3: "changed_meanwhile"} {
		stale := &staleStore{}
		c := newCity(t, func(cfg *casework.Config) { stale.Store = cfg.Store; cfg.Store = stale })
		a, record, _ := c.owing(t, 1)
		c.file(t, a, record, "")
		batch := intake.Batch{ID: "b", Lines: []intake.BatchLine{{Op: intake.OpRevocation, Ref: "debt", Reason: "依据已撤销。"}}}
		stale.times = times
		_, err := c.Submit(ctx, court, batch)
		wants(t, err, want)
		if gone := c.storedRecord(t, record).State == mingjing.RecordRemoved; gone != (want == "") {
			t.Errorf("after %d times the record is gone: %t", times, gone)
		}
		stale.times = 0
		out, err := c.Submit(ctx, court, batch) // the same batch is taken up again
		must(t, err)
		if out.Accepted != 1 || c.storedRecord(t, record).State != mingjing.RecordRemoved {
			t.Errorf("after %d times and once more: %+v", times, out)
		}
	}
}

func TestBatchesAreBounded(t *testing.T) {
	c := newCity(t)
	for code, b := range map[string]intake.Batch{
		"id:batch_id_required": {Lines: []intake.BatchLine{owes(1, "one")}},
		"lines:batch_empty":    {ID: "x"},
		"lines:batch_too_long": {ID: "x", Lines: make([]intake.BatchLine, intake.MaxLines+1)},
	} {
		_, err := c.Submit(ctx, court, b)
		wants(t, err, code)
	}
}

func TestARecordIsRefusedAtTheDoorForWhatScoringWouldNotCount(t *testing.T) {
	c := newCity(t)
	c.resident(t, 1)
	for want, change := range map[string]func(*intake.BatchLine){
		"ref:ref_required":                       func(l *intake.BatchLine) { l.Ref = "" },
		"op:op_unknown":                          func(l *intake.BatchLine) { l.Op = "delete" },
		"id_number:id_number_length":             func(l *intake.BatchLine) { l.IDNumber = "1" },
		"id_number:resident_unknown":             func(l *intake.BatchLine) { l.IDNumber = idNumber(2) },
		"code:not_in_catalogue":                  func(l *intake.BatchLine) { l.Code = "friends.of" },
		"code:not_from_agency":                   func(l *intake.BatchLine) { l.Code = "tax.a_grade_redlist" },
		"document:no_document":                   func(l *intake.BatchLine) { l.Document = mingjing.Document{} },
		"document.kind:document_part_required":   func(l *intake.BatchLine) { l.Document.Kind = "" },
		"document.issuer:document_part_required": func(l *intake.BatchLine) { l.Document.Issuer = " " },
		"document.number:document_part_required": func(l *intake.BatchLine) { l.Document.Number = "" },
		"document.date:document_part_required":   func(l *intake.BatchLine) { l.Document.Date = "" },
		"document.hash:document_part_required":   func(l *intake.BatchLine) { l.Document.Hash = "" },
		"document.hash:hash_form":                func(l *intake.BatchLine) { l.Document.Hash = strings.Repeat("A", 64) },
		"document.date:date_form":                func(l *intake.BatchLine) { l.Document.Date = "2025/06/01" },
		"document.date:not_yet":                  func(l *intake.BatchLine) { l.Document.Date = "2026-03-03" },
		"document.kind:wrong_document":           func(l *intake.BatchLine) { l.Document.Kind = "listing_decision" },
		"subject:name_mismatch":                  func(l *intake.BatchLine) { l.Subject = "李四" },
		"subject:too_long":                       func(l *intake.BatchLine) { l.Subject = strings.Repeat("名", 101) },
		"detail:language_unknown":                func(l *intake.BatchLine) { l.Detail = mingjing.Text{"fr": "x"} },
		"occurred:not_yet":                       func(l *intake.BatchLine) { l.Occurred = "2026-03-03" },
		"occurred:expired":                       func(l *intake.BatchLine) { l.Occurred = "1999-03-03" },
		"occurred:date_form":                     func(l *intake.BatchLine) { l.Occurred = "yesterday" },
		"detail.en:too_long":                     func(l *intake.BatchLine) { l.Detail = mingjing.Text{"en": strings.Repeat("x", 1001)} },
	} {
		l := owes(1, "one")
		change(&l)
		got, _ := c.line(t, l)
		if want == "code:not_from_agency" && got == "code:not_in_catalogue" {
			continue // a list is no record
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestTheSameFactIsHeldOnceWhateverItsReference(t *testing.T) {
	c := newCity(t)
	c.resident(t, 1)
	c.resident(t, 2)
	id := c.lineIs(t, owes(1, "one"), "accepted")
	out, err := c.Submit(ctx, court, intake.Batch{ID: "again",
		Lines: []intake.BatchLine{owes(1, "two"), owes(1, "one"), owes(2, "one")}})
	must(t, err)
	if l := out.Lines[0]; l.Code != "held_already" || l.Field != "ref" || l.HeldBy != "one" {
		t.Errorf("under another reference: %+v", l)
	}
	if l := out.Lines[1]; l.Status != mingjing.LineAccepted || l.ID != id || l.HeldBy != "" {
		t.Errorf("under its own: %+v", l)
	}
	if l := out.Lines[2]; l.Status != mingjing.LineAccepted {
		t.Errorf("of somebody else: %+v", l)
	}
	another := owes(1, "three")
	another.Document.Number = "No. 3"
	c.lineIs(t, another, "accepted")
	c.lineIs(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "one", IDNumber: owes(1, "one").IDNumber, Reason: "判决已撤销。"}, "accepted")
	c.lineIs(t, owes(1, "two"), "document.date:needs_new_case") // removed, and no longer held
}

func TestWhatWasRemovedComesBackOnlyAsANewCase(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	id := c.lineIs(t, owes(1, "one"), "accepted")
	if again := c.lineIs(t, owes(1, "one"), "accepted"); again != id {
		t.Errorf("the same reference is another record: %s, %s", id, again)
	}
	other := owes(1, "one")
	other.Occurred = "2025-07-01"
	c.lineIs(t, other, "ref:ref_known")
	c.lineIs(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "one"}, "reason:change_reason_required")
	c.lineIs(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "none", Reason: "x"}, "ref:ref_unknown")
	c.lineIs(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "one", Reason: "判决已撤销。"}, "accepted")
	c.lineIs(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "one", Reason: "判决已撤销。"}, "accepted")
	if r := c.storedRecord(t, id); r.State != mingjing.RecordRemoved || r.Changed != "判决已撤销。" || r.RemovedOn != "2026-03-02" {
		t.Errorf("%+v", r)
	}
	c.lineIs(t, owes(1, "one"), "ref:needs_new_case")
	c.lineIs(t, owes(1, "two"), "document.date:needs_new_case")
	c.clock.pass(72 * time.Hour)
	anew := owes(1, "two")
	anew.Document = dated("judgment", "2026-03-04")
	c.lineIs(t, anew, "accepted")
	if got := c.noticesOf(t, a, mingjing.NoticeRecordChanged); got != "reinserted removed added" {
		t.Errorf("the resident is told %q", got)
	}
}

func TestACorrectionIsNeverBehindTheResidentsBack(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	c.ready(t, a, "honest-shanghai")
	before := c.latest(t, a, "honest-shanghai")
	id := c.lineIs(t, owes(1, "one"), "accepted")
	added := c.latest(t, a, "honest-shanghai")
	if added.Value >= before.Value || added.Cause != "record_changed" {
		t.Fatalf("%d by %s after %d", added.Value, added.Cause, before.Value)
	}
	fix := intake.BatchLine{Op: intake.OpCorrection, Ref: "one", Occurred: "2025-05-01", Reason: "日期有误。"}
	c.lineIs(t, intake.BatchLine{Op: intake.OpCorrection, Ref: "one", Occurred: "2025-05-01"}, "reason:change_reason_required")
	c.lineIs(t, fix, "accepted")
	if r := c.storedRecord(t, id); r.Occurred != "2025-05-01" || r.State != mingjing.RecordCorrected || r.Changed != "日期有误。" {
		t.Errorf("%+v", r)
	}
	fix.Occurred = "2027-01-01"
	c.lineIs(t, fix, "occurred:not_yet")
	d := c.file(t, a, id, "")
	fix.Occurred = "2025-05-02"
	c.lineIs(t, fix, "ref:case_open") // later, so it counts for longer
	c.lineIs(t, intake.BatchLine{Op: intake.OpCorrection, Ref: "one", Document: dated("judgment", "2025-06-03"), Reason: "x"},
		"ref:case_open")
	fix.Occurred = "2025-04-01"
	c.lineIs(t, fix, "accepted")
	if r := c.storedRecord(t, id); r.Occurred != "2025-04-01" || r.State != mingjing.RecordDisputed {
		t.Errorf("%+v", r)
	}
	c.put(t, d.ID)
	c.offices.answer = says(mingjing.PositionMaintained)
	_, err := c.job(ctx, cases.JobQuestion, d.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: "So."})
	must(t, err)
	fix.Occurred = "2025-06-01"
	c.lineIs(t, fix, "occurred:needs_new_case") // not back behind what was looked at
	if got := c.noticesOf(t, a, mingjing.NoticeRecordChanged); got != "corrected corrected added" {
		t.Errorf("the resident is told %q", got)
	}
}

func TestARevokedBasisEndsTheDisputeForTheResident(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	d, e := c.file(t, a, record, ""), c.file(t, a, "", listing)
	c.put(t, e.ID)
	c.lineIs(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "debt", Reason: "依据已撤销。"}, "accepted")
	c.lineIs(t, intake.BatchLine{Op: intake.OpRevocation, Ref: "list", Reason: "依据已撤销。"}, "accepted")
	if r, l := c.storedRecord(t, record), c.storedListing(t, listing); r.State != mingjing.RecordRemoved ||
		l.State != mingjing.ListingAnnulled {
		t.Fatalf("%s, %s", r.State, l.State)
	}
	_, err := c.Assign(ctx, handler, d.ID) // nobody had taken it yet
	must(t, err)
	for _, id := range []string{d.ID, e.ID} {
		k := c.storedDispute(t, id)
		if k.State != mingjing.CaseAgencyAnswered || k.Answer == nil || k.Answer.Position != mingjing.PositionWithdrawn ||
			k.Answer.Text["zh-CN"] != "依据已撤销。" {
			t.Fatalf("%+v", k)
		}
		_, err := c.Decide(ctx, handler, id, desk.Ruling{Outcome: mingjing.OutcomeRejected, Reasons: "So."})
		wants(t, err, "agency_lost")
		_, err = c.Decide(ctx, handler, id, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
		must(t, err)
	}
	if r, l := c.storedRecord(t, record), c.storedListing(t, listing); r.State != mingjing.RecordRemoved ||
		l.State != mingjing.ListingAnnulled {
		t.Errorf("%s, %s", r.State, l.State)
	}
	if s := c.latest(t, a, "honest-shanghai"); counts(s, record) || counts(s, listing) {
		t.Error("what was revoked counts")
	}
}

func TestAListingIsProposedAndGivenUpThroughTheIntake(t *testing.T) {
	for state, bring := range map[mingjing.ListingState]func(c *city, a mingjing.Actor, l mingjing.Listing){
		mingjing.ListingProposed: func(*city, mingjing.Actor, mingjing.Listing) {},
		mingjing.ListingDecided: func(c *city, _ mingjing.Actor, l mingjing.Listing) {
			c.decidedBy(t, l, mingjing.OutcomeApproved)
		},
		mingjing.ListingServed: func(c *city, a mingjing.Actor, l mingjing.Listing) {
			c.decidedBy(t, l, mingjing.OutcomeApproved)
			must(t, c.ConfirmReceipt(ctx, a, l.ID))
		},
	} {
		for op, served := range map[string]mingjing.ListingState{intake.OpRevocation: mingjing.ListingAnnulled,
			intake.OpLift: mingjing.ListingLifted} {
			c := newCity(t)
			a := c.resident(t, 1)
			p := proposal(1, "list")
			id := c.lineIs(t, intake.BatchLine{Op: intake.OpListing, Ref: "list", IDNumber: idNumber(1), Code: p.Code, Ground: p.Ground,
				Measures: p.Measures, Months: p.Months, Document: p.Document}, "accepted")
			l := c.storedListing(t, id)
			bring(c, a, l.Listing)
			if got := c.storedListing(t, id).State; got != state {
				t.Fatalf("it is %s, want %s", got, state)
			}
			want := map[mingjing.ListingState]mingjing.ListingState{mingjing.ListingProposed: mingjing.ListingRefused,
				mingjing.ListingDecided: mingjing.ListingAnnulled, mingjing.ListingServed: served}[state]
			c.lineIs(t, intake.BatchLine{Op: op, Ref: "list", Reason: "不再主张。"}, "accepted")
			if got := c.storedListing(t, id).State; got != want {
				t.Errorf("%s of what is %s makes it %s, want %s", op, state, got, want)
			}
			if d := c.storedDispute(t, l.CaseID); d.State != mingjing.CaseDecided || !d.NextDue.IsZero() {
				t.Errorf("its case is %s", d.State)
			}
		}
	}
}

func TestWhatWasSubmittedStaysWhenAReplyLeavesItOut(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	id := c.lineIs(t, owes(1, "one"), "accepted")
	c.ready(t, a, "honest-shanghai")
	if r := c.storedRecord(t, id); r.State != mingjing.RecordActive {
		t.Errorf("it is %s", r.State)
	}
	if !counts(c.latest(t, a, "honest-shanghai"), id) {
		t.Error("it does not count")
	}
}

package casework_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/intake"
	"mingjing/server/evidence"
)

// question files a dispute with one piece of evidence and asks the court about it.
func (c *city) question(t tb, n int) (a mingjing.Actor, d mingjing.Case) {
	t.Helper()
	a, record, _ := c.owing(t, n)
	d = c.file(t, a, record, "", pdf)
	c.put(t, d.ID)
	return a, d
}

func stands() agencyside.OfficerAnswer {
	return agencyside.OfficerAnswer{Position: mingjing.PositionMaintained, Text: mingjing.Text{"zh-CN": "记录无误。", "en": "It is right."},
		Document: []evidence.Upload{pdf}}
}

func TestAnAgencyAnswersWithADocument(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		a, d := c.question(t, 1)
		heard := c.bus.count("agency:court", mingjing.EventDispute)
		if heard == 0 {
			t.Error("the agency's screens were not told of the question")
		}
		list, err := c.AgencyQuestions(ctx, judge, "")
		must(t, err)
		if len(list.Questions) != 1 || list.Questions[0].ID != d.ID || list.Questions[0].Ref != "debt" || !list.Questions[0].Open ||
			list.Questions[0].Clock.Code != "agency" || list.Questions[0].Resident != "" || list.Questions[0].Statement != "" {
			t.Fatalf("%+v", list)
		}
		if got := c.seen(t, a); got != "" {
			t.Errorf("the list names nobody, and the access log has %q", got)
		}
		q, err := c.AgencyQuestion(ctx, judge, d.ID)
		must(t, err)
		if q.Resident != "居民1" || q.Statement != "That was not me." || q.Reason != mingjing.ReasonNotMe || len(q.Evidence) != 1 {
			t.Fatalf("%+v", q)
		}
		for range 2 {
			e, data, err := c.AgencyEvidence(ctx, judge, q.Evidence[0].ID)
			if err != nil || e.ID != q.Evidence[0].ID || !bytes.Equal(data, pdf.Data) {
				t.Fatalf("%+v %v", e, err)
			}
		}
		if got, want := c.seen(t, a), "evidence by 上海市高级人民法院 Judge, evidence by 上海市高级人民法院 Judge, question by 上海市高级人民法院 Judge"; got != want {
			t.Errorf("the access log has %q", got)
		}
		own, err := c.Dispute(ctx, a, d.ID)
		must(t, err)
		if len(own.AgencyOpened) != 1 || own.AgencyOpened[0].EvidenceID != q.Evidence[0].ID || own.AgencyOpened[0].Who != "Judge" ||
			own.AgencyOpened[0].Agency != "court" {
			t.Errorf("the receipt is %+v", own.AgencyOpened)
		}
		for code, change := range map[string]func(*agencyside.OfficerAnswer){
			"position:position_required":        func(w *agencyside.OfficerAnswer) { w.Position = "maybe" },
			"text_zh:answer_text_required":      func(w *agencyside.OfficerAnswer) { w.Text = mingjing.Text{"en": "x"} },
			"text_en:too_long":                  func(w *agencyside.OfficerAnswer) { w.Text["en"] = strings.Repeat("x", 1001) },
			"evidence:answer_document_required": func(w *agencyside.OfficerAnswer) { w.Document = nil },
			"evidence:answer_document_one":      func(w *agencyside.OfficerAnswer) { w.Document = []evidence.Upload{pdf, pdf} },
			"evidence:evidence_type": func(w *agencyside.OfficerAnswer) {
				w.Document = []evidence.Upload{{Name: "a.exe", Data: []byte("MZ")}}
			},
			"occurred:correction_required": func(w *agencyside.OfficerAnswer) {
				w.Position, w.Occurred = mingjing.PositionCorrected, "2025-08-01" // later is worse
			},
		} {
			w := stands()
			change(&w)
			_, err := c.AgencyAnswer(ctx, judge, d.ID, w)
			wants(t, err, code)
		}
		answered, err := c.AgencyAnswer(ctx, judge, d.ID, stands())
		must(t, err)
		if answered.Open || answered.Answer == nil || answered.Answer.By != "Judge" || answered.Answer.Document == nil {
			t.Fatalf("%+v", answered)
		}
		_, err = c.AgencyAnswer(ctx, judge, d.ID, stands())
		wants(t, err, "answered_already")
		doc := answered.Answer.Document.ID
		for _, who := range []mingjing.Actor{a, handler} {
			if e, data, err := c.EvidenceFile(ctx, who, doc); err != nil || e.ID != doc || !bytes.Equal(data, pdf.Data) {
				t.Errorf("%s opens the answer's document: %v", who.Role, err)
			}
		}
		k, err := c.Case(ctx, handler, d.ID)
		must(t, err)
		if k.State != mingjing.CaseAgencyAnswered || k.Answer.Document == nil || len(k.Evidence) != 1 || len(k.AgencyOpened) != 1 {
			t.Errorf("%+v", k.Case)
		}
		if c.bus.count("agency:court", mingjing.EventDispute) <= heard {
			t.Error("the agency's screens were not told that it is answered")
		}
		if list, err = c.AgencyQuestions(ctx, judge, ""); err != nil || len(list.Questions) != 0 {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestAnAnswerCountsUntilTheSecondNoticeIsOver(t *testing.T) {
	for notice, code := range map[int]string{1: "", 2: "answer_too_late"} {
		c := newCity(t)
		_, d := c.question(t, 1)
		for range notice {
			q, err := c.AgencyQuestion(ctx, judge, d.ID)
			must(t, err)
			c.clock.set(q.Clock.Due.Add(time.Minute)) // and no worker has looked yet
			if notice == 2 && q.Notice == 1 {
				_, err = c.job(ctx, cases.JobQuestion, d.ID)
				must(t, err)
			}
		}
		_, err := c.AgencyAnswer(ctx, judge, d.ID, stands())
		wants(t, err, code)
		k := c.storedDispute(t, d.ID)
		r := c.storedRecord(t, k.RecordID)
		switch {
		case notice == 1 && (k.State != mingjing.CaseAgencyAnswered || r.State != mingjing.RecordSuspended):
			t.Errorf("in the second notice: %s, %s", k.State, r.State)
		case notice == 2 && (k.State != mingjing.CaseAgencyLost || r.State != mingjing.RecordRemoved):
			t.Errorf("too late: %s, %s", k.State, r.State)
		}
	}
}

func TestAnAgencySeesWhatIsPutToItAndNothingElse(t *testing.T) {
	c := newCity(t)
	a, d := c.question(t, 1)
	own, err := c.Dispute(ctx, a, d.ID)
	must(t, err)
	evidence := own.Evidence[0].ID
	_, _, unasked := c.owing(t, 2)
	b := c.resident(t, 2)
	quiet := c.file(t, b, "", unasked, pdf)
	before := c.seen(t, a)
	try := func(name string, who mingjing.Actor, dispute, evidence, want string) {
		t.Helper()
		_, err := c.AgencyQuestion(ctx, who, dispute)
		wants(t, err, want)
		_, err = c.AgencyAnswer(ctx, who, dispute, stands())
		wants(t, err, want)
		_, data, err := c.AgencyEvidence(ctx, who, evidence)
		wants(t, err, want)
		if data != nil {
			t.Errorf("%s got a file", name)
		}
	}
	try("another agency", officer, d.ID, evidence, "not_found")
	try("a case not put to it", judge, quiet.ID, quiet.Evidence[0].ID, "not_found")
	try("no such case", judge, "none", "none", "not_found")
	half := judge
	half.AAL = 1
	try("without a second factor", half, d.ID, evidence, "aal2_required")
	try("its computer", court, d.ID, evidence, "aal2_required")
	for _, who := range []mingjing.Actor{a, handler, supervisor, auditor, {}, {Role: mingjing.RoleAgency, ID: "g", AAL: 2}} {
		try(string(who.Role), who, d.ID, evidence, "forbidden")
		_, err := c.AgencyQuestions(ctx, who, "")
		wants(t, err, "forbidden")
		_, err = c.AgencyHoldings(ctx, who, "", "")
		wants(t, err, "forbidden")
		_, err = c.Submit(ctx, who, intake.Batch{ID: "x", Lines: []intake.BatchLine{owes(1, "one")}})
		wants(t, err, "forbidden")
	}
	if list, err := c.AgencyQuestions(ctx, officer, ""); err != nil || len(list.Questions) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if after := c.seen(t, a); after != before {
		t.Errorf("what was refused is in the access log: %q", after)
	}
	if _, _, err := c.EvidenceFile(ctx, judge, evidence); codeOf(err) != "forbidden" {
		t.Error(err)
	}
	// The agency can no longer read a case that is decided.
	_, err = c.Decide(ctx, handler, d.ID,
		desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So.", Answers: map[string]string{evidence: "Seen."}})
	must(t, err)
	try("a decided case", judge, d.ID, evidence, "not_found")
}

func TestWhatAnAgencyHasSuppliedNamesNobodyUnlessSearched(t *testing.T) {
	intakeOnEach(t, func(t *testing.T, c *city) {
		a := c.resident(t, 1)
		for i := range 60 {
			l := owes(1, fmt.Sprintf("ref-%02d", i))
			l.Document.Number = l.Ref
			c.lineIs(t, l, "accepted")
		}
		c.propose(t, 1, "list")
		before := c.seen(t, a)
		v, err := c.AgencyHoldings(ctx, judge, "", "")
		must(t, err)
		next, err := c.AgencyHoldings(ctx, judge, "", v.Next)
		must(t, err)
		all := append(v.Holdings, next.Holdings...)
		if len(v.Holdings) != 50 || len(all) != 61 || next.Next != "" || all[0].Ref != "ref-59" || all[60].Ref != "list" ||
			all[60].State != "proposed" {
			t.Fatalf("%d, %d: %+v", len(v.Holdings), len(all), next)
		}
		for _, h := range all {
			if h.Resident != "" {
				t.Errorf("%+v", h)
			}
		}
		if got := c.seen(t, a); got != before {
			t.Errorf("the access log has %q", got)
		}
		one, err := c.AgencyHoldings(ctx, judge, " list ", "")
		must(t, err)
		if len(one.Holdings) != 1 || one.Holdings[0].Resident != "居民1" || one.Holdings[0].Kind != "listing" {
			t.Errorf("%+v", one)
		}
		if got := c.seen(t, a); got != "listing by 上海市高级人民法院 Judge, "+before {
			t.Errorf("the access log has %q", got)
		}
		if v, err := c.AgencyHoldings(ctx, officer, "list", ""); err != nil || len(v.Holdings) != 0 {
			t.Errorf("another agency finds %+v %v", v, err)
		}
		for _, cursor := range []string{"x", "record.", "record.-1", "dispute.1"} {
			_, err := c.AgencyHoldings(ctx, judge, "", cursor)
			wants(t, err, "invalid_cursor")
		}
	})
}

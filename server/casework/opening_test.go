package casework_test

import (
	"strings"
	"testing"

	"mingjing"
	"mingjing/server/casework/cases"
)

func TestAHandlerOpensWhatIsTheirsAndForAReasonWhatIsSomebodyElses(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "", pdf)
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	others := func() (n int) {
		for _, l := range c.looks(t, a) {
			if l.Who == handler2.Name {
				n++
			}
		}
		return n
	}
	for _, who := range []mingjing.Actor{handler2, supervisor} {
		k, err := c.Case(ctx, who, d.ID)
		must(t, err)
		if !k.Closed || k.Resident != "" || k.IDMasked != "" || k.Statement != "" || len(k.Evidence)+len(k.Notes) > 0 {
			t.Errorf("%s sees of somebody else's case %+v", who.ID, k)
		}
		_, _, err = c.EvidenceFile(ctx, who, d.Evidence[0].ID)
		wants(t, err, "case_reason_required")
		_, err = c.AddNote(ctx, who, d.ID, "So.")
		wants(t, err, "case_reason_required")
		for _, none := range []string{"", " \n"} {
			_, err = c.Open(ctx, who, d.ID, none)
			wants(t, err, "reason:open_reason_required")
		}
		_, err = c.Open(ctx, who, d.ID, strings.Repeat("长", mingjing.MaxOpenReason+1))
		wants(t, err, "reason:too_long")
	}
	if n := others(); n != 0 {
		t.Errorf("nothing was opened, and the log has %d entries", n)
	}
	_, err = c.Open(ctx, handler, d.ID, "It is mine.")
	wants(t, err, "case_open_already")
	_, err = c.Open(ctx, auditor, d.ID, "I audit.")
	wants(t, err, "forbidden")

	k, err := c.Open(ctx, handler2, d.ID, " The handler is ill,\r\nand they telephoned. ")
	must(t, err)
	if k.Closed || k.IDMasked == "" || len(k.Evidence) != 1 {
		t.Errorf("opened with a reason it is %+v", k)
	}
	l := c.looks(t, a)[0]
	if l.Reason != "The handler is ill,\nand they telephoned." || l.Purpose != mingjing.PurposeOtherCase ||
		l.Who != handler2.Name || !l.Askable() {
		t.Errorf("the log says %+v", l)
	}
	_, _, err = c.EvidenceFile(ctx, handler2, d.Evidence[0].ID)
	must(t, err)
	if l := c.looks(t, a)[0]; l.Purpose != mingjing.PurposeOtherCase || l.Action != "evidence" {
		t.Errorf("and of the file %+v", l)
	}
	w, err := c.Workload(ctx, auditor)
	must(t, err)
	opened := map[string]int{}
	for _, h := range w.Handlers {
		opened[h.ID] = h.Opened
	}
	if opened[handler2.ID] != 1 || opened[handler.ID] != 0 {
		t.Errorf("auditors see %v", opened)
	}
	c.clock.pass(cases.OpeningTime)
	if k, err = c.Case(ctx, handler2, d.ID); err != nil || !k.Closed {
		t.Errorf("after an hour it is still open: %v", err)
	}
}

func TestWhoReviewsADecisionOpensItAndNobodyElseDoes(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	first := c.rejected(t, a, record, "")
	review, err := c.AskForReview(ctx, a, cases.Filing{Previous: first.ID, Statement: "Once more."})
	must(t, err)
	for _, taken := range []bool{false, true} {
		k, err := c.Case(ctx, supervisor, first.ID)
		must(t, err)
		if k.Closed == taken {
			t.Errorf("taken %v, closed %v", taken, k.Closed)
		}
		_, err = c.Assign(ctx, supervisor, review.ID)
		if !taken {
			must(t, err)
		}
	}
	if k, err := c.Case(ctx, handler2, first.ID); err != nil || !k.Closed {
		t.Errorf("a colleague opens it: %v", err)
	}
}

package casework_test

import (
	"testing"
	"time"

	"mingjing"
)

func TestAWonCaseSaysHowTheScoreHasRisenAndALostOneDoesNot(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	before := c.latest(t, a, "honest-shanghai")
	c.clock.pass(time.Hour)
	d, err := c.Dispute(ctx, a, c.upheld(t, a, record).ID)
	must(t, err)
	after := c.latest(t, a, "honest-shanghai")
	if after.Value <= before.Value {
		t.Fatalf("the score went from %d to %d", before.Value, after.Value)
	}
	if len(d.Changes) != 1 || d.Changes[0].Before.Value != before.Value || d.Changes[0].After.Value != after.Value ||
		d.Changes[0].After.BandName.In("en") == "" {
		t.Errorf("the case says %+v", d.Changes)
	}
	for _, n := range c.inbox(t, a) {
		if n.Kind == mingjing.NoticeCaseDecided && n.Item != d.Code() {
			t.Errorf("the notice names %q, not %q", n.Item, d.Code())
		}
	}
	handled, err := c.Case(ctx, handler, d.ID)
	must(t, err)
	if handled.Changes != nil {
		t.Error("the handler sees the score")
	}

	b, record, _ := c.owing(t, 2)
	c.clock.pass(time.Hour)
	lost := c.rejected(t, b, record, "")
	if got, err := c.Dispute(ctx, b, lost.ID); err != nil || len(got.Changes) != 0 {
		t.Errorf("the lost case says %+v, %v", got.Changes, err)
	}
}

package casework_test

import (
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
)

// bureauDue returns when the bureau's running clock of a case ends.
func bureauDue(d mingjing.Case) (due time.Time) {
	for _, k := range d.Clocks {
		if cases.IsBureauClock(k.Code) && cases.IsRunning(k) {
			due = k.Due
		}
	}
	return due
}

func TestWhoHasNothingToAddGetsTheDecisionSoonerAndTheWholeTimeAgainWhenTheyAdd(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	open := c.file(t, a, record, "")
	if _, err := c.NothingToAdd(ctx, a, open.ID); open.Sooner != nil {
		t.Errorf("it is offered before the agency was asked: %v, %v", open.Sooner, err)
	} else {
		wants(t, err, "not_sooner")
	}

	b, record, _ := c.owing(t, 2)
	c.answered(t, b, record, "", mingjing.PositionMaintained)
	d := c.mustDisputes(t, b)[0]
	whole := bureauDue(d)
	if d.Sooner == nil || !d.Sooner.Before(whole) || !d.Sooner.After(c.clock.Now()) {
		t.Fatalf("the bureau's time ends %v, and would end %v", whole, d.Sooner)
	}
	said, err := c.NothingToAdd(ctx, b, d.ID)
	must(t, err)
	if due := bureauDue(said); !due.Equal(*d.Sooner) || said.ReadyAt == nil || said.Sooner != nil ||
		said.Timeline[len(said.Timeline)-1].Code != "nothing_to_add" {
		t.Errorf("it ends %v, not %v: %+v", due, d.Sooner, said)
	}
	if due := c.storedDispute(t, d.ID).NextDue; !due.Equal(*d.Sooner) {
		t.Errorf("in the queue it is due %v", due)
	}
	_, err = c.NothingToAdd(ctx, b, d.ID)
	wants(t, err, "not_sooner")
	added, err := c.AddToCase(ctx, b, d.ID, "One thing after all.", nil)
	must(t, err)
	if due := bureauDue(added); !due.Equal(whole) || added.ReadyAt != nil || added.Sooner == nil {
		t.Errorf("something was added, and it ends %v, not %v", due, whole)
	}

	said, err = c.NothingToAdd(ctx, b, d.ID)
	must(t, err)
	c.clock.pass(bureauDue(said).Sub(c.clock.Now()) + time.Second)
	must(t, c.work(cases.JobClock, d.ID))
	if !c.storedDispute(t, d.ID).Escalated {
		t.Error("the bureau is past the shorter time, and nothing follows")
	}
}

package casework_test

import (
	"slices"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/holding"
)

// entriesOf are the entries of a resident's access log with an action.
func (c *city) entriesOf(t tb, a mingjing.Actor, action string) []mingjing.AccessEntry {
	t.Helper()
	return slices.DeleteFunc(c.looks(t, a), func(l mingjing.AccessEntry) bool { return l.Action != action })
}

func TestNoMissedDeadlineIsLoggedWhereNoneWasMissed(t *testing.T) {
	c := newCity(t)
	a, record, _ := c.owing(t, 1)
	d := c.file(t, a, record, "")
	_, err := c.Assign(ctx, handler, d.ID)
	must(t, err)
	for range 2 { // the job looks, and no clock has run out
		wait, err := c.job(ctx, cases.JobClock, d.ID)
		must(t, err)
		if wait <= 0 {
			t.Errorf("it does not wait: %s", wait)
		}
	}
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So."})
	must(t, err)
	c.clock.pass(90 * 24 * time.Hour)
	must(t, c.did(ctx, cases.JobClock, d.ID))
	if l := c.entriesOf(t, a, "clock"); len(l) != 0 {
		t.Errorf("the log says that a deadline was missed: %+v", l)
	}
	// One that was missed is there, once.
	b, record, _ := c.owing(t, 2)
	d = c.file(t, b, record, "")
	c.clock.pass(90 * 24 * time.Hour)
	for range 3 {
		must(t, c.did(ctx, cases.JobClock, d.ID))
	}
	if l := c.entriesOf(t, b, "clock"); len(l) != 1 || l[0].Subject != d.ID || l[0].Purpose != "dispute" {
		t.Errorf("the log has %+v", l)
	}
}

func TestTheLogSaysListingWhereAListingWasHandled(t *testing.T) {
	c := newCity(t)
	a := c.resident(t, 1)
	l := c.propose(t, 1, "p-1")
	c.decidedBy(t, l, mingjing.OutcomeApproved)
	_, err := c.Case(ctx, auditor, l.CaseID)
	must(t, err)
	must(t, c.ConfirmReceipt(ctx, a, l.ID))
	c.clock.pass(30 * 24 * time.Hour)
	must(t, c.did(ctx, holding.JobListing, l.ID))
	for _, x := range c.looks(t, a) {
		want := "listing"
		switch {
		case x.Role == mingjing.RoleResident:
			want = "own"
		case x.Role == mingjing.RoleAuditor:
			want = "audit"
		case x.Action == "notify":
			want = "notice"
		case x.Action == "rescore":
			want = "score"
		}
		if x.Purpose != want {
			t.Errorf("%s by a %s is for %q, want %q", x.Action, x.Role, x.Purpose, want)
		}
	}
	if x := c.entriesOf(t, a, "listing_term"); len(x) != 1 || x[0].Subject != l.ID {
		t.Errorf("that it took effect is logged as %+v", x)
	}
	// A clock that ran out over a proposal.
	b := c.resident(t, 2)
	late := c.propose(t, 2, "p-2")
	c.clock.pass(90 * 24 * time.Hour)
	must(t, c.did(ctx, cases.JobClock, late.CaseID))
	if x := c.entriesOf(t, b, "clock"); len(x) != 1 || x[0].Purpose != "listing" {
		t.Errorf("the log has %+v", x)
	}
}

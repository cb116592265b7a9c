package casework_test

import (
	"testing"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/score"
	"mingjing/server/evidence"
)

// repairable is a resident with a listing for which repair is open.
func (c *city) repairable(t tb, n int) (a mingjing.Actor, listing string) {
	t.Helper()
	old := blacklisted("old")
	old.NoticeOn, old.From, old.Ends = "2024-06-01", "2024-06-02", "2026-06-02"
	c.offices.hold("court", score.Reply{Listings: []score.ReplyListing{old}})
	a = c.resident(t, n)
	c.ready(t, a, "honest-shanghai")
	v, err := c.Listings(ctx, a)
	must(t, err)
	return a, v.Listings[0].Listing.ID
}

func TestRepairEndsAListingEarly(t *testing.T) {
	c := newCity(t)
	a, listing := c.repairable(t, 1)
	f := cases.Filing{ListingID: listing, Statement: "I have paid.", Evidence: []evidence.Upload{pdf}}
	d, err := c.ApplyForRepair(ctx, a, f)
	must(t, err)
	if s := c.listingState(t, listing); s != mingjing.ListingInEffect || d.Kind != mingjing.CaseRepair {
		t.Errorf("asking is enough to be %s", s)
	}
	_, err = c.ApplyForRepair(ctx, a, f)
	wants(t, err, "repair_case_open")
	_, err = c.FileDispute(ctx, a, cases.Filing{ListingID: listing, Reason: mingjing.ReasonOther, Statement: "Wrong."})
	wants(t, err, "dispute_open")
	_, err = c.Assign(ctx, handler, d.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler, d.ID,
		desk.Ruling{Outcome: mingjing.OutcomeUpheld, Reasons: "So.", Answers: map[string]string{d.Evidence[0].ID: "Seen."}})
	wants(t, err, "outcome:outcome_required")
	_, err = c.Decide(ctx, handler, d.ID,
		desk.Ruling{Outcome: mingjing.OutcomeGranted, Reasons: "Paid in full.", Answers: map[string]string{d.Evidence[0].ID: "Seen."}})
	must(t, err)
	if s := c.listingState(t, listing); s != mingjing.ListingRepaired {
		t.Errorf("it is %s", s)
	}
	if s := c.latest(t, a, "honest-shanghai"); counts(s, listing) || s.Cause != "repair_decided" {
		t.Errorf("score %+v", s)
	}
	c.ready(t, a, "honest-shanghai") // the court sends it again
	if s := c.listingState(t, listing); s != mingjing.ListingRepaired {
		t.Errorf("sent again it is %s", s)
	}
}

func TestNoListingLastsLongerThanItsTierAllows(t *testing.T) {
	c := newCity(t)
	long := blacklisted("long")
	long.Ends = "2035-06-02"
	c.offices.hold("court", score.Reply{Listings: []score.ReplyListing{long}})
	a := c.resident(t, 1)
	c.ready(t, a, "honest-shanghai")
	v, err := c.Listings(ctx, a)
	must(t, err)
	if got := v.Listings[0].Listing.Ends; got != "2028-06-02" {
		t.Errorf("it ends on %s", got)
	}
}

func TestRepairHasItsTime(t *testing.T) {
	c := newCity(t)
	a, _, listing := c.owing(t, 1) // listed since June, and grave: a year is the least
	v, err := c.Listing(ctx, a, listing)
	must(t, err)
	if v.Repair || v.RepairWhy != "too_early" || v.Listing.RepairFrom != "2026-06-02" {
		t.Errorf("repair %v, %s, from %s", v.Repair, v.RepairWhy, v.Listing.RepairFrom)
	}
	_, err = c.ApplyForRepair(ctx, a, cases.Filing{ListingID: listing, Statement: "I have paid."})
	wants(t, err, "repair_too_early")
	c.clock.pass(92 * 24 * time.Hour)
	_, err = c.ApplyForRepair(ctx, a, cases.Filing{ListingID: listing, Statement: "I have paid."})
	must(t, err)
}

func TestAnUnansweredApplicationForRepairSuspendsTheListing(t *testing.T) {
	c := newCity(t)
	a, listing := c.repairable(t, 1)
	d, err := c.ApplyForRepair(ctx, a, cases.Filing{ListingID: listing, Statement: "I have paid."})
	must(t, err)
	c.tick(t, d.ID)
	if s := c.listingState(t, listing); s != mingjing.ListingSuspended {
		t.Errorf("it is %s", s)
	}
	got, err := c.Case(ctx, supervisor, d.ID)
	must(t, err)
	if !got.Escalated || got.State != mingjing.CaseFiled {
		t.Errorf("the case is %s, escalated %v", got.State, got.Escalated)
	}
	_, err = c.Assign(ctx, handler, d.ID)
	must(t, err)
	_, err = c.Decide(ctx, handler, d.ID, desk.Ruling{Outcome: mingjing.OutcomeRefused, Reasons: "Half is still owed."})
	must(t, err)
	if s := c.listingState(t, listing); s != mingjing.ListingInEffect {
		t.Errorf("refused, it is %s", s)
	}
}

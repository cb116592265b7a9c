package demo_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"mingjing"
	"mingjing/server/casework/listing"
	"mingjing/server/demo"
)

type desk struct {
	proposals []listing.Proposal
	err       error
}

func (d *desk) Propose(_ context.Context, a mingjing.Actor, p listing.Proposal) (mingjing.Listing, error) {
	if a.Role != mingjing.RoleAgency || a.Agency == "" {
		return mingjing.Listing{}, mingjing.NewError(mingjing.Forbidden, "forbidden")
	}
	d.proposals = append(d.proposals, p)
	return mingjing.Listing{}, d.err
}

func TestAnAgencyProposesWhatTheRulebookAllows(t *testing.T) {
	b := book(t, "honest-shanghai")
	d := &desk{}
	cfg := demo.Config{Books: []*mingjing.Rulebook{b}}
	if err := demo.Propose(t.Context(), d, cfg); err != nil || len(d.proposals) != 1 {
		t.Fatalf("%d proposals, %v", len(d.proposals), err)
	}
	p := d.proposals[0]
	item, ok := b.Item(p.Code)
	tier, _ := b.Procedure.Tier(item.Tier)
	if !ok || p.IDNumber != storyID(t, demo.StoryProposed) || p.Months > tier.MaxMonths || !p.Document.Complete() ||
		slices.ContainsFunc(p.Measures, func(m string) bool { return !slices.Contains(item.Measures, m) }) {
		t.Errorf("the proposal is %+v", p)
	}
	// Started again, it is there already, or has ended today.
	for _, code := range []string{"listed_already", "needs_new_case"} {
		d.err = mingjing.InvalidFields(mingjing.FieldError{Field: "code", Code: code})
		if err := demo.Propose(t.Context(), d, cfg); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	d.err = mingjing.InvalidFields(mingjing.FieldError{Field: "measures", Code: "measure_unpublished"})
	if err := demo.Propose(t.Context(), d, cfg); err == nil {
		t.Error("a proposal that was refused is no error")
	}
}

func TestAProposalIsMadeAnewUntilTheCityEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- demo.KeepProposing(ctx, d, demo.Config{Books: []*mingjing.Rulebook{book(t, "honest-shanghai")}})
		}()
		time.Sleep(3*time.Minute + time.Second) // of the bubble's time
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		seen := map[string]bool{}
		for _, p := range d.proposals {
			seen[p.Ref], seen[p.Document.Number] = true, true
		}
		if len(d.proposals) != 3 || len(seen) != 6 {
			t.Errorf("in three minutes there are %d proposals with %d references and documents", len(d.proposals), len(seen))
		}
	})
}

package demo_test

import (
	"context"
	"slices"
	"testing"

	"mingjing"
	"mingjing/server/casework"
	"mingjing/server/demo"
)

type desk struct {
	proposals []casework.Proposal
	err       error
}

func (d *desk) Propose(_ context.Context, a mingjing.Actor, p casework.Proposal) (mingjing.Listing, error) {
	if a.Role != mingjing.RoleAgency || a.Agency == "" {
		return mingjing.Listing{}, mingjing.Errorf(mingjing.Forbidden, "forbidden")
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

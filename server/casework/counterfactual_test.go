package casework_test

import (
	"reflect"
	"slices"
	"testing"

	"mingjing"
)

func TestTheScoreSaysOfEachThingWhetherItCanBeDisputedAndWhatWouldChangeTheBand(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	v, err := c.Score(ctx, a, "honest-shanghai")
	must(t, err)
	want := []mingjing.ScoreItem{{RecordID: record, Agency: "court", Document: doc("judgment"), Open: true},
		{ListingID: listing, Agency: "court", Document: doc("listing_decision"), Open: true}}
	slices.SortFunc(v.Items, func(x, y mingjing.ScoreItem) int { return len(y.RecordID) - len(x.RecordID) })
	if !reflect.DeepEqual(v.Items, want) {
		t.Errorf("items %+v", v.Items)
	}
	// 100 - 15 - 45 = 40 is bad; without the listing 85 is good.
	ways := v.Counterfactuals.Bands
	if len(ways) != 1 || ways[0].Band != "good" || ways[0].Changes != 1 || ways[0].Choices[0][0].Of[0].ListingID != listing {
		t.Errorf("to other bands lead %+v", ways)
	}
	// What is disputed does not count, and is no line of the sum.
	c.file(t, a, "", listing)
	v, err = c.Score(ctx, a, "honest-shanghai")
	must(t, err)
	if len(v.Items) != 1 || v.Items[0].RecordID != record {
		t.Errorf("items %+v", v.Items)
	}
	// It would count again if the dispute were rejected.
	ways = v.Counterfactuals.Bands
	if len(ways) != 1 || ways[0].Band != "bad" || ways[0].Better || !ways[0].Choices[0][0].Of[0].Counts {
		t.Errorf("to other bands lead %+v", ways)
	}
}

func TestALetterOffersOnlyTheWaysThatTheAppThenTakes(t *testing.T) {
	c := newCity(t)
	a, record, listing := c.owing(t, 1)
	for _, d := range []mingjing.Case{c.rejected(t, a, "", listing), c.upheld(t, a, record)} {
		shown, err := c.Dispute(ctx, a, d.ID)
		must(t, err)
		l, err := c.Letter(ctx, a, d.ID)
		must(t, err)
		if !slices.Equal(l.Dispute.Lanes, shown.Lanes) || len(l.Dispute.Lanes) == 0 {
			t.Errorf("%s: the letter offers %v, the page %v", d.Decision.Outcome, l.Dispute.Lanes, shown.Lanes)
		}
		// A letter from before the ways were stored.
		c.do(t, func(tx opened) error {
			stored, err := tx.Case(ctx, d.ID)
			must(t, err)
			stored.Letter.Dispute.Lanes = nil
			return tx.SetCase(ctx, stored)
		})
		l, err = c.Letter(ctx, a, d.ID)
		must(t, err)
		if !slices.Equal(l.Dispute.Lanes, shown.Lanes) {
			t.Errorf("%s: an old letter offers %v, the page %v", d.Decision.Outcome, l.Dispute.Lanes, shown.Lanes)
		}
	}
}

func TestALetterSaysWhatWouldHaveChangedTheBandAsLongAsThereIsAScore(t *testing.T) {
	c := newCity(t)
	a, _, listing := c.owing(t, 1)
	d := c.rejected(t, a, "", listing)
	l, err := c.Letter(ctx, a, d.ID)
	must(t, err)
	if len(l.Counterfactuals) != 1 || l.Counterfactuals[0].Band.Code != "bad" || l.Counterfactuals[0].Rulebook.ID != "honest-shanghai" ||
		len(l.Counterfactuals[0].Counterfactuals.Bands) != 1 || l.Counterfactuals[0].Counterfactuals.Bands[0].Band != "good" {
		t.Errorf("counterfactuals %+v", l.Counterfactuals)
	}
	must(t, c.Withdraw(ctx, a, "honest-shanghai"))
	l, err = c.Letter(ctx, a, d.ID)
	must(t, err)
	if len(l.Counterfactuals) != 0 {
		t.Errorf("without consent it still has %+v", l.Counterfactuals)
	}
}

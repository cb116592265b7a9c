package mingjing_test

import (
	"slices"
	"testing"
	"time"

	"mingjing"
)

func TestTheDatesOfAListingAreThoseStillToCome(t *testing.T) {
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	later, past := now.Add(time.Hour), now.Add(-time.Hour)
	for name, test := range map[string]struct {
		l     mingjing.Listing
		want  []string
		waits bool
	}{
		"decided":  {mingjing.Listing{State: mingjing.ListingDecided}, nil, true},
		"served":   {mingjing.Listing{State: mingjing.ListingServed, AnswerBy: &later}, []string{"answer"}, true},
		"too late": {mingjing.Listing{State: mingjing.ListingServed, AnswerBy: &past}, nil, false},
		"in effect": {mingjing.Listing{State: mingjing.ListingInEffect, AnswerBy: &past, From: "2026-03-01", Ends: "2027-03-01"},
			[]string{"ends"}, false},
		"today":    {mingjing.Listing{State: mingjing.ListingInEffect, From: "2026-03-02", Ends: "2027-03-01"}, []string{"from", "ends"}, false},
		"disputed": {mingjing.Listing{State: mingjing.ListingDisputed, AnswerBy: &later}, []string{"answer"}, false},
		"repaired": {mingjing.Listing{State: mingjing.ListingRepaired, From: "2026-03-01", Ends: "2027-03-01"}, nil, false},
		"lifted":   {mingjing.Listing{State: mingjing.ListingLifted, Ends: "2027-03-01"}, nil, false},
		"annulled": {mingjing.Listing{State: mingjing.ListingAnnulled, AnswerBy: &later}, nil, false},
	} {
		var got []string
		for _, d := range test.l.Coming(now, "2026-03-02") {
			got = append(got, d.Name)
			if d.At.IsZero() == (d.Day == "") {
				t.Errorf("%s: %+v is not one of an instant and a day", name, d)
			}
		}
		if !slices.Equal(got, test.want) || test.l.Waits(now) != test.waits {
			t.Errorf("%s: dates %v, waits %v", name, got, test.l.Waits(now))
		}
	}
}

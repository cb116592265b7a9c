package mingjing_test

import (
	"testing"

	"mingjing"
	"mingjing/web/rulebooks"
)

// TestARefusalIsAnsweredByTheLawOfTheRulebook has twenty people at a counter.
func TestARefusalIsAnsweredByTheLawOfTheRulebook(t *testing.T) {
	book, err := rulebooks.Parse(rulebooks.Files()["honest-shanghai.json"])
	if err != nil {
		t.Fatal(err)
	}
	const today = "2026-03-02"
	court := func(change func(*mingjing.Listing)) []mingjing.Listing {
		l := mingjing.Listing{ID: "l", Kind: mingjing.Blacklist, Code: "court.enforcement_blacklist", Tier: mingjing.TierSerious,
			State: mingjing.ListingInEffect, NoticeOn: "2026-01-05", From: "2026-01-20", Ends: "2028-01-20"}
		for _, code := range []string{"restrict.air", "restrict.rail", "restrict.hotel"} {
			m, _ := book.Measure(code)
			l.Measures = append(l.Measures, m.Measure)
		}
		if change != nil {
			change(&l)
		}
		return []mingjing.Listing{l}
	}
	in := func(s mingjing.ListingState) []mingjing.Listing {
		return court(func(l *mingjing.Listing) { l.State = s })
	}
	for _, c := range []struct {
		who, measure string
		listings     []mingjing.Listing
		want         mingjing.RefusalAnswer
	}{
		{"a debtor on the court's list, at the airport", "restrict.air", court(nil), mingjing.RefusalCarried},
		{"the same at a hotel", "restrict.hotel", court(nil), mingjing.RefusalCarried},
		{"the same, of whom a score is asked at the station", mingjing.ScoreMeasure, court(nil), mingjing.RefusalScore},
		{"somebody without any listing, at the station", "restrict.rail", nil, mingjing.RefusalClear},
		{"somebody with a bad score and no listing, at a hotel", "restrict.hotel", nil, mingjing.RefusalClear},
		{"somebody who is told that the score is too low", mingjing.ScoreMeasure, nil, mingjing.RefusalScore},
		{"somebody who disputes the listing", "restrict.air", in(mingjing.ListingDisputed), mingjing.RefusalClear},
		{"somebody whose listing is suspended, since the court is late", "restrict.air", in(mingjing.ListingSuspended), mingjing.RefusalClear},
		{"somebody who was never given notice", "restrict.air", in(mingjing.ListingUnserved), mingjing.RefusalClear},
		{"somebody in effect on paper, without notice", "restrict.air", court(func(l *mingjing.Listing) { l.NoticeOn = "" }),
			mingjing.RefusalClear},
		{"somebody whose time to answer still runs", "restrict.air", in(mingjing.ListingServed), mingjing.RefusalClear},
		{"somebody whose listing is only proposed", "restrict.air", in(mingjing.ListingProposed), mingjing.RefusalClear},
		{"somebody who has paid and was taken off", "restrict.air", in(mingjing.ListingRepaired), mingjing.RefusalClear},
		{"somebody whose listing was lifted", "restrict.air", in(mingjing.ListingLifted), mingjing.RefusalClear},
		{"somebody whose term ended today", "restrict.air", court(func(l *mingjing.Listing) { l.Ends = today }), mingjing.RefusalClear},
		{"somebody whose listing begins tomorrow", "restrict.air", court(func(l *mingjing.Listing) { l.From = "2026-03-03" }),
			mingjing.RefusalClear},
		{"somebody whose listing has no such measure", "restrict.property", court(nil), mingjing.RefusalClear},
		{"somebody whose ground is too mild for it", "restrict.air", court(func(l *mingjing.Listing) { l.Tier = mingjing.TierMinor }),
			mingjing.RefusalClear},
		{"somebody on a tax list that carries a court's measure", "restrict.air", court(func(l *mingjing.Listing) {
			l.Code = "tax.major_violation_blacklist"
		}), mingjing.RefusalClear},
		{"a parent whose child is refused a school", "schooling", court(func(l *mingjing.Listing) {
			l.Measures = append(l.Measures, mingjing.Measure{Code: "schooling"})
		}), mingjing.RefusalUnpublished},
	} {
		got, carry := mingjing.AnswerRefusal([]*mingjing.Rulebook{book}, c.listings, c.measure, today)
		if got != c.want || (len(carry) > 0) != (got == mingjing.RefusalCarried) {
			t.Errorf("%s: %s with %d listings, want %s", c.who, got, len(carry), c.want)
		}
	}
}

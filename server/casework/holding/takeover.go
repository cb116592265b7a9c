package holding

import (
	"slices"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// TakeOver returns a listing as an authority sent it, which made it, and gave notice of
// it or not. Fields that only the bureau sets are left out.
func (c *Holdings) TakeOver(in mingjing.Listing) Listing {
	l := Listing{Listing: mingjing.Listing{ID: kernel.NewID(), Kind: in.Kind, Code: in.Code, Subject: in.Subject, Ground: in.Ground,
		LegalBasis: in.LegalBasis, Measures: in.Measures, Document: in.Document, NoticeOn: in.NoticeOn, From: in.From, Ends: in.Ends,
		Exit: in.Exit, State: mingjing.ListingUnserved}}
	if l.NoticeOn != "" {
		l.State, l.Served = mingjing.ListingInEffect, mingjing.ServedByAgency
	}
	if book, item, ok := c.ListingItem(l.Code); ok {
		l.Tier = item.Tier
		l.Measures = published(book, l.Measures)
		if len(l.Exit) == 0 {
			l.Exit = item.Exit
		}
	}
	c.capByTier(&l)
	return l
}

// published returns measures with the published text of those that the rulebook allows. What
// it does not allow keeps the authority's own words, and pages say that it is not published.
func published(book *mingjing.Rulebook, sent []mingjing.Measure) []mingjing.Measure {
	measures := slices.Clone(sent)
	for i, m := range measures {
		if p, ok := book.Measure(m.Code); ok {
			measures[i] = p.Measure
		}
	}
	return measures
}

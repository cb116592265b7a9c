package holding

import (
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
	if _, item, ok := c.ListingItem(l.Code); ok {
		l.Tier = item.Tier
		if len(l.Exit) == 0 {
			l.Exit = item.Exit
		}
	}
	c.capByTier(&l)
	return l
}

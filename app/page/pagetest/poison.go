package pagetest

import (
	"mingjing"
)

// Poison puts hostile and overlong text wherever a person or an agency writes.
func Poison(v *mingjing.View) {
	for key := range v.Labels {
		v.Labels[key] = Hostile + longName
	}
	if v.Who != nil {
		v.Who.Name = longName + Hostile
	}
	text := mingjing.Text{"en": Hostile, "zh-CN": Hostile + longName}
	doc := mingjing.Document{Kind: Hostile, Issuer: Hostile, Number: Hostile, Date: "2025-03-14", Hash: Hostile}
	rec := func(r *mingjing.Record) {
		if r != nil {
			r.ID, r.Code, r.Subject, r.Detail, r.Document, r.DisputeID = Hostile, Hostile, Hostile, text, doc, Hostile
		}
	}
	list := func(l *mingjing.Listing) {
		if l != nil {
			l.ID, l.Subject, l.Ground, l.LegalBasis, l.Exit, l.Document = Hostile, longName, text, text, text, doc
			l.Measures = []mingjing.Measure{{Code: Hostile, Name: text, LegalBasis: text}}
			l.Statement, l.Tier, l.Served = Hostile+longName, Hostile, Hostile
			for i := range l.Life {
				l.Life[i].Who, l.Life[i].Code = Hostile, Hostile
			}
		}
	}
	disp := func(d *mingjing.Dispute) {
		rec(d.Record)
		list(d.Listing)
		d.ID, d.Statement, d.Handler = Hostile, Hostile+"\n"+Hostile, Hostile
		for i := range d.Evidence {
			d.Evidence[i].Name, d.Evidence[i].Type, d.Evidence[i].Answer = Hostile, Hostile, Hostile
		}
		for i := range d.Timeline {
			d.Timeline[i].Who, d.Timeline[i].Code = Hostile, Hostile
		}
		if d.Answer != nil {
			d.Answer.Text, d.Answer.Position = text, Hostile
		}
		if d.Decision != nil {
			d.Decision.By, d.Decision.Reasons, d.Decision.Rule = Hostile, Hostile, Hostile
		}
		if d.Recommendation != nil {
			d.Recommendation.By, d.Recommendation.Reasons = Hostile, Hostile
		}
	}
	if v.Records != nil {
		for i := range v.Records.Records {
			rec(&v.Records.Records[i].Record)
			for j := range v.Records.Records[i].Effect {
				v.Records.Records[i].Effect[j].Rulebook, v.Records.Records[i].Effect[j].Why = Hostile, Hostile
			}
		}
	}
	if v.Record != nil {
		rec(&v.Record.Record)
		for i := range v.Record.Log {
			l := &v.Record.Log[i]
			l.Who, l.Action, l.Subject, l.Role = Hostile, Hostile, Hostile, Hostile
		}
	}
	if v.Listings != nil {
		for i := range v.Listings.Listings {
			list(&v.Listings.Listings[i].Listing)
		}
	}
	if v.Listing != nil {
		list(&v.Listing.Listing)
	}
	if v.Sources != nil {
		for i := range v.Sources.Sources {
			v.Sources.Sources[i].Agency, v.Sources.Sources[i].Holds, v.Sources.Sources[i].State = Hostile, []string{Hostile}, Hostile
		}
	}
	if v.AccessLog != nil {
		v.AccessLog.Next = Hostile
		for i := range v.AccessLog.Looks {
			l := &v.AccessLog.Looks[i]
			l.Who, l.Subject = Hostile, Hostile
		}
	}
	if v.Sessions != nil {
		for i := range v.Sessions.Sessions {
			v.Sessions.Sessions[i].Device, v.Sessions.Sessions[i].ID = Hostile, Hostile
		}
	}
	if v.Disputes != nil {
		for i := range v.Disputes.Disputes {
			disp(&v.Disputes.Disputes[i])
		}
	}
	if v.NewCase != nil {
		rec(v.NewCase.Record)
		list(v.NewCase.Listing)
		v.NewCase.Key = Hostile
		if v.NewCase.Previous != nil {
			disp(v.NewCase.Previous)
		}
	}
	if v.Dispute != nil {
		disp(v.Dispute)
	}
	if v.Letter != nil {
		disp(&v.Letter.Dispute)
		v.Letter.City, v.Letter.LegalBasis, v.Letter.Documents = text, text, []string{Hostile}
		v.Letter.Rulebook = mingjing.RulebookRef{ID: Hostile, Version: Hostile, Hash: Hostile}
	}
	if v.Queue != nil {
		v.Queue.Next, v.Queue.Filter.Agency = Hostile, Hostile
		for i := range v.Queue.Cases {
			disp(&v.Queue.Cases[i].Dispute)
			v.Queue.Cases[i].Resident, v.Queue.Cases[i].IDMasked = longName, Hostile
		}
	}
	if v.Case != nil {
		disp(&v.Case.Dispute)
		v.Case.Resident = longName
		if v.First != nil {
			disp(&v.First.Dispute)
		}
	}
}

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
	disp := func(d *mingjing.Case) {
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
	if mingjing.DataOf[mingjing.RecordsView](v) != nil {
		for i := range mingjing.DataOf[mingjing.RecordsView](v).Records {
			rec(&mingjing.DataOf[mingjing.RecordsView](v).Records[i].Record)
			for j := range mingjing.DataOf[mingjing.RecordsView](v).Records[i].Effect {
				mingjing.DataOf[mingjing.RecordsView](v).Records[i].Effect[j].Rulebook, mingjing.DataOf[mingjing.RecordsView](
					v).Records[i].Effect[j].Why = Hostile, Hostile
			}
		}
	}
	if mingjing.DataOf[mingjing.RecordView](v) != nil {
		rec(&mingjing.DataOf[mingjing.RecordView](v).Record)
		for i := range mingjing.DataOf[mingjing.RecordView](v).Log {
			l := &mingjing.DataOf[mingjing.RecordView](v).Log[i]
			l.Who, l.Action, l.Subject, l.Role = Hostile, Hostile, Hostile, Hostile
		}
	}
	if mingjing.DataOf[mingjing.ListingsView](v) != nil {
		for i := range mingjing.DataOf[mingjing.ListingsView](v).Listings {
			list(&mingjing.DataOf[mingjing.ListingsView](v).Listings[i].Listing)
		}
	}
	if mingjing.DataOf[mingjing.ListingView](v) != nil {
		list(&mingjing.DataOf[mingjing.ListingView](v).Listing)
	}
	if mingjing.DataOf[mingjing.SourcesView](v) != nil {
		for i := range mingjing.DataOf[mingjing.SourcesView](v).Sources {
			mingjing.DataOf[mingjing.SourcesView](v).Sources[i].Agency, mingjing.DataOf[mingjing.SourcesView](
				v).Sources[i].Holds, mingjing.DataOf[mingjing.SourcesView](v).Sources[i].State = Hostile, []string{Hostile}, Hostile
		}
	}
	if mingjing.DataOf[mingjing.AccessLogView](v) != nil {
		mingjing.DataOf[mingjing.AccessLogView](v).Next = Hostile
		for i := range mingjing.DataOf[mingjing.AccessLogView](v).Entries {
			l := &mingjing.DataOf[mingjing.AccessLogView](v).Entries[i]
			l.Who, l.Subject = Hostile, Hostile
		}
	}
	if mingjing.DataOf[mingjing.SessionsView](v) != nil {
		for i := range mingjing.DataOf[mingjing.SessionsView](v).Sessions {
			mingjing.DataOf[mingjing.SessionsView](v).Sessions[i].Device, mingjing.DataOf[mingjing.SessionsView](v).Sessions[i].ID = Hostile, Hostile
		}
	}
	if mingjing.DataOf[mingjing.CasesView](v) != nil {
		for i := range mingjing.DataOf[mingjing.CasesView](v).Disputes {
			disp(&mingjing.DataOf[mingjing.CasesView](v).Disputes[i])
		}
	}
	if mingjing.DataOf[mingjing.NewCaseView](v) != nil {
		rec(mingjing.DataOf[mingjing.NewCaseView](v).Record)
		list(mingjing.DataOf[mingjing.NewCaseView](v).Listing)
		if mingjing.DataOf[mingjing.NewCaseView](v).Previous != nil {
			disp(mingjing.DataOf[mingjing.NewCaseView](v).Previous)
		}
	}
	if mingjing.DataOf[mingjing.DisputePage](v) != nil {
		disp(&mingjing.DataOf[mingjing.DisputePage](v).Case)
	}
	if mingjing.DataOf[mingjing.LetterView](v) != nil {
		disp(&mingjing.DataOf[mingjing.LetterView](v).Dispute)
		mingjing.DataOf[mingjing.LetterView](v).City, mingjing.DataOf[mingjing.LetterView](v).LegalBasis, mingjing.DataOf[mingjing.LetterView](
			v).Documents = text, text, []string{Hostile}
		mingjing.DataOf[mingjing.LetterView](v).Rulebook = mingjing.RulebookRef{ID: Hostile, Version: Hostile, Hash: Hostile}
	}
	if mingjing.DataOf[mingjing.QueueView](v) != nil {
		mingjing.DataOf[mingjing.QueueView](v).Next, mingjing.DataOf[mingjing.QueueView](v).Filter.Agency = Hostile, Hostile
		for i := range mingjing.DataOf[mingjing.QueueView](v).Cases {
			disp(&mingjing.DataOf[mingjing.QueueView](v).Cases[i].Case)
			mingjing.DataOf[mingjing.QueueView](v).Cases[i].Resident, mingjing.DataOf[mingjing.QueueView](v).Cases[i].IDMasked = longName, Hostile
		}
	}
	if mingjing.DataOf[mingjing.CasePage](v) != nil {
		disp(&mingjing.DataOf[mingjing.CasePage](v).Case)
		mingjing.DataOf[mingjing.CasePage](v).Resident = longName
		if mingjing.DataOf[mingjing.CasePage](v).First != nil {
			disp(&mingjing.DataOf[mingjing.CasePage](v).First.Case)
		}
	}
}

package pagetest

import (
	"testing"
	"time"

	"mingjing"
)

func init() { sampleMakers = append(sampleMakers, shareSamples) }

// shareSamples returns the pages of what is shared, in their states.
func shareSamples(t testing.TB, lang string) []Sample {
	b := Book(t, "honest-shanghai")
	with := func(name, page string, set func(*mingjing.View)) Sample {
		v := Base(t, lang, page)
		v.Labels = labelsOf(lang, b)
		set(&v)
		return Sample{name, v}
	}
	at := func(days int) time.Time { return SampleNow.AddDate(0, 0, days) }
	told, band := at(-1), b.Bands[0]
	share := func(state mingjing.ShareState, accesses ...mingjing.ShareAccess) mingjing.Share {
		s := mingjing.Share{ID: "s-" + string(state), Rulebook: b.ID, Purpose: "租房 <b>", Fields: mingjing.ShareFields,
			Named: mingjing.ShareMasked,
			Views: 3, Viewed: len(accesses), State: state, MadeAt: at(-3), EndsAt: at(3), Accesses: accesses}
		if state == mingjing.ShareRevoked {
			s.RevokedAt, s.CorrectedAt = &told, &told
		}
		return s
	}
	accesses := []mingjing.ShareAccess{{At: at(-2), Who: "Landlord & Co."}, {At: at(-2), Who: "某某银行", ToldAt: &told, Mail: "sent"}}
	zero := 0
	said := &mingjing.Statement{Number: "NUMBERNUMBER", IssuedAt: SampleNow, ExpiresAt: at(3), AsOf: "2026-11-23", Rulebook: b.Ref(),
		Purpose: "租房",
		ShownTo: "Landlord", Name: "陈**", IDMasked: "99**************17", Band: &band,
		Value: &mingjing.StatedValue{Value: 700, Min: 0, Max: 1000}, Missing: &zero, Listings: &zero}
	outside := func(name string, r *mingjing.RecipientView) Sample {
		return with(name, "recipient", func(v *mingjing.View) { v.Who, v.Data = nil, r })
	}
	return []Sample{
		with("shares", "shares", func(v *mingjing.View) {
			v.Data = &mingjing.SharesView{Shares: []mingjing.Share{share(mingjing.ShareActive, accesses...),
				share(mingjing.ShareUsedUp, accesses...),
				share(mingjing.ShareEnded), share(mingjing.ShareRevoked, accesses...)}}
		}),
		with("shares, none", "shares", func(v *mingjing.View) { v.Data = &mingjing.SharesView{} }),
		with("new-share", "new-share", func(v *mingjing.View) {
			v.Data = &mingjing.NewShareView{Scores: []mingjing.ScoreCard{{Rulebook: b.Ref(), Band: band, At: SampleNow}}}
		}),
		with("new-share, wrong", "new-share", func(v *mingjing.View) {
			v.Data = &mingjing.NewShareView{Scores: []mingjing.ScoreCard{{Rulebook: b.Ref(), Band: band},
				{Rulebook: mingjing.RulebookRef{ID: "rongcheng"}, Band: band}}}
			v.Problem = &mingjing.Problem{Status: 422,
				Code: "invalid_form", Fields: []mingjing.FieldError{{Field: "rulebook", Code: "unknown_rulebook"}, {Field: "purpose", Code: "required"},
					{Field: "fields", Code: "share_fields"}, {Field: "named", Code: "invalid_choice"}, {Field: "views", Code: "share_views"},
					{Field: "ends", Code: "share_ends"}}}
		}),
		with("new-share, no score", "new-share", func(v *mingjing.View) { v.Data = &mingjing.NewShareView{} }),
		with("new-share, made", "new-share", func(v *mingjing.View) {
			v.Data = &mingjing.NewShareView{Made: &mingjing.MadeShare{Share: share(mingjing.ShareActive), Link: "https://mirror.example/en/s/CODE",
				QR: mingjing.QRCode{Size: 29, Path: "M4 4h7v1h-7z"}}}
		}),
		outside("recipient", &mingjing.RecipientView{Code: "CODE", Open: true, Left: 2, EndsAt: at(3), Mail: true, CorrectedAt: &told}),
		outside("recipient, corrected", &mingjing.RecipientView{Code: "CODE", CorrectedAt: &told}),
		outside("recipient, looked", &mingjing.RecipientView{Code: "CODE", Statement: said, Token: "a.b.c~"}),
		with("no-score", "no-score", func(v *mingjing.View) { v.Who = nil }),
		with("dispute, correction", "dispute", func(v *mingjing.View) {
			v.Data = &mingjing.DisputePage{Case: mingjing.Case{ID: "d", Kind: mingjing.CaseDispute, State: mingjing.CaseDecided,
				Record:   &mingjing.Record{ID: "r", Code: b.Catalogue[0].Code},
				Decision: &mingjing.Decision{Outcome: mingjing.OutcomeUpheld, By: "沈嘉禾", At: SampleNow}}}
			mingjing.DataOf[mingjing.DisputePage](v).Correction = &mingjing.CorrectionView{Waiting: accesses[:1], Told: accesses[1:]}
		}),
	}
}

package pagetest

import (
	"strings"

	"mingjing"
)

// LetterView returns the letter of a decided case.
func LetterView(listing bool) *mingjing.LetterView {
	d := DisputeIn(mingjing.CaseDecided, listing)
	d.Lanes = []string{mingjing.LaneEvidence, mingjing.LaneReview, mingjing.LaneCourt}
	return &mingjing.LetterView{Dispute: d, City: Both("上海市", "Shanghai"),
		Rulebook:   mingjing.RulebookRef{ID: "honest-shanghai", Version: "2026.1", Hash: strings.Repeat("0a", 32)},
		LegalBasis: Both("《上海市社会信用条例》第二十五条", "Shanghai Social Credit Regulations, article 25"),
		Documents:  []string{"judgment", "ruling"}, CountsMonths: 60,
		Scores: []mingjing.ScoreCard{{Rulebook: mingjing.RulebookRef{ID: "honest-shanghai"}, Value: 108,
			Band: mingjing.Band{Name: Both("好", "Good")}, At: d.Decision.At}},
		Counterfactuals: []mingjing.ScoreCounterfactuals{{ScoreID: "s-1", ScoreCard: mingjing.ScoreCard{
			Rulebook: mingjing.RulebookRef{ID: "honest-shanghai"}, Value: 108, Band: mingjing.Band{Code: "good", Name: Both("好", "Good")}},
			Counterfactuals: mingjing.Counterfactuals{Bands: []mingjing.Counterfactual{
				{Band: "very_good", Better: true, Changes: 1, Sets: 2, Choices: []mingjing.Choice{{{Take: 1, Of: []mingjing.Flip{
					{RecordID: "r-1", Rule: "judgment-unpaid", Points: 15}, {ListingID: "l-1", Rule: "blacklist-court", Points: 45}}}}}},
				{Band: "bad", Changes: 2, Sets: 1, Choices: []mingjing.Choice{{{Take: 1, Of: []mingjing.Flip{
					{RecordID: "r-3", Rule: "volunteer", Points: -20}}}, {Take: 1, Of: []mingjing.Flip{
					{RecordID: "r-4", Rule: "lease-breach", Counts: true, Cap: "bad"}}}}}}}}}},
		ReopenUntil: "2027-11-23", CourtUntil: "2027-05-23"}
}

// LetterViews are letters of every kind that differs.
func LetterViews() map[string]*mingjing.LetterView {
	all := map[string]*mingjing.LetterView{"partly": LetterView(false)}
	upheld := LetterView(true)
	upheld.Dispute.Decision.Outcome, upheld.Dispute.Decision.Corrected = mingjing.OutcomeUpheld, ""
	upheld.Dispute.Lanes, upheld.Counterfactuals = []string{mingjing.LaneCourt}, nil
	all["upheld-listing"] = upheld
	bare := LetterView(false)
	d := &bare.Dispute
	d.Decision.Outcome, d.Decision.Corrected, d.Decision.By, d.Decision.Reasons = mingjing.OutcomeRejected, "", "", ""
	d.Evidence, d.Answer, d.Timeline, d.Record.Document = nil, nil, nil, mingjing.Document{}
	bare.Rulebook, bare.LegalBasis, bare.Documents, bare.Scores, bare.ReopenUntil, bare.CourtUntil = mingjing.RulebookRef{}, nil, nil, nil, "",
		""
	all["bare"] = bare
	long := LetterView(false)
	long.Dispute.Statement = strings.Repeat("我是担保人，去年已经付清了我应承担的份额。", 90)
	for range 8 {
		long.Dispute.Evidence = append(long.Dispute.Evidence, mingjing.Evidence{ID: "e-9", Name: strings.Repeat("银行流水与转账凭证", 7) + ".pdf",
			Type: "application/pdf", Size: 9_000_000, AddedAt: HeldNow, Answer: "采纳。"})
	}
	all["long"] = long
	return all
}

package mingjing

import "slices"

// A ScoreView is the result page.
type ScoreView struct {
	Score Score  `json:"score"`
	Min   int    `json:"min"`
	Max   int    `json:"max"`
	Band  Band   `json:"band"`
	Bands []Band `json:"bands"`
	// Items are what the explanation is made of, in its order.
	Items []ScoreItem `json:"items"`
	// Codes are those that can count, for whoever tries what something new would do.
	Codes []string `json:"codes"`
	// Counterfactuals are what would lead to other bands today.
	Counterfactuals Counterfactuals `json:"counterfactuals"`
	// Outlook are the days on which it will change.
	Outlook []Change `json:"outlook"`
	// History are the earlier scores by the same rulebook, oldest first, this one
	// included.
	History []ScoreCard `json:"history"`
	// Others are the newest scores by other rulebooks.
	Others []ScoreCard `json:"others"`
	// Drafts are the proposed versions of its rulebook.
	Drafts []RulebookVersion `json:"drafts,omitempty"`
}

// A ScoreItem is a record or listing that counts in a score; the other ID is empty.
type ScoreItem struct {
	RecordID  string   `json:"record_id,omitempty"`
	ListingID string   `json:"listing_id,omitempty"`
	Agency    string   `json:"agency"`
	Document  Document `json:"document"`
	Open      bool     `json:"open"` // a dispute can be filed now
	// DisputeID is the open or last case about it, if any.
	DisputeID string `json:"dispute_id,omitempty"`
}

// Item returns what a contribution is made of; nil for the base and the bound.
func (s *ScoreView) Item(c Contribution) *ScoreItem {
	for i, x := range s.Items {
		if c.RecordID+c.ListingID != "" && x.RecordID == c.RecordID && x.ListingID == c.ListingID {
			return &s.Items[i]
		}
	}
	return nil
}

// A NextBand is the next better band than that of a score, and what is missing to it.
type NextBand struct {
	Band Band
	// Points are missing to it; 0 when only a cap keeps the score below it.
	Points int
	// Caps are the contributions that keep the score below it, whatever its value is.
	Caps []Contribution
	// By is the first change of the outlook that leads to it or to a better one; nil for
	// none.
	By *Change
}

// NextBand returns the next better band, or false when there is none.
func (s *ScoreView) NextBand() (NextBand, bool) {
	at := func(code string) int { return slices.IndexFunc(s.Bands, func(b Band) bool { return b.Code == code }) }
	here := at(s.Score.Band)
	if here <= 0 {
		return NextBand{}, false
	}
	next := NextBand{Band: s.Bands[here-1]}
	next.Points = max(0, next.Band.From-s.Score.Value)
	for _, c := range s.Score.Explanation {
		if c.Kind == ContributionCap && at(c.Cap) >= here {
			next.Caps = append(next.Caps, c)
		}
	}
	for i, x := range s.Outlook {
		if at(x.Band) < here {
			next.By = &s.Outlook[i]
			break
		}
	}
	return next, true
}

// A TryView is the page on which anybody can try a rulebook.
type TryView struct {
	Version RulebookVersion `json:"version"`
	// Base is the value that every resident starts from.
	Base int `json:"base"`
	// Codes are the catalogue codes that can count.
	Codes []string `json:"codes"`
}

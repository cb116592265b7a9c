package mingjing

import "time"

// An Input is everything that a score is made from, besides the rulebook.
type Input struct {
	Records  []Record  `json:"records"`
	Listings []Listing `json:"listings"`
	// Missing are the codes of the agencies that had not answered; none of them
	// counts against the resident.
	Missing []string `json:"missing"`
	// AsOf is the day of the score in the rulebook's zone.
	AsOf Date `json:"as_of"`
}

// A Score is value + band + explanation, pinned to a rulebook. The value is the
// sum of the points of the explanation.
type Score struct {
	ID       string      `json:"id,omitempty"`
	Rulebook RulebookRef `json:"rulebook"`
	Value    int         `json:"value"`
	Band     string      `json:"band"`
	AsOf     Date        `json:"as_of"`
	// Explanation adds up to Value: it starts with the base.
	Explanation []Contribution `json:"explanation"`
	// NotCounted are the records and listings that do not count, each with why.
	NotCounted []NotCounted `json:"not_counted"`
	Missing    []string     `json:"missing"`
	// Cause is why it was made (i18n "cause.<cause>"): request, dispute_filed,
	// dispute_decided, agency_silent, expiry.
	Cause string    `json:"cause,omitempty"`
	At    time.Time `json:"at,omitzero"`
}

// The kinds of contribution.
const (
	ContributionBase    = "base"
	ContributionRecord  = "record"
	ContributionListing = "listing"
	// ContributionCap has no points; it holds the band down to Cap.
	ContributionCap = "cap"
	// ContributionBound brings the sum back between the rulebook's Min and Max.
	ContributionBound = "bound"
)

// A Contribution is one step of the explanation.
type Contribution struct {
	Kind string `json:"kind"`
	// RecordID or ListingID name what contributes; both are empty for base and bound.
	RecordID  string `json:"record_id,omitempty"`
	ListingID string `json:"listing_id,omitempty"`
	// Rule is the catalogue code.
	Rule   string `json:"rule,omitempty"`
	Points int    `json:"points"`
	Cap    string `json:"cap,omitempty"`
	// Ends is the first day on which it no longer counts.
	Ends Date `json:"ends,omitempty"`
}

// NotCounted is a record or listing that does not count, and why.
type NotCounted struct {
	RecordID  string `json:"record_id,omitempty"`
	ListingID string `json:"listing_id,omitempty"`
	Rule      string `json:"rule"`
	// Why is a code (i18n "not_counted.<why>"): disputed, suspended, removed,
	// lifted, expired, not_yet, unserved, no_document, wrong_document,
	// not_in_catalogue, not_from_agency, no_rule.
	Why string `json:"why"`
}

// A Change is one day on which the score will change if nothing new happens.
type Change struct {
	On    Date   `json:"on"`
	Value int    `json:"value"`
	Band  string `json:"band"`
	// Rules are the catalogue codes that stop counting on that day.
	Rules []string `json:"rules"`
}

// PUBLIC SIGNATURES of the scoring file (to be implemented in this file):
//   ParseRulebook(data []byte) (*Rulebook, error)
//   MakeScore(book *Rulebook, in Input) Score
//   Outlook(book *Rulebook, in Input) []Change
//   Ends(item Item, occurred Date) Date
//   Same(a, b Score) bool

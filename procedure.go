package mingjing

import "time"

// A Procedure is the due process of a rulebook: the days that everybody has, and how
// long a listing may last. Days are working days of the city's [Calendar] unless a
// field says otherwise.
type Procedure struct {
	// Calendar is the code of the published calendar that working days are
	// counted by.
	Calendar string `json:"calendar"`
	// MarkDays: a disputed record or listing is marked (Shanghai 2017: 1).
	MarkDays int `json:"mark_days"`
	// ForwardDays: the bureau puts a dispute to the agency (Shanghai 2017: 2).
	ForwardDays int `json:"forward_days"`
	// AgencyDays: the agency answers (Shanghai 2017: 5).
	AgencyDays int `json:"agency_days"`
	// SecondNoticeDays: a silent agency answers a second notice; then what is
	// disputed is removed.
	SecondNoticeDays int `json:"second_notice_days"`
	// BureauDays: the bureau decides on its own error, and after the agency's word
	// (Shanghai 2017: 5).
	BureauDays int `json:"bureau_days"`
	// ExtensionDays are added once, and only for new evidence.
	ExtensionDays int `json:"extension_days"`
	// CheckDays: a proposed listing is checked and decided by two people; after
	// that it is refused.
	CheckDays int `json:"check_days"`
	// ServeDays: a listing that was decided is served; after that it is annulled.
	ServeDays int `json:"serve_days"`
	// AnswerDays: the resident may answer a listing that was served, before it has
	// effect.
	AnswerDays int `json:"answer_days"`
	// RepairDays: an application for repair is answered (2020 No. 49: 10).
	RepairDays int `json:"repair_days"`
	// ReviewDays: a supervisor decides on a review.
	ReviewDays int `json:"review_days"`
	// DeleteDays: what lost its basis is deleted (Shanghai 2017: 3).
	DeleteDays int `json:"delete_days"`
	// VeryLateDays is after how many days past its due time a clock that still runs is
	// very late.
	VeryLateDays int `json:"very_late_days"`
	// ReopenMonths, in calendar months, is how long after a decision its ways on are
	// open.
	ReopenMonths int `json:"reopen_months"`
	// StatementWords is the most words of a statement on file: see [Words].
	StatementWords int `json:"statement_words"`
	// Tiers are the tiers of gravity, from the mildest to the gravest.
	Tiers []Tier `json:"tiers"`
	// Sample says that figures in it were invented; SampleNote says which.
	Sample     bool `json:"sample"`
	SampleNote Text `json:"sample_note,omitempty"`
	LegalBasis Text `json:"legal_basis,omitempty"`
	// Law is the code of the law behind the procedure.
	Law string `json:"law,omitempty"`
}

// A Tier is the gravity of the ground of a listing, and with it how long the listing
// may be shown (2020 No. 49: minor at most 3 months, general 3 to 12 months, serious 1
// to 3 years).
type Tier struct {
	// Code is minor, general or serious.
	Code string `json:"code"`
	Name Text   `json:"name,omitempty"`
	// MinMonths after it took effect, repair may be applied for; 0 is at once.
	MinMonths int `json:"min_months"`
	// MaxMonths after it took effect, the listing ends by itself.
	MaxMonths int `json:"max_months"`
}

// The tiers, from the mildest to the gravest.
const (
	TierMinor   = "minor"
	TierGeneral = "general"
	TierSerious = "serious"
)

// Tiers in order.
var Tiers = []string{TierMinor, TierGeneral, TierSerious}

// Tier returns the tier with the code.
func (p *Procedure) Tier(code string) (Tier, bool) {
	for _, t := range p.Tiers {
		if t.Code == code {
			return t, true
		}
	}
	return Tier{}, false
}

// A PublishedMeasure is a measure that the rulebook allows. What is not published
// may not be applied (Shanghai Social Credit Regulations 2017).
type PublishedMeasure struct {
	Measure
	// Tier is the mildest tier whose listings may carry it: proportion by severity.
	Tier string `json:"tier"`
}

// Lateness is how late a clock is that nobody has met.
type Lateness string

// The degrees of lateness.
const (
	OnTime   Lateness = ""
	Late     Lateness = "late"
	VeryLate Lateness = "very_late"
)

// Lateness returns how late the clock is at an instant. A clock that was met is judged
// by the time at which it was met.
func (k Clock) Lateness(now time.Time) Lateness {
	if k.MetAt != nil {
		now = *k.MetAt
	}
	switch {
	case !k.VeryLateAt.IsZero() && now.After(k.VeryLateAt):
		return VeryLate
	case now.After(k.Due):
		return Late
	}
	return OnTime
}

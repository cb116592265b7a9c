package mingjing

import (
	"slices"
	"time"
)

// PlainPages are the pages of residents and staff that no browser program has: the server
// alone renders them.
var PlainPages = []string{"refused", "list-used", "complaints", "complaints-open", "complaint", "incoming", "organisations",
	"organisation", "representatives"}

// Limits on a complaint, and on the answer to one.
const (
	MaxComplaintWhere = 200  // characters
	MaxComplaintText  = 2000 // characters
	MinComplaintReply = 10   // characters
)

// MeasureStatementTime is how long a statement holds that no listing of a resident carries a
// measure: it is made for one counter, and a listing may take effect tomorrow.
const MeasureStatementTime = time.Hour

// A ComplaintKind is what a complaint is about.
type ComplaintKind string

// The kinds of complaint.
const (
	// ComplaintRefused: somebody was refused something at a counter.
	ComplaintRefused ComplaintKind = "refused"
	// ComplaintList: somebody used a list that nobody has published.
	ComplaintList ComplaintKind = "list"
)

// ComplaintKinds are all kinds of complaint.
var ComplaintKinds = []ComplaintKind{ComplaintRefused, ComplaintList}

// ComplaintPlaces are the kinds of place at which it happened (i18n "place.<code>").
var ComplaintPlaces = []string{"station", "airport", "hotel", "school", "hospital", "bank", "office", "employer", "shop", "online", "other"}

// A ComplaintState is the state of a complaint.
type ComplaintState string

// The states of a complaint. A late one is still filed, and [Complaint.Late].
const (
	ComplaintFiled    ComplaintState = "filed"
	ComplaintAnswered ComplaintState = "answered"
)

// A ComplaintOutcome is what a supervisor found.
type ComplaintOutcome string

// The outcomes of a complaint.
const (
	// ComplaintUnlawful: nothing published allowed it; the place was told so.
	ComplaintUnlawful ComplaintOutcome = "unlawful"
	// ComplaintPassedOn: another authority is responsible, and has it now.
	ComplaintPassedOn ComplaintOutcome = "passed_on"
	// ComplaintLawful: a published measure allowed it.
	ComplaintLawful ComplaintOutcome = "lawful"
)

// ComplaintOutcomes are all outcomes, in the order in which they are offered.
var ComplaintOutcomes = []ComplaintOutcome{ComplaintUnlawful, ComplaintPassedOn, ComplaintLawful}

// A Complaint is a resident's report that they were refused something, or that somebody
// used a list that nobody has published. A supervisor answers it on a clock.
type Complaint struct {
	ID   string        `json:"id"`
	Kind ComplaintKind `json:"kind"`
	// Measure is what was refused, as a value of [RefusalMeasure]; "" for a list.
	Measure string `json:"measure,omitempty"`
	// Place is one of [ComplaintPlaces], Where its name and address.
	Place string `json:"place"`
	Where string `json:"where"`
	// On is the day on which it happened.
	On      Date           `json:"on"`
	Text    string         `json:"text"`
	FiledAt time.Time      `json:"filed_at"`
	State   ComplaintState `json:"state"`
	// Due is when it must be answered; Late says that it was not.
	Due  time.Time `json:"due"`
	Late bool      `json:"late,omitempty"`
	// Found is what the check said when it was filed; "" for a list.
	Found RefusalAnswer `json:"found,omitempty"`
	// Outcome, Reply, By and At are the answer.
	Outcome ComplaintOutcome `json:"outcome,omitempty"`
	Reply   string           `json:"reply,omitempty"`
	By      string           `json:"by,omitempty"`
	At      *time.Time       `json:"at,omitempty"`
}

// A RefusalAnswer is what the law of the rulebooks says to a refusal.
type RefusalAnswer string

// The answers to a refusal.
const (
	// RefusalNever: no rulebook may ever have such a measure.
	RefusalNever RefusalAnswer = "never"
	// RefusalScore: a score alone restricts nothing.
	RefusalScore RefusalAnswer = "score"
	// RefusalUnpublished: no rulebook in force has the measure, so nobody may apply it.
	RefusalUnpublished RefusalAnswer = "unpublished"
	// RefusalClear: the measure is published, and no listing of the resident's that has
	// effect today carries it.
	RefusalClear RefusalAnswer = "clear"
	// RefusalCarried: a listing that has effect today carries it.
	RefusalCarried RefusalAnswer = "carried"
)

// RefusalAnswers are all answers to a refusal.
var RefusalAnswers = []RefusalAnswer{RefusalNever, RefusalScore, RefusalUnpublished, RefusalClear, RefusalCarried}

// ScoreMeasure is the value of [RefusalMeasure] for "your score is too low".
const ScoreMeasure = "score"

// A RefusalMeasure is something that may have been refused.
type RefusalMeasure struct {
	// Code is a measure of the register, one that no measure may be, or [ScoreMeasure].
	Code string `json:"code"`
	Name Text   `json:"name,omitempty"`
}

// AnswerRefusal returns what the law of the rulebooks in force says to a measure on a day,
// and the listings that carry it. A listing carries a measure if it has effect on that day
// and a rulebook lets a listing of its item, and of its gravity, carry it.
func AnswerRefusal(books []*Rulebook, listings []Listing, measure string, on Date) (RefusalAnswer, []Listing) {
	if measure == ScoreMeasure {
		return RefusalScore, nil
	}
	published := false
	var carry []Listing
	for _, b := range books {
		m, ok := b.Measure(measure)
		if !ok {
			continue
		}
		published = true
		for _, l := range listings {
			item, ok := b.Item(l.Code)
			if !ok || item.Listing != Blacklist || !l.Effective(on) || !slices.Contains(item.Measures, measure) ||
				slices.Index(Tiers, l.Tier) < slices.Index(Tiers, m.Tier) ||
				!slices.ContainsFunc(l.Measures, func(x Measure) bool { return x.Code == measure }) ||
				slices.ContainsFunc(carry, func(x Listing) bool { return x.ID == l.ID }) {
				continue
			}
			carry = append(carry, l)
		}
	}
	switch {
	case len(carry) > 0:
		return RefusalCarried, carry
	case published:
		return RefusalClear, nil
	}
	return RefusalUnpublished, nil
}

// A RefusedView is the page for somebody who was refused something.
type RefusedView struct {
	// Measures are all that can be asked about.
	Measures []RefusalMeasure `json:"measures"`
	// Measure is what was asked about; "" for nothing yet. Answer and Listings are the
	// answer.
	Measure  string        `json:"measure,omitempty"`
	Answer   RefusalAnswer `json:"answer,omitempty"`
	Listings []Listing     `json:"listings,omitempty"`
	// Statement was just made, with Token as its signed file; both are shown once.
	Statement *Statement `json:"statement,omitempty"`
	Token     string     `json:"token,omitempty"`
}

// ShownOnce reports whether there is something that can't be read again.
func (v *RefusedView) ShownOnce() bool { return v != nil && v.Statement != nil }

// A ComplaintsView is the resident's own complaints, newest first.
type ComplaintsView struct {
	Complaints []Complaint      `json:"complaints"`
	Measures   []RefusalMeasure `json:"measures"`
}

// A ComplaintSummary is a complaint in the list of those who answer. It names nobody.
type ComplaintSummary struct {
	ID      string         `json:"id"`
	Kind    ComplaintKind  `json:"kind"`
	Place   string         `json:"place"`
	State   ComplaintState `json:"state"`
	FiledAt time.Time      `json:"filed_at"`
	Due     time.Time      `json:"due"`
	Late    bool           `json:"late,omitempty"`
}

// An OpenComplaintsView is the complaints that wait for an answer, by clock.
type OpenComplaintsView struct {
	Complaints []ComplaintSummary `json:"complaints"`
}

// A ComplaintCase is a complaint as shown to those who answer it.
type ComplaintCase struct {
	Complaint
	// Resident is who complains.
	Resident string           `json:"resident"`
	Measures []RefusalMeasure `json:"measures"`
	// Open says that the actor may answer it.
	Open bool `json:"open,omitempty"`
}

// ComplaintFigures are the public sums of the complaints of a kind. A number that is nil is
// one or two, or part of a sum that is: see [FewestShown].
type ComplaintFigures struct {
	Kind     ComplaintKind `json:"kind"`
	Filed    *int          `json:"filed"`
	Answered *int          `json:"answered"`
	Late     *int          `json:"late"`
	Unlawful *int          `json:"unlawful"`
}

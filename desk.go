package mingjing

import (
	"slices"
	"time"
)

// Limits at the handlers' desks.
const (
	// MaxOpenCases is the number of open cases from which a handler is given no
	// further one.
	MaxOpenCases = 20
	MaxNote      = 2000 // characters
	// MaxOpenReason is the longest reason for opening somebody else's case, in characters.
	MaxOpenReason = 300
	MaxRelatives  = 50
	// MaxMisses is the number of searches for an ID number that nobody has which one
	// member of staff may make at the counter in an hour.
	MaxMisses = 10
	// WorkloadDays is the number of days that the workload figures cover.
	WorkloadDays = 30
)

// A Note is a message that staff write on a case for each other. It is never deleted,
// and is not shown to the resident.
type Note struct {
	ID   string    `json:"id"`
	Text string    `json:"text"`
	By   string    `json:"by"`
	Role Role      `json:"role"`
	At   time.Time `json:"at"`
}

// A ReplyText is a published text for the reasons of a decision (i18n
// "reply.<code>.title" and "reply.<code>.text"), with the outcomes that it fits.
type ReplyText struct {
	Code     string
	Outcomes []Outcome
}

// ReplyTexts are all reply texts, in the order in which they are offered.
var ReplyTexts = []ReplyText{
	{"agency_withdrew", []Outcome{OutcomeUpheld}},
	{"agency_silent", []Outcome{OutcomeUpheld}},
	{"wrong_person", []Outcome{OutcomeUpheld}},
	{"already_done", []Outcome{OutcomeUpheld}},
	{"date_corrected", []Outcome{OutcomePartly}},
	{"shortened", []Outcome{OutcomePartly}},
	{"document_proves", []Outcome{OutcomeRejected}},
	{"evidence_short", []Outcome{OutcomeRejected}},
	{"condition_met", []Outcome{OutcomeGranted}},
	{"condition_open", []Outcome{OutcomeRefused}},
	{"proposal_flawed", []Outcome{OutcomeRefused}},
}

// RepliesFor returns the reply texts that fit one of the outcomes of a kind of case.
func RepliesFor(k CaseKind) []ReplyText {
	var fit []ReplyText
	for _, r := range ReplyTexts {
		if slices.ContainsFunc(r.Outcomes, func(o Outcome) bool { return slices.Contains(k.Outcomes(), o) }) {
			fit = append(fit, r)
		}
	}
	return fit
}

// IDNumberReasons are the reasons for which a handler may open a resident's full ID
// number (i18n "purpose.id_<reason>"), in the order in which they are offered.
var IDNumberReasons = []string{"identity", "namesake", "service"}

// A WorkloadView shows how much work each handler has. It names no resident.
type WorkloadView struct {
	Handlers []HandlerFigures `json:"handlers"`
	// Days is the number of days that the figures cover.
	Days int `json:"days"`
}

// HandlerFigures are one handler's work.
type HandlerFigures struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Open cases, the nearest clock among them, and how many are late.
	Open int        `json:"open"`
	Next *time.Time `json:"next,omitempty"`
	Late int        `json:"late"`
	// Decided is the number of cases decided in these days. DecideDays are the working
	// days from filing within which half of them were decided; nil where there are
	// none.
	Decided    int  `json:"decided"`
	MedianDays *int `json:"median_days"`
	// Given and Picked are the cases taken in these days: as the next one, and by
	// choice.
	Given  int `json:"given"`
	Picked int `json:"picked"`
	// Missed is the number of searches at the counter in these days that found nobody.
	Missed int `json:"missed"`
	// Opened is how often in these days they opened a case that was not theirs.
	Opened int `json:"opened"`
}

// A CounterView is the counter, where staff file a dispute for a resident who came. It
// is empty until a resident was searched for, and then shows only what is needed to
// choose what is disputed.
type CounterView struct {
	// Visit is the id of the search; it ends after an hour.
	Visit    string        `json:"visit,omitempty"`
	Resident string        `json:"resident,omitempty"`
	IDMasked string        `json:"id_masked,omitempty"`
	Records  []CounterItem `json:"records"`
	Listings []CounterItem `json:"listings"`
	// Code is a new activation code that was just made, shown once; nil otherwise.
	Code *ActivationCode `json:"code,omitempty"`
}

// A CounterItem is a record or listing as the counter shows it.
type CounterItem struct {
	ID     string `json:"id"`
	Agency string `json:"agency"`
	Code   string `json:"code"`
	// State is a [RecordState] or a [ListingState].
	State string `json:"state"`
	// Open says that a dispute can be filed now.
	Open bool `json:"open"`
}

// A RelativesView shows the relatives that a member of staff has declared, whose cases
// they do not get. For an auditor it is the log of all declarations.
type RelativesView struct {
	Relatives []Relative    `json:"relatives"`
	Log       []Declaration `json:"log"`
}

// A Relative is a declared relative, as shown to the person who declared them.
type Relative struct {
	ID       string    `json:"id"`
	IDMasked string    `json:"id_masked"`
	At       time.Time `json:"at"`
}

// A Declaration is an entry of the log of declared relatives, which auditors read.
type Declaration struct {
	At time.Time `json:"at"`
	// Staff is the staff number of who declared, Name their name.
	Staff string `json:"staff"`
	Name  string `json:"name"`
	// Action is declared or removed (i18n "relative_action.<action>").
	Action   string `json:"action"`
	IDMasked string `json:"id_masked"`
}

// A DeadlineCount is an instant and how many of one kind wait for it.
type DeadlineCount struct {
	// Kind is case, score or job.
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
	N    int       `json:"n"`
}

// What may wait for an instant: a clock of a case, a score that was asked for, or
// something that begins or ends on that day.
const (
	DeadlineCase  = "case"
	DeadlineScore = "score"
	DeadlineJob   = "job"
)

// DeadlineKinds are all kinds of deadline.
var DeadlineKinds = []string{DeadlineCase, DeadlineScore, DeadlineJob}

package mingjing

import (
	"encoding/json"
	"slices"
	"time"
)

// A View is all that one screen shows: the data of the page, who sees it, and what was
// wrong with the form that was sent. The server renders it to HTML and puts the same
// View into the page as JSON, so that the browser can take over; later screens are
// fetched as Views.
type View struct {
	// Page is the name of the page's route.
	Page string `json:"page"`
	Lang string `json:"lang"`
	// Display is how this browser shows pages, as the person has chosen it.
	Display Display `json:"display,omitzero"`
	// Path is the page's path without the language, with its query: the language
	// switch leads to it.
	Path string `json:"path"`
	// Who is looking; nil when nobody is logged in.
	Who *Viewer `json:"who,omitempty"`
	// Demo is set only when this is the demo city.
	Demo *DemoNote `json:"demo,omitempty"`
	// Seq is the sequence number up to which the view is true; the live stream is
	// asked for what came after it.
	Seq int64 `json:"seq"`
	// Now is the server's time, Today the city's day.
	Now   time.Time `json:"now"`
	Today Date      `json:"today"`
	Zone  string    `json:"zone"`
	// Done is the code of what was just done (i18n "done.<code>"), or empty.
	Done string `json:"done,omitempty"`
	// Problem is what was wrong with the form that was sent, or nil.
	Problem *Problem `json:"problem,omitempty"`
	// Form holds what the person had typed, by field name, when Problem is set or there
	// are Drafts; never a password, code or ID number.
	Form map[string]string `json:"form,omitempty"`
	// FormKey is the idempotency key of the page's forms: sending the same form twice is one
	// thing. A form that is shown again because something was wrong with it keeps its key.
	FormKey string `json:"form_key,omitempty"`
	// Drafts are those of the forms of the page, without their fields, which are in Form.
	Drafts []FormDraft `json:"drafts,omitempty"`

	// Data is what the page alone shows: a pointer to the type that [RegisterData] has
	// for it, or nil where the page has none, or nothing to show.
	Data any `json:"data,omitempty"`

	// Labels are the names, in the page's language, of the codes that the page
	// shows: "agency.<code>", "item.<code>", "band.<rulebook>.<code>",
	// "doc.<code>", "rulebook.<id>".
	Labels map[string]string `json:"labels,omitempty"`
}

// Label returns the name of a code, or the code itself where the view has no name for
// it.
func (v *View) Label(kind, code string) string {
	if s := v.Labels[kind+"."+code]; s != "" {
		return s
	}
	return code
}

// pageData has, by the name of a page, a function that returns a new value of its data.
var pageData = map[string]func() any{}

// RegisterData sets the type of a page's data: that of the pointer which fresh returns.
func RegisterData(page string, fresh func() any) { pageData[page] = fresh }

// DataOf returns the data of a view if it is a T, or nil.
func DataOf[T any](v *View) *T {
	data, _ := v.Data.(*T)
	return data
}

// UnmarshalJSON reads a view, with its data as the type that was registered for the
// page. Data of an unknown page is left out.
func (v *View) UnmarshalJSON(text []byte) error {
	type view View
	wire := struct {
		*view
		Data json.RawMessage `json:"data"`
	}{view: (*view)(v)}
	if err := json.Unmarshal(text, &wire); err != nil {
		return err
	}
	fresh := pageData[v.Page]
	if fresh == nil || len(wire.Data) == 0 || string(wire.Data) == "null" {
		return nil
	}
	v.Data = fresh()
	return json.Unmarshal(wire.Data, v.Data)
}

// Rules are the published rules on the record or listing that a page is about, by the
// first rulebook that has any; nil for none.
type Rules struct {
	Procedure *Procedure `json:"procedure,omitempty"`
	Item      *Item      `json:"item,omitempty"`
}

// pageRules returns the rules; it makes a page that embeds Rules one that has rules.
func (r *Rules) pageRules() *Rules { return r }

// Rules returns the rules on what the page is about; none where it is about no record
// or listing.
func (v *View) Rules() *Rules {
	if page, ok := v.Data.(interface{ pageRules() *Rules }); ok {
		return page.pageRules()
	}
	return &Rules{}
}

// A DisputePage is the page of a case, for the resident or who acts for them.
type DisputePage struct {
	Case
	Rules
	// Correction is of a decided dispute; nil where nobody saw a score that it has
	// changed.
	Correction *CorrectionView `json:"correction,omitempty"`
}

// A CasePage is the page of a case as the people who decide it see it.
type CasePage struct {
	CaseView
	Rules
	// First is the case whose decision this case reviews, or nil.
	First *CaseView `json:"first,omitempty"`
}

// A RulebookVersion names a published version of a rulebook.
type RulebookVersion struct {
	// ID is the code of the rulebook.
	ID      string `json:"id"`
	Version string `json:"version"`
	Hash    string `json:"hash"`
	// From is the first day on which it holds.
	From    Date `json:"from"`
	InForce bool `json:"in_force"`
}

// A RulebookPage is a published version of a rulebook.
type RulebookPage struct {
	Rulebook *Rulebook `json:"rulebook"`
	// InForce says that this version holds today.
	InForce bool `json:"in_force"`
	// Versions are all versions of the rulebook, the one in force first, drafts left out.
	Versions []RulebookVersion `json:"versions"`
	// Drafts are the proposed versions of it.
	Drafts []RulebookVersion `json:"drafts,omitempty"`
	// Changes are what a draft, or a version that will hold, changes in comparison with
	// the version in force.
	Changes []LawChange `json:"changes,omitempty"`
	// Comments are those on it as a draft; absent where it never was one or has none.
	Comments *CommentsView `json:"comments,omitempty"`
	// Hash is the SHA-256 of its published bytes, 64 hex digits: the rulebook itself
	// loses it on its way through JSON.
	Hash string `json:"hash"`
	// Calendar is the one that its procedure counts by.
	Calendar *Calendar `json:"calendar"`
}

// A Viewer is the person in front of the screen.
type Viewer struct {
	Role Role   `json:"role"`
	Name string `json:"name"`
	// IDMasked is a resident's masked ID number, or the staff number.
	IDMasked string `json:"id_masked"`
	// Agency is the code of an officer's agency.
	Agency string `json:"agency,omitempty"`
	// LockAfter is after how many seconds without use the screen locks and the
	// session ends; 0 for never.
	LockAfter int `json:"lock_after,omitempty"`
	// Unread is how many notices a resident has not opened.
	Unread int `json:"unread,omitempty"`
}

// A Problem is what the person is told went wrong, as codes with sentences.
type Problem struct {
	// Status is the HTTP status.
	Status int    `json:"status"`
	Code   string `json:"code"`
	// Values fill the sentence's placeholders.
	Values map[string]string `json:"values,omitempty"`
	Fields []FieldError      `json:"fields,omitempty"`
	// Allowed are the steps that are possible instead (i18n "step.<step>").
	Allowed []string `json:"allowed,omitempty"`
	// ErrorID is the id of an unknown error in the server's log.
	ErrorID string `json:"error_id,omitempty"`
}

// An UnsentForm is a form that could not be taken, because something that it needs is
// away, with what was typed.
type UnsentForm struct {
	// Action is the address to which the form is sent.
	Action string        `json:"action"`
	Fields []UnsentField `json:"fields"`
}

// Has reports whether a form has a field of a kind.
func (f *UnsentForm) Has(kind UnsentKind) bool {
	return slices.ContainsFunc(f.Fields, func(x UnsentField) bool { return x.Kind == kind })
}

// An UnsentField is one field of an [UnsentForm]; a field may be there several times.
type UnsentField struct {
	Name string     `json:"name"`
	Kind UnsentKind `json:"kind"`
	// Value is what was typed or chosen; never a password, code or ID number.
	Value string `json:"value,omitempty"`
}

// An UnsentKind says how a field is shown.
type UnsentKind string

// The kinds of fields: a line and several lines of typed text, what was chosen and goes
// along unseen, what has to be typed again because it is not sent back, and files, which
// have to be chosen again.
const (
	UnsentLine   UnsentKind = "line"
	UnsentText   UnsentKind = "text"
	UnsentKept   UnsentKind = "kept"
	UnsentSecret UnsentKind = "secret"
	UnsentFiles  UnsentKind = "files"
)

// An OverviewView is what a resident sees first.
type OverviewView struct {
	// Latest are the newest scores, one for each rulebook that has one.
	Latest []ScoreCard `json:"latest"`
	// Open is the request that is being worked on, or nil.
	Open        *ScoreRequest `json:"open,omitempty"`
	Records     int           `json:"records"`
	Blacklisted int           `json:"blacklisted"`
	// Restricted is how many of the blacklistings have effect today.
	Restricted   int    `json:"restricted"`
	OpenDisputes []Case `json:"open_disputes"`
	// Awaiting are the listings whose notice waits for the resident: to be confirmed,
	// or to be answered.
	Awaiting []Listing `json:"awaiting"`
	// RecentEntries are the newest entries of the access log that are not the
	// resident's own.
	RecentEntries []AccessEntry `json:"recent_looks"`
}

// A ScoreCard is a short form of a score.
type ScoreCard struct {
	Rulebook RulebookRef `json:"rulebook"`
	Value    int         `json:"value"`
	Min      int         `json:"min"`
	Max      int         `json:"max"`
	Band     Band        `json:"band"`
	At       time.Time   `json:"at"`
}

// An AskView is what a resident reads before asking for a score.
type AskView struct {
	Rulebooks []RulebookSummary `json:"rulebooks"`
	// Open is the request that stands in the way, or nil.
	Open *ScoreRequest `json:"open,omitempty"`
}

// A RecordsView is the resident's records, by area and agency.
type RecordsView struct {
	Records []RecordView `json:"records"`
}

// A RecordView is one record with its rule and effect on the newest scores.
type RecordView struct {
	Rules
	Record Record        `json:"record"`
	Area   Area          `json:"area"`
	Effect []Effect      `json:"effect"`
	Ends   Date          `json:"ends,omitempty"`
	Log    []AccessEntry `json:"log,omitempty"`
	Open   bool          `json:"open"` // a dispute can be filed now
}

// An Effect is what a record or listing does under one rulebook.
type Effect struct {
	Rulebook string `json:"rulebook"`
	Points   int    `json:"points"`
	Cap      string `json:"cap,omitempty"`
	// Why it does not count (i18n "not_counted.<why>"); empty when it does.
	Why        string `json:"why,omitempty"`
	LegalBasis Text   `json:"legal_basis,omitempty"`
	Ends       Date   `json:"ends,omitempty"`
}

// A ListingsView is the resident's listings.
type ListingsView struct {
	Listings []ListingView `json:"listings"`
}

// A ListingView is one listing, whether it has effect today, and what it does to
// the scores.
type ListingView struct {
	Rules
	Listing   Listing  `json:"listing"`
	Effective bool     `json:"effective"`
	Effect    []Effect `json:"effect"`
	Open      bool     `json:"open"` // a dispute can be filed now
	// Repair says that repair can be applied for now; RepairWhy why not (i18n
	// "repair_why.<why>"): too_early, case_open, not_in_effect, no_condition.
	Repair    bool   `json:"repair"`
	RepairWhy string `json:"repair_why,omitempty"`
	// Without is what the resident's scores would be today without it.
	Without []ScoreIf `json:"without,omitempty"`
}

// A ScoreIf is what a score by one rulebook would be.
type ScoreIf struct {
	Rulebook string `json:"rulebook"`
	Value    int    `json:"value"`
	Band     string `json:"band"`
	// Shape and Tone show the band besides its name, as in [Band].
	Shape string `json:"shape,omitempty"`
	Tone  string `json:"tone,omitempty"`
}

// An AccessLogView is a page of the access log, newest first.
type AccessLogView struct {
	Entries []AccessEntry `json:"looks"`
	// Inquiries are those about an entry of this page.
	Inquiries []Inquiry `json:"inquiries,omitempty"`
	// Others says that the resident's own entries are left out.
	Others bool `json:"others"`
	// Next is the cursor of the next page, empty at the end.
	Next string `json:"next,omitempty"`
	// Show says what the page shows: "" for others' entries and one's own days, "others"
	// or "own" for one of them.
	Show string `json:"show,omitempty"`
	// Days are the resident's own entries, folded into days, the newest first.
	Days []OwnDay `json:"days,omitempty"`
	// Since is the number of the oldest entry in Days.
	Since int64 `json:"since,omitempty"`
	// NextDays is the cursor of the days before them, empty at the end.
	NextDays string `json:"next_days,omitempty"`
}

// An OwnDay is how often a resident looked at their own data on one day.
type OwnDay struct {
	Day   Date        `json:"day"`
	Count int         `json:"count"`
	Looks []OwnAction `json:"looks"`
}

// Add adds one of the resident's own entries to the day.
func (d *OwnDay) Add(l AccessEntry) {
	d.Count++
	i := slices.IndexFunc(d.Looks, func(x OwnAction) bool { return x.Action == l.Action && x.For == l.For })
	if i < 0 {
		i = len(d.Looks)
		d.Looks = append(d.Looks, OwnAction{Action: l.Action, For: l.For})
	}
	d.Looks[i].Count++
	for ; i > 0 && d.Looks[i].Count > d.Looks[i-1].Count; i-- {
		d.Looks[i], d.Looks[i-1] = d.Looks[i-1], d.Looks[i]
	}
}

// An OwnAction is how often a resident did one thing on a day, the most frequent first.
type OwnAction struct {
	// Action is a code (i18n "look.<action>").
	Action string `json:"action"`
	// For is the resident for whom it was done, by a [Mandate].
	For   string `json:"for,omitempty"`
	Count int    `json:"count"`
}

// A ConsentsView is what the resident agreed to.
type ConsentsView struct {
	Consents []Consent `json:"consents"`
}

// A SessionsView is where the resident is logged in.
type SessionsView struct {
	Sessions []Session `json:"sessions"`
}

// A CasesView is the resident's cases, newest first.
type CasesView struct {
	Disputes []Case `json:"disputes"`
}

// A NewCaseView is the form of a new dispute; one of Record and Listing is set.
type NewCaseView struct {
	Rules
	Record  *Record  `json:"record,omitempty"`
	Listing *Listing `json:"listing,omitempty"`
	// Previous is the decided case that a new one follows, or nil.
	Previous *Case `json:"previous,omitempty"`
}

// A QueueView is the handlers' work queue.
type QueueView struct {
	Cases []CaseView `json:"cases"`
	// Filter is what was asked for: State ("" for all open), Mine, Search.
	Filter CaseFilter `json:"filter"`
	// Next is the cursor of the next page, empty at the end.
	Next string `json:"next,omitempty"`
	// Counts of all cases by state; of the open ones those that are late and those
	// that are very_late, and both as missed.
	Counts map[string]int `json:"counts"`
	// Calendars are those that end within [CalendarNotice] days.
	Calendars []CalendarEnd `json:"calendars,omitempty"`
	// Scores are the score requests that are late, or will be.
	Scores LateScores `json:"scores"`
}

// AnyAgency is the value by which a form asks for the cases of all agencies: a
// browser's program leaves empty values out.
const AnyAgency = "any"

// AnyKind is the same for the kinds of case.
const AnyKind = "any"

// A CaseFilter narrows the work queue.
type CaseFilter struct {
	// State is a [CaseState], "open" or "all"; "" is open.
	State string `json:"state,omitempty"`
	// Kind leaves only cases of one kind; "" is all.
	Kind CaseKind `json:"kind,omitempty"`
	// Mine leaves only the actor's own cases.
	Mine bool `json:"mine,omitempty"`
	// Agency leaves only cases about one agency's records.
	Agency string `json:"agency,omitempty"`
	// Late leaves only open cases whose nearest clock is late, or very late.
	Late Lateness `json:"late,omitempty"`
	// Search matches the case's id, the resident's name and the catalogue code.
	Search string `json:"search,omitempty"`
}

// A RulebooksView is the published rulebooks.
type RulebooksView struct {
	Rulebooks []Rulebook `json:"rulebooks"`
	// Refused is what systems of this kind did elsewhere and no rulebook can do, with the
	// reasons.
	Refused []NeverUse `json:"refused,omitempty"`
	// Drafts are the proposed versions of them.
	Drafts []RulebookVersion `json:"drafts,omitempty"`
}

// FewestShown is the least number of cases that is shown as a number of its own: fewer
// are not, so that nobody can be recognised.
const FewestShown = 3

// An AgenciesView is how the agencies deal with disputes, those with the most
// first. It is public.
type AgenciesView struct {
	Agencies []AgencyFigures `json:"agencies"`
	// Bureau is how the bureau itself deals with cases: Asked are those that it has decided,
	// the outcomes are of reviews, and the inquiries are about its own staff.
	Bureau AgencyFigures `json:"bureau"`
	// Conduct is how each of them is rated, by the code of the agency.
	Conduct map[string]*Conduct `json:"conduct,omitempty"`
	// Bands are those of the rulebook that rates.
	Bands []Band `json:"bands,omitempty"`
	// Complaints are the sums of what residents report, by kind.
	Complaints []ComplaintFigures `json:"complaints"`
}

// AgencyFigures are how one agency deals with disputes. A number that is nil is
// one or two, or part of a sum that is: see [FewestShown].
type AgencyFigures struct {
	Agency string `json:"agency"`
	// Disputes about what it supplied, and those of them that were put to it.
	Disputes *int `json:"disputes"`
	Asked    *int `json:"asked"`
	// These are how it answered, and how the disputes were decided.
	InTime   *int `json:"in_time"`
	Late     *int `json:"late"`
	Silent   *int `json:"silent"`
	Upheld   *int `json:"upheld"`
	Partly   *int `json:"partly"`
	Rejected *int `json:"rejected"`
	// AnswerDays and DecideDays are the working days within which half of them were
	// answered and decided; nil too where there are none.
	AnswerDays *int `json:"answer_days"`
	DecideDays *int `json:"decide_days"`
	// Good and Poor are how many residents said so of a decided one.
	Good *int `json:"good"`
	Poor *int `json:"poor"`
	// LateNow is the number of open ones with which it is late.
	LateNow *int `json:"late_now"`
	// Inquiries is the number of times that its people read data and the resident asked
	// why; Unexplained of those that nobody explained in time, Unfounded of those
	// without a good reason.
	Inquiries   *int `json:"inquiries"`
	Unexplained *int `json:"unexplained"`
	Unfounded   *int `json:"unfounded"`
	// Evidence is the number of cases that it answered in which there was evidence, Unopened
	// of those in which it had not opened all of it before.
	Evidence *int `json:"evidence"`
	Unopened *int `json:"unopened"`
	// Rows is the number of rows that it has sent, RowsRefused of those that were refused.
	Rows        *int `json:"rows"`
	RowsRefused *int `json:"rows_refused"`
}

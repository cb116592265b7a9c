package mingjing

import "time"

// A NoticeKind is what a notice tells the resident.
type NoticeKind string

// The kinds of notice. Those with legal effect can't be switched off.
const (
	// NoticeListingServed: a listing was decided and is served; it has no effect yet.
	NoticeListingServed NoticeKind = "listing_served"
	// NoticeListingInEffect: the answer period is over and the listing has effect.
	NoticeListingInEffect NoticeKind = "listing_in_effect"
	// NoticeListingEnded: a listing was repaired, lifted or annulled, or has expired.
	NoticeListingEnded NoticeKind = "listing_ended"
	// NoticeRecordChanged: an agency added, corrected or took back a record.
	NoticeRecordChanged NoticeKind = "record_changed"
	// NoticeCaseDecided: there is a decision letter.
	NoticeCaseDecided NoticeKind = "case_decided"
	// NoticeCaseExtended: a case got more time, for new evidence.
	NoticeCaseExtended NoticeKind = "case_extended"
	// NoticeHelper: somebody may act for the resident, or no longer may.
	NoticeHelper NoticeKind = "helper"
	// NoticeCaseMoved: a case was taken, put to the agency, answered or not.
	NoticeCaseMoved NoticeKind = "case_moved"
	// NoticeScoreReady: a score that was asked for is there.
	NoticeScoreReady NoticeKind = "score_ready"
)

// NoticeKinds in the order in which they are offered to be switched off, those
// with legal effect first.
var NoticeKinds = []NoticeKind{NoticeListingServed, NoticeListingInEffect, NoticeListingEnded,
	NoticeRecordChanged, NoticeCaseDecided, NoticeCaseExtended, NoticeHelper, NoticeCaseMoved, NoticeScoreReady}

// Legal says whether the notice has legal effect and so can't be switched off.
func (k NoticeKind) Legal() bool { return k != NoticeCaseMoved && k != NoticeScoreReady }

// A Notice is one line of the resident's inbox. It says that something happened
// and to what; the page of that thing says the rest.
type Notice struct {
	ID   string     `json:"id"`
	Kind NoticeKind `json:"kind"`
	// Subject is the id of the record, listing, dispute or score request that it is
	// about; what it is follows from the kind and from Page.
	Subject string `json:"subject"`
	// Page is the name of the route that shows the subject.
	Page string `json:"page"`
	// Code says more where the kind alone says too little (i18n
	// "notice.<kind>.<code>"), such as repaired; it may be empty.
	Code   string     `json:"code,omitempty"`
	At     time.Time  `json:"at"`
	ReadAt *time.Time `json:"read_at,omitempty"`
}

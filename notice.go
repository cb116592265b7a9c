package mingjing

import "time"

// A NoticeKind is the kind of a notice: what happened.
type NoticeKind string

// The kinds of notice. Those with legal effect, and those about one's own login, can't be
// switched off.
const (
	// NoticeListingServed: a listing was decided and is served; it has no effect yet.
	NoticeListingServed NoticeKind = "listing_served"
	// NoticeListingInEffect: the answer period is over and the listing has effect.
	NoticeListingInEffect NoticeKind = "listing_in_effect"
	// NoticeListingEnded: a listing was refused, repaired, lifted or annulled, or has
	// expired.
	NoticeListingEnded NoticeKind = "listing_ended"
	// NoticeRecordChanged: an agency added, corrected or took back a record.
	NoticeRecordChanged NoticeKind = "record_changed"
	// NoticeCaseDecided: there is a decision letter.
	NoticeCaseDecided NoticeKind = "case_decided"
	// NoticeCaseExtended: a case got more time, for new evidence.
	NoticeCaseExtended NoticeKind = "case_extended"
	// NoticeNewVersion: a score was made anew by a new version of its rulebook.
	NoticeNewVersion NoticeKind = "new_version"
	// NoticeHelper: somebody may act for the resident, or no longer may.
	NoticeHelper NoticeKind = "helper"
	// NoticeSecurity: something about the resident's own login, such as a new password.
	NoticeSecurity NoticeKind = "security"
	// NoticeCaseMoved: a case was taken, put to the agency, answered or not.
	NoticeCaseMoved NoticeKind = "case_moved"
	// NoticeInquiry: an inquiry was answered, or was not in time.
	NoticeInquiry NoticeKind = "inquiry"
	// NoticeComplaint: a complaint was answered, or was not in time.
	NoticeComplaint NoticeKind = "complaint"
	// NoticeScoreReady: a score that was asked for is there.
	NoticeScoreReady NoticeKind = "score_ready"
	// NoticeExportReady: an export is ready, or failed.
	NoticeExportReady NoticeKind = "export_ready"
	// NoticeShareViewed: somebody viewed what the resident shares.
	NoticeShareViewed NoticeKind = "share_viewed"
	// NoticeMailFailed: the resident's e-mail address takes no mail. It is about the
	// channel itself, and so not among [NoticeKinds].
	NoticeMailFailed NoticeKind = "mail_failed"
	// NoticePushFailed: a browser of the resident's is not reached by push messages. It is
	// said once for each, and is about the channel alone.
	NoticePushFailed NoticeKind = "push_failed"
)

// NoticeKinds are the kinds of notice, in the order in which they are offered to be
// switched off; those with legal effect come first.
var NoticeKinds = []NoticeKind{NoticeListingServed, NoticeListingInEffect, NoticeListingEnded,
	NoticeRecordChanged, NoticeCaseDecided, NoticeCaseExtended, NoticeNewVersion, NoticeHelper, NoticeSecurity, NoticeCaseMoved, NoticeInquiry,
	NoticeComplaint,
	NoticeScoreReady, NoticeExportReady, NoticeShareViewed}

// Legal reports whether the notice can't be switched off: it has legal effect, or is about
// the resident's own login.
func (k NoticeKind) Legal() bool {
	return k != NoticeCaseMoved && k != NoticeInquiry && k != NoticeComplaint && k != NoticeScoreReady && k != NoticeExportReady &&
		k != NoticeShareViewed &&
		k != NoticeMailFailed && k != NoticePushFailed
}

// A Notice is one message in the resident's inbox. It says that something happened and
// to what; the page of that thing says the rest.
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
	Code string `json:"code,omitempty"`
	// Item is the catalogue code of the record or listing, or the id of the rulebook, that it
	// is about; empty where it is about none, in a notice to a helper, and in old notices.
	Item string `json:"item,omitempty"`
	// Device is a short name of the browser that a notice about a login is about; it may
	// be empty.
	Device string `json:"device,omitempty"`
	// Version says what a new version of a rulebook changed; nil for other kinds.
	Version *VersionChange `json:"version,omitempty"`
	At      time.Time      `json:"at"`
	ReadAt  *time.Time     `json:"read_at,omitempty"`
}

// A VersionChange is what a new version of a rulebook changed for one resident, with
// everything else as it was.
type VersionChange struct {
	// Rulebook is the new version, and Was the version of the score before.
	Rulebook RulebookRef `json:"rulebook"`
	Was      RulebookRef `json:"was"`
	// Before and After are the value and the band by each of them.
	Before ScoreState `json:"before"`
	After  ScoreState `json:"after"`
	// Rules are what counts differently, by catalogue code; at most [MaxVersionRules].
	Rules []RuleChange `json:"rules"`
}

// A ScoreChange is how a score by one rulebook was before something and is after it.
type ScoreChange struct {
	Rulebook RulebookRef `json:"rulebook"`
	Before   ScoreState  `json:"before"`
	After    ScoreState  `json:"after"`
}

// A ScoreState is a value and its band; BandName is the name of the band in that version.
type ScoreState struct {
	Value    int    `json:"value"`
	Band     string `json:"band"`
	BandName Text   `json:"band_name"`
}

// A RuleChange is an item that counts differently by a new version. Before and After are
// the points of all that the resident has of it; CapBefore and CapAfter say that it limits
// the band.
type RuleChange struct {
	Rule      string `json:"rule"`
	Before    int    `json:"before"`
	After     int    `json:"after"`
	CapBefore string `json:"cap_before,omitempty"`
	CapAfter  string `json:"cap_after,omitempty"`
}

// MaxVersionRules is the greatest number of items that a [VersionChange] names.
const MaxVersionRules = 50

// MaxPushDevices is the greatest number of devices of one resident that get push
// messages.
const MaxPushDevices = 10

// An InboxView is a page of the resident's inbox, newest first.
type InboxView struct {
	Notices []Notice `json:"notices"`
	// Unread is how many there are on all pages.
	Unread int `json:"unread"`
	// Next is the cursor of the next page, empty at the end.
	Next string `json:"next,omitempty"`
	// MailFailed says that the resident's e-mail address does not take mail.
	MailFailed bool `json:"mail_failed,omitempty"`
}

// A NoticeSettingsView shows which notices the resident wants sent, and by which ways.
// The inbox always has all.
type NoticeSettingsView struct {
	// Off are the kinds that the resident does not want sent.
	Off []NoticeKind `json:"off"`
	// Push and Mail say whether each way is wanted.
	Push bool `json:"push"`
	Mail bool `json:"mail"`
	// ShowText says that a push message may say its kind on a locked screen.
	ShowText bool `json:"show_text"`
	// PushKey is the server's public key for push (VAPID); "" where it is not
	// offered.
	PushKey string       `json:"push_key,omitempty"`
	Devices []PushDevice `json:"devices"`
	// MailOffered says whether this server can send e-mail.
	MailOffered bool `json:"mail_offered"`
	// Email is the confirmed address, masked; "" for none.
	Email string `json:"email,omitempty"`
	// EmailFailed says that the confirmed address does not take mail.
	EmailFailed bool `json:"email_failed,omitempty"`
	// Pending is the address that waits to be confirmed, as it was typed, until
	// PendingUntil; PendingFailed says that it does not take mail.
	Pending       string     `json:"pending,omitempty"`
	PendingUntil  *time.Time `json:"pending_until,omitempty"`
	PendingFailed bool       `json:"pending_failed,omitempty"`
}

// A PushDevice is a browser that gets push messages.
type PushDevice struct {
	ID string `json:"id"`
	// Name is a short name made from its User-Agent; it may be empty.
	Name    string    `json:"name"`
	AddedAt time.Time `json:"added_at"`
	// Unreached says that messages to it have not arrived of late.
	Unreached bool `json:"unreached,omitempty"`
}

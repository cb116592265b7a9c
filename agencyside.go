package mingjing

import "time"

// AudienceAgency returns the audience of an agency's officers.
func AudienceAgency(code string) string { return "agency:" + code }

// AgencyPositions are all positions of an agency, in the order in which they are
// offered.
var AgencyPositions = []AgencyPosition{PositionMaintained, PositionCorrected, PositionWithdrawn, PositionSupplied}

// An Opening is the receipt for a piece of evidence that an agency has opened: who
// opened what, and when first.
type Opening struct {
	EvidenceID string    `json:"evidence_id"`
	Name       string    `json:"name"`
	Agency     string    `json:"agency"`
	Who        string    `json:"who"`
	At         time.Time `json:"at"`
}

// A KeyUse is the direction in which an agency's key signs.
type KeyUse string

// The uses of a key.
const (
	// KeySubmit: the agency's computer signs what it submits.
	KeySubmit KeyUse = "submit"
	// KeyAsk: we sign what we ask the agency.
	KeyAsk KeyUse = "ask"
)

// KeyUses are all uses of a key.
var KeyUses = []KeyUse{KeySubmit, KeyAsk}

// A KeyState is whether a key can be used.
type KeyState string

// The states of a key.
const (
	KeyGood    KeyState = "good"
	KeyEnding  KeyState = "ending"  // it was replaced, and is good until a stated time
	KeyEnded   KeyState = "ended"   // that time is over
	KeyRevoked KeyState = "revoked" // somebody has ended it at once
)

// An AgencyKey is a key of an agency's. Its secret is derived and stored nowhere.
type AgencyKey struct {
	ID        string    `json:"id"`
	Agency    string    `json:"agency"`
	Use       KeyUse    `json:"use"`
	CreatedAt time.Time `json:"created_at"`
	// EndsAt is until when it is good, since it was replaced; nil where it was not.
	EndsAt    *time.Time `json:"ends_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// State returns the state of the key at an instant.
func (k AgencyKey) State(now time.Time) KeyState {
	switch {
	case k.RevokedAt != nil:
		return KeyRevoked
	case k.EndsAt == nil:
		return KeyGood
	case k.EndsAt.After(now):
		return KeyEnding
	}
	return KeyEnded
}

// Usable reports whether the key signs at an instant.
func (k AgencyKey) Usable(now time.Time) bool {
	s := k.State(now)
	return s == KeyGood || s == KeyEnding
}

// A MadeKey is a new key with its secret in hex, which is shown once.
type MadeKey struct {
	AgencyKey
	Secret string `json:"secret"`
}

// The limits of keys: how many of one use an agency may have that are good, and for how
// many days at most a key is good beside the one that replaces it.
const (
	MaxAgencyKeys  = 5
	MaxOverlapDays = 90
)

// OverlapDays are the days that an officer may choose for the time in which both the old
// key and the new one are good.
var OverlapDays = []int{1, 7, 30}

// An AgencyKeysView is the keys of an officer's agency, the newest first.
type AgencyKeysView struct {
	Keys []AgencyKey `json:"keys"`
	// Made is the key that a form has just made, shown once; nil otherwise.
	Made *MadeKey `json:"made,omitempty"`
}

// An AgencyQuestion is a dispute as its agency sees it: it has what the agency needs
// for an answer, and nothing more about the resident.
type AgencyQuestion struct {
	ID string `json:"id"`
	// Ref is the agency's own reference of the record or listing.
	Ref   string    `json:"ref"`
	Code  string    `json:"code"`
	Kind  CaseKind  `json:"kind"`
	State CaseState `json:"state"`
	// Notice is 1, or 2 when the first was not answered in time.
	Notice int `json:"notice"`
	// Clock is the deadline that the agency has to meet.
	Clock Clock `json:"clock"`
	// The rest is set only where one question is read, which is in the resident's
	// access log.
	Resident  string        `json:"resident,omitempty"`
	Subject   string        `json:"subject,omitempty"`
	Reason    DisputeReason `json:"reason,omitempty"`
	Statement string        `json:"statement,omitempty"`
	Occurred  Date          `json:"occurred,omitempty"`
	Document  *Document     `json:"document,omitempty"`
	Evidence  []Evidence    `json:"evidence,omitempty"`
	// Opened is the receipt of what the agency has opened.
	Opened []Opening     `json:"opened,omitempty"`
	Answer *AgencyAnswer `json:"agency_answer,omitempty"`
	// Open says that the question can be answered now.
	Open bool `json:"open"`
}

// An AgencyQuestionsView is a page of an agency's open questions, the nearest clock
// first.
type AgencyQuestionsView struct {
	Questions []AgencyQuestion `json:"questions"`
	Next      string           `json:"next,omitempty"`
}

// An AgencyHolding is a record or listing that an agency has supplied, without the
// person whom it is about.
type AgencyHolding struct {
	// Kind is record or listing.
	Kind  string `json:"kind"`
	Ref   string `json:"ref"`
	Code  string `json:"code"`
	State string `json:"state"`
	// Resident is set only in a search by reference, which is in the resident's access
	// log.
	Resident string `json:"resident,omitempty"`
}

// An AgencyRecordsView is a page of what an agency has supplied, newest first.
type AgencyRecordsView struct {
	Holdings []AgencyHolding `json:"holdings"`
	// Ref is the reference that was searched for; empty for all.
	Ref  string `json:"ref,omitempty"`
	Next string `json:"next,omitempty"`
	// Unmatched are those that wait for the agency because of the name, newest first, at
	// most [MaxUnmatched]; empty in a search.
	Unmatched []UnmatchedRecord `json:"unmatched,omitempty"`
}

// MaxUnmatched is how many records that wait for the agency are shown.
const MaxUnmatched = 200

// What became of a line of a batch.
const (
	LineAccepted = "accepted"
	LineRefused  = "refused"
)

// A LineAnswer is what became of a line of a batch, and if it was refused, why.
type LineAnswer struct {
	// Line is the number of the line in the batch, from 1.
	Line int `json:"line"`
	// FileLine is the number of the line of text in what was sent, from 1; of a line
	// that goes over several, the first.
	FileLine int    `json:"file_line,omitempty"`
	Ref      string `json:"ref"`
	Status   string `json:"status"`
	// Code is why it was refused, with a sentence in each language. Field is what has to
	// be put right, down to its part, such as document.date.
	Code  string `json:"code,omitempty"`
	Field string `json:"field,omitempty"`
	// Values are the values of the sentence's placeholders.
	Values map[string]string `json:"values,omitempty"`
	// ID is ours of the record or listing.
	ID string `json:"id,omitempty"`
	// HeldBy is the agency's own reference that holds the same fact already.
	HeldBy string `json:"held_by,omitempty"`
}

// A BatchState is how far a batch of an agency's has come.
type BatchState string

// The states of a batch.
const (
	BatchWaiting BatchState = "waiting" // stored, and not begun
	BatchWorking BatchState = "working" // some lines are answered
	BatchDone    BatchState = "done"    // all lines are answered
)

// BatchStates are all states of a batch, in their order.
var BatchStates = []BatchState{BatchWaiting, BatchWorking, BatchDone}

// A BatchSummary is the state of a batch with its counts.
type BatchSummary struct {
	// ID is the agency's own id of the batch.
	ID string `json:"id"`
	// Key is the id in the addresses of our pages; empty for a dry run.
	Key        string     `json:"key,omitempty"`
	State      BatchState `json:"state"`
	At         time.Time  `json:"at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	// Total is the number of lines, of which Accepted and Refused are answered.
	Total    int `json:"total"`
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	// DryRun says that nothing was stored.
	DryRun bool `json:"dry_run,omitempty"`
}

// Answered returns the number of lines that are answered.
func (b BatchSummary) Answered() int { return b.Accepted + b.Refused }

// An AgencyBatchesView is a page of an agency's batches, newest first.
type AgencyBatchesView struct {
	Batches []BatchSummary `json:"batches"`
	Next    string         `json:"next,omitempty"`
}

// An AgencyBatchView is one batch with a page of its refused lines.
type AgencyBatchView struct {
	BatchSummary
	Lines []LineAnswer `json:"lines"`
	Next  string       `json:"next,omitempty"`
}

// An UnmatchedRecord is a record or listing that an agency sent under the ID number of
// somebody with another name. It belongs to nobody, until the agency sends it again with
// the right name or number, or sends it no longer.
type UnmatchedRecord struct {
	Ref  string    `json:"ref"`
	Code string    `json:"code"`
	At   time.Time `json:"at"`
	// Asked says that the agency sent it as an answer when it was asked, not in a batch.
	Asked bool `json:"asked,omitempty"`
}

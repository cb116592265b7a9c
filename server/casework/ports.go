package casework

import (
	"context"
	"errors"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mingjing"
)

// Errors that the ports return; implementations wrap them.
var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrExists: a row that must be the only one is there already.
	ErrExists = errors.New("already exists")
	// ErrNoReason: something of a resident was to be read in a transaction that had
	// not said why.
	ErrNoReason = errors.New("no reason to read")
	// ErrAltered: what is kept does not open where it stands: somebody has changed
	// it, or moved it there from elsewhere.
	ErrAltered = errors.New("altered where it is kept")
)

// A Clock tells the time. Everything that has a deadline asks it.
type Clock interface{ Now() time.Time }

// A Bus tells open screens, on every replica, that an event was committed.
// Losing what it carries does no harm: the event is in the store.
type Bus interface {
	Publish(ctx context.Context, audience string, e mingjing.Event) error
}

// Agencies are the public bodies that hold records.
type Agencies interface {
	// Records asks one agency what it holds on one resident. An error means that
	// it did not answer this time; ctx bounds the wait.
	Records(ctx context.Context, agency string, q Inquiry) (Reply, error)
	// Ask puts a question about a disputed record or listing to its agency, and
	// returns its answer, or nil while it has not answered. Asking again with the
	// same case is the same question.
	Ask(ctx context.Context, agency string, q Question) (*mingjing.AgencyAnswer, error)
}

// An Inquiry is what an agency is asked for a score request.
type Inquiry struct {
	RequestID string            `json:"request_id"`
	IDNumber  mingjing.IDNumber `json:"id_number"`
	Name      string            `json:"name"`
	// Codes are the catalogue codes that may be answered.
	Codes []string `json:"codes"`
}

// A Reply is what an agency holds, at most [MaxReplyItems] of each.
type Reply struct {
	Records  []ReplyRecord  `json:"records"`
	Listings []ReplyListing `json:"listings"`
}

// A ReplyRecord is a record as the agency sends it. Ref is the agency's own
// stable reference: the same Ref is the same record. ID, Agency, State and
// CollectedAt of the record are ours and ignored.
type ReplyRecord struct {
	Ref string `json:"ref"`
	mingjing.Record
}

// A ReplyListing is a listing as the authority sends it; see [ReplyRecord].
type ReplyListing struct {
	Ref string `json:"ref"`
	mingjing.Listing
}

// A Question is what an agency is asked about a dispute. It carries the
// resident's words and not the evidence.
type Question struct {
	CaseID    string                 `json:"case_id"`
	IDNumber  mingjing.IDNumber      `json:"id_number"`
	Ref       string                 `json:"ref"`
	Code      string                 `json:"code"`
	Reason    mingjing.DisputeReason `json:"reason"`
	Statement string                 `json:"statement"`
	// Due is when the answer must be there.
	Due time.Time `json:"due"`
	// Notice is 1, or 2 when the first was not answered in time.
	Notice int `json:"notice"`
}

// A Notifier carries notices out of the house, to devices and to mailboxes. What
// it returns never names an address. Its errors wrap [ErrGone] or [ErrRefused]
// where another try would be the same; any other is worth one.
type Notifier interface {
	// PushKey is the public key (VAPID) for browsers to subscribe with; "" where
	// push is not offered.
	PushKey() string
	// CheckEndpoint says whether push messages may be sent to an address at all.
	CheckEndpoint(endpoint string) error
	// Push sends a message to one device.
	Push(ctx context.Context, to PushAddress, m Message) error
	// MailOffered says whether e-mail can be sent.
	MailOffered() bool
	// Mail sends a message to a mailbox.
	Mail(ctx context.Context, to string, m Message) error
}

// What a [Notifier] can say of a message for good.
var (
	// ErrGone: there is no such device or mailbox any more.
	ErrGone = errors.New("gone")
	// ErrRefused: this message will never be taken there.
	ErrRefused = errors.New("refused")
)

// A Message is all that leaves the house with a notice: nothing personal.
type Message struct {
	// ID is the notice's, by which a message that arrives twice is known.
	ID   string
	Lang string
	// Kind is "" where even that is not to be said.
	Kind mingjing.NoticeKind
	// Code confirms an e-mail address; "" in a message about a notice.
	Code string
	// Corrected is the number of a statement that the reader was shown and that was
	// corrected since; "" in any other message.
	Corrected string
}

// A PushAddress is where a browser is reached: the address at its push service,
// and the keys (base64url) that messages to it are sealed with.
type PushAddress struct {
	Endpoint string `json:"endpoint"`
	P256dh   string `json:"p256dh"`
	Auth     string `json:"auth"`
}

// A Printer sets on paper what a resident takes along. It reads nothing but what it
// is given.
type Printer interface {
	// Letter is the decision letter of a case as a PDF, Export the readable copy.
	Letter(e mingjing.Export, l mingjing.LetterView) ([]byte, error)
	Export(e mingjing.Export) ([]byte, error)
}

// A Ledger signs the states of the access log's tree, with the key that is the
// log's name to others.
type Ledger interface {
	// Key is the public key.
	Key() string
	// Sign is the signed checkpoint of a tree.
	Sign(size int64, root tlog.Hash) string
	// Witnesses are those who are shown each new state.
	Witnesses() []Witness
}

// A Witness is somebody else's computer that keeps what it saw of the tree last and
// cosigns only what has grown out of it.
type Witness interface {
	// Key is its public key.
	Key() string
	// Cosign shows it a signed checkpoint with the proof that it grew out of the tree
	// of the old size. It returns the lines of signature, or a [*WitnessAt] where the
	// witness has last seen another size.
	Cosign(ctx context.Context, old int64, proof []tlog.Hash, signed string) (lines string, err error)
}

// WitnessAt says which size a witness has cosigned last.
type WitnessAt struct{ Size int64 }

func (e *WitnessAt) Error() string {
	return "the witness has last cosigned the size " + strconv.FormatInt(e.Size, 10)
}

// A Store keeps everything. It is the truth.
type Store interface {
	// Tx runs fn in one transaction that is committed when fn returns nil and
	// rolled back otherwise. fn may run more than once (when two transactions
	// collide), so it must not touch anything but the Tx.
	Tx(ctx context.Context, fn func(Tx) error) error
	// Work gives committed jobs to fn, several at a time, until ctx ends. A job
	// that was being worked on when the process died is given again, as is one
	// whose fn returned an error (with backoff) or a wait above zero (after it).
	Work(ctx context.Context, fn func(ctx context.Context, job Job) (wait time.Duration, err error)) error
	// Ping says whether it can be reached.
	Ping(ctx context.Context) error
}

// A Job is work to be done after the transaction that asked for it.
type Job struct {
	// Kind is one of the Job constants.
	Kind string
	// ID is the id of the score request, dispute, resident, notice, export, erasure,
	// mandate, inquiry or view of a share.
	ID string
	// At is the earliest time; zero is now.
	At time.Time
}

// The kinds of job.
const (
	JobCollect    = "collect"    // ask the agencies for a score request
	JobQuestion   = "question"   // ask an agency about a dispute, and watch its clock
	JobRescore    = "rescore"    // something of a resident's ends today
	JobClock      = "clock"      // a clock of the bureau's own in a case
	JobListing    = "listing"    // a listing takes effect, or ends
	JobNotify     = "notify"     // send a notice by the ways that the resident wants
	JobErase      = "erase"      // erase a resident who left
	JobExport     = "export"     // make what a resident takes along
	JobUnexport   = "unexport"   // delete what was taken along, or was not
	JobInquiry    = "inquiry"    // the clock of an inquiry about a look
	JobConfirm    = "confirm"    // send a resident the code for an e-mail address
	JobMandate    = "mandate"    // a mandate is offered, or ends
	JobCorrection = "correction" // tell somebody who looked at a share that it was corrected
)

// A Tx is one transaction on the store. Every method that finds nothing returns
// [ErrNotFound]; lists may be empty. Lists are ordered oldest first unless said
// otherwise.
type Tx interface {
	AddResident(ctx context.Context, r Resident) error // ErrExists: ID number known
	Resident(ctx context.Context, id mingjing.ResidentID) (Resident, error)
	// ResidentByIDNumber finds who has an ID number, and opens nothing of theirs.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	Residents(ctx context.Context) (int, error)

	AddConsent(ctx context.Context, resident mingjing.ResidentID, c mingjing.Consent) error
	Consents(ctx context.Context, resident mingjing.ResidentID) ([]mingjing.Consent, error)
	// WithdrawConsents marks every consent to the rulebook that is in force.
	WithdrawConsents(ctx context.Context, resident mingjing.ResidentID, rulebook string, at time.Time) error

	AddRequest(ctx context.Context, r Request) error // ErrExists: one is open, or the key is known
	Request(ctx context.Context, id string) (Request, error)
	RequestByKey(ctx context.Context, resident mingjing.ResidentID, key string) (Request, error)
	OpenRequest(ctx context.Context, resident mingjing.ResidentID) (Request, error)
	LatestRequest(ctx context.Context, resident mingjing.ResidentID) (Request, error)
	Requests(ctx context.Context, resident mingjing.ResidentID) ([]Request, error)
	SetRequest(ctx context.Context, r Request) error // State, FinishedAt, ScoreID
	// QueuePlace is how many queued requests are as old or older, itself included.
	QueuePlace(ctx context.Context, id string) (int, error)
	Sources(ctx context.Context, request string) ([]Source, error) // by agency code
	SetSource(ctx context.Context, request string, s Source) error

	// PutRecord inserts or replaces by ID.
	PutRecord(ctx context.Context, r Record) error
	Record(ctx context.Context, id string) (Record, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]Record, error)
	PutListing(ctx context.Context, l Listing) error
	Listing(ctx context.Context, id string) (Listing, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]Listing, error)

	AddScore(ctx context.Context, resident mingjing.ResidentID, s mingjing.Score) error
	Score(ctx context.Context, id string) (mingjing.Score, error)
	// Scores of a resident by one rulebook, oldest first; "" for all rulebooks.
	Scores(ctx context.Context, resident mingjing.ResidentID, rulebook string) ([]mingjing.Score, error)
	DeleteScores(ctx context.Context, resident mingjing.ResidentID, rulebook string) error

	AddDispute(ctx context.Context, d Dispute) error // ErrExists: one is open about it, or the key is known
	SetDispute(ctx context.Context, d Dispute) error // everything but Evidence; fails with ErrConflict if d.Version is not the stored one, and stores Version+1
	Dispute(ctx context.Context, id string) (Dispute, error)
	// CaseLine is a dispute's [Dispute.Line]; nothing of its resident is opened.
	CaseLine(ctx context.Context, id string) (Dispute, error)
	DisputeByKey(ctx context.Context, resident mingjing.ResidentID, key string) (Dispute, error)
	Disputes(ctx context.Context, resident mingjing.ResidentID) ([]Dispute, error) // newest first
	// Cases are all disputes that match, by nearest clock (Dispute.NextDue, those
	// with none last), then by id, from the cursor on, each as its [Dispute.Line];
	// search by mingjing.CaseFilter is on id, catalogue code and resident's whole
	// name.
	Cases(ctx context.Context, f CaseQuery) ([]Dispute, error)
	CaseCounts(ctx context.Context) (map[string]int, error) // by state, all disputes
	// LateCounts is how many open cases are late at the instant, and how many very
	// late: those are not counted among the late.
	LateCounts(ctx context.Context, now time.Time) (late, very int, err error)
	// Deadlines are the instants after now that cases, score requests and dated jobs
	// wait for, the most next of each kind; a request waits for scoreTime after it
	// was made.
	Deadlines(ctx context.Context, now time.Time, scoreTime time.Duration, most int) ([]Deadline, error)
	// SetAgencyCase keeps what a dispute says about its agency, in the place of what
	// it said before.
	SetAgencyCase(ctx context.Context, k AgencyCase) error
	// AgencyCounts are the sums of each agency that has any.
	AgencyCounts(ctx context.Context, now time.Time) ([]AgencyCounts, error)

	AddEvidence(ctx context.Context, dispute string, e mingjing.Evidence, data []byte) error
	SetEvidenceAnswer(ctx context.Context, id, answer string) error
	Evidence(ctx context.Context, dispute string) ([]mingjing.Evidence, error)
	// EvidenceCase is the dispute to which a file belongs; it opens nothing.
	EvidenceCase(ctx context.Context, id string) (dispute string, err error)
	EvidenceData(ctx context.Context, id string) (e mingjing.Evidence, data []byte, err error)

	// Because says why what follows in this transaction is read. The look is added
	// to the access log of each resident before anything of theirs is opened, unless
	// a look was added in this transaction already; without a reason, or when the
	// look can't be added, nothing is opened. With once, which names a piece of work,
	// the look is added only where that work has none in the log yet.
	Because(l mingjing.Look, once string)
	// Repeats says that the look of Because, made without once, is one of a resident
	// at what is their own, and names what it repeats. The first look of a name takes
	// the name; with quiet, the ones that follow are not added. The logs of others
	// have each look all the same.
	Repeats(own mingjing.ResidentID, name string, quiet bool)
	// Looked adds the look of Because now, unless it was, for a transaction that
	// changes what is kept of a resident and need not open anything.
	Looked(ctx context.Context, resident mingjing.ResidentID) error
	// AddLook appends to the resident's access log and gives it its Seq, and its leaf
	// in the tree: without that nothing is committed.
	AddLook(ctx context.Context, resident mingjing.ResidentID, l mingjing.Look) error
	// Looks are the newest first, with Seq below before (0: from the newest).
	Looks(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.Look, error)
	// LookEntries are the looks with Seq above after that the tree had when it was of
	// that size, oldest first, without their proofs.
	LookEntries(ctx context.Context, resident mingjing.ResidentID, after, size int64, limit int) ([]mingjing.LookEntry, error)
	// TreeSize is how many leaves the tree of the access log has, TreeHashes its hashes
	// by tlog's index; each of them has to be there.
	TreeSize(ctx context.Context) (int64, error)
	TreeHashes(ctx context.Context, ids []int64) ([]tlog.Hash, error)
	// SetCosigned keeps what a witness has cosigned, unless what is kept is larger.
	SetCosigned(ctx context.Context, k Cosigned) error
	Cosigned(ctx context.Context) ([]Cosigned, error)

	// AddEvent appends to an audience's events and returns it with its Seq, which
	// grows in the order of commit within the audience.
	AddEvent(ctx context.Context, audience string, e mingjing.Event) (mingjing.Event, error)
	EventsAfter(ctx context.Context, audience string, after int64, limit int) ([]mingjing.Event, error)
	LastEvent(ctx context.Context, audience string) (int64, error)

	// AddNotice appends to the resident's inbox; Seq is given here.
	AddNotice(ctx context.Context, n Notice) error
	Notice(ctx context.Context, id string) (Notice, error)
	// SetNotice stores ReadAt, Waiting and Tries.
	SetNotice(ctx context.Context, n Notice) error
	// Notices are the newest first, with Seq below before (0: from the newest).
	Notices(ctx context.Context, resident mingjing.ResidentID, before int64, limit int) ([]Notice, error)
	UnreadNotices(ctx context.Context, resident mingjing.ResidentID) (int, error)
	// ReadNotices marks all that are unread.
	ReadNotices(ctx context.Context, resident mingjing.ResidentID, at time.Time) error

	NoticePrefs(ctx context.Context, resident mingjing.ResidentID) (NoticePrefs, error)
	SetNoticePrefs(ctx context.Context, p NoticePrefs) error
	// PutDevice inserts a device, or takes it over from whoever had its endpoint.
	PutDevice(ctx context.Context, d Device) error
	Devices(ctx context.Context, resident mingjing.ResidentID) ([]Device, error)
	DeleteDevice(ctx context.Context, resident mingjing.ResidentID, id string) error
	// DeleteDevicesOf deletes the devices that a session has added, if any.
	DeleteDevicesOf(ctx context.Context, session string) error
	// DeleteDevicesBut deletes the resident's devices but those of a session.
	DeleteDevicesBut(ctx context.Context, resident mingjing.ResidentID, session string) error

	AddExport(ctx context.Context, e Export) error // ErrExists: the resident has one
	Export(ctx context.Context, id string) (Export, error)
	ExportOf(ctx context.Context, resident mingjing.ResidentID) (Export, error)
	// ExportID is the id of a resident's export; nothing of it is opened.
	ExportID(ctx context.Context, resident mingjing.ResidentID) (string, error)
	SetExport(ctx context.Context, e Export) error
	// SetExportData keeps the file of an export, in the place of what it was before.
	SetExportData(ctx context.Context, id string, data []byte) error
	ExportData(ctx context.Context, id string) ([]byte, error)
	DeleteExport(ctx context.Context, id string) error // with its file

	// HeldByRef are the ids of an agency's records and listings under its reference.
	HeldByRef(ctx context.Context, agency, ref string) (records, listings []string, err error)
	// Holdings are what an agency has supplied, newest first, from the cursor on;
	// next is "" at the end. A bad cursor is ErrCursor.
	Holdings(ctx context.Context, agency, cursor string, limit int) (list []mingjing.AgencyHolding, next string, err error)
	AddBatch(ctx context.Context, b BatchRow) error // ErrExists: the agency has used the id
	Batch(ctx context.Context, agency, id string) (BatchRow, error)
	SetBatch(ctx context.Context, b BatchRow) error // Answer
	AddAgencyKey(ctx context.Context, k mingjing.AgencyKey) error
	AgencyKey(ctx context.Context, id string) (mingjing.AgencyKey, error)
	AgencyKeys(ctx context.Context) ([]mingjing.AgencyKey, error)
	SetAgencyKey(ctx context.Context, k mingjing.AgencyKey) error // RevokedAt
	// AddAnswerDocument keeps what an agency attached to its answer; EvidenceData
	// reads it as it reads evidence.
	AddAnswerDocument(ctx context.Context, dispute string, e mingjing.Evidence, data []byte) error

	// PutMandate inserts a mandate when it has a Number, and replaces the one of its
	// ID when it has none.
	PutMandate(ctx context.Context, m Mandate) error
	// Mandate is for one of the two between whom it is; "" for the bureau, which reads
	// it as its owner. Only the reader has a line of it in the access log: in the
	// other's it would tell who is enrolled.
	Mandate(ctx context.Context, id string, reader mingjing.ResidentID) (Mandate, error)
	MandatesOf(ctx context.Context, dispute string) ([]Mandate, error)
	// MandatesFor are those in which the resident is the helper, newest first.
	MandatesFor(ctx context.Context, helper mingjing.ResidentID) ([]Mandate, error)
	// MandatesTo are those that a resident gave to whoever has the number.
	MandatesTo(ctx context.Context, owner mingjing.ResidentID, helper mingjing.IDNumber) ([]Mandate, error)
	// HelpedBy are the residents for whom the helper has ever accepted to act.
	HelpedBy(ctx context.Context, helper mingjing.ResidentID) ([]mingjing.ResidentID, error)

	Enqueue(ctx context.Context, j Job) error

	DeskTx
	ErasureTx
	InquiryTx
	ShareTx
}

// A Cosigned is the last state of the tree that a witness has cosigned.
type Cosigned struct {
	// Witness is its public key.
	Witness string
	Size    int64
	// Note is the checkpoint with the log's signature and the witness's.
	Note string
}

// ErrConflict: somebody else changed the row first.
var ErrConflict = errors.New("changed meanwhile")

// A Resident is a person who is enrolled.
type Resident struct {
	ID        mingjing.ResidentID
	IDNumber  mingjing.IDNumber
	Name      string
	CreatedAt time.Time
}

// A Request is a score request as it is stored.
type Request struct {
	mingjing.ScoreRequest // Progress, Sources and Score are not stored here
	Resident              mingjing.ResidentID
	Key                   string // idempotency key; may be empty
	ScoreID               string
}

// A Source is one agency's part in a request as it is stored.
type Source struct {
	mingjing.Source
	// Reply is what it answered; nil until then.
	Reply *Reply
	// NextTry is when it may be asked again.
	NextTry time.Time
}

// A Record is a record as it is stored.
type Record struct {
	mingjing.Record
	Resident mingjing.ResidentID
	Ref      string // the agency's reference; unique with resident and agency
	// Before is the state to return to when a dispute is rejected.
	Before mingjing.RecordState
	// Intake says that the agency submitted it, and so takes it back itself; it does
	// not go because a reply leaves it out.
	Intake bool
	// Submitted is the hash of the line that brought it.
	Submitted string
	// RemovedOn is the day on which it was removed.
	RemovedOn mingjing.Date
}

// A Listing is a listing as it is stored.
type Listing struct {
	mingjing.Listing
	Resident mingjing.ResidentID
	Ref      string
	Before   mingjing.ListingState
}

// A Dispute is a dispute as it is stored.
type Dispute struct {
	mingjing.Dispute // Record, Listing and Evidence are not stored here
	Resident         mingjing.ResidentID
	ResidentName     string // copied for search
	Key              string
	RecordID         string
	ListingID        string
	AgencyCode       string
	CatalogueCode    string
	HandlerID        string
	// Ref is the agency's reference of what it is about.
	Ref string
	// RecommenderID is the first of two people, who may not be the second.
	RecommenderID string
	// Barred are the staff numbers of those who may not work on it, since they
	// decided what it is about.
	Barred []string
	// NewEvidence says that evidence came after it was filed and before the decision.
	NewEvidence bool
	// Letter is what the letter of the decision says; nil until there is one.
	Letter *Letter
	// ServiceProof is the number of the receipt of a listing that was served on paper.
	ServiceProof string
	// NextDue is the nearest running clock; zero when none runs.
	NextDue time.Time
	Version int

	// near says why the case is not for who looks at it: whose it is is near to them.
	// It is not stored.
	near error
}

// A Letter is a decision letter as it is stored. Its scores are stored by their ids
// alone, since they go when the consent to them is withdrawn.
type Letter struct {
	mingjing.LetterView
	ScoreIDs []string
}

// A Notice is a notice as it is stored.
type Notice struct {
	mingjing.Notice
	Resident mingjing.ResidentID
	Seq      int64
	// Waiting are the ways by which it is yet to be sent: [WayMail], or the id of a
	// [Device]. Tries is how often that was tried.
	Waiting []string
	Tries   int
}

// WayMail is the way by e-mail among [Notice] Waiting.
const WayMail = "mail"

// NoticePrefs are how a resident wants to hear of notices. Its zero value is that
// of somebody who never said.
type NoticePrefs struct {
	Resident mingjing.ResidentID
	// Lang is the language of the last form that the resident sent.
	Lang     string
	Off      []mingjing.NoticeKind
	PushOff  bool
	MailOff  bool
	ShowText bool
	// Email is confirmed; EmailFailed says that it does not take mail.
	Email       string
	EmailFailed bool
	// Pending waits for Code to be typed before Until; Guesses counts wrong ones.
	Pending       string
	PendingFailed bool
	Code          string
	Until         time.Time
	Guesses       int
	// Codes is how many codes were sent on the day CodesOn.
	Codes   int
	CodesOn mingjing.Date
}

// A Device is a browser that gets push messages, as it is stored.
type Device struct {
	mingjing.PushDevice
	PushAddress
	Resident mingjing.ResidentID
	// Session is the login that added it; its end ends the device too.
	Session string
}

// An Export is what a resident takes along, as it is stored; its file lies apart.
type Export struct {
	mingjing.ExportJob
	Resident mingjing.ResidentID
	// Lang is the language in which it was asked for.
	Lang string
}

// A Mandate is a mandate as it is stored.
type Mandate struct {
	mingjing.Mandate
	// OwnerID is whose case it is.
	OwnerID mingjing.ResidentID
	// Number is the helper's. Only a keyed hash of it is kept.
	Number mingjing.IDNumber `json:"-"`
	// HelperID is who is enrolled under that number by now; empty for nobody.
	HelperID mingjing.ResidentID `json:"-"`
	// Told says that the helper was told of the offer.
	Told bool
}

// A CaseQuery is a page of the work queue.
type CaseQuery struct {
	mingjing.CaseFilter
	HandlerID string // set when only this handler's cases are wanted
	// Asked leaves only those that an agency has to answer.
	Asked bool
	// Now is the instant by which Late is judged.
	Now    time.Time
	Cursor string
	Limit  int
}

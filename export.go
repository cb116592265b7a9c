package mingjing

import "time"

// ExportKeep is how long an export can be downloaded before it is deleted. No law sets
// it, and ClockScale does not change it.
const ExportKeep = 24 * time.Hour

// MaxExportBytes is the greatest size of an export, in bytes.
const MaxExportBytes = 64 << 20

// An ExportState is the state of an export.
type ExportState string

// The states of an export.
const (
	ExportMaking ExportState = "making"
	ExportReady  ExportState = "ready"
	// ExportFailed: it can't be made; Why says why.
	ExportFailed ExportState = "failed"
)

// ExportStates are all states of an export, in order.
var ExportStates = []ExportState{ExportMaking, ExportReady, ExportFailed}

// ExportSteps are the steps of making an export, in order (i18n
// "export_step.<step>"): it waits, is gathered, its letters and its readable copy
// are set, and it is packed.
var ExportSteps = []string{"waiting", "gather", "letters", "paper", "pack"}

// An ExportView is the page on which a resident downloads all their data.
type ExportView struct {
	// Fresh says that the password was given a short time ago.
	Fresh bool `json:"fresh"`
	// Job is the resident's export; nil for none.
	Job *ExportJob `json:"job,omitempty"`
}

// An ExportJob is the progress of one export, without its content.
type ExportJob struct {
	ID    string      `json:"id"`
	State ExportState `json:"state"`
	// Step is one of [ExportSteps] while it is made, Percent how far it is.
	Step    string    `json:"step,omitempty"`
	Percent int       `json:"percent"`
	AskedAt time.Time `json:"asked_at"`
	// MadeAt and ExpiresAt are nil until it is ready; Size is in bytes.
	MadeAt    *time.Time `json:"made_at,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	Size      int64      `json:"size,omitempty"`
	// Why is the code of the error (i18n "error.<why>") when it failed.
	Why string `json:"why,omitempty"`
}

// ExportVersion is the version of the format of [Export].
const ExportVersion = 1

// An Export is everything that is held on a resident, for the resident: the content of
// export.json. Its schema is in the same ZIP.
type Export struct {
	Version int       `json:"version" jsonschema:"version of this form"`
	MadeAt  time.Time `json:"made_at" jsonschema:"instant as of which this is all"`
	City    Text      `json:"city" jsonschema:"name of the city by language"`
	Zone    string    `json:"zone" jsonschema:"time zone of the dates"`
	// Lang is the language of the PDF files.
	Lang     string          `json:"lang" jsonschema:"language of the PDF files"`
	Identity ExportIdentity  `json:"identity" jsonschema:"who this is about"`
	Consents []Consent       `json:"consents" jsonschema:"consents, in force or withdrawn, oldest first"`
	Requests []ExportRequest `json:"requests" jsonschema:"score requests, with what each source answered"`
	Records  []ExportRecord  `json:"records" jsonschema:"records, with the effect of each today"`
	Listings []ExportListing `json:"listings" jsonschema:"presence on lists, with the effect of each today"`
	// Scores have the whole explanation and the rulebook that they were made by.
	Scores []Score `json:"scores" jsonschema:"scores with the whole explanation and the rulebook's version and hash"`
	// Counterfactuals are of the newest score by each rulebook.
	Counterfactuals []ScoreCounterfactuals `json:"counterfactuals" jsonschema:"fewest changes that lead to another band"`
	Disputes        []ExportDispute        `json:"disputes" jsonschema:"disputes and other cases, with their files"`
	Notices         []Notice               `json:"notices" jsonschema:"the inbox, oldest first"`
	// Settings are by which ways notices are sent.
	Settings ExportSettings `json:"settings" jsonschema:"how notices are sent"`
	// AccessLog is the whole of it, oldest first.
	AccessLog []AccessEntry `json:"access_log" jsonschema:"every look at these data, oldest first"`
	// Inquiries are what the resident asked about entries of the access log.
	Inquiries []Inquiry `json:"inquiries" jsonschema:"what was asked about looks, and the answers, oldest look first"`
	// Complaints are what the resident reported, with the answers.
	Complaints []Complaint `json:"complaints" jsonschema:"what was reported: refusals and unpublished lists, with the answers, newest first"`
	// Shares are without their links, which are kept nowhere.
	Shares []Share `json:"shares" jsonschema:"what was shared, with whom, newest first"`
	// Drafts are what was typed into forms and not sent.
	Drafts []ExportDraft `json:"drafts" jsonschema:"what was typed into forms and not sent, the last one first"`
	// Sendings are the requests that are known by a key, so that each is done once.
	Sendings []time.Time `json:"sendings" jsonschema:"when the last forms were sent whose answers are kept so that none is done twice"`
	// Helping are the mandates in which the resident is the helper; those that they
	// gave are with their cases.
	Helping []Mandate `json:"helping" jsonschema:"mandates to act for others, newest first"`
}

// An ExportIdentity is the resident's identity.
type ExportIdentity struct {
	ResidentID ResidentID `json:"resident_id" jsonschema:"random id under which the resident is known inside"`
	// IDNumber is the whole number: the resident's own.
	IDNumber   string    `json:"id_number" jsonschema:"ID number in full"`
	Name       string    `json:"name"`
	EnrolledAt time.Time `json:"enrolled_at"`
	// Address and Language are those of letters; they may be empty.
	Address  string `json:"address,omitempty" jsonschema:"address for letters"`
	Language string `json:"language,omitempty" jsonschema:"language of letters"`
}

// An ExportRequest is a score request with what its sources answered.
type ExportRequest struct {
	ID         string         `json:"id"`
	Rulebook   RulebookRef    `json:"rulebook"`
	State      RequestState   `json:"state"`
	CreatedAt  time.Time      `json:"created_at"`
	Deadline   time.Time      `json:"deadline"`
	FinishedAt *time.Time     `json:"finished_at,omitempty"`
	ScoreID    string         `json:"score_id,omitempty"`
	Sources    []ExportSource `json:"sources"`
}

// An ExportSource is one agency's part in a request, with its reply where that is
// held.
type ExportSource struct {
	Source
	Reply *ExportReply `json:"reply,omitempty"`
}

// An ExportReply is what an agency answered, in its own words.
type ExportReply struct {
	Records  []ExportReplyRecord  `json:"records"`
	Listings []ExportReplyListing `json:"listings"`
}

// An ExportReplyRecord is a record as an agency sent it.
type ExportReplyRecord struct {
	Ref string `json:"ref" jsonschema:"the agency's own reference"`
	Record
}

// An ExportReplyListing is a listing as an agency sent it.
type ExportReplyListing struct {
	Ref string `json:"ref" jsonschema:"the agency's own reference"`
	Listing
}

// An ExportRecord is a record with its effect and what is stored beside it.
type ExportRecord struct {
	Record Record `json:"record"`
	// Ref is the agency's own reference.
	Ref       string   `json:"ref,omitempty" jsonschema:"the agency's own reference"`
	Submitted bool     `json:"submitted,omitempty" jsonschema:"the agency sent it by itself"`
	RemovedOn Date     `json:"removed_on,omitempty"`
	Area      Area     `json:"area,omitempty"`
	Effect    []Effect `json:"effect" jsonschema:"effect by rulebook"`
	Ends      Date     `json:"ends,omitempty"`
}

// An ExportListing is a listing with its effect and what is stored beside it.
type ExportListing struct {
	Listing   Listing  `json:"listing"`
	Ref       string   `json:"ref,omitempty" jsonschema:"the agency's own reference"`
	Effective bool     `json:"effective" jsonschema:"it has effect today"`
	Effect    []Effect `json:"effect" jsonschema:"effect by rulebook"`
}

// An ExportDispute is a case, with the names of its files in the ZIP.
type ExportDispute struct {
	Case
	Files []ExportFile `json:"files" jsonschema:"evidence, the agency's document and the decision letter"`
}

// An ExportDraft is a draft of a form, with the names of its files in the ZIP.
type ExportDraft struct {
	Draft FormDraft    `json:"draft"`
	Files []ExportFile `json:"files" jsonschema:"files of the draft, as far as they have arrived"`
}

// The kinds of file of a case, and that of a draft.
const (
	FileEvidence = "evidence"
	FileAgency   = "agency_document"
	FileLetter   = "letter"
	FileDraft    = "draft"
)

// An ExportFile is a file beside export.json.
type ExportFile struct {
	// Kind is evidence, agency_document, letter or draft.
	Kind string `json:"kind"`
	// EvidenceID is the piece of evidence that the file is; empty for a letter.
	EvidenceID string `json:"evidence_id,omitempty"`
	Path       string `json:"path"`
	SHA256     string `json:"sha256" jsonschema:"SHA-256 of the file, 64 hex digits"`
}

// ExportSettings are how a resident hears of notices, addresses in full. The keys
// that messages to a device are sealed with are not among them.
type ExportSettings struct {
	Lang         string       `json:"lang"`
	Off          []NoticeKind `json:"off" jsonschema:"kinds of notice that are not sent"`
	Push         bool         `json:"push"`
	Mail         bool         `json:"mail"`
	ShowText     bool         `json:"show_text"`
	Email        string       `json:"email,omitempty"`
	PendingEmail string       `json:"pending_email,omitempty"`
	Devices      []PushDevice `json:"devices" jsonschema:"browsers that get push messages"`
}

package mingjing

import "time"

// An EventKind says what changed. An event has kind, id and sequence number and
// nothing personal; whoever receives it reads again through the authorised API.
type EventKind string

// The kinds of event.
const (
	EventRequest EventKind = "request" // a score request moved on; ID is its id
	EventScore   EventKind = "score"   // there is a new score; ID is its id
	EventRecord  EventKind = "record"  // a record or listing changed; ID is its id
	EventDispute EventKind = "dispute" // a dispute moved on; ID is its id
	EventConsent EventKind = "consent" // a consent was given or withdrawn
	EventNotice  EventKind = "notice"  // a notice came or was read; ID is its id, or all
	EventExport  EventKind = "export"  // an export moved on or was deleted; ID is its id
	EventInquiry EventKind = "inquiry" // an inquiry about an access moved on; ID is its id
	EventShare   EventKind = "share"   // a share was made, viewed, revoked or corrected; ID is its id, or all
	EventBatch   EventKind = "batch"   // a batch of an agency's moved on; ID is its key
	EventStaff   EventKind = "staff"   // a member of staff changed; ID is the staff number
	EventComment EventKind = "comment" // a comment on a draft came or was moderated; ID is its id
	// EventReset: events before Seq are gone; read everything again.
	EventReset EventKind = "reset"
)

// An Event tells one audience that something changed.
type Event struct {
	// Seq grows by one or more with every event; a client asks for what came
	// after its last.
	Seq  int64     `json:"seq"`
	Kind EventKind `json:"kind"`
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
}

// AudienceStaff is the audience of all staff: it gets every event about the work
// queue.
const AudienceStaff = "staff"

// AudienceAdministrators is the audience of administrators, who hear of no case.
const AudienceAdministrators = "administrators"

// A Listener is one open live stream.
type Listener struct {
	// Audience is a [ResidentID], [AudienceStaff], [AudienceAdministrators] or an
	// [AudienceAgency].
	Audience  string
	SessionID string
	// Person is who listens, by whom streams are counted; "" counts them by session alone.
	Person string
	// ExpiresAt is when the stream is closed.
	ExpiresAt time.Time
	// After is the last sequence number that the client has seen.
	After int64
	// Reset says that the client has seen more than there is, as after a restored backup:
	// it is told to read everything again, as at After.
	Reset bool
}

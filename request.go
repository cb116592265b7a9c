package mingjing

import "time"

// A RequestState is the state of a score request.
type RequestState string

// The states of a score request, in order.
const (
	RequestQueued     RequestState = "queued"
	RequestCollecting RequestState = "collecting"
	RequestScoring    RequestState = "scoring"
	RequestReady      RequestState = "ready"
	// RequestWithdrawn: the resident withdrew consent before it was ready.
	RequestWithdrawn RequestState = "withdrawn"
	// RequestTooLittle: so few agencies had answered at the deadline that there is no
	// score; the resident's agencies are asked again by a request of its own.
	RequestTooLittle RequestState = "too_little"
)

// Open reports whether the request is still being worked on.
func (s RequestState) Open() bool {
	return s == RequestQueued || s == RequestCollecting || s == RequestScoring
}

// ScoreDeadline is the time within which a score request ends: 24 hours elapsed, as in
// the app Honest Shanghai.
const ScoreDeadline = 24 * time.Hour

// LateScores are the score requests of the city that are late, or will be.
type LateScores struct {
	// Endangered are not scored though it was time, and not late yet.
	Endangered int `json:"endangered"`
	// Late are not scored though their deadline has passed.
	Late int `json:"late"`
}

// A SourceState is the state of one agency's answer to one request.
type SourceState string

// The states of a source.
const (
	SourceWaiting  SourceState = "waiting"
	SourceRetrying SourceState = "retrying"
	SourceAnswered SourceState = "answered"
	// SourceMissing: it had not answered at the deadline. It never counts against
	// the resident.
	SourceMissing SourceState = "missing"
)

// A Source is one agency's part in one score request.
type Source struct {
	Agency   string      `json:"agency"`
	State    SourceState `json:"state"`
	Attempts int         `json:"attempts"`
	// AnsweredAt is nil until it has answered.
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	// Items is how many records and listings it returned.
	Items int `json:"items"`
}

// Progress is the progress of a score request.
type Progress struct {
	Answered int `json:"answered"`
	Total    int `json:"total"`
	// Place in the queue, 1 being next; 0 when it is not waiting.
	Place int `json:"place"`
	// Expected is when it will probably be ready; nil when nobody can say.
	Expected *time.Time `json:"expected,omitempty"`
}

// A ScoreRequest is a resident's request for a score. It is ready within
// [ScoreDeadline].
type ScoreRequest struct {
	ID       string       `json:"id"`
	Rulebook RulebookRef  `json:"rulebook"`
	State    RequestState `json:"state"`
	Progress Progress     `json:"progress"`
	Sources  []Source     `json:"sources,omitempty"`
	// CreatedAt, Deadline and FinishedAt are instants; FinishedAt is nil while open.
	CreatedAt  time.Time  `json:"created_at"`
	Deadline   time.Time  `json:"deadline"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	// Again is the id of the request that was made in the place of one to which too little
	// was answered.
	Again string `json:"again,omitempty"`
	// Round is how many requests before it, one after the other, had too little answered.
	Round int `json:"round,omitempty"`
	// Score is nil until the request is ready.
	Score *Score `json:"score,omitempty"`
}

// A SourcesView is which agencies hold what.
type SourcesView struct {
	Sources []SourceView `json:"sources"`
}

// A SourceView is one agency: what it may hold and what it holds.
type SourceView struct {
	Agency  string   `json:"agency"`
	Holds   []string `json:"holds"`
	Records int      `json:"records"`
	// State and At are of the newest request, empty when it was never asked.
	State SourceState `json:"state,omitempty"`
	At    *time.Time  `json:"at,omitempty"`
}

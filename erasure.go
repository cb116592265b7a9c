package mingjing

import "time"

// An Erasure is the progress of one resident's leaving. It does not say who left.
type Erasure struct {
	// ID is the receipt, by which the resident can see that it was done.
	ID      string    `json:"id"`
	AskedAt time.Time `json:"asked_at"`
	// ListedAt is when it was written into the list that is replayed after a backup
	// was restored, LoginAt when the login was removed, ErasedAt when the keys and the
	// hash of the ID number were destroyed; nil until then.
	ListedAt *time.Time `json:"listed_at,omitempty"`
	LoginAt  *time.Time `json:"login_at,omitempty"`
	ErasedAt *time.Time `json:"erased_at,omitempty"`
}

// ErasureKept are the codes of what stays after an erasure. Each has a sentence that
// says why.
var ErasureKept = []string{"tree", "case_lines", "agency_figures", "declarations", "authorities"}

// A LeaveView is what a resident is shown before leaving.
type LeaveView struct {
	// OpenCases must be decided first: they are the resident's protection.
	OpenCases []Case `json:"open_cases"`
	// Scoring says that there are consents in force, scores or an open request.
	Scoring bool `json:"scoring"`
}

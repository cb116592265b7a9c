package register

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	AddResident(ctx context.Context, r kernel.Resident) error // ErrExists: ID number known
	// ResidentByIDNumber returns who has an ID number. Nothing of theirs is opened.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	Residents(ctx context.Context) (int, error)
	// AddEnrolment stores that a resident was enrolled; addressed says that letters can be
	// sent.
	AddEnrolment(ctx context.Context, resident mingjing.ResidentID, addressed bool) error
	// SetActivationCode stores a keyed hash of a resident's activation code in the place of
	// the older one.
	SetActivationCode(ctx context.Context, resident mingjing.ResidentID, code string, until time.Time) error
	// UseActivationCode uses a code up, if it is the resident's one and not too old, and
	// marks the resident as activated.
	UseActivationCode(ctx context.Context, resident mingjing.ResidentID, code string, now time.Time) (UsedCode, error)
	// ReturnActivationCode undoes UseActivationCode, unless there is a newer code.
	ReturnActivationCode(ctx context.Context, resident mingjing.ResidentID, code string, used UsedCode) error
	// Activated reports whether a resident has ever used a code.
	Activated(ctx context.Context, resident mingjing.ResidentID) (bool, error)
	// AwaitingLetters returns residents with an address who are not activated: those without a
	// letter, in the order of their enrolment; or, with before, those whose letter is from
	// before it, the oldest first. The first skip of them are left out.
	AwaitingLetters(ctx context.Context, before time.Time, skip, limit int) ([]mingjing.ResidentID, error)
	// SetLetter stores that a letter with a code was made, in the place of the older code.
	// ErrConflict: the resident awaits none any more, by the rule of AwaitingLetters.
	SetLetter(ctx context.Context, resident mingjing.ResidentID, before, at time.Time, code string, until time.Time) error
	// AddLetterFile stores that a file of letters is whole.
	AddLetterFile(ctx context.Context, id string, at time.Time, letters int) error
	HasLetterFile(ctx context.Context, id string) (bool, error)
	UnreadNotices(ctx context.Context, resident mingjing.ResidentID) (int, error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	OpenRequest(ctx context.Context, resident mingjing.ResidentID) (score.Request, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	// LatestScore returns a resident's newest score by a rulebook; "" for any rulebook.
	LatestScore(ctx context.Context, resident mingjing.ResidentID, rulebook string) (mingjing.Score, error)
	// OpenCasesOf returns a resident's cases that are not decided, newest first.
	OpenCasesOf(ctx context.Context, resident mingjing.ResidentID) ([]cases.Case, error)
	// AccessEntries returns entries of a resident's access log, newest first, with Seq
	// below before (0: from the newest); others leaves out the resident's own.
	AccessEntries(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
}

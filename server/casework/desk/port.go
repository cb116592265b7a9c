package desk

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	// Waiting returns open cases that wait for a person, by nearest clock, then those that
	// were filed first: cases that nobody has, or, with late set, all whose clock ran
	// out before it, each as its [Case.Summary]. It skips the first so many.
	Waiting(ctx context.Context, late time.Time, skip, limit int) ([]cases.Case, error)
	// OpenCases returns how many open cases a handler has, without those that only wait
	// to be served.
	OpenCases(ctx context.Context, handler string) (int, error)
	// SetDeskCase stores that somebody took a case, in the place of what was stored
	// before.
	SetDeskCase(ctx context.Context, k Case) error
	// DecideDeskCase stores that somebody decided a case, whether it is known how they
	// took it or not.
	DecideDeskCase(ctx context.Context, k Case) error
	// DeskCounts returns the sums of each handler who has any. Since bounds what was
	// taken and decided.
	DeskCounts(ctx context.Context, now, since time.Time) ([]Counts, error)
	// Deadlines returns the instants after now that cases, score requests and dated jobs
	// wait for, the next most of each kind; a request waits for scoreTime after it was
	// made.
	Deadlines(ctx context.Context, now time.Time, scoreTime time.Duration, most int) ([]mingjing.DeadlineCount, error)
	// CaseSummary returns a case's [cases.Case.Summary]. Nothing of its resident is opened.
	CaseSummary(ctx context.Context, id string) (cases.Case, error)
	// AddOpening stores that somebody opened a case that is not theirs. Why stands in the
	// access log of its resident.
	AddOpening(ctx context.Context, staff, id string, at time.Time) error
	AddNote(ctx context.Context, dispute string, n mingjing.Note) error
	AddRelative(ctx context.Context, r Relative) error // ErrExists: declared already
	// Relatives returns the relatives that a member of staff has declared.
	Relatives(ctx context.Context, staff string) ([]Relative, error)
	DeleteRelative(ctx context.Context, staff, id string) error
	// AddDeclaration appends to the log of declarations, from which nothing is deleted.
	AddDeclaration(ctx context.Context, d mingjing.Declaration) error
	// Declarations returns the log of declarations, newest first.
	Declarations(ctx context.Context, limit int) ([]mingjing.Declaration, error)
	AddVisit(ctx context.Context, v Visit) error
	Visit(ctx context.Context, id string) (Visit, error)
	// AddMiss counts a look-up at the counter that found nobody. For whom it was is not
	// stored.
	AddMiss(ctx context.Context, staff string, at time.Time) error
	// Misses returns how many look-ups of somebody have found nobody since an instant,
	// and when the first was.
	Misses(ctx context.Context, staff string, since time.Time) (n int, first time.Time, err error)
	// ResidentByIDNumber returns who has an ID number. Nothing of theirs is opened.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	// PutRecord inserts or replaces a record by ID.
	PutRecord(ctx context.Context, r holding.Record) error
	// Cases returns all cases that match, by nearest clock (Case.NextDue, those with
	// none last), then by ID, from the cursor on, each as its [cases.Case.Summary]. Search
	// by mingjing.CaseFilter is on ID, catalogue code and the resident's whole name.
	Cases(ctx context.Context, f cases.CaseQuery) ([]cases.Case, error)
	CaseCounts(ctx context.Context) (map[string]int, error) // by state, all disputes
	// LateCounts returns how many open cases are late at the instant, and how many very
	// late; those are not counted among the late.
	LateCounts(ctx context.Context, now time.Time) (late, very int, err error)
	SetEvidence(ctx context.Context, e mingjing.Evidence) error // Answer
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Notes(ctx context.Context, dispute string) ([]mingjing.Note, error)
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Record(ctx context.Context, id string) (holding.Record, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listing(ctx context.Context, id string) (holding.Listing, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	Case(ctx context.Context, id string) (cases.Case, error)
	Evidence(ctx context.Context, dispute string) ([]mingjing.Evidence, error)
}

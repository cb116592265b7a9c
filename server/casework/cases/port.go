package cases

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/mandate"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	// RelativeResidents returns the residents among the declared relatives, also those
	// who were enrolled since.
	RelativeResidents(ctx context.Context, staff string) ([]mingjing.ResidentID, error)
	// ResidentOfMember returns who a member of staff is as a resident; ErrNotFound where
	// that is not known, or nobody with their ID number is enrolled.
	ResidentOfMember(ctx context.Context, login string) (mingjing.ResidentID, error)
	// PutRecord inserts or replaces a record by ID.
	PutRecord(ctx context.Context, r holding.Record) error
	PutListing(ctx context.Context, l holding.Listing) error
	AddCase(ctx context.Context, d Case) error // ErrExists: one is open about it
	// SetCase stores a case without Evidence, and with Version+1. It fails with
	// ErrConflict if d.Version is not the stored one.
	SetCase(ctx context.Context, d Case) error
	// CaseSummary returns a case's [Case.Summary]. Nothing of its resident is opened.
	CaseSummary(ctx context.Context, id string) (Case, error)
	// Cases returns all cases that match, by nearest clock, each as its [Case.Summary].
	Cases(ctx context.Context, f CaseQuery) ([]Case, error)
	// OpenedCase reports whether somebody has opened a case with a reason since an instant.
	OpenedCase(ctx context.Context, staff, id string, since time.Time) (bool, error)
	// OpenCaseIDs returns the IDs of a resident's cases that are not decided. Nothing of
	// them is opened.
	OpenCaseIDs(ctx context.Context, resident mingjing.ResidentID) ([]string, error)
	// SetAgencyCase stores how an agency deals with a dispute, in the place of what was
	// stored before.
	SetAgencyCase(ctx context.Context, k AgencyCase) error
	AddEvidence(ctx context.Context, dispute string, e mingjing.Evidence, data []byte) error
	// SetEvidence stores a piece of evidence in the place of what was stored before,
	// without its content; SetEvidenceFile with it.
	SetEvidence(ctx context.Context, e mingjing.Evidence) error
	SetEvidenceFile(ctx context.Context, e mingjing.Evidence, data []byte) error
	// EvidenceCase returns the case to which a file belongs. Nothing is opened.
	EvidenceCase(ctx context.Context, id string) (dispute string, err error)
	// HelpedBy returns the residents for whom the helper has ever accepted to act.
	HelpedBy(ctx context.Context, helper mingjing.ResidentID) ([]mingjing.ResidentID, error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Record(ctx context.Context, id string) (holding.Record, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listing(ctx context.Context, id string) (holding.Listing, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	Score(ctx context.Context, id string) (mingjing.Score, error)
	// FirstScoreSince returns a resident's first score by a rulebook that was made at an
	// instant or after it.
	FirstScoreSince(ctx context.Context, resident mingjing.ResidentID, rulebook string, at time.Time) (mingjing.Score, error)
	// Scores returns a resident's newest scores by a rulebook, oldest first, at most limit.
	Scores(ctx context.Context, resident mingjing.ResidentID, rulebook string, limit int) ([]mingjing.Score, error)
	Case(ctx context.Context, id string) (Case, error)
	// CasesOf returns a resident's newest cases, newest first, at most limit.
	CasesOf(ctx context.Context, resident mingjing.ResidentID, limit int) ([]Case, error)
	Evidence(ctx context.Context, dispute string) ([]mingjing.Evidence, error)
	// EvidenceOf returns the evidence of all of a resident's cases, by case.
	EvidenceOf(ctx context.Context, resident mingjing.ResidentID) (map[string][]mingjing.Evidence, error)
	EvidenceData(ctx context.Context, id string) (e mingjing.Evidence, data []byte, err error)
	// AccessEntries returns entries of a resident's access log, newest first, with Seq
	// below before (0: from the newest); others leaves out the resident's own.
	AccessEntries(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
	MandatesOf(ctx context.Context, dispute string) ([]mandate.Mandate, error)
	// MandatesFor returns the mandates in which a resident is the helper, newest first.
	MandatesFor(ctx context.Context, helper mingjing.ResidentID) ([]mandate.Mandate, error)
}

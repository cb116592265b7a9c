package cases

import (
	"context"
	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
	"time"
)

// A Port is what the part needs of one transaction on the store to write, and to read
// what opens nothing that is a resident's. Every method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty. Lists are ordered oldest first unless said
// otherwise.
type Port interface {
	// RelativeResidents are the residents among the declared relatives, also those who
	// were enrolled since.
	RelativeResidents(ctx context.Context, staff string) ([]mingjing.ResidentID, error)
	// ResidentByIDNumber finds who has an ID number, and opens nothing of theirs.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	// PutRecord inserts or replaces by ID.
	PutRecord(ctx context.Context, r holding.Record) error
	PutListing(ctx context.Context, l holding.Listing) error
	AddCase(ctx context.Context, d Case) error // ErrExists: one is open about it, or the key is known
	// everything but Evidence; fails with ErrConflict if d.Version is not the stored one, and stores Version+1
	SetCase(ctx context.Context, d Case) error
	// CaseLine is a dispute's [Case.Line]; nothing of its resident is opened.
	CaseLine(ctx context.Context, id string) (Case, error)
	// OpenCaseIDs are the ids of a resident's cases that are not decided; nothing of
	// them is opened.
	OpenCaseIDs(ctx context.Context, resident mingjing.ResidentID) ([]string, error)
	// SetAgencyCase keeps what a dispute says about its agency, in the place of what
	// it said before.
	SetAgencyCase(ctx context.Context, k AgencyCase) error
	AddEvidence(ctx context.Context, dispute string, e mingjing.Evidence, data []byte) error
	// EvidenceCase is the dispute to which a file belongs; it opens nothing.
	EvidenceCase(ctx context.Context, id string) (dispute string, err error)
	// PutMandate inserts a mandate when it has a Number, and replaces the one of its
	// ID when it has none.
	PutMandate(ctx context.Context, m Mandate) error
	// HelpedBy are the residents for whom the helper has ever accepted to act.
	HelpedBy(ctx context.Context, helper mingjing.ResidentID) ([]mingjing.ResidentID, error)
}

// Readings are what the part needs of a reader of the store: what opens something that
// is a resident's. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	LatestRequest(ctx context.Context, resident mingjing.ResidentID) (score.Request, error)
	Record(ctx context.Context, id string) (holding.Record, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listing(ctx context.Context, id string) (holding.Listing, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	Score(ctx context.Context, id string) (mingjing.Score, error)
	// LatestScore is a resident's newest score by a rulebook; "" for the newest by any.
	LatestScore(ctx context.Context, resident mingjing.ResidentID, rulebook string) (mingjing.Score, error)
	// FirstScoreSince is a resident's first score by a rulebook that was made at or
	// after an instant.
	FirstScoreSince(ctx context.Context, resident mingjing.ResidentID, rulebook string, at time.Time) (mingjing.Score, error)
	Case(ctx context.Context, id string) (Case, error)
	CaseByKey(ctx context.Context, resident mingjing.ResidentID, key string) (Case, error)
	// Disputes are a resident's cases, the newest so many, newest first.
	CasesOf(ctx context.Context, resident mingjing.ResidentID, limit int) ([]Case, error)
	Evidence(ctx context.Context, dispute string) ([]mingjing.Evidence, error)
	// EvidenceOf is the evidence of all of a resident's cases, by case.
	EvidenceOf(ctx context.Context, resident mingjing.ResidentID) (map[string][]mingjing.Evidence, error)
	EvidenceData(ctx context.Context, id string) (e mingjing.Evidence, data []byte, err error)
	// Looks are the newest first, with Seq below before (0: from the newest).
	Looks(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
	// Mandate is for one of the two between whom it is; "" for the bureau, which reads
	// it as its owner. Only the reader has a line of it in the access log: in the
	// other's it would tell who is enrolled.
	Mandate(ctx context.Context, id string, reader mingjing.ResidentID) (Mandate, error)
	MandatesOf(ctx context.Context, dispute string) ([]Mandate, error)
	// MandatesFor are those in which the resident is the helper, newest first.
	MandatesFor(ctx context.Context, helper mingjing.ResidentID) ([]Mandate, error)
	// MandatesTo are those that a resident gave to whoever has the number.
	MandatesTo(ctx context.Context, owner mingjing.ResidentID, helper mingjing.IDNumber) ([]Mandate, error)
}

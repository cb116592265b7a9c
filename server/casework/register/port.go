package register

import (
	"context"
	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/score"
)

// A Port is what the part needs of one transaction on the store to write, and to read
// what opens nothing that is a resident's. Every method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty. Lists are ordered oldest first unless said
// otherwise.
type Port interface {
	AddResident(ctx context.Context, r kernel.Resident) error // ErrExists: ID number known
	// ResidentByIDNumber finds who has an ID number, and opens nothing of theirs.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	Residents(ctx context.Context) (int, error)
	UnreadNotices(ctx context.Context, resident mingjing.ResidentID) (int, error)
}

// Readings are what the part needs of a reader of the store: what opens something that
// is a resident's. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	OpenRequest(ctx context.Context, resident mingjing.ResidentID) (score.Request, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	// LatestScore is a resident's newest score by a rulebook; "" for the newest by any.
	LatestScore(ctx context.Context, resident mingjing.ResidentID, rulebook string) (mingjing.Score, error)
	// OpenDisputes are a resident's cases that are not decided, newest first.
	OpenCasesOf(ctx context.Context, resident mingjing.ResidentID) ([]cases.Case, error)
	// Looks are the newest first, with Seq below before (0: from the newest).
	Looks(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
}

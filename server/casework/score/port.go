package score

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	AddConsent(ctx context.Context, resident mingjing.ResidentID, c mingjing.Consent) error
	AddRequest(ctx context.Context, r Request) error // ErrExists: one is open, or the key is known
	// SetRequest stores a request that was read and has changed: State, FinishedAt,
	// ScoreID, Rulebook, Again.
	SetRequest(ctx context.Context, r Request) error
	// LateRequests returns how many requests are open that were made before late, and
	// how many that were made after it and before endangered.
	LateRequests(ctx context.Context, endangered, late time.Time) (nEndangered, nLate int, err error)
	// QueuePlace returns how many queued requests are as old or older, itself included.
	QueuePlace(ctx context.Context, id string) (int, error)
	SetSource(ctx context.Context, request string, s Source) error
	// OpenCaseIDs returns the IDs of a resident's cases that are not decided.
	OpenCaseIDs(ctx context.Context, resident mingjing.ResidentID) ([]string, error)
	// CountAnswered returns how many agencies have answered to a request.
	CountAnswered(ctx context.Context, request string) (int, error)
	// PutRecord inserts or replaces a record by ID.
	PutRecord(ctx context.Context, r holding.Record) error
	PutListing(ctx context.Context, l holding.Listing) error
	// AddUnmatched adds a record that waits for the agency because of the name, unless it
	// waits already; DeleteUnmatchedAnswers removes those of a resident's that the agency
	// answered when it was asked.
	AddUnmatched(ctx context.Context, agency string, of mingjing.ResidentID, r mingjing.UnmatchedRecord) error
	DeleteUnmatchedAnswers(ctx context.Context, agency string, of mingjing.ResidentID) error
	AddScore(ctx context.Context, resident mingjing.ResidentID, s mingjing.Score) error
	// LastScoreAt returns when the resident's score was made that was added last, by any
	// rulebook.
	LastScoreAt(ctx context.Context, resident mingjing.ResidentID) (time.Time, error)
	DeleteScores(ctx context.Context, resident mingjing.ResidentID, rulebook string) error
	// RevokeShares ends all shares by a rulebook that can still be viewed, and reports
	// whether there were any.
	RevokeShares(ctx context.Context, resident mingjing.ResidentID, rulebook string, at time.Time) (bool, error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Consents(ctx context.Context, resident mingjing.ResidentID) ([]mingjing.Consent, error)
	// WithdrawConsents marks every consent to the rulebook that is in force as
	// withdrawn.
	WithdrawConsents(ctx context.Context, resident mingjing.ResidentID, rulebook string, at time.Time) error
	Request(ctx context.Context, id string) (Request, error)
	OpenRequest(ctx context.Context, resident mingjing.ResidentID) (Request, error)
	Sources(ctx context.Context, request string) ([]Source, error) // by agency code
	// SourcesOfAll returns the sources of all of a resident's requests, by request.
	SourcesOfAll(ctx context.Context, resident mingjing.ResidentID) (map[string][]Source, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	Score(ctx context.Context, id string) (mingjing.Score, error)
	// LatestScore returns a resident's newest score by a rulebook; "" for any rulebook.
	LatestScore(ctx context.Context, resident mingjing.ResidentID, rulebook string) (mingjing.Score, error)
	// Scores returns a resident's newest scores by one rulebook ("" for all), oldest
	// first, at most limit.
	Scores(ctx context.Context, resident mingjing.ResidentID, rulebook string, limit int) ([]mingjing.Score, error)
}

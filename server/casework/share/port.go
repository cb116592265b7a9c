package share

import (
	"context"

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
	// AddShare stores a share, and a keyed hash of its code.
	AddShare(ctx context.Context, s Share, code string) error
	// ShareByCode and ShareHead lock the share until the transaction ends.
	ShareByCode(ctx context.Context, code string) (Head, error)
	ShareHead(ctx context.Context, id string) (Head, error)
	SetShare(ctx context.Context, h Head) error // Viewed, RevokedAt, CorrectedAt
	AddShareView(ctx context.Context, v View) error
	// SetShareView stores a view that was read and has changed: all but what it is of
	// and when it was.
	SetShareView(ctx context.Context, v View) error
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Consents(ctx context.Context, resident mingjing.ResidentID) ([]mingjing.Consent, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	Score(ctx context.Context, id string) (mingjing.Score, error)
	// LatestScore returns a resident's newest score by a rulebook; "" for any rulebook.
	LatestScore(ctx context.Context, resident mingjing.ResidentID, rulebook string) (mingjing.Score, error)
	Case(ctx context.Context, id string) (cases.Case, error)
	Share(ctx context.Context, id string) (Share, error)
	Shares(ctx context.Context, resident mingjing.ResidentID) ([]Share, error) // newest first
	ShareView(ctx context.Context, id string) (View, error)
	ShareViews(ctx context.Context, resident mingjing.ResidentID) ([]View, error)
}

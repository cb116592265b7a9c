package organisation

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// A Mandate is that a resident acts for an organisation, as it is stored.
type Mandate struct {
	ID             string
	Organisation   mingjing.ResidentID
	Representative mingjing.ResidentID
	// Source names the extract of the business register.
	Source string
	State  mingjing.RepresentativeState
	At     time.Time
	// ProposedBy and ConfirmedBy are staff numbers.
	ProposedBy, ConfirmedBy string
}

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	AddResident(ctx context.Context, r kernel.Resident) error // ErrExists: the code is known
	// ResidentByIDNumber returns who has an ID number. Nothing of theirs is opened.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	// ResidentOfMember returns who a member of staff is as a resident; ErrNotFound where
	// that is not known, or nobody with their ID number is enrolled.
	ResidentOfMember(ctx context.Context, login string) (mingjing.ResidentID, error)
	// PutRepresentative inserts or replaces a mandate by ID.
	PutRepresentative(ctx context.Context, m Mandate) error
	Representative(ctx context.Context, id string) (Mandate, error)
	// Representatives returns the mandates of an organisation, and RepresentedBy those of a
	// resident that are in force.
	Representatives(ctx context.Context, organisation mingjing.ResidentID) ([]Mandate, error)
	RepresentedBy(ctx context.Context, resident mingjing.ResidentID) ([]Mandate, error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
}

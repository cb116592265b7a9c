package complaint

import (
	"context"

	"mingjing"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	AddComplaint(ctx context.Context, k Row) error
	// SetComplaint stores a complaint with Version+1. It fails with ErrConflict if
	// k.Version is not the stored one.
	SetComplaint(ctx context.Context, k Row) error
	// ComplaintHead returns what can be known of a complaint before it is opened.
	ComplaintHead(ctx context.Context, id string) (Head, error)
	// OpenComplaints returns those that wait for an answer, by clock and then by ID.
	OpenComplaints(ctx context.Context, limit int) ([]Head, error)
	// ComplaintCounts returns the sums of each kind that has any.
	ComplaintCounts(ctx context.Context) ([]Counts, error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Complaint(ctx context.Context, id string) (Row, error)
	// ComplaintsOf returns a resident's complaints, newest first.
	ComplaintsOf(ctx context.Context, resident mingjing.ResidentID) ([]Row, error)
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
}

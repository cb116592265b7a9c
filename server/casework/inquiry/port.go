package inquiry

import (
	"context"
	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
)

// A Port is what the part needs of one transaction on the store to write, and to read
// what opens nothing that is a resident's. Every method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty. Lists are ordered oldest first unless said
// otherwise.
type Port interface {
	AddInquiry(ctx context.Context, q Row) error // ErrExists: that look was asked about
	// SetInquiry fails with ErrConflict if q.Version is not the stored one, and stores
	// Version+1.
	SetInquiry(ctx context.Context, q Row) error
	// InquiryHead is what is known of an inquiry before it is opened.
	InquiryHead(ctx context.Context, id string) (Head, error)
	// OpenInquiries are those that wait for an answer, by clock and then by id, from
	// the cursor on, which [InquiryHead.Cursor] makes; a bad one is ErrCursor.
	OpenInquiries(ctx context.Context, q Query) ([]Head, error)
	// WaitingInquiries are how many wait for an answer, by state; "" is of all agencies
	// and of staff.
	WaitingInquiries(ctx context.Context, agency string) (map[mingjing.InquiryState]int, error)
}

// Readings are what the part needs of a reader of the store: what opens something that
// is a resident's. Errors and lists are as in [Port].
type Readings interface {
	Inquiry(ctx context.Context, id string) (Row, error)
	// InquiriesAbout are those of a resident about the looks from one number up to
	// another, in that order.
	InquiriesAbout(ctx context.Context, resident mingjing.ResidentID, from, to int64) ([]Row, error)
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Record(ctx context.Context, id string) (holding.Record, error)
	Listing(ctx context.Context, id string) (holding.Listing, error)
	Case(ctx context.Context, id string) (cases.Case, error)
	// Looks are the newest first, with Seq below before (0: from the newest).
	Looks(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
}

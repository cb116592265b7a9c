package inquiry

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
	AddInquiry(ctx context.Context, q Row) error // ErrExists: that look was asked about
	// SetInquiry stores an inquiry with Version+1. It fails with ErrConflict if
	// q.Version is not the stored one.
	SetInquiry(ctx context.Context, q Row) error
	// InquiryHead returns what can be known of an inquiry before it is opened.
	InquiryHead(ctx context.Context, id string) (Head, error)
	// OpenInquiries returns those that wait for an answer, by clock and then by ID, from
	// the cursor on, which [Head.Cursor] makes. A bad cursor is ErrCursor.
	OpenInquiries(ctx context.Context, q Query) ([]Head, error)
	// WaitingInquiries returns how many wait for an answer, by state. Agency "" is for
	// all agencies and staff.
	WaitingInquiries(ctx context.Context, agency string) (map[mingjing.InquiryState]int, error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Inquiry(ctx context.Context, id string) (Row, error)
	// InquiriesAbout returns a resident's inquiries about the entries from one number to
	// another, in that order.
	InquiriesAbout(ctx context.Context, resident mingjing.ResidentID, from, to int64) ([]Row, error)
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Record(ctx context.Context, id string) (holding.Record, error)
	Listing(ctx context.Context, id string) (holding.Listing, error)
	Case(ctx context.Context, id string) (cases.Case, error)
	// AccessEntries returns entries of a resident's access log, newest first, with Seq
	// below before (0: from the newest); others leaves out the resident's own.
	AccessEntries(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
}

package intake

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
	// ResidentByIDNumber returns who has an ID number. Nothing of theirs is opened.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	// PutRecord inserts or replaces a record by ID.
	PutRecord(ctx context.Context, r holding.Record) error
	// HeldByRef returns the IDs of an agency's records and listings under its reference,
	// of one resident or, with "", of anybody, at most limit of each. Nothing is opened.
	HeldByRef(ctx context.Context, agency, ref string, of mingjing.ResidentID, limit int) (records, listings []string, err error)
	// OwnersByRef returns whom an agency's records and listings under its reference are
	// about: at most two, which are enough to know that they are several. Nothing is
	// opened.
	OwnersByRef(ctx context.Context, agency, ref string) ([]mingjing.ResidentID, error)
	AddBatch(ctx context.Context, b BatchRow) error // ErrExists: the agency has used the id
	// Batch returns a batch by the agency's own id, BatchByKey by ours. Where the
	// transaction writes, nobody else has the batch until its end.
	Batch(ctx context.Context, agency, id string) (BatchRow, error)
	BatchByKey(ctx context.Context, key string) (BatchRow, error)
	SetBatch(ctx context.Context, b BatchRow) error // all but Agency, ID, Key and At
	// Batches returns an agency's batches, newest first, from the cursor on; next is ""
	// at the end. A bad cursor is ErrCursor.
	Batches(ctx context.Context, agency, cursor string, limit int) (list []BatchRow, next string, err error)
	// AddBatchPart adds the nth part of a batch's answers; BatchParts returns the answers
	// of all parts.
	AddBatchPart(ctx context.Context, key string, n int, answers []mingjing.LineAnswer) error
	BatchParts(ctx context.Context, key string) ([]mingjing.LineAnswer, error)
	DeleteBatchParts(ctx context.Context, key string) error // there may be none
	PutBatchBody(ctx context.Context, key string, body []byte) error
	BatchBody(ctx context.Context, key string) ([]byte, error)
	DeleteBatchBody(ctx context.Context, key string) error // there may be none
	// AddIntakeRows adds to how many rows of the agency were taken and refused.
	AddIntakeRows(ctx context.Context, agency string, accepted, refused int) error
	// AddUnmatched adds a record that waits for the agency because of the name, unless it
	// waits already. DeleteUnmatched removes those under a reference, of one resident or,
	// with "", of anybody, and reports whether there were any.
	AddUnmatched(ctx context.Context, agency string, of mingjing.ResidentID, r mingjing.UnmatchedRecord) error
	DeleteUnmatched(ctx context.Context, agency string, of mingjing.ResidentID, ref string) (bool, error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Record(ctx context.Context, id string) (holding.Record, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listing(ctx context.Context, id string) (holding.Listing, error)
	Case(ctx context.Context, id string) (cases.Case, error)
}

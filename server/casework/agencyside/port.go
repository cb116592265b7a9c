package agencyside

import (
	"context"
	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/kernel"
	"time"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	// ComplaintCounts returns the sums of each kind that has any.
	ComplaintCounts(ctx context.Context) ([]complaint.Counts, error)
	// InquiryCounts returns the sums of each agency that has any, and those about the
	// bureau's own staff with the agency "".
	InquiryCounts(ctx context.Context) ([]inquiry.Counts, error)
	// Cases returns all cases that match, by nearest clock (Case.NextDue, those with
	// none last), then by ID, from the cursor on, each as its [cases.Case.Summary]. Search
	// by mingjing.CaseFilter is on ID, catalogue code and the resident's whole name.
	Cases(ctx context.Context, f cases.CaseQuery) ([]cases.Case, error)
	// AgencyCounts returns the sums of each agency that has any.
	AgencyCounts(ctx context.Context, now time.Time) ([]AgencyCounts, error)
	// BureauCounts returns the sums of the bureau's own part in all cases: Asked are those
	// that are decided, and the outcomes are of reviews.
	BureauCounts(ctx context.Context) (AgencyCounts, error)
	// EvidenceCase returns the case to which a file belongs. Nothing is opened.
	EvidenceCase(ctx context.Context, id string) (dispute string, err error)
	// HeldByRef returns the IDs of an agency's records and listings under its reference,
	// of one resident or, with "", of anybody, at most limit of each. Nothing is opened.
	HeldByRef(ctx context.Context, agency, ref string, of mingjing.ResidentID, limit int) (records, listings []string, err error)
	// Holdings returns what an agency has supplied, newest first, from the cursor on;
	// next is "" at the end. A bad cursor is ErrCursor.
	Holdings(ctx context.Context, agency, cursor string, limit int) (list []mingjing.AgencyHolding, next string, err error)
	// Unmatched returns what waits for an agency, newest first.
	Unmatched(ctx context.Context, agency string, limit int) ([]mingjing.UnmatchedRecord, error)
	// AddAnswerDocument stores the document that an agency attached to its answer.
	// EvidenceData reads it as it reads evidence.
	AddAnswerDocument(ctx context.Context, dispute string, e mingjing.Evidence, data []byte) error
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Record(ctx context.Context, id string) (holding.Record, error)
	Listing(ctx context.Context, id string) (holding.Listing, error)
	Case(ctx context.Context, id string) (cases.Case, error)
	Evidence(ctx context.Context, dispute string) ([]mingjing.Evidence, error)
	EvidenceData(ctx context.Context, id string) (e mingjing.Evidence, data []byte, err error)
}

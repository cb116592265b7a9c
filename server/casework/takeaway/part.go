// Package takeaway has what residents take along, and their leaving.
//
//	export:  making -> ready -> deleted (after its day)
//	             \-> failed ----^
//	erasure: asked -> listed -> login removed -> erased
//
// Each step of an erasure is kept, so that it can be cut off anywhere and called again.
// Who was erased is on a list apart from the database, and is erased again after a
// backup was restored.
package takeaway

import (
	"context"
	"time"

	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/listing"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/record"
	"mingjing/server/casework/score"
	"mingjing/server/casework/share"
)

// The kinds of job.
const (
	JobErase        = "erase"    // erase a resident who left
	JobExport       = "export"   // make what a resident takes along
	JobDeleteExport = "unexport" // delete what was taken along, or was not
)

// Takeaway makes exports, and erases who leaves. It is safe for use by many goroutines.
type Takeaway struct {
	city      *kernel.City
	printer   Printer
	erasures  ErasureList
	accounts  Accounts
	notices   *notice.Notices
	scores    *score.Scores
	mandates  *mandate.Mandates
	cases     *cases.Cases
	records   *record.Records
	listings  *listing.Listings
	drafts    *draft.Drafts
	shares    *share.Shares
	accessLog *accesslog.AccessLog
}

// New returns the part.
func New(city *kernel.City, printer Printer, erasures ErasureList, accounts Accounts, notices *notice.Notices,
	scores *score.Scores, mandates *mandate.Mandates, cases *cases.Cases, records *record.Records,
	listings *listing.Listings, drafts *draft.Drafts, shares *share.Shares, accessLog *accesslog.AccessLog) *Takeaway {
	return &Takeaway{city: city, printer: printer, erasures: erasures, accounts: accounts, notices: notices,
		scores: scores, mandates: mandates, cases: cases, records: records, listings: listings, drafts: drafts, shares: shares,
		accessLog: accessLog}
}

// Jobs returns the jobs that the part does.
func (c *Takeaway) Jobs() kernel.Jobs {
	return kernel.Jobs{
		JobExport:       func(ctx context.Context, id string) (time.Duration, error) { return 0, c.make(ctx, id) },
		JobDeleteExport: func(ctx context.Context, id string) (time.Duration, error) { return 0, c.deleteExpiredExport(ctx, id) },
		JobErase:        func(ctx context.Context, id string) (time.Duration, error) { return 0, c.erase(ctx, id) },
	}
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// read returns the part's own readings of a reader.
func read(r *kernel.Reader) Readings { return kernel.ReadingsOf[Readings](r) }

package takeaway

import (
	"context"
	"time"

	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	AddErasure(ctx context.Context, e Erasure) error // ErrExists: the resident has one
	Erasure(ctx context.Context, id string) (Erasure, error)
	ErasureOf(ctx context.Context, resident mingjing.ResidentID) (Erasure, error)
	SetErasure(ctx context.Context, e Erasure) error
	// ListedResidents returns those whose erasure was noted to be on the list.
	ListedResidents(ctx context.Context) ([]mingjing.ResidentID, error)
	// Erase destroys the keys of a resident and the hash of the ID number, and deletes
	// everything that need not stay; see [mingjing.ErasureKept]. Nothing of the resident
	// is found any more.
	Erase(ctx context.Context, resident mingjing.ResidentID) error
	// Erased reports whether there is nothing of a resident, or nothing any more.
	Erased(ctx context.Context, resident mingjing.ResidentID) (bool, error)
	AddExport(ctx context.Context, e Export) error // ErrExists: the resident has one
	// ExportID returns the ID of a resident's export. Nothing of it is opened.
	ExportID(ctx context.Context, resident mingjing.ResidentID) (string, error)
	SetExport(ctx context.Context, e Export) error
	// SetExportData stores the file of an export, in the place of an earlier one.
	SetExportData(ctx context.Context, id string, data []byte) error
	DeleteExport(ctx context.Context, id string) error // with its file
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Consents(ctx context.Context, resident mingjing.ResidentID) ([]mingjing.Consent, error)
	// SourcesOfAll returns the sources of all of a resident's requests, by request.
	SourcesOfAll(ctx context.Context, resident mingjing.ResidentID) (map[string][]score.Source, error)
	Requests(ctx context.Context, resident mingjing.ResidentID) ([]score.Request, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	// Scores returns a resident's newest scores by one rulebook ("" for all), oldest
	// first, at most limit.
	Scores(ctx context.Context, resident mingjing.ResidentID, rulebook string, limit int) ([]mingjing.Score, error)
	// CasesOf returns a resident's newest cases, newest first, at most limit.
	CasesOf(ctx context.Context, resident mingjing.ResidentID, limit int) ([]cases.Case, error)
	// OpenCasesOf returns a resident's cases that are not decided, newest first.
	OpenCasesOf(ctx context.Context, resident mingjing.ResidentID) ([]cases.Case, error)
	EvidenceData(ctx context.Context, id string) (e mingjing.Evidence, data []byte, err error)
	// AccessEntries returns entries of a resident's access log, newest first, with Seq
	// below before (0: from the newest); others leaves out the resident's own.
	AccessEntries(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
	// Notices returns a resident's notices, newest first, with Seq below before (0: from
	// the newest).
	Notices(ctx context.Context, resident mingjing.ResidentID, before int64, limit int) ([]notice.Notice, error)
	// SendingsOf returns when the requests of a resident came of which the answers are kept.
	SendingsOf(ctx context.Context, resident mingjing.ResidentID) ([]time.Time, error)
	Devices(ctx context.Context, resident mingjing.ResidentID) ([]notice.Device, error)
	Export(ctx context.Context, id string) (Export, error)
	ExportOf(ctx context.Context, resident mingjing.ResidentID) (Export, error)
	ExportData(ctx context.Context, id string) ([]byte, error)
}

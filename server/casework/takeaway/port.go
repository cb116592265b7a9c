package takeaway

import (
	"context"
	"mingjing"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/score"
)

// A Port is what the part needs of one transaction on the store to write, and to read
// what opens nothing that is a resident's. Every method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty. Lists are ordered oldest first unless said
// otherwise.
type Port interface {
	AddErasure(ctx context.Context, e Erasure) error // ErrExists: the resident has one
	Erasure(ctx context.Context, id string) (Erasure, error)
	ErasureOf(ctx context.Context, resident mingjing.ResidentID) (Erasure, error)
	SetErasure(ctx context.Context, e Erasure) error
	// Erase destroys the keys of a resident and the hash of the ID number, and deletes
	// all that need not stay; see [mingjing.ErasureKept]. Nothing of the resident is
	// found any more.
	Erase(ctx context.Context, resident mingjing.ResidentID) error
	// Erased says whether there is nothing of a resident, or no longer.
	Erased(ctx context.Context, resident mingjing.ResidentID) (bool, error)
	AddExport(ctx context.Context, e Export) error // ErrExists: the resident has one
	// ExportID is the id of a resident's export; nothing of it is opened.
	ExportID(ctx context.Context, resident mingjing.ResidentID) (string, error)
	SetExport(ctx context.Context, e Export) error
	// SetExportData keeps the file of an export, in the place of what it was before.
	SetExportData(ctx context.Context, id string, data []byte) error
	DeleteExport(ctx context.Context, id string) error // with its file
}

// Readings are what the part needs of a reader of the store: what opens something that
// is a resident's. Errors and lists are as in [Port].
type Readings interface {
	Resident(ctx context.Context, id mingjing.ResidentID) (kernel.Resident, error)
	Consents(ctx context.Context, resident mingjing.ResidentID) ([]mingjing.Consent, error)
	// SourcesOfAll are the sources of all of a resident's requests, by request.
	SourcesOfAll(ctx context.Context, resident mingjing.ResidentID) (map[string][]score.Source, error)
	Requests(ctx context.Context, resident mingjing.ResidentID) ([]score.Request, error)
	Records(ctx context.Context, resident mingjing.ResidentID) ([]holding.Record, error)
	Listings(ctx context.Context, resident mingjing.ResidentID) ([]holding.Listing, error)
	// Scores of a resident by one rulebook ("" for all), the newest so many, oldest first.
	Scores(ctx context.Context, resident mingjing.ResidentID, rulebook string, limit int) ([]mingjing.Score, error)
	// Disputes are a resident's cases, the newest so many, newest first.
	CasesOf(ctx context.Context, resident mingjing.ResidentID, limit int) ([]cases.Case, error)
	// OpenDisputes are a resident's cases that are not decided, newest first.
	OpenCasesOf(ctx context.Context, resident mingjing.ResidentID) ([]cases.Case, error)
	EvidenceData(ctx context.Context, id string) (e mingjing.Evidence, data []byte, err error)
	// Looks are the newest first, with Seq below before (0: from the newest).
	Looks(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
	// Notices are the newest first, with Seq below before (0: from the newest).
	Notices(ctx context.Context, resident mingjing.ResidentID, before int64, limit int) ([]notice.Notice, error)
	Devices(ctx context.Context, resident mingjing.ResidentID) ([]notice.Device, error)
	Export(ctx context.Context, id string) (Export, error)
	ExportOf(ctx context.Context, resident mingjing.ResidentID) (Export, error)
	ExportData(ctx context.Context, id string) ([]byte, error)
}

package accesslog

import (
	"context"

	"mingjing"

	"golang.org/x/mod/sumdb/tlog"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	// TreeSize returns how many leaves the tree of the access log has. TreeHashes
	// returns its hashes by tlog's index; each of them must be there.
	TreeSize(ctx context.Context) (int64, error)
	TreeHashes(ctx context.Context, ids []int64) ([]tlog.Hash, error)
	// SetCosigned stores what a witness has cosigned, unless what is stored is larger.
	SetCosigned(ctx context.Context, k Cosigned) error
	Cosigned(ctx context.Context) ([]Cosigned, error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	// AccessEntries returns entries of a resident's access log, newest first, with Seq
	// below before (0: from the newest); others leaves out the resident's own.
	AccessEntries(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
	// OwnEntries returns a resident's own entries of their access log, newest first, with
	// Seq below before (0: from the newest).
	OwnEntries(ctx context.Context, resident mingjing.ResidentID, before int64, limit int) ([]mingjing.AccessEntry, error)
	// ProvenEntries returns a resident's entries with Seq above after that were in the
	// tree when it had that size, oldest first, without their proofs.
	ProvenEntries(ctx context.Context, resident mingjing.ResidentID, after, size int64, limit int) ([]mingjing.ProvenEntry, error)
}

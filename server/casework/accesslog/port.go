package accesslog

import (
	"context"
	"mingjing"

	"golang.org/x/mod/sumdb/tlog"
)

// A Port is what the part needs of one transaction on the store to write, and to read
// what opens nothing that is a resident's. Every method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty. Lists are ordered oldest first unless said
// otherwise.
type Port interface {
	// TreeSize is how many leaves the tree of the access log has, TreeHashes its hashes
	// by tlog's index; each of them has to be there.
	TreeSize(ctx context.Context) (int64, error)
	TreeHashes(ctx context.Context, ids []int64) ([]tlog.Hash, error)
	// SetCosigned keeps what a witness has cosigned, unless what is kept is larger.
	SetCosigned(ctx context.Context, k Cosigned) error
	Cosigned(ctx context.Context) ([]Cosigned, error)
}

// Readings are what the part needs of a reader of the store: what opens something that
// is a resident's. Errors and lists are as in [Port].
type Readings interface {
	// Looks are the newest first, with Seq below before (0: from the newest).
	Looks(ctx context.Context, resident mingjing.ResidentID, others bool, before int64, limit int) ([]mingjing.AccessEntry, error)
	// LookEntries are the looks with Seq above after that the tree had when it was of
	// that size, oldest first, without their proofs.
	LookEntries(ctx context.Context, resident mingjing.ResidentID, after, size int64, limit int) ([]mingjing.ProvenEntry, error)
}

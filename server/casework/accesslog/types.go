package accesslog

import (
	"context"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// A Ledger signs the states of the access log's tree, with the key that is the
// log's name to others.
type Ledger interface {
	// Key returns the public key.
	Key() string
	// Sign returns the signed checkpoint of a tree.
	Sign(size int64, root tlog.Hash) string
	// Witnesses returns those who are shown each new state.
	Witnesses() []Witness
}

// A Witness is somebody else's computer that remembers the last state of the tree that
// it saw, and cosigns only what has grown out of it.
type Witness interface {
	// Key returns its public key.
	Key() string
	// Cosign shows it a signed checkpoint with the proof that it grew out of the tree
	// of the old size. It returns the lines of signature, or a [*WitnessAt] where the
	// witness has last seen another size.
	Cosign(ctx context.Context, old int64, proof []tlog.Hash, signed string) (lines string, err error)
}

// WitnessAt is the error of a witness that has cosigned another size last.
type WitnessAt struct{ Size int64 }

func (e *WitnessAt) Error() string {
	return "the witness has last cosigned the size " + strconv.FormatInt(e.Size, 10)
}

// A Cosigned is the last state of the tree that a witness has cosigned.
type Cosigned struct {
	// Witness is its public key.
	Witness string
	Size    int64
	// Note is the checkpoint with the log's signature and the witness's.
	Note string
}

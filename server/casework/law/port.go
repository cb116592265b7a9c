package law

import (
	"context"

	"mingjing"
)

// A Port is what the part needs of one transaction on the store. A method that finds
// nothing returns [kernel.ErrNotFound]; lists may be empty.
type Port interface {
	// LawFiles returns every file that was ever published, the oldest first.
	LawFiles(ctx context.Context) ([]File, error)
	// AddLawFile keeps a file for ever. The same file again is no error.
	AddLawFile(ctx context.Context, f File) error
	// LawSet returns the hashes of the files by which the city works, in order.
	LawSet(ctx context.Context) ([]string, error)
	// SetLawSet replaces the set was, which is empty the first time. When the set is
	// another by now, it returns ErrConflict.
	SetLawSet(ctx context.Context, was, hashes []string) error
	// Consenting returns residents whose consent to a rulebook is in force, in the order
	// of their ids and after one of them, at most limit.
	Consenting(ctx context.Context, rulebook string, after mingjing.ResidentID, limit int) ([]mingjing.ResidentID, error)
}

package holding

import (
	"context"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	PutListing(ctx context.Context, l Listing) error
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors are as in [Port].
type Readings interface {
	Record(ctx context.Context, id string) (Record, error)
	Listing(ctx context.Context, id string) (Listing, error)
}

// OwnRecord returns a record of a resident's; that of somebody else is [kernel.ErrNotFound].
func OwnRecord(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, id string) (Record, error) {
	r, err := read(rd).Record(ctx, id)
	if err == nil && r.Resident != me {
		return Record{}, kernel.ErrNotFound
	}
	return r, err
}

// OwnListing returns a listing of a resident's; that of somebody else is
// [kernel.ErrNotFound].
func OwnListing(ctx context.Context, rd *kernel.Reader, me mingjing.ResidentID, id string) (Listing, error) {
	l, err := read(rd).Listing(ctx, id)
	if err == nil && l.Resident != me {
		return Listing{}, kernel.ErrNotFound
	}
	return l, err
}

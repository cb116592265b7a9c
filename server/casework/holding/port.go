package holding

import "context"

// A Port is what the part needs of one transaction on the store to write, and to read
// what opens nothing that is a resident's. Every method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty. Lists are ordered oldest first unless said
// otherwise.
type Port interface {
	PutListing(ctx context.Context, l Listing) error
}

package agencykey

import (
	"context"
	"mingjing"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	AddAgencyKey(ctx context.Context, k mingjing.AgencyKey) error
	AgencyKey(ctx context.Context, id string) (mingjing.AgencyKey, error)
	AgencyKeys(ctx context.Context) ([]mingjing.AgencyKey, error)
	SetAgencyKey(ctx context.Context, k mingjing.AgencyKey) error // EndsAt, RevokedAt
}

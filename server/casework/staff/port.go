package staff

import (
	"context"
	"time"

	"mingjing"
)

// A Member is a member as stored.
type Member struct {
	mingjing.StaffMember
	// Activated says that they have a password and a second factor.
	Activated bool
}

// A Port is what the part needs of one transaction on the store. Nothing of it is a
// resident's. A method that finds nothing returns [kernel.ErrNotFound].
type Port interface {
	AddMember(ctx context.Context, m Member) error // ErrExists: the staff number is taken
	SetMember(ctx context.Context, m Member) error
	Member(ctx context.Context, login string) (Member, error)
	// Members returns all members, by staff number.
	Members(ctx context.Context) ([]Member, error)
	// LinkMember stores a keyed hash of a member's ID number, in the place of the one
	// before; by it they are found among the residents.
	LinkMember(ctx context.Context, login string, n mingjing.IDNumber) error
	// LockStaff makes other transactions that change members wait until this one ends.
	LockStaff(ctx context.Context) error
	// SetStaffCode stores a keyed hash of a member's one-time code in the place of the
	// older one; "" for none.
	SetStaffCode(ctx context.Context, login, code string, until time.Time) error
	// HasStaffCode reports whether the code is the member's one and can be used at the
	// instant.
	HasStaffCode(ctx context.Context, login, code string, now time.Time) (bool, error)
	AddStaffEntry(ctx context.Context, e mingjing.StaffEntry) error
	// StaffEntries returns entries of the register with Seq below before (0: from the
	// newest), newest first.
	StaffEntries(ctx context.Context, before int64, limit int) ([]mingjing.StaffEntry, error)
	AddProposal(ctx context.Context, p mingjing.StaffProposal) error
	// Proposals returns the open proposals, oldest first.
	Proposals(ctx context.Context) ([]mingjing.StaffProposal, error)
	DeleteProposal(ctx context.Context, id string) error
}

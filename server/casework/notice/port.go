package notice

import (
	"context"
	"time"

	"mingjing"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound]; lists may be empty, and are ordered oldest first unless said
// otherwise.
type Port interface {
	// AddNotice appends a notice to the resident's inbox, and gives it its Seq.
	AddNotice(ctx context.Context, n Notice) error
	// SetNotice stores a notice that was read and has changed: ReadAt, Waiting, Tries.
	SetNotice(ctx context.Context, n Notice) error
	UnreadNotices(ctx context.Context, resident mingjing.ResidentID) (int, error)
	SetNoticePrefs(ctx context.Context, p Prefs) error
	// PutDevice inserts a device, or takes it over from whoever had its endpoint.
	PutDevice(ctx context.Context, d Device) error
	DeleteDevice(ctx context.Context, resident mingjing.ResidentID, id string) error
	// DeleteDevicesOf deletes the devices that a session has added, if any.
	DeleteDevicesOf(ctx context.Context, session string) error
	// ResidentByIDNumber returns who has an ID number. Nothing of theirs is opened.
	ResidentByIDNumber(ctx context.Context, n mingjing.IDNumber) (mingjing.ResidentID, error)
	// PutResetCode stores a keyed hash of the code for a resident's new password, in the
	// place of the older one, and forgets all codes that are too old now.
	PutResetCode(ctx context.Context, resident mingjing.ResidentID, code string, until, now time.Time) error
	// UseResetCode reports whether a code is the resident's and can be used now, and uses
	// it up. After so many wrong guesses none is right. Nobody has no code.
	UseResetCode(ctx context.Context, resident mingjing.ResidentID, code string, guesses int, now time.Time) (bool, error)
	// DropResetCode forgets the resident's code, if there is one.
	DropResetCode(ctx context.Context, resident mingjing.ResidentID) error
	// DeleteDevicesBut deletes the resident's devices except those of a session.
	DeleteDevicesBut(ctx context.Context, resident mingjing.ResidentID, session string) error
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident. Errors and lists are as in [Port].
type Readings interface {
	Notice(ctx context.Context, id string) (Notice, error)
	// Notices returns a resident's notices, newest first, with Seq below before (0: from
	// the newest).
	Notices(ctx context.Context, resident mingjing.ResidentID, before int64, limit int) ([]Notice, error)
	// ReadNotices marks all unread notices as read.
	ReadNotices(ctx context.Context, resident mingjing.ResidentID, at time.Time) error
	NoticePrefs(ctx context.Context, resident mingjing.ResidentID) (Prefs, error)
	Devices(ctx context.Context, resident mingjing.ResidentID) ([]Device, error)
}

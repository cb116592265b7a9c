package draft

import (
	"context"
	"time"

	"mingjing"
)

// A Port is what the part needs of one transaction on the store: what writes, and what
// reads without opening anything of a resident. A method that finds nothing returns
// [kernel.ErrNotFound].
type Port interface {
	// DraftID returns the id of the draft of a form.
	DraftID(ctx context.Context, p Person, at Place) (string, error)
	// DraftIDs returns the ids of a person's drafts on a page, or of all where page is
	// "", the one that was saved last first.
	DraftIDs(ctx context.Context, p Person, page string) ([]string, error)
	// DraftIs reports whether a draft is a person's.
	DraftIs(ctx context.Context, id string, p Person) (bool, error)
	AddDraft(ctx context.Context, d Stored) error
	// SetDraft stores the fields of a draft and when it was saved.
	SetDraft(ctx context.Context, d Stored) error
	TouchDraft(ctx context.Context, id string, at time.Time) error
	DeleteDraft(ctx context.Context, id string) error
	// AddDraftFile adds a file to a draft.
	AddDraftFile(ctx context.Context, draft string, f mingjing.DraftFile, at time.Time) error
	// SetDraftFile stores a file in the place of what was stored before, without its
	// content.
	SetDraftFile(ctx context.Context, f mingjing.DraftFile) error
	// SetDraftReceived stores how many bytes have arrived.
	SetDraftReceived(ctx context.Context, id string, received int64) error
	// DraftFileHead returns what is known of a file without opening anything; others who
	// change it wait until the transaction ends.
	DraftFileHead(ctx context.Context, id string) (Head, error)
	DeleteDraftFile(ctx context.Context, id string) error
	// AddDraftPart stores the bytes of a file from an offset on.
	AddDraftPart(ctx context.Context, file string, offset int64, data []byte) error
	// SetDraftData stores the content of a file in the place of its parts; nil deletes it.
	SetDraftData(ctx context.Context, file string, data []byte) error
	// DraftFileCount returns how many files a draft has, and how many bytes all files of
	// its person have.
	DraftFileCount(ctx context.Context, draft string) (files int, bytes int64, err error)
}

// Readings are what the part needs of a reader of the store: what opens something of a
// resident, or of somebody else's draft, which adds no entry.
type Readings interface {
	Draft(ctx context.Context, id string) (Stored, error)
	// DraftFiles returns the files of a draft, oldest first.
	DraftFiles(ctx context.Context, draft string) ([]mingjing.DraftFile, error)
	// DraftData returns the content of a file, or what has arrived of it.
	DraftData(ctx context.Context, file string) ([]byte, error)
}

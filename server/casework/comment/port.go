package comment

import (
	"context"

	"mingjing"
)

// A Port is what the part needs of one transaction on the store. Nothing of it is a
// resident's. A method that finds nothing returns [kernel.ErrNotFound].
type Port interface {
	// AddComment stores a new comment and gives it its N.
	AddComment(ctx context.Context, c Stored) error
	// SetComment stores a comment in the place of what was stored before.
	SetComment(ctx context.Context, c Stored) error
	// LockComment returns a comment; others who change it wait until the transaction
	// ends.
	LockComment(ctx context.Context, id string) (Stored, error)
	// ListComments returns comments of a state, at most limit: those with N above after,
	// oldest first, or with newest set those with N below after (0: from the newest),
	// newest first.
	ListComments(ctx context.Context, q Query) ([]Stored, error)
	// CommentCounts returns how many comments there are by state and reason; with
	// Rulebook "" those on all drafts.
	CommentCounts(ctx context.Context, of Draft) ([]Count, error)
	// NextCommentAct returns the number of the next entry of the history. Others who add
	// one wait until the transaction ends.
	NextCommentAct(ctx context.Context) (int64, error)
	AddCommentAct(ctx context.Context, a mingjing.CommentAct) error
	// CommentActs returns the history of a comment, oldest first.
	CommentActs(ctx context.Context, comment string) ([]mingjing.CommentAct, error)
	// CommentActHash returns the hash of an entry by its number.
	CommentActHash(ctx context.Context, seq int64) (string, error)
}

// A Draft names a version of a rulebook.
type Draft struct{ Rulebook, Version string }

// A Query asks for a page of comments.
type Query struct {
	// Draft is the version that they are on; all where its Rulebook is "".
	Draft  Draft
	State  mingjing.CommentState
	Newest bool
	After  int64
	Limit  int
}

// A Count is how many comments have a state, and a reason where they are hidden.
type Count struct {
	State  mingjing.CommentState
	Reason string
	N      int
}

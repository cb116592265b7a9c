// Package comment has what people write about drafts of rulebooks, and what the bureau
// answers.
//
// Anybody can comment on a draft until the day that it names. Of who wrote it nothing is
// stored but the name that they gave for publication, and of when the day alone. So a
// comment belongs to no resident, and nobody can later be shown which one is theirs.
//
//	            publish
//	waiting --------------> published <---+
//	   |                        |         | publish
//	   |         hide           | hide    |
//	   +------------------------+------> hidden
//
// A supervisor publishes it, or hides it for one of the published reasons, and answers
// what is published. Administrators, who see nothing of any resident, do not: a comment
// may have personal data of somebody. Each step is in a history that is only added to.
//
// Comments belong to a version of a rulebook and not to its file, which changes when
// the draft does: the version keeps them once it holds.
package comment

import (
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// MaxWaiting is how many comments on one draft may wait to be moderated. It bounds what
// a flood from many addresses can store.
const MaxWaiting = 5000

// pageSize is how many comments are on a page.
const pageSize = 20

// Comments has the comments on drafts. It is safe for use by many goroutines.
type Comments struct{ city *kernel.City }

// New returns the part.
func New(city *kernel.City) *Comments { return &Comments{city: city} }

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

// A Stored comment is one as it is stored.
type Stored struct {
	mingjing.DraftComment
	// N numbers the comments in the order in which they came.
	N int64
	// HiddenAt is when it was hidden; zero if it is not.
	HiddenAt time.Time
}

// Package upkeep removes what has been kept for its stated time.
//
// [Kinds] and [KeptFor] are the list of what goes and when; docs/retention.md says the
// same to people, with what stays and why. A job does it every hour in small steps. It
// opens nothing of a resident, and so leaves no entry in an access log.
package upkeep

import (
	"context"
	"fmt"
	"time"

	"mingjing"
	"mingjing/server/casework/kernel"
)

// JobRemoveOld is the kind of the job that removes what is past its time.
const JobRemoveOld = "remove_old"

// A Kind is a kind of row that is kept for a time only.
type Kind string

// The kinds, in the order in which they are removed.
const (
	Events        Kind = "events"         // what open screens were told to read again
	Sources       Kind = "sources"        // how each agency answered a finished score request
	Visits        Kind = "visits"         // look-ups at the counter, an hour long each
	Batches       Kind = "batches"        // answers to what agencies submitted
	CounterMisses Kind = "counter_misses" // look-ups at the counter that found nobody
	ReadNotices   Kind = "read_notices"   // notices that were read
	UnreadNotices Kind = "unread_notices" // notices that nobody has read
	Exports       Kind = "exports"        // downloads, from the end of their day
	// ActivationCodes are codes that nobody has used, from their end; LetterFiles note that a
	// file of letters was finished.
	ActivationCodes Kind = "activation_codes"
	LetterFiles     Kind = "letter_files"
	// HiddenComments are the texts of hidden comments on drafts; that there was one, and
	// why it was hidden, stays.
	HiddenComments Kind = "hidden_comments"
	// Sendings are the keys of requests that are done once, with what was answered.
	Sendings Kind = "sendings"
	// FormDrafts are what was typed into forms and not sent, from when it was last saved.
	FormDrafts Kind = "form_drafts"
)

const day = 24 * time.Hour

// kept is for how long each kind is kept. The time counts from when a row was made, that
// of an export and of an activation code from its end.
var kept = []struct {
	kind Kind
	time time.Duration
}{
	// A page that was open for longer reads everything again.
	{Events, 14 * day},
	// Longer than any question about a score is likely to come up.
	{Sources, 90 * day},
	{Visits, 30 * day},
	// As long as an agency may ask again for the answer to a batch.
	{Batches, 400 * day},
	{CounterMisses, 90 * day},
	{ReadNotices, 2 * 365 * day},
	{UnreadNotices, 5 * 365 * day},
	// A job of its own deletes them at once; this is for those that it has missed.
	{Exports, day},
	{ActivationCodes, day},
	// Longer than a run of letters that was cut off is likely to wait.
	{LetterFiles, 30 * day},
	// Longer than somebody is likely to ask why theirs is not there.
	{HiddenComments, 180 * day},
	// Longer than somebody waits before they send the same again.
	{Sendings, kernel.SendingKept},
	{FormDrafts, mingjing.FormDraftKeep},
}

// Kinds returns all kinds, in the order in which they are removed.
func Kinds() []Kind {
	kinds := make([]Kind, len(kept))
	for i, k := range kept {
		kinds[i] = k.kind
	}
	return kinds
}

// KeptFor returns for how long rows of a kind are kept; 0 for a kind that is not known.
func KeptFor(kind Kind) time.Duration {
	for _, k := range kept {
		if k.kind == kind {
			return k.time
		}
	}
	return 0
}

// A Port is what the part needs of one transaction on the store.
type Port interface {
	// RemoveOld removes the oldest rows of a kind that are from before an instant, with
	// what belongs to them, and returns how many it has removed: at most limit.
	RemoveOld(ctx context.Context, kind Kind, before time.Time, limit int) (n int, err error)
}

const (
	// every is how often the job looks for what is past its time.
	every = time.Hour
	// stepRows is how many rows of a kind go in one transaction, so that nobody waits
	// long for it.
	stepRows = 100
	// restBetween is the wait between two steps while there is more to remove.
	restBetween = 100 * time.Millisecond
)

// Upkeep removes what is past its time. It is safe for use by many goroutines.
type Upkeep struct {
	city    *kernel.City
	removed func(kind Kind, n int)
}

// New returns the part. removed hears of each step; it may be nil.
func New(city *kernel.City, removed func(kind Kind, n int)) *Upkeep {
	if removed == nil {
		removed = func(Kind, int) {}
	}
	return &Upkeep{city: city, removed: removed}
}

// Jobs returns the jobs that the part does.
func (c *Upkeep) Jobs() kernel.Jobs {
	return kernel.Jobs{JobRemoveOld: func(ctx context.Context, _ string) (time.Duration, error) { return c.removeOld(ctx) }}
}

// Begin schedules the job for the next full hour, once for all replicas.
func (c *Upkeep) Begin(ctx context.Context) error {
	return c.city.Tx(ctx, func(t *kernel.Tx) error { return c.schedule(ctx, t) })
}

func (c *Upkeep) schedule(ctx context.Context, t *kernel.Tx) error {
	return t.Enqueue(ctx, kernel.Job{Kind: JobRemoveOld, ID: "all", At: c.city.Now().UTC().Truncate(every).Add(every)})
}

// removeOld removes one step of each kind. It comes again soon while there is more, and
// otherwise at the next full hour.
func (c *Upkeep) removeOld(ctx context.Context) (time.Duration, error) {
	more := false
	for _, k := range kept {
		var n int
		err := c.city.Tx(ctx, func(t *kernel.Tx) (err error) {
			n, err = db(t).RemoveOld(ctx, k.kind, c.city.Now().Add(-k.time), stepRows)
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("remove %s: %w", k.kind, err)
		}
		if n > 0 {
			c.removed(k.kind, n)
		}
		more = more || n == stepRows
	}
	if more {
		return restBetween, nil
	}
	return 0, c.Begin(ctx)
}

// db returns the part's own port on a transaction. The store has the ports of all parts.
func db(t kernel.Transaction) Port { return kernel.PortOf[Port](t) }

package kernel

import (
	"context"
	"errors"
	"time"

	"mingjing"
)

// Errors that the ports return; implementations wrap them.
var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrExists: a row that must be the only one is there already.
	ErrExists = errors.New("already exists")
	// ErrConflict: somebody else changed the row first.
	ErrConflict = errors.New("changed meanwhile")
	// ErrCursor: a page was asked for from a place that no earlier page named.
	ErrCursor = errors.New("bad cursor")
	// ErrNoReason: something of a resident was to be read with an entry that says
	// nothing.
	ErrNoReason = errors.New("no reason to read")
	// ErrAltered: what is kept does not open where it stands: somebody has changed
	// it, or moved it there from elsewhere.
	ErrAltered = errors.New("altered where it is kept")
)

// A Clock tells the time. Everything that has a deadline asks it.
type Clock interface{ Now() time.Time }

// A Bus tells open screens, on every replica, that an event was committed.
// Losing what it carries does no harm: the event is in the store.
type Bus interface {
	Publish(ctx context.Context, audience string, e mingjing.Event) error
}

// A Store keeps everything. It is the truth.
type Store interface {
	// Tx runs fn in one transaction that is committed when fn returns nil and
	// rolled back otherwise. fn may run more than once (when two transactions
	// collide), so it must not touch anything but the port.
	Tx(ctx context.Context, fn func(Port) error) error
	// Read runs fn in one transaction that writes nothing, not even the access log, and
	// so opens nothing of a resident. It waits for nobody who writes.
	Read(ctx context.Context, fn func(Port) error) error
	// Together runs fn so that all that is done with its context is one transaction. fn may
	// run more than once.
	Together(ctx context.Context, fn func(ctx context.Context) error) error
}

// A Port is what the kernel needs of one transaction on the store. The parts have ports
// of their own on the same transaction.
type Port interface {
	Events
	Sendings
	Allowances
	// As returns the readings of the transaction for an entry, which is added to the
	// access log of each resident before anything of theirs is opened. When it can't be
	// added, or has no action, nothing is opened.
	As(e Entry) Readings
	// Try runs fn. When it returns an error, what it has done in the transaction is
	// undone, and the transaction can go on.
	Try(ctx context.Context, fn func() error) error
}

// Readings are what the kernel needs of a reader of the store. The parts have readings
// of their own.
type Readings interface {
	// Log adds the entry to the resident's access log, unless it was.
	Log(ctx context.Context, resident mingjing.ResidentID) error
	// Sending returns what was answered to the first request with a key; ErrNotFound where
	// there is none since an instant.
	Sending(ctx context.Context, s Sending, since time.Time) (Answered, error)
}

// Events are the methods of a transaction for events, which open screens hear of, and
// for jobs.
type Events interface {
	// AddEvent appends to an audience's events and returns it with its Seq, which
	// grows in the order of commit within the audience.
	AddEvent(ctx context.Context, audience string, e mingjing.Event) (mingjing.Event, error)
	EventsAfter(ctx context.Context, audience string, after int64, limit int) ([]mingjing.Event, error)
	LastEvent(ctx context.Context, audience string) (int64, error)

	// Enqueue schedules a job, which is done after the commit.
	Enqueue(ctx context.Context, j Job) error
}

// A Job is work to be done after the transaction that asked for it.
type Job struct {
	// Kind is one of the Job constants of the parts.
	Kind string
	// ID is the id of what the job is about, such as a score request or a case.
	ID string
	// At is the earliest time; zero is now.
	At time.Time
}

// Jobs are the jobs that a part does, by kind. A job that returns a wait above zero is
// done again after it, one that returns an error again with backoff.
type Jobs map[string]func(ctx context.Context, id string) (wait time.Duration, err error)

// A Resident is a person who is enrolled, as stored.
type Resident struct {
	ID        mingjing.ResidentID
	IDNumber  mingjing.IDNumber
	Name      string
	CreatedAt time.Time
	// Lang is the language of letters; "" is the first of [mingjing.Languages].
	Lang string `json:",omitempty"`
	// Address is where letters are sent, a line each; "" where none is known.
	Address string `json:",omitempty"`
}

// Package kernel has what all parts of casework share: the city with its clock,
// calendar and rulebooks; the transaction with its events; the permission of an
// actor; and the access log that comes before every read.
//
// # A transaction
//
// [InTx] runs a function in one transaction on the store. What it changes, the job
// that follows and the events that tell open screens are committed together; the
// bus hears of the events only after the commit.
//
// # A reader
//
// A transaction writes, and reads what opens nothing of a resident. Only a [Reader]
// opens something, and it is made with an [Entry]: who reads, and why.
//
//	rd := t.As(c.city.Entry(a, "records", "", "own"))
//	records, err := read(rd).Records(ctx, me)
//
// The entry is in the access log of each resident before the first value of theirs is
// opened. Readers with different entries can be used side by side in one transaction;
// each adds its own entry. A resident who reads what is their own has the entry even
// where there was nothing to open.
package kernel

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/evidence"
)

// JobBudget is how long one job may wait for agencies before it gives its place to
// another.
const JobBudget = 40 * time.Second

// Config is what a City is made of. Logger may be nil.
type Config struct {
	Store Store
	Bus   Bus
	Clock Clock
	// Books are all versions of the published rulebooks, the default one first, drafts
	// and those that hold later too.
	Books []*mingjing.Rulebook
	// Kept are versions that were published once: nothing is scored by them, but what
	// was scored by them is explained by them.
	Kept []*mingjing.Rulebook
	// Calendars are all versions of the published calendars, that of each book among
	// them.
	Calendars []*mingjing.Calendar
	// Files checks the files that people send; nil where none is taken.
	Files Files
	// ClockScale divides every deadline: 1 is the law.
	ClockScale int
	// Limits bound how many questions to agencies are under way at the same time.
	Limits Limits
	Logger *slog.Logger
}

// Files are how the files that people send are checked.
type Files interface {
	// Check returns a file as it may be stored, an [evidence.Refusal], or
	// [evidence.ErrLater] where it can't be checked now. person is whose file it is.
	Check(ctx context.Context, person string, u evidence.Upload) (evidence.File, error)
	// Soon is Check for somebody who waits: the error is [evidence.ErrLater] where the
	// answer is not there within a moment.
	Soon(ctx context.Context, person string, u evidence.Upload) (evidence.File, error)
	// Page returns a page of a file that was checked, as a JPEG, for a person who looks at
	// it; the first is 1. The error is an [evidence.Refusal] where there is none.
	Page(ctx context.Context, person string, data []byte, n int) ([]byte, error)
	// Busy reports whether another file of a person is being checked.
	Busy(person string) bool
}

// A City is the clock, the calendar, the rulebooks and the store of one city. It is
// safe for use by many goroutines.
type City struct {
	store Store
	bus   Bus
	clock Clock
	zone  *time.Location // that of the first book
	zones map[string]*time.Location
	law   law
	files Files
	scale int
	log   *slog.Logger
	asker *Asker
	grown chan struct{} // has one where the tree has grown since the witnesses were asked
}

// New makes a City. It fails when a port is missing, there is no rulebook, or a
// rulebook's zone or calendar is unknown.
func New(c Config) (*City, error) {
	if c.Store == nil || c.Bus == nil || c.Clock == nil {
		return nil, errors.New("casework: Store, Bus and Clock are all needed")
	}
	if len(c.Books) == 0 {
		return nil, errors.New("casework: no rulebook")
	}
	city := &City{store: c.Store, bus: c.Bus, clock: c.Clock, files: c.Files, scale: max(1, c.ClockScale),
		log: c.Logger, asker: NewAsker(c.Limits), grown: make(chan struct{}, 1), zones: map[string]*time.Location{}}
	for _, b := range slices.Concat(c.Books, c.Kept) {
		zone, err := time.LoadLocation(b.Zone)
		if err != nil {
			return nil, fmt.Errorf("casework: zone of rulebook %s %s: %w", b.ID, b.Version, err)
		}
		city.zones[b.Zone] = zone
	}
	var err error
	if city.law, err = newLaw(c.Books, c.Kept, c.Calendars, city.zones); err != nil {
		return nil, err
	}
	if len(city.Books()) == 0 {
		return nil, errors.New("casework: no rulebook holds today: every one is a draft, or holds from a later day")
	}
	city.zone = city.zones[city.Books()[0].Zone]
	if city.files == nil {
		city.files = noFiles{}
	}
	if city.log == nil {
		city.log = slog.New(slog.DiscardHandler)
	}
	return city, nil
}

// noFiles takes no files.
type noFiles struct{}

func (noFiles) Check(context.Context, string, evidence.Upload) (evidence.File, error) {
	return evidence.File{}, mingjing.NewError(mingjing.Unavailable, "unavailable")
}

func (f noFiles) Soon(ctx context.Context, person string, u evidence.Upload) (evidence.File, error) {
	return f.Check(ctx, person, u)
}

func (noFiles) Page(context.Context, string, []byte, int) ([]byte, error) {
	return nil, mingjing.NewError(mingjing.Unavailable, "unavailable")
}

func (noFiles) Busy(string) bool { return false }

// Files returns how the files that people send are checked.
func (c *City) Files() Files { return c.files }

const (
	// fileTime is how long a job may wait until a file is checked, and fileAgain after how
	// long it is tried again.
	fileTime  = JobBudget
	fileAgain = 5 * time.Second
	// fileTurn is after how long a file is tried again while another of the same person is
	// being checked.
	fileTurn = time.Second
)

// CheckLater checks a file of a person in a job. open reads it, unless it waits for its
// check no more, and put stores what came of it: a file, or why it is refused. Where it
// can't be checked now, the job is to be done again after wait.
func (c *City) CheckLater(ctx context.Context, person string, open func() (u evidence.Upload, waits bool, err error),
	put func(f evidence.File, refused evidence.Refusal) error) (wait time.Duration, err error) {
	if c.files.Busy(person) {
		return Jitter(fileTurn), nil
	}
	u, waits, err := open()
	if err != nil || !waits {
		return 0, err
	}
	limited, stop := context.WithTimeoutCause(ctx, fileTime, evidence.ErrLater)
	defer stop()
	f, err := c.files.Check(limited, person, u)
	refused := evidence.Refusal("")
	switch {
	case errors.Is(err, evidence.ErrLater):
		if errors.Unwrap(err) != nil {
			c.log.WarnContext(ctx, "a file can't be checked now, and waits", slog.Any("err", err))
		}
		return Jitter(fileAgain), nil
	case err != nil && !errors.As(err, &refused):
		return 0, err
	}
	return 0, put(f, refused)
}

// ClockScale returns how many times faster deadlines pass than in law.
func (c *City) ClockScale() int { return c.scale }

// Zone returns the city's time zone: that of the first rulebook.
func (c *City) Zone() *time.Location { return c.zone }

// TodayBy returns today's date in the time zone of a published rulebook.
func (c *City) TodayBy(b *mingjing.Rulebook) mingjing.Date {
	return mingjing.DateOf(c.Now().In(c.zones[b.Zone]))
}

// Now returns the time by the injected clock, in the city's zone.
func (c *City) Now() time.Time { return c.clock.Now().In(c.zone) }

// Today returns today's date in the city's time zone.
func (c *City) Today() mingjing.Date { return mingjing.DateOf(c.Now()) }

// Log returns the logger for warnings. Nothing personal is logged.
func (c *City) Log() *slog.Logger { return c.log }

// Asker returns who asks agencies beside the jobs.
func (c *City) Asker() *Asker { return c.asker }

// Grown returns a channel that has a value when the tree of the access log has grown
// since it was last received from.
func (c *City) Grown() <-chan struct{} { return c.grown }

// NewID returns a random id of 26 characters.
func NewID() string { return rand.Text() }

// Jitter returns d, changed at random by up to a fifth, so that retries do not come all
// at once.
func Jitter(d time.Duration) time.Duration {
	var chance [8]byte // of the one source of chance that a test can seed
	_, _ = rand.Read(chance[:])
	return d - d/5 + time.Duration(binary.LittleEndian.Uint64(chance[:])%uint64(2*d/5+1))
}

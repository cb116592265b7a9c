// Package casework is the deep module of the product: who may do what with what is
// held on a resident, and all that follows from it. It knows no SQL, no HTTP and no
// Redis.
//
// [New] puts the parts together; callers use the parts. Each part is a package of its
// own with a chapter, the ports that it needs, and its own state machine:
//
//	kernel      the city's clock and calendar, transactions, permission, access entries
//	notice      inboxes, push messages and e-mails
//	holding     records and listings that are held, and a listing's states
//	score       consents, score requests and scores
//	law         published law, and the first day of a new version
//	comment     what people write about drafts, and the answers
//	mandate     by which somebody acts for a resident
//	organisation  organisations, and who acts for them
//	cases       a case from its filing to its letter
//	record      records as their residents see them, and the agencies that hold them
//	listing     a listing from its proposal to its end
//	desk        what staff do with cases: the queue, steps, decisions, the counter
//	staff       who works here, who may log in as what, and the register of it
//	inquiry     why somebody looked
//	complaint   who was refused something, and lists that nobody has published
//	draft       what is typed into forms and not sent
//	share       links that show a score
//	accesslog   the access log and its proof
//	agencyside  what officers of agencies answer and see, and the public figures of agencies
//	agencykey   the keys by which agencies and the city know each other
//	intake      what agencies submit, in batches
//	register    who is enrolled, and the first page of each
//	takeaway    what residents take along, and leaving
//	upkeep      removing what was kept for its time
//
// A part imports only parts above it in this list.
//
// Every exported method of a part that takes an actor checks what that actor may do;
// there is no other way to the data. What is sealed for a resident is opened by a reader,
// which is made with an entry of the access log; see package kernel.
package casework

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/casework/accesslog"
	"mingjing/server/casework/agencykey"
	"mingjing/server/casework/agencyside"
	"mingjing/server/casework/cases"
	"mingjing/server/casework/comment"
	"mingjing/server/casework/complaint"
	"mingjing/server/casework/desk"
	"mingjing/server/casework/draft"
	"mingjing/server/casework/holding"
	"mingjing/server/casework/inquiry"
	"mingjing/server/casework/intake"
	"mingjing/server/casework/kernel"
	"mingjing/server/casework/law"
	"mingjing/server/casework/listing"
	"mingjing/server/casework/mandate"
	"mingjing/server/casework/notice"
	"mingjing/server/casework/organisation"
	"mingjing/server/casework/record"
	"mingjing/server/casework/register"
	"mingjing/server/casework/score"
	"mingjing/server/casework/share"
	"mingjing/server/casework/staff"
	"mingjing/server/casework/takeaway"
	"mingjing/server/casework/upkeep"
)

// A Store keeps everything. It is the truth.
type Store interface {
	// Tx runs fn in one transaction that is committed when fn returns nil and
	// rolled back otherwise. fn may run more than once (when two transactions
	// collide), so it must not touch anything but the Tx.
	Tx(ctx context.Context, fn func(Tx) error) error
	// Read runs fn in one transaction that writes nothing, not even the access log, and
	// so opens nothing of a resident. It waits for nobody who writes.
	Read(ctx context.Context, fn func(Tx) error) error
	// Together runs fn so that all that is done with its context is one transaction. fn may
	// run more than once.
	Together(ctx context.Context, fn func(ctx context.Context) error) error
	// Work gives committed jobs to fn, several at a time, until ctx ends. A job
	// that was being worked on when the process died is given again, as is one
	// whose fn returned an error (with backoff) or a wait above zero (after it).
	Work(ctx context.Context, fn func(ctx context.Context, job kernel.Job) (wait time.Duration, err error)) error
	// Ready says whether it can be read and written.
	Ready(ctx context.Context) error
}

// A Tx is one transaction on the store: the ports of all parts. It opens nothing that is
// a resident's.
type Tx interface {
	kernel.Events
	kernel.Sendings
	kernel.Allowances
	// As returns a reader for an entry; see [kernel.Port].
	As(e kernel.Entry) Reader
	// Try runs fn, and undoes what it has done if it fails; see [kernel.Port].
	Try(ctx context.Context, fn func() error) error
	notice.Port
	holding.Port
	score.Port
	law.Port
	comment.Port
	mandate.Port
	organisation.Port
	cases.Port
	record.Port
	listing.Port
	desk.Port
	staff.Port
	inquiry.Port
	complaint.Port
	draft.Port
	share.Port
	accesslog.Port
	agencyside.Port
	agencykey.Port
	intake.Port
	register.Port
	takeaway.Port
	upkeep.Port
}

// A Reader opens what is sealed for residents, in one transaction on the store and for one
// entry of the access log: the readings of all parts.
type Reader interface {
	kernel.Readings
	notice.Readings
	holding.Readings
	score.Readings
	mandate.Readings
	organisation.Readings
	cases.Readings
	record.Readings
	listing.Readings
	desk.Readings
	inquiry.Readings
	complaint.Readings
	draft.Readings
	share.Readings
	accesslog.Readings
	agencyside.Readings
	intake.Readings
	register.Readings
	takeaway.Readings
}

// Agencies are the public bodies that hold records.
type Agencies interface {
	score.Agencies
	cases.Agencies
}

// Logins keeps the passwords and sessions of staff and of residents.
type Logins interface {
	staff.Logins
	register.Logins
}

// Config is what a Bureau is made of. All fields but Files, Printer, Ledger, Notifier,
// Erasures, Accounts, Logins, Responder, Figures and Logger are required.
type Config struct {
	Store    Store
	Bus      kernel.Bus
	Agencies Agencies
	// Files checks the files that people send; a tool on the server takes none.
	Files kernel.Files
	// Printer makes PDF files; where it is nil, exports have none.
	Printer takeaway.Printer
	// Ledger is nil where nobody asks for proofs of the access log.
	Ledger accesslog.Ledger
	// Notifier is nil where notices stay in the inbox.
	Notifier notice.Notifier
	// Erasures and Accounts are needed where residents can leave.
	Erasures takeaway.ErasureList
	Accounts takeaway.Accounts
	// Logins is needed where staff and residents log in; a tool on the server has none.
	Logins Logins
	Clock  kernel.Clock
	// Books, Kept and Calendars are published law; see [kernel.Config].
	Books, Kept []*mingjing.Rulebook
	Calendars   []*mingjing.Calendar
	// ClockScale divides every deadline: 1 is the law.
	ClockScale int
	// ScoreReserve is how long before its deadline a request is scored at the latest, by
	// the law's clock; 0 is [score.DefaultReserve].
	ScoreReserve time.Duration
	// Asks bound the questions to agencies at the same time; see [kernel.Limits].
	Asks kernel.Limits
	// Responder is nil where officers answer every inquiry for their agency.
	Responder inquiry.Responder
	// Figures hears what the operator counts; nil is nobody.
	Figures Figures
	Logger  *slog.Logger
}

// Figures hears what the operator counts. It is told nothing of a person.
type Figures interface {
	// ScoreReady says that a score request was answered this long after it was made.
	ScoreReady(took time.Duration)
	// Removed says that so many rows of a kind were removed after their time.
	Removed(kind upkeep.Kind, n int)
	// ScoresLate says how many score requests are late, or will be.
	ScoresLate(n mingjing.LateScores)
}

// uncounted are Figures that nobody hears.
type uncounted struct{}

func (uncounted) ScoreReady(time.Duration)       {}
func (uncounted) Removed(upkeep.Kind, int)       {}
func (uncounted) ScoresLate(mingjing.LateScores) {}

// A Bureau hands out the parts of casework. It is safe for use by many goroutines.
type Bureau struct {
	City     *kernel.City
	Notices  *notice.Notices
	Scores   *score.Scores
	Law      *law.Law
	Comments *comment.Comments
	Mandates *mandate.Mandates
	// Organisations are on whom records and listings are held as on residents.
	Organisations *organisation.Organisations
	Cases         *cases.Cases
	Records       *record.Records
	Listings      *listing.Listings
	Desk          *desk.Desk
	Staff         *staff.Staff
	Inquiries     *inquiry.Inquiries
	Complaints    *complaint.Complaints
	Drafts        *draft.Drafts
	Shares        *share.Shares
	AccessLog     *accesslog.AccessLog
	Agencies      *agencyside.Agencies
	Keys          *agencykey.Keys
	Intake        *intake.Intake
	Register      *register.Register
	Takeaway      *takeaway.Takeaway
	Upkeep        *upkeep.Upkeep

	store   Store
	jobs    kernel.Jobs
	figures Figures
}

// A kernelStore is a store with the kernel's view of a transaction. That a transaction
// has the ports of all parts is checked when this is compiled.
type kernelStore struct{ Store }

func (s kernelStore) Tx(ctx context.Context, fn func(kernel.Port) error) error {
	return s.Store.Tx(ctx, func(t Tx) error { return fn(kernelPort{t}) })
}

func (s kernelStore) Read(ctx context.Context, fn func(kernel.Port) error) error {
	return s.Store.Read(ctx, func(t Tx) error { return fn(kernelPort{t}) })
}

// A kernelPort is a transaction with the kernel's view of a reader.
type kernelPort struct{ Tx }

func (t kernelPort) As(e kernel.Entry) kernel.Readings { return t.Tx.As(e) }

// New makes a Bureau. It fails when a port is missing, there is no rulebook, or a
// rulebook's zone or calendar is unknown.
func New(c Config) (*Bureau, error) {
	if c.Store == nil || c.Agencies == nil {
		return nil, errors.New("casework: Store and Agencies are both needed")
	}
	city, err := kernel.New(kernel.Config{Store: kernelStore{c.Store}, Bus: c.Bus, Clock: c.Clock, Files: c.Files,
		Books: c.Books, Kept: c.Kept, Calendars: c.Calendars, ClockScale: c.ClockScale, Limits: c.Asks,
		Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	if c.Notifier == nil {
		c.Notifier = notice.InboxOnly{}
	}
	if c.Figures == nil {
		c.Figures = uncounted{}
	}
	b := &Bureau{City: city, store: c.Store, jobs: kernel.Jobs{}, figures: c.Figures}
	b.Notices = notice.New(city, c.Notifier)
	holdings := holding.New(city, b.Notices)
	b.Scores = score.New(city, c.Agencies, b.Notices, holdings, c.Figures.ScoreReady, c.ScoreReserve)
	b.Law = law.New(city, b.Scores)
	b.Comments = comment.New(city)
	b.Mandates = mandate.New(city, b.Notices)
	b.Organisations = organisation.New(city)
	b.Cases = cases.New(city, c.Agencies, b.Notices, b.Mandates, holdings, b.Scores)
	b.Records = record.New(city, holdings, b.Scores)
	b.Listings = listing.New(city, holdings, b.Scores, b.Cases)
	b.Desk = desk.New(city, b.Notices, holdings, b.Scores, b.Cases, b.Listings)
	b.Staff = staff.New(city, c.Logins, b.Desk)
	b.Inquiries = inquiry.New(city, c.Responder, b.Notices, b.Cases)
	b.Complaints = complaint.New(city, b.Notices)
	b.Drafts = draft.New(city)
	b.Shares = share.New(city, c.Notifier, b.Notices)
	b.AccessLog = accesslog.New(city, c.Ledger)
	b.Agencies = agencyside.New(city, b.Cases)
	b.Keys = agencykey.New(city, b.Staff)
	b.Intake = intake.New(city, b.Notices, holdings, b.Scores, b.Cases, b.Listings)
	b.Register = register.New(city, c.Logins, b.Notices, b.Scores, b.Mandates, b.Cases, b.Desk)
	b.Takeaway = takeaway.New(city, c.Printer, c.Erasures, c.Accounts, b.Notices, b.Scores, b.Mandates, b.Cases, b.Records,
		b.Listings, b.Drafts, b.Shares, b.AccessLog)
	b.Upkeep = upkeep.New(city, c.Figures.Removed)
	for _, jobs := range []kernel.Jobs{b.Notices.Jobs(), b.Scores.Jobs(), b.Law.Jobs(), b.Mandates.Jobs(), b.Cases.Jobs(), b.Drafts.Jobs(),
		b.Listings.Jobs(), b.Staff.Jobs(), b.Inquiries.Jobs(), b.Complaints.Jobs(), b.Shares.Jobs(), b.Intake.Jobs(),
		b.Takeaway.Jobs(), b.Upkeep.Jobs()} {
		maps.Copy(b.jobs, jobs)
	}
	return b, nil
}

// Work does the jobs that transactions left behind, until ctx ends.
func (b *Bureau) Work(ctx context.Context) error {
	if err := b.Upkeep.Begin(ctx); err != nil {
		return fmt.Errorf("casework: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer b.City.Asker().Begin(ctx)()
	watching := make(chan struct{})
	go func() { defer close(watching); b.Scores.Watch(ctx, b.figures.ScoresLate) }()
	defer func() { stop(); <-watching }()
	return b.store.Work(ctx, b.Do)
}

// Do does one job, and returns after how long it is to be done again; 0 is never.
func (b *Bureau) Do(ctx context.Context, j kernel.Job) (time.Duration, error) {
	if wait := j.At.Sub(b.City.Now()); !j.At.IsZero() && wait > 0 {
		return wait, nil // it was brought forward too far
	}
	do, ok := b.jobs[j.Kind]
	if !ok {
		return 0, fmt.Errorf("casework: no job of kind %q", j.Kind)
	}
	return do(ctx, j.ID)
}

// JobKinds returns the kinds of all jobs, in order.
func (b *Bureau) JobKinds() []string { return slices.Sorted(maps.Keys(b.jobs)) }

// Ready returns an error when casework can't do its work: when the store does not
// answer.
func (b *Bureau) Ready(ctx context.Context) error { return b.store.Ready(ctx) }

// EventsAfter returns an audience's events after a sequence number, oldest first; where
// the first of them were removed, an event of kind reset stands for all. It serves the
// live stream, which has found the audience from the session.
func (b *Bureau) EventsAfter(ctx context.Context, audience string, after int64) ([]mingjing.Event, error) {
	var events []mingjing.Event
	err := b.store.Read(ctx, func(t Tx) (err error) {
		events, err = t.EventsAfter(ctx, audience, after, 500)
		if err != nil || len(events) > 0 && events[0].Seq <= max(after, 0)+1 {
			return err
		}
		last, err := t.LastEvent(ctx, audience)
		if err == nil && last > after {
			events = []mingjing.Event{{Seq: last, Kind: mingjing.EventReset, At: b.City.Now().UTC()}}
		}
		return err
	})
	return events, err
}

// LastEvent returns the sequence number of the newest event that the actor can hear.
func (b *Bureau) LastEvent(ctx context.Context, a mingjing.Actor) (seq int64, err error) {
	err = b.store.Read(ctx, func(t Tx) (err error) {
		seq, err = t.LastEvent(ctx, Audience(a))
		return err
	})
	return seq, err
}

// Audience returns the name of the events that an actor hears.
func Audience(a mingjing.Actor) string {
	if a.Role.Staff() {
		return mingjing.AudienceStaff
	}
	if a.Role == mingjing.RoleAdministrator {
		return mingjing.AudienceAdministrators
	}
	if a.Role == mingjing.RoleAgency {
		return mingjing.AudienceAgency(a.Agency)
	}
	return a.ID
}

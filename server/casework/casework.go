// Package casework is the deep module of the product: score requests and the
// work of scoring them, records, listings and disputes, and who may do what with
// them. It owns its ports (ports.go) and knows no SQL, no HTTP and no Redis.
//
// Every exported method takes the actor and checks what that actor may do; there
// is no other way to the data. A method says first who reads and for what (because);
// the line is in the resident's access log before anything of theirs is opened, in
// the same transaction.
// What a method changes, the job that follows and the events that tell open
// screens are one transaction too; the bus hears of the events only after the
// commit.
//
// # A score request
//
//	queued -> collecting -> scoring -> ready
//	   \__________\____________\-----> withdrawn   (the resident withdrew consent)
//
// # A case
//
// Disputes, applications for repair, reviews and proposed listings are cases: one
// queue, one set of steps, evidence, clocks and timeline.
//
//	dispute, repair:
//	filed -> assigned -> agency_asked -> agency_answered -------------> decided
//	             |            \-> agency_silent -> agency_answered -------^
//	             |                 (suspended)  \-> agency_lost (removed) -^
//	             \-- what needs no answer of the agency -------------------^
//	review:  filed -> assigned (a supervisor who was not involved) -> decided
//	listing: filed -> assigned -> recommended -> to_serve -> decided
//	             \______\___________\-- refused, or nobody decided in time --^
//
// [mingjing.Dispute.MayFollow] is the same as a table. A dispute can be rejected
// only on the agency's word. Where the agency has lost the point, by missing the
// second notice too or by withdrawing, it can only be upheld: what can't be
// verified is deleted. A clock of the bureau's own that runs out makes the case
// the supervisors', and never turns against the resident: an unanswered
// application for repair suspends the listing, an undecided proposal is refused,
// an approved listing that is not served is annulled.
//
// # A listing
//
//	proposed -> decided -> served -> in_effect -> repaired, expired, lifted, annulled
//	     \-> refused \-> annulled       |   ^
//	                      served, in_effect, unserved <-> disputed <-> suspended
//
// A listing that is taken over from an authority begins unserved, and then has no
// effect, or in_effect. listingMoves is the same as a table.
//
// # A mandate
//
//	offered -> accepted -> revoked, declined (given back), ended
//	     \-> declined, revoked, ended
//
// An accepted one lets the helper act for the resident in one case, and in what goes
// on from it, until its last day or until there is no way on from the case. enter
// decides that anew at every use; both access logs have the look.
//
// # An inquiry about a look
//
//	asked -> answered (by who looked, or an officer of their agency)
//	    \        \ (the resident is not satisfied: once)
//	     \---> escalated -> answered (by a supervisor or an auditor: the end)
//	   (silence)   \-> unexplained -> answered (the look stays marked)
//	                (silence)
//
// [mingjing.Inquiry.MayFollow] is the same as a table. Both clocks are the days that
// the procedure gives an agency to answer a dispute (Procedure.AgencyDays; Shanghai
// 2017: 5 working days). Nobody answers the second time about a look of their own.
package casework

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"slices"
	"time"

	"mingjing"
)

// MaxReplyItems bounds the records and the listings of one agency's reply.
const MaxReplyItems = 200

// Config is what a Casework is made of. All fields but Printer, Ledger, Notifier,
// Erasures, Accounts, Mover, Explain and Logger are required.
type Config struct {
	Store    Store
	Bus      Bus
	Agencies Agencies
	// Printer is nil where nothing is set on paper: what is taken along has no PDFs
	// then.
	Printer Printer
	// Ledger is nil where nobody asks for proofs of the access log.
	Ledger Ledger
	// Notifier is nil where notices stay in the inbox.
	Notifier Notifier
	// Erasures and Accounts are needed where residents can leave.
	Erasures ErasureList
	Accounts Accounts
	Clock    Clock
	Books    []*mingjing.Rulebook
	// Calendars are the published calendars, that of each book among them.
	Calendars []*mingjing.Calendar
	// ClockScale divides every deadline: 1 is the law, the demo city runs faster.
	ClockScale int
	// Mover moves the clock of a demo city; nil elsewhere.
	Mover Mover
	// Explain answers an inquiry of a demo city for its agency, "" for not at all; nil
	// elsewhere.
	Explain func(agency string) string
	Logger  *slog.Logger
}

// Casework does the work of the bureau. It is safe for use by many goroutines.
type Casework struct {
	store     Store
	bus       Bus
	agencies  Agencies
	printer   Printer
	ledger    Ledger
	grown     chan struct{} // has one where the tree has grown since the witnesses were asked
	notifier  Notifier
	erasures  ErasureList
	accounts  Accounts
	clock     Clock
	books     []*mingjing.Rulebook
	calendars []*mingjing.Calendar
	calendar  *mingjing.Calendar // that of the first book
	scale     int
	mover     Mover
	explain   func(agency string) string
	log       *slog.Logger
}

// New makes a Casework. It fails when a port is missing, there is no rulebook, or
// a rulebook's zone or calendar is unknown.
func New(c Config) (*Casework, error) {
	if c.Store == nil || c.Bus == nil || c.Agencies == nil || c.Clock == nil {
		return nil, errors.New("casework: Store, Bus, Agencies and Clock are all needed")
	}
	if len(c.Books) == 0 {
		return nil, errors.New("casework: no rulebook")
	}
	for _, b := range c.Books {
		if _, err := time.LoadLocation(b.Zone); err != nil {
			return nil, fmt.Errorf("casework: zone of rulebook %s: %w", b.ID, err)
		}
	}
	var first *mingjing.Calendar
	for i := len(c.Books) - 1; i >= 0; i-- {
		var err error
		if first, err = calendarOf(c.Calendars, c.Books[i]); err != nil {
			return nil, err
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Notifier == nil {
		c.Notifier = inboxOnly{}
	}
	return &Casework{erasures: c.Erasures, accounts: c.Accounts,
		store: c.Store, bus: c.Bus, agencies: c.Agencies, printer: c.Printer, notifier: c.Notifier, clock: c.Clock,
		ledger: c.Ledger, grown: make(chan struct{}, 1),
		books: c.Books, calendars: c.Calendars, calendar: first, scale: max(1, c.ClockScale), mover: c.Mover, explain: c.Explain, log: c.Logger}, nil
}

// Books are the published rulebooks, the default one first.
func (c *Casework) Books() []*mingjing.Rulebook { return c.books }

// ClockScale is how many times faster deadlines pass than in law.
func (c *Casework) ClockScale() int { return c.scale }

// Zone is the city's time zone: that of the first rulebook.
func (c *Casework) Zone() *time.Location {
	loc, err := time.LoadLocation(c.books[0].Zone)
	if err != nil { // New has loaded it already
		return time.UTC
	}
	return loc
}

// Now is the time by the injected clock, in the city's zone.
func (c *Casework) Now() time.Time { return c.clock.Now().In(c.Zone()) }

// Book finds a rulebook by its code.
func (c *Casework) Book(id string) (*mingjing.Rulebook, error) {
	for _, b := range c.books {
		if b.ID == id {
			return b, nil
		}
	}
	return nil, mingjing.Errorf(mingjing.Invalid, "unknown_rulebook")
}

func (c *Casework) today() mingjing.Date { return mingjing.DateOf(c.Now()) }

// tx is one transaction with the events that are published once it is committed.
type tx struct {
	Tx
	c      *Casework
	events []toPublish
	reason string        // the action for which what follows is read
	last   mingjing.Look // the look of that reason, and the work that it is part of
	once   string
	looked bool                // there may be a line more in the access log
	own    mingjing.ResidentID // who reads what is their own, be there anything or not
}

type toPublish struct {
	audience string
	event    mingjing.Event
}

func (t *tx) emit(ctx context.Context, audience string, kind mingjing.EventKind, id string, at time.Time) error {
	e, err := t.AddEvent(ctx, audience, mingjing.Event{Kind: kind, ID: id, At: at.UTC()})
	if err != nil {
		return fmt.Errorf("add %s event: %w", kind, err)
	}
	t.events = append(t.events, toPublish{audience, e})
	return nil
}

// publishWait bounds how long one transaction's events take to be published.
const publishWait = 5 * time.Second

func (c *Casework) tx(ctx context.Context, fn func(*tx) error) error {
	var done []toPublish
	looked := false
	err := c.store.Tx(ctx, func(raw Tx) error {
		t := &tx{Tx: raw, c: c}
		err := fn(t)
		if err == nil && t.own != "" {
			err = t.Looked(ctx, t.own)
		}
		done, looked = t.events, t.looked
		return err
	})
	if err != nil {
		return err
	}
	if looked {
		select {
		case c.grown <- struct{}{}:
		default: // the witnesses are to be asked already
		}
	}
	// Others must hear of it even when the one who did it has gone meanwhile.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), publishWait)
	defer stop()
	for _, p := range done {
		if err := c.bus.Publish(ctx, p.audience, p.event); err != nil {
			// The event is committed; open screens catch up when they next ask.
			c.log.Warn("publish event", "kind", p.event.Kind, "err", err)
		}
	}
	return nil
}

// within is what fn returns in a transaction that was committed; nothing at all
// where it was not, so that no data leaves without its line in the access log.
func within[T any](ctx context.Context, c *Casework, fn func(*tx) (T, error)) (T, error) {
	var out T
	err := c.tx(ctx, func(t *tx) (err error) {
		out, err = fn(t)
		return err
	})
	if err != nil {
		var nothing T
		return nothing, public(err)
	}
	return out, nil
}

// because says who reads what follows in this transaction, and for what. The line
// is in the access log of each resident before anything of theirs is opened.
func (t *tx) because(a mingjing.Actor, action, subject, purpose string) {
	t.say(a, t.line(a, action, subject, purpose), "")
}

// part is because for a transaction that is one of several in the same work, which
// is one line of the access log.
func (t *tx) part(a mingjing.Actor, action, subject, purpose, work string) {
	t.say(a, t.line(a, action, subject, purpose), action+" "+work)
}

// notifies says that the system writes notices in this transaction: one line a day
// for a resident, however many notices there are.
func (c *Casework) notifies(t *tx) {
	t.part(system, "notify", "", "notice", string(c.today()))
}

// say keeps the line that the store writes before the transaction opens its first
// value; once is what lines of the same work have in common, "" for none.
func (t *tx) say(a mingjing.Actor, l mingjing.Look, once string) {
	t.reason, t.last, t.once, t.looked = l.Action, l, once, true
	if a.Role == mingjing.RoleResident {
		t.own = mingjing.ResidentID(a.ID)
	}
	t.Because(l, once)
	if once == "" {
		t.repeats(a, l.Action, l.Subject)
	}
}

// repeats names a resident's look at a page of their own, so that while the page is
// open its looks by itself are one line an hour.
func (t *tx) repeats(a mingjing.Actor, action, subject string) {
	if name := t.c.pageName(a, action, subject); name != "" {
		t.Repeats(mingjing.ResidentID(a.ID), name, a.Screen.Quiet)
	}
}

// pageName is what the looks at one page by one session within one hour have in
// common; "" without a session. The hours are those of the session, so that a page
// that is open for a minute is open for one hour. It is a hash, since it is not sealed.
func (c *Casework) pageName(a mingjing.Actor, action, subject string) string {
	if a.Role != mingjing.RoleResident || a.Screen.Session == "" {
		return ""
	}
	hour := c.Now().Sub(a.Screen.Opened) / time.Hour
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q", a.Screen.Session, hour, action, subject))
	return "page " + base64.RawURLEncoding.EncodeToString(sum[:])
}

func (t *tx) line(a mingjing.Actor, action, subject, purpose string) mingjing.Look {
	return mingjing.Look{At: t.c.Now().UTC(), Role: a.Role, Who: a.Name, By: looker(a), Action: action, Subject: subject, Purpose: purpose}
}

// look writes a line into the access log at once, besides that of because.
func (t *tx) look(ctx context.Context, a mingjing.Actor, resident mingjing.ResidentID, at time.Time, action, subject, purpose string) error {
	l := mingjing.Look{At: at.UTC(), Role: a.Role, Who: a.Name, By: looker(a), Action: action, Subject: subject, Purpose: purpose}
	add := t.AddLook
	if a.Role == mingjing.RoleResident && a.ID == string(resident) && a.Screen.Quiet {
		add = func(ctx context.Context, resident mingjing.ResidentID, l mingjing.Look) error {
			t.say(a, l, "")
			return t.Looked(ctx, resident)
		}
	}
	if err := add(ctx, resident, l); err != nil {
		return fmt.Errorf("write access log: %w", err)
	}
	t.looked = true
	return nil
}

func newID() string { return rand.Text() }

// system is the actor of the product's own worker.
var system = mingjing.Actor{Role: mingjing.RoleSystem, ID: "worker"}

var (
	errForbidden = mingjing.Errorf(mingjing.Forbidden, "forbidden")
	errNotFound  = mingjing.Errorf(mingjing.NotFound, "not_found")

	errUnavailable = mingjing.Errorf(mingjing.Unavailable, "unavailable")
)

// asResident lets only a resident pass, as the one they are.
func asResident(a mingjing.Actor) (mingjing.ResidentID, error) {
	if a.Role != mingjing.RoleResident || a.ID == "" {
		return "", errForbidden
	}
	return mingjing.ResidentID(a.ID), nil
}

// asStaff lets only staff pass who have shown their second factor and hold one
// of the roles.
func asStaff(a mingjing.Actor, roles ...mingjing.Role) error {
	if !a.Role.Staff() || a.ID == "" {
		return errForbidden
	}
	if a.AAL < 2 {
		return mingjing.Errorf(mingjing.Forbidden, "aal2_required")
	}
	if !slices.Contains(roles, a.Role) {
		return errForbidden
	}
	return nil
}

// asAgency lets only an agency pass, as the one it is.
func asAgency(a mingjing.Actor) (string, error) {
	if a.Role != mingjing.RoleAgency || a.ID == "" || a.Agency == "" {
		return "", errForbidden
	}
	return a.Agency, nil
}

// purpose is why a member of staff reads.
func purpose(a mingjing.Actor) string {
	if a.Role == mingjing.RoleAuditor {
		return "audit"
	}
	return "dispute"
}

// public turns what the store says into what the caller is told.
func public(err error) error {
	switch {
	case errors.Is(err, ErrNotFound):
		return errNotFound
	case errors.Is(err, ErrCursor):
		return mingjing.Errorf(mingjing.Invalid, "invalid_cursor")
	case errors.Is(err, ErrConflict):
		return mingjing.Errorf(mingjing.Conflict, "changed_meanwhile")
	}
	return err
}

// scaled is a duration of the law on the city's clock.
func (c *Casework) scaled(d time.Duration) time.Duration { return d / time.Duration(c.scale) }

// jitter spreads d by a fifth either way, so that retries don't march in step.
func jitter(d time.Duration) time.Duration {
	return d - d/5 + time.Duration(mrand.Int64N(int64(2*d/5)+1))
}

// Work does the jobs that transactions left behind, until ctx ends.
func (c *Casework) Work(ctx context.Context) error {
	return c.store.Work(ctx, func(ctx context.Context, j Job) (time.Duration, error) {
		if wait := j.At.Sub(c.clock.Now()); !j.At.IsZero() && wait > 0 {
			return wait, nil // brought forward too far
		}
		switch j.Kind {
		case JobCollect:
			return c.collect(ctx, j.ID)
		case JobQuestion:
			return c.question(ctx, j.ID)
		case JobClock:
			return c.tick(ctx, j.ID)
		case JobListing:
			return c.listing(ctx, j.ID)
		case JobInquiry:
			return c.inquire(ctx, j.ID)
		case JobRescore:
			return 0, c.expire(ctx, mingjing.ResidentID(j.ID))
		case JobErase:
			return 0, c.erase(ctx, j.ID)
		case JobNotify:
			return c.deliver(ctx, j.ID)
		case JobExport:
			return 0, c.export(ctx, j.ID)
		case JobUnexport:
			return 0, c.unexport(ctx, j.ID)
		case JobConfirm:
			return c.sendCode(ctx, mingjing.ResidentID(j.ID))
		case JobMandate:
			return 0, c.mandate(ctx, j.ID)
		case JobCorrection:
			return c.sendCorrection(ctx, j.ID)
		}
		return 0, fmt.Errorf("casework: no job of kind %q", j.Kind)
	})
}

// Ready says whether casework can do its work: whether the store answers.
func (c *Casework) Ready(ctx context.Context) error { return c.store.Ping(ctx) }

// EventsAfter are an audience's events after a sequence number, oldest first. It
// serves the live stream, which has found the audience from the session.
func (c *Casework) EventsAfter(ctx context.Context, audience string, after int64) ([]mingjing.Event, error) {
	var events []mingjing.Event
	err := c.store.Tx(ctx, func(t Tx) (err error) {
		events, err = t.EventsAfter(ctx, audience, after, 500)
		return err
	})
	return events, err
}

// LastEvent is the sequence number of the newest event that the actor can hear.
func (c *Casework) LastEvent(ctx context.Context, a mingjing.Actor) (seq int64, err error) {
	err = c.store.Tx(ctx, func(t Tx) (err error) {
		seq, err = t.LastEvent(ctx, Audience(a))
		return err
	})
	return seq, err
}

// Audience is whose events an actor hears.
func Audience(a mingjing.Actor) string {
	if a.Role.Staff() {
		return mingjing.AudienceStaff
	}
	if a.Role == mingjing.RoleAgency {
		return mingjing.AudienceAgency(a.Agency)
	}
	return a.ID
}

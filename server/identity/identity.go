// Package identity finds out who sent a request. It is the only package that uses Ory
// Kratos: for enrolment, activation, login with and without a second factor, and
// sessions. It knows no score, record or page.
//
// # What Kratos is told
//
// Kratos gets neither an ID number nor a resident's name. A resident's identifier in
// Kratos is the hex HMAC-SHA-256 of the ID number under [Config.IDKey]; the public
// metadata has the role and the [mingjing.ResidentID]. Staff are identified by their
// staff number and name, and by their own [mingjing.ResidentID] if it is known
// ([Identity.LinkStaff]). Kratos listens on Unix sockets in a folder of ours (embedded)
// or on an internal network (external), never where a browser can reach it: this
// package calls the native flows, so that nobody gets around the limits and the
// constant time below.
//
// # The same answer, in the same time
//
// An unknown ID number, a wrong password, a locked account and an account that was never
// activated get the same error, login_failed,
// after the same time: each login makes one search and one password check, against a
// decoy where there is no account, and its answer waits until the next multiple of
// [Config.FloorTime] is reached. Only some checks run at once; the others wait, known
// and unknown alike.
//
// # The limits, and why a stranger cannot lock anybody out
//
// Attempts are counted under keyed hashes, never under an ID number or an address, in four
// ways:
//
//   - Browser: one identifier in a browser that is known by its cookie, since the person
//     has logged in with it before, or in their own session. Nobody else can use it up,
//     and while it lasts nothing else counts.
//   - Device: one identifier from one address.
//   - Address: one address, whatever the identifiers.
//   - Stranger: one identifier, from all addresses together.
//
// An attempt that is beyond one of the last three is not refused. It waits, for 5 to 30
// seconds, in the slow lane ([slowLane]), of which one attempt at a time is checked. So a
// stranger makes nobody wait for longer than that, and a guesser has few guesses. Only
// where too many wait there from one address is one refused, with too_many_attempts.
//
// Activation is limited in the same way. Its codes are not Kratos': whoever calls
// [Identity.Activate] checks them, and wrong tries end none. Second-factor codes are limited
// for each person after the password was right, in a known browser apart from all others.
//
// # The second factor
//
// Kratos makes TOTP secrets itself and accepts none from outside, stores them
// unencrypted, and accepts the same code twice. So the secret in a handler's
// authenticator is stored in Kratos' admin metadata, sealed with AES-GCM, and its codes
// are checked here, each time step once. Kratos' own secret was paired at enrolment and
// is sealed beside it; with a code from it the session is raised to AAL2, so that
// Kratos, too, knows only full sessions.
//
// Staff set both up themselves with a one-time code ([Identity.BeginStaff]). Their ten
// recovery codes are checked here too, and stored as keyed hashes: Kratos' own method
// keeps twelve as plain text, and would be a second way in beside our limits.
//
// # Passwords, browsers and passkeys
//
// What a password must be is in package passwords. A new one ends the other sessions of
// its person, who is told ([Identity.OnSecurity]) before these end. A browser that is not
// known by its cookie is told too ([Identity.SeenDevice]). Residents' passkeys are checked
// here and sealed in Kratos' admin metadata (passkey.go); Kratos then starts the session by a
// code that is made and used in one call. A passkey can't be guessed, so that only the
// address is counted.
//
// # Sessions that nobody uses
//
// A session ends when it was not used for [Config.IdleAfter], or for as long as its
// resident chose: [Identity.Who] ends it and answers session_idle. What a page does by
// itself is no use; see [Identity.Use]. When a screen is locked, by hand or for this
// reason, its session ends as in a log-out, but those who asked for neutral push
// messages there still get them: see [Identity.OnEnd].
//
// # When something is down
//
// Without Kratos everything answers identity_down. Without its own database Kratos
// answers that a session is unknown and a password wrong; that is believed only while
// it is healthy (kratoshealth.go), and otherwise answered identity_down as well: no
// session ends by an outage. Without Redis, or with one that was
// emptied, nothing is forgotten: logins and used codes are counted in the database.
// [Identity.Who] then asks Kratos each time.
package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"mingjing"
)

// The defaults of [Config].
const (
	// DefaultFloorTime is well above one password check on a slow core.
	DefaultFloorTime = 700 * time.Millisecond
	// DefaultSessionLifespan is a working day and some hours more.
	DefaultSessionLifespan = 12 * time.Hour
	// DefaultIdleAfter is for a phone that was left on a table.
	DefaultIdleAfter = 5 * time.Minute
	// DefaultFreshLogin leaves time to read a page and press its button.
	DefaultFreshLogin = 10 * time.Minute
	// DefaultEndWait is the time limit of each function that is called at the end of a
	// session.
	DefaultEndWait = 3 * time.Second
)

// A Clock tells the time of the city. Kratos' sessions, one-time codes and
// second-factor codes follow the machine's clock instead.
type Clock interface{ Now() time.Time }

// Uses stores when each session was last used, which Kratos does not know.
type Uses interface {
	// SessionUses returns the use of each of the sessions, by session; sessions without
	// a known use are left out.
	SessionUses(ctx context.Context, sessions ...string) (map[string]mingjing.SessionUse, error)
	// UseSession stores a use, now by the clock of all replicas; resident is "" for staff.
	UseSession(ctx context.Context, session string, resident mingjing.ResidentID) error
	// RenewSession is UseSession, and stores the keyed hash of the only cookie by which the
	// session goes on. factor says that its second factor was given now.
	RenewSession(ctx context.Context, session string, resident mingjing.ResidentID, cookie string, factor bool) error
	// ForgetSessions removes the use of sessions that have ended.
	ForgetSessions(ctx context.Context, sessions ...string) error
	SetLockAfter(ctx context.Context, resident mingjing.ResidentID, minutes int) error
}

// Attempts counts tries to log in for all replicas, by one clock, and what is good once. Keys
// are keyed hashes.
type Attempts interface {
	// CountLogins counts a try under each of the keys, in their order, as far as they
	// allow it. over is the first one that does not, or their number, and wait after what
	// time it does.
	CountLogins(ctx context.Context, tries ...mingjing.LoginTry) (over int, wait time.Duration, err error)
	// UncountLogins takes tries back that were counted.
	UncountLogins(ctx context.Context, tries ...mingjing.LoginTry) error
	// LoginOnce notes that something is used up for a time, and reports whether it was
	// not yet.
	LoginOnce(ctx context.Context, key string, d time.Duration) (fresh bool, err error)
	// ForgetLogins removes what was counted or used up under keys.
	ForgetLogins(ctx context.Context, keys ...string) error
}

// Config is the configuration of [Open].
type Config struct {
	// PublicURL and AdminURL are those of an external Kratos that runs on
	// kratos/kratos.yml. Both or neither.
	PublicURL, AdminURL string
	// Embedded is used when there are no URLs.
	Embedded Embedded
	// Redis counts other uses than logins, and caches sessions. Close does not close it.
	Redis redis.UniversalClient
	// Attempts counts logins; without it they are counted in this process.
	Attempts Attempts
	// Waits has the logins that wait for their turn where many log in; without it each waits
	// within its request.
	Waits Waits
	// Alone says that there is no other replica: other uses are then counted in this
	// process too, and not in Redis.
	Alone bool
	// Clock is the machine's clock when nil.
	Clock  Clock
	Logger *slog.Logger
	// Uses stores when sessions were used; without it sessions do not end because
	// nobody uses them.
	Uses Uses
	// IdleAfter is how long a session may be unused, where its resident has not
	// chosen; [DefaultIdleAfter] when zero.
	IdleAfter time.Duration
	// IDKey is 32 bytes. Without it, residents can't be found by ID number any more,
	// nor can staff log in.
	IDKey []byte
	// SessionKey is mixed into the keys of sessions: with another one, every session ends.
	SessionKey []byte
	// FloorTime is the least time that a login takes; see the package comment.
	FloorTime time.Duration
	Limits    Limits
	// FreshLogin is for how long after the password a login is fresh.
	FreshLogin time.Duration
	// Words are those that anybody would try here: the names of the product and of the
	// city.
	Words []string
}

// An Identity logs people in and finds out whose session a token is. It is safe for use
// by many goroutines.
type Identity struct {
	activating sync.Mutex // held while a code is redeemed
	log        *slog.Logger
	clock      Clock
	keys       keys
	kratos     *kratos
	child      *child // nil with an external Kratos
	redis      redis.UniversalClient
	counts     *counters
	attempts   Attempts    // and what is good once
	waits      Waits       // nil where logins wait within their requests alone
	ending     atomic.Bool // whether those for which nobody asks will be removed
	slow       *slowLane
	limits     Limits
	cache      *cache
	checks     *line
	pace       responseFloor
	// mostSessions is how many sessions a person may have; 0 is the standard.
	mostSessions int
	askEvery     time.Duration // how often Kratos is asked for sessions that ended without us
	asked        atomic.Int64  // when it was, in ticks
	uses         Uses          // nil where sessions may be unused for any time
	idleAfter    time.Duration
	freshFor     time.Duration
	endWait      time.Duration
	context      []string // words that are no part of a good password
	decoyOnce    sync.Mutex
	decoy        bool

	mu sync.Mutex
	// about returns the name and the ID number of a resident; nil where nobody knows.
	about      func(ctx context.Context, resident mingjing.ResidentID) (string, mingjing.IDNumber, error)
	onSecurity func(ctx context.Context, e SecurityEvent) error
	onEnd      []func(ctx context.Context, sessionID string, locked bool)
}

// Open connects to Kratos, starting it when it is the embedded one, and returns
// when it is ready. ctx bounds the start only.
func Open(ctx context.Context, c Config) (*Identity, error) {
	if len(c.IDKey) != 32 {
		return nil, fmt.Errorf("open identity: the ID key has %d bytes, not 32", len(c.IDKey))
	}
	if c.Redis == nil {
		return nil, errors.New("open identity: no Redis")
	}
	if (c.PublicURL == "") != (c.AdminURL == "") {
		return nil, errors.New("open identity: Kratos' public and admin URLs go together")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = wallClock{}
	}
	if c.FloorTime <= 0 {
		c.FloorTime = DefaultFloorTime
	}
	if c.IdleAfter <= 0 {
		c.IdleAfter = DefaultIdleAfter
	}
	if c.FreshLogin <= 0 {
		c.FreshLogin = DefaultFreshLogin
	}
	k, err := newKeys(c.IDKey, c.SessionKey)
	if err != nil {
		return nil, fmt.Errorf("open identity: %w", err)
	}
	i := &Identity{
		log:    c.Logger,
		clock:  c.Clock,
		keys:   k,
		redis:  c.Redis,
		counts: newCounters(c.Redis, c.Alone, c.Logger),
		limits: c.Limits.withDefaults(), slow: newSlowLane(c.FloorTime, wait),
		cache: &cache{redis: c.Redis},
		// More password checks at once would only make each of them slower.
		checks:   newLine(max(2, 2*runtime.GOMAXPROCS(0))),
		pace:     responseFloor{floor: c.FloorTime, wait: wait},
		freshFor: c.FreshLogin, askEvery: 10 * time.Second,
		uses: c.Uses, waits: c.Waits, idleAfter: c.IdleAfter, endWait: DefaultEndWait, context: c.Words,
	}
	if i.attempts = c.Attempts; i.attempts == nil {
		i.attempts = countedHere{i.counts.local}
	}
	if i.waits != nil {
		i.endWaits() // those of before
	}
	if c.PublicURL != "" {
		if i.kratos, err = dialURLs(c.PublicURL, c.AdminURL); err != nil {
			return nil, fmt.Errorf("open identity: %w", err)
		}
		if err := i.Ready(ctx); err != nil {
			c.Logger.Warn("kratos does not answer yet", "err", err)
		}
		return i, nil
	}
	if i.child, err = startChild(ctx, c.Embedded, c.Logger); err != nil {
		return nil, fmt.Errorf("open identity: %w", err)
	}
	i.kratos = dialChild(i.child)
	i.kratos.health.locked = i.child.isLocked
	return i, nil
}

// Ready returns nil if Kratos can be used now, or the reason why not.
func (i *Identity) Ready(ctx context.Context) error {
	if err := i.kratos.ready(ctx); err != nil {
		return fmt.Errorf("ask kratos whether it is ready: %w", err)
	}
	return nil
}

// Close stops the embedded Kratos and waits until it has ended. Sessions stay.
func (i *Identity) Close() error {
	i.kratos.close()
	if i.child == nil {
		return nil
	}
	return i.child.stop()
}

// OnEnd registers f to be called with the id of each session that is ended through this
// package, after Kratos has ended it. locked says that only its screen was locked, by
// hand or because nobody used it, so that the person may come back. f is not called for
// sessions that expire. f's context ends after [DefaultEndWait]; after that nothing
// waits for f.
func (i *Identity) OnEnd(f func(ctx context.Context, sessionID string, locked bool)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.onEnd = append(i.onEnd, f)
}

func (i *Identity) tellEnd(ctx context.Context, sessionID string, locked bool) {
	i.mu.Lock()
	fs := i.onEnd
	i.mu.Unlock()
	for _, f := range fs {
		bound, cancel := context.WithTimeout(ctx, i.endWait)
		done := make(chan struct{})
		go func() {
			defer close(done)
			f(bound, sessionID, locked)
		}()
		select {
		case <-done:
		case <-bound.Done():
			i.log.Warn("what is to be done at the end of a session takes too long")
		}
		cancel()
	}
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// These errors have no values. They are made anew for each answer, so that nobody can
// change another's.
func errLogin() error      { return mingjing.NewError(mingjing.Unauthenticated, "login_failed") }
func errActivation() error { return mingjing.NewError(mingjing.Invalid, "activation_failed") }
func errStaffActivation() error {
	return mingjing.NewError(mingjing.Invalid, "staff_activation_failed")
}
func errNotLoggedIn() error {
	return mingjing.NewError(mingjing.Unauthenticated, "not_logged_in")
}
func errExpired() error { return mingjing.NewError(mingjing.Unauthenticated, "session_expired") }
func errIdle() error    { return mingjing.NewError(mingjing.Unauthenticated, "session_idle") }

// unavailable logs why the identity service can't be used, and returns the error
// identity_down, or that of another engine which the error names. When the caller has
// gone, it is no failure of ours.
func (i *Identity) unavailable(ctx context.Context, doing string, err error) error {
	if known, ok := errors.AsType[*mingjing.Error](err); ok && known.Kind == mingjing.Unavailable {
		return known
	}
	if ctx.Err() == nil {
		i.log.Error("identity is down", "doing", doing, "err", err)
	}
	return mingjing.NewError(mingjing.Unavailable, cmp.Or(mingjing.AwayCode(err), "identity_down"))
}

package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mingjing"
	"mingjing/server/guard"
)

// A Rate allows Count attempts at once, and as many again within each Per, evenly.
type Rate struct {
	Count int
	Per   time.Duration
}

// Limits are the limits of the package comment. Where there are several rates, all must
// allow an attempt. A nil list is the default.
type Limits struct {
	// Device is for one identifier in one browser that is known to be theirs, in one
	// session, or from one address.
	Device []Rate
	// Address is for one address.
	Address []Rate
	// Stranger is for one identifier in all browsers that are not known to be theirs.
	Stranger []Rate
	// Code is for the second factor of one member of staff, after the password.
	Code []Rate
}

// DefaultLimits are the default limits. A person who mistypes gets five tries at once and
// 60 a day without waiting. Whoever tries more often waits for up to half a minute for each answer.
var DefaultLimits = Limits{
	Device:   []Rate{{60, 24 * time.Hour}, {20, time.Hour}, {5, time.Minute}},
	Address:  []Rate{{600, time.Hour}, {30, time.Minute}},
	Stranger: []Rate{{400, 24 * time.Hour}, {100, time.Hour}, {30, time.Minute}},
	Code:     []Rate{{50, 24 * time.Hour}, {20, time.Hour}, {5, time.Minute}},
}

func (l Limits) withDefaults() Limits {
	or := func(have, otherwise []Rate) []Rate {
		if have == nil {
			return otherwise
		}
		return have
	}
	return Limits{
		Device:   or(l.Device, DefaultLimits.Device),
		Address:  or(l.Address, DefaultLimits.Address),
		Stranger: or(l.Stranger, DefaultLimits.Stranger),
		Code:     or(l.Code, DefaultLimits.Code),
	}
}

// errSilent: what is good once was used, or a second factor was tried too often.
var errSilent = errors.New("used up")

// An attempt is one try to log in. Its kind keeps the limits of logins, activations and
// second factors apart.
type attempt struct {
	kind, identifier, addr string
	// browser is what is known to be theirs: the number of a browser, or a session; "" for
	// none.
	browser string
	counted []mingjing.LoginTry
}

// newAttempt returns an attempt of a client.
func (i *Identity) newAttempt(ctx context.Context, kind, identifier string, c mingjing.Client) *attempt {
	return &attempt{kind: kind, identifier: identifier, addr: guard.Network(c.Addr), browser: i.knownBrowser(ctx, identifier, c.Browser)}
}

// attemptIn returns an attempt in somebody's own session, which nobody else can use up.
func attemptIn(session, kind, identifier string, c mingjing.Client) *attempt {
	return &attempt{kind: kind, identifier: identifier, addr: guard.Network(c.Addr), browser: "session " + session}
}

// admit counts an attempt and returns when it may be decided; done is called when it is.
// Beyond a limit it waits. The error is too_many_attempts where too many wait.
func (i *Identity) admit(ctx context.Context, a *attempt) (done func(), err error) {
	done = func() {}
	if a.browser != "" {
		tries := i.tries(i.limits.Device, "browser", a.kind, a.identifier, a.browser)
		over, _, err := i.countTries(ctx, a, tries)
		if err != nil || over == len(tries) {
			return done, err
		}
	}
	tries := i.tries(i.limits.Address, "address", a.addr)
	if a.identifier != "" {
		tries = slices.Concat(i.tries(i.limits.Device, "device", a.kind, a.identifier, a.addr), tries,
			i.tries(i.limits.Stranger, "stranger", a.kind, a.identifier))
	}
	over, _, err := i.countTries(ctx, a, tries)
	if err != nil || over == len(tries) {
		return done, err
	}
	return i.slow.enter(ctx, *a, tries[over].Per)
}

// tries returns how a try is counted under one key by rates.
func (i *Identity) tries(rates []Rate, kind string, parts ...string) []mingjing.LoginTry {
	tries := make([]mingjing.LoginTry, len(rates))
	for n, r := range rates {
		tries[n] = mingjing.LoginTry{Key: i.keys.redis(kind, append(slices.Clone(parts), r.Per.String())...), Count: r.Count, Per: r.Per}
	}
	return tries
}

// countTries counts a try, which may be that of an attempt. over is the first rate that it is
// beyond, or the number of all.
func (i *Identity) countTries(ctx context.Context, a *attempt, tries []mingjing.LoginTry) (over int, wait time.Duration, err error) {
	over, wait, err = i.attempts.CountLogins(ctx, tries...)
	if err != nil {
		return 0, 0, i.unavailable(ctx, "count an attempt", err)
	}
	if a != nil {
		a.counted = append(a.counted, tries[:over]...)
	}
	return over, wait, nil
}

// countSilently counts a try; the error is errSilent where it is one too many.
func (i *Identity) countSilently(ctx context.Context, tries []mingjing.LoginTry) error {
	over, _, err := i.countTries(ctx, nil, tries)
	if err == nil && over < len(tries) {
		return errSilent
	}
	return err
}

// undecided is unavailable for an attempt that was admitted. It is not counted, so that
// nobody who tries again during an outage has to wait after it.
func (i *Identity) undecided(ctx context.Context, a *attempt, doing string, err error) error {
	if ctx.Err() == nil { // who hangs up is counted: Kratos may have decided
		i.giveBack(ctx, a)
	}
	return i.unavailable(ctx, doing, err)
}

// giveBack takes back what admit has counted.
func (i *Identity) giveBack(ctx context.Context, a *attempt) {
	if err := i.attempts.UncountLogins(ctx, a.counted...); err != nil {
		i.log.Warn("an attempt that was not decided stays counted", "err", err)
	}
}

// admitCode counts one second-factor code, after the password was right. Codes from a
// browser without an earlier login are counted apart from those of one with one.
func (i *Identity) admitCode(ctx context.Context, a *attempt) error {
	of := []string{a.identifier}
	if a.browser != "" {
		of = append(of, a.browser)
	}
	return i.countSilently(ctx, i.tries(i.limits.Code, "code", of...))
}

// Allow counts one more use of something other than a login by somebody; the error is
// too_many_attempts.
func (i *Identity) Allow(ctx context.Context, kind, who string, rates ...Rate) error {
	return i.count(ctx, rates, "use", kind, who)
}

// AllowFrom counts one more request of somebody who is not logged in, from an address, of
// IPv6 from its /64 network; the error is too_many_attempts.
func (i *Identity) AllowFrom(ctx context.Context, kind, addr string, rates ...Rate) error {
	return i.count(ctx, rates, "from", kind, guard.Network(addr))
}

// A Quota is what a [Rate] still allows: Left more uses at once, and all of them After
// a time without any.
type Quota struct {
	Left  int
	After time.Duration
}

// AllowOne is [Identity.Allow] with one rate. It also returns what is left of it.
func (i *Identity) AllowOne(ctx context.Context, kind, who string, rate Rate) (Quota, error) {
	return i.countOne(ctx, rate, "use", kind, who)
}

// count counts one use by all rates.
func (i *Identity) count(ctx context.Context, rates []Rate, kind string, parts ...string) error {
	for _, r := range rates {
		if _, err := i.countOne(ctx, r, kind, parts...); err != nil {
			return err
		}
	}
	return nil
}

// countOne counts one use by one rate. It also returns what is left.
func (i *Identity) countOne(ctx context.Context, r Rate, kind string, parts ...string) (Quota, error) {
	u, err := i.counts.count(ctx, i.keys.redis(kind, append(slices.Clone(parts), r.Per.String())...), r, 1)
	if err != nil {
		return Quota{}, fmt.Errorf("count a use: %w", err)
	}
	if !u.Allowed {
		err = errTooMany(u.Retry)
	}
	return Quota{Left: u.Left, After: u.ResetAfter}, err
}

// loginSucceeded resets the limits of who has shown that they are who they say. If that
// fails, it is only logged.
func (i *Identity) loginSucceeded(ctx context.Context, a *attempt, kinds ...string) {
	var counted []string
	for _, kind := range append(kinds, a.kind) {
		for _, r := range i.limits.Device {
			counted = append(counted, i.keys.redis("device", kind, a.identifier, a.addr, r.Per.String()))
			if a.browser != "" {
				counted = append(counted, i.keys.redis("browser", kind, a.identifier, a.browser, r.Per.String()))
			}
		}
	}
	if err := i.attempts.ForgetLogins(ctx, counted...); err != nil {
		i.log.Warn("the tries before a successful login stay counted", "err", err)
	}
}

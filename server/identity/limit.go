package identity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"time"

	"mingjing"
)

// A Rate allows Count attempts at once, and as many again within each Per, evenly.
type Rate struct {
	Count int
	Per   time.Duration
}

// Limits are the limits of the package comment. Where there are several rates, all must
// allow an attempt. A nil list is the default.
type Limits struct {
	// Device is for one identifier from one address.
	Device []Rate
	// Address is for one address.
	Address []Rate
	// Stranger is for one identifier from all addresses at which it never logged in.
	Stranger []Rate
	// Code is for the second factor of one member of staff, after the password.
	Code []Rate
}

// DefaultLimits are the default limits. A person who mistypes gets five tries at once
// and 60 a day; a guesser with one address gets no more, and with many 400 a day for
// one person. That is too few to find a password of the least length, or a second
// factor, of which three of a million codes are right at any time.
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

// knownFor is how long an identifier is known at an address.
const knownFor = 90 * 24 * time.Hour

// errSilent: strangers have used up what an identifier allows them.
var errSilent = errors.New("strangers have used up the allowance")

// An attempt is one try to log in. Its kind keeps the limits of logins, activations and
// second factors apart.
type attempt struct {
	kind, identifier, addr string
}

// admit counts an attempt. The error is nil, errSilent or too_many_attempts.
func (i *Identity) admit(ctx context.Context, a attempt) error {
	known, err := i.isKnownAddress(ctx, a)
	if err != nil {
		return err
	}
	if err := i.allow(ctx, i.limits.Device, "device", a.kind, a.identifier, a.addr); err != nil || known {
		return err
	}
	if err := i.allow(ctx, i.limits.Address, "address", a.addr); err != nil {
		return err
	}
	return silently(i.allow(ctx, i.limits.Stranger, "stranger", a.kind, a.identifier))
}

// silently returns errSilent for too_many_attempts.
func silently(err error) error {
	if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind == mingjing.Limited {
		return errSilent
	}
	return err
}

// undecided is unavailable for an attempt that was admitted. It is not counted, so that
// nobody who tries again during an outage has to wait after it.
func (i *Identity) undecided(ctx context.Context, a attempt, doing string, err error) error {
	if ctx.Err() == nil { // who hangs up is counted: Kratos may have decided
		i.giveBack(ctx, a)
	}
	return i.unavailable(ctx, doing, err)
}

// giveBack takes back what admit has counted.
func (i *Identity) giveBack(ctx context.Context, a attempt) {
	known, err := i.isKnownAddress(ctx, a)
	if err == nil {
		err = i.count(ctx, -1, i.limits.Device, "device", a.kind, a.identifier, a.addr)
	}
	if err == nil && !known {
		err = errors.Join(i.count(ctx, -1, i.limits.Address, "address", a.addr),
			i.count(ctx, -1, i.limits.Stranger, "stranger", a.kind, a.identifier))
	}
	if err != nil {
		i.log.Warn("an attempt that was not decided stays counted", "err", err)
	}
}

// admitCode counts one second-factor code, after the password was right. Codes from an
// address without an earlier login are counted apart from those of an address with one.
func (i *Identity) admitCode(ctx context.Context, a attempt) error {
	known, err := i.isKnownAddress(ctx, a)
	if err != nil {
		return err
	}
	of := []string{a.identifier}
	if known {
		of = append(of, a.addr)
	}
	return silently(i.allow(ctx, i.limits.Code, "code", of...))
}

// Allow counts one more use of something other than a login by somebody; the error is
// too_many_attempts.
func (i *Identity) Allow(ctx context.Context, kind, who string, rates ...Rate) error {
	return i.allow(ctx, rates, "use", kind, who)
}

// AllowFrom counts one more request of somebody who is not logged in, from an address, of
// IPv6 from its /64 network; the error is too_many_attempts.
func (i *Identity) AllowFrom(ctx context.Context, kind, addr string, rates ...Rate) error {
	return i.allow(ctx, rates, "from", kind, addrPrefix(addr))
}

// A Quota is what a [Rate] still allows: Left more uses at once, and all of them After
// a time without any.
type Quota struct {
	Left  int
	After time.Duration
}

// AllowOne is [Identity.Allow] with one rate. It also returns what is left of it.
func (i *Identity) AllowOne(ctx context.Context, kind, who string, rate Rate) (Quota, error) {
	return i.countOne(ctx, 1, rate, "use", kind, who)
}

func (i *Identity) allow(ctx context.Context, rates []Rate, kind string, parts ...string) error {
	return i.count(ctx, 1, rates, kind, parts...)
}

// count counts n attempts; below zero it takes them back.
func (i *Identity) count(ctx context.Context, n int, rates []Rate, kind string, parts ...string) error {
	for _, r := range rates {
		if _, err := i.countOne(ctx, n, r, kind, parts...); err != nil {
			return err
		}
	}
	return nil
}

// countOne is count with one rate. It also returns what is left of it.
func (i *Identity) countOne(ctx context.Context, n int, r Rate, kind string, parts ...string) (Quota, error) {
	u, err := i.counts.count(ctx, i.keys.redis(kind, append(parts, r.Per.String())...), r, n)
	if err != nil {
		return Quota{}, fmt.Errorf("count an attempt: %w", err)
	}
	if !u.Allowed {
		seconds := max(1, int(math.Ceil(u.Retry.Seconds())))
		err = mingjing.NewError(mingjing.Limited, "too_many_attempts", "seconds", strconv.Itoa(seconds))
	}
	return Quota{Left: u.Left, After: u.ResetAfter}, err
}

func (i *Identity) isKnownAddress(ctx context.Context, a attempt) (bool, error) {
	known, err := i.counts.marked(ctx, i.keys.redis("known", a.identifier, a.addr))
	if err != nil {
		return false, fmt.Errorf("look for a known address: %w", err)
	}
	return known, nil
}

// loginSucceeded marks the address as known for the identifier and resets its limit. If
// that fails, it is only logged.
func (i *Identity) loginSucceeded(ctx context.Context, a attempt) {
	var counted []string
	for _, r := range i.limits.Device {
		counted = append(counted, i.keys.redis("device", a.kind, a.identifier, a.addr, r.Per.String()))
	}
	err := i.counts.keep(ctx, i.keys.redis("known", a.identifier, a.addr), knownFor)
	if err = errors.Join(err, i.counts.forget(ctx, counted...)); err != nil {
		i.log.Warn("a successful login was not remembered", "err", err)
	}
}

// addrPrefix returns what counts as one address: an IPv4 address, or the /64 network of
// an IPv6 address, which is one connection.
func addrPrefix(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		if len(addr) > 64 {
			addr = addr[:64]
		}
		return addr
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.String()
	}
	return a.String()
}

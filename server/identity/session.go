package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	client "github.com/ory/kratos-client-go"
	"mingjing"
)

// Who returns whose session a cookie is. The answer is cached in Redis for at most ten
// seconds, but a session that was ended by this package is invalid at once. For a
// resident Actor.Name and IDMasked are empty, for staff IDMasked is the staff
// number; an officer has Actor.Agency. Actor.Fresh says that the password was given less than
// [Config.FreshLogin] ago, and the second factor too where the person has chosen one. The errors are not_logged_in when there is no cookie,
// session_expired when it is not valid, session_idle when it has just ended because
// nobody used it, and identity_down.
func (i *Identity) Who(ctx context.Context, cookie string) (mingjing.Login, error) {
	l, _, err := i.activeLogin(ctx, cookie)
	return l, err
}

// Use is Who for something that the person did, in contrast to what their page does by
// itself: it counts as use of the session.
func (i *Identity) Use(ctx context.Context, cookie string) (mingjing.Login, error) {
	l, unused, err := i.activeLogin(ctx, cookie)
	// Not every use is stored.
	if err == nil && i.uses != nil && unused >= l.IdleAfter/usesNoted {
		err = i.recordUse(ctx, l)
	}
	return l, err
}

// usesNoted is how often, at most, the use of a session is stored within the time after
// which it ends.
const usesNoted = 20

func (i *Identity) recordUse(ctx context.Context, l mingjing.Login) error {
	if err := i.uses.UseSession(ctx, l.SessionID, residentIn(l)); err != nil {
		return i.unavailable(ctx, "note the use of a session", err)
	}
	return nil
}

// residentIn returns the resident of a login; "" for staff.
func residentIn(l mingjing.Login) mingjing.ResidentID {
	if l.Actor.Role == mingjing.RoleResident {
		return mingjing.ResidentID(l.Actor.ID)
	}
	return ""
}

// renew makes a new cookie the only one by which a session goes on, and returns it. factor
// says that the second factor was given now.
func (i *Identity) renew(ctx context.Context, token string, l mingjing.Login, factor bool) (cookie string, err error) {
	cookie, hash := i.newCookie(token)
	if i.uses == nil {
		return cookie, nil
	}
	if err := i.uses.RenewSession(ctx, l.SessionID, residentIn(l), hash, factor); err != nil {
		return "", i.unavailable(ctx, "renew a session", err)
	}
	return cookie, nil
}

// activeLogin returns whose session a cookie is and for how long it was not used. It ends a
// session that nobody used for too long. All times are by the store's clock, since that of
// one replica may be wrong.
func (i *Identity) activeLogin(ctx context.Context, cookie string) (l mingjing.Login, unused time.Duration, err error) {
	if cookie == "" {
		return l, 0, errNotLoggedIn()
	}
	token, hash := i.readCookie(cookie)
	if token == "" {
		return l, 0, errExpired()
	}
	if l, err = i.loginOf(ctx, token); err != nil || i.uses == nil {
		return l, 0, err
	}
	use, known, err := i.lastUse(ctx, l.SessionID)
	if err == nil && !known { // the session has just begun
		if err := i.recordUse(ctx, l); err != nil {
			return mingjing.Login{}, 0, err
		}
		use, _, err = i.lastUse(ctx, l.SessionID)
	}
	if err != nil {
		return mingjing.Login{}, 0, i.unavailable(ctx, "look up the use of a session", err)
	}
	if use.Cookie != "" && use.Cookie != hash { // it goes on under another one
		return mingjing.Login{}, 0, errExpired()
	}
	if l.Actor.Factor && (!use.Factor || use.FactorAge >= i.freshFor) {
		l.Actor.Fresh = false
	}
	if l.IdleAfter = i.idleLimit(use); !i.isUnused(use) {
		return l, use.Unused, nil
	}
	if err := i.kratos.logout(ctx, token); err != nil {
		// The session is refused each time anyway, as long as its last use is stored.
		i.log.Warn("an unused session is left over", "err", err)
		i.markEnded(context.WithoutCancel(ctx), true, l.SessionID)
	} else {
		i.sessionsEnded(ctx, true, l.SessionID)
	}
	return mingjing.Login{}, 0, errIdle()
}

// lastUse returns the last use of a session, if any is known.
func (i *Identity) lastUse(ctx context.Context, sessionID string) (use mingjing.SessionUse, known bool, err error) {
	uses, err := i.uses.SessionUses(ctx, sessionID)
	use, known = uses[sessionID]
	return use, known, err
}

// idleLimit returns how long a session may be unused.
func (i *Identity) idleLimit(use mingjing.SessionUse) time.Duration {
	if use.Minutes > 0 {
		return time.Duration(use.Minutes) * time.Minute
	}
	return i.idleAfter
}

// isUnused reports whether a session was unused for too long. Its very last use may not
// have been stored.
func (i *Identity) isUnused(use mingjing.SessionUse) bool {
	idle := i.idleLimit(use)
	return use.Unused >= idle+idle/usesNoted
}

// SetLockAfter has the resident's sessions end after so many minutes without use.
// The errors are those of Who, and invalid_form with the field minutes when it is
// none of [mingjing.LockMinutes].
func (i *Identity) SetLockAfter(ctx context.Context, cookie string, minutes int) error {
	l, err := i.Who(ctx, cookie)
	if err != nil {
		return err
	}
	if l.Actor.Role != mingjing.RoleResident || i.uses == nil {
		return mingjing.NewError(mingjing.Forbidden, "forbidden")
	}
	if !slices.Contains(mingjing.LockMinutes, minutes) {
		return mingjing.InvalidFields(mingjing.FieldError{Field: "minutes", Code: "invalid_choice"})
	}
	if err := i.uses.SetLockAfter(ctx, mingjing.ResidentID(l.Actor.ID), minutes); err != nil {
		return i.unavailable(ctx, "set the screen lock", err)
	}
	return nil
}

// loginOf returns whose session a token is, whether it is used or not.
func (i *Identity) loginOf(ctx context.Context, token string) (mingjing.Login, error) {
	l, ok := i.cachedLogin(ctx, token)
	if !ok {
		var err error
		if l, err = i.askKratos(ctx, token); err != nil {
			return mingjing.Login{}, err
		}
		i.cacheLogin(ctx, token, l)
	}
	l.Actor.Factor = l.Factor
	l.Actor.Fresh = i.clock.Now().Sub(l.AuthenticatedAt) < i.freshFor
	return l, nil
}

// askKratos asks Kratos whose session a token is.
func (i *Identity) askKratos(ctx context.Context, token string) (mingjing.Login, error) {
	s, err := i.kratos.session(ctx, token)
	if errors.Is(err, errRefused) {
		return mingjing.Login{}, errExpired()
	} else if err != nil {
		return mingjing.Login{}, i.unavailable(ctx, "ask who is there", err)
	}
	if !s.GetActive() || s.Identity == nil {
		return mingjing.Login{}, errExpired()
	}
	p, err := personOf(s.Identity)
	if err != nil {
		return mingjing.Login{}, i.unavailable(ctx, "ask who is there", err)
	}
	l := mingjing.Login{
		Actor:           mingjing.Actor{Role: p.public.Role, AAL: aal(s.GetAuthenticatorAssuranceLevel())},
		SessionID:       s.Id,
		ExpiresAt:       s.GetExpiresAt(),
		AuthenticatedAt: s.GetAuthenticatedAt(),
	}
	switch {
	case p.public.Role == mingjing.RoleResident && p.schema == schemaResident && p.public.Resident != "":
		l.Actor.ID, l.Factor = string(p.public.Resident), p.public.Factor
	case p.public.isDesk() && p.schema == schemaStaff && l.Actor.AAL >= 2:
		l.Actor.ID, l.Actor.Name, l.IDMasked = p.traits.Identifier, p.traits.Name, p.traits.Identifier
		l.Actor.Agency = p.public.Agency
	default:
		return mingjing.Login{}, errExpired()
	}
	return l, nil
}

// Logout ends the session of a cookie. That there is none is no error; the only
// error is identity_down.
func (i *Identity) Logout(ctx context.Context, cookie string) error {
	return i.endLogin(ctx, cookie, false)
}

// Lock is Logout for a person who means to come back; see [Identity.OnEnd].
func (i *Identity) Lock(ctx context.Context, cookie string) error {
	return i.endLogin(ctx, cookie, true)
}

func (i *Identity) endLogin(ctx context.Context, cookie string, locked bool) error {
	if cookie == "" {
		return nil
	}
	l, err := i.Who(ctx, cookie)
	if e, ok := errors.AsType[*mingjing.Error](err); ok && e.Kind == mingjing.Unauthenticated {
		return nil
	} else if err != nil {
		return err
	}
	if err := i.kratos.logout(ctx, i.tokenOf(cookie)); err != nil {
		return i.unavailable(ctx, "log out", err)
	}
	i.sessionsEnded(ctx, locked, l.SessionID)
	return nil
}

// Sessions returns the sessions of the person behind the cookie, this one first, then
// the newest. The errors are those of Who.
func (i *Identity) Sessions(ctx context.Context, cookie string) ([]mingjing.Session, error) {
	l, err := i.Who(ctx, cookie)
	if err != nil {
		return nil, err
	}
	token := i.tokenOf(cookie)
	this, err := i.kratos.session(ctx, token)
	if err == nil {
		var others []client.Session
		if others, err = i.kratos.others(ctx, token); err == nil {
			list := []mingjing.Session{sessionOf(this, true)}
			for n := range others {
				// A session of staff without the second factor was never given to
				// anybody.
				if l.Actor.Role != mingjing.RoleResident && aal(others[n].GetAuthenticatorAssuranceLevel()) < 2 {
					continue
				}
				list = append(list, sessionOf(&others[n], false))
			}
			if list, err = i.withoutUnused(ctx, list); err != nil {
				return nil, i.unavailable(ctx, "list sessions", err)
			}
			slices.SortStableFunc(list[1:], func(a, b mingjing.Session) int { return b.StartedAt.Compare(a.StartedAt) })
			return list, nil
		}
	}
	return nil, i.sessionError(ctx, "list sessions", err)
}

// withoutUnused returns those of the sessions that are in use, with when they were last
// used.
func (i *Identity) withoutUnused(ctx context.Context, list []mingjing.Session) ([]mingjing.Session, error) {
	if i.uses == nil {
		return list, nil
	}
	ids := make([]string, len(list))
	for n, s := range list {
		ids[n] = s.ID
	}
	uses, err := i.uses.SessionUses(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var kept []mingjing.Session
	for _, s := range list {
		s.SeenAt = s.StartedAt
		if use, known := uses[s.ID]; known {
			s.SeenAt = use.SeenAt
		}
		// One of which no use is known was not used since it began.
		if s.Current || !i.isUnused(uses[s.ID]) {
			kept = append(kept, s)
		}
	}
	return kept, nil
}

// mostSessions is how many sessions a person may have: more than anybody has devices.
const mostSessions = 50

// endSurplus ends, after a login, those sessions of the person that were used longest ago, so that no
// more than most are left. Its error does not fail the login.
func (i *Identity) endSurplus(ctx context.Context, token string) {
	ctx = context.WithoutCancel(ctx)
	most := cmp.Or(i.mostSessions, mostSessions)
	others, err := i.kratos.others(ctx, token)
	if err == nil && len(others) >= most {
		err = i.endOldest(ctx, token, others, len(others)-most+1)
	}
	if err != nil {
		i.log.Warn("a person may have too many sessions", "err", err)
	}
}

func (i *Identity) endOldest(ctx context.Context, token string, others []client.Session, n int) error {
	used := map[string]time.Time{}
	ids := make([]string, len(others))
	for k, s := range others {
		ids[k], used[s.Id] = s.Id, s.GetIssuedAt()
	}
	if i.uses != nil {
		uses, err := i.uses.SessionUses(ctx, ids...)
		if err != nil {
			return err
		}
		for id, use := range uses {
			used[id] = use.SeenAt
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return used[a].Compare(used[b]) })
	for _, id := range ids[:n] {
		if err := i.kratos.endOther(ctx, token, id); err != nil {
			return err
		}
		i.sessionsEnded(ctx, false, id)
	}
	return nil
}

// EndSession ends one session of the person behind the cookie; it may be the
// cookie's own. The errors are those of Who, and session_unknown (NotFound) when
// the person has no such session.
func (i *Identity) EndSession(ctx context.Context, cookie, sessionID string) error {
	l, err := i.Who(ctx, cookie)
	if err != nil {
		return err
	}
	if sessionID == l.SessionID {
		return i.Logout(ctx, cookie)
	}
	token := i.tokenOf(cookie)
	others, err := i.kratos.others(ctx, token)
	if err != nil {
		return i.sessionError(ctx, "end a session", err)
	}
	if !slices.ContainsFunc(others, func(s client.Session) bool { return s.Id == sessionID }) {
		return mingjing.NewError(mingjing.NotFound, "session_unknown")
	}
	if err := i.kratos.endOther(ctx, token, sessionID); err != nil {
		return i.sessionError(ctx, "end a session", err)
	}
	i.sessionsEnded(ctx, false, sessionID)
	return nil
}

// EndOtherSessions ends all sessions of the person behind the cookie but the
// cookie's own. The errors are those of Who.
func (i *Identity) EndOtherSessions(ctx context.Context, cookie string) error {
	if _, err := i.Who(ctx, cookie); err != nil {
		return err
	}
	return i.endOthers(ctx, i.tokenOf(cookie))
}

// endOthers ends all sessions of the person behind a token but the token's own.
func (i *Identity) endOthers(ctx context.Context, token string) error {
	others, err := i.kratos.others(ctx, token)
	if err != nil {
		return i.sessionError(ctx, "end the other sessions", err)
	}
	if err := i.kratos.endOthers(ctx, token); err != nil {
		return i.sessionError(ctx, "end the other sessions", err)
	}
	ids := make([]string, len(others))
	for n, s := range others {
		ids[n] = s.Id
	}
	i.sessionsEnded(ctx, false, ids...)
	return nil
}

// sessionError returns the error of a call with a person's token: session_expired for a
// refusal, else identity_down.
func (i *Identity) sessionError(ctx context.Context, doing string, err error) error {
	if errors.Is(err, errRefused) {
		return errExpired()
	}
	return i.unavailable(ctx, doing, err)
}

func sessionOf(s *client.Session, current bool) mingjing.Session {
	m := mingjing.Session{ID: s.Id, StartedAt: s.GetIssuedAt(), ExpiresAt: s.GetExpiresAt(), Current: current}
	// Kratos stores every device that a session was used with; the first is where it
	// began.
	if len(s.Devices) > 0 && s.Devices[0].GetUserAgent() != noDevice {
		m.Device = s.Devices[0].GetUserAgent()
	}
	return m
}

func aal(l client.AuthenticatorAssuranceLevel) int {
	switch l {
	case client.AUTHENTICATORASSURANCELEVEL_AAL1:
		return 1
	case client.AUTHENTICATORASSURANCELEVEL_AAL2, client.AUTHENTICATORASSURANCELEVEL_AAL3:
		return 2
	}
	return 0
}

// wellFormedToken reports whether a text has the form of a cookie.
func wellFormedToken(token string) bool {
	return token != "" && len(token) <= 256 && strings.IndexFunc(token, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}) < 0
}

// askedAtOnce is the number of sessions about which one call of [Identity.Ended] asks
// Kratos.
const askedAtOnce = 8

// Ended returns those of the sessions that are over, which were all used before: ended
// here or on another replica, or unused for too long. That is one query for all of
// them. From time to time Kratos itself is asked about a few, another few each time, in case
// one was ended without us; until its turn comes such a session is refused by [Identity.Who].
// The error says that something was away; then nothing is known of any of them.
func (i *Identity) Ended(ctx context.Context, sessionIDs ...string) ([]string, error) {
	left := slices.Clone(sessionIDs)
	var ended []string
	if i.uses != nil && len(left) > 0 {
		uses, err := i.uses.SessionUses(ctx, left...)
		if err != nil {
			return nil, fmt.Errorf("identity: look the use of sessions up: %w", err)
		}
		left = slices.DeleteFunc(left, func(id string) bool {
			use, known := uses[id]
			over := !known || i.isUnused(use)
			if over {
				ended = append(ended, id)
			}
			return over
		})
	}
	if last, now := i.asked.Load(), ticks(); now-last < int64(i.askEvery) || !i.asked.CompareAndSwap(last, now) {
		left = nil
	}
	rand.Shuffle(len(left), func(a, b int) { left[a], left[b] = left[b], left[a] })
	known := len(ended)
	for _, id := range left[:min(len(left), askedAtOnce)] {
		active, err := i.kratos.sessionActive(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("identity: look a session up: %w", err)
		}
		if !active {
			ended = append(ended, id)
		}
	}
	if len(ended) > known {
		if err := i.kratos.healthy(ctx); err != nil {
			return nil, fmt.Errorf("identity: sessions that kratos does not know: %w", err)
		}
	}
	return ended, nil
}

package identity

import (
	"context"
	"errors"
	"testing"
	"time"

	"mingjing"
)

// later is a clock that is ahead of the wall's.
type later time.Duration

func (l later) Now() time.Time { return time.Now().Add(time.Duration(l)) }

func TestALoginIsFreshForTenMinutes(t *testing.T) {
	n := enrolled(t)
	token := loggedInAs(t, shared, n, newDevice())
	for ahead, want := range map[time.Duration]bool{0: true, 9 * time.Minute: true, 11 * time.Minute: false} {
		i := newReplica(t, func(i *Identity) { i.clock = later(ahead) })
		l, err := i.Who(t.Context(), token)
		if err != nil || l.Actor.Fresh != want || time.Since(l.AuthenticatedAt) > time.Minute {
			t.Errorf("after %v it is fresh: %v at %v, %v", ahead, l.Actor.Fresh, l.AuthenticatedAt, err)
		}
	}
}

func TestConfirmingThePasswordMakesTheSameSessionFresh(t *testing.T) {
	i, _, _ := watched(t)
	i.freshFor = DefaultFreshLogin
	var told []string
	i.OnEnd(func(_ context.Context, id string, _ bool) { told = append(told, id) })
	n, phone := enrolled(t), newDevice()
	token := loggedInAs(t, i, n, phone)
	before, err := i.Who(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"not this one", password + " "} {
		_, err := i.Confirm(t.Context(), token, wrong, mingjing.FactorAnswer{}, phone)
		if e, ok := errors.AsType[*mingjing.Error](err); !ok || len(e.Fields) != 1 || e.Fields[0].Code != "password_wrong" {
			t.Errorf("a wrong password is answered %v", err)
		}
	}
	if l, err := i.Who(t.Context(), token); err != nil || !l.AuthenticatedAt.Equal(before.AuthenticatedAt) {
		t.Errorf("after a wrong password the login is of %v, %v", l.AuthenticatedAt, err)
	}
	fresh, err := i.Confirm(t.Context(), token, password, mingjing.FactorAnswer{}, phone)
	if err != nil {
		t.Fatal(err)
	}
	after, err := i.Who(t.Context(), fresh)
	if err != nil || after.SessionID != before.SessionID || after.Actor.ID != before.Actor.ID ||
		!after.AuthenticatedAt.After(before.AuthenticatedAt) {
		t.Errorf("it was %+v and is %+v, %v", before, after, err)
	}
	// The cookie is another one, and the earlier one opens nothing any more, on no replica.
	if fresh == token {
		t.Error("the cookie is the same as before")
	}
	there := newReplica(t, func(other *Identity) { other.uses, other.clock, other.idleAfter = i.uses, i.clock, i.idleAfter })
	for _, of := range []*Identity{i, there} {
		_, err = of.Use(t.Context(), token)
		wantCode(t, err, "session_expired")
		_, err = of.Who(t.Context(), fresh)
		wantCode(t, err, "<nil>")
	}
	if list, err := i.Sessions(t.Context(), fresh); err != nil || len(list) != 1 {
		t.Errorf("the sessions are %+v, %v", list, err)
	}
	if len(told) != 0 {
		t.Errorf("told of the end of %v", told)
	}
	_, err = i.Confirm(t.Context(), "", password, mingjing.FactorAnswer{}, phone)
	wantCode(t, err, "not_logged_in")
	_, err = i.Confirm(t.Context(), "no-such-token", password, mingjing.FactorAnswer{}, phone)
	wantCode(t, err, "session_expired")
}

func TestGuessingAPasswordInASessionIsLimitedAsALoginIs(t *testing.T) {
	waits := 0
	i := newReplica(t, func(i *Identity) {
		i.limits.Device = []Rate{{5, 24 * time.Hour}}
		i.slow.wait = func(context.Context, time.Duration) { waits++ }
	})
	phone := newDevice()
	token := loggedInAs(t, i, enrolled(t), phone)
	for range 12 {
		_, err := i.Confirm(t.Context(), token, "a guess", mingjing.FactorAnswer{}, phone)
		wantCode(t, err, "invalid_form")
	}
	if waits != 2 {
		t.Errorf("of twelve guesses %d wait", waits)
	}
}

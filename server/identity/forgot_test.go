package identity

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"mingjing"
)

func TestAskingForANewPasswordCostsAndSaysTheSameForEverybody(t *testing.T) {
	i, once := unheld(t, nil)
	called := count(i)
	n, unactivated := enrolled(t), newNumber()
	if err := shared.EnrolResident(t.Context(), residentOf(unactivated), unactivated, ""); err != nil {
		t.Fatal(err)
	}
	called.since()
	for name, n := range map[string]mingjing.IDNumber{"known": n, "unknown": newNumber(), "not activated": unactivated} {
		sent := 0
		if err := i.Forgot(t.Context(), n, newDevice(), func(context.Context) error { sent++; return nil }); err != nil || sent != 1 {
			t.Errorf("%s: %v, and %d are sent", name, err, sent)
		}
		if calls := called.since(); len(calls) > 0 {
			t.Errorf("%s costs the calls %v", name, calls)
		}
		if !once() {
			t.Errorf("%s: the answer is not held once, as the last thing", name)
		}
	}
}

func TestNobodysMailboxIsFilled(t *testing.T) {
	i := newReplica(t, nil)
	n, home := enrolled(t), newDevice()
	sent := 0
	ask := func(c mingjing.Client) error {
		return i.Forgot(t.Context(), n, c, func(context.Context) error { sent++; return nil })
	}
	var err error
	if home.Browser, err = i.SeenDevice(t.Context(), loggedInAs(t, i, n, home), "", home); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := ask(newDevice()); err != nil { // each stranger gets the same answer
			t.Fatal(err)
		}
	}
	if sent != 3 {
		t.Errorf("strangers had %d mails sent in an hour, not 3", sent)
	}
	if err := ask(home); err != nil || sent != 4 {
		t.Errorf("after that the person is told %v, and %d mails are sent", err, sent)
	}
	// One address waits when it asks too often, whoever it asks about.
	i.limits.Address = []Rate{{2, time.Hour}}
	waits := 0
	i.slow.wait = func(context.Context, time.Duration) { waits++ }
	c := newDevice()
	for range 3 {
		if err := i.Forgot(t.Context(), newNumber(), c, func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
	}
	if waits != 1 {
		t.Errorf("of three wishes, two of which are allowed, %d wait", waits)
	}
}

func TestAForgottenPasswordIsSetAndTheSessionsEnd(t *testing.T) {
	i := newReplica(t, nil)
	var told []SecurityEvent
	var order []string
	i.OnSecurity(func(_ context.Context, e SecurityEvent) error {
		told, order = append(told, e), append(order, "told")
		return nil
	})
	i.OnEnd(func(context.Context, string, bool) { order = append(order, "ended") })
	n, c := enrolled(t), newDevice()
	before := loggedInAs(t, i, n, newDevice())
	redeem := func(ctx context.Context, set func(context.Context, mingjing.ResidentID) error) error {
		return set(ctx, residentOf(n))
	}
	_, err := i.Reset(t.Context(), n, "Password1234!", c, redeem)
	wantField(t, err, "new_password", "password_weak")
	token, err := i.Reset(t.Context(), n, newer, c, redeem)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := i.Who(t.Context(), token); err != nil || l.Actor.ID != string(residentOf(n)) {
		t.Errorf("the session is of %+v, %v", l, err)
	}
	_, err = i.Who(t.Context(), before)
	wantCode(t, err, "session_expired")
	if want := []string{"told", "ended"}; !reflect.DeepEqual(order, want) || told[0].Code != mingjing.SecurityPasswordReset {
		t.Errorf("%v: %+v", order, told)
	}
	_, err = i.Login(t.Context(), n, password, newDevice())
	wantCode(t, err, "login_failed")
	if _, err := i.Login(t.Context(), n, newer, newDevice()); err != nil {
		t.Errorf("the new password is told %v", err)
	}
}

func TestACodeThatIsWrongHasTheSameAnswerWhateverIsWrong(t *testing.T) {
	i, once := unheld(t, nil)
	locked, unactivated, other := enrolled(t), newNumber(), enrolled(t)
	lock(t, locked)
	if err := shared.EnrolResident(t.Context(), residentOf(unactivated), unactivated, ""); err != nil {
		t.Fatal(err)
	}
	type setter = func(context.Context, mingjing.ResidentID) error
	want := mingjing.NewError(mingjing.Invalid, "reset_failed")
	for name, try := range map[string]struct {
		n      mingjing.IDNumber
		redeem func(ctx context.Context, set setter) error
	}{
		"wrong code":     {enrolled(t), func(context.Context, setter) error { return errReset() }},
		"locked":         {locked, func(ctx context.Context, set setter) error { return set(ctx, residentOf(locked)) }},
		"not activated":  {unactivated, func(ctx context.Context, set setter) error { return set(ctx, residentOf(unactivated)) }},
		"another's code": {other, func(ctx context.Context, set setter) error { return set(ctx, residentOf(locked)) }},
		"unknown":        {newNumber(), func(context.Context, setter) error { return errReset() }},
	} {
		if _, err := i.Reset(t.Context(), try.n, newer, newDevice(), try.redeem); !reflect.DeepEqual(err, error(want)) {
			t.Errorf("%s: the answer is %v", name, err)
		}
		if !once() {
			t.Errorf("%s: the answer is not held once, as the last thing", name)
		}
	}
	_, err := i.Reset(t.Context(), other, newer, newDevice(), func(context.Context, setter) error { return errors.New("the store is down") })
	wantCode(t, err, "identity_down")
}

package identity

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"mingjing"
)

func factorCode(t *testing.T, secret string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*totpPeriod))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestAResidentChoosesASecondFactor sets an authenticator up, and is asked for its code.
func TestAResidentChoosesASecondFactor(t *testing.T) {
	i, _, clock := watched(t)
	i.freshFor = DefaultFreshLogin
	var told []string
	i.OnSecurity(func(_ context.Context, e SecurityEvent) error { told = append(told, e.Code); return nil })
	n, phone := enrolled(t), newDevice()
	cookie := loggedInAs(t, i, n, phone)
	ticket, secret, err := i.BeginFactor(t.Context(), cookie)
	if err != nil || i.FactorSecret(ticket) != secret || len(secret) != 32 {
		t.Fatalf("the secret is %q, %v", secret, err)
	}
	wantField(t, i.AddFactor(t.Context(), cookie, ticket, factorCode(t, secret, 500), phone), "totp", "totp_wrong")
	wantCode(t, i.AddFactor(t.Context(), cookie, ticket+"x", factorCode(t, secret, 0), phone), "factor_ticket")
	if err := i.AddFactor(t.Context(), cookie, ticket, factorCode(t, secret, 0), phone); err != nil {
		t.Fatal(err)
	}
	if l, err := i.Who(t.Context(), cookie); err != nil || !l.Actor.Factor || !l.Actor.Fresh {
		t.Errorf("who has just set it up is %+v, %v", l.Actor, err)
	}
	// The password alone logs in, and is not enough for what the factor is asked for.
	cookie = loggedInAs(t, i, n, phone)
	stale := func() {
		t.Helper()
		if l, err := i.Who(t.Context(), cookie); err != nil || l.Actor.Fresh {
			t.Errorf("without the second factor one is %+v, %v", l.Actor, err)
		}
	}
	stale()
	_, err = i.ChangePassword(t.Context(), cookie, password, newer, phone)
	wantCode(t, err, "login_stale")
	wantCode(t, i.RemoveFactor(t.Context(), cookie, phone), "login_stale")
	_, _, err = i.BeginFactor(t.Context(), cookie)
	wantCode(t, err, "login_stale")
	for code, want := range map[string]string{"": "required", factorCode(t, secret, 500): "totp_wrong", factorCode(t, secret,
		-3): "totp_wrong"} {
		_, err := i.Confirm(t.Context(), cookie, password, mingjing.FactorAnswer{Code: code}, phone)
		wantField(t, err, "totp", want)
	}
	stale()
	code := factorCode(t, secret, 1) // one step ahead, which is tolerated
	before := cookie
	if cookie, err = i.Confirm(t.Context(), cookie, password, mingjing.FactorAnswer{Code: code}, phone); err != nil {
		t.Fatal(err)
	}
	if l, err := i.Who(t.Context(), cookie); err != nil || !l.Actor.Fresh {
		t.Errorf("with the second factor one is %+v, %v", l.Actor, err)
	}
	_, err = i.Who(t.Context(), before)
	wantCode(t, err, "session_expired")
	// Each code is good once, and what it opens for ten minutes.
	_, err = i.Confirm(t.Context(), cookie, password, mingjing.FactorAnswer{Code: code}, phone)
	wantField(t, err, "totp", "totp_wrong")
	clock.now = clock.now.Add(11 * time.Minute)
	i.idleAfter = time.Hour
	stale()
	clock.now = clock.now.Add(-11 * time.Minute)
	if f, err := i.Factor(t.Context(), cookie); err != nil || f != (mingjing.SecondFactor{On: true, App: true}) {
		t.Errorf("it is %+v, %v", f, err)
	}
	if err := i.RemoveFactor(t.Context(), cookie, phone); err != nil {
		t.Fatal(err)
	}
	if f, err := i.Factor(t.Context(), cookie); err != nil || f != (mingjing.SecondFactor{}) {
		t.Errorf("removed it is %+v, %v", f, err)
	}
	if !slices.Equal(told, []string{mingjing.SecurityFactorAdded, mingjing.SecurityFactorRemoved}) {
		t.Errorf("told %v", told)
	}
}

// A passkey is a second factor too, and who lost theirs gets on by a code from the counter.
func TestAPasskeyIsASecondFactorAndALostOneEndsAtTheCounter(t *testing.T) {
	i, _, _ := watched(t)
	i.freshFor = DefaultFreshLogin
	n, phone := enrolled(t), newDevice()
	cookie := loggedInAs(t, i, n, phone)
	wantCode(t, i.AskForPasskey(t.Context(), cookie, phone), "not_found")
	key := withPasskey(t, i, cookie)
	if err := i.AskForPasskey(t.Context(), cookie, phone); err != nil {
		t.Fatal(err)
	}
	cookie = loggedInAs(t, i, n, phone)
	_, err := i.Confirm(t.Context(), cookie, password, mingjing.FactorAnswer{}, phone)
	wantCode(t, err, "passkey_asked")
	keys, err := i.Passkeys(t.Context(), cookie)
	if err != nil || len(keys) != 1 {
		t.Fatalf("the passkeys are %v, %v", keys, err)
	}
	wantCode(t, i.RemovePasskey(t.Context(), cookie, keys[0].ID, phone), "login_stale")
	by, err := logsInBy(t, i, key)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := i.Who(t.Context(), by); err != nil || !l.Actor.Fresh {
		t.Errorf("logged in by the passkey one is %+v, %v", l.Actor, err)
	}
	if _, err := i.activate(t.Context(), n, giveCode(n), newer, phone); err != nil {
		t.Fatal(err)
	}
	cookie, err = i.Login(t.Context(), n, newer, phone)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := i.Who(t.Context(), cookie); err != nil || !l.Actor.Fresh || l.Actor.Factor {
		t.Errorf("after a code from the counter one is %+v, %v", l.Actor, err)
	}
}

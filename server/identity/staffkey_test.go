package identity

import (
	"context"
	"slices"
	"testing"

	"mingjing"
	"mingjing/server/identity/passkeytest"
)

// byKey logs a member of staff in with the password and a security key.
func byKey(t *testing.T, login, text string, a *passkeytest.Authenticator) (string, error) {
	t.Helper()
	q, err := shared.PasskeyQuestion(t.Context(), pageOrigin, newDevice())
	if err != nil {
		t.Fatal(err)
	}
	k := mingjing.PasskeyAnswer{Origin: pageOrigin, Ticket: q.Ticket, Credential: a.Get(q.Options)}
	return shared.StaffLoginByKey(t.Context(), login, text, k, newDevice())
}

func TestASecurityKeyIsASecondFactorBesideTheCode(t *testing.T) {
	var told []SecurityEvent
	shared.OnSecurity(func(_ context.Context, e SecurityEvent) error { told = append(told, e); return nil })
	m, other := newMember(mingjing.RoleHandler), newMember(mingjing.RoleHandler)
	token, secret, _ := activatedMember(t, m)
	theirs, _, _ := activatedMember(t, other)
	a, foreign := withPasskey(t, shared, token), withPasskey(t, shared, theirs)
	if len(told) != 2 || told[0].Login != m.Login || told[0].Code != mingjing.SecurityPasskeyAdded || told[0].Resident != "" {
		t.Errorf("told of %+v", told)
	}
	in, err := byKey(t, m.Login, password, a)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := shared.Who(t.Context(), in); err != nil || l.Actor.AAL != 2 || l.Actor.ID != m.Login {
		t.Errorf("the session is of %+v, %v", l, err)
	}
	if _, err := shared.StaffLogin(t.Context(), m.Login, password, codeFrom(t, secret, 1), newDevice()); err != nil {
		t.Errorf("beside a key, the code is told %v", err)
	}
	unverified, elsewhere := *a, *a
	unverified.Unverified, elsewhere.Origin = true, "https://mirror.example.evil"
	for what, try := range map[string]struct {
		password string
		key      *passkeytest.Authenticator
	}{"a wrong password": {"not this one 77", a}, "somebody else's key": {password, foreign}, "nobody was verified": {password, &unverified},
		"another page": {password, &elsewhere}} {
		if _, err := byKey(t, m.Login, try.password, try.key); codeOf(err) != "login_failed" {
			t.Errorf("%s is told %v", what, err)
		}
	}
	// It is never the only factor.
	_, err = logsInBy(t, shared, a)
	wantCode(t, err, "passkey_failed")

	keys, err := shared.Passkeys(t.Context(), token)
	if err != nil || len(keys) != 1 {
		t.Fatalf("the keys are %+v, %v", keys, err)
	}
	if err := shared.RemovePasskey(t.Context(), token, keys[0].ID, newDevice()); err != nil {
		t.Fatal(err)
	}
	_, err = byKey(t, m.Login, password, a)
	wantCode(t, err, "login_failed")
}

func TestASecurityKeyCanFinishAnActivationAndGoesWithAReset(t *testing.T) {
	m := newMember(mingjing.RoleSupervisor)
	begin := func() mingjing.StaffEnrolment {
		e, err := shared.BeginStaff(t.Context(), m, password, newDevice())
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	finish := func(e mingjing.StaffEnrolment, a *passkeytest.Authenticator) ([]string, error) {
		q, err := shared.NewStaffKeyQuestion(t.Context(), e.Ticket, pageOrigin)
		if err != nil {
			t.Fatal(err)
		}
		_, recovery, err := shared.ConfirmStaffByKey(t.Context(), e.Ticket,
			mingjing.PasskeyAnswer{Origin: pageOrigin, Ticket: q.Ticket, Credential: a.Create(q.Options)}, newDevice(), used)
		return recovery, err
	}
	unverified, key := passkeytest.New(pageOrigin), passkeytest.New(pageOrigin)
	unverified.Unverified = true
	e := begin()
	_, err := finish(e, unverified)
	wantCode(t, err, "passkey_not_added")
	_, err = byKey(t, m.Login, password, key)
	wantCode(t, err, "login_failed")
	recovery, err := finish(e, key)
	if slices.Sort(recovery); err != nil || len(slices.Compact(recovery)) != 10 {
		t.Fatalf("the recovery codes are %v, %v", recovery, err)
	}
	if _, err := byKey(t, m.Login, password, key); err != nil {
		t.Fatal(err)
	}
	_, err = shared.NewStaffKeyQuestion(t.Context(), e.Ticket, pageOrigin)
	wantCode(t, err, "staff_activation_failed")

	// A reset removes it, and it stays away when the login is set up anew.
	if err := shared.ApplyStaff(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if p := find(t, m.Login); p.admin.Passkeys != "" {
		t.Error("after a reset the key is there")
	}
	if _, err := finish(begin(), passkeytest.New(pageOrigin)); err != nil {
		t.Fatal(err)
	}
	_, err = byKey(t, m.Login, password, key)
	wantCode(t, err, "login_failed")
}

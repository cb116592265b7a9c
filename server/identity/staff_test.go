package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"mingjing"
)

// newMember returns somebody who has been invited and has no login.
func newMember(role mingjing.Role) mingjing.StaffMember {
	return mingjing.StaffMember{Login: fmt.Sprintf("n-%d", 1000+people.Add(1)), Name: "Gu Nan", Role: role, State: mingjing.StaffInvited}
}

func codeFrom(t *testing.T, secret string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*totpPeriod))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func used(context.Context, string) error { return nil }

// activatedMember returns a member who has set up their login, with the secret and the
// recovery codes.
func activatedMember(t *testing.T, m mingjing.StaffMember) (token, secret string, recovery []string) {
	t.Helper()
	e, err := shared.BeginStaff(t.Context(), m, password, newDevice())
	if err != nil {
		t.Fatal(err)
	}
	token, recovery, err = shared.ConfirmStaff(t.Context(), e.Ticket, codeFrom(t, e.Secret, -1), newDevice(), used)
	if err != nil {
		t.Fatal(err)
	}
	return token, e.Secret, recovery
}

func TestStaffSetPasswordAndSecondFactorThemselves(t *testing.T) {
	m := newMember(mingjing.RoleAdministrator)
	e, err := shared.BeginStaff(t.Context(), m, password, newDevice())
	if err != nil {
		t.Fatal(err)
	}
	if e.Secret == "" || strings.Contains(e.Ticket, e.Secret) {
		t.Errorf("the enrolment is %+v", e)
	}
	// Nobody logs in before the first code was right.
	_, err = shared.StaffLogin(t.Context(), m.Login, password, codeFrom(t, e.Secret, 0), newDevice())
	wantCode(t, err, "login_failed")
	called := false
	_, _, err = shared.ConfirmStaff(t.Context(), e.Ticket, "000000", newDevice(), func(context.Context,
		string) error {
		called = true
		return nil
	})
	wantCode(t, err, "invalid_form")
	if called {
		t.Error("a wrong code uses the one-time code up")
	}
	again, err := shared.TicketStaff(t.Context(), e.Ticket)
	if err != nil || again.Secret != e.Secret || again.Login != m.Login {
		t.Errorf("shown again it is %+v, %v", again, err)
	}
	// Where the one-time code can't be used up, nothing is opened.
	_, _, err = shared.ConfirmStaff(t.Context(), e.Ticket, codeFrom(t, e.Secret, -1), newDevice(), func(context.Context, string) error {
		return errors.New("no database")
	})
	if err == nil {
		t.Error("a login is opened though the code is not used up")
	}
	_, err = shared.StaffLogin(t.Context(), m.Login, password, codeFrom(t, e.Secret, 0), newDevice())
	wantCode(t, err, "login_failed")

	token, recovery, err := shared.ConfirmStaff(t.Context(), e.Ticket, codeFrom(t, e.Secret, 1), newDevice(), used)
	if err != nil {
		t.Fatal(err)
	}
	who, err := shared.Who(t.Context(), token)
	if a := who.Actor; err != nil || a.Role != mingjing.RoleAdministrator || a.ID != m.Login || a.Name != m.Name || a.AAL != 2 {
		t.Errorf("%+v, %v", a, err)
	}
	if slices.Sort(recovery); len(slices.Compact(recovery)) != 10 {
		t.Errorf("there are %d recovery codes", len(recovery))
	}
	// The ticket is of no use after that.
	_, _, err = shared.ConfirmStaff(t.Context(), e.Ticket, codeFrom(t, e.Secret, 0), newDevice(), used)
	wantCode(t, err, "staff_activation_failed")
}

func TestARecoveryCodeIsGoodForOneLogin(t *testing.T) {
	m := newMember(mingjing.RoleHandler)
	_, _, recovery := activatedMember(t, m)
	if _, err := shared.StaffLogin(t.Context(), m.Login, password, strings.ToUpper(recovery[3]), newDevice()); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{recovery[3], "aaaaa-aaaaa"} {
		_ = shared.attempts.ForgetLogins(t.Context(), shared.keys.redis("recovery", find(t, m.Login).id))
		_, err := shared.StaffLogin(t.Context(), m.Login, password, code, newDevice())
		wantCode(t, err, "login_failed")
	}
	if p := find(t, m.Login); len(p.admin.Recovery) != 9 || slices.Contains(p.admin.Recovery, recovery[4]) {
		t.Errorf("Kratos keeps %v", p.admin.Recovery)
	}
	if _, err := shared.StaffLogin(t.Context(), m.Login, password, recovery[4], newDevice()); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, login string) person {
	t.Helper()
	p, err := shared.kratos.find(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhoIsDisabledChangedOrResetHasNoSessionAnyMore(t *testing.T) {
	ended := map[string]bool{}
	shared.OnEnd(func(_ context.Context, id string, _ bool) { ended[id] = true })
	m := newMember(mingjing.RoleHandler)
	token, secret, recovery := activatedMember(t, m)
	m.State = mingjing.StaffActive
	over := func(what, token string) {
		t.Helper()
		_, err := shared.Who(t.Context(), token)
		wantCode(t, err, "session_expired")
		if len(ended) == 0 {
			t.Errorf("%s: no stream is closed", what)
		}
		clear(ended)
	}
	apply := func(change func(*mingjing.StaffMember)) {
		t.Helper()
		change(&m)
		for range 2 { // again changes nothing
			if err := shared.ApplyStaff(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := shared.Who(t.Context(), token); err != nil { // it is cached
		t.Fatal(err)
	}
	apply(func(m *mingjing.StaffMember) {})
	if _, err := shared.Who(t.Context(), token); err != nil {
		t.Errorf("who did not change has no session: %v", err)
	}

	apply(func(m *mingjing.StaffMember) { m.Role = mingjing.RoleSupervisor })
	over("a changed role", token)
	token, err := shared.StaffLogin(t.Context(), m.Login, password, recovery[0], newDevice())
	if err != nil {
		t.Fatal(err)
	}
	if who, err := shared.Who(t.Context(), token); err != nil || who.Actor.Role != mingjing.RoleSupervisor {
		t.Errorf("%+v, %v", who, err)
	}

	apply(func(m *mingjing.StaffMember) { m.State = mingjing.StaffDisabled })
	over("disabled", token)
	_, err = shared.StaffLogin(t.Context(), m.Login, password, codeFrom(t, secret, 0), newDevice())
	wantCode(t, err, "login_failed")

	// Enabled again, nothing is revived: neither the session from before, nor one that came
	// in between.
	var between string
	if err := shared.kratos.set(t.Context(), find(t, m.Login).id, "/state", "active"); err != nil {
		t.Fatal(err)
	}
	_ = shared.attempts.ForgetLogins(t.Context(), shared.keys.redis("recovery", find(t, m.Login).id))
	if between, err = shared.StaffLogin(t.Context(), m.Login, password, recovery[2], newDevice()); err != nil {
		t.Fatal(err)
	}
	if err := shared.kratos.set(t.Context(), find(t, m.Login).id, "/state", "inactive"); err != nil {
		t.Fatal(err)
	}
	apply(func(m *mingjing.StaffMember) { m.State = mingjing.StaffActive })
	for _, old := range []string{token, between} {
		_, err := shared.Who(t.Context(), old)
		wantCode(t, err, "session_expired")
	}
	clear(ended)
	if token, err = shared.StaffLogin(t.Context(), m.Login, password, codeFrom(t, secret, 1), newDevice()); err != nil {
		t.Fatalf("who was enabled again can't log in: %v", err)
	}

	apply(func(m *mingjing.StaffMember) { m.State = mingjing.StaffInvited })
	over("reset", token)
	_ = shared.attempts.ForgetLogins(t.Context(), shared.keys.redis("recovery", find(t, m.Login).id))
	for _, code := range []string{codeFrom(t, secret, 0), recovery[1]} {
		_, err = shared.StaffLogin(t.Context(), m.Login, password, code, newDevice())
		wantCode(t, err, "login_failed")
	}
	activatedMember(t, m)
}

func TestAnActivationThatIsBegunAgainMakesTheOlderOneVoid(t *testing.T) {
	m := newMember(mingjing.RoleAuditor)
	first, err := shared.BeginStaff(t.Context(), m, password, newDevice())
	if err != nil {
		t.Fatal(err)
	}
	second, err := shared.BeginStaff(t.Context(), m, "another mirror 8", newDevice())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{first.Secret, second.Secret} {
		_, _, err = shared.ConfirmStaff(t.Context(), first.Ticket, codeFrom(t, secret, -1), newDevice(), used)
		wantCode(t, err, "staff_activation_failed")
	}
	if _, _, err = shared.ConfirmStaff(t.Context(), second.Ticket, codeFrom(t, second.Secret, 0), newDevice(), used); err != nil {
		t.Error(err)
	}
	for _, ticket := range []string{"", "nonsense", first.Ticket[:len(first.Ticket)-4]} {
		_, err := shared.TicketStaff(t.Context(), ticket)
		wantCode(t, err, "staff_activation_failed")
	}
}

func TestTriesToActivateStaffAreLimitedAndAWeakPasswordIsNoTry(t *testing.T) {
	waits := 0
	i := newReplica(t, func(i *Identity) {
		i.limits.Device = []Rate{{5, 24 * time.Hour}}
		i.slow.wait = func(context.Context, time.Duration) { waits++ }
	})
	device := newDevice()
	wantCode(t, i.AdmitStaff(t.Context(), "n-limit", "short", device), "invalid_form")
	wantCode(t, i.AdmitStaff(t.Context(), "no number!", password, device), "invalid_form")
	for range 6 {
		if err := i.AdmitStaff(t.Context(), "n-limit", password, device); err != nil {
			t.Fatal(err)
		}
	}
	if waits != 1 {
		t.Errorf("%d tries waited, not the last one alone", waits)
	}
}

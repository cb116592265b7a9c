package identity

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"mingjing"
)

// newer is a good password that nobody has yet.
const newer = "nine red lanterns sway"

func wantField(t *testing.T, err error, field, code string) {
	t.Helper()
	e, ok := errors.AsType[*mingjing.Error](err)
	if !ok || !slices.Contains(e.Fields, mingjing.FieldError{Field: field, Code: code}) {
		t.Errorf("the answer is %+v, want %s at %s", err, code, field)
	}
}

func TestANewPasswordNeedsTheCurrentOneAndEndsTheOtherSessions(t *testing.T) {
	i := newReplica(t, nil)
	var ended []string
	var told []SecurityEvent
	i.OnEnd(func(_ context.Context, id string, _ bool) { ended = append(ended, id) })
	i.OnSecurity(func(_ context.Context, e SecurityEvent) error {
		if len(ended) > 0 {
			t.Error("the sessions ended before anybody was told")
		}
		told = append(told, e)
		return nil
	})
	n, here := enrolled(t), newDevice()
	other := loggedInAs(t, i, n, newDevice())
	gone, err := i.Who(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	token := loggedInAs(t, i, n, here)
	before, err := i.Who(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}

	_, err = i.ChangePassword(t.Context(), token, "not the password", newer, here)
	wantField(t, err, "password", "password_wrong")
	_, err = i.ChangePassword(t.Context(), token, "", "short", here)
	wantField(t, err, "password", "required")
	wantField(t, err, "new_password", "password_short")
	_, err = i.ChangePassword(t.Context(), token, password, password, here)
	wantField(t, err, "new_password", "password_same")
	_, err = i.ChangePassword(t.Context(), token, password, "Password1234!", here)
	wantField(t, err, "new_password", "password_weak")
	if _, err := i.Who(t.Context(), other); err != nil || len(told) > 0 {
		t.Fatalf("nothing was changed, and the other session is told %v, the person of %v", err, told)
	}

	fresh, err := i.ChangePassword(t.Context(), token, password, newer, here)
	if err != nil {
		t.Fatal(err)
	}
	after, err := i.Who(t.Context(), fresh)
	if err != nil || after.SessionID != before.SessionID || !after.Actor.Fresh {
		t.Errorf("the session that changed it goes on as %+v, %v", after, err)
	}
	_, err = i.Who(t.Context(), other)
	wantCode(t, err, "session_expired")
	if !slices.Equal(ended, []string{gone.SessionID}) {
		t.Errorf("told of the end of %v, not of %s", ended, gone.SessionID)
	}
	want := SecurityEvent{Resident: residentOf(n), Code: mingjing.SecurityPasswordChanged, Device: here.Device}
	if !slices.Equal(told, []SecurityEvent{want}) {
		t.Errorf("the person is told %+v, want %+v", told, want)
	}
	_, err = i.Login(t.Context(), n, password, newDevice())
	wantCode(t, err, "login_failed")
	if _, err := i.Login(t.Context(), n, newer, newDevice()); err != nil {
		t.Errorf("the new password is told %v", err)
	}
}

func TestStaffChangeTheirPasswordAndKeepTheirSecondFactor(t *testing.T) {
	i := newReplica(t, nil)
	var told []SecurityEvent
	i.OnSecurity(func(_ context.Context, e SecurityEvent) error { told = append(told, e); return nil })
	login, here := staff(t), newDevice()
	other, err := i.StaffLogin(t.Context(), login, password, codeAt(t, 0), newDevice())
	if err != nil {
		t.Fatal(err)
	}
	code := codeAt(t, 1)
	token, err := i.StaffLogin(t.Context(), login, password, code, here)
	if err != nil {
		t.Fatal(err)
	}
	_, err = i.ChangePassword(t.Context(), token, password, login+" shen mo", here)
	wantField(t, err, "new_password", "password_personal")
	fresh, err := i.ChangePassword(t.Context(), token, password, newer, here)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := i.Who(t.Context(), fresh); err != nil || l.Actor.AAL != 2 || l.Actor.ID != login {
		t.Errorf("the session is %+v, %v", l, err)
	}
	_, err = i.Who(t.Context(), other)
	wantCode(t, err, "session_expired")
	if len(told) != 1 || told[0].Login != login || told[0].Resident != "" {
		t.Errorf("told of %+v", told)
	}
	freed(t, i, login, code)
	if _, err := i.StaffLogin(t.Context(), login, newer, code, newDevice()); err != nil {
		t.Errorf("the new password is told %v", err)
	}
}

func TestWhatIsKnownOfAResidentIsNoNewPassword(t *testing.T) {
	i := newReplica(t, nil)
	n, here := enrolled(t), newDevice()
	asked := 0
	i.PersonBy(func(_ context.Context, r mingjing.ResidentID) (string, mingjing.IDNumber, error) {
		if asked++; r != residentOf(n) {
			t.Errorf("asked about %s", r)
		}
		return "Lin Xiaoyu", n, nil
	})
	token := loggedInAs(t, i, n, here)
	_, err := i.ChangePassword(t.Context(), token, "not the password", "lin xiaoyu 26", here)
	wantField(t, err, "password", "password_wrong")
	if asked > 0 {
		t.Error("somebody at an unlocked screen finds out what is in the ID number by trying it")
	}
	for _, text := range []string{"lin xiaoyu 26", "amber fox " + string(n[12:])} {
		_, err := i.ChangePassword(t.Context(), token, password, text, here)
		wantField(t, err, "new_password", "password_personal")
	}
	loggedInAs(t, i, n, newDevice())
}

func TestPasswordsThatAreTriedInASessionAreCountedAsLogins(t *testing.T) {
	waits := 0
	i := newReplica(t, func(i *Identity) {
		i.limits.Device = []Rate{{5, 24 * time.Hour}}
		i.slow.wait = func(context.Context, time.Duration) { waits++ }
	})
	n, here := enrolled(t), newDevice()
	token := loggedInAs(t, i, n, here)
	for range 12 {
		_, err := i.ChangePassword(t.Context(), token, "not the password", newer, here)
		wantField(t, err, "password", "password_wrong")
	}
	if waits != 2 {
		t.Errorf("of twelve tries %d wait, not those beyond five of the session and five of its address", waits)
	}
}

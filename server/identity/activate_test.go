package identity

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/identity/passwords"
)

// waiting returns a new resident who has no login yet, and a code.
func waiting() (mingjing.IDNumber, string) {
	n := newNumber()
	return n, giveCode(n)
}

func TestActivationCodeWorksOnce(t *testing.T) {
	n, code := waiting()
	var mu sync.Mutex
	var token string
	var in atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := shared.activate(t.Context(), n, code, password, newDevice())
			if err == nil {
				in.Add(1)
				mu.Lock()
				token = got
				mu.Unlock()
			} else if codeOf(err) != "activation_failed" {
				t.Errorf("a used code is told %v", err)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Fatalf("one code activated %d times", in.Load())
	}
	l, err := shared.Who(t.Context(), token)
	if err != nil || l.Actor.ID != string(residentOf(n)) {
		t.Errorf("the session is of %+v, %v", l, err)
	}
	loggedInAs(t, shared, n, newDevice())
	_, err = shared.activate(t.Context(), n, code, "another password", newDevice())
	wantCode(t, err, "activation_failed")
	loggedInAs(t, shared, n, newDevice())
}

func TestAnActivationAnswersTheSameWhateverIsWrong(t *testing.T) {
	i, once := unheld(t, nil)
	replaced, replacedCode := waiting()
	giveCode(replaced)
	locked := enrolled(t)
	lockedCode := giveCode(locked)
	lock(t, locked)
	right, rightCode := waiting()
	want := mingjing.NewError(mingjing.Invalid, "activation_failed")
	for name, try := range map[string]struct {
		n    mingjing.IDNumber
		code string
	}{
		"unknown ID":                {newNumber(), rightCode},
		"another's code":            {locked, rightCode},
		"replaced":                  {replaced, replacedCode},
		"locked":                    {locked, lockedCode},
		"no code":                   {right, "twelve digit"},
		"one character short":       {right, rightCode[1:]},
		"enrolled, without a code":  {enrolled(t), rightCode},
		"far too long":              {right, strings.Repeat("1", 10_000)},
		"digits of another writing": {right, "١٢٣٤٥٦٧٨٩٠١٢"},
	} {
		_, err := i.activate(t.Context(), try.n, try.code, password, newDevice())
		if !reflect.DeepEqual(err, error(want)) {
			t.Errorf("%s: the answer is %v", name, err)
		}
		if !once() {
			t.Errorf("%s: the answer is not held once, as the last thing", name)
		}
	}
	if _, err := i.activate(t.Context(), right, rightCode, password, newDevice()); err != nil {
		t.Errorf("after all that the right code is told %v", err)
	}
}

func TestAStrangerCannotBurnAnActivationCode(t *testing.T) {
	n, code := waiting()
	for range 12 {
		_, err := shared.activate(t.Context(), n, "0000-0000-0000", password, newDevice())
		wantCode(t, err, "activation_failed")
	}
	if _, err := shared.activate(t.Context(), n, code, password, newDevice()); err != nil {
		t.Errorf("the resident is told %v", err)
	}
}

func TestActivationsAreLimited(t *testing.T) {
	waits := 0
	i := newReplica(t, func(i *Identity) {
		i.limits.Device = []Rate{{5, 24 * time.Hour}}
		i.slow.wait = func(context.Context, time.Duration) { waits++ }
	})
	n, c := newNumber(), newDevice()
	for range 7 {
		_, err := i.activate(t.Context(), n, "123412341234", password, c)
		wantCode(t, err, "activation_failed")
	}
	if waits != 2 {
		t.Errorf("of seven tries in a row %d wait, not 2", waits)
	}
}

func TestAWeakPasswordLeavesTheCodeUnused(t *testing.T) {
	n, code := waiting()
	for pw, want := range map[string]string{
		"":                             "required",
		"short":                        "password_short",
		"密码密码密码密码密":                    "password_short",
		"aaaaaaaaaaaaaaaa":             "password_weak",
		"born 19800101":                "password_personal",
		"mirror" + string(n[12:]):      "password_personal",
		strings.Repeat("long pw ", 50): "too_long",
	} {
		_, err := shared.activate(t.Context(), n, code, pw, newDevice())
		e, ok := errors.AsType[*mingjing.Error](err)
		if !ok || !slices.Contains(e.Fields, mingjing.FieldError{Field: "new_password", Code: want}) {
			t.Errorf("%q is told %+v, want %s", pw, err, want)
		}
	}
	if _, err := shared.activate(t.Context(), n, code, "ein langes, gutes 密码", newDevice()); err != nil {
		t.Errorf("a good password is told %v", err)
	}
}

func TestWhatKratosFindsTooSimilarIsFoundBefore(t *testing.T) {
	id := shared.keys.resident(newNumber())
	if got := shared.passwordProblem(id[:12]+"zz9", id, passwords.Person{}); got != "password_weak" {
		t.Errorf("a part of the identifier is told %q", got)
	}
	if got := shared.passwordProblem("h-1001-abc", "h-1001", passwords.Person{}); got != "password_weak" {
		t.Errorf("a staff number with a tail is told %q", got)
	}
}

func TestANewPasswordEndsTheOtherSessions(t *testing.T) {
	n := enrolled(t)
	before := loggedInAs(t, shared, n, newDevice())
	if _, err := shared.Who(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	code := giveCode(n)
	if _, err := shared.activate(t.Context(), n, code, "another password", newDevice()); err != nil {
		t.Fatal(err)
	}
	_, err := shared.Who(t.Context(), before)
	wantCode(t, err, "session_expired")
	_, err = shared.Login(t.Context(), n, password, newDevice())
	wantCode(t, err, "login_failed")
}

func TestEnrollingAgainChangesNothing(t *testing.T) {
	n := enrolled(t)
	if err := shared.EnrolResident(t.Context(), residentOf(n), n, "another password"); err != nil {
		t.Fatal(err)
	}
	loggedInAs(t, shared, n, newDevice())
	wantCode(t, shared.EnrolResident(t.Context(), "somebody-else", n, password), "already_enrolled")
	wantCode(t, shared.EnrolResident(t.Context(), "r", newNumber(), "short"), "invalid_form")

	login := staff(t)
	if err := shared.EnrolStaff(t.Context(), mingjing.RoleHandler, login, "Shen Mo", "another password", staffSecret); err != nil {
		t.Fatal(err)
	}
	wantCode(t, shared.EnrolStaff(t.Context(), mingjing.RoleSupervisor, login, "Shen Mo", password, staffSecret), "already_enrolled")
	wantCode(t, shared.EnrolStaff(t.Context(), mingjing.RoleHandler, "no number!", "", "short", "not base32"), "invalid_form")
	if _, err := shared.StaffLogin(t.Context(), login, password, codeAt(t, 0), newDevice()); err != nil {
		t.Fatal(err)
	}
}

func TestAnEnrolmentThatWasCutOffIsFinished(t *testing.T) {
	login := staff(t)
	p, err := shared.kratos.find(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	// As if the last step had not been done.
	if err := shared.kratos.setAdmin(t.Context(), p.id, memberPaired, false); err != nil {
		t.Fatal(err)
	}
	_, err = shared.StaffLogin(t.Context(), login, password, codeAt(t, -1), newDevice())
	wantCode(t, err, "login_failed")
	if err := shared.EnrolStaff(t.Context(), mingjing.RoleHandler, login, "Shen Mo", password, staffSecret); err != nil {
		t.Fatal(err)
	}
	if _, err := shared.StaffLogin(t.Context(), login, password, codeAt(t, 0), newDevice()); err != nil {
		t.Fatal(err)
	}
}

func TestALoginIsForgottenByItsResidentToo(t *testing.T) {
	var left, stays mingjing.IDNumber = newNumber(), newNumber()
	for _, n := range []mingjing.IDNumber{left, stays} {
		if err := shared.EnrolResident(t.Context(), residentOf(n), n, password); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]int{}
	if err := shared.kratos.each(t.Context(), 1, func(p person) { all[p.traits.Identifier]++ }); err != nil {
		t.Fatal(err)
	}
	for _, n := range []mingjing.IDNumber{left, stays} {
		if all[shared.keys.resident(n)] != 1 {
			t.Errorf("of %d identities, one is read %d times", len(all), all[shared.keys.resident(n)])
		}
	}
	for range 2 {
		if err := shared.ForgetResident(t.Context(), residentOf(left)); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range map[mingjing.IDNumber]bool{left: false, stays: true} {
		if p, err := shared.kratos.find(t.Context(), shared.keys.resident(n)); err != nil || p.enrolled != want {
			t.Errorf("there is a login: %v, %v", p.enrolled, err)
		}
	}
}

func TestANameIsKnownWhenTheCodeIsRight(t *testing.T) {
	i := newReplica(t, nil)
	asked := 0
	i.PersonBy(func(context.Context, mingjing.ResidentID) (string, mingjing.IDNumber, error) {
		asked++
		return "Lin Xiaoyu", "", nil
	})
	n, code := waiting()
	wrong := "0000-0000-0000"
	_, err := i.activate(t.Context(), n, wrong, "lin xiaoyu 26", newDevice())
	wantCode(t, err, "activation_failed")
	if asked != 0 {
		t.Error("somebody without the code finds out the name by trying it as the password")
	}
	_, err = i.activate(t.Context(), n, code, "lin xiaoyu 26", newDevice())
	if e, ok := errors.AsType[*mingjing.Error](err); !ok ||
		!slices.Contains(e.Fields, mingjing.FieldError{Field: "new_password", Code: "password_personal"}) {
		t.Errorf("the own name as a password is told %v", err)
	}
	if _, err := i.activate(t.Context(), n, code, password, newDevice()); err != nil {
		t.Errorf("after that the code is told %v", err)
	}
}

// A person types a password on two keyboards, one of which sends an accent on its own.
func TestAPasswordIsTheSameInEveryFormOfUnicode(t *testing.T) {
	const composed, decomposed = "caf\u00e9 au lait, 4 cups", "cafe\u0301 au lait, 4 cups"
	n, code := waiting()
	token, err := shared.activate(t.Context(), n, code, decomposed, newDevice())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{composed, decomposed} {
		if _, err := shared.Login(t.Context(), n, text, newDevice()); err != nil {
			t.Errorf("%q is told %v at the login", text, err)
		}
		if token, err = shared.Confirm(t.Context(), token, text, mingjing.FactorAnswer{}, newDevice()); err != nil {
			t.Fatalf("%q is told %v at a confirmation", text, err)
		}
	}
	// 128 Hangul syllables are 1,152 bytes in the longest of their forms.
	long := strings.Repeat("\u1112\u1161\u11ab\u1100\u1173\u11af\u1102\u1161\u1112\u116e", passwords.Max/4)
	n, code = waiting()
	if _, err := shared.activate(t.Context(), n, code, long, newDevice()); err != nil {
		t.Fatal(err)
	}
	if _, err := shared.Login(t.Context(), n, long, newDevice()); err != nil {
		t.Errorf("the longest password is told %v", err)
	}
}

package identity

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"mingjing"
)

func TestALoginFromABrowserThatWasNotSeenBeforeIsTold(t *testing.T) {
	i := newReplica(t, nil)
	var told []SecurityEvent
	i.OnSecurity(func(_ context.Context, e SecurityEvent) error { told = append(told, e); return nil })
	n, other := enrolled(t), enrolled(t)
	logsIn := func(n mingjing.IDNumber, cookie string, want int, why string) string {
		t.Helper()
		told = nil
		c := newDevice()
		next, err := i.SeenDevice(t.Context(), loggedInAs(t, i, n, c), cookie, c)
		if err != nil {
			t.Fatal(err)
		}
		if len(told) != want {
			t.Errorf("%s: told %+v", why, told)
		}
		if want == 1 && (told[0].Resident != residentOf(n) || told[0].Code != mingjing.SecurityNewDevice || told[0].Device != c.Device) {
			t.Errorf("%s: told %+v", why, told)
		}
		return next
	}
	phone := logsIn(n, "", 0, "the first login ever")
	phone = logsIn(n, phone, 0, "the same browser")
	laptop := logsIn(n, "", 1, "another browser")
	logsIn(n, laptop, 0, "that one again")
	logsIn(other, laptop, 0, "somebody else's first login ever, in the same browser")
	shared := logsIn(other, phone, 1, "somebody else in a browser that they never used")
	logsIn(other, shared, 0, "both in one browser")
	logsIn(n, shared, 0, "both in one browser")
	for _, forged := range []string{phone[:22], phone[:len(phone)-2] + "AA", "junk", strings.Repeat("A", 4000)} {
		logsIn(n, forged, 1, "a forged cookie")
	}
	raw, err := base64.RawURLEncoding.DecodeString(shared)
	if err != nil || strings.Contains(string(raw), string(residentOf(n))) || len(raw) != deviceID+2*tagsEach*deviceTag {
		t.Errorf("the cookie of two people is %q, %v", raw, err)
	}

	// After a new password by a code nobody's browser is known any more.
	redeem := func(ctx context.Context, set func(context.Context, mingjing.ResidentID) error) error {
		return set(ctx, residentOf(n))
	}
	c := newDevice()
	token, err := i.Reset(t.Context(), n, newer, c, redeem)
	if err != nil {
		t.Fatal(err)
	}
	told = nil
	here, err := i.SeenDevice(t.Context(), token, "", c)
	if err != nil || len(told) > 0 {
		t.Errorf("the browser that set it: %v, %+v", err, told)
	}
	for cookie, want := range map[string]int{here: 0, phone: 1} {
		told = nil
		token, err := i.Login(t.Context(), n, newer, newDevice())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := i.SeenDevice(t.Context(), token, cookie, newDevice()); err != nil || len(told) != want {
			t.Errorf("after it: %v, told %+v, want %d", err, told, want)
		}
	}
}

func TestABrowserIsRememberedForAFewPeople(t *testing.T) {
	i := newReplica(t, nil)
	cookie := ""
	for range maxDeviceTags/tagsEach + 2 {
		c := newDevice()
		var err error
		if cookie, err = i.SeenDevice(t.Context(), loggedInAs(t, i, enrolled(t), c), cookie, c); err != nil {
			t.Fatal(err)
		}
	}
	if id, tags := readDevice(cookie); len(id) != deviceID || len(tags) != maxDeviceTags {
		t.Errorf("it has %d hashes", len(tags))
	}
	login := staff(t)
	token, err := i.StaffLogin(t.Context(), login, password, codeAt(t, 0), newDevice())
	if err != nil {
		t.Fatal(err)
	}
	i.OnSecurity(func(_ context.Context, e SecurityEvent) error { t.Errorf("told %+v", e); return nil })
	for range 2 { // staff's browsers are known, and nobody is told
		if got, err := i.SeenDevice(t.Context(), token, "", newDevice()); got == "" || err != nil {
			t.Errorf("staff get %q, %v", got, err)
		}
	}
}

package identity

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mingjing"
	"mingjing/server/guard"
	"mingjing/server/live"
	"mingjing/server/live/redistest"
)

func TestAnUnknownIDAndAWrongPasswordLookTheSame(t *testing.T) {
	i, once := unheld(t, nil)
	known, waiting, locked := enrolled(t), newNumber(), enrolled(t)
	if err := i.EnrolResident(t.Context(), residentOf(waiting), waiting, ""); err != nil {
		t.Fatal(err)
	}
	lock(t, locked)
	want := mingjing.NewError(mingjing.Unauthenticated, "login_failed")
	for name, try := range map[string]struct {
		n        mingjing.IDNumber
		password string
	}{
		"unknown ID":     {newNumber(), password},
		"wrong password": {known, "not the password"},
		"locked":         {locked, password},
		"not activated":  {waiting, password},
		"far too long":   {known, string(make([]byte, 100_000))},
	} {
		if _, err := i.Login(t.Context(), try.n, try.password, newDevice()); !reflect.DeepEqual(err, error(want)) {
			t.Errorf("%s: the answer is %#v", name, err)
		}
		if !once() {
			t.Errorf("%s: the answer is not held once, as the last thing", name)
		}
	}
}

func lock(t *testing.T, n mingjing.IDNumber) {
	t.Helper()
	p, err := shared.kratos.find(t.Context(), shared.keys.resident(n))
	if err != nil {
		t.Fatal(err)
	}
	patch := clientPatch("replace", "/state", "inactive")
	if _, _, err := shared.kratos.admin.IdentityAPI.PatchIdentity(t.Context(), p.id).JsonPatch(patch).Execute(); err != nil {
		t.Fatal(err)
	}
}

func TestAResidentIsLetInAndKnownByItsOwnID(t *testing.T) {
	n, c := enrolled(t), newDevice()
	token := loggedInAs(t, shared, n, c)
	for range 2 { // from Kratos, then from the cache
		l, err := shared.Who(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if want := (mingjing.Actor{Role: mingjing.RoleResident, ID: string(residentOf(n)), AAL: 1, Fresh: true}); l.Actor != want ||
			l.IDMasked != "" {
			t.Errorf("the session is of %+v %q, want %+v", l.Actor, l.IDMasked, want)
		}
		if left := time.Until(l.ExpiresAt); left < 11*time.Hour || left > 12*time.Hour {
			t.Errorf("the session lasts %v, not 12 hours", left)
		}
	}
	_, err := shared.Who(t.Context(), "")
	wantCode(t, err, "not_logged_in")
	_, err = shared.Who(t.Context(), token+"x")
	wantCode(t, err, "session_expired")
	_, err = shared.Who(t.Context(), "no token\r\nX: y")
	wantCode(t, err, "session_expired")
}

func TestAStaffLoginNeedsTheSecondFactor(t *testing.T) {
	login, c := staff(t), newDevice()
	wrong := codeAt(t, 500)
	for name, try := range map[string]struct{ login, password, code, want string }{
		"wrong code":     {login, password, wrong, "login_failed"},
		"no code":        {login, password, " ", "invalid_form"},
		"old code":       {login, password, codeAt(t, -4), "login_failed"},
		"wrong password": {login, "not the password", codeAt(t, 0), "login_failed"},
		"unknown":        {"h-1", password, codeAt(t, 0), "login_failed"},
		"no number":      {"h 1'; --", password, codeAt(t, 0), "login_failed"},
	} {
		if token, err := shared.StaffLogin(t.Context(), try.login, try.password, try.code, newDevice()); codeOf(err) != try.want || token != "" {
			t.Errorf("%s: the answer is %q, %v", name, token, err)
		}
	}
	// A half login leaves no session behind.
	p, err := shared.kratos.find(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	left, res, err := shared.kratos.admin.IdentityAPI.ListIdentitySessions(t.Context(), p.id).Active(true).Execute()
	if err := outcome("list", res, err); err != nil && !errors.Is(err, errRefused) {
		t.Fatal(err)
	}
	if len(left) != 0 {
		t.Errorf("%d half sessions are left", len(left))
	}
	// The wrong tries did not use up the right code.
	token, err := shared.StaffLogin(t.Context(), " "+login+" ", password, codeAt(t, 0), c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := shared.Who(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if want := (mingjing.Actor{Role: mingjing.RoleHandler, ID: login, Name: "Shen Mo", AAL: 2, Fresh: true}); l.Actor != want ||
		l.IDMasked != login {
		t.Errorf("the session is of %+v %q, want %+v", l.Actor, l.IDMasked, want)
	}
}

func TestASessionOfStaffWithoutTheSecondFactorIsNone(t *testing.T) {
	login := staff(t)
	p, err := shared.kratos.find(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	for _, factor := range []string{"not used", "missing"} {
		if factor == "missing" {
			if err := shared.kratos.dropFactor(t.Context(), p.id); err != nil {
				t.Fatal(err)
			}
		}
		half, _, err := shared.kratos.passwordLogin(t.Context(), login, password)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := shared.Who(t.Context(), cookieFor(shared, half)); codeOf(err) != "session_expired" {
			t.Errorf("with the second factor %s a session is told %v", factor, err)
		}
	}
}

func TestATOTPCodeWorksOnce(t *testing.T) {
	login, code := staff(t), codeAt(t, 0)
	var in atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := shared.StaffLogin(t.Context(), login, password, code, newDevice()); err == nil {
				in.Add(1)
			} else if codeOf(err) != "login_failed" {
				t.Errorf("a used code is told %v", err)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("one code let %d in", in.Load())
	}
	if _, err := shared.StaffLogin(t.Context(), login, password, codeAt(t, 1), newDevice()); err != nil {
		t.Errorf("the next code is told %v", err)
	}
}

func TestSecondFactorsCannotBeGuessed(t *testing.T) {
	i := newReplica(t, func(i *Identity) { i.limits.Code = []Rate{{3, time.Hour}} })
	login, home := staff(t), newDevice()
	token, err := i.StaffLogin(t.Context(), login, password, codeAt(t, 0), home)
	if err != nil {
		t.Fatal(err)
	}
	if home.Browser, err = i.SeenDevice(t.Context(), token, "", home); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the first code was counted too
		_, err := i.StaffLogin(t.Context(), login, password, codeAt(t, 500), newDevice())
		wantCode(t, err, "login_failed")
	}
	_, err = i.StaffLogin(t.Context(), login, password, codeAt(t, 1), newDevice())
	wantCode(t, err, "login_failed")
	if _, err := i.StaffLogin(t.Context(), login, password, codeAt(t, 1), home); err != nil {
		t.Errorf("in a browser with which the person logged in before, the answer is %v", err)
	}
}

func TestResidentsAndStaffDoNotFitThroughEachOthersDoor(t *testing.T) {
	n := enrolled(t)
	_, err := shared.StaffLogin(t.Context(), shared.keys.resident(n), password, codeAt(t, 0), newDevice())
	wantCode(t, err, "login_failed")
	_, err = shared.Login(t.Context(), mingjing.IDNumber(staff(t)), password, newDevice())
	wantCode(t, err, "login_failed")
}

func TestWithoutRedisLoginsGoOnAndAreLimitedAndNobodyIsThrownOut(t *testing.T) {
	rdb, stop := ownRedis(t)
	var waits atomic.Int64
	i := newReplica(t, func(i *Identity) {
		i.redis, i.cache, i.counts = rdb, &cache{redis: rdb}, countedIn(rdb)
		i.limits = Limits{Device: []Rate{{2, time.Hour}}}.withDefaults()
		i.slow.wait = func(context.Context, time.Duration) { waits.Add(1) }
	})
	n, c := enrolled(t), newDevice()
	token := loggedInAs(t, i, n, c)
	if _, err := i.Who(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	stop()
	loggedInAs(t, i, n, c)
	login := staff(t)
	if _, err := i.StaffLogin(t.Context(), login, password, codeAt(t, 0), c); err != nil {
		t.Errorf("with Redis down a member of staff is told %v", err)
	}
	_, err := i.StaffLogin(t.Context(), login, password, codeAt(t, 0), c)
	wantCode(t, err, "login_failed") // the same code again
	for range 3 {
		_, err := i.Login(t.Context(), n, "not the password", c)
		wantCode(t, err, "login_failed")
	}
	if waits.Load() != 1 {
		t.Errorf("three tries of which two are allowed waited %d times", waits.Load())
	}
	for range 3 {
		if _, err := i.Who(t.Context(), token); err != nil {
			t.Errorf("with Redis down a session is told %v", err)
		}
	}
	if err := i.Logout(t.Context(), token); err != nil {
		t.Errorf("with Redis down a logout is told %v", err)
	}
	_, err = i.Who(t.Context(), token)
	wantCode(t, err, "session_expired")
}

// TestEveryRedisDoes: limits, sessions and codes that are good once are kept in a Redis
// inside the process, in one that Sentinels name, and in a Cluster.
func TestEveryRedisDoes(t *testing.T) {
	open := func(t *testing.T, url string) redis.UniversalClient {
		t.Helper()
		rdb, closeRedis, err := live.OpenRedis(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = closeRedis() })
		return rdb
	}
	t.Run("in the process", func(t *testing.T) { redisDoes(t, open(t, "")) })
	t.Run("Sentinel", func(t *testing.T) {
		url, _ := redistest.Sentinel(t)
		redisDoes(t, open(t, url))
	})
	t.Run("Cluster", func(t *testing.T) { redisDoes(t, open(t, redistest.Cluster(t))) })
}

func redisDoes(t *testing.T, rdb redis.UniversalClient) {
	t.Helper()
	var waits atomic.Int64
	i := newReplica(t, func(i *Identity) {
		i.redis, i.cache, i.counts = rdb, &cache{redis: rdb}, countedIn(rdb)
		i.limits = Limits{Device: []Rate{{2, time.Hour}}}.withDefaults()
		i.slow.wait = func(context.Context, time.Duration) { waits.Add(1) }
	})
	n, c := enrolled(t), newDevice()
	token := loggedInAs(t, i, n, c)
	for range 2 {
		if _, err := i.Who(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		_, err := i.Login(t.Context(), n, "not the password", c)
		wantCode(t, err, "login_failed")
	}
	if waits.Load() != 1 {
		t.Errorf("three tries of which two are allowed waited %d times", waits.Load())
	}
	login, code := staff(t), codeAt(t, 0)
	if _, err := i.StaffLogin(t.Context(), login, password, code, newDevice()); err != nil {
		t.Fatal(err)
	}
	_, err := i.StaffLogin(t.Context(), login, password, code, newDevice())
	wantCode(t, err, "login_failed")
	if err := i.Logout(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	_, err = i.Who(t.Context(), token)
	wantCode(t, err, "session_expired")
}

func TestRedisHoldsOnlyKeyedHashes(t *testing.T) {
	n, login := enrolled(t), staff(t)
	c := mingjing.Client{Addr: "198.51.100.77", Device: "Chrome"}
	token := loggedInAs(t, shared, n, c)
	if _, err := shared.Who(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := shared.StaffLogin(t.Context(), login, password, codeAt(t, 0), c); err != nil {
		t.Fatal(err)
	}
	keys, err := sharedRDB.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for _, k := range keys {
		v, err := sharedRDB.Get(t.Context(), k).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
		for _, secret := range []string{string(n), c.Addr, token, shared.tokenOf(token), login + "|", password, shared.keys.resident(n)} {
			if contains(k, secret) || contains(v, secret) {
				t.Errorf("%s holds %q", k, secret)
			}
		}
		if contains(k, login) {
			t.Errorf("the key %s names a staff number", k)
		}
		if sharedRDB.PTTL(t.Context(), k).Val() == -1 { // it has no end
			t.Errorf("%s stays for good", k)
		}
	}
}

func TestPublicRequestsAreCountedByPlaceAndGoOnWithoutRedis(t *testing.T) {
	rdb, stop := ownRedis(t)
	i := newReplica(t, func(i *Identity) { i.redis, i.cache, i.counts = rdb, &cache{redis: rdb}, countedIn(rdb) })
	rate := Rate{2, time.Hour}
	ask := func(kind, addr string) string {
		if err := i.AllowFrom(t.Context(), kind, addr, rate); err != nil {
			return codeOf(err)
		}
		return ""
	}
	for n, want := range []string{"", "", "too_many_attempts"} {
		if got := ask("intake", fmt.Sprintf("2001:db8::%d", n)); got != want {
			t.Errorf("request %d from one network is told %q, want %q", n+1, got, want)
		}
	}
	for _, other := range [][2]string{{"share", "2001:db8::1"}, {"intake", "2001:db8:0:1::1"}, {"intake", "192.0.2.1"}} {
		if got := ask(other[0], other[1]); got != "" {
			t.Errorf("%v is told %q", other, got)
		}
	}
	stop()
	for _, want := range []string{"", "", "too_many_attempts"} {
		if got := ask("intake", "2001:db8::1"); got != want {
			t.Errorf("without Redis a request is told %q, want %q", got, want)
		}
	}
}

func TestAPlaceIsAnAddressOrAnIPv6Network(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.9":          "203.0.113.9",
		"::ffff:203.0.113.9":   "203.0.113.9",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::1":      "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"":                     "",
		"nonsense":             "nonsense",
	} {
		if got := guard.Network(in); got != want {
			t.Errorf("place(%q) is %q, want %q", in, got, want)
		}
	}
}

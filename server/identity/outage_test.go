//go:build unix

package identity

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/ory/kratos-client-go"
	"mingjing"
	"mingjing/server/store/pgtest"
)

// kratosOn returns an Identity with a Kratos of its own on the database, or for "" on its own
// SQLite file, whose password checks are quick. It remembers no session.
func kratosOn(t *testing.T, dsn string) *Identity {
	t.Helper()
	bin, err := kratosBin()
	if err != nil {
		t.Fatal(err)
	}
	if bin, err = exec.LookPath(bin); err != nil {
		t.Fatal(err)
	}
	c := &child{bin: bin, dir: t.TempDir(), log: slog.New(slog.NewTextHandler(t.Output(), nil)), began: make(chan struct{}),
		ended: make(chan error, 1), done: make(chan struct{})}
	if c.lock, err = lockFolder(t.Context(), filepath.Join(c.dir, "lock")); err != nil {
		t.Fatal(err)
	}
	if err := c.prepare(Embedded{SessionLifespan: time.Hour}); err != nil {
		t.Fatal(err)
	}
	for n, v := range c.env {
		if dsn != "" && strings.HasPrefix(v, "DSN=") {
			c.env[n] = "DSN=" + dsn
		}
	}
	c.env = append(c.env, "HASHERS_ARGON2_MEMORY=1MB", "HASHERS_ARGON2_ITERATIONS=1")
	run, quit := context.WithCancel(context.Background())
	c.quit = quit
	go c.supervise(run)
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-c.began:
	case err := <-c.ended:
		t.Fatal(err)
	}
	return newReplica(t, func(i *Identity) {
		i.kratos, i.child, i.cache = dialChild(c), c, pausedCache(i)
		i.kratos.health.locked = c.isLocked
		i.limits = Limits{Device: []Rate{}, Address: []Rate{}, Stranger: []Rate{}, Code: []Rate{}}
	})
}

// pausedCache returns a cache that is never asked.
func pausedCache(i *Identity) *cache {
	c := &cache{redis: i.redis}
	c.until.Store(math.MaxInt64)
	return c
}

// TestWithoutTheDatabaseOfKratosNobodyIsLoggedOutNorRefused stops the PostgreSQL below a
// real Kratos, which then answers that sessions are unknown.
func TestWithoutTheDatabaseOfKratosNobodyIsLoggedOutNorRefused(t *testing.T) {
	pg := pgtest.StartServer(t)
	i := kratosOn(t, pg.Database(t, "kratos"))
	var mu sync.Mutex
	var told []string
	i.OnEnd(func(_ context.Context, id string, _ bool) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, id)
	})
	ctx, n, late, desk := t.Context(), newNumber(), newNumber(), "h-outage"
	for m, pw := range map[mingjing.IDNumber]string{n: password, late: ""} {
		if err := i.EnrolResident(ctx, residentOf(m), m, pw); err != nil {
			t.Fatal(err)
		}
	}
	if err := i.EnrolStaff(ctx, mingjing.RoleHandler, desk, "Shen Mo", password, staffSecret); err != nil {
		t.Fatal(err)
	}
	code := giveCode(late)
	token, other := loggedInAs(t, i, n, newDevice()), loggedInAs(t, i, n, newDevice())
	staff, err := i.StaffLogin(ctx, desk, password, codeAt(t, 0), newDevice())
	if err != nil {
		t.Fatal(err)
	}
	key := withPasskey(t, i, token)
	var ids []string
	for _, of := range []string{token, other, staff} {
		l, err := i.Who(ctx, of)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, l.SessionID)
	}
	who := func(of string) func() error {
		return func() error { _, err := i.Who(ctx, of); return err }
	}
	login := func(m mingjing.IDNumber, pw string) func() error {
		return func() error { _, err := i.Login(ctx, m, pw, newDevice()); return err }
	}
	steps := []struct {
		name string
		do   func() error
	}{
		{"who", who(token)}, {"who of staff", who(staff)},
		{"use", func() error { _, err := i.Use(ctx, token); return err }},
		{"logout", func() error { return i.Logout(ctx, token) }},
		{"lock", func() error { return i.Lock(ctx, token) }},
		{"sessions", func() error { _, err := i.Sessions(ctx, token); return err }},
		{"end a session", func() error { return i.EndSession(ctx, token, ids[1]) }},
		{"end the others", func() error { return i.EndOtherSessions(ctx, token) }},
		{"confirm", func() error {
			_, err := i.Confirm(ctx, token, password, mingjing.FactorAnswer{}, newDevice())
			return err
		}},
		{"change a password", func() error { _, err := i.ChangePassword(ctx, token, password, newer, newDevice()); return err }},
		{"reset a password", func() error {
			_, err := i.Reset(ctx, n, newer, newDevice(), func(ctx context.Context, set func(context.Context, mingjing.ResidentID) error) error {
				return set(ctx, residentOf(n))
			})
			return err
		}},
		{"a device", func() error { _, err := i.SeenDevice(ctx, token, "", newDevice()); return err }},
		{"passkeys", func() error { _, err := i.Passkeys(ctx, token); return err }},
		{"login by a passkey", func() error { _, err := logsInBy(t, i, key); return err }},
		{"login", login(n, password)}, {"login with a wrong password", login(n, "not the password")},
		{"login of nobody", login(newNumber(), password)},
		{"staff login", func() error { _, err := i.StaffLogin(ctx, desk, password, codeAt(t, 1), newDevice()); return err }},
		{"activate", func() error { _, err := i.activate(ctx, late, code, password, newDevice()); return err }},
		{"forget", func() error { return i.Forget(ctx, n) }},
		{"who of an unknown session", who(cookieFor(i, strings.Repeat("x", 32)))},
	}

	// Connections that were cut do not fail until they are used: then a single question
	// fails, and the next one, whether Kratos is ready, does not.
	pg.Stop(t)
	pg.Start(t)
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			for _, of := range []string{token, staff} {
				if err := who(of)(); err != nil && codeOf(err) != "identity_down" {
					t.Errorf("after PostgreSQL was restarted a session is told %v", err)
				}
			}
			if err := login(n, password)(); err != nil && codeOf(err) != "identity_down" {
				t.Errorf("after PostgreSQL was restarted the right password is told %v", err)
			}
		})
	}
	asking.Wait()

	// A query that fails in a Kratos that says that it is ready.
	for _, table := range []string{"sessions", "identities"} {
		pg.Exec(t, "kratos", "ALTER TABLE "+table+" RENAME TO away")
		if err := i.Ready(ctx); err != nil {
			t.Errorf("without its %s Kratos is not ready: %v", table, err)
		}
		wantCode(t, who(token)(), "identity_down")
		wantCode(t, i.Logout(ctx, token), "identity_down")
		pg.Exec(t, "kratos", "ALTER TABLE away RENAME TO "+table)
	}

	pg.Stop(t)
	if i.Ready(ctx) == nil {
		t.Error("it says that it is ready")
	}
	for _, s := range steps {
		if got := codeOf(s.do()); got != "identity_down" {
			t.Errorf("%s: the answer is %q", s.name, got)
		}
	}
	// Who tries again and again meanwhile has not used up what is allowed.
	i.limits = Limits{Device: []Rate{{3, time.Hour}}, Address: []Rate{{3, time.Hour}}, Stranger: []Rate{{3, time.Hour}}}
	impatient := newDevice()
	for range 5 {
		_, err := i.Login(ctx, n, password, impatient)
		wantCode(t, err, "identity_down")
		_, err = i.activate(ctx, late, code, password, impatient)
		wantCode(t, err, "identity_down")
	}
	if ended, err := i.Ended(ctx, ids...); err == nil || len(ended) > 0 {
		t.Errorf("ended are %v, %v", ended, err)
	}

	pg.Start(t)
	eventually(t, "Kratos is ready again", func() bool { return i.kratos.healthy(ctx) == nil })
	if len(told) > 0 {
		t.Errorf("the end of %v was told", told)
	}
	for _, of := range []string{token, other, staff} {
		if err := who(of)(); err != nil {
			t.Errorf("afterwards a session is told %v", err)
		}
	}
	if ended, err := i.Ended(ctx, ids...); err != nil || len(ended) > 0 {
		t.Errorf("afterwards ended are %v, %v", ended, err)
	}
	if _, err := i.Login(ctx, n, password, impatient); err != nil {
		t.Errorf("afterwards the right password is told %v", err)
	}
	if _, err := i.activate(ctx, late, code, password, newDevice()); err != nil {
		t.Errorf("afterwards the activation code is told %v", err)
	}
	// What is really over is over again.
	wantCode(t, login(n, "not the password")(), "login_failed")
	wantCode(t, who(cookieFor(i, strings.Repeat("x", 32)))(), "session_expired")
	if err := i.Logout(ctx, token); err != nil {
		t.Fatal(err)
	}
	wantCode(t, who(token)(), "session_expired")
	if ended, err := i.Ended(ctx, ids[0]); err != nil || len(ended) != 1 {
		t.Errorf("after a logout ended are %v, %v", ended, err)
	}
	wantCode(t, func() error { _, err := i.Sessions(ctx, token); return err }(), "session_expired")
}

// faulty answers some calls to the real Kratos by a failure.
type faulty struct {
	next  http.RoundTripper
	fails func(*http.Request) bool
}

func (f faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.fails(r) {
		return nil, errors.New("the connection was cut")
	}
	return f.next.RoundTrip(r)
}

func TestASecondFactorWorksAfterAnOutageThatCameInBetween(t *testing.T) {
	login, code := staff(t), codeAt(t, 0)
	cut := true
	i := newReplica(t, func(i *Identity) {
		k := *i.kratos
		cfg := *k.public.GetConfig()
		cfg.HTTPClient = &http.Client{Transport: faulty{cfg.HTTPClient.Transport,
			func(r *http.Request) bool { return cut && r.URL.Query().Get("aal") == "aal2" }}}
		k.public = client.NewAPIClient(&cfg)
		i.kratos = &k
	})
	_, err := i.StaffLogin(t.Context(), login, password, code, newDevice())
	wantCode(t, err, "identity_down")
	cut = false
	if _, err := i.StaffLogin(t.Context(), login, password, code, newDevice()); err != nil {
		t.Errorf("the same code is told %v", err)
	}
	_, err = i.StaffLogin(t.Context(), login, password, code, newDevice())
	wantCode(t, err, "login_failed")
}

// TestARefusalIsBelievedOfAHealthyKratosOnly sets up gateways that answer in the place of
// Kratos, as they do while they start or when an address is wrong: nobody is logged out.
func TestARefusalIsBelievedOfAHealthyKratosOnly(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone} {
		gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"error":{"id":"session_aal1_required"}}`, status)
		}))
		defer gateway.Close()
		i, err := Open(t.Context(), Config{PublicURL: gateway.URL, AdminURL: gateway.URL, Redis: sharedRDB, IDKey: testKey,
			FloorTime: time.Millisecond, Logger: shared.log})
		if err != nil {
			t.Fatal(err)
		}
		n := newNumber()
		_, err = i.Login(t.Context(), n, password, newDevice())
		wantCode(t, err, "identity_down")
		_, err = i.activate(t.Context(), n, giveCode(n), password, newDevice())
		wantCode(t, err, "identity_down")
		_, err = i.Who(t.Context(), cookieFor(i, "atoken"))
		wantCode(t, err, "identity_down")
		wantCode(t, i.Logout(t.Context(), cookieFor(i, "atoken")), "identity_down")
		if ended, err := i.Ended(t.Context(), "a-session"); err == nil || len(ended) > 0 {
			t.Errorf("after %d ended are %v, %v", status, ended, err)
		}
		if _, _, err := i.kratos.passwordLogin(t.Context(), "x", password); errors.Is(err, errRefused) {
			t.Errorf("%d is believed of a password", status)
		}
		if err := i.kratos.logout(t.Context(), "atoken"); err == nil {
			t.Errorf("%d is believed of a logout", status)
		}
	}
}

func TestAWrongPasswordIsNotSaidRightAfterAFailureOfKratos(t *testing.T) {
	n := enrolled(t)
	i := newReplica(t, func(i *Identity) {
		k := *i.kratos
		i.kratos = newKratos("http://public", "http://admin", k.transport)
	})
	wrong := func() error { _, err := i.Login(t.Context(), n, "not the password", newDevice()); return err }
	wantCode(t, wrong(), "login_failed")
	i.kratos.health.note(t.Context(), &http.Response{StatusCode: http.StatusInternalServerError}, nil)
	wantCode(t, wrong(), "identity_down")
	loggedInAs(t, i, n, newDevice())
	i.kratos.health.failed.Add(-steadyFor.Nanoseconds())
	wantCode(t, wrong(), "login_failed")

	// Who hangs up makes nobody doubt Kratos.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = i.Who(ctx, cookieFor(i, strings.Repeat("x", 32)))
	wantCode(t, wrong(), "login_failed")
}

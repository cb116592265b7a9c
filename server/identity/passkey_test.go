package identity

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"mingjing"
	"mingjing/server/identity/passkeytest"
)

const pageOrigin = "https://mirror.example"

// withPasskey adds a passkey to the session of a token.
func withPasskey(t *testing.T, i *Identity, token string) *passkeytest.Authenticator {
	t.Helper()
	a := passkeytest.New(pageOrigin)
	q, err := i.NewPasskeyQuestion(t.Context(), token, pageOrigin, "99**************19")
	if err != nil {
		t.Fatal(err)
	}
	if err := i.AddPasskey(t.Context(), token, pageOrigin, q.Ticket, a.Create(q.Options), newDevice()); err != nil {
		t.Fatal(err)
	}
	return a
}

func logsInBy(t *testing.T, i *Identity, a *passkeytest.Authenticator) (string, error) {
	t.Helper()
	q, err := i.PasskeyQuestion(t.Context(), pageOrigin, newDevice())
	if err != nil {
		t.Fatal(err)
	}
	return i.PasskeyLogin(t.Context(), pageOrigin, q.Ticket, a.Get(q.Options), newDevice())
}

func TestAPasskeyLogsInUntilItIsRemoved(t *testing.T) {
	i := newReplica(t, nil)
	var told []string
	i.OnSecurity(func(_ context.Context, e SecurityEvent) error { told = append(told, e.Code); return nil })
	n := enrolled(t)
	token := loggedInAs(t, i, n, newDevice())
	q, err := i.NewPasskeyQuestion(t.Context(), token, pageOrigin, "99**************19")
	if err != nil {
		t.Fatal(err)
	}
	if o := passkeytest.Read(q.Options); strings.Contains(q.Options, string(n)) || o.User.Name != "99**************19" ||
		o.User.DisplayName != o.User.Name || strings.Contains(q.Options, string(residentOf(n))) {
		t.Errorf("a browser is asked %s", q.Options)
	}
	a, b := withPasskey(t, i, token), withPasskey(t, i, token)
	keys, err := i.Passkeys(t.Context(), token)
	if err != nil || len(keys) != 2 || !strings.HasPrefix(keys[0].Name, "Firefox") || keys[0].AddedAt.IsZero() || keys[0].ID == keys[1].ID {
		t.Fatalf("the passkeys are %+v, %v", keys, err)
	}
	for _, key := range []*passkeytest.Authenticator{a, b} {
		in, err := logsInBy(t, i, key)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := i.Who(t.Context(), in); err != nil || l.Actor.ID != string(residentOf(n)) || l.Actor.AAL != 1 || !l.Actor.Fresh {
			t.Errorf("the session is of %+v, %v", l, err)
		}
	}
	wantCode(t, i.RemovePasskey(t.Context(), loggedInAs(t, i, enrolled(t), newDevice()), keys[0].ID, newDevice()), "not_found")
	if err := i.RemovePasskey(t.Context(), token, keys[0].ID, newDevice()); err != nil {
		t.Fatal(err)
	}
	_, err = logsInBy(t, i, a)
	wantCode(t, err, "passkey_failed")
	if _, err := logsInBy(t, i, b); err != nil {
		t.Errorf("the other passkey is told %v", err)
	}
	loggedInAs(t, i, n, newDevice()) // the password works as before
	if want := []string{"passkey_added", "passkey_added", "passkey_removed"}; !slices.Equal(told, want) {
		t.Errorf("told of %v", told)
	}
	p, err := i.kratos.find(t.Context(), i.keys.resident(n))
	if err != nil || strings.Contains(p.admin.Passkeys, "credential") {
		t.Errorf("Kratos has the passkeys in clear: %q, %v", p.admin.Passkeys, err)
	}
}

func TestAPasskeyThatIsWrongHasOneAnswer(t *testing.T) {
	i, once := unheld(t, nil)
	good := func() *passkeytest.Authenticator {
		return withPasskey(t, i, loggedInAs(t, i, enrolled(t), newDevice()))
	}
	ask := func() mingjing.PasskeyQuestion {
		q, err := i.PasskeyQuestion(t.Context(), pageOrigin, newDevice())
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	locked := enrolled(t)
	ofLocked := withPasskey(t, i, loggedInAs(t, i, locked, newDevice()))
	lock(t, locked)
	stranger := passkeytest.New(pageOrigin)
	stranger.Handle = make([]byte, 16)
	forged := passkeytest.New(pageOrigin)
	whole := good()
	forged.ID, forged.Handle = whole.ID, whole.Handle
	elsewhere, unverified := good(), good()
	elsewhere.Origin, unverified.Unverified = "https://mirror.example.evil", true
	used := ask()
	first := good()
	if _, err := i.PasskeyLogin(t.Context(), pageOrigin, used.Ticket, first.Get(used.Options), newDevice()); err != nil {
		t.Fatal(err)
	}
	once()
	for name, try := range map[string]func() (ticket, answer string){
		"unknown person":      func() (string, string) { q := ask(); return q.Ticket, stranger.Get(q.Options) },
		"locked":              func() (string, string) { q := ask(); return q.Ticket, ofLocked.Get(q.Options) },
		"another key":         func() (string, string) { q := ask(); return q.Ticket, forged.Get(q.Options) },
		"another page":        func() (string, string) { q := ask(); return q.Ticket, elsewhere.Get(q.Options) },
		"nobody was verified": func() (string, string) { q := ask(); return q.Ticket, unverified.Get(q.Options) },
		"used question":       func() (string, string) { return used.Ticket, first.Get(used.Options) },
		"another question":    func() (string, string) { return ask().Ticket, first.Get(ask().Options) },
		"no ticket":           func() (string, string) { return "", first.Get(ask().Options) },
		"no answer":           func() (string, string) { return ask().Ticket, "{}" },
		"far too long":        func() (string, string) { return ask().Ticket, strings.Repeat("x", 100_000) },
	} {
		ticket, answer := try()
		once()
		_, err := i.PasskeyLogin(t.Context(), pageOrigin, ticket, answer, newDevice())
		wantCode(t, err, "passkey_failed")
		if !once() {
			t.Errorf("%s: the answer is not held once, as the last thing", name)
		}
		if codeOf(err) != "passkey_failed" {
			t.Errorf("%s is told %v", name, err)
		}
	}
}

func TestAPasskeyIsAddedByWhoHasJustGivenThePassword(t *testing.T) {
	i := newReplica(t, func(i *Identity) { i.freshFor = 0 })
	n := enrolled(t)
	token := loggedInAs(t, shared, n, newDevice())
	_, err := i.NewPasskeyQuestion(t.Context(), token, pageOrigin, "x")
	wantCode(t, err, "login_stale")
	q, err := shared.NewPasskeyQuestion(t.Context(), token, pageOrigin, "x")
	if err != nil {
		t.Fatal(err)
	}
	answer := passkeytest.New(pageOrigin).Create(q.Options)
	wantCode(t, i.AddPasskey(t.Context(), token, pageOrigin, q.Ticket, answer, newDevice()), "login_stale")
	// Somebody else's question, a login's question, and one twice.
	other := loggedInAs(t, shared, enrolled(t), newDevice())
	wantCode(t, shared.AddPasskey(t.Context(), other, pageOrigin, q.Ticket, answer, newDevice()), "passkey_not_added")
	q, err = shared.NewPasskeyQuestion(t.Context(), token, pageOrigin, "x")
	if err != nil {
		t.Fatal(err)
	}
	a := passkeytest.New(pageOrigin)
	answer = a.Create(q.Options)
	_, err = shared.PasskeyLogin(t.Context(), pageOrigin, q.Ticket, answer, newDevice())
	wantCode(t, err, "passkey_failed")
	for range maxPasskeys {
		withPasskey(t, shared, token)
	}
	_, err = shared.NewPasskeyQuestion(t.Context(), token, pageOrigin, "x")
	wantCode(t, err, "passkeys_full")
	for _, origin := range []string{"http://mirror.example", "https://203.0.113.9", "http://127.0.0.1:8080", ""} {
		_, err = shared.PasskeyQuestion(t.Context(), origin, newDevice())
		wantCode(t, err, "passkeys_not_offered")
	}
	c := newDevice()
	waits := 0
	few := newReplica(t, func(i *Identity) {
		i.limits.Address = []Rate{{2, time.Hour}}
		i.slow.wait = func(context.Context, time.Duration) { waits++ }
	})
	for range 3 {
		if _, err = few.PasskeyQuestion(t.Context(), pageOrigin, c); err != nil {
			t.Error(err)
		}
	}
	if waits != 1 {
		t.Errorf("of three questions, two of which are allowed, %d wait", waits)
	}
}
